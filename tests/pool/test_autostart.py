"""What starts a guest at boot goes where the guest goes: real engine, monitors, actuators and
carriers over an imitated hypervisor and xl, each host with an /etc/xen of its own.  Whoever dies
in whatever phase, at no time do both hosts have a link, and in the end the host where the guest
runs has one, if the table says so.

Usage: test_autostart.py --build BUILD [NAME...]
"""

import os
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner
import test_fault
import test_move
from autostart import clear, links, put, xen
from guests import HOST, UUID, guest_line
from test_preflight import grow
from witness import processes, signal_all

RULES = {**test_fault.RULES, "cooldown": "1s"}
ACTUATOR = {**test_fault.ACTUATOR, "actuator": {"autostart": "follow"}}
FILE = """# a guest of the test's
name = "web"; memory = 1024
type = "pvh"
kernel = '/etc/passwd'
disk = [ 'phy:/dev/lun1,xvda,w' ]
"""
NAMED = FILE + "uuid = '%s'\n" % UUID % 1
WITHOUT = {"script": "vif = [ 'bridge=xenbr0,script=/tmp/x' ]\n", "disk": "disk += [ '/etc/shadow,raw,xvdb,w' ]\n",
    "bootloader": " " * 2000 + "; bootloader = '/tmp/x'\n", "another": "uuid = '%s'\n" % UUID % 2,
    "secret": "ramdisk = '/etc/shadow'\n"}
LOOKS = 0.002


class Links:
    """Looks all the time: what both hosts have at one moment is too much."""

    def __init__(self, p, source, target):
        self.p, self.source, self.target = p, source, target
        self.over = threading.Event()
        self.looks, self.wrong = 0, None
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _look(self):
        while not self.over.wait(LOOKS):
            # Whatever the source has before and after has been there at the target's moment.
            before, there, after = (links(self.p, h) for h in (self.source, self.target, self.source))
            at_once = sorted(set(before) & set(after)) + there
            self.looks += 1
            if len(at_once) > 1 and not self.wrong:
                self.wrong = at_once

    def judge(self):
        assert not self.wrong, "links at one moment: %s" % self.wrong
        assert self.looks > 100, self.looks


def play(p, phase=None, who=(), text=FILE, before=None, process="--role=mover"):
    """Drain the guest's host; in that phase the processes of those roles die.  The order of the first try, where
    the guest runs in the end, and the world."""
    w = test_fault.World(p)
    clear(p)
    put(p, w.source, text)
    mend = before and before(p, w)
    grow(p, w.source)
    with w.witness, Links(p, w.source, w.target) as seen:
        p.hold(phase)
        p.show("drain", w.source)
        if phase:
            test_fault.reach(w, phase)
            # One of the target may have done all it had to.
            pids = [pid for role in who for pid in processes(p, w.host(role), process)]
            assert pids, "no %s to kill" % process
            signal_all(pids, signal.SIGKILL)
            p.hold(None)
        order = test_fault.see_through(w, mend, False)
        test_fault.calm_down(w)
    w.witness.judge()
    if before is not twice:
        seen.judge()
    return order, w.host(w.runs()), w


def one_link(p, runs, w, text=FILE):
    assert {host: len(links(p, host)) for host in p.names} == {host: int(host == runs) for host in p.names}, runs
    with open(xen(p, runs, "auto", links(p, runs)[0]), encoding="utf-8") as f:
        assert f.read() == text
    left = sorted(os.listdir(xen(p, w.source)))
    # A source that cannot know whether it has gone leaves the file as it is.
    assert runs == w.source or left in (["auto", "web.cfg.moved"], ["auto", "web.cfg"]), left


def dies(who, phase):
    def row(p):
        order, runs, w = play(p, phase, who)
        one_link(p, runs, w)
        return order
    return row


def resumed(p):
    """The source's carrier dies too late for xl to take the guest back: another order does, and finds the link."""
    order, runs, w = play(p, "released", ["source"], process="--role=carrier")
    assert order["outcome"] == "stayed" and order["said"] == "stayed-suspended" and runs == w.source, order
    one_link(p, runs, w)
    assert os.listdir(xen(p, runs, "auto")) == ["10-web"]
    return order


def goes_along(p):
    order, runs, w = play(p)
    assert order["outcome"] == "moved", order
    one_link(p, runs, w)
    return order


def goes_along_by_uuid(p):
    order, runs, w = play(p, text=NAMED)
    assert order["outcome"] == "moved" and runs == w.target, order
    one_link(p, runs, w, NAMED)
    return order


def not_taken(what):
    def row(p):
        order, runs, _ = play(p, text=FILE + WITHOUT[what])
        assert order["outcome"] == "moved", order
        assert [links(p, host) for host in p.names] == [[], []]
        assert os.listdir(xen(p, runs)) == ["auto"], "something of it is there"
        assert "autostart-not-made" in p.log(runs + ".actuator")
        return order
    return row


def configure(p, host, rule):
    """As its administrator would: edit, and start the actuator anew."""
    p.actuator = {**ACTUATOR, "actuator": {"autostart": rule}}
    p.write_actuator_conf(host)
    p.end(host + ".actuator")
    p.start_actuator(host)


def refuses(p, w):
    configure(p, w.target, "refuse")
    return lambda: configure(p, w.target, "follow")


def read_only(p, w):
    p.run_on(w.target, "mount", "-o", "remount,bind,ro", "/etc/xen")
    return lambda: p.run_on(w.target, "mount", "-o", "remount,bind,rw", "/etc/xen")


def twice(p, w):
    os.symlink("../web.cfg", xen(p, w.source, "auto", "20-web"))
    return lambda: os.unlink(xen(p, w.source, "auto", "20-web"))


def too_large(p, w):
    with open(xen(p, w.source, "web.cfg"), "a", encoding="utf-8") as f:
        f.write("#" * (48 << 10))

    def mend():
        with open(xen(p, w.source, "web.cfg"), "w", encoding="utf-8") as f:
            f.write(FILE)
    return mend


def refused(before, why, sentence):
    def row(p):
        order, runs, w = play(p, before=before)
        assert order["outcome"] == "refused" and order["said_why"] == why, order
        assert sentence in order["detail"], order
        one_link(p, runs, w)
        return order
    return row


ROWS = {"goes-along": goes_along, "goes-along-by-uuid": goes_along_by_uuid,
    **{"not-taken-" + what: not_taken(what) for what in WITHOUT},
    "target-refuses": refused(refuses, "autostart", "autostart = follow is not set"),
    "target-read-only": refused(read_only, "not-writable", "/etc/xen here: Read-only"),
    "two-links": refused(twice, "autostart", "both start it"),
    "too-large": refused(too_large, "autostart", "no file of up to 48 KiB"),
    "resumed": resumed, "target@prepare": dies(["target"], "prepare"),
    **{"%s@%s" % (name, phase): dies(who, phase)
        for phase in ("copying", "released", "go", "started")
        for name, who in (("source", ["source"]), ("target", ["target"]), ("both", ["source", "target"]))}}


def telling(row):
    def case(p):
        order = row(p)
        return "%s (%s)" % (order["outcome"], order["said_why"])
    return case


def main():
    options, folder = runner.enter(__file__, ROWS)
    os.environ.update(FAKEXL_BYTES=str(1 << 21), FAKEXL_RATE=str(1 << 22))
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    with pool.Pool(options.build, folder, hosts, RULES, actuator=ACTUATOR, monitor=test_fault.MONITOR) as p:
        runner.play(p, test_move.start, {name: telling(row) for name, row in options.cases.items()})


if __name__ == "__main__":
    main()
