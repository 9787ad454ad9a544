"""What must hold whatever happens to a pool: seen from outside of it, all the time, and at the end."""

import glob
import os
import re
import signal
import socket
import threading
import time

import pool
from guests import RUNNING, look, memory

SCALE = 10  # so many times faster than by default is a pool whose timers are shortened
MINUTE = 60 / SCALE  # seconds
AFTER = MINUTE  # that it looks on when everything seems to be over
DARK = 2 * MINUTE  # that a guest may be paused everywhere: the engine waits one for news before it calls somebody
EVERY = 0.02  # seconds between two looks
GAP, GAPS = 0.1, 0.01  # seconds; no look is later, but for so many of them on a busy machine
HOLE = 1  # seconds that no look is ever late, not even where the witness may not go first
SERVING = ("--role=carrier", "--role=mover", "fakexl.py", "badxl.py")
BERTHS = range(7810, 7812)
LISTENS = "0A"  # tcp(7)'s states in /proc/net/tcp


class Witness(threading.Thread):
    """Looks at all hypervisors all the time, and for a while longer when everything seems to be
    over.  No guest ever runs twice; none is lost; none is paused for long without somebody being
    told of it.  A context manager; judge() when it ends."""

    def __init__(self, p, after=AFTER):
        super().__init__(daemon=True)
        self.p = p
        self.after = after
        self.guests = {uuid: name for rows in look(p).values() for uuid, name, _ in rows}
        self.excused = set()  # guests that may be gone: their host has died
        self.wrong = None
        self.samples = self.late = 0
        self.first = False
        self.longest = 0.0  # seconds between two looks
        self.last = time.monotonic()
        self.paused = {}  # guest: since when, and how long the logs were
        self.over = threading.Event()

    def __enter__(self):
        go_first()  # while it holds Python's lock, the witness waits for this thread
        self.start()
        return self

    def __exit__(self, failed, *_):
        if not failed:
            time.sleep(self.after)  # what was left may still do something
        self.over.set()
        self.join()

    def run(self):
        self.first = go_first()
        while not self.over.wait(EVERY):
            self._time(time.monotonic())
            seen = look(self.p)
            self.last = now = time.monotonic()
            for guest in self.guests:
                self._guest(guest, seen, now)
        for guest in list(self.paused):
            self._end_pause(guest, time.monotonic())

    def _time(self, now):
        """From the last look on.  What a look itself takes it waits for whoever writes a
        hypervisor's state, and until that is written it is as it was."""
        gap = now - self.last
        self.samples += 1
        self.late += gap > GAP
        self.longest = max(self.longest, gap)

    def _guest(self, guest, seen, now):
        states = [state for rows in seen.values() for uuid, _, state in rows if uuid == guest]
        unpaused = sum(state in RUNNING for state in states)
        if unpaused > 1:
            self._wrong("%s runs twice: %s" % (guest, seen))
        if not states and guest not in self.excused:
            self._wrong("%s is lost: %s" % (guest, seen))
        if states and unpaused == 0:
            self.paused.setdefault(guest, (now, logs(self.p)))
        elif guest in self.paused:
            self._end_pause(guest, now)

    def _end_pause(self, guest, now):
        since, sizes = self.paused.pop(guest)
        if now - since > DARK and not alerts(self.p, sizes, self.guests[guest]):
            self._wrong("%s was paused for %.1f s, and nobody was told" % (guest, now - since))

    def excuse(self, host):
        """That host dies: what is on it may go with it."""
        self.excused |= {uuid for uuid, _, _ in look(self.p)[host]}

    def _wrong(self, what):
        self.wrong = self.wrong or what

    def looks(self):
        return "%d looks, %d late, longest gap %.2f s" % (self.samples, self.late, self.longest)

    def judge(self):
        assert not self.wrong, self.wrong
        assert self.longest <= HOLE and (self.late <= 1 + GAPS * self.samples or not self.first), self.looks()


def go_first():
    """On a busy machine this thread runs before others, and what it starts does not.  False: root alone may have that."""
    try:
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        return True
    except OSError:
        return False


def log_files(p):
    return [p.path(name) for name in os.listdir(p.dir) if name.endswith(".log")]


def logs(p):
    """How long each log is now."""
    return {path: os.path.getsize(path) for path in log_files(p)}


def alerts(p, since, guest=None):
    """Lines that call a human, of all logs, after those lengths; of this guest, if one is named."""
    about = re.compile(r"<3>.*" + (r" guest=%s( |$)" % re.escape(guest) if guest else ""))
    found = []
    for path in log_files(p):
        with open(path, "rb") as f:
            f.seek(since.get(path, 0))
            found += filter(about.match, f.read().decode(errors="replace").splitlines())
    return found


def net_of(pid):
    return os.readlink("/proc/%d/ns/net" % pid)


def processes(p, host, *words):
    """Ids of processes in a host's network namespace whose command line has these words."""
    net = net_of(p.holders[host].pid)
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
    signal_all(pids, number)


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def namespaces(pids):
    """The network and mount namespaces that these processes live in."""
    found = set()
    for pid in pids:
        try:
            found |= {os.readlink("/proc/%s/ns/%s" % (pid, kind)) for kind in ("net", "mnt")}
        except OSError:
            pass
    return found


def open_berths(p, host):
    """Ports that the host itself listens at; a proxy of a test sits at the other one's address."""
    own = socket.inet_aton(p.address(host))[::-1].hex().upper()
    with open("/proc/%d/net/tcp" % p.holders[host].pid, encoding="ascii") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    at = [row[1].split(":") for row in rows if row[3] == LISTENS]
    return [int(port, 16) for address, port in at if address == own and int(port, 16) in BERTHS]


def leftovers(p):
    """What no order may leave behind: processes, folders (with them the memory that they
    promise), berths, halves of guests, memory that is nobody's."""
    left = []
    known = namespaces([os.getpid(), *(holder.pid for holder in p.holders.values())])
    left += sorted(namespaces(pid for pid in os.listdir("/proc") if pid.isdigit()) - known)
    for host in p.names:
        left += ["%s: process %d" % (host, pid) for word in SERVING for pid in processes(p, host, word)]
        folder = p.path(host + ".orders")
        left += ["%s: %s" % (host, f) for f in os.listdir(folder) if re.match(r"\.?\d", f)]
        left += ["%s: berth %s" % (host, at) for at in open_berths(p, host)]
    for host, rows in look(p).items():
        left += ["%s: %s" % (host, name) for _, name, state in rows
            if name.endswith(("--incoming", "--migratedaway")) or state not in RUNNING]
    return left + ["%s: %d MiB of %d" % (host, has, had) for host, has, had in memory(p) if has != had]


def until_nothing_left(p, seconds=90):
    try:
        pool.wait_for("nothing left", seconds, lambda: not leftovers(p), p.check_alive)
    except pool.Failed as failure:
        raise pool.Failed("%s: %s" % (failure, leftovers(p))) from failure
