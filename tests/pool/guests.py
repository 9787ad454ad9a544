"""The guests of a pool: what its imitated hypervisors hold of them, and what moves them."""

import fcntl
import re

HOST = """host cpus=8 mem=16384MiB free=%dMiB xen=4.17.7 hvm=yes pv=no
domain 0 name=Domain-0 mem=2048MiB vcpus=8 state=r cpu+=20/1000
"""
UUID = "c0ffee00-0000-4000-8000-%012d"
GUEST = ("domain %d name=%s uuid=%s type=pvh mem=%dMiB vcpus=2 state=b cpu+=100/1000 "
    "disks=/dev/lun%d bridges=xenbr0\n")
RUNNING = "rb"
MEMORY = re.compile(r"^(?:host .*\bfree|domain [1-9].*\bmem)=(\d+)MiB", re.M)
DOMAIN = re.compile(r"^domain \d+ name=(\S+) uuid=(\S+) .*\bstate=(\S)", re.M)


def guest_line(number, name, mem=1024):
    return GUEST % (number, name, UUID % number, mem, number)


def look(p, hosts=None):
    """{host: [(UUID, name, state letter)]} of these imitated hypervisors, or all, at one moment; dom0 apart."""
    files = {}
    try:
        for host in hosts or p.names:
            files[host] = open(p.path(host + ".xen"), encoding="utf-8")
            fcntl.flock(files[host], fcntl.LOCK_SH)
        return {host: [(uuid, name, state) for name, uuid, state in DOMAIN.findall(file.read())] for host, file in files.items()}
    finally:
        for file in files.values():
            file.close()


def total(text):
    """MiB of an imitated host that are free or its guests'."""
    return sum(map(int, MEMORY.findall(text)))


def memory(p):
    """[(host, its total, the same at the start)]"""
    found = []
    for host in p.names:
        with open(p.path(host + ".xen"), encoding="utf-8") as f:
            fcntl.flock(f, fcntl.LOCK_SH)
            found.append((host, total(f.read()), total(p.states[host])))
    return found


def put(p, host, lines, anew=False):
    """These guests run on an imitated host from now on, beside the others or in place of them."""
    with open(p.path(host + ".xen"), "r+", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        text = "" if anew else "".join(line for line in f if line.startswith("domain ") and not line.startswith("domain 0 "))
        text += lines
        f.seek(0)
        f.write(HOST % (total(p.states[host]) - total(text)) + text)
        f.truncate()


def domains(p, host):
    """{name: state letter}"""
    return {name: state for _, name, state in look(p, [host])[host]}


def places(p):
    """{UUID: [(host, name, state letter)]}, on every host at one moment."""
    found = {}
    for host, rows in look(p).items():
        for uuid, name, state in rows:
            found.setdefault(uuid, []).append((host, name, state))
    return found


def source_and_target(p):
    """Of a pool of two: the host that web is on, and the other one."""
    source = next(host for host in p.names if "web" in domains(p, host))
    return source, next(host for host in p.names if host != source)


def orders(p, *args):
    return p.ask("orders", *args)["orders"]
