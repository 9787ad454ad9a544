"""What may go wrong with a pool of two while a guest moves from its source to its target.

Each is f(pair), which lets it happen and returns what mends it, or None where nothing has
to be mended.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid

import pool
from guests import put
from witness import kill, net_of, processes, signal_all


class Pair:
    """A pool with its witness, and which of its hosts is source and target."""

    def __init__(self, p, witness, source, target):
        self.p, self.witness, self.source, self.target = p, witness, source, target

    def host(self, role):
        return {"source": self.source, "target": self.target}[role]

    def hosts(self, whose):
        return [self.source, self.target] if whose == "both" else [self.host(whose)]


# --- processes --------------------------------------------------------------------


def dies(whose, *words, number=signal.SIGKILL):
    def fault(w):
        for host in w.hosts(whose):
            kill(w.p, host, *words, number=number)
    return fault


def hangs(whose, *words):
    """Stopped: silence, not an end."""
    def fault(w):
        pids = [pid for host in w.hosts(whose) for pid in processes(w.p, host, *words)]
        assert pids, "no process with %s" % " ".join(words)
        return stopped(pids)
    return fault


def child_hangs(whose, what):
    """What the pool itself has started, and nothing that this has started in its turn."""
    def fault(w):
        names = [host + what for host in w.hosts(whose)] if whose else [what]
        return stopped([w.p.children[name].pid for name in names])
    return fault


def stopped(pids):
    signal_all(pids, signal.SIGSTOP)
    return lambda: signal_all(pids, signal.SIGCONT)


def actuator_dies(whose):
    def fault(w):
        for host in w.hosts(whose):
            w.p.end(host + ".actuator")
        return lambda: [start_actuator(w.p, host) for host in w.hosts(whose)]
    return fault


def start_actuator(p, host):
    """Until it is up: nobody here starts it again if the next fault strikes before."""
    told = len(p.log(host + ".actuator"))
    p.start_actuator(host)
    pool.wait_for("the actuator of " + host, 10, lambda: "actuator-started" in p.log(host + ".actuator")[told:],
        p.check_alive)


# --- the engine -------------------------------------------------------------------


def engine_dies(w):
    w.p.end_engine()
    return w.p.start_engine


def engine_forgets(w):
    """Its store is gone: a new engine with the old one's key."""
    w.p.end_engine()
    for name in os.listdir(w.p.path("engine.disk")):
        os.unlink(w.p.path("engine.disk", name))
    w.forgotten = True
    w.p.start_engine()


def engine_disk_full(w):
    return fill(w.p.path("engine.disk"))


def fill(folder):
    path = os.path.join(folder, "filler")
    with open(path, "wb", buffering=0) as f:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                pass
    return lambda: os.path.exists(path) and os.unlink(path)


def second_engine(w):
    """The engine's key and address on the target too: what connects anew from there gets
    another engine, with a store of its own."""
    p, name = w.p, "engine2"
    with open(p.path("policy.conf"), encoding="utf-8") as f:
        text = f.read()
    for what in ("door", "recording", "engine.disk"):
        text = text.replace(p.path(what), p.path(what + "2"))
        if what != "door":
            os.makedirs(p.path(what + "2"), exist_ok=True)
    p.write("policy2.conf", text)
    pool.run(*p.inside(w.target), "ip", "addr", "add", p.engine_address() + "/32", "dev", "lo")
    p.start(name, [*p.inside(w.target), p.program("lifeboat-policy"), "-c", p.path("policy2.conf")])
    cut(w, w.target, ("dport", ">=", ":7801", "dport", "<=", ":7802"))
    pool.wait_for("the second engine", 10, lambda: os.path.exists(p.path("door2")), p.check_alive)
    return lambda: no_second_engine(w, name)


def no_second_engine(w, name):
    w.p.end(name)
    os.unlink(w.p.path("door2"))
    shutil.rmtree(w.p.path("engine.disk2"))
    pool.run(*w.p.inside(w.target), "ip", "addr", "del", w.p.engine_address() + "/32", "dev", "lo")


# --- links ------------------------------------------------------------------------


def cut(w, host, ports):
    pool.run(*w.p.inside(host), "ss", "-K", *ports)


def link_cut(w):
    """Both ends see it at once, and may dial again."""
    cut(w, w.source, ("dport", ">=", ":7810", "dport", "<=", ":7820"))


