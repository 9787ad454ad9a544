"""Moves on one machine: real engine, monitors and actuators, real carriers over TCP, an
imitated hypervisor and xl.  Usage: test_move.py --build BUILD [TEST...]"""

import contextlib
import glob
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner
from guests import HOST, domains, guest_line, source_and_target
from witness import processes, signal_all

SENSOR = "coretemp-isa-0000/temp1"
RULES = {"hold": "1s", "calm": "2s", "silence": "8s", "cooldown": "3s"}
ACTUATOR = {"carrier": {"silence": "5s", "stall": "20s"}, "arrival": {"berth-open": "20s"}}


def start(p):
    p.start_engine()
    for name in p.names:
        p.start_monitor(name)
        p.start_actuator(name)
    sound(p)
    p.show("mode", "act")


def sound(p):
    pool.wait_for("sound hosts", 30,
        lambda: all(row["health"] == "sound" for row in p.hosts().values()), p.check_alive)


def outcomes(p):
    return re.findall(r"order-outcome .*?outcome=(\S+) why=(\S+)", p.log("engine"))


def rest(p):
    """Until both hosts are sound, and no half of a guest is anywhere."""
    sound(p)
    pool.wait_for("no half of a guest", 30, lambda: not any(
        name.endswith("--incoming") or name.endswith("--migratedaway")
        for host in p.names for name in domains(p, host)), p.check_alive)


def a_heated_host_is_emptied(p):
    p.set_sensor("n1", SENSOR, 93)
    pool.wait_for("web on n2", 40, lambda: domains(p, "n2") == {"web": "b"}, p.check_alive)
    pool.wait_for("the proof", 20, lambda: ("moved", "proven") in outcomes(p), p.check_alive)
    assert domains(p, "n1") == {}, domains(p, "n1")
    p.set_sensor("n1", SENSOR, 45)
    rest(p)


def a_mover_that_hangs_keeps_no_guest_suspended(p):
    """Between `ready` and its word that the guest may go; nothing else would end that for 20 s."""
    source, _ = source_and_target(p)
    p.hold("copying")
    p.show("drain", source)
    pool.wait_for("the copy", 40, lambda: processes(p, source, "--save-domain"), p.check_alive)
    movers = processes(p, source, "--role=mover")
    signal_all(movers, signal.SIGSTOP)
    p.hold(None)
    try:
        pool.wait_for("the suspension", 20, lambda: domains(p, source) == {"web": "S"}, p.check_alive)
        pool.wait_for("its end", 9, lambda: domains(p, source) == {"web": "b"}, p.check_alive)
    finally:
        signal_all(movers, signal.SIGCONT)
    pool.wait_for("the second try", 60, lambda: "web" not in domains(p, source), p.check_alive)
    assert any("mover-gone" in p.log(name + ".actuator") for name in p.names), "nobody said why"
    p.show("undrain", source)
    rest(p)


def web(p):
    """As the last report had it: under another name while it moves."""
    return next((guest for guest in p.ask("guests")["guests"] if guest["name"] == "web"), {"host": None, "unwatched": False})


