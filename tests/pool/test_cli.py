"""The real `lifeboat` against canned answers.  Usage: test_cli.py LIFEBOAT [TEST...]"""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_case import PROGRAM, Folder, main, on_terminal, run, test, with_door
from fake_door import FakeDoor

GIB = 1048576
SENSOR = "coretemp-isa-0000/temp1"

STATUS = {
    "engine": {"version": "0.1.0", "instance": "i", "term": 4, "uptime_ms": 7800000, "mode": "observe", "rules": 1},
    "hosts": {"sound": 3, "suspect": 0, "failing": 0, "unknown": 0, "cordoned": 0},
    "guests": 7, "would_move": 0, "stays": 0, "frames": {"accepted": 120, "stranger": 0, "seal": 2},
    "store": {"ok": True, "error": ""}, "recording": {"on": True, "error": "", "bytes": 4096},
}
N1 = {
    "name": "n1", "health": "failing", "why": "critical",
    "sentence": "A critical limit has been crossed for too long.", "sensor": SENSOR, "unit": "C",
    "seen": 91500, "limit": 90000, "since_age_ms": 42000, "heard_age_ms": 400, "cordoned": False,
    "drained": False, "held": False, "guests": 2, "sensors": 3, "xen": "4.17", "free_kib": 5 * GIB,
    "total_kib": 16 * GIB, "load_permille": 344,
    "probes": {"sensors": "ok", "xen": "ok", "iscsi": "hung", "file": "absent"},
}
N2 = {**N1, "name": "n2", "health": "sound", "why": "calm", "sentence": "Nothing is wrong.", "sensor": None,
    "unit": None, "seen": None, "limit": None, "since_age_ms": 3600000 * 3, "guests": 0,
    "cordoned": True, "probes": {"sensors": "ok"}}
WEB = {
    "name": "web", "uuid": "c0ffee00-0000-4000-8000-000000000001", "host": "n1", "state": "running",
    "type": "pvh", "memory_kib": 2 * GIB, "vcpus": 2, "cpu_permille": 1500, "master": "none",
    "stays": None, "targets": 1, "would_move": "n2",
}
GPU = {**WEB, "name": "gpu", "stays": "pci", "stays_sentence": "It has a PCI device of its host.",
    "targets": 0, "would_move": None, "master": "libvirt"}
