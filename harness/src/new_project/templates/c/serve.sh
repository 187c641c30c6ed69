#!/bin/sh
# The plugin against `ics-harness serve`, a server on loopback. For each scenario the plugin is built for the URL of that
# server, over cleartext HTTP, which the build that is shipped refuses. `ics-harness check .` examines that one, with TLS.
set -eu
cd "$(dirname "$0")/.."

# What the plugin must return: 0 SUCCESS, 1 FAILED, 2 UNAVAILABLE.{{note}}
allow={{allow}}
deny={{deny}}

harness=${ICS_HARNESS:-ics-harness}
if ! command -v "$harness" >/dev/null; then
    if [ -n "${ICS_HARNESS:-}" ]; then
        echo "there is no program $ICS_HARNESS" >&2
        exit 1
    fi
    echo "SKIPPED: ics-harness is not on PATH; install it, or name it: ICS_HARNESS=/path/to/ics-harness" >&2
    exit 0
fi

work=$(mktemp -d)
: >"$work/servers"
server=
clean_up() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

"$harness" serve --profile conformance.toml --scenario allow --scenario deny --scenario http/500 \
    >"$work/servers" 2>"$work/transcript" &
server=$!
# The last line that it writes.
until grep -q '^ca: ' "$work/servers"; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$work/transcript" >&2
        exit 1
    fi
    sleep 0.1
done

"${CC:-cc}" -std=c11 -o "$work/host" tests/host.c -ldl

failed=0
expect() {
    url=$(sed -n "s|^$1: \(http://.*\)/\$|\1|p" "$work/servers")
    ${MAKE:-make} -s OUT="$work/build" URL="$url{{target}}" PROTOCOLS=http
    answer=$("$work/host" "$work/build/lib{{library}}.so")
    rm -rf "$work/build"
    if [ "$answer" = "$2" ]; then
        echo "$1: $answer"
    else
        echo "$1: $answer, and $2 was expected" >&2
        failed=1
    fi
}
expect allow "$allow"
expect deny "$deny"
expect http/500 2
exit "$failed"
