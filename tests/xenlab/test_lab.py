"""Moves on real Xen: one lab, every case after the other.

usage: test_lab.py --build DIR --debs DIR [CASE...]

Needs root.  What xl said in each case is kept in DIR/captures/CASE.
"""

import argparse
import contextlib
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from cases import chosen
from lab import COOL, HOT, Lab
from machine import Failed, wait_for
from pool import Pool
from watch import Ping, beats_on, copying, end_of, moved, places, runs_on


HELPERS = """pid=$(pgrep -n -x xl) || { echo no xl runs; exit; }
cat /proc/$pid/limits; for n in mnt net pid ipc uts user; do readlink /proc/$pid/ns/$n; done"""


def a_heated_host_is_emptied(lab, pool):
    with Ping(lab, "vm1") as ping:
        lab.hosts["xen1"].heat(HOT)
        order = moved(pool, "vm1", "xen2")
        assert order["outcome"] == "moved", order
        beats_on(lab, "vm1")
    print("     longest silence in ping %.1f s" % ping.silence())
    lab.hosts["xen1"].heat(COOL)


def two_guests_cross_each_other(lab, pool):
    """vm2 leaves xen1, and while it is on its way vm1 leaves xen2."""
    lab.create("vm2", "xen1")
    pool.wait_sound()
    pool.lifeboat("drain", "xen1")
    copying(pool, "vm2", 1 << 20)
    pool.lifeboat("undrain", "xen1")
    pool.lifeboat("drain", "xen2")
    wait_for("both copies at once", 120 * lab.scale, lambda:
        {row["guest"] for row in pool.open_orders() if row["kind"] == "move"} == {"vm1", "vm2"})
    moved(pool, "vm1", "xen1", 600)
    pool.lifeboat("undrain", "xen2")
    wait_for("vm2 at rest", 600 * lab.scale, lambda: not pool.open_orders())
    beats_on(lab, "vm1")
    beats_on(lab, "vm2")
    helpers_are_as_after_create(lab)
    for host in places(lab, "vm2"):
        lab.hosts[host].ssh("xl destroy vm2")


def helpers_are_as_after_create(lab):
    """What xl leaves running for vm1, moved to xen1, has limits and namespaces as after `xl
    create`, and is no part of Lifeboat's own unit."""
    host = lab.hosts["xen1"]
    unit = host.ssh("cat /proc/$(pgrep -n -x xl)/cgroup")
    assert "lifeboat-actuator.service" not in unit, unit
    moved_guest = host.ssh(HELPERS)
    host.ssh("systemd-run -q --wait --property=KillMode=process xl create -q /etc/xen/pv1.cfg", 240)
    created = host.ssh(HELPERS)
    host.ssh("xl destroy pv1")
    assert moved_guest == created, "%s\n--- differs from\n%s" % (moved_guest, created)


def sides(lab, guest):
    """The host that has it, and the other: a case may follow any other."""
    here = next(iter(places(lab, guest)))
    return here, next(name for name in lab.hosts if name != here)


def an_operator_drains_a_host(lab, pool):
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    moved(pool, "vm1", there)
    pool.lifeboat("undrain", here)
    beats_on(lab, "vm1")


def a_link_cut_in_the_copy_leaves_the_guest_and_the_second_try_succeeds(lab, pool):
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    first = copying(pool, "vm1")["order"]
    lab.cut(there, 1)
    stayed = end_of(pool, first)
    assert stayed["outcome"] == "stayed" and stayed["said_why"] == "link-lost", stayed
    assert runs_on(lab, "vm1", here), places(lab, "vm1")
    lab.mend(there, 1)
    moved(pool, "vm1", there, 600)
    pool.lifeboat("undrain", here)
    beats_on(lab, "vm1")


def xl_killed_in_the_copy_leaves_the_guest(lab, pool):
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    first = copying(pool, "vm1")["order"]
    lab.hosts[here].ssh("kill -SEGV $(cat /run/lifeboat/orders/*/xl.pid)")
    stayed = end_of(pool, first)
    assert stayed["outcome"] == "stayed", stayed
    moved(pool, "vm1", there, 600)
    pool.lifeboat("undrain", here)
    beats_on(lab, "vm1")


def an_actuator_killed_in_the_copy_changes_nothing(lab, pool):
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    order = copying(pool, "vm1")["order"]
    for host in lab.hosts.values():
        host.ssh("systemctl kill --kill-who=main -s KILL lifeboat-actuator")
    moved(pool, "vm1", there, 600)
    assert pool.order(order)["outcome"] == "moved", pool.order(order)
    assert pool.log().count("order-outcome guest=vm1 from=%s to=%s order=%s " % (here, there, order)) == 1
    pool.lifeboat("undrain", here)
    beats_on(lab, "vm1")


def an_engine_powered_off_after_the_order_learns_how_it_ended(lab, pool):
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    order = copying(pool, "vm1")["order"]
    pool.stop_engine()
    wait_for("vm1 on " + there, 400 * lab.scale, lambda: runs_on(lab, "vm1", there))
    pool.start_engine()
    wait_for("the outcome", 120 * lab.scale, lambda: pool.order(order)["outcome"] == "moved")
    pool.lifeboat("undrain", here)
    pool.wait_sound()
    beats_on(lab, "vm1")