PLACE = [
    {"host": "n2", "rank": 1, "gate": None, "sentence": None, "need": 2 * GIB, "have": 10 * GIB,
        "load_permille": 150},
    {"host": "n3", "rank": None, "gate": "memory", "sentence": "The host has not enough free memory.",
        "need": 2 * GIB, "have": GIB + GIB // 4, "load_permille": 700},
    {"host": "n4", "rank": None, "gate": "older-xen", "need": 4017, "have": 4014, "load_permille": 0,
        "sentence": "The host's Xen is older than the one the guest runs on."},
    {"host": "n1", "rank": None, "gate": "self", "sentence": "The guest is there already.", "need": 0,
        "have": 0, "load_permille": 0},
]


def reading(name, value, **members):
    return {"name": name, "kind": "temp", "value": value, "unit": "C", "quality": "good", "alarm": False,
        "fault": False, "low_critical": None, "low": None, "high": 75000, "high_critical": 90000,
        "listed": None, "crossed": None, "crossed_age_ms": None, **members}


WHY_N1 = {**N1, "kind": "host", "history": [
        {"age_ms": 42000, "text": "n1 suspect -> failing (critical: %s 91.5C >= 90C for 10s)" % SENSOR}],
    "readings": [reading("acpi/temp1", 40000), reading("nct/temp7", None, listed="sentinel"),
        reading(SENSOR, 93000, crossed="critical", crossed_age_ms=52000)]}


def changed(answer, **members):
    """A copy of a status with members of its objects replaced."""
    copy = json.loads(json.dumps(answer))
    for key, value in members.items():
        if isinstance(value, dict):
            copy[key].update(value)
        else:
            copy[key] = value
    return copy


# --- status -----------------------------------------------------------------------

@with_door({"status": STATUS})
def status_shows_the_engine_at_a_glance(door):
    text = run("status", door=door)
    assert "up 2 h 10 min, term 4" in text and "observe" in text, text
    assert "3: 3 sound" in text and "120 accepted; refused: 2 for seal" in text, text
    assert "stranger" not in text, text


def checked(status, **members):
    with Folder() as path, FakeDoor(path, {"status": changed(STATUS, **members)}) as door:
        text = run("status", "--check", door=door, status=status)
    assert text.count("\n") == 1 and text.count("|") == 1, text
    for number in text.split("|")[1].split():
        assert re.fullmatch(r"[a-z_]+=\d+(;\d*){0,4}", number), number
    return text


@test
def check_is_nagios_ok_when_all_is_well():
    assert checked(0).startswith("LIFEBOAT OK - 3 hosts, 7 guests, mode observe | failing=0;;0;0 ")


@test
def check_warns_of_hosts_that_are_suspect_or_unknown_and_of_what_is_not_written():
    assert "WARNING - 1 host suspect" in checked(1, hosts={"suspect": 1})
    assert "WARNING - 2 hosts unknown" in checked(1, hosts={"unknown": 2})
    text = checked(1, recording={"on": False, "error": "No space left on device"})
    assert "WARNING - the recording is not written" in text, text
    assert "WARNING - the store is not written" in checked(1, store={"ok": False, "error": "x"})


@test
def check_warns_of_guests_that_no_xl_watches():
    assert "WARNING - 2 guests unwatched;" in checked(1, unwatched=2)
    assert "CRITICAL - 1 host failing, 1 guest unwatched;" in checked(2, unwatched=1, hosts={"failing": 1})


@test
def check_takes_a_recording_that_is_off_by_configuration_as_well():
    assert checked(0, recording={"on": False}).startswith("LIFEBOAT OK")


@test
def check_is_critical_when_a_host_fails_or_a_guest_has_nowhere_to_go():
    assert "CRITICAL - 1 host failing, 1 host suspect;" in checked(2, hosts={"failing": 1, "suspect": 1})
    assert "CRITICAL - 1 guest with nowhere to go;" in checked(2, stays=1)


@test
def check_is_critical_when_an_order_is_held():
    text = checked(2, orders=[{"order": "4.2", "kind": "move", "held": True}])
    assert "CRITICAL - 1 order held: nobody knows where its guest runs" in text, text


@test
def check_is_unknown_when_the_engine_cannot_be_asked():
    with Folder() as path:
        text = run("--door", path, "status", "--check", status=3)
    assert text.startswith("LIFEBOAT UNKNOWN - no answer from the engine at "), text


@with_door({})
def check_is_unknown_and_no_warning_when_the_engine_refuses(door):
    run("status", "--check", door=door, status=3)


# --- lists ------------------------------------------------------------------------

@with_door({"hosts": {"hosts": [N1, N2]}})
def hosts_are_one_aligned_line_each(door):
    lines = run("hosts", door=door).splitlines()
    assert len(lines) == 3 and lines[0].startswith("HOST"), lines
    at = lines[0].index("HEALTH")
    assert lines[1][at:].startswith("failing") and lines[2][at:].startswith("sound"), lines
    assert "91.5C, at or above its critical limit 90C" in lines[1] and "iscsi hung" in lines[1], lines
    assert "cordoned" in lines[2] and "Nothing is wrong" not in lines[2], lines
    assert "5.00 GiB" in lines[1] and "34%" in lines[1], lines


@with_door({"hosts": {"hosts": [{**N1, "actuator": True}, {**N2, "actuator": False}]}})
def a_missing_actuator_is_noted_where_others_have_one(door):
    lines = run("hosts", door=door).splitlines()
    assert "no actuator" in lines[2] and "no actuator" not in lines[1], lines


@with_door({"guests": {"guests": [WEB, GPU]}})
def guests_say_where_they_would_go_or_why_they_stay(door):
    lines = run("guests", door=door).splitlines()
    assert len(lines) == 3, lines
    assert lines[1][lines[0].index("WOULD MOVE TO"):].startswith("n2"), lines
    assert lines[2][lines[0].index("STAYS"):].startswith("pci"), lines


@with_door({"status": {**STATUS, "unwatched": 1},
    "guests": {"guests": [{**WEB, "unwatched": True}, {**GPU, "unwatched": False}]},
    "why": {**WEB, "unwatched": True, "kind": "guest", "place": PLACE, "history": []}})
def a_guest_that_no_xl_watches_is_marked_and_its_why_says_what_that_means(door):
    lines = run("guests", door=door).splitlines()
    assert "running, unwatched" in lines[1] and "unwatched" not in lines[2], lines
    assert "0 with nowhere to go; 1 unwatched" in run("status", door=door)
    assert "It is unwatched: no xl waits for its end, and when it reboots or crashes, it stays off" in run(
        "why", "web", door=door)


@with_door({"hosts": {"hosts": []}, "guests": {"guests": []}})
def an_empty_pool_is_said_and_not_shown_as_an_empty_table(door):
    assert run("hosts", door=door) == "The engine's configuration names no hosts.\n"
    assert run("guests", door=door) == "No host has reported a guest.\n"


@with_door({"hosts": {"hosts": [N1, N2]}})
def json_is_the_answer_as_it_is_without_ok(door):
    assert json.loads(run("--json", "hosts", door=door)) == {"hosts": [N1, N2]}
    assert json.loads(run("hosts", "--json", door=door)) == {"hosts": [N1, N2]}


@with_door({"guests": {"guests": [{**WEB, "name": "a\x1b[31m b\n\x07\u009b\u202eq\u00e9"}]}})
def a_hostile_name_cannot_steer_the_terminal(door):
    for text in run("guests", door=door), on_terminal("--door", door.path, "--color=never", "guests"):
        assert "a\\x1b[31m b\\x0a\\x07\\xc2\\x9b\\xe2\\x80\\xaeq\u00e9" in text, ascii(text)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text), ascii(text)


