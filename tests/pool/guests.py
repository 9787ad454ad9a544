"""The guests of a pool: what its imitated hypervisors hold of them, who watches that, and
the processes that move them."""

import fcntl
import glob
import os
import re
import signal
import threading

HOST = """host cpus=8 mem=16384MiB free=%dMiB xen=4.17.7 hvm=yes pv=no
domain 0 name=Domain-0 mem=2048MiB vcpus=8 state=r cpu+=20/1000
"""
UUID = "c0ffee00-0000-4000-8000-%012d"
GUEST = ("domain %d name=%s uuid=%s type=pvh mem=%dMiB vcpus=2 state=b cpu+=100/1000 "
    "disks=/dev/lun%d bridges=xenbr0\n")
RUNNING = "rb"


def guest_line(number, name, mem=1024):
    return GUEST % (number, name, UUID % number, mem, number)


def _listed(p, host):
    with open(p.path(host + ".xen"), encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_SH)
        return re.findall(r"^domain \d+ name=(\S+) uuid=(\S+) .*\bstate=(\S)", f.read(), re.M)


def domains(p, host):
    """{name: state letter} of a host's imitated hypervisor, dom0 apart."""
    return {name: state for name, _, state in _listed(p, host)}


def places(p):
    """{UUID: [(host, name, state letter)]} by every host's imitated hypervisor."""
    found = {}
    for host in p.names:
        for name, uuid, state in _listed(p, host):
            found.setdefault(uuid, []).append((host, name, state))
    return found


class Witness(threading.Thread):
    """Samples all hypervisors every 20 ms: each guest runs once, or is on its way."""

    def __init__(self, p):
        super().__init__(daemon=True)
        self.p = p
        self.uuids = set(places(p))
        self.wrong = None
        self.samples = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.02):
            # One after the other, so a guest that is passed on may be seen on neither or, if it
            # was let go of in between, on both: only what a third look still shows counts.
            if self.doubtful() & self.doubtful() & self.doubtful():
                self.wrong = self.wrong or places(self.p)
            self.samples += 1

    def doubtful(self):
        """Those that run twice, or are nowhere at all."""
        found = places(self.p)
        return {uuid for uuid in self.uuids
            if uuid not in found or sum(state in RUNNING for _, _, state in found[uuid]) > 1}


def orders(p, *args):
    return p.ask("orders", *args)["orders"]


def processes(p, host, *words):
    """Ids of processes in a host's network namespace whose command line has these words."""
    net = os.readlink("/proc/%d/ns/net" % p.holders[host].pid)
    found = []
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/cmdline", "rb") as f:
                line = f.read().replace(b"\0", b" ").decode(errors="replace")
            if os.readlink(path + "/ns/net") == net and all(word in line for word in words):
                found.append(int(os.path.basename(path)))
        except OSError:
            pass
    return found


def kill(p, host, *words, number=signal.SIGKILL):
    pids = processes(p, host, *words)
    assert pids, "no process with %s on %s" % (" ".join(words), host)
    for pid in pids:
        os.kill(pid, number)


def cut_link(p, source):
    """Both ends of every carrier's connection see it at once."""
    p.run_on(source, "ss", "-K", "dport", ">=", ":7810", "dport", "<=", ":7820")
