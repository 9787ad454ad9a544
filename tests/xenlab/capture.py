#!/usr/bin/env python3
"""Writes down what the real xl says in a migration, one folder a case: captures/README.md.

usage: capture.py [--build DIR] [--out DIR] [CASE...]

Uses the lab in DIR if it is up, else brings it up and takes it down again.  xl is run by
hand, with nothing of Lifeboat's there.
"""

import argparse
import base64
import contextlib
import os
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from cases import chosen
from lab import Lab
from machine import Failed, wait_for
from watch import check_heartbeats

PORT = 8002
THERE = "/run/capture"  # on each host
STATE = "date -u +%%T.%%3N; echo '$ xl list -v'; xl list -v; echo '$ xl list -l %s'; xl list -l %s 2>&1 || true"


class Capture:
    """One migration of `guest` from xen1 to xen2, watched from both ends."""

    def __init__(self, lab, out, name, guest="vm1"):
        self.lab = lab
        self.guest = guest
        self.name = name
        self.folder = os.path.join(out, name)
        self.there = THERE + "/" + name
        self.source, self.target = lab.hosts["xen1"], lab.hosts["xen2"]
        self.ends = []
        os.makedirs(self.folder, exist_ok=True)
        for machine in (self.source, self.target):
            machine.ssh("rm -rf %s; mkdir -p %s" % (self.there, self.there))
            machine.put(HERE + "/tap.py", THERE + "/tap.py")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def state(self, when):
        for machine in (self.source, self.target):
            self.write("%s-%s.txt" % (when, machine.name), machine.ssh(STATE % (self.guest, self.guest)))

    def begin(self):
        """Both sides, in threads that end with them."""
        self.state("before")
        tap = "python3 %s/tap.py" % THERE
        receive = "%s receive %s %s %d xl migrate-receive" % (tap, self.there, self.target.arrival, PORT)
        send = "%s send %s %s %d" % (tap, self.there, self.target.arrival, PORT)
        self._in_thread(self.target, receive)
        wait_for("the listener", 30 * self.lab.scale, lambda: self.target.ssh("ss -Htln sport = :%d" % PORT))
        self._in_thread(self.source, "%s run %s xl migrate -s '' %s '%s'" % (tap, self.there, self.guest, send))

    def _in_thread(self, machine, command):
        def work():
            with contextlib.suppress(Failed):
                machine.ssh(command, 600)
        self.ends.append(threading.Thread(target=work, daemon=True))
        self.ends[-1].start()

    def copying(self):
        """The source's xl has begun to send memory."""
        wait_for("the copy", 180 * self.lab.scale, lambda: int(self.source.ssh(
            "tail -c 20 %s/there.count 2>/dev/null" % self.there).strip() or 0) > 8 << 20)

    def end(self):
        for thread in self.ends:
            thread.join(600 * self.lab.scale)
        time.sleep(2 * self.lab.scale)
        self.state("after")
        for machine in (self.source, self.target):
            for name in machine.ssh("ls " + self.there).split():
                if name.endswith((".txt", ".bin", ".times")):
                    data = base64.b64decode(machine.ssh("base64 %s/%s" % (self.there, name)))
                    self.write(name.replace(".bin", ".hex"), hexdump(data) if name.endswith(".bin") else data.decode())


def hexdump(data):
    rows = []
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        rows.append("%08x  %-47s  |%s|\n" % (at, part.hex(" "), "".join(chr(b) if 32 <= b < 127 else "." for b in part)))
    return "".join(rows)


# --- cases ------------------------------------------------------------------------------

def moved(_lab, cap):
    """The main job."""
    cap.begin()
    cap.end()


def receiver_killed(lab, cap):
    """The target's xl migrate-receive dies in the copy, by SIGKILL."""
    cap.begin()
    cap.copying()
    cap.target.ssh("kill -KILL $(cat %s/target.pid)" % cap.there)
    cap.end()


def link_cut(lab, cap):
    """The link is cut in the copy; after 30 s of silence each side's connection is ended."""
    cap.begin()
    cap.copying()
    lab.cut("xen1", 1)
    time.sleep(30 * lab.scale)
    cap.source.ssh("kill -TERM $(cat %s/carrier.pid)" % cap.there)
    time.sleep(5 * lab.scale)
    cap.target.ssh("ss -K dport gt 0 sport = :%d; sleep 2; kill -TERM $(cat %s/target.pid) || true" % (PORT, cap.there))
    lab.mend("xen1", 1)
    cap.end()


def xl_killed(lab, cap):
    """The source's xl dies by SIGSEGV in the copy."""
    cap.begin()
    cap.copying()
    cap.source.ssh("kill -SEGV $(cat %s/source.pid)" % cap.there)
    cap.end()


def helper_killed(lab, cap):
    """The source's libxl-save-helper dies by SIGSEGV in the copy."""
    cap.begin()
    cap.copying()
    cap.source.ssh("kill -SEGV $(pgrep -f '[l]ibxl-save-helper')")
    cap.end()


def pv_guest(lab, cap):
    """A PV guest, on a Xen without shadow paging."""
    lab.create("pv1", "xen1")
    cap.begin()
    cap.end()


def name_taken(lab, cap):
    """Another guest at the target has the name."""
    cap.target.ssh("xl create -q /etc/xen/vm2.cfg 'name=\"vm1\"'", 240)
    cap.begin()
    cap.end()


def incoming_name_taken(lab, cap):
    """What an earlier try left at the target has the name vm1--incoming."""
    cap.target.ssh("xl create -q -p /etc/xen/vm2.cfg 'name=\"vm1--incoming\"'", 240)
    cap.begin()
    cap.end()


def no_memory(lab, cap):
    """The target's Xen has less free than the guest needs."""
    free = int(cap.target.ssh("xl info free_memory"))
    cap.target.ssh("xl create -q -p /etc/xen/vm2.cfg memory=%d" % (free - 100), 240)
    cap.begin()
    cap.end()


CASES = (moved, receiver_killed, link_cut, xl_killed, helper_killed, pv_guest, name_taken,
    incoming_name_taken, no_memory)


def clean(lab):
    """No guests anywhere; a domain that is dying may take its time."""
    for machine in lab.hosts.values():
        machine.ssh("for d in $(xl list | awk 'NR > 1 && $2 > 0 { print $2 }'); do xl destroy $d || true; done", 180)


def run_case(lab, case, out):
    clean(lab)
    guest = "pv1" if case is pv_guest else "vm1"
    if guest == "vm1":
        lab.create("vm1", "xen1")
    time.sleep(5)
    cap = Capture(lab, out, case.__name__, guest)
    cap.write("case.txt", case.__doc__ + "\n")
    began = time.monotonic()
    case(lab, cap)
    if guest == "vm1":
        print("     %d heartbeats, each once and in order" % check_heartbeats(lab, guest))
    print("ok   %s (%.0f s)" % (case.__name__, time.monotonic() - began), flush=True)


@contextlib.contextmanager
def at_hand(build):
    """A lab that is up; one that was brought up for this goes again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab = Lab(build, lasting=True, say=print)
    was_up = all(lab.is_alive(name) for name in lab.hosts)
    if not was_up:
        lab.up()
    try:
        yield lab
    finally:
        if not was_up:
            lab.save_logs()
            lab.down()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default="build-xenlab")
    parser.add_argument("--out", default=os.path.join(HERE, "captures"))
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    cases = chosen(CASES, options.cases)
    with at_hand(options.build) as lab:
        for case in cases.values():
            run_case(lab, case, options.out)


if __name__ == "__main__":
    main()
