"""The imitated xl says what the real one said: each capture of tests/xenlab/captures/by-hand is
made again with fakexl.py in xl's place, and compared: both xls' lines and exits, every byte from
target to source, and the domain lists of both hosts in the end.

Left out are the lines of libxl and libxc, and numbers: lengths, ids, times.
Usage: test_captures.py [CASE...]
"""

import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import pool
from guests import HOST
sys.path.append(os.path.join(HERE, "..", "xenlab"))  # which has a pool.py too
import capture
import machine

CAPTURES = os.path.join(HERE, "..", "xenlab", "captures", "by-hand")
FREE = 512  # MiB of the imitated hosts
DOMAIN = ("domain %s name=%s uuid=%s type=%s mem=%sMiB vcpus=%s state=%s cpu+=20/1000 disks=/dev/lun1 bridges=%s\n")
STRUCK = {"receiver_killed", "link_cut", "xl_killed", "helper_killed"}  # in the copy, which is held
SCALE = 0.1  # nothing is emulated here


class Host:
    """What capture.py needs of a host, in a folder of its own."""

    def __init__(self, folder, name, rows, case):
        self.name, self.arrival = name, "127.0.0.1"
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.state = os.path.join(self.folder, "xen")
        free = 100 if case == "no_memory" and name == "xen2" else FREE
        self.write("xen", HOST % free + "".join(DOMAIN % (row.id, row.name, row.uuid, "pv" if row.name == "pv1" else "pvh",
            row.mem, row.vcpus, row.state, "xenbr0") for row in rows))
        if case in STRUCK:
            self.write("xen.hold", "copying\n")
        self.write("xl", "#!/bin/sh\nFAKEXEN_STATE=%s exec %s -S %s \"$@\"\n" % (self.state, sys.executable,
            os.path.join(HERE, "fakexl.py")))
        os.chmod(os.path.join(self.folder, "xl"), 0o755)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def ssh(self, command, timeout=60):
        if "xl create" in command:  # is there from the start
            return ""
        return machine.run("sh", "-c", command, timeout=timeout,
            env={**os.environ, "PATH": self.folder + ":" + os.environ["PATH"]})

    def put(self, local, remote):
        shutil.copy(local, remote)


class Lab:
    scale = SCALE

    def __init__(self, folder, case):
        self.hosts = {name: Host(folder, name, domains(os.path.join(CAPTURES, case, "before-%s.txt" % name)), case)
            for name in ("xen1", "xen2")}

    def create(self, guest, host):
        pass

    cut = mend = create


class Row:
    """A guest in a list."""

    def __init__(self, line):
        self.name, self.id, self.mem, self.vcpus, flags, _, self.uuid = line.split()[:7]
        self.state = next((flag for flag in "psdc" if flag in flags), "b")  # that it runs or is blocked is chance

    def __repr__(self):
        return "%s %s MiB %s %s" % (self.name, self.mem, self.uuid, self.state)


def domains(path):
    """The guests that `xl list -v` has in such a file."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("Security Label\n")[1].split("$ xl list -l")[0].splitlines()
    return [Row(line) for line in lines if line.split()[1] != "0"]


def said(path):
    """Who said what, and the exit; without times and numbers."""
    with open(path, encoding="utf-8") as f:
        rows = [line.split(" ", 1)[1].rstrip("\n") for line in f]
    return [re.sub(r"\d+", "N", row) if not row.startswith("end|") else row for row in rows
        if not re.match(r"run\||err\| *(libxl|xc|libxl-save-helper):", row)]


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def differences(real, ours):
    """What is not alike in these two folders."""
    found = []
    for name in ("source.txt", "target.txt"):
        if said(os.path.join(real, name)) != said(os.path.join(ours, name)):
            found += ["%s: real" % name, *said(os.path.join(real, name)), "%s: ours" % name, *said(os.path.join(ours, name))]
    if text(os.path.join(real, "back.hex")) != text(os.path.join(ours, "back.hex")):
        found += ["from target to source: real", text(os.path.join(real, "back.hex")), "ours",
            text(os.path.join(ours, "back.hex"))]
    for name in ("after-xen1.txt", "after-xen2.txt"):
        one, other = domains(os.path.join(real, name)), domains(os.path.join(ours, name))
        if sorted(map(repr, one)) != sorted(map(repr, other)):
            found += ["%s: real %s, ours %s" % (name, one, other)]
    return found


def play(folder, case):
    capture.THERE = os.path.join(folder, "there")
    lab = Lab(os.path.join(folder, case.__name__), case.__name__)
    one = capture.Capture(lab, folder, case.__name__, "pv1" if case is capture.pv_guest else "vm1")
    case(lab, one)
    return differences(os.path.join(CAPTURES, case.__name__), one.folder)


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if not inside:
        print("skipped: no namespaces to be had here")
        return 77
    pool.run("ip", "link", "set", "lo", "up")
    os.environ.update(FAKEXL_BYTES=str(24 << 20), FAKEXL_RATE=str(12 << 20))
    bad = 0
    for case in capture.CASES:
        if args and case.__name__ not in args:
            continue
        found = play(folder, case)
        print("%-6s %s" % ("FAILED" if found else "ok", case.__name__), *found, sep="\n    ", flush=True)
        bad += bool(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