@with_door({"hosts": {"hosts": [{"name": 7, "health": None, "seen": "x", "probes": []}, 3]}})
def members_of_other_types_read_as_missing(door):
    assert len(run("hosts", door=door).splitlines()) == 3


# --- why --------------------------------------------------------------------------

@with_door({"why": WHY_N1, "guests": {"guests": [WEB, GPU, {**WEB, "name": "far", "host": "n2"}]}})
def why_of_a_host_begins_with_the_reason_and_then_says_who_goes_where(door):
    text = run("why", "n1", door=door)
    lines = text.splitlines()
    assert lines[0] == ("n1 has been failing for 42 s: " + SENSOR +
        " was 91.5C, at or above its critical limit 90C; it is 93C now."), lines[0]
    assert "Its probe iscsi hangs." in lines, text
    assert re.search(r"^web +2.00 GiB +would move to n2$", text, re.M), text
    assert re.search(r"^gpu .*stays here \(pci\): It has a PCI device", text, re.M), text
    assert "far" not in text, text
    assert text.index(SENSOR + "  ") < text.index("nct/temp7") < text.index("acpi/temp1"), text
    assert "critical for 52 s" in text and "sentinel: listed, never a reason" in text, text
    assert "LOW" not in text, text
    assert text.index("acpi/temp1") < text.index("suspect -> failing"), text


@with_door({"why": {**WHY_N1, "why": "fan-stopped", "sentence": "A fan has stopped.", "sensor": "nct/fan1",
    "unit": "RPM", "seen": 0, "limit": None, "guests": 0}})
def why_of_another_reason_is_its_sentence_with_the_sensor(door):
    assert "failing for 42 s: A fan has stopped (nct/fan1 was 0RPM)." in run("why", "n1", door=door)


@with_door({"why": {**N2, "kind": "host", "readings": [], "history": []}})
def why_of_a_sound_host_does_not_look_for_trouble(door):
    text = run("why", "n2", door=door)
    assert text.startswith("n2 has been sound for 3 h.\n") and "no guest may come" in text, text


@with_door({"why": {**WEB, "kind": "guest", "place": PLACE, "history": []}})
def why_of_a_guest_ranks_the_hosts_and_gives_the_numbers(door):
    text = run("why", "web", door=door)
    assert text.startswith("web is on n1 and would move to n2 now.\n"), text
    assert re.search(r"1 +n2 +15% +can take it: needs 2.00 GiB, has 10.00 GiB for it", text), text
    assert "not enough free memory: needs 2.00 GiB, has 1.25 GiB for it." in text, text
    assert "runs on: needs 4.17, has 4.14." in text and "The guest is there already." in text, text


@with_door({"why": {**GPU, "kind": "guest", "place": PLACE, "history": []}})
def why_of_a_guest_that_stays_says_what_keeps_it(door):
    text = run("why", "gpu", door=door)
    assert "whatever happens: pci: It has a PCI device of its host." in text.splitlines()[0], text
    assert "another master: libvirt" in text and "unwatched" not in text, text


