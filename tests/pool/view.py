"""What ./try shows while it runs: the pool as `lifeboat` tells of it, and where the
imitated hypervisors have each guest."""

import json
import queue
import subprocess
import threading
import time

import guests
from pool import Failed
from screen import Screen, bar, tinted

MIB = 1 << 20


class Events:
    """What `lifeboat watch` prints, one text at a time."""

    def __init__(self, p):
        self.texts = queue.Queue()
        self.child = subprocess.Popen(p.command("--json", "watch"), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            event = json.loads(line).get("event")
            if event:
                self.texts.put(event)

    def take(self):
        found = []
        while not self.texts.empty():
            found.append(self.texts.get())
        return found

    def close(self):
        self.child.terminate()
        self.child.wait()


class View:
    """names: {UUID: name} of the guests, sizes: {UUID: MiB}; source: the host they leave."""

    def __init__(self, p, names, sizes, source, sensor):
        self.p, self.names, self.sizes, self.source, self.sensor = p, names, sizes, source, sensor
        self.began = time.monotonic()
        self.screen = Screen()
        self.events = Events(p)
        self.hosts, self.moves, self.celsius = {}, {}, {}
        self.said = {}
        self.answers = True

    def say(self, text):
        mark = "%5.1f s  " % (time.monotonic() - self.began)
        self.screen.line(mark + text, " " * len(mark))

    def ask(self):
        """Keeps what was known last when there is no engine to be asked."""
        try:
            self.hosts = self.p.hosts()
            orders = guests.orders(self.p)
            for host in self.p.names:
                readings = self.p.ask("why", host)["readings"]
                self.celsius[host] = next((r["value"] // 1000 for r in readings if r["name"] == self.sensor), None)
        except (Failed, KeyError, ValueError, TypeError):
            self.answers = False
            return
        self.answers = True
        self.moves = {o["uuid"]: o for o in orders if o["kind"] == "move" and not o["outcome"]}

    def look(self):
        """Asks, draws, and says what is new; the moves that are under way."""
        self.ask()
        for text in self.events.take():
            self.say(text)
        where = guests.places(self.p)
        if self.screen.live:
            self.screen.block(["", *self._hosts(where), ""] + [self._guest(uuid, where) for uuid in self.names])
        else:
            self._lines()
        return self.moves

    def _hosts(self, where):
        rows = ["HOST  HEALTH     %-23s  GUESTS" % self.sensor]
        for host in self.p.names:
            here = [name for uuid, name in self.names.items() for at, _, state in where.get(uuid, [])
                if at == host and state in guests.RUNNING]
            health = self.hosts.get(host, {}).get("health", "unknown") if self.answers else "no answer"
            rows.append("%-4s  %s  %-23s  %s" % (host, tinted(health, 9), "%s C" % self.celsius.get(host, "?"),
                " ".join(here)))
        return rows

    def _guest(self, uuid, where):
        move, size = self.moves.get(uuid), self.sizes[uuid]
        begin = "%-7s%4d MiB  " % (self.names[uuid], size)
        if move:
            sent = (move["bytes"] or 0) // MIB
            return begin + "%s -> %s %s %3d%%  %-9s %3d MiB/s" % (move["from"], move["to"], bar(sent, size),
                min(100, 100 * sent // size), move["phase"], (move["bytes_per_s"] or 0) // MIB)
        at = [host for host, _, state in where.get(uuid, []) if state in guests.RUNNING]
        if at and at != [self.source]:
            return begin + "%s -> %s %s runs on %s" % (self.source, at[0], bar(1, 1), " and ".join(at))
        return begin + "%s       %s" % (" and ".join(at) or "?", bar(0, 1))

    def _lines(self):
        """Without a block: each tenth degree, and each bar at half."""
        for host, celsius in self.celsius.items():
            if celsius is not None and abs(celsius - self.said.get(host, celsius - 99)) >= 10:
                self.said[host] = celsius
                self.say("%s %s %d C, %s" % (host, self.sensor, celsius, self.hosts[host]["health"]))
        for uuid, move in self.moves.items():
            sent, size = (move["bytes"] or 0) // MIB, self.sizes[uuid]
            if 2 * sent >= size and (uuid, move["order"]) not in self.said:
                self.said[uuid, move["order"]] = True
                self.say("%s %s -> %s %s %d of %d MiB" % (move["guest"], move["from"], move["to"], bar(sent, size),
                    sent, size))

    def close(self):
        self.screen.leave()
        self.events.close()


def table(p, names, sizes, orders, source):
    """Where each guest is by the hypervisors' own state files; prints it, and returns
    whether each runs elsewhere, and exactly once."""
    where, good = guests.places(p), 0
    print("\nGUEST     MEMORY  FROM  RUNS ON       SENT    COPIED IN   PAUSED  TRIES")
    for uuid, name in names.items():
        at = where.get(uuid, [])
        once = len(at) == 1 and at[0][0] != source and at[0][1] == name and at[0][2] in guests.RUNNING
        good += once
        moved = next((o for o in orders if o["uuid"] == uuid and o["kind"] == "move" and o["outcome"] == "moved"), {})
        tries = sum(o["uuid"] == uuid and o["kind"] == "prepare" for o in orders)
        print("%-7s %5d MiB  %-4s  %-9s %6s MiB  %9s  %7s  %5d" % (name, sizes[uuid], source,
            "+".join("%s:%s" % (host, state) if not once else host for host, _, state in at) or "nowhere",
            (moved.get("bytes") or 0) // MIB, _seconds(moved.get("copy_ms")), _seconds(moved.get("pause_ms")), tries))
    return good == len(names)


def failures(orders):
    """What did not go as ordered, in the actuators' own words, oldest first."""
    for o in reversed(orders):
        if o["outcome"] != "moved" and not (o["kind"] == "prepare" and o["outcome"] == "stayed"):
            yield "%s %s %s -> %s: %s (%s)%s" % (o["kind"], o["guest"], o["from"], o["to"], o["outcome"],
                o["said_why"] or o["verdict"], ": " + o["detail"] if o["detail"] else "")


def _seconds(ms):
    return "?" if ms is None else "%.2f s" % (ms / 1000)
