"""The witness of test_fault.py and test_chaos.py sees what it is there to see."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import witness
from guests import HOST, guest_line

RUNS = guest_line(1, "web")
PAUSED = RUNS.replace("state=b", "state=p").replace("name=web", "name=web--incoming")


class Hosts:
    """As much of a pool as a witness looks at."""

    def __init__(self, folder):
        self.dir, self.names = folder, ["n1", "n2"]
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


def verdict(*acts):
    """What the witness says after these, each of which it has seen."""
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(folder)
        w = witness.Witness(hosts)
        with w:
            for act in acts:
                act(hosts, w)
                seen = w.samples
                pool.wait_for("two looks", 10, lambda: w.samples > seen + 1)
        return w.wrong or ""


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


def main():
    moving = has(RUNS, PAUSED)
    paused = has("", PAUSED)
    long = in_the_dark(witness.DARK + 1)
    assert verdict(moving, paused, has("", RUNS)) == ""
    assert "runs twice" in verdict(moving, has(RUNS, RUNS))
    assert "is lost" in verdict(moving, has("", ""))
    assert verdict(lambda _, w: w.excuse("n1"), has("", "")) == ""
    assert "is lost" in verdict(lambda _, w: w.excuse("n2"), has("", ""))
    assert "nobody was told" in verdict(paused, long)
    assert "nobody was told" in verdict(says("<3>earlier"), paused, long, has("", RUNS))
    assert "nobody was told" in verdict(paused, says("<4>warning"), long)
    assert verdict(paused, says("<3>hold"), long) == ""
    return 0


if __name__ == "__main__":
    sys.exit(main())
