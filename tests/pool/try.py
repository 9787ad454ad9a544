"""./try: three hosts, six guests; one host grows hot, and its guests are moved away."""

import argparse
import os
import signal
import sys
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guests
import pool
from screen import WIDTH
from try_faults import FAULTS, MEND_S
from view import View, failures, table
from witness import Witness

SENSOR = "coretemp-isa-0000/temp1"
START, TOP, STEP = 48, 94, 2  # C; the chip's own limits are 80 and 90
STEP_S, SMALL_STEP_S = 0.25, 0.15  # more than 20 C in a second would not be believed
SOURCE = "n1"
GUESTS = {"web": 96, "mail": 64, "db": 176, "shop": 128, "build": 48, "logs": 80}  # MiB
RATE = 20  # MiB/s that the imitated xl sends
LIMIT_S = 150

SMALL = {"hold": "1s"}
RULES = {"hold": "3s", "calm": "2s", "cooldown": "1s", "in-flight-source": "2"}
MONITOR = {"rest-every": "500ms"}


def states(sizes):
    lines = "".join(guests.guest_line(number + 1, name, mem) for number, (name, mem) in enumerate(sizes.items()))
    return {"n1": guests.HOST % (12000 - sum(sizes.values())) + lines, "n2": guests.HOST % 12000, "n3": guests.HOST % 12000}


def heated(began, step_s):
    return min(TOP, START + STEP * int((time.monotonic() - began) / step_s))


def is_over(p, names, stay):
    """Nobody is on n1 but who must stay, and nobody on the way."""
    where = guests.places(p)
    return all(len(where.get(uuid, [])) == 1 and (name in stay or where[uuid][0][0] != SOURCE)
        for uuid, name in names.items()) and not guests.orders(p)


class Striker:
    """Breaks what is to be broken once memory flows, and mends it.  Until then no copy ends, or
    a small one might be over before it is seen."""

    def __init__(self, p, view, fault):
        self.p, self.view, self.move = p, view, None
        self.strike = fault and fault.strike
        self.mend = fault and fault.mend
        self.mend_at = 0
        p.hold("copying" if self.strike else None)

    def look(self, moves):
        flowing = next((m for m in moves.values() if m["phase"] == "copying" and m["bytes"]), None)
        if self.strike and flowing:
            self.view.say("--fault: " + self.strike(self.p, flowing))
            self.p.hold(None)
            self.strike, self.move, self.mend_at = None, flowing, time.monotonic() + MEND_S
        elif self.mend and self.move and time.monotonic() > self.mend_at:
            self.view.say("--fault: " + self.mend(self.p, self.move))
            self.mend = None

    def is_over(self):
        return not self.strike and not self.mend


def play(p, view, fault, step_s):
    began, celsius, striker = time.monotonic(), 0, Striker(p, view, fault)
    stay = fault.stay if fault else ()
    while True:
        if heated(began, step_s) != celsius:
            celsius = heated(began, step_s)
            p.set_sensor(SOURCE, SENSOR, celsius)
        striker.look(view.look())
        if striker.is_over() and celsius == TOP and is_over(p, view.names, stay):
            return
        p.check_alive()
        if time.monotonic() - began > LIMIT_S:
            raise pool.Failed("the guests were not all moved within %d s" % LIMIT_S)
        time.sleep(0.1)


def start(p, fault):
    print("Starting an engine, and three hosts with a monitor and an actuator each ...", flush=True)
    p.start_engine()
    for name in p.names:
        p.start_monitor(name)
        p.start_actuator(name)
    if fault:
        fault.prepare(p)
    pool.wait_for("three sound hosts", 60, lambda: all(h["health"] == "sound" and h["actuator"]
        for h in p.hosts().values()), p.check_alive)
    pool.wait_for("the guests", 30, lambda: len(p.ask("guests")["guests"]) == len(GUESTS), p.check_alive)
    print("$ lifeboat mode act\n%s" % p.show("mode", "act").strip())


