#!/usr/bin/env python3
"""What one engine costs: tests/bench/engine.py BUILD HOSTS [SECONDS]

So many simulated hosts report at 1 Hz, with real seals over real sockets; store and recording
are on. The simulation sends from the same machine: where it falls behind, that is said.
"""

import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pool"))
import pool
from rows import row, skipped
from usage import Use

REQUIRED = 1000  # hosts that the goal is for
START = 15  # seconds in which every host should be heard


class Simulated(pool.Pool):
    """Its hosts are hostsim's, and so are their keys: thousands of calls of lifeboat would take minutes."""

    def _keys(self):
        names, self.names = self.names, []
        super()._keys()
        self.names = names
        pairs = pool.run(hostsim(self), "--keys", str(len(names))).split()
        self.secrets = "\n".join(pairs[::2]) + "\n"
        self.public.update(zip(names, pairs[1::2]))


def hostsim(p):
    return os.path.join(p.build, "tests", "pool", "hostsim")


def simulate(p, seconds):
    sim = subprocess.Popen([hostsim(p), p.public["engine"], "tcp://%s1:7801" % pool.NET, "tcp://%s1:7802" % pool.NET,
        str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    sim.stdin.write(p.secrets)
    sim.stdin.close()
    return sim


def tell(p, hosts, seconds):
    what = "engine, %d hosts, 1 Hz" % hosts
    required = hosts <= REQUIRED
    recorded, heard, began = status(p)["recording"]["bytes"], accepted(p), time.monotonic()
    use = Use(p.children["engine"].pid, seconds)
    took = time.monotonic() - began
    use.tell(what, "<= 15 %" if required else "shown, not required")
    row(what + ": memory a host", use.pss_kib / hosts, "KiB", "<= 48 KiB")
    row(what + ": frames taken in a second", (accepted(p) - heard) / took, "frames")
    row(what + ": recording", (status(p)["recording"]["bytes"] - recorded) * 3600 / took / 1e6, "MB an hour")


def status(p):
    """As long as an engine under this load may take to answer."""
    return p.ask("--timeout", "30s", "status")


def accepted(p):
    return status(p)["frames"]["accepted"]


def start_engine(p):
    """Each host's key is set up before the door opens."""
    try:
        p.start_engine()
    except pool.Failed:
        pool.wait_for("the engine's door", 60, lambda: os.path.exists(p.path("door")), p.check_alive)


def play(p, hosts, seconds):
    began = time.monotonic()
    start_engine(p)
    print("the engine of %d hosts has started after %.1f s" % (hosts, time.monotonic() - began))
    sim, began = simulate(p, seconds + START), time.monotonic()
    pool.wait_for("every host to report", 60, lambda: status(p)["hosts"]["sound"] == hosts, p.check_alive)
    print("its hosts are admitted and heard after %.1f s" % (time.monotonic() - began))
    tell(p, hosts, seconds)
    said = sim.stdout.read()
    print("its peers: " + said.strip())
    late = re.search(r"(\d+) ms late", said)
    row("engine, %d hosts, 1 Hz: its peers behind their time" % hosts, int(late.group(1)), "ms")


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if len(args) < 2 or not inside:
        sys.exit(__doc__)
    hosts, seconds = int(args[1]), int(args[2]) if len(args) > 2 else 30
    names = ["h%d" % n for n in range(hosts)]
    with Simulated(args[0], folder, dict.fromkeys(names, ""), {"silence": "10s"}, hosts_run=False) as p:
        try:
            play(p, hosts, seconds)
        except pool.Failed as why:
            skipped("engine, %d hosts" % hosts, "not to be had on this machine: %s" % str(why)[-60:])


if __name__ == "__main__":
    main()
