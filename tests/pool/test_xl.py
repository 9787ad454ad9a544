"""An xl that fails, hangs, dies or lies, on one of the two hosts: real engine, monitors,
actuators and carriers over an imitated hypervisor.  The guest is never lost and never runs
twice, the first try ends as the table says, and a later one succeeds.  An xl that hangs
beyond the point of no return is left alone: the guest is held, and an alert says so, until
somebody has ended it.

Usage: test_xl.py --build BUILD [NAME...]; @source, @target and @plays are all of a kind.
"""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import test_berth
from badxl_host import mend, spoil
from guests import domains, orders, source_and_target
from test_berth import MOVED, STAYED, judge, play
from witness import alerts, kill, logs, processes, until_nothing_left

REFUSED = ("refused",)
HEAD = ("hostile-head",)
ALONE = True  # the source brings it back by itself: no order to resume it is needed

# Whose xl, which verb, with which fault of badxl.py; how the first try may end, and why.
CASES = {
    "target-missing": ("target", "missing", None, REFUSED, ("no-list",)),
    "target-info-floods": ("target", "info", "floods", REFUSED, ("no-xen",)),
    "target-list-floods": ("target", "list", "floods", REFUSED, ("no-list",)),
    "target-list-quiet": ("target", "list", "quiet", REFUSED, ("no-list",)),
    "target-receive-127": ("target", "migrate-receive", "exits-127", REFUSED, ("xl-missing", "no-berth")),
    "target-receive-quiet": ("target", "migrate-receive", "quiet", REFUSED, ("xl-missing", "no-berth")),
    "target-rubbish-banner": ("target", "migrate-receive", "rubbish-banner", REFUSED, ("xl-rubbish",)),
    "target-hangs": ("target", "migrate-receive", "hangs", STAYED, None),
    "target-rubbish-ready": ("target", "migrate-receive", "rubbish-ready", STAYED, ("xl-rubbish",)),
    "target-dies-at-ready": ("target", "migrate-receive", "dies-at-ready", STAYED, ("xl-ended", "xl-died")),
    "target-hangs-at-ready": ("target", "migrate-receive", "hangs-at-ready", STAYED, ("stalled", "link-lost")),
    "target-cannot-start": ("target", "migrate-receive", "cannot-start", STAYED, None),
    "target-dies-at-banner": ("target", "migrate-receive", "dies-at-banner", REFUSED, ("xl-missing", "xl-died")),
    "target-fails-at-banner": ("target", "migrate-receive", "exits-1", REFUSED, ("xl-missing", "no-berth")),
    "target-dies-restoring": ("target", "migrate-receive", "dies-restoring", STAYED, ("xl-ended", "xl-died")),
    "target-hangs-restoring": ("target", "migrate-receive", "hangs-restoring", STAYED, ("stalled", "link-lost")),
    "target-fails-restoring": ("target", "migrate-receive", "fails-restoring", STAYED, ("xl-ended",)),
    "target-dies-on-go": ("target", "migrate-receive", "dies-on-go", MOVED, None),
    "target-not-started": ("target", "migrate-receive", "not-started", MOVED, None),
    "target-started-after-all": ("target", "migrate-receive", "started-after-all", MOVED, None),
    "target-rubbish-report": ("target", "migrate-receive", "rubbish-report", MOVED, None),
    "target-dies-at-report": ("target", "migrate-receive", "dies-at-report", MOVED, None),
    "source-missing": ("source", "missing", None, REFUSED, ("no-list",)),
    "source-list-floods": ("source", "list", "floods", REFUSED, ("no-list", "no-config")),
    "source-pci": ("source", "list", "pci", REFUSED, ("pci",)),
    "source-vnuma": ("source", "list", "vnuma", REFUSED, ("vnuma",)),
    "source-nomigrate": ("source", "list", "nomigrate", REFUSED, ("nomigrate",)),
    "source-not-portable": ("source", "list", "p9s", REFUSED, ("not-portable",)),
    "source-lists-none": ("source", "list", "lists-none", REFUSED, ("no-guest",)),
    "source-lists-twice": ("source", "list", "lists-twice", REFUSED, ("twice",)),
    "source-lists-another-name": ("source", "list", "lists-another-name", REFUSED, ("renamed",)),
    "source-lists-it-paused": ("source", "list", "lists-it-paused", REFUSED, ("not-running",)),
    "source-lists-it-crashed": ("source", "list", "lists-it-crashed", REFUSED, ("not-running",)),
    "source-dies-suspended": ("source", "migrate", "dies-suspended", STAYED, ("xl-died",), ALONE),
    "source-suspends-late": ("source", "migrate", "suspends-late", STAYED, ("xl-ended",), ALONE),
    "source-migrate-127": ("source", "migrate", "exits-127", STAYED, None),
    "source-migrate-quiet": ("source", "migrate", "quiet", STAYED, None),
    "source-hangs": ("source", "migrate", "hangs", STAYED, ("xl-hangs", "stalled")),
    "source-rubbish-go": ("source", "migrate", "rubbish-go", STAYED, None),
    "source-dies-at-go": ("source", "migrate", "dies-at-go", STAYED, None),
    "source-bootloader": ("source", "migrate", "bootloader", STAYED, HEAD),
    "source-firmware": ("source", "migrate", "firmware", STAYED, HEAD),
    "source-script": ("source", "migrate", "script", STAYED, HEAD),
    "source-p9s": ("source", "migrate", "p9s", STAYED, HEAD),
    "source-own-disk": ("source", "migrate", "own-disk", STAYED, ("hostile-head", "no-file")),
    "source-another-disk": ("source", "migrate", "another-disk", STAYED, HEAD),
    "source-another-bridge": ("source", "migrate", "another-bridge", STAYED, HEAD),
    "source-more-memory": ("source", "migrate", "more-memory", STAYED, HEAD),
    "source-iomem": ("source", "migrate", "iomem", STAYED, HEAD),
    "source-driver-domain": ("source", "migrate", "driver-domain", STAYED, HEAD),
    "source-another-guest": ("source", "migrate", "another-guest", STAYED, HEAD),
    "source-another-name": ("source", "migrate", "another-name", STAYED, HEAD),
    "source-no-kernel": ("source", "migrate", "no-kernel", STAYED, ("no-file",)),
}
# Where xl hangs for good; and where the guest may be once it has been killed.
HANGS = {
    "source-hangs-at-go": ("source", "migrate", "hangs-at-go"),
    "target-hangs-at-report": ("target", "migrate-receive", "hangs-at-report"),
}
RULES = {"move-silence": "12s"}


