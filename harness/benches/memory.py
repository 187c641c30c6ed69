#!/usr/bin/env python3
"""Measures how much memory an examination takes at its peak, and what part of that are the runs' processes.

    harness/benches/memory.py PLUGIN [JOBS ...]

examines the plugin once for each number of jobs (2, 4 and 8 unless others are named). Memory is the sum of PSS, in which a
page that several processes share counts once, over the harness and all its descendants, ten times a second. Run it as root:
the processes of runs are in user namespaces.
"""

import os
import subprocess
import sys
import time

HARNESS = os.environ.get("ICS_HARNESS", "target/release/ics-harness")


def descendants(root):
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rsplit(") ", 1)[1].split()[1])
        except (OSError, IndexError):
            continue  # It has ended.
        children.setdefault(parent, []).append(int(name))
    found, to_do = [], [root]
    while to_do:
        process = to_do.pop()
        found.append(process)
        to_do.extend(children.get(process, []))
    return found


def pss(process):
    """In KiB; nothing for a process that has ended."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def name(process):
    try:
        with open(f"/proc/{process}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def measure(plugin, jobs):
    arguments = [HARNESS, "check", plugin, "--jobs", str(jobs), "--budget", "10s"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = time.monotonic()
    check = subprocess.Popen(arguments, **silent)
    peak, of_harness, hosts = 0, 0, 0
    while check.poll() is None:
        processes = descendants(check.pid)
        total = sum(map(pss, processes))
        if total > peak:
            peak, of_harness = total, pss(check.pid)
        hosts = max(hosts, sum(name(process).startswith("entitlement-hos") for process in processes))
        time.sleep(0.1)
    took = time.monotonic() - started
    print(
        f"--jobs {jobs}: {peak / 1024:.0f} MiB at most, {of_harness / 1024:.0f} of them the harness itself; "
        f"{hosts} hosts at once; {took:.0f} s"
    )


if len(sys.argv) < 2:
    sys.exit(__doc__)
for number in sys.argv[2:] or ["2", "4", "8"]:
    measure(sys.argv[1], int(number))
