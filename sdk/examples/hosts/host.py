"""A host in Python: loads a plugin, asks it once, and says what it answered.

    python3 sdk/examples/hosts/host.py /path/of/libplugin.so

The exit code is the answer: 0 only if the device may share its connection. ics_entitlement.py beside it is written by
`ics-harness header --language python`.
"""

import sys

from ics_entitlement import Plugin, Result


def main(arguments):
    if len(arguments) != 2:
        print("usage: host.py PLUGIN", file=sys.stderr)
        return Result.ENTITLEMENT_UNAVAILABLE
    try:
        plugin = Plugin(arguments[1])
    except (OSError, AttributeError) as error:
        print(error, file=sys.stderr)
        return Result.ENTITLEMENT_UNAVAILABLE
    answer = plugin.is_entitled()
    print(answer.name)
    return answer


if __name__ == "__main__":
    sys.exit(int(main(sys.argv)))
