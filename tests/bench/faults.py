#!/usr/bin/env python3
"""Guests lost or doubled under faults: tests/bench/faults.py BUILD [SCHEDULES [FIRST SEED]]

Random schedules of faults while guests move, as tests/pool/test_chaos.py plays them; every
hypervisor's list is looked at each 20 ms, until a minute of the pool's own, shorter time after.
"""

import os
import re
import subprocess
import sys

from rows import row, skipped

CHAOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pool", "test_chaos.py")
LAST = re.compile(r"^(\d+) schedules: (\d+) moves, (\d+) faults, (\d+) lost, (\d+) doubled, (\d+) settled by hand, (\d+) failed", re.M)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    schedules = sys.argv[2] if len(sys.argv) > 2 else "20"
    seed = sys.argv[3] if len(sys.argv) > 3 else "1"
    done = subprocess.run([sys.executable, CHAOS, "--build", sys.argv[1], "--schedules", schedules, "--seed", seed],
        stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="")
    found = LAST.search(done.stdout)
    if done.returncode == 77 or not found:
        return skipped("lost or doubled guests", "no namespaces" if done.returncode == 77 else "status %d" % done.returncode)
    played, moves, faults, lost, doubled, by_hand, failed = map(int, found.groups())
    row("random schedules of faults", played, "schedules")
    row("moves in them", moves, "moves")
    row("faults in them", faults, "faults")
    row("guests lost under faults", lost, "guests", "0")
    row("guests doubled under faults", doubled, "guests", "0")
    row("holds that an operator had to settle", by_hand, "orders")
    row("schedules that did not end as they should", failed, "schedules", "0")
    return None


if __name__ == "__main__":
    main()
