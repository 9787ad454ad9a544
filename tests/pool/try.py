"""./try: three hosts, one grows hot, and the engine says what it would do and why."""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool

SENSOR = "coretemp-isa-0000/temp1"
START, TOP, STEP = 48, 94, 2  # C; the chip's own limits are in the sensor tree

# What is shorter here than by default, so that nobody waits: printed at the start.
RULES = {"hold": "3s", "calm": "10s"}

STATE = """host cpus=8 mem=16384MiB free=%dMiB xen=4.17.7 hvm=yes pv=no
domain 0 name=Domain-0 mem=2048MiB vcpus=8 state=r cpu+=20/1000
"""
GUEST = ("domain %d name=%s uuid=%s type=pvh mem=%dMiB vcpus=2 state=b cpu+=%d/1000 "
    "disks=%s bridges=xenbr0\n")


def states():
    guests = {"n1": [("web", 2048, 300), ("db", 4096, 450)], "n2": [("mail", 2048, 100)], "n3": []}
    texts, disk = {}, 0
    for number, (host, rows) in enumerate(guests.items()):
        text = STATE % (14000 - sum(row[1] for row in rows))
        for name, mem, load in rows:
            disk += 1
            uuid = "c0ffee00-0000-4000-8000-%012d" % disk
            text += GUEST % (disk, name, uuid, mem, load, "/dev/lun%d" % disk)
        texts[host] = text
    return texts


def all_sound(p):
    rows = p.hosts()
    return all(row["health"] == "sound" for row in rows.values()) and rows


def heat(p, celsius):
    if p.netns:
        p.set_sensor("n1", SENSOR, celsius)
    else:
        p.set_reading("n1", celsius)


def would_move(p):
    return [g for g in p.ask("guests")["guests"] if g["host"] == "n1" and g["would_move"]]


def story(p):
    print("Shortened here: " + ", ".join("%s = %s" % item for item in RULES.items()))
    p.start_engine()
    for name in p.names:
        p.start_monitor(name)
    pool.wait_for("three sound hosts", 15, lambda: all_sound(p), p.check_alive)
    print("\nA pool of three hosts, read by real daemons:\n")
    print(p.show("hosts"))
    if not p.netns:
        print("Here are no namespaces to be had, so each host has one reading from a file and "
            "no guests:\nwhat follows ends with the host's health.\n")
    print("n1 grows hot:")
    for celsius in range(START, TOP + 1, STEP):
        heat(p, celsius)
        print("  n1 %s %d C   %s" % (SENSOR, celsius, p.hosts()["n1"]["health"]), flush=True)
        time.sleep(0.3)
    pool.wait_for("n1 to be failing", 15, lambda: p.hosts()["n1"]["health"] == "failing", p.check_alive)
    if p.netns:
        pool.wait_for("both guests' decisions", 10, lambda: len(would_move(p)) == 2, p.check_alive)
    print("\nThe engine (mode observe) says:\n")
    for line in p.log("engine").splitlines():
        if "host-health" in line or "would-move" in line:
            print("  " + line)
    print("\n$ lifeboat why n1\n")
    print(p.show("why", "n1"))
    for guest in would_move(p):
        print("$ lifeboat why %s\n" % guest["name"])
        print(p.show("why", guest["name"]))
    p.check_alive()


def main():
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(__file__), args)
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True)
    options = arguments.parse_args(args)
    if not inside:
        print("try: this machine allows no namespaces, neither as root nor for users")
    began = time.monotonic()
    p = None
    try:
        with pool.Pool(options.build, folder, states(), RULES, netns=inside) as p:
            story(p)
    except pool.Failed as why:
        print("try: %s" % why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntry: stopped; nothing is left behind", file=sys.stderr)
        return 130
    print("%.0f s. Nothing was moved: the engine only observes, and nothing is left running." %
        (time.monotonic() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