@with_door({"why": {**WEB, "kind": "guest", "would_move": None, "stays": "no-target", "place": PLACE[1:],
    "history": []}})
def why_of_a_guest_without_a_target_says_so(door):
    assert "if n1 failed now, it would have nowhere to go." in run("why", "web", door=door)


@with_door({"why-not": {"guest": "web", "from": "n1", "stays": None, "place": PLACE[1:2]}})
def why_not_is_one_answer_with_numbers(door):
    assert run("why-not", "web", "n3", door=door) == (
        "web cannot go to n3: The host has not enough free memory: needs 2.00 GiB, has 1.25 GiB for it.\n")
    assert door.asked == [{"op": "why-not", "guest": "web", "host": "n3"}]


@with_door({"why-not": {"guest": "web", "from": "n1", "stays": "pci", "place": PLACE[:1]}})
def why_not_says_that_it_could_and_that_it_would_not_leave(door):
    text = run("why-not", "web", "n2", door=door)
    assert "web could go from n1 to n2, which can take it: needs 2.00 GiB" in text, text
    assert "web would not leave n1 at all: pci." in text, text


@with_door({"why-not": {"guest": "web", "from": "n1", "stays": None, "place": [
    {**PLACE[1], "need": 2 * GIB, "have": 2 * GIB - 1}]}})
def numbers_that_look_equal_are_given_exactly(door):
    text = run("why-not", "web", "n3", door=door)
    assert "1.99 GiB" in text, text
    door.answers["why-not"]["place"][0].update(need=2 * GIB + 1, have=2 * GIB)
    assert "needs 2097153 KiB, has 2097152 KiB" in run("why-not", "web", "n3", door=door)


# --- orders of the operator ---------------------------------------------------------

@with_door({"cordon": {"text": "n2 is cordoned"}, "uncordon": {"text": "n2 was not cordoned already"}})
def cordon_and_uncordon_print_what_changed(door):
    assert run("cordon", "n2", door=door) == "n2 is cordoned\n"
    assert run("uncordon", "n2", door=door) == "n2 was not cordoned already\n"
    assert door.asked == [{"op": "cordon", "host": "n2"}, {"op": "uncordon", "host": "n2"}]


MOVE = {
    "order": "4.2", "kind": "move", "guest": "web", "uuid": WEB["uuid"], "from": "n1", "to": "n2", "host": "n1",
    "why": "critical", "sentence": "s", "said": None, "said_why": None, "detail": None, "outcome": None,
    "verdict": None, "verdict_sentence": None, "by": None, "held": False, "opened_age_ms": 21000,
    "ended_age_ms": None, "state": "taken", "phase": "copying", "bytes": 696 << 20, "bytes_per_s": 96 << 20,
    "memory_kib": 2 * GIB, "cancelled": False,
}


@with_door({"orders": {"orders": [MOVE, {**MOVE, "order": "4.1", "kind": "prepare", "state": "told"}]}})
def orders_say_how_far_they_are(door):
    lines = run("orders", door=door).splitlines()
    assert re.match(r"4\.2 +move +web +n1 +n2 +21 s +critical +copying 33%, 696 of 2048 MiB, 96 MiB/s", lines[1]), lines
    assert re.search(r"critical +told$", lines[2]), lines
    assert door.asked == [{"op": "orders"}]


@with_door({"orders": {"orders": [
    {**MOVE, "state": "ended", "outcome": "moved", "verdict": "proven", "ended_age_ms": 1, "copy_ms": 7400,
        "pause_ms": 180},
    {**MOVE, "held": True, "said": "stayed-suspended", "phase": "done"},
    {**MOVE, "state": "ended", "outcome": "stayed", "verdict": "operator", "by": "olga", "detail": "a\x1b[0m b",
        "copy_ms": None, "pause_ms": None},
    {**MOVE, "kind": "prepare", "state": "ended", "outcome": "moved", "copy_ms": 7400, "pause_ms": 180},
    {**MOVE, "state": "ended", "outcome": "moved", "bytes": 0, "copy_ms": 7400, "pause_ms": 2100}]}})