def parted(*pairs):
    """Nothing passes between these, either way, and nobody is told."""
    def fault(w):
        routes = [route for pair in pairs for route in (pair, pair[::-1])]
        for at, other in routes:
            block(w, "add", at, other)
        return lambda: [block(w, "del", at, other) for at, other in routes]
    return fault


def block(w, verb, at, other):
    p = w.p
    address = p.engine_address() if other == "engine" else p.address(w.host(other))
    inside = [] if at == "engine" else p.inside(w.host(at))
    pool.run(*inside, "ip", "route", verb, "blackhole", address + "/32")


STRANGERS = """
import os, socket, sys, time
kept, ends = [], time.monotonic() + 5
for n in range(240):
    if time.monotonic() > ends:
        break  # nobody is there any more
    for port in range(7810, 7812):
        s = socket.socket()
        s.settimeout(1)
        try:
            s.connect((sys.argv[1], port))
            if n % 4 == 1:
                s.sendall(os.urandom(81))      # a greeting's length
            elif n % 4 == 2:
                s.sendall(os.urandom(200000))  # far more than a greeting
            elif n % 4 == 3:
                s.sendall(b"x")                # slow
        except OSError:
            pass
        kept.append(s)
    del kept[:-40]
"""


def strangers(w):
    """Up to 480 connections that cannot prove themselves; 40 of them stay."""
    pool.run(*w.p.inside(w.source), sys.executable, "-c", STRANGERS, w.p.address(w.target))


# --- hosts ------------------------------------------------------------------------


DISK = ("/", "/var/lib", "/var/log")  # the parts of a host's root disk


def run_full(whose):
    def fault(w):
        mend = [fill(w.p.path(host + ".orders")) for host in w.hosts(whose)]
        return lambda: [one() for one in mend]
    return fault


def read_only(whose):
    """The root disk of a host; its /run and its hypervisor go on."""
    def fault(w):
        for host in w.hosts(whose):
            for part in DISK:
                pool.run(*w.p.inside(host), "mount", "-o", "remount,bind,ro", part)
            refused = subprocess.run([*w.p.inside(host), "touch", "/var/tmp/lifeboat-ro"], capture_output=True,
                check=False)
            assert refused.returncode != 0, "the root disk is not read-only"
        return lambda: [pool.run(*w.p.inside(host), "mount", "-o", "remount,bind,rw", part)
            for host in w.hosts(whose) for part in DISK]
    return fault


def host_dies(whose):
    """Without a word: whatever ran there is gone, and so is its memory of it.  It comes back."""
    def fault(w):
        for host in w.hosts(whose):
            power_off(w, host)
        return lambda: [power_on(w.p, host) for host in w.hosts(whose)]
    return fault


def power_off(w, host):
    p = w.p
    w.witness.excuse(host)
    pool.run(*p.inside(host), "ip", "link", "set", "eth0", "down")
    holder = p.holders[host].pid
    p.children.pop(host + ".actuator", None)
    p.children.pop(host, None)
    net = net_of(holder)
    while True:
        alive = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != holder and in_net(pid, net)]
        if not alive:
            break
        signal_all(alive, signal.SIGKILL)
        time.sleep(0.02)
    w.witness.excuse(host)  # what has come meanwhile
    put(p, host, "", anew=True)
    for name in os.listdir(p.path(host + ".orders")):
        path = p.path(host + ".orders", name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def in_net(pid, net):
    try:
        with open("/proc/%s/stat" % pid, encoding="ascii", errors="replace") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
        return state != "Z" and net_of(int(pid)) == net
    except OSError:
        return False


def power_on(p, host):
    with open(p.path(host + ".boot"), "w", encoding="ascii") as f:
        f.write("%s\n" % uuid.uuid4())
    pool.run(*p.inside(host), "ip", "link", "set", "eth0", "up")
    p.start_monitor(host)
    start_actuator(p, host)


def no_memory(w):
    """The target has less free than it says: somebody was faster."""
    path = w.p.path(w.target + ".xen")
    taken = change_free(path, lambda free: 100)
    return lambda: change_free(path, lambda free: free + taken)


def change_free(path, new):
    """Free memory of an imitated host; by how many MiB it is less than before."""
    with open(path, "r+", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        text = f.read()
        free = int(re.search(r"free=(\d+)MiB", text).group(1))
        f.seek(0)
        f.write(text.replace("free=%dMiB" % free, "free=%dMiB" % new(free), 1))
        f.truncate()
    return free - new(free)
