"""./try --xen: two real Xen hosts, one is heated, and its guest ends up on the other."""

import argparse
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from machine import Failed
from pool import RULES, Pool
from watch import Ping, beats_on, order_of, runs_on

HOT, DECIDED, PREPARED = "first hot reading", "decided: xen1 is failing", "prepared: xen2 has a berth for vm1"
LIMIT = 400  # seconds for the move, stretched by XENLAB_SCALE


class Timeline:
    """When the engine's log and its orders first showed what the table needs."""

    def __init__(self, pool):
        self.pool = pool
        self.from_ = len(pool.log())
        self.began = time.monotonic()
        self.at = {}
        self.order = {}  # the move's row, as it was last
        self.held = 0.0

    def mark(self, what, ago=0.0):
        """It was so many seconds ago."""
        if what not in self.at:
            self.at[what] = time.monotonic() - self.began - ago
            print("  %6.1f s  %s" % (self.at[what], what), flush=True)

    def _look_at_readings(self):
        ages = [row["crossed_age_ms"] for row in self.pool.ask("why", "xen1")["readings"] if row["crossed"] == "critical"]
        if ages:
            self.mark(HOT, max(ages) / 1000)

    def look(self):
        """True once the order has ended."""
        if HOT not in self.at:
            self._look_at_readings()
        log = self.pool.log()[self.from_:]
        failing = re.search(r"host-health host=xen1 .*to=failing.*held=(\d+)ms", log)
        if failing:
            self.held = int(failing.group(1)) / 1000
            self.mark(DECIDED)
        if re.search(r"order-state host=xen2 .*kind=prepare .*outcome=ready", log):
            self.mark(PREPARED)
        if "order-move guest=vm1" in log:
            self.mark("ordered: xen1 is told to send it there")
        order = order_of(self.pool, "vm1")
        if order:
            self.order = order
            phase = order.get("phase")
            if phase and phase not in ("none", "done"):
                self.mark("phase " + phase)
        return order and order["state"] == "ended"

    def get(self, what):
        return self.at.get(what)


def seconds(value):
    return "-" if value is None else "%.1f s" % value


def table(timeline, silence, last, place):
    decided, prepared, order = timeline.get(DECIDED), timeline.get(PREPARED), timeline.order
    copy, mib = (order.get("copy_ms") or 0) / 1000, (order.get("bytes") or 0) / (1 << 20)
    rows = [
        ("first hot reading", "%s after the heat" % seconds(timeline.get(HOT))),
        ("decision", "%s after the heat (held %.0f s)" % (seconds(decided), timeline.held)),
        ("prepare", seconds(None if decided is None or prepared is None else prepared - decided)),
        ("copy", "%s, %d MiB, %s" % (seconds(copy or None), mib, "%.1f MiB/s" % (mib / copy) if copy else "-")),
        ("pause, ready to started", "%d ms" % order["pause_ms"] if order.get("pause_ms") else "-"),
        ("longest silence in ping", seconds(silence)),
        ("heartbeats lost", "none: 1 to %d, each once and in order" % last),
        ("vm1 runs on", place)]
    for name, value in rows:
        print("  %-24s %s" % (name, value))


def story(lab, pool):
    print("Starting the guest vm1 on xen1, and Lifeboat everywhere ...", flush=True)
    lab.create("vm1", "xen1")
    pool.start()
    print(pool.lifeboat("hosts"))
    print(pool.lifeboat("guests"))
    before = beats_on(lab, "vm1")
    print("xen1's second LM75 is heated to 91 C (limit 85 C):")
    timeline = Timeline(pool)
    with Ping(lab, "vm1") as ping:
        lab.hosts["xen1"].heat(91)
        deadline = time.monotonic() + LIMIT * lab.scale
        while not timeline.look():
            if time.monotonic() > deadline:
                raise Failed("vm1 was not moved within %d s:\n%s" % (LIMIT * lab.scale, pool.log()[-3000:]))
            time.sleep(0.3)
        timeline.mark("ended: " + order_of(pool, "vm1")["outcome"])
        after = beats_on(lab, "vm1")
    good = runs_on(lab, "vm1", "xen2")
    print("\n$ lifeboat orders --all\n" + pool.lifeboat("orders", "--all"))
    if after <= before:
        raise Failed("vm1 wrote no heartbeat after it was moved")
    table(timeline, ping.silence(), after, "xen2, under its UUID, and only there" if good else "?")
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--debs", required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print("Shortened or stretched here: " + ", ".join("%s = %s" % item for item in RULES.items()))
    lab = Lab(options.build, say=print)
    try:
        with lab:
            return story(lab, Pool(lab, options.debs))
    except Failed as failure:
        print("try: %s\nThe logs of both hosts are in %s/logs." % (failure, options.build), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
