#!/usr/bin/env python3
"""Moves while strangers knock at every port: tests/bench/hostile.py BUILD [CONNECTIONS]

A pool of two hosts with the real daemons over an imitated hypervisor. A guest goes to and
fro, first in peace, then while 144,000 hostile connections are made, the same number to each of
the engine's two ports and each host's berth: opened and closed, rubbish, slow bytes, and greetings
in the right form under a wrong key. The engine's are spread over the time; a berth is only there
while a guest arrives, so it is dialled all the time and what nobody took does not count.
Prints what came of them at each port, and how long moves and orders took beside their goals.

All of it in namespaces of its own, with bounds in count and in time.
"""

import collections
import multiprocessing
import os
import random
import select
import socket
import statistics
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pool"))
import exchange
import pool
import test_move
from rows import row

CONNECTIONS = 144000
PACE = 90  # seconds over which the engine's share is spread
SECONDS = 480  # at most, for all of them
COPYING = 4.0  # seconds of each move, in which its berth can be reached
CLOSED = 0.02  # seconds for which a berth that was not there is left alone
WORKERS = 3
HELD = 40  # slow ones that a worker keeps open at a time
PEACEFUL = 6
SOURCES = [pool.NET + str(n) for n in range(200, 216)]  # each has ports of its own
BERTH = 7810  # the first of them: there is one guest
HELLO = 81
IP_BIND_ADDRESS_NO_PORT = 24


def dial(to, source):
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.settimeout(1)
    try:
        s.bind((source, 0))
        s.connect(to)
    except OSError:
        s.close()
        raise
    return s


def rubbish(to, dice):
    return dice.randbytes(dice.randrange(1, 400))


def greeting(to, dice):
    """In the right form as far as a stranger can know it."""
    if to[1] == BERTH:
        return dice.randbytes(HELLO)
    frame = b"LBF1\1\1\1\0" + dice.randbytes(292)
    if to[1] == 7801:
        return b"\0SP\0\0\x20\0\0" + struct.pack(">Q", len(frame)) + frame
    return b"\0SP\0\0\x30\0\0" + struct.pack(">Q", len(frame) + 4) + b"\x80\0\0\1" + frame


def close_only(to, dice):
    return b""


def slow(to, dice):
    return b"\0SP\0\0"


KINDS = (close_only, rubbish, slow, greeting)


class Worker:
    """Its share of each port's connections; slow ones stay open meanwhile."""

    def __init__(self, number, ports, share):
        self.dice = random.Random(number)
        self.share = share
        self.held = collections.deque()
        self.made = dict.fromkeys(ports, 0)
        self.met = {port: collections.Counter() for port in ports}
        self.closed = dict.fromkeys(ports, 0.0)  # until when it is left alone
        self.began = time.monotonic()

    def due(self):
        """The ports to dial now; None: all have had their share."""
        elapsed = time.monotonic() - self.began
        left = [port for port, made in self.made.items() if made < self.share]
        if not left:
            return None
        return [port for port in left if (self.closed[port] < elapsed if port[1] == BERTH else
            self.made[port] < self.share * elapsed / PACE)]

    def drip(self):
        """A byte more for the oldest slow one, which then may wait again or go."""
        if not self.held:
            return
        s, to = self.held.popleft()
        try:
            s.send(b"\0")
            if select.select([s], [], [], 0)[0] and not s.recv(64):
                raise OSError
            if len(self.held) < HELD:
                self.held.append((s, to))
                return
        except OSError:
            self.met[to]["hung up on"] += 1
        s.close()

    def knock(self, n, to):
        kind = KINDS[n % len(KINDS)]
        try:
            s = dial(to, self.dice.choice(SOURCES))
        except ConnectionRefusedError:
            self.met[to]["refused"] += 1
            self.closed[to] = time.monotonic() - self.began + CLOSED
            return
        except OSError:
            self.met[to]["in vain"] += 1
            return
        self.met[to][kind.__name__] += 1
        self.made[to] += 1
        try:
            s.sendall(kind(to, self.dice))
        except OSError:
            self.met[to]["hung up on"] += 1
        if kind is slow:
            self.held.append((s, to))
            self.drip()
        else:
            s.close()


