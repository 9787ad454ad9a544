"""What lies between a source and a berth: passes on what two carriers say to each other,
message by message, and lets a test cut, hold back, change or add to it.

A source finds its target's address on its own loopback, where this listens; the way on
starts in the pool's own network namespace.  So both hosts run as they are.
"""

import ctypes
import socket
import struct
import threading

import pool

CLONE_NEWNET = 0x40000000
PORTS = range(7810, 7812)
HELLO, WELCOME, HEAD = 81, 49, 5  # link.h
NAMES = {1: "banner", 2: "data", 3: "ready", 4: "go", 5: "file", 6: "report", 7: "permission", 8: "alive",
    9: "abort", 10: "end"}


class Cut(Exception):
    """Pass on these last bytes, then end both connections."""

    def __init__(self, last=b""):
        super().__init__()
        self.last = last


class Way:
    """One connection: two sockets, and who speaks on them."""

    def __init__(self, number, near, far):
        self.number = number  # of the connections since the proxy's rule was set
        self.near, self.far = near, far  # towards source and target
        self.seen = {}  # how often each message came by
        self.over = threading.Event()

    def cut(self):
        self.over.set()
        for end in (self.near, self.far):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def exactly(sock, size):
    got = b""
    while len(got) < size:
        more = sock.recv(min(size - len(got), 1 << 20))
        if not more:
            raise EOFError
        got += more
    return got


def messages(sock, greeting):
    """(name, bytes) of what arrives on a socket."""
    yield greeting, exactly(sock, HELLO if greeting == "hello" else WELCOME)
    while True:
        head = exactly(sock, HEAD)
        yield NAMES.get(head[4], "?"), head + exactly(sock, struct.unpack("<I", head[:4])[0])


class Proxy:
    def __init__(self, p, source, target):
        self.p, self.source, self.target = p, source, target
        self.rule = None  # f(way, name, bytes): bytes to pass on, or Cut; in threads
        self.greet = None  # f(proxy, port), before a connection is passed on
        self.count = 0
        self.ways = []
        pool.run(*p.inside(source), "sh", "-ec", "ip addr add %s/32 dev lo\n"
            "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore" % p.address(target))
        opener = threading.Thread(target=self._open)
        opener.start()
        opener.join()
        for listener in self.listeners:
            threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def _open(self):
        """In a thread of its own: sockets stay in the namespace that they were made in."""
        with open("/proc/%d/ns/net" % self.p.holders[self.source].pid, encoding="ascii") as ns:
            if ctypes.CDLL(None, use_errno=True).setns(ns.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        self.listeners = []
        for port in PORTS:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.p.address(self.target), port))
            listener.listen(16)
            self.listeners.append(listener)

    def set(self, rule=None, greet=None):
        self.rule, self.greet, self.count, self.ways = rule, greet, 0, []

    def dial(self, port):
        return socket.create_connection((self.p.address(self.target), port), 5)

    def _accept(self, listener):
        port = listener.getsockname()[1]
        while True:
            near, _ = listener.accept()
            threading.Thread(target=self._pass, args=[near, port], daemon=True).start()

    def _pass(self, near, port):
        number, self.count = self.count, self.count + 1
        try:
            if self.greet and number == 0:
                self.greet(self, port)
            far = self.dial(port)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        way = Way(number, near, far)
        self.ways.append(way)
        back = threading.Thread(target=self._relay, args=[way, far, near, "welcome"], daemon=True)
        back.start()
        self._relay(way, near, far, "hello")
        back.join()
        near.close()
        far.close()

    def _relay(self, way, from_, to, greeting):
        rule = self.rule
        try:
            for name, data in messages(from_, greeting):
                way.seen[name] = way.seen.get(name, 0) + 1
                to.sendall(rule(way, name, data) if rule else data)
        except Cut as cut:
            try:
                to.sendall(cut.last)
            except OSError:
                pass
            way.cut()
        except EOFError:
            try:
                to.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        except OSError:
            way.cut()
