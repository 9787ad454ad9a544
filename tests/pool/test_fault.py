"""What may fail while a guest moves, in every phase of the move: real engine, monitors,
actuators and carriers over an imitated hypervisor and xl.  Whatever fails, the guest never
runs twice, is never lost and never paused without an alert; the first try ends as the table
says, the guest runs where it says, nothing is left over, and the next row moves it again.

Usage: test_fault.py --build BUILD [--pools N] [--short] [ROW...]; a row is FAULT@PHASE, and
FAULT or @PHASE stands for all of theirs.  --short leaves out the rows marked long.
"""

import argparse
import fnmatch
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crew
import pool
import runner
import test_move
from faults import Pair
from fault_table import DESTROY, FAULTS, LIST, MIGRATE, RECEIVE, RESTORE, RESUME, TABLE
from guests import HOST, RUNNING, domains, guest_line, look, orders, put, source_and_target
from witness import DARK, MINUTE, Witness, alerts, leftovers, logs, processes

RULES = {"hold": "1s", "calm": "1s", "silence": "4s", "cooldown": "2s", "prepare": "6s",
    "move-silence": "%ds" % MINUTE}
ACTUATOR = {"carrier": {"silence": "2s", "stall": "4s"}, "arrival": {"berth-open": "6s"}}
MONITOR = {"rest-every": "500ms"}
SECONDS = 2  # that the copying takes
TAIL = 1.2  # seconds that xl takes for each word
LASTS = DARK + 2  # seconds that a fault lasts which nothing shows the end of
STAYS = 5  # seconds that a hold must last to be for good
PATIENCE = 150


class World(Pair):
    """The pool of the row that is played."""

    def __init__(self, p):
        super().__init__(p, Witness(p), *source_and_target(p))
        self.forgotten = False  # the engine has lost its store
        self.before = {o["order"] for o in orders(p, "--all")}

    def first_try(self):
        """Its move, or the prepare while there is none; None as long as the engine says nothing."""
        try:
            tries = [o for o in reversed(orders(self.p, "--all")) if o["order"] not in self.before]
        except (pool.Failed, ValueError):
            return None
        moves = [o for o in tries if o["kind"] == "move"]
        return (moves or tries or [None])[0]

    def runs(self):
        """Where the guest runs: source, target, nowhere or both."""
        seen = look(self.p)
        at = [role for role in ("source", "target") if any(state in RUNNING for _, _, state in seen[self.host(role)])]
        return "both" if len(at) > 1 else (at or ["nowhere"])[0]


# How it is seen that xl is held in a phase: what the first try says, and what is so besides.
# In `berthed` the target waits while the source still looks at its domains; in `connected` both
# xl speak, and in `ready` the target has everything and has not said so: `copying` by the order.
SEEN = {
    "prepare": ("prepare", "checking", lambda w: processes(w.p, w.target, *RECEIVE)),
    "berthed": ("move", "checking", lambda w: processes(w.p, w.source, *LIST)),
    "connected": ("move", "copying", lambda w: processes(w.p, w.source, *MIGRATE)),
    "copying": ("move", "copying", lambda w: w.first_try()["bytes"] > 0),
    "ready": ("move", "copying", lambda w: domains(w.p, w.source) == {"web": "S"} and
        not processes(w.p, w.target, *RESTORE)),
}
# What follows another phase, in which something else has struck before.
LATER = {"proving": ("go", None), "resume": ("released", "source-carrier-dies"), "clean": ("go", "source-xl-dies")}


def reach(w, phase):
    """Until the first try has got so far."""
    kind, shown, so = SEEN.get(phase, ("move", phase, lambda _: True))

    def there():
        if phase in ("resume", "clean"):
            return processes(w.p, w.source, *(RESUME if phase == "resume" else DESTROY))
        order = w.first_try()
        if not order:
            return False
        assert not order["outcome"], "ended before %s: %s" % (phase, order)
        return (order["kind"], order["phase"]) == (kind, shown) and so(w)
    pool.wait_for(phase, 60, there, w.p.check_alive)


def strike(w, row):
    """The fault, in its phase; what mends it."""
    first, earlier = LATER.get(row.phase, (row.phase, None))
    if first == "before":
        mend = row.fault(w)
        w.p.show("drain", w.source)
        return mend
    w.p.hold(first, [w.source] if first == "berthed" else None)
    w.p.show("drain", w.source)
    reach(w, first)
    if first != row.phase:
        if earlier:
            FAULTS[earlier](w)
        w.p.hold(row.phase)
        reach(w, row.phase)
    mend = row.fault(w)
    w.p.hold(None)
    return mend


