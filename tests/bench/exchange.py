#!/usr/bin/env python3
"""How soon an order arrives: tests/bench/exchange.py BUILD [RUNS]

A pool of two hosts with the real daemons over an imitated hypervisor: from the engine's
line that a host is failing to the order's folder on the target, and from the line that the
berth is open to the folder on the source, looked at every 2 ms.  And how long a move takes
beside xl's copying: from the first line to the source's word that it is over and proven by both
hosts' lists of domains, less the time of the copy as the source's actuator took it.  The engine
believes it, and so ends the order, with the next look of both monitors at their hypervisors.
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
from rows import row

GOALS = (("rule fires to prepare at the target", 1.2), ("berth open to move at the source", 0.3),
    ("own phases of a move, xl's copying apart", 2.0), ("the same, and the engine's own proof", None))
MOVED = re.compile(r"^.*order-state .*kind=move .*outcome=moved", re.M)


def two_hosts(build, folder, copying=0.25):
    """A pool with one guest, whose memory takes xl so many seconds."""
    os.environ.update(FAKEXL_BYTES=str(16 << 20), FAKEXL_RATE=str(int((16 << 20) / copying)))
    hosts = {"n1": guests.HOST % 12000 + guests.guest_line(1, "web"), "n2": guests.HOST % 12000}
    return pool.Pool(build, folder, hosts, test_move.RULES, actuator=test_move.ACTUATOR)


def folders(p, host):
    return {f for f in os.listdir(p.path(host + ".orders")) if re.match(r"\d", f)}


def number(order):
    return tuple(map(int, order["order"].split(".")))


def row_of(p, since):
    """The youngest move that succeeded, of those opened after `since` was the last order."""
    return max((order for order in p.ask("orders", "--all")["orders"] if number(order) > since and
        order["kind"] == "move" and order["outcome"] == "moved"), key=number)


def once(p, source, target):
    """Seconds to the target's order, to the source's, and of the move's own phases, without and with the engine's."""
    before, log = {host: folders(p, host) for host in p.names}, len(p.log("engine"))
    since = max(map(number, p.ask("orders", "--all")["orders"]), default=(0, 0))
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
        if MOVED.search(new):
            at.setdefault("moved", now)
        if folders(p, target) - before[target]:
            at.setdefault("prepare", now)
        if folders(p, source) - before[source]:
            at.setdefault("move", now)
        time.sleep(0.002)
    p.set_sensor(source, test_move.SENSOR, 45)
    pool.wait_for("the move's end", 60, lambda: guests.domains(p, target) == {"web": "b"}, p.check_alive)
    pool.wait_for("no open order", 60, lambda: not p.ask("orders")["orders"], p.check_alive)
    ended, move = time.monotonic(), row_of(p, since)
    test_move.sound(p)
    copied = at["failing"] + move["copy_ms"] / 1000
    return (at["prepare"] - at["failing"], at["move"] - at["ready"], at["moved"] - copied,
        ended - move["ended_age_ms"] / 1000 - copied)


def goal(seconds):
    return "<= %.1f s" % seconds if seconds else ""


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
    for (name, limit), times in zip(GOALS, zip(*found)):
        print("%-42s median %.2f s, most %.2f s   %s" % (name, statistics.median(times), max(times), goal(limit)))
        row(name + ", median", statistics.median(times), "s", goal(limit))
        row(name + ", most", max(times), "s", goal(limit))


if __name__ == "__main__":
    main()
