"""What may arrive at a berth, and where a stream may end: real engine, monitors, actuators
and carriers over an imitated hypervisor and xl, with a proxy on the way from each source.
Whatever happens there, the guest is never lost and never runs twice, nothing is left over,
the first try ends as the table says, and a later one succeeds.

Usage: test_berth.py --build BUILD [NAME...]; @cut and @other are all of a kind.
"""

import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import autostart
import badxl_host as badxl
import pool
import runner
import test_move
from proxy import Cut, Proxy
from guests import HOST, domains, guest_line, orders, source_and_target
from test_fault import MONITOR
from witness import Witness, until_nothing_left

RULES = {"hold": "1s", "calm": "2s", "silence": "8s", "cooldown": "1s", "move-silence": "60s"}
ACTUATOR = {"carrier": {"silence": "3s", "stall": "5s"}, "arrival": {"berth-open": "5s"},
    "actuator": {"autostart": "follow"}}
BYTES = 2 << 20
STAYED, MOVED = ("stayed",), ("moved",)


# --- what the proxy does ----------------------------------------------------------


def cut(name, where, at=1):
    """The first connection ends before, inside or after the at-th message of that name."""
    def rule(way, said, data):
        if way.number > 0 or said != name or way.seen[name] != at:
            return data
        raise Cut({"before": b"", "inside": data[:len(data) // 2], "after": data}[where])
    return rule


def change(name, how, at=1):
    def rule(way, said, data):
        return how(way, data) if way.number == 0 and said == name and way.seen[name] == at else data
    return rule


def flip(at):
    """One bit of one byte."""
    return lambda _way, data: data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]


def twice(_way, data):
    return data + data


def left_out(_way, _data):
    return b""


def out_of_order():
    def rule(way, said, data):
        if way.number > 0 or said != "data":
            return data
        if way.seen["data"] == 2:
            way.kept = data
            return b""
        return data + way.kept if way.seen["data"] == 3 else data
    return rule


def oversized(_way, data):
    return b"\xff\xff\xff\x7f\x02" + data


def trickled(seconds):
    """The greeting, byte by byte."""
    def how(way, data):
        for at in range(len(data)):
            way.far.sendall(data[at:at + 1])
            time.sleep(seconds / len(data))
        return b""
    return change("hello", how)


def silent_from(name, at=1):
    """Everything from that message on is swallowed, both ways; the connection stays."""
    state = {"silent": False}

    def rule(way, said, data):
        if way.number == 0 and said == name and way.seen[name] == at:
            state["silent"] = True
        return b"" if way.number == 0 and state["silent"] else data
    return rule


def stuck():
    """Both are alive, and no memory gets through."""
    def rule(way, said, data):
        if way.number == 0 and said == "data" and way.seen["data"] > 1:
            way.over.wait(60)
        return data
    return rule


def imposter(_way, _data):
    """Someone else sits at the berth and cannot know the key."""
    return os.urandom(49)


def second_connection(make):
    """While the guest is carried, someone else comes."""
    def how(way, data):
        port = way.far.getpeername()[1]
        make(way, port)
        return data
    return change("data", how, 2)


# --- who else comes to the berth --------------------------------------------------

OPEN = []  # connections of strangers, kept open


def silent_strangers(count):
    def greet(proxy, port):
        OPEN.extend(proxy.dial(port) for _ in range(count))
    return greet


def rubbish_strangers(proxy, port):
    for size in (1, 80, 81, 4096):
        with proxy.dial(port) as stranger:
            try:
                stranger.sendall(os.urandom(size))
                stranger.settimeout(1)
                got = stranger.recv(1)
            except (socket.timeout, ConnectionError):
                got = b""
            assert got == b"", "a stranger was answered"


def resetting_strangers(proxy, port):
    for _ in range(20):
        stranger = proxy.dial(port)
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        stranger.sendall(b"x")
        stranger.close()


def loris(proxy, port):
    """Two dozen at a time, each a byte now and then, for as long as the case lasts."""
    def trickle():
        rule, until = proxy.rule, time.monotonic() + 8
        while proxy.rule is rule and time.monotonic() < until:
            try:
                with proxy.dial(port) as stranger:
                    for _ in range(40):
                        stranger.sendall(b"x")
                        time.sleep(0.2)
            except OSError:
                time.sleep(0.2)
    for _ in range(24):
        threading.Thread(target=trickle, daemon=True).start()
    time.sleep(1)


def same_hello(way, port):
    with socket.create_connection((way.far.getpeername()[0], port), 5) as stranger:
        stranger.sendall(way.hello)
        stranger.settimeout(2)
        try:
            assert stranger.recv(1) == b"", "a repeated greeting was answered"
        except (socket.timeout, ConnectionError):
            pass


def replayed_after_ready(seconds):
    """The link is lost with GO, and before the source is back somebody comes with its first
    hello, again and again."""
    def rule(way, said, data):
        if said == "hello" and way.number == 0:
            way.hello = data
        if said != "go" or way.number > 0:
            return data
        host, port = way.far.getpeername()
        threading.Thread(target=replay, args=[host, port, way.hello, seconds], daemon=True).start()
        time.sleep(0.2)  # until it knocks
        raise Cut
    return rule


def replay(host, port, hello, seconds):
    kept, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            kept.append(socket.create_connection((host, port), 5))
            kept[-1].sendall(hello)
        except OSError:
            pass
        time.sleep(0.05)
        del kept[:-20]


def any_bytes(way, port):
    with socket.create_connection((way.far.getpeername()[0], port), 5) as stranger:
        stranger.sendall(os.urandom(200))


def keep_hello(rule):
    def also(way, said, data):
        if said == "hello":
            way.hello = data
        return rule(way, said, data)
    return also


# What happens to the first connection of a move, how its order may end, and why.
LOST = ("link-lost",)
CASES = {
    "nothing": (None, None, MOVED, None),
    # strangers
    "silent-strangers": (None, silent_strangers(8), MOVED, None),
    "rubbish-strangers": (None, rubbish_strangers, MOVED, None),
    "resetting-strangers": (None, resetting_strangers, MOVED, None),
    "loris": (None, loris, MOVED, None),
    "second-connection": (second_connection(any_bytes), None, MOVED, None),
    "second-connection-same-hello": (keep_hello(second_connection(same_hello)), None, MOVED, None),
    # greetings
    "slow-hello": (trickled(2), None, MOVED, None),
    "too-slow-hello": (trickled(8), None, STAYED, LOST),
    "no-hello": (silent_from("hello"), None, STAYED, LOST),
    "no-welcome": (silent_from("welcome"), None, STAYED, LOST),
    "hello-flipped": (change("hello", flip(40)), None, STAYED, LOST),
    "welcome-flipped": (change("welcome", flip(40)), None, STAYED, LOST),
    "imposter": (change("welcome", imposter), None, STAYED, LOST),
    "hello-replayed-after-ready": (replayed_after_ready(20), None, MOVED, None),
    # records
    "data-flipped": (change("data", flip(100), 3), None, STAYED, LOST),
    "data-length-flipped": (change("data", flip(1), 3), None, STAYED, LOST),
    "data-type-flipped": (change("data", flip(4), 3), None, STAYED, LOST),
    "data-twice": (change("data", twice, 3), None, STAYED, LOST),
    "data-left-out": (change("data", left_out, 3), None, STAYED, LOST),
    "data-out-of-order": (out_of_order(), None, STAYED, LOST),
    "data-oversized": (change("data", oversized, 3), None, STAYED, LOST),
    "silence-in-the-copy": (silent_from("data", 3), None, STAYED, LOST),
    "stuck-in-the-copy": (stuck(), None, STAYED, ("stalled", "link-lost")),
    "ready-flipped": (change("ready", flip(10)), None, STAYED, LOST),
    "ready-twice": (change("ready", twice), None, ("moved", "stayed"), None),
    "no-ready": (silent_from("ready"), None, STAYED, LOST),
    "go-flipped": (change("go", flip(10)), None, MOVED, None),
    "go-twice": (change("go", twice), None, MOVED, None),
    "no-go": (silent_from("go"), None, MOVED, None),
    "report-flipped": (change("report", flip(10)), None, MOVED, None),
    "no-report": (silent_from("report"), None, MOVED, None),
    "no-end": (silent_from("end"), None, MOVED, None),
}
for NAME, ENDS in (("hello", STAYED), ("welcome", STAYED), ("banner", STAYED), ("data", STAYED), ("ready", STAYED),
                   ("go", MOVED), ("report", MOVED), ("end", MOVED), ("alive", STAYED)):
    for WHERE in ("inside", "after"):
        CASES["cut-%s-%s" % (WHERE, NAME)] = (cut(NAME, WHERE), None,
            ("stayed", "moved") if (NAME, WHERE) == ("ready", "after") else ENDS, LOST if ENDS is STAYED else None)
for WHERE in ("inside", "after"):
    CASES["cut-%s-file" % WHERE] = (cut("file", WHERE), None, STAYED, LOST, "linked")
# Words that are said only where the target's xl fails.
for NAME, FAULT, ENDS, WHYS in (("permission", "cannot-start", STAYED, None),
                                ("abort", "rubbish-ready", STAYED, ("link-lost", "xl-rubbish")),
                                ("abort", "ends-at-permission", ("stayed", "moved"), None)):
    for WHERE in ("inside", "after"):
        CASES["cut-%s-%s%s" % (WHERE, NAME, "-late" * (ENDS != STAYED))] = (cut(NAME, WHERE), None, ENDS, WHYS, FAULT)
CASES["cut-inside-later-data"] = (cut("data", "inside", 5), None, STAYED, LOST)


# --- one case ---------------------------------------------------------------------


def first_end(p, before):
    """The order that ended the first try: the move, or the prepare when there was none."""
    def look():
        tries = [o for o in reversed(orders(p, "--all")) if o["order"] not in before]
        tries = [o for o in tries if o["kind"] == "move"] or tries
        return tries and tries[0]["outcome"] and tries[0]
    return pool.wait_for("the end of the first try", 120, look, p.check_alive)


def play(p, begin, end):
    """Drain the guest's host; begin() before it, end() once the first try has ended."""
    source, target = source_and_target(p)
    before = {o["order"] for o in orders(p, "--all")}
    begin(source, target)
    p.show("drain", source)
    row = first_end(p, before)
    end(source, target)
    pool.wait_for("web on " + target, 150, lambda: domains(p, target) == {"web": "b"} and not orders(p),
        p.check_alive)
    p.show("undrain", source)
    until_nothing_left(p)
    return row


def judge(row, ends, whys):
    assert row["outcome"] in ends, row
    assert row["outcome"] == "moved" or not whys or row["said_why"] in whys, row


def followed(p, source):
    """It has come along: there is one link, and it is not there."""
    links = {name: autostart.links(p, name) for name in p.names}
    assert links.pop(source) == [] and list(links.values()) == [["web.cfg"]], links
    autostart.clear(p)


def play_case(p, proxies, rule, greet, ends, whys, fault=None):
    def begin(source, target):
        proxies[source].set(rule, greet)
        if fault == "linked":
            autostart.put(p, source, 'name = "web"\n')
        elif fault:
            badxl.spoil(p, target, "migrate-receive", fault)

    def over(source, target):
        proxies[source].set()
        badxl.mend(p, target)

    row = play(p, begin, over)
    if fault == "linked":
        followed(p, next(name for name in p.names if "web" not in domains(p, name)))
    while OPEN:
        OPEN.pop().close()
    judge(row, ends, whys)
    return row


def part_of(name):
    return "@cut" if name.startswith("cut-") else "@other"


def run(script, cases, prepare, play_one, rules=None, part=part_of):
    """main() of a driver: {name: arguments of play_one}; part(name) is what else it is called by."""
    options, folder = runner.enter(script, cases, lambda name: [part(name)])
    os.environ.update(FAKEXL_BYTES=str(BYTES), FAKEXL_RATE=str(BYTES * 2))
    hosts = {"n1": HOST % 12000 + guest_line(1, "web"), "n2": HOST % 12000}
    with pool.Pool(options.build, folder, hosts, {**RULES, **(rules or {})}, actuator=ACTUATOR,
            monitor=MONITOR) as p:
        try:
            test_move.start(p)
            world = prepare(p)
            with Witness(p) as witness:  # of a case it still looks on while the next ones are played
                for name, case in options.cases.items():
                    began = time.monotonic()
                    row = play_one(p, world, *case)
                    witness.judge()
                    print("ok   %s: %s (%s: %s) (%.1f s)" % (name, row["outcome"], row["said_why"], row["detail"],
                        time.monotonic() - began), flush=True)
            witness.judge()
            print(witness.looks())
        except BaseException as failure:
            runner.tell_failure(p, failure)
            raise
    return 0


def prepare_proxies(p):
    for name in p.names:
        badxl.mend(p, name)
    return {source: Proxy(p, source, target) for source, target in (("n1", "n2"), ("n2", "n1"))}


if __name__ == "__main__":
    sys.exit(run(__file__, CASES, prepare_proxies, play_case))