def work(number, share, ports, out):
    worker, n = Worker(number, ports, share), 0
    while time.monotonic() < worker.began + SECONDS:
        ports = worker.due()
        if ports is None:
            break
        if not ports:
            worker.drip()
            time.sleep(0.001)
            continue
        worker.knock(n, worker.dice.choice(ports))
        n += 1
    for s, _ in worker.held:
        s.close()
    out.put((worker.made, worker.met, time.monotonic() - worker.began))


class Attack:
    def __init__(self, p, connections):
        self.ports = {"the engine's reports": (p.engine_address(), 7801), "the engine's exchange": (p.engine_address(), 7802)}
        self.ports.update({"%s's berth" % host: (p.address(host), BERTH) for host in p.names})
        share = connections // len(self.ports) // WORKERS
        self.out = multiprocessing.Queue()
        self.workers = [multiprocessing.Process(target=work, args=(n, share, list(self.ports.values()), self.out))
                        for n in range(WORKERS)]
        for worker in self.workers:
            worker.start()

    def runs(self):
        return any(worker.is_alive() for worker in self.workers)

    def end(self):
        """{name of a port: (connections made, what was met)}, and in how many seconds."""
        made, met, took = zip(*(self.out.get(timeout=SECONDS + 30) for _ in self.workers))
        for worker in self.workers:
            worker.join()
        return {name: (sum(one[port] for one in made), sum((one[port] for one in met), collections.Counter()))
            for name, port in self.ports.items()}, max(took)


COLUMNS = [*(kind.__name__ for kind in KINDS), "hung up on", "in vain", "refused"]


def tell_ports(ports, took):
    total = sum(made for made, _ in ports.values())
    print("%d hostile connections in %.0f s" % (total, took))
    print("%-24s %8s  %s" % ("", "made", " ".join("%11s" % column for column in COLUMNS)))
    for name, (made, met) in ports.items():
        print("%-24s %8d  %s" % (name, made, " ".join("%11d" % met[column] for column in COLUMNS)))
        row("hostile connections to %s" % name, made, "connections")
    row("hostile connections in all, while guests moved", total, "connections", "144,000")


def column(found):
    return "median %5.2f s, most %5.2f s" % (statistics.median(found), max(found))


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if not args or not inside:
        sys.exit(__doc__)
    connections = int(args[1]) if len(args) > 1 else CONNECTIONS
    ways = (("n1", "n2"), ("n2", "n1"))
    with exchange.two_hosts(args[0], folder, COPYING) as p:
        for source in SOURCES:
            pool.run("ip", "addr", "add", source + "/24", "dev", "pool0")
        test_move.start(p)
        peace = [exchange.once(p, *ways[run % 2]) for run in range(PEACEFUL)]
        attack, war = Attack(p, connections), []
        while attack.runs() or len(war) % 2:
            war.append(exchange.once(p, *ways[len(war) % 2]))
        ports, took = attack.end()
        p.check_alive()
        frames = p.ask("status")["frames"]
    tell_ports(ports, took)
    print("the engine's count of frames: %s" % frames)
    print("%-42s %-30s %-30s" % ("", "in peace, %d moves" % len(peace), "attacked, %d moves" % len(war)))
    for (name, limit), quiet, loud in zip(exchange.GOALS, zip(*peace), zip(*war)):
        goal = exchange.goal(limit)
        print("%-42s %-30s %-30s %s" % (name, column(quiet), column(loud), goal))
        row("in peace: %s, median" % name, statistics.median(quiet), "s", goal)
        row("attacked: %s, median" % name, statistics.median(loud), "s", goal)
        row("attacked: %s, most" % name, max(loud), "s", goal)


if __name__ == "__main__":
    main()
