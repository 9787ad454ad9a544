"""Operators and the engine's own death while guests move: real engine, monitors and
actuators over an imitated hypervisor and xl.  Usage: test_operate.py --build BUILD [TEST...]"""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner
import test_move
from guests import HOST, domains, guest_line, orders

RULES = {"hold": "1s", "calm": "2s", "silence": "8s", "cooldown": "2s"}
SECONDS = 6  # that the copying takes
HOOK = '#!/bin/sh\necho "$LIFEBOAT_EVENT $LIFEBOAT_GUEST $LIFEBOAT_OUTCOME" >>"%s"\n'


def move(p):
    return next((o for o in orders(p) if o["kind"] == "move"), None)


def refused(p, *args):
    done = subprocess.run(p.command(*args), capture_output=True, text=True, check=False)
    assert done.returncode == 1, (done.returncode, done.stdout)
    return done.stderr


def copying(p):
    return pool.wait_for("the copying", 20, lambda: (m := move(p)) and m["phase"] == "copying" and m["bytes"] > 0 and m,
        p.check_alive)


def at_home(p, host):
    """web runs on that host alone, and nothing is on its way."""
    pool.wait_for("web on " + host, 60, lambda: domains(p, host) == {"web": "b"} and not orders(p), p.check_alive)
    other = "n2" if host == "n1" else "n1"
    assert domains(p, other) == {}, domains(p, other)


def ended(p):
    return orders(p, "--all")[0]


def a_drained_host_is_emptied_and_says_how_far_it_is(p):
    p.show("drain", "n1")
    m = copying(p)
    assert re.fullmatch(r"\d+\.\d+", m["order"]) and m["from"] == "n1" and m["why"] == "drain", m
    assert "copying" in p.show("orders") and "1 of them moves" in p.show("status"), p.show("status")
    at_home(p, "n2")
    assert ended(p)["outcome"] == "moved" and ended(p)["verdict"] == "proven", ended(p)
    p.show("undrain", "n1")


def a_cancelled_move_leaves_the_guest_where_it_is(p):
    p.show("drain", "n2")
    m = copying(p)
    assert "cancelled" in p.show("cancel", m["order"])
    pool.wait_for("the end", 20, lambda: not move(p), p.check_alive)
    p.show("undrain", "n2")
    at_home(p, "n2")
    last = next(o for o in orders(p, "--all") if o["order"] == m["order"])
    assert last["outcome"] == "stayed" and last["by"] == "root", last
    assert "no such order" in refused(p, "cancel", m["order"])


def a_move_goes_on_while_the_engine_is_dead(p):
    p.show("drain", "n2")
    m = copying(p)
    p.end_engine()
    time.sleep(1)
    p.start_engine()
    assert p.ask("mode")["mode"] == "act"
    assert [o["order"] for o in orders(p) if o["kind"] == "move"] == [m["order"]], orders(p)
    at_home(p, "n1")
    last = next(o for o in orders(p, "--all") if o["order"] == m["order"])
    assert (last["outcome"], last["verdict"]) == ("moved", "proven"), last
    p.show("undrain", "n2")


def in_advise_nothing_moves_until_it_is_approved(p):
    pool.wait_for("sound hosts", 20, lambda: all(h["health"] == "sound" for h in p.hosts().values()), p.check_alive)
    p.show("mode", "advise")
    p.show("drain", "n1")
    pool.wait_for("the advice", 20, lambda: p.ask("guests")["guests"][0]["would_move"] == "n2", p.check_alive)
    time.sleep(2)
    assert not orders(p)
    assert "may go: order" in p.show("approve", "web")
    at_home(p, "n2")
    p.show("undrain", "n1")
    p.show("mode", "act")


def a_host_without_an_actuator_takes_nobody(p):
    actuator = p.children.pop("n1.actuator")
    actuator.terminate()
    actuator.wait()
    p.show("drain", "n2")
    pool.wait_for("the gate", 30, lambda: "no-actuator" in p.show("why", "web"), p.check_alive)
    assert p.hosts()["n1"]["actuator"] is False and not orders(p)
    p.start_actuator("n1")
    at_home(p, "n1")
    p.show("undrain", "n2")


def members(answer):
    """Every member of an answer, but for those that are named after something counted."""
    if isinstance(answer, list):
        return set().union(*map(members, answer))
    if not isinstance(answer, dict):
        return set()
    named = ("probes", "frames")
    return set(answer).union(*(members(v) for k, v in answer.items() if k not in named))


def what_the_door_says_stands_in_its_document(p):
    with open(os.path.join(pool.HERE, "..", "..", "doc", "door.md"), encoding="utf-8") as f:
        told = set(re.findall(r"`([a-z_]+)`", f.read()))
    asked = (["status"], ["hosts"], ["guests"], ["why", "n1"], ["why", "web"], ["why-not", "web", "n1"], ["orders", "--all"],
        ["mode"], ["cordon", "n1"], ["uncordon", "n1"])
    said = set().union(*(members(p.ask(*command)) for command in asked))
    assert len(said) > 60, said
    assert not said - told, sorted(said - told)


def the_hook_heard_of_it(p):
    with open(p.path("heard"), encoding="utf-8") as f:
        text = f.read()
    for line in "order-move web ", "order-outcome web moved", "order-outcome web stayed":
        assert line in text, text


def a_recording_replays_to_the_same_orders(p):
    text = ""
    for name in sorted(os.listdir(p.path("recording"))):
        text += pool.run(p.program("lifeboat"), "replay", os.path.join(p.path("recording"), name))
    for part in " move ", "actuator n1 connected", "(proven)", "order n2 n1 web", "approve ":
        assert part in text, part


TESTS = [a_drained_host_is_emptied_and_says_how_far_it_is, a_cancelled_move_leaves_the_guest_where_it_is,
    a_move_goes_on_while_the_engine_is_dead, in_advise_nothing_moves_until_it_is_approved,
    a_host_without_an_actuator_takes_nobody, what_the_door_says_stands_in_its_document, the_hook_heard_of_it, a_recording_replays_to_the_same_orders]


def start(p):
    p.write("hook", HOOK % p.path("heard"), 0o755)
    with open(p.path("policy.conf"), "a", encoding="utf-8") as f:
        f.write("[hook]\nexec = %s\n" % p.path("hook"))
    test_move.start(p)


def main():
    options, folder = runner.enter(__file__, TESTS)
    os.environ.update(FAKEXL_BYTES=str(SECONDS << 23), FAKEXL_RATE=str(1 << 23))
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    with pool.Pool(options.build, folder, hosts, RULES, actuator=test_move.ACTUATOR) as p:
        runner.play(p, start, options.cases)


if __name__ == "__main__":
    main()
