#!/usr/bin/env python3
"""What the monitor costs a host: tests/bench/monitor.py BUILD [SECONDS]

All its processes, at 1 Hz, on a tree of 76 readings, 16 LUNs and 8 guests. collectd's sensors
plugin (Debian's collectd-core) is measured in the same run, on the same tree, where it is installed.
"""

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pool"))
import pool
from guests import HOST, guest_line
from rows import skipped
from usage import Use

GUESTS = 8
COLLECTD = """BaseDir "%(dir)s"
PIDFile "%(dir)s/collectd.pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
Interval 1
LoadPlugin sensors
LoadPlugin csv
<Plugin csv>
  DataDir "%(dir)s/csv"
</Plugin>
"""


def start_collectd(p):
    p.write("collectd.conf", COLLECTD % {"dir": p.dir})
    p.start("collectd", [*p.inside("n1"), "collectd", "-f", "-C", p.path("collectd.conf")])
    pool.wait_for("collectd's first sweep", 20, lambda: os.path.isdir(p.path("csv")), p.check_alive)


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if not args or not inside:
        sys.exit(__doc__)
    seconds = int(args[1]) if len(args) > 1 else 60
    state = HOST % 9000 + "".join(guest_line(n, "guest%d" % n, mem=512) for n in range(1, GUESTS + 1))
    with pool.Pool(args[0], folder, {"n1": state}) as p:
        p.start_engine()
        p.start_monitor("n1")
        pool.wait_for("a sound host", 20, lambda: p.hosts()["n1"]["health"] == "sound", p.check_alive)
        if shutil.which("collectd"):
            start_collectd(p)
        Use(p.children["n1"].pid, seconds).tell("monitor, 1 Hz", "<= 0.05 %", "<= 8 MiB")
        if "collectd" in p.children:
            Use(p.children["collectd"].pid, seconds).tell("collectd's sensors plugin, 1 Hz")
        else:
            skipped("collectd beside the monitor", "it is not installed")
        p.check_alive()


if __name__ == "__main__":
    main()