def prepare(p):
    for name in p.names:
        mend(p, name)


def resumes(p):
    return [o["order"] for o in orders(p, "--all") if o["kind"] == "resume"]


def play_case(p, _world, whose, verb, fault, ends=None, whys=None, alone=False):
    def host(source, target):
        return source if whose == "source" else target
    if callable(fault):
        return fault(p, host, verb)
    if not ends:
        return play_hang(p, host, verb, fault)
    before = resumes(p)
    row = play(p, lambda source, target: spoil(p, host(source, target), verb, fault),
        lambda source, target: mend(p, host(source, target)))
    judge(row, ends, whys)
    assert not alone or resumes(p) == before, "an order had to resume it"
    return row


def play_hang(p, host, verb, fault):
    def held():
        return next((o for o in orders(p) if o["kind"] == "move" and o["held"]), None)

    source, target = source_and_target(p)
    spoil(p, host(source, target), verb, fault)
    p.show("drain", source)
    row = pool.wait_for("the hold", 60, held, p.check_alive)
    mend(p, host(source, target))
    time.sleep(3)
    assert held(), "it let go by itself"
    assert processes(p, host(source, target), "badxl.py", verb), "xl was ended"
    assert "hold" in p.log("engine"), p.log("engine")
    kill(p, host(source, target), "badxl.py", verb)
    pool.wait_for("web on " + target, 150, lambda: domains(p, target) == {"web": "b"} and not orders(p),
        p.check_alive)
    p.show("undrain", source)
    until_nothing_left(p)
    return row


def play_dying(p, host, verb):
    """The original goes so slowly that only the target's word says that it is one no more."""
    def said():
        return next((o for o in orders(p, "--all") if o["kind"] == "move" and o["said"] and o["order"] not in before),
            None)

    before = {o["order"] for o in orders(p, "--all")}
    source, target = source_and_target(p)
    spoil(p, host(source, target), verb, "leaves-it-dying")
    p.show("drain", source)
    row = pool.wait_for("the source's word", 120, said, p.check_alive)
    assert row["said"] == "moved", row
    mend(p, host(source, target))
    pool.run(p.path(source + ".xl"), "destroy", next(iter(domains(p, source))))
    pool.wait_for("web on " + target, 60, lambda: domains(p, target) == {"web": "b"} and not orders(p),
        p.check_alive)
    p.show("undrain", source)
    until_nothing_left(p)
    return next(o for o in orders(p, "--all") if o["order"] == row["order"])


