#!/usr/bin/env python3
"""Moves while strangers knock at every port: tests/bench/hostile.py BUILD [CONNECTIONS]

A pool of two hosts with the real daemons over an imitated hypervisor. A guest goes to and
fro, first in peace, then while 144,000 hostile connections are made to the engine's two
ports and to the berths: opened and closed, rubbish, slow bytes, and greetings in the right
form under a wrong key. A connection that no berth was there to take does not count.
Prints how long moves and orders took beside their goals.

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

CONNECTIONS = 144000
SECONDS = 150  # at most, for all of them
WORKERS = 3
HELD = 40  # slow ones that a worker keeps open at a time
PEACEFUL = 6
SOURCES = [pool.NET + str(n) for n in range(200, 216)]  # each has ports of its own
BERTHS = (7810, 7811)
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
    if to[1] in BERTHS:
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
    """Its share of the connections, one after the other; slow ones stay open meanwhile."""

    def __init__(self, number, ports):
        self.dice = random.Random(number)
        self.ports = ports
        self.held = collections.deque()
        self.met = collections.Counter()
        self.made = 0

    def drip(self):
        """A byte more for the oldest slow one, which then may wait again or go."""
        if not self.held:
            return
        s = self.held.popleft()
        try:
            s.send(b"\0")
            if select.select([s], [], [], 0)[0] and not s.recv(64):
                raise OSError
            if len(self.held) < HELD:
                self.held.append(s)
                return
        except OSError:
            self.met["hung up on"] += 1
        s.close()

    def knock(self, n):
        kind, to = KINDS[n % len(KINDS)], self.dice.choice(self.ports)
        try:
            s = dial(to, self.dice.choice(SOURCES))
        except ConnectionRefusedError:
            self.met["with no berth open"] += 1  # a berth is only there while a guest arrives
            return
        except OSError as why:
            self.met[why.strerror or "timeout"] += 1
            return
        self.met[kind.__name__] += 1
        self.made += 1
        try:
            s.sendall(kind(to, self.dice))
        except OSError:
            self.met["hung up on"] += 1
        if kind is slow:
            self.held.append(s)
            self.drip()
        else:
            s.close()


def work(number, share, ports, out):
    worker, began, n = Worker(number, ports), time.monotonic(), 0
    while worker.made < share and time.monotonic() < began + SECONDS:
        worker.knock(n)
        n += 1
    for s in worker.held:
        s.close()
    out.put((worker.met, worker.made, time.monotonic() - began))


class Attack:
    def __init__(self, p, connections):
        ports = 3 * [(p.engine_address(), 7801), (p.engine_address(), 7802)]
        ports += [(p.address(host), port) for host in p.names for port in BERTHS]
        self.out = multiprocessing.Queue()
        self.workers = [multiprocessing.Process(target=work, args=(n, connections // WORKERS, ports, self.out))
                        for n in range(WORKERS)]
        for worker in self.workers:
            worker.start()

    def runs(self):
        return any(worker.is_alive() for worker in self.workers)

    def end(self):
        """What was met, how many connections were made, and in how long."""
        met, made, took = zip(*(self.out.get(timeout=SECONDS + 30) for _ in self.workers))
        for worker in self.workers:
            worker.join()
        return sum(met, collections.Counter()), sum(made), max(took)


def column(found):
    return "median %5.2f s, most %5.2f s" % (statistics.median(found), max(found))


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    if not args or not inside:
        sys.exit(__doc__)
    connections = int(args[1]) if len(args) > 1 else CONNECTIONS
    ways = (("n1", "n2"), ("n2", "n1"))
    with exchange.two_hosts(args[0], folder) as p:
        for source in SOURCES:
            pool.run("ip", "addr", "add", source + "/24", "dev", "pool0")
        test_move.start(p)
        peace = [exchange.once(p, *ways[run % 2]) for run in range(PEACEFUL)]
        attack, war = Attack(p, connections), []
        while attack.runs() or len(war) % 2:
            war.append(exchange.once(p, *ways[len(war) % 2]))
        met, made, took = attack.end()
        p.check_alive()
        frames = p.ask("status")["frames"]
    print("%d hostile connections in %.0f s: %s" % (made, took,
          ", ".join("%d %s" % (n, what) for what, n in met.most_common())))
    print("the engine's count of frames: %s" % frames)
    print("%-40s %-30s %-30s" % ("", "in peace, %d moves" % len(peace), "attacked, %d moves" % len(war)))
    for (name, goal), quiet, loud in zip(exchange.GOALS, zip(*peace), zip(*war)):
        print("%-40s %-30s %-30s%s" % (name, column(quiet), column(loud), " (goal: <= %.1f s)" % goal))


if __name__ == "__main__":
    main()