def see_through(w, mend, for_good):
    """Until the first try has ended, or is held for good; the fault is mended once that is so,
    or nothing more is to be expected of it."""
    was = w.first_try()
    state = {"mend": mend, "began": time.monotonic(), "held": None, "was": was and was["held"]}

    def over():
        order = w.first_try()
        held = order and order["held"] and not order["outcome"]
        settled = held and order["said"] and for_good
        ended = order["outcome"] if order else w.forgotten
        if state["mend"] and (ended or held and not state["was"] or time.monotonic() - state["began"] > LASTS):
            state["mend"]()
            state["mend"] = None
        if state["mend"] or not (ended or settled):
            state["held"] = None
            return False
        if ended:
            return order or {"outcome": "unknown", "said_why": None, "verdict": None}
        state["held"] = state["held"] or time.monotonic()
        return time.monotonic() - state["held"] > STAYS and {**order, "outcome": "held"}
    return pool.wait_for("the end of the first try", PATIENCE, over, w.p.check_alive)


def settle_by_hand(w, order):
    """As operations.md says where nobody can know: it runs nowhere, so what is left goes, it is
    started anew, and that is said."""
    assert w.runs() == "nowhere", look(w.p)
    for host in w.p.names:
        for name in domains(w.p, host):
            pool.run(w.p.path(host + ".xl"), "destroy", name)
    start_anew(w.p, w.source)
    w.p.show("settle", order["order"], "--runs-on", w.source)


def start_anew(p, host):
    put(p, host, guest_line(7, "web").replace("000000000007", "000000000001").replace("lun7", "lun1"))


def may_act(p):
    try:
        return p.show("mode", "act")
    except pool.Failed:
        return None


def forget_too(w):
    """What another engine has ordered is not this one's to forget: it is shown, and lies there
    until the host is booted or its actuator is stopped and it is removed; as is whom it was
    bound to, or the first order to come would be heard only after 30 s."""
    p = w.p
    pool.wait_for("a word of the other engine's order", PATIENCE, lambda: "order-foreign" in p.log("engine"),
        p.check_alive)
    pool.wait_for("nothing but folders", PATIENCE, lambda: all(re.match(r"\w+: \d+\.", left) for left in leftovers(p)),
        p.check_alive)
    for host in p.names:
        p.end(host + ".actuator")
        for name in os.listdir(p.path(host + ".orders")):
            if name[0].isdigit():
                shutil.rmtree(p.path(host + ".orders", name))
        os.remove(p.path(host + ".orders", "engine"))
        p.start_actuator(host)
    pool.wait_for("actuators that may be told", PATIENCE, lambda: may_act(p), p.check_alive)


def calm_down(w):
    p = w.p
    if w.forgotten:
        forget_too(w)
    else:
        p.show("undrain", w.source)
    try:
        pool.wait_for("nothing left", PATIENCE, lambda: not leftovers(p) and not orders(p), p.check_alive)
    except pool.Failed as failure:
        raise pool.Failed("%s: %s, %s" % (failure, leftovers(p), orders(p))) from failure
    test_move.sound(p)


def play(p, row):
    w = World(p)
    told = logs(p)
    with w.witness:
        mend = strike(w, row)
        order = see_through(w, mend, row.outcome == "held")
        if order["outcome"] == "held":
            assert alerts(p, told, "web"), "held without an alert"
            w.witness.excused.update(w.witness.guests)
            settle_by_hand(w, order)
        calm_down(w)
    w.witness.judge()
    runs = w.runs()
    if runs == "nowhere":
        start_anew(p, w.target)
    why = order["said_why"] or order["verdict"] or "-"
    judge(row, order["outcome"], why, runs)
    return order["outcome"], why, runs, w.witness.longest


def judge(row, outcome, why, runs):
    got = "%s %s %s" % (outcome, why, runs)
    assert outcome in row.outcome.split("|") and runs == row.runs and fnmatch.fnmatch(why, row.why), got


def work(build, folder):
    os.environ.update(FAKEXL_BYTES=str(SECONDS << 22), FAKEXL_RATE=str(1 << 22), FAKEXL_TAIL=str(TAIL))
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    rows = {row.name: row for row in TABLE}
    with pool.Pool(build, folder, hosts, RULES, actuator=ACTUATOR, monitor=MONITOR) as p:
        test_move.start(p)
        for name in crew.rows_given():
            began = time.monotonic()
            try:
                got = play(p, rows[name])
            except BaseException as failure:
                print("FAILED %s" % name)
                runner.tell_failure(p, failure)
                return 1
            print("ok   %-36s %-8s %-14s %-8s gap %.2f s %5.1f s" % (name, *got, time.monotonic() - began), flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("rows", nargs="*")
    options = crew.enter(__file__, parser, work)
    table = {row.name: row for row in TABLE}
    meant = runner.chosen(table, options.rows, lambda name: [table[name].fault_name, "@" + table[name].phase])
    rows = [name for name, row in meant.items() if not (options.short and row.long)]
    failed = crew.Crew(__file__, options.build).play(rows, options.pools)
    print("%d rows, %d failed%s" % (len(rows), len(failed), ": " + " ".join(failed) if failed else ""))
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
