"""Processes that die, and links that break, while a guest moves: real engine, monitors, actuators and carriers over
an imitated hypervisor and xl.  Whatever dies, the guest never runs twice and is never lost,
the first try ends as the table says, and a later one succeeds.

Usage: test_fault.py --build BUILD [NAME@PHASE...]; @copying and @tail are all of a kind.
"""

import argparse
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import test_move
from guests import HOST, Witness, cut_link, domains, guest_line, kill, orders, processes
from test_operate import copying

RULES = {"hold": "1s", "calm": "2s", "silence": "8s", "cooldown": "1s", "move-silence": "30s"}
ACTUATOR = {"carrier": {"silence": "3s", "stall": "10s"}, "arrival": {"berth-open": "10s"}}
SECONDS = 3  # that the copying takes
TAIL = 1.5  # seconds that each word after it takes
MONITOR = {"rest-every": "500ms"}


def source_carrier(p, source, target):
    kill(p, source, "--role=carrier")


def target_carrier(p, source, target):
    kill(p, target, "--role=carrier")


def source_mover(p, source, target):
    kill(p, source, "--role=mover")


def target_mover(p, source, target):
    kill(p, target, "--role=mover")


def source_xl(p, source, target):
    kill(p, source, "fakexl.py migrate -s", number=signal.SIGSEGV)


def target_xl(p, source, target):
    kill(p, target, "fakexl.py migrate-receive", number=signal.SIGSEGV)


def both_actuators(p, source, target):
    for host in (source, target):
        actuator = p.children.pop(host + ".actuator")
        actuator.kill()
        actuator.wait()
    for host in (source, target):
        p.start_actuator(host)


def source_mover_and_carrier(p, source, target):
    for pid in processes(p, source, "--role=mover") + processes(p, source, "--role=carrier"):
        os.kill(pid, signal.SIGKILL)


def target_stopped_for_too_long(p, source, target):
    """Silence, not an end: the link is given up on both sides."""
    pids = processes(p, target, "--role=carrier")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(int(ACTUATOR["carrier"]["silence"][0]) + 1)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def link_cut(p, source, target):
    cut_link(p, source)


STRANGERS = """
import os, socket, sys, time
kept = []
for n in range(240):
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


def strangers(p, source, target):
    """480 connections that cannot prove themselves; 40 of them stay."""
    pool.run(*p.inside(source), sys.executable, "-c", STRANGERS, p.address(target))


# What happens in which phase of the source's order, and how that order may end.  Before
# `released` everything stops the move; from then on it goes on, and what a death leaves
# behind is followed up.
FAULTS = [
    (source_carrier, "copying", ("stayed",)),
    (target_carrier, "copying", ("stayed",)),
    (source_mover, "copying", ("stayed",)),
    (target_mover, "copying", ("stayed",)),
    (source_xl, "copying", ("stayed",)),
    (target_xl, "copying", ("stayed",)),
    (both_actuators, "copying", ("moved",)),
    (source_mover_and_carrier, "copying", ("stayed",)),
    (target_stopped_for_too_long, "copying", ("stayed",)),
    (link_cut, "copying", ("stayed",)),
    (strangers, "copying", ("moved",)),
    (strangers, "released", ("moved",)),
    (link_cut, "released", ("moved",)),
    (link_cut, "go", ("moved",)),
    (both_actuators, "released", ("moved",)),
    (source_mover, "released", ("moved",)),
    (target_mover, "released", ("moved",)),
    (source_xl, "released", ("stayed",)),
    (target_xl, "released", ("stayed",)),
    (source_carrier, "released", ("stayed",)),
    (target_carrier, "released", ("stayed",)),
    (target_xl, "go", ("moved",)),
    (target_carrier, "go", ("moved",)),
    (source_carrier, "go", ("moved",)),
]


def reach(p, phase):
    """The number of the move's order, once it has got so far."""
    if phase == "copying":
        return copying(p)["order"]
    return pool.wait_for(phase, 40, lambda: next((o["order"] for o in orders(p) if o["kind"] == "move" and
        o["phase"] == phase), None), p.check_alive)


def first_try(p, fault, phase, source, target, ends):
    order = reach(p, phase)
    fault(p, source, target)
    row = pool.wait_for("the end of %s" % order, 120, lambda: next(
        (o for o in orders(p, "--all") if o["order"] == order and o["outcome"]), None), p.check_alive)
    assert row["outcome"] in ends, row
    return row


def nothing_left(p):
    for host in p.names:
        left = processes(p, host, "--role=carrier") + processes(p, host, "--role=mover") + processes(p, host, "fakexl.py")
        folders = [f for f in os.listdir(p.path(host + ".orders")) if re.match(r"\d", f)]
        if left or folders or any(name.endswith(("--incoming", "--migratedaway")) for name in domains(p, host)):
            return False
    return True


def play(p, fault, phase, ends):
    source = next(host for host in p.names if "web" in domains(p, host))
    target = next(host for host in p.names if host != source)
    witness = Witness(p)
    witness.start()
    try:
        p.show("drain", source)
        row = first_try(p, fault, phase, source, target, ends)
        pool.wait_for("web on " + target, 150, lambda: domains(p, target) == {"web": "b"} and not orders(p), p.check_alive)
        p.show("undrain", source)
        pool.wait_for("nothing left", 90, lambda: nothing_left(p), p.check_alive)
    finally:
        witness.over.set()
        witness.join()
    assert not witness.wrong, witness.wrong
    assert witness.samples > 50, witness.samples
    return row


def main():
    args = sys.argv[1:]
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("names", nargs="*")
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    options = parser.parse_args(args)
    if not inside:
        print("skipped: no namespaces to be had here")
        return 77
    os.environ.update(FAKEXL_BYTES=str(SECONDS << 22), FAKEXL_RATE=str(1 << 22), FAKEXL_TAIL=str(TAIL))
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    with pool.Pool(options.build, folder, hosts, RULES, actuator=ACTUATOR, monitor=MONITOR) as p:
        try:
            test_move.start(p)
            for fault, phase, ends in FAULTS:
                name = "%s@%s" % (fault.__name__, phase)
                part = "@copying" if phase == "copying" else "@tail"
                if options.names and not {name, part} & set(options.names):
                    continue
                began = time.monotonic()
                row = play(p, fault, phase, ends)
                print("ok   %s: %s (%s: %s) (%.1f s)" % (name, row["outcome"], row["said_why"], row["detail"],
                    time.monotonic() - began), flush=True)
        except BaseException as failure:
            print("FAILED: %s" % failure, flush=True)
            for what in ["engine", *p.names, *(n + ".actuator" for n in p.names)]:
                print("--- %s\n%s" % (what, p.log(what)[-5000:] if os.path.exists(p.path(what + ".log")) else ""))
            print(p.show("orders", "--all"), {host: domains(p, host) for host in p.names})
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