def all_orders_say_how_they_ended(door):
    lines = run("orders", "--all", door=door).splitlines()
    assert "moved (proven), 696 MiB in 7.4 s, paused 180 ms" in lines[1] and "held: stayed-suspended" in lines[2], lines
    assert "stayed (operator) by olga, 696 MiB " in lines[3] and "\\x1b[0m b" in lines[3], lines
    assert lines[4].rstrip().endswith(" moved") and lines[5].rstrip().endswith("moved, paused 2.1 s"), lines
    assert door.asked == [{"op": "orders", "which": "all"}]


@with_door({"orders": {"orders": []}})
def no_orders_are_said(door):
    assert run("orders", door=door) == "No order is open.\n"
    assert run("orders", "--all", door=door) == "No order was ever given.\n"


@with_door({"why": {**WEB, "kind": "guest", "place": PLACE, "history": [], "orders": [
    MOVE, {**MOVE, "order": "4.3", "held": True, "said": "stayed-suspended"}]}})
def why_of_a_guest_tells_of_its_orders(door):
    text = run("why", "web", door=door)
    assert "Order 4.2 (move, n1 -> n2): copying 33%, 696 of 2048 MiB, 96 MiB/s.\n" in text, text
    assert "Order 4.3 is held (stayed-suspended): nobody knows where it runs, n1 or n2;" in text, text


@with_door({"drain": {"text": "t"}, "undrain": {"text": "t"}, "cancel": {"text": "t"}, "approve": {"text": "t"},
    "settle": {"text": "4.2 is settled"}})
def an_operators_words_are_passed_on(door):
    run("drain", "n1", door=door)
    run("undrain", "n1", door=door)
    run("cancel", "4.2", door=door)
    run("approve", "web", door=door)
    assert run("settle", "4.2", "--runs-on", "n1", door=door) == "4.2 is settled\n"
    run("settle", "--is-off", "n2", "4.2", door=door)
    assert door.asked == [{"op": "drain", "host": "n1"}, {"op": "undrain", "host": "n1"},
        {"op": "cancel", "order": "4.2"}, {"op": "approve", "guest": "web"},
        {"op": "settle", "order": "4.2", "runs_on": "n1"}, {"op": "settle", "order": "4.2", "is_off": "n2"}]


@with_door({"settle": {"text": "t"}, "drain": {"text": "t"}, "orders": {"orders": []}})
def settle_needs_exactly_one_place(door):
    for args in ([], ["--runs-on", "n1", "--is-off", "n2"]):
        assert "either --runs-on HOST or --is-off HOST" in run("settle", "4.2", *args, door=door, status=2)
    assert "only for 'settle'" in run("drain", "n1", "--is-off", "n2", door=door, status=2)
    assert "only for 'orders'" in run("drain", "n1", "--all", door=door, status=2)
    assert door.asked == []


@with_door({"mode": {"mode": "observe"}})
def mode_asks_or_sets(door):
    assert run("mode", door=door) == "observe\n"
    run("mode", "act", door=door)
    assert door.asked == [{"op": "mode"}, {"op": "mode", "set": "act"}]
    assert "none of observe, advise, act" in run("mode", "acct", door=door, status=2)


@with_door({})
def what_the_engine_refuses_exits_with_1_and_its_sentence(door):
    assert run("cordon", "n9", door=door, status=1) == "lifeboat: an operation that this engine does not know\n"


# --- an engine that misbehaves --------------------------------------------------------

@test
def an_engine_that_is_not_there_exits_with_3():
    with Folder() as path:
        text = run("--door", path, "hosts", status=3)
    assert "cannot reach the engine" in text and "is lifeboat-policy running here?" in text, text


@with_door({"hosts": None})
def an_engine_that_never_answers_is_given_up(door):
    assert "does not answer" in run("--timeout", "200ms", "hosts", door=door, status=3)


@with_door({"hosts": b'{"ok": true, "hos'})
def an_engine_that_dies_in_its_answer_exits_with_3(door):
    assert "closed the connection" in run("hosts", door=door, status=3)


@with_door({"hosts": b"SSH-2.0-OpenSSH_9.2\n", "guests": b"[1]\n", "status": b'{"hosts": []}\n',
    "mode": b'{"ok": false}\n'})
def something_else_at_the_door_exits_with_3(door):
    for command in "hosts", "guests", "status", "mode":
        assert "no engine" in run(command, door=door, status=3), command


@with_door({"hosts": b"x" * (65 * 1024 * 1024)})
def an_endless_answer_is_cut_off(door):
    assert "too long" in run("--timeout", "60s", "hosts", door=door, status=3, timeout=60)