def story(p, sizes, fault, step_s):
    """True when every guest runs elsewhere, was never lost and never ran twice."""
    names = {guests.UUID % (number + 1): name for number, name in enumerate(sizes)}
    by_uuid = {uuid: sizes[name] for uuid, name in names.items()}
    start(p, fault)
    print("%s grows hot:\n" % SOURCE, flush=True)
    with Witness(p, after=0) as witness:
        view = View(p, names, by_uuid, SOURCE, SENSOR)
        try:
            play(p, view, fault, step_s)
            view.look()
        finally:
            view.close()
    orders = guests.orders(p, "--all")
    good = table(p, names, by_uuid, orders, SOURCE)
    for at, text in enumerate(failures(orders)):
        print(("" if at else "\nNot as ordered:\n") + textwrap.fill(text, WIDTH - 1, subsequent_indent="  "))
    if fault:
        fault.judge(orders)
    if witness.wrong:
        print("\nNot as it must be: %s" % witness.wrong)
    elif good:
        print("\nBy the hypervisors' own lists each guest runs once, under its UUID, and none was\n"
            "lost or ran twice in %d looks at them in between." % witness.samples)
    return good and not witness.wrong


def keep(p):
    p.write("lifeboat", "#!/bin/sh\nexec %s \"$@\"\n" % " ".join(p.command()), 0o755)
    print("\nThe pool stays, and %s cools down. From another terminal:\n" % SOURCE)
    for words in ("hosts", "why n1", "orders --all", "drain n2", "watch"):
        print("  %s %s" % (p.path("lifeboat"), words))
    print("\nEnter or Ctrl-C ends it and removes everything.", flush=True)
    for celsius in range(TOP, START, -STEP):
        p.set_sensor(SOURCE, SENSOR, celsius)
        time.sleep(SMALL_STEP_S)
    if not sys.stdin.readline():
        signal.pause()


def print_settings(p, rules):
    print("Real are engine, monitors, actuators, carriers and libsensors; imitated are the\n"
        "sensors' chips, the hypervisor and its xl.  So that nobody waits, these are not\n"
        "as by default (in brackets):")
    for what, section, values in (("policy", "rules", rules), ("monitor", "monitor", MONITOR)):
        defaults = p.defaults("lifeboat-" + what, section)
        print(textwrap.fill("%s.conf [%s] " % (what, section) + ", ".join("%s = %s (%s)" % (key, value, defaults[key])
            for key, value in values.items()), WIDTH - 1, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))


def parse(args):
    parser = argparse.ArgumentParser(prog="try")
    parser.add_argument("--build")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--fault", choices=FAULTS)
    return parser.parse_args(args)


def main():
    args = sys.argv[1:]
    if args == ["--can"]:
        return 0 if pool.namespaces() else 1
    if args == ["--faults"]:
        print("".join("  %-16s %s\n" % (name, fault.about) for name, fault in FAULTS.items()), end="")
        return 0
    folder, _ = pool.enter(os.path.abspath(__file__), args)
    options = parse(args)
    fault = FAULTS.get(options.fault)
    sizes = {name: mem // 4 if options.small else mem for name, mem in GUESTS.items()}
    os.environ.update(FAKEXL_BYTES="0", FAKEXL_RATE=str(RATE << 20))
    rules = {**RULES, **(SMALL if options.small else {})}
    began = time.monotonic()
    try:
        with pool.Pool(options.build, folder, states(sizes), rules, monitor=MONITOR) as p:
            print_settings(p, rules)
            good = story(p, sizes, fault, SMALL_STEP_S if options.small else STEP_S)
            print("The whole took %.0f s." % (time.monotonic() - began), flush=True)
            if options.keep:
                keep(p)
                print("Nothing is left behind.")
    except BrokenPipeError:  # nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except pool.Failed as why:
        print("try: %s" % why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntry: stopped; nothing is left behind", file=sys.stderr)
        return 130
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
