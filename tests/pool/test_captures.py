"""The imitated xl says what the real one said: each capture of tests/xenlab/captures/by-hand is
made again with fakexl.py in xl's place, and compared: both xls' lines and exits, every byte from
target to source, and the domain lists of both hosts in the end.

Each verb that an actuator says is answered as in captures/verbs.txt: the same exit and complaint, and
of what is told no line or member that the real one does not have, nor one of another kind.

Left out are the lines of libxl, libxc and the parser of configurations, and numbers: lengths, ids, times.
Usage: test_captures.py [CASE...], or `verbs`
"""

import functools
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import pool
import runner
from guests import HOST
sys.path.append(os.path.join(HERE, "..", "xenlab"))  # which has a pool.py too
import capture
import capture_verbs
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
        free = 100 if case == "no_memory" and name == "xen2" else FREE
        self.write("xen", HOST % free + "".join(DOMAIN % (row.id, row.name, row.uuid, "pv" if row.name == "pv1" else "pvh",
            row.mem, row.vcpus, row.state, "xenbr0") for row in rows))
        if case in STRUCK:
            self.write("xen.hold", "copying\n")
        self.write("xl", pool.xl_over(os.path.join(self.folder, "xen")))
        os.chmod(os.path.join(self.folder, "xl"), 0o755)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def ssh(self, command, timeout=60):
        if "xl create" in command and "--dryrun" not in command:  # is there from the start
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


def play(case, folder):
    capture.THERE = os.path.join(folder, "there")
    lab = Lab(os.path.join(folder, case.__name__), case.__name__)
    one = capture.Capture(lab, folder, case.__name__, "pv1" if case is capture.pv_guest else "vm1")
    case(lab, one)
    return differences(os.path.join(CAPTURES, case.__name__), one.folder)


def answers_of(path):
    """[(verb, lines)] of such a file."""
    blocks = re.split(r"^\$ xl ", text(path), flags=re.M)[1:]
    return [(block.split("\n", 1)[0], block.split("\n", 1)[1].splitlines()) for block in blocks]


def members(value, at=""):
    """Where in a JSON value is what: {path: kind}."""
    if isinstance(value, dict):
        return {path: kind for key, one in value.items() for path, kind in members(one, at + "." + key).items()}
    if isinstance(value, list):
        return {path: kind for one in value for path, kind in members(one, at + "[]").items()}
    return {at: type(value).__name__}


def told(verb, lines):
    """What standard output has, in a form that can be held against another's."""
    said_out = [line[4:].rstrip() for line in lines if line.startswith("out|")]
    if said_out and said_out[0] in "[{":
        found = members(json.loads("\n".join(said_out)))
        return {item for item in found.items() if not item[0].startswith("[].config.fake.")}
    if verb == "info":
        return {line.split(":")[0] for line in said_out}
    if verb.startswith("info ") or not said_out:
        return {re.sub(r"\d+", "N", line) for line in said_out}
    return {" ".join(said_out[0].split()), *("%d columns" % len(line.split()) for line in said_out[1:])}


def complaint(lines):
    """How it ended, and what it said of that."""
    words = [line for line in lines if line.startswith(("err|", "end|")) and not re.match(r"err\| *(libxl|xc):", line)
        and "config parsing error" not in line]
    return [re.sub(r"/\S*/", "", word) for word in words]


def verb_differences(folder):
    capture.THERE = os.path.join(folder, "verbs.there")
    lab = Lab(os.path.join(folder, "verbs"), "moved")
    found = []
    reals = answers_of(os.path.join(CAPTURES, "..", "verbs.txt"))
    ours = capture_verbs.answers(lab.hosts["xen1"], "1")
    assert [verb for verb, _ in reals] == [verb for verb, _ in ours], "verbs.txt is of other verbs"
    for (verb, real), (_, our) in zip(reals, ours):
        more = told(verb, our) - told(verb, real)
        if complaint(real) != complaint(our) or more:
            found += ["xl %s: real" % verb, *complaint(real), "ours", *complaint(our), *map(str, more)]
    return found


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    plays = {case.__name__: functools.partial(play, case) for case in capture.CASES}
    cases = runner.chosen({**plays, "verbs": verb_differences}, args)
    if not inside:
        runner.skip()
    pool.run("ip", "link", "set", "lo", "up")
    os.environ.update(FAKEXL_BYTES=str(24 << 20), FAKEXL_RATE=str(12 << 20))
    bad = 0
    for name, case in cases.items():
        found = case(folder)
        print("%-6s %s" % ("FAILED" if found else "ok", name), *found, sep="\n    ", flush=True)
        bad += bool(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