def play_not_started(verb):
    """It is the target's, and cannot be started there: held, until somebody does what
    operations.md says."""
    def play_it(p, host, _verb):
        return see_held(p, host, verb)
    return play_it


def see_held(p, host, verb):
    def held():
        return next((o for o in orders(p) if o["kind"] == "move" and o["held"] and o["said"]), None)

    source, target = source_and_target(p)
    told = logs(p)
    spoil(p, host(source, target), "migrate-receive", "dies-on-go", verb, "exits-1")
    p.show("drain", source)
    row = pool.wait_for("the hold", 90, held, p.check_alive)
    pool.wait_for("the target's word", 30, lambda: "not-started" in p.log(target + ".actuator"), p.check_alive)
    assert alerts(p, told), "held without an alert"
    mend(p, target)
    half, = domains(p, target)
    pool.run(p.path(target + ".xl"), "rename", half, "web")
    pool.run(p.path(target + ".xl"), "unpause", "web")
    pool.run(p.path(source + ".xl"), "destroy", next(iter(domains(p, source))))
    settle(p, row, target)
    p.show("undrain", source)
    until_nothing_left(p)
    return next(o for o in orders(p, "--all") if o["order"] == row["order"])


def settle(p, row, runs_on):
    """The lists of both may have settled it first."""
    try:
        p.show("settle", row["order"], "--runs-on", runs_on)
    except pool.Failed:
        pass
    pool.wait_for("the end of the hold", 60, lambda: not orders(p), p.check_alive)


def play_late(p, host, verb):
    """It hangs where nothing has begun: it is ended after a minute, that is said, and a later try succeeds."""
    def said():
        return next((o for o in orders(p, "--all") if o["order"] not in before and o["said_why"] == "no-list"), None)

    before = {o["order"] for o in orders(p, "--all")}
    source = next(name for name in p.names if "web" in domains(p, name))
    target = next(name for name in p.names if name != source)
    spoil(p, host(source, target), verb, "hangs")
    p.show("drain", source)
    row = pool.wait_for("its word", 120, said, p.check_alive)
    assert row["said"] == "refused" and "no end within 60 s" in row["detail"], row
    mend(p, host(source, target))
    pool.wait_for("web on " + target, 150, lambda: domains(p, target) == {"web": "b"} and not orders(p),
        p.check_alive)
    p.show("undrain", source)
    until_nothing_left(p)
    return row


def play_deaf(p, host, verb):
    """The carrier dies without a word, and xl takes no notice: it is ended all the same."""
    def copying():
        return any(o["phase"] == "copying" and o["bytes"] for o in orders(p))

    def begin(source, target):
        spoil(p, host(source, target), verb, "deaf")
        p.hold("copying")
        threading.Thread(target=cut_short, args=[source], daemon=True).start()

    def cut_short(source):
        pool.wait_for("the copy", 60, copying, p.check_alive)
        kill(p, source, "--role=carrier")
        p.hold(None)

    row = play(p, begin, lambda source, target: mend(p, host(source, target)))
    judge(row, STAYED, ("xl-ended",))
    assert any("xl-killed" in p.log(name + ".actuator") for name in p.names), "xl was left hanging"
    return row


# What takes more than a fault: the play itself.
PLAYS = {
    "source-list-hangs": ("source", "list", play_late),
    "target-list-hangs": ("target", "list", play_late),
    "source-leaves-it-dying": ("source", "migrate", play_dying),
    "source-carrier-dies-and-xl-is-deaf": ("source", "migrate", play_deaf),
    "target-cannot-rename": ("target", "rename", play_not_started("rename")),
    "target-cannot-unpause": ("target", "unpause", play_not_started("unpause")),
}


def part_of(name):
    return "@" + name.split("-")[0] if name in CASES else "@plays"


if __name__ == "__main__":
    sys.exit(test_berth.run(__file__, {**CASES, **HANGS, **PLAYS}, prepare, play_case, RULES, part_of))
