"""The witness of test_fault.py and test_chaos.py sees what it is there to see."""

import fcntl
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import witness
from guests import HOST, guest_line, memory

RUNS = guest_line(1, "web")
PAUSED = RUNS.replace("state=b", "state=p").replace("name=web", "name=web--incoming")


class Hosts:
    """As much of a pool as a witness looks at."""

    def __init__(self, folder):
        self.dir, self.names = folder, ["n1", "n2"]
        self.states = dict(zip(self.names, (HOST % 10976 + RUNS, HOST % 12000)))
        self.set(RUNS, "")
        self.say("<5>engine-start")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def set(self, *lines):
        for host, line in zip(self.names, lines):
            with open(self.path(host + ".new"), "w", encoding="utf-8") as f:
                f.write(HOST % 12000 + line)
            os.rename(self.path(host + ".new"), self.path(host + ".xen"))

    def say(self, line):
        with open(self.path("engine.log"), "a", encoding="utf-8") as f:
            f.write(line + "\n")


def verdict(*acts, after=0):
    """What the witness says after these, each of which it has seen."""
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(folder)
        w = witness.Witness(hosts, after)
        with w:
            for act in acts:
                act(hosts, w)
                seen = w.samples
                pool.wait_for("two looks", 10, lambda: w.samples > seen + 1)
        try:
            w.judge()
        except AssertionError as why:
            return str(why)
        return ""


def has(*lines):
    return lambda hosts, _: hosts.set(*lines)


def in_the_dark(seconds):
    """As if the pause had begun earlier."""
    def act(_, w):
        for guest, (since, sizes) in w.paused.items():
            w.paused[guest] = (since - seconds, sizes)
    return act


def says(line):
    return lambda hosts, _: hosts.say(line)


def soon(act):
    """Once nobody does anything any more."""
    return lambda hosts, w: threading.Timer(0.3, act, (hosts, w)).start()


def looks_away(_, w):
    """As if it had last looked earlier; it may be looking just now, and then that is the last time."""
    while w.longest <= witness.HOLE:
        w.last -= witness.HOLE + 0.1
        w.over.wait(witness.EVERY)


def stands_still(hosts, _):
    """Whoever writes the state may take its time: until then it is as it was."""
    with open(hosts.path("n1.xen"), encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        threading.Event().wait(witness.HOLE + 0.1)


def memory_is_counted(folder):
    """A guest's memory is its host's again once it is gone."""
    hosts = Hosts(folder)
    hosts.states["n1"] = HOST % 12000 + RUNS
    assert memory(hosts) == [("n1", 13024, 13024), ("n2", 12000, 12000)]
    hosts.set("", PAUSED)
    assert memory(hosts) == [("n1", 12000, 13024), ("n2", 13024, 12000)]


def main():
    moving = has(RUNS, PAUSED)
    paused = has("", PAUSED)
    long = in_the_dark(witness.DARK + 1)
    assert verdict(moving, paused, has("", RUNS)) == ""
    assert "runs twice" in verdict(moving, has(RUNS, RUNS))
    assert "is lost" in verdict(moving, has("", ""))
    assert verdict(lambda _, w: w.excuse("n1"), has("", "")) == ""
    assert "is lost" in verdict(lambda _, w: w.excuse("n2"), has("", ""))
    assert "nobody was told" in verdict(moving, paused, long)
    assert "nobody was told" in verdict(says("<3>earlier"), moving, paused, long, has("", RUNS))
    assert "nobody was told" in verdict(moving, paused, says("<4>warning"), long)
    assert "nobody was told" in verdict(moving, paused, says("<3>store-failed error=full"), long)
    assert "nobody was told" in verdict(moving, paused, says("<3>hold guest=web2 from=n1"), long)
    assert verdict(moving, paused, says("<3>hold guest=web from=n1"), long) == ""
    assert "runs twice" in verdict(moving, soon(has(RUNS, RUNS)), after=0.6)
    assert "longest gap" in verdict(looks_away)
    assert verdict(stands_still) == ""
    with tempfile.TemporaryDirectory() as folder:
        memory_is_counted(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
