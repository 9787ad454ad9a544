"""Random schedules: guests that move between three hosts, and faults at random moments, several at
once.  Whatever is drawn, no guest ever runs twice, is lost, or is paused for long without an
alert; and once everything is mended, everything runs and nothing is left over.

Usage: test_chaos.py --build BUILD [--pools N] [--schedules N] [--seed FIRST] | [SEED...]
A schedule is its seed: the same one draws the same faults at the same moments.
"""

import argparse
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crew
import pool
import runner
import test_move
from fault_table import FAULTS
from faults import Pair
from guests import HOST, RUNNING, UUID, guest_line, look, orders, put
from test_fault import ACTUATOR, MONITOR, PATIENCE, RULES, SECONDS, TAIL
from witness import Witness, alerts, leftovers, logs

GUESTS = ["web", "db", "mail", "build", "wiki", "git"]
ROUNDS = (2, 4)  # hosts that are drained, one after the other
ROUND = 8  # seconds of each
DRAWN = (2, 5)  # faults in a round
LASTS = (0.5, 6)  # seconds of each
HELD = 12  # seconds after which a hold is for good, once all is mended
# Not drawn: what makes the engine another one, which test_fault.py plays by itself.
APART = {"engine-forgets", "two-engines"}


def claims(name, source, target):
    """What a fault has to itself while it lasts."""
    known = {"source": [source], "target": [target], "no": [target], "engine": ["engine"], "both": [source, target],
        "all": [source, target, "engine"], "each": [source, target, "engine"]}
    return {what for word in re.split("[-/]", name) for what in known.get(word, [])}


def draw(seed, names):
    """[(second, "drain" or fault, hosts, seconds)] in order of time."""
    rng = random.Random(seed)
    events = []
    for number in range(rng.randint(*ROUNDS)):
        began = number * ROUND
        drained = rng.choice(names)
        events.append((began, "drain", (drained, drained), ROUND - 0.5))
        for _ in range(rng.randint(*DRAWN)):
            # Mostly where something moves, or nothing would be hit.
            source = drained if rng.random() < 0.8 else rng.choice(names)
            target = rng.choice([name for name in names if name != source])
            fault = rng.choice(sorted(set(FAULTS) - APART))
            events.append((began + rng.uniform(0.5, ROUND - 0.5), fault, (source, target), rng.uniform(*LASTS)))
    return sorted(events)


def deal(p):
    """Each guest to the host that it begins on."""
    for number, host in enumerate(p.names):
        lines = [guest_line(n + 1, name) for n, name in enumerate(GUESTS) if n % len(p.names) == number]
        put(p, host, "".join(lines), anew=True)
    there = {name: p.names[n % len(p.names)] for n, name in enumerate(GUESTS)}
    pool.wait_for("the engine to see its guests", 30,
        lambda: {g["name"]: g["host"] for g in p.ask("guests")["guests"]} == there, p.check_alive)


