#!/usr/bin/env python3
"""Writes down what the real xl answers to each verb that an actuator says, right and wrong:
captures/verbs.txt.

usage: capture_verbs.py [--build DIR] [--out FILE]

Uses the lab in DIR if it is up, else brings it up and takes it down again.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import capture

NOBODY = 99  # no such domain
FILES = {
    "good.cfg": 'name = "app9"\nuuid = "4c1feb0a-0000-4000-8000-000000000009"\ntype = "pvh"\nmemory = 64\nvcpus = 1\n'
        'kernel = "/var/lib/guests/vmlinuz"\nramdisk = "/var/lib/guests/initrd"\ncmdline = "console=hvc0"\n'
        'disk = [ "phy:/dev/null,xvda,w" ]\nvif = [ "bridge=xenbr0,mac=00:16:3e:77:00:09" ]\n',
    "hidden.cfg": '# a comment\nname = \'app9\'; memory=64;' + " " * 1100 + 'bootloader="/nowhere/program"\n'
        'serial = [ "pty", "file:/nowhere/file" ]\ndisk = [ "script=block-nowhere,vdev=xvda,target=x", "/dev/null,raw,xvdb,r", ]\n',
    "wrong.cfg": 'name = "app9\nmemory = \n',
    "nameless.cfg": 'memory = 64\n',
}
VERBS = ["info", "info free_memory", "list -v", "list -l {id}", "list -l {nobody}", "network-list {id}",
    "network-list {nobody}", "cpupool-list -c", "rename {id} other", "rename {id} vm1", "rename {nobody} other",
    "rename {id} Domain-0", "pause {id}", "unpause {id}", "unpause {id}", "unpause {nobody}", "resume {id}", "resume {nobody}",
    *("create --quiet --dryrun --defconfig {folder}/" + name for name in FILES), "create --quiet --dryrun --defconfig {folder}/missing.cfg",
    "destroy {nobody}", "destroy {id}", "nonsense"]
RUN = "cd /; xl %s >%s/out 2>%s/err; code=$?; sed 's/^/out|/' %s/out; sed 's/^/err|/' %s/err; echo \"end|$code\""


def answers(machine, domid):
    """[(verb, lines)]: what it wrote to which stream, and its exit."""
    there = capture.THERE
    machine.ssh("mkdir -p " + there)
    for name, text in FILES.items():
        machine.ssh("cat > %s/%s <<'EOF'\n%sEOF\n" % (there, name, text))
    found = []
    for verb in VERBS:
        command = verb.format(id=domid, nobody=NOBODY, folder=there)
        found.append((verb, machine.ssh(RUN % (command, there, there, there, there), 240).splitlines()))
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default="build-xenlab")
    parser.add_argument("--out", default=os.path.join(capture.HERE, "captures", "verbs.txt"))
    options = parser.parse_args()
    with capture.at_hand(options.build) as lab:
        capture.clean(lab)
        lab.create("vm1", "xen1")
        host = lab.hosts["xen1"]
        said = answers(host, host.ssh("xl domid vm1").strip())
    with open(options.out, "w", encoding="utf-8") as f:
        for verb, lines in said:
            f.write("$ xl %s\n%s\n" % (verb, "\n".join(lines)))


if __name__ == "__main__":
    main()