def a_target_without_the_bridge_is_refused_beforehand(lab, pool):
    lab.hosts["xen1"].ssh("ip link add lonely type bridge; ip link set lonely up; "
        "xl create -q /etc/xen/vm2.cfg 'vif=[\"bridge=lonely\"]'", 180)
    refused_beforehand(lab, pool, "vm2", "bridges")


def a_pv_guest_is_refused_beforehand(lab, pool):
    lab.create("pv1", "xen1")
    refused_beforehand(lab, pool, "pv1", "source-not-live")


def refused_beforehand(lab, pool, guest, why):
    before = [row["guest"] for row in pool.orders()].count(guest)
    wait_for(guest, 60 * lab.scale, lambda: {row["name"]: row["state"] for row in pool.ask("guests")["guests"]}.get(guest)
        == "running")
    pool.lifeboat("drain", "xen1")
    wait_for("the refusal", 90 * lab.scale, lambda: why in pool.lifeboat("why", guest))
    pool.lifeboat("undrain", "xen1")
    assert [row["guest"] for row in pool.orders()].count(guest) == before, pool.lifeboat("orders", "--all")
    lab.hosts["xen1"].ssh("xl destroy " + guest)
    wait_for("its end", 60 * lab.scale, lambda: guest not in {row["name"] for row in pool.ask("guests")["guests"]})


def a_guest_that_a_dead_xl_left_suspended_is_resumed(lab, pool):
    """Its xl dies between the suspend and the end of the stream, so that nobody else resumes it."""
    here, there = sides(lab, "vm1")
    pool.lifeboat("drain", here)
    first = copying(pool, "vm1")["order"]
    lab.hosts[here].ssh("""xl=$(cat /run/lifeboat/orders/*/xl.pid)
        until xl list vm1 | awk 'NR > 1 && $5 ~ /s/ { found = 1 } END { exit !found }'; do kill -0 $xl; done
        kill -KILL $xl""", 600)
    stayed = end_of(pool, first)
    assert stayed["outcome"] == "stayed", stayed
    moved(pool, "vm1", there, 600)
    pool.lifeboat("undrain", here)
    beats_on(lab, "vm1")


def a_host_that_comes_back_starts_nothing_twice(lab, pool):
    """vm1 was started at boot where it is; evacuated with autostart = follow, it is started there no more."""
    first, then = sides(lab, "vm1")
    source, target = lab.hosts[first], lab.hosts[then]
    pool.autostart = "follow"
    for host in lab.hosts.values():
        pool.configure_actuator(host)
        host.ssh("mkdir -p /etc/xen/auto; systemctl enable -q xendomains")
    source.ssh("ln -sf ../vm1.cfg /etc/xen/auto/vm1.cfg")
    target.ssh("rm -f /etc/xen/vm1.cfg")
    pool.wait_sound()
    pool.lifeboat("drain", first)
    moved(pool, "vm1", then, 600)
    assert "vm1" not in source.ssh("ls /etc/xen/auto"), "the link is still there"
    wait_for("the link to come along", 30 * lab.scale, lambda: "vm1.cfg" in target.ssh("ls -L /etc/xen/auto"))
    source.off()
    lab.power_on(first)
    wait_for("all that starts at boot", 240 * lab.scale, lambda: source.ssh(
        "systemctl is-active -q xendomains && echo yes", 60))
    assert runs_on(lab, "vm1", then), places(lab, "vm1")
    pool.lifeboat("undrain", first)
    beats_on(lab, "vm1")


CASES = [a_heated_host_is_emptied, two_guests_cross_each_other, an_operator_drains_a_host,
    a_link_cut_in_the_copy_leaves_the_guest_and_the_second_try_succeeds, xl_killed_in_the_copy_leaves_the_guest,
    an_actuator_killed_in_the_copy_changes_nothing, an_engine_powered_off_after_the_order_learns_how_it_ended,
    a_target_without_the_bridge_is_refused_beforehand, a_pv_guest_is_refused_beforehand,
    a_guest_that_a_dead_xl_left_suspended_is_resumed, a_host_that_comes_back_starts_nothing_twice]


def capture(lab, folder, since):
    """What xl said on every host in the course of a case."""
    os.makedirs(folder, exist_ok=True)
    for name, machine in lab.hosts.items():
        with contextlib.suppress(Failed), open(os.path.join(folder, name + ".xl"), "w", encoding="utf-8") as f:
            f.write(machine.ssh("journalctl --no-pager -o cat --since=-%ds | grep -E '^(xl-said|order-ended)' || true"
                % (time.monotonic() - since + 5)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--debs", required=True)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cases = chosen(CASES, options.cases)
    began = time.monotonic()
    with Lab(options.build) as lab:
        pool = Pool(lab, options.debs)
        try:
            lab.create("vm1", "xen1")
            pool.start()
            print("lab up (%.0f s)" % (time.monotonic() - began), flush=True)
            for name, case in cases.items():
                began = time.monotonic()
                case(lab, pool)
                capture(lab, os.path.join(lab.build, "captures", name), began)
                print("ok   %s (%.0f s)" % (name, time.monotonic() - began), flush=True)
        except BaseException as failure:
            print("FAILED: %s\n%s" % (failure, pool.log()[-4000:]), flush=True)
            raise
    print("%d cases passed" % len(cases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