class Schedule:
    def __init__(self, p, seed):
        deal(p)
        self.p = p
        self.events = draw(seed, p.names)
        self.witness = Witness(p)
        self.open = []  # (when it ends, what it has to itself, what ends it)
        self.told = logs(p)
        self.before = {o["order"] for o in orders(p, "--all")}
        self.faults = self.by_hand = 0

    def play(self):
        began = time.monotonic()
        with self.witness:
            try:
                for at, what, hosts, lasts in self.events:
                    self._until(began + at)
                    self._begin(what, hosts, began + at + lasts)
                self._until(None)
            finally:
                self._until(None)
            self._calm_down()
        self.witness.judge()
        for name, runs in self._where().items():
            assert runs or self._uuid(name) in self.witness.excused, "%s runs nowhere" % name
        moves = [o for o in orders(self.p, "--all") if o["kind"] == "move" and o["order"] not in self.before]
        return len(moves), self.faults, self.by_hand, self.witness.longest

    def _until(self, when):
        """Wait, and end what is due; None: end everything, in its time."""
        while True:
            due = min(self.open, key=lambda one: one[0], default=None)
            if due is None or (when and due[0] > when):
                break
            time.sleep(max(0, due[0] - time.monotonic()))
            self.open.remove(due)
            if due[2]:
                due[2]()
        if when:
            time.sleep(max(0, when - time.monotonic()))

    def _begin(self, what, hosts, ends):
        if what == "drain":
            self._ask("drain", hosts[0])  # one that does not answer in time may do it all the same
            self.open.append((ends, set(), lambda: self._undrain(hosts[0])))
            return
        wanted = claims(what, *hosts)
        if any(wanted & taken for _, taken, _ in self.open):
            return
        try:
            mend = FAULTS[what](Pair(self.p, self.witness, *hosts))
        except AssertionError:
            return  # nothing was there to be hit
        self.faults += 1
        if mend:
            self.open.append((ends, wanted, mend))

    def _ask(self, *args):
        """False: the engine is dead, or stopped, or its disk is full."""
        try:
            self.p.show(*args)
            return True
        except pool.Failed:
            return False

    def _undrain(self, host):
        """Once no fault has the engine to itself any more."""
        if any("engine" in taken for _, taken, _ in self.open):
            self.open.append((max(end for end, _, _ in self.open) + 0.1, set(), lambda: self._undrain(host)))
            return
        pool.wait_for("the engine", PATIENCE, lambda: self._ask("undrain", host))

    def _calm_down(self):
        state = {"since": {}}

        def calm():
            rows = orders(self.p)
            for row in rows:
                if not row["held"] or not row["said"] or row["kind"] != "move":
                    continue
                since = state["since"].setdefault(row["order"], time.monotonic())
                if time.monotonic() - since > HELD:
                    del state["since"][row["order"]]
                    self._settle(row)
            return not rows and not leftovers(self.p)
        try:
            pool.wait_for("calm", 2 * PATIENCE, calm, self.p.check_alive)
        except pool.Failed as failure:
            raise pool.Failed("%s: %s, %s" % (failure, leftovers(self.p), orders(self.p))) from failure
        test_move.sound(self.p)

    def _settle(self, row):
        """As operations.md says: by what runs where; and anew where it runs nowhere."""
        assert alerts(self.p, self.told, row["guest"]), "held without an alert"
        uuid, runs = row["uuid"], self._where()[row["guest"]]
        self.witness.excused.add(uuid)
        for host in self.p.names:
            for name in {name for one, name, _ in look(self.p)[host] if one == uuid and host not in runs}:
                pool.run(self.p.path(host + ".xl"), "destroy", name)
        if not runs:
            self._create(row["guest"], row["from"])
        if self._ask("settle", row["order"], "--runs-on", (runs or [row["from"]])[0]):
            self.by_hand += 1
        else:
            assert row["order"] not in {o["order"] for o in orders(self.p)}, "cannot be settled"

    def _where(self):
        """{guest: the hosts that it runs on}."""
        seen = look(self.p)
        return {name: [host for host, rows in seen.items() for uuid, _, state in rows
            if uuid == self._uuid(name) and state in RUNNING] for name in GUESTS}

    @staticmethod
    def _uuid(name):
        return UUID % (GUESTS.index(name) + 1)

    def _create(self, name, host):
        number = GUESTS.index(name) + 1
        line = guest_line(number, name)
        put(self.p, host, line.replace("domain %d " % number, "domain %d " % (100 + random.randrange(10000))))


def work(build, folder):
    os.environ.update(FAKEXL_BYTES=str(SECONDS << 22), FAKEXL_RATE=str(1 << 22), FAKEXL_TAIL=str(TAIL / 2))
    hosts = {name: HOST % 12000 for name in ("n1", "n2", "n3")}
    rules = {**RULES, "in-flight-source": "2", "in-flight-target": "2"}
    with pool.Pool(build, folder, hosts, rules, actuator=ACTUATOR, monitor=MONITOR) as p:
        test_move.start(p)
        for seed in crew.rows_given():
            began = time.monotonic()
            schedule = None
            try:
                schedule = Schedule(p, int(seed))
                got = schedule.play()
            except BaseException as failure:
                print("FAILED seed %s" % seed)
                for event in schedule.events if schedule else []:
                    print("  %5.2f s %-22s %s for %.2f s" % (event[0], event[1], " ".join(event[2]), event[3]))
                runner.tell_failure(p, failure)
                return 1
            print("ok   seed %-10s moves %-3d faults %-3d by hand %-3d gap %.2f s %5.1f s" % (seed, *got,
                time.monotonic() - began), flush=True)
    return 0


def tell_figures(said, failed):
    rows = re.findall(r"^ok   seed \S+ +moves (\d+) +faults (\d+) +by hand (\d+)", said, re.M)
    moves, faults, by_hand = (sum(int(row[n]) for row in rows) for n in range(3))
    print("%d schedules: %d moves, %d faults, %d lost, %d doubled, %d settled by hand, %d failed%s" % (
        len(rows) + len(failed), moves, faults, len(re.findall(r"^FAILED: \w+: \S+ (?:is lost|runs nowhere)", said, re.M)),
        len(re.findall(r"^FAILED: \w+: \S+ runs twice", said, re.M)), by_hand, len(failed),
        ": seeds " + " ".join(failed) if failed else ""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("seeds", nargs="*")
    options = crew.enter(__file__, parser, work)
    seeds = options.seeds or [str(options.seed + n) for n in range(options.schedules)]
    print("seeds %s to %s" % (seeds[0], seeds[-1]), flush=True)
    one = crew.Crew(__file__, options.build)
    failed = one.play(seeds, options.pools)
    tell_figures("".join(one.said), failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