# --- watch ----------------------------------------------------------------------------

@test
def watch_prints_lines_as_they_come_and_finds_the_engine_again():
    event = b'{"event":"would move web n1 -> n2 \\u001b[31m","id":"would-move","host":"n1","guest":"web"}\n'
    answers = {"watch": b'{"ok": true}\n' + event}
    with Folder() as path:
        door = FakeDoor(path, answers)
        watch = subprocess.Popen([PROGRAM, "--door", path, "watch"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8")
        try:
            line = watch.stdout.readline()
            assert re.fullmatch(r"\d\d:\d\d:\d\d  would move web n1 -> n2 \\x1b\[31m\n", line), line
            door.close()
            assert "trying again" in watch.stderr.readline()
            with FakeDoor(path, answers):
                while "the engine is back" not in (line := watch.stderr.readline()):
                    assert "trying again" in line, line
                assert "would move" in watch.stdout.readline()
                watch.send_signal(signal.SIGINT)
                assert watch.wait(10) == 0
        finally:
            watch.kill()
            watch.wait()


def watched(path, size=None):
    """What `watch` shows on a terminal, of so many rows and columns, until its engine is gone."""
    pid, fd = pty.fork()
    if pid == 0:
        if size:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.execv(PROGRAM, [PROGRAM, "--door", path, "watch"])
    text = b""
    while b"trying again" not in text:
        text += os.read(fd, 4096)
    os.kill(pid, signal.SIGINT)
    os.waitpid(pid, 0)
    os.close(fd)
    return text


@test
def watch_draws_a_bar_for_each_move_on_a_terminal():
    moves = json.dumps({"orders": [{**MOVE, "guest": "web\x1b[2J"}, {**MOVE, "guest": "db", "bytes": 0}]})
    event = json.dumps({"event": "would move x n1 -> n2", "id": "would-move", "host": "n1", "guest": "x"})
    lines = [json.dumps({"ok": True}), moves, event, json.dumps({"orders": []})]
    with Folder() as path, FakeDoor(path, {"watch": ("\n".join(lines) + "\n{").encode()}) as door:
        text = watched(path, (24, 80))
        assert door.asked[0] == {"op": "watch", "which": "progress"}, door.asked
    text = text.decode().replace("\r\n", "\n")
    bar = "web\\x1b[2J n1 -> n2 [######..............] copying 33%, 696 of 2048 MiB, 96 MiB/s\n"
    bars = bar[:79].rstrip("\n") + "\n" + "db n1 -> n2 [....................] copying\n"
    assert re.fullmatch(re.escape(bars) + "\x1b\\[2A\x1b\\[J\\d\\d:\\d\\d:\\d\\d  would move x n1 -> n2\n" +
        re.escape(bars + "\x1b[2A\x1b[J") + "lifeboat: .*\n?", text, re.S), ascii(text)


@test
def watch_shows_as_many_moves_as_the_engine_may_have_on_their_way():
    moves = json.dumps({"orders": [{**MOVE, "guest": "g%d" % i} for i in range(1024)]})
    answer = json.dumps({"ok": True}) + "\n" + moves + "\n{"
    with Folder() as path, FakeDoor(path, {"watch": answer.encode()}):
        text = watched(path)
    assert b"g1023 n1 -> n2 [" in text and b"too long" not in text, ascii(text[-200:])


@test
def watch_without_an_engine_exits_with_3():
    with Folder() as path:
        assert "cannot reach" in run("--door", path, "watch", status=3)


# --- terminals ----------------------------------------------------------------------------

@with_door({"hosts": {"hosts": [N1, N2]}})
def a_terminal_gets_color_a_rule_and_wrapped_lines_and_loses_nothing(door):
    text = on_terminal("--door", door.path, "hosts", columns=110)
    assert "\x1b[1;31mfailing\x1b[0m" in text and "\n----  ------" in text, ascii(text)
    plain = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 110, plain
    assert "at or above its critical limit 90C" in " ".join(plain.split()), plain
    assert "\x1b" not in on_terminal("--door", door.path, "--color", "never", "hosts")
    assert "\x1b" not in run("hosts", door=door) and "----" not in run("hosts", door=door)
    assert "\x1b[1;31mfailing" in run("hosts", "--color=always", door=door)


if __name__ == "__main__":
    sys.exit(main())
