#!/usr/bin/env python3
"""How soon an order arrives: tests/bench/exchange.py BUILD [RUNS]

A pool of two hosts with the real daemons over an imitated hypervisor: from the engine's
line that a host is failing to the order's folder on the target, and from the line that the
berth is open to the folder on the source; and from the first line to the proof of the move,
less the time in which the imitated xl sends memory.  Looked at every 2 ms.
"""

import os
import re
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pool"))
import guests
import pool
import test_move

GOALS = (("rule fires to prepare at the target", 1.2), ("berth open to move at the source", 0.3),
    ("own phases of a move, xl's copying apart", 2.0))
COPYING = 0.25  # seconds


def two_hosts(build, folder):
    """A pool with one guest, whose memory takes xl COPYING seconds."""
    os.environ.update(FAKEXL_BYTES=str(16 << 20), FAKEXL_RATE=str(int((16 << 20) / COPYING)))
    hosts = {"n1": guests.HOST % 12000 + guests.guest_line(1, "web"), "n2": guests.HOST % 12000}
    return pool.Pool(build, folder, hosts, test_move.RULES, actuator=test_move.ACTUATOR)


def folders(p, host):
    return {f for f in os.listdir(p.path(host + ".orders")) if re.match(r"\d", f)}


def once(p, source, target):
    """Seconds to the target's order, to the source's, and from failing to proven without xl's copying."""
    before, log = {host: folders(p, host) for host in p.names}, len(p.log("engine"))
    at = {}
    p.set_sensor(source, test_move.SENSOR, 93)
    deadline = time.monotonic() + 60
    while len(at) < 5 and time.monotonic() < deadline:
        new = p.log("engine")[log:]
        now = time.monotonic()
        if "to=failing" in new:
            at.setdefault("failing", now)
        if "outcome=ready" in new:
            at.setdefault("ready", now)
        if "outcome=moved" in new:
            at.setdefault("moved", now)
        if folders(p, target) - before[target]:
            at.setdefault("prepare", now)
        if folders(p, source) - before[source]:
            at.setdefault("move", now)
        time.sleep(0.002)
    p.set_sensor(source, test_move.SENSOR, 45)
    pool.wait_for("the move's end", 60, lambda: guests.domains(p, target) == {"web": "b"}, p.check_alive)
    pool.wait_for("no open order", 60, lambda: not p.ask("orders")["orders"], p.check_alive)
    test_move.sound(p)
    return at["prepare"] - at["failing"], at["move"] - at["ready"], at["moved"] - at["failing"] - COPYING


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if not args or not inside:
        sys.exit(__doc__)
    found = []
    with two_hosts(args[0], folder) as p:
        test_move.start(p)
        for run in range(int(args[1]) if len(args) > 1 else 6):
            found.append(once(p, *(("n1", "n2") if run % 2 == 0 else ("n2", "n1"))))
    for (name, goal), times in zip(GOALS, zip(*found)):
        print("%-38s median %.2f s, most %.2f s (goal: <= %.1f s)" % (name, statistics.median(times), max(times), goal))


if __name__ == "__main__":
    main()
