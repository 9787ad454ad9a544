"""What the lab's tests and the demonstration look at while guests move."""

import re
import subprocess

from machine import Failed, wait_for

ADDRESSES = {"vm1": "10.77.0.21", "vm2": "10.77.0.22"}


class Ping:
    """Five echoes a second to a guest, from the engine's place; ends with `with`."""

    def __init__(self, lab, guest):
        self.lab = lab
        self.address = ADDRESSES[guest]
        self.path = lab.dir + "/ping-" + guest

    def __enter__(self):
        with open(self.path, "w", encoding="utf-8") as out:
            self.child = subprocess.Popen(["ip", "netns", "exec", self.lab.netns, "ping", "-D", "-n", "-i", "0.2",
                self.address], stdout=out, stderr=out)
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()

    def silence(self):
        """Seconds without an answer, the longest."""
        with open(self.path, encoding="utf-8") as f:
            times = [float(t) for t in re.findall(r"^\[([0-9.]+)\] \d+ bytes from", f.read(), re.M)]
        return max((b - a for a, b in zip(times, times[1:])), default=float("inf"))


def places(lab, guest):
    """{host: state letters} of the guest's UUID, under whatever name it is there."""
    uuid = "4c1feb0a-0000-4000-8000-00000000000%s" % guest[-1]
    found = {}
    for name, machine in lab.hosts.items():
        if not lab.is_alive(name):
            continue
        for domain, (_, state, its) in machine.domains().items():
            if its == uuid:
                found[name] = (domain, state)
    return found


def runs_on(lab, guest, host):
    """It runs there under its own name, and nothing of it is anywhere else."""
    at = places(lab, guest)
    return list(at) == [host] and at[host][0] == guest and not set(at[host][1]) & set("psdc")


def check_heartbeats(lab, guest, more_than=0):
    """Every count once and in order; returns the last."""
    beats = lab.heartbeats(guest)
    if beats != list(range(1, len(beats) + 1)):
        wrong = next(i for i, count in enumerate(beats) if count != i + 1)
        raise Failed("%s: heartbeat %d stands where %d belongs" % (guest, beats[wrong], wrong + 1))
    if len(beats) <= more_than:
        raise Failed("%s: no heartbeat after %d" % (guest, more_than))
    return beats[-1]


def beats_on(lab, guest, seconds=30):
    """Its heartbeat is whole and grows: the last count."""
    last = wait_for("the first heartbeat of " + guest, 4 * seconds * lab.scale, lambda: check_heartbeats(lab, guest))
    return wait_for("a heartbeat of " + guest, seconds * lab.scale, lambda: check_heartbeats(lab, guest, last))


def order_of(pool, guest):
    """The youngest move of a guest."""
    rows = [row for row in pool.orders() if row["guest"] == guest and row["kind"] == "move"]
    return max(rows, key=lambda row: tuple(map(int, row["order"].split("."))), default=None)


def copying(pool, guest, at_least=4 << 20):
    """Its memory flows: wait for it."""
    def row():
        order = order_of(pool, guest)
        return order if order and order.get("phase") == "copying" and order["bytes"] >= at_least else None
    return wait_for("the copy of " + guest, 180 * pool.lab.scale, row)


def end_of(pool, order):
    """Wait until it has ended: its row."""
    return wait_for("the end of order " + order, 240 * pool.lab.scale, lambda: pool.order(order)["outcome"] and
        pool.order(order))


def moved(pool, guest, host, seconds=400):
    """Wait until it runs there, alone, and every order for it has ended."""
    wait_for("%s on %s" % (guest, host), seconds * pool.lab.scale, lambda: runs_on(pool.lab, guest, host))
    return wait_for("the proof", 120 * pool.lab.scale, lambda: ended(pool, guest))


def ended(pool, guest):
    rows = [row for row in pool.orders() if row["guest"] == guest]
    return bool(rows) and all(row["state"] == "ended" for row in rows) and order_of(pool, guest)