def end_watch():
    """Before Xen 4.20 the xl that waits for a guest's end goes when the guest is suspended; the pool's hosts share /proc."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError), open(path, "rb") as f:
            if b"xlwait.py" in f.read():
                os.kill(int(path.split("/")[2]), signal.SIGKILL)


def a_guest_that_is_brought_back_without_its_xl_is_shown_as_unwatched(p):
    source, _ = source_and_target(p)
    p.hold("released")
    p.show("drain", source)
    pool.wait_for("the point of no return", 40, lambda: "released" in [o["phase"] for o in p.ask("orders")["orders"]
        if o["kind"] == "move"], p.check_alive)
    signal_all(processes(p, source, "xl.py migrate -s"), signal.SIGSEGV)
    p.hold("resume")
    pool.wait_for("what brings it back", 40, lambda: processes(p, source, "xl.py resume"), p.check_alive)
    end_watch()
    p.show("undrain", source)
    assert p.ask("status")["unwatched"] == 0
    p.hold(None)
    pool.wait_for("the mark", 40, lambda: web(p)["unwatched"], p.check_alive)
    assert web(p)["host"] == source and p.ask("status")["unwatched"] == 1
    assert p.log("engine").count("<3>guest-unwatched guest=web host=%s " % source) == 1, p.log("engine")
    assert "It is unwatched: no xl waits for its end" in p.show("why", "web")
    rest(p)
    p.show("drain", source)
    pool.wait_for("the next move", 60, lambda: "web" not in domains(p, source), p.check_alive)
    rest(p)
    pool.wait_for("its new host's report", 20, lambda: web(p)["host"] != source, p.check_alive)
    assert not web(p)["unwatched"] and p.ask("status")["unwatched"] == 0
    p.show("undrain", source)


def buses(p):
    """The processes on the network of all monitors and actuators: {pid: its seccomp mode}"""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid, encoding="ascii") as f:
                status = dict(line.split()[:2] for line in f if len(line.split()) > 1)
        except OSError:
            continue
        if status["Name:"] == "lb-bus":
            found[int(pid)] = status["Seccomp:"]
    return found


def what_touches_the_network_is_filtered(p):
    with open(os.path.join(p.build, "CMakeCache.txt"), encoding="utf-8") as f:
        mode = "0" if re.search(r"^LIFEBOAT_SANITIZE:\w+=.", f.read(), re.M) else "2"
    pool.wait_for("four filtered processes", 20, lambda: list(buses(p).values()) == 4 * [mode], p.check_alive)
    before = set(buses(p))
    for pid in before:
        os.kill(pid, signal.SIGSYS)  # as the filter does
    pool.wait_for("four others", 20, lambda: len(set(buses(p)) - before) == 4, p.check_alive)
    for what in [*p.names, *(name + ".actuator" for name in p.names)]:
        assert re.search(r"<3>bus-died .*forbidden", p.log(what)), p.log(what)
    sound(p)


LISTEN = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)) as s:
    s.bind((sys.argv[1], 0))
    s.settimeout(60)
    print("listening", flush=True)
    while True:
        frame = s.recv(2000)
        if frame[12:14] == b"\\x80\\x35":  # reverse ARP
            print(frame[6:12].hex(":"), frame[22:28].hex(":"))
            break
"""


def add_card(p, host, domid):
    """A network card of the domain of that number, whose backend is on a bridge and silent."""
    folder = p.path(host + ".class", "net", "vif%d.0" % domid)
    os.makedirs(os.path.join(folder, "statistics"))
    os.symlink("../xenbr0", os.path.join(folder, "master"))
    for way in ("rx", "tx"):
        with open(os.path.join(folder, "statistics", way + "_packets"), "w", encoding="ascii") as f:
            f.write("0\n")
    p.run_on(host, "ip", "link", "add", "xenbr0", "type", "bridge")
    p.run_on(host, "ip", "link", "set", "xenbr0", "up")


def the_network_is_told_where_a_guest_is_and_a_silent_one_is_told_of(p):
    source, target = source_and_target(p)
    with open(p.path(target + ".xen"), encoding="utf-8") as f:
        domid = 1 + max(map(int, re.findall(r"^domain (\d+)", f.read(), re.M)))
    add_card(p, target, domid)
    ear = subprocess.Popen([*p.inside(target), sys.executable, "-c", LISTEN, "xenbr0"], stdout=subprocess.PIPE, text=True)
    try:
        assert ear.stdout.readline() == "listening\n"
        p.show("drain", source)
        pool.wait_for("web on " + target, 40, lambda: domains(p, target) == {"web": "b"}, p.check_alive)
        mac = "00:16:3e:00:%02x:00" % domid
        assert ear.communicate(timeout=70)[0] == "%s %s\n" % (mac, mac)
    finally:
        ear.kill()
        ear.wait()
    pool.wait_for("a word of its silence", 30, lambda: "guest-silent guest=web requests=0 packets=0" in
        p.log(target + ".actuator"), p.check_alive)
    p.show("undrain", source)
    rest(p)


def no_sanitizer_speaks(p):
    """A thread sanitizer reports, and its process goes on."""
    said = [what for what in sorted(os.listdir(p.dir)) if what.endswith(".log") and "Sanitizer" in p.log(what[:-4])]
    assert not said, p.log(said[0][:-4])


TESTS = [what_touches_the_network_is_filtered, a_heated_host_is_emptied, a_mover_that_hangs_keeps_no_guest_suspended,
    a_guest_that_is_brought_back_without_its_xl_is_shown_as_unwatched,
    the_network_is_told_where_a_guest_is_and_a_silent_one_is_told_of, no_sanitizer_speaks]


def main():
    options, folder = runner.enter(__file__, TESTS)
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    with pool.Pool(options.build, folder, hosts, RULES, actuator=ACTUATOR) as p:
        runner.play(p, start, options.cases)


if __name__ == "__main__":
    main()
