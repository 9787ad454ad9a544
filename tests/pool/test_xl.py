"""An xl that fails, hangs, dies or lies, on one of the two hosts: real engine, monitors,
actuators and carriers over an imitated hypervisor.  The guest is never lost and never runs
twice, the first try ends as the table says, and a later one succeeds.  An xl that hangs
beyond the point of no return is left alone: the guest is held, and an alert says so, until
somebody has ended it.

Usage: test_xl.py --build BUILD [NAME...]
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import test_berth
from guests import domains, orders
from test_berth import MOVED, STAYED, judge, play
from witness import kill, processes, until_nothing_left

REFUSED = ("refused",)
HEAD = ("hostile-head",)

# Whose xl, which verb, with which fault of badxl.py; how the first try may end, and why.
CASES = {
    "target-missing": ("target", "missing", None, REFUSED, ("no-xen",)),
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
    "target-rubbish-report": ("target", "migrate-receive", "rubbish-report", MOVED, None),
    "target-dies-at-report": ("target", "migrate-receive", "dies-at-report", MOVED, None),
    "source-missing": ("source", "missing", None, REFUSED, ("no-list",)),
    "source-list-floods": ("source", "list", "floods", REFUSED, ("no-list", "no-config")),
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
WRAPPER = "#!/bin/sh\nFAKEXEN_STATE=%s BADXL_FAULT=%s exec %s %s \"$@\"\n"


def prepare(p):
    for name in p.names:
        mend(p, name)


def mend(p, name):
    if os.path.exists(p.path(name + ".fault")):
        os.unlink(p.path(name + ".fault"))
    p.write(name + ".xl", WRAPPER % (p.path(name + ".xen"), p.path(name + ".fault"), sys.executable,
        os.path.join(pool.HERE, "badxl.py")), 0o755)


def spoil(p, name, verb, fault):
    if verb == "missing":
        os.unlink(p.path(name + ".xl"))
    else:
        p.write(name + ".fault", "%s %s\n" % (verb, fault))


def play_case(p, _world, whose, verb, fault, ends=None, whys=None):
    def host(source, target):
        return source if whose == "source" else target
    if not ends:
        return play_hang(p, host, verb, fault)
    row = play(p, lambda source, target: spoil(p, host(source, target), verb, fault),
        lambda source, target: mend(p, host(source, target)))
    judge(row, ends, whys)
    return row


def play_hang(p, host, verb, fault):
    def held():
        return next((o for o in orders(p) if o["kind"] == "move" and o["held"]), None)

    source = next(name for name in p.names if "web" in domains(p, name))
    target = next(name for name in p.names if name != source)
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


if __name__ == "__main__":
    sys.exit(test_berth.run(__file__, {**CASES, **HANGS}, prepare, play_case, RULES))
