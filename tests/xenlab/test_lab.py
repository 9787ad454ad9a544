"""Moves on real Xen: one lab, every case after the other.

usage: test_lab.py --build DIR --debs DIR [CASE...]

Needs root.  What xl said in each case is kept in DIR/captures/CASE.
"""

import argparse
import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from machine import Failed, wait_for
from pool import Pool
from watch import Ping, beats_on, copying, ended, moved, order_of, places, runs_on


def a_heated_host_is_emptied(lab, pool):
    with Ping(lab, "vm1") as ping:
        lab.hosts["xen1"].heat(91)
        order = moved(pool, "vm1", "xen2")
        assert order["outcome"] == "moved", order
        beats_on(lab, "vm1")
    print("     %d MiB carried, longest silence in ping %.1f s" % (order["bytes"] >> 20, ping.silence()))
    helpers_are_as_after_create(lab)
    lab.hosts["xen1"].heat(40)


def helpers_are_as_after_create(lab):
    """What xl leaves running for a moved guest has the limits and namespaces that it has after
    `xl create`, and is no part of Lifeboat's own unit."""
    look = """pid=$(pgrep -o -x xl) || { echo no xl; exit; }
        cat /proc/$pid/limits; for n in mnt net pid ipc uts user; do readlink /proc/$pid/ns/$n; done"""
    unit = lab.hosts["xen2"].ssh("cat /proc/$(pgrep -o -x xl)/cgroup")
    assert "lifeboat-actuator" not in unit, unit
    moved_guest = lab.hosts["xen2"].ssh(look)
    lab.hosts["xen2"].ssh("systemd-run -q --wait --property=KillMode=process xl create -q /etc/xen/vm2.cfg", 240)
    created = lab.hosts["xen2"].ssh(look.replace("pgrep -o", "pgrep -n"))
    assert moved_guest == created, "%s\n--- differs from\n%s" % (moved_guest, created)


def two_guests_cross_each_other(lab, pool):
    """vm1 from xen2 to xen1 and vm2 the other way, at once: each is sent where it was not."""
    wait_for("vm2", 60 * lab.scale, lambda: runs_on(lab, "vm2", "xen2"))
    lab.hosts["xen2"].ssh("xl destroy vm2")
    lab.create("vm2", "xen1")
    pool.wait_sound()
    pool.lifeboat("drain", "xen1")
    copying(pool, "vm2", 1 << 20)
    pool.lifeboat("undrain", "xen1")
    pool.lifeboat("drain", "xen2")
    moved(pool, "vm2", "xen2", 600)
    pool.lifeboat("undrain", "xen2")


CASES = [a_heated_host_is_emptied]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--debs", required=True)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    lab = Lab(options.build)
    with lab:
        print("lab up", flush=True)
        pool = Pool(lab, options.debs)
        try:
            lab.create("vm1", "xen1")
            pool.start()
            for case in CASES:
                if options.cases and case.__name__ not in options.cases:
                    continue
                began = time.monotonic()
                case(lab, pool)
                print("ok   %s (%.0f s)" % (case.__name__, time.monotonic() - began), flush=True)
        except BaseException as failure:
            print("FAILED: %s\n%s" % (failure, pool.log()[-4000:]), flush=True)
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
