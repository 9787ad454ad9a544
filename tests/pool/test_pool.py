"""The whole on one machine: real daemons, real libsensors and libxenstat, an imitated
hypervisor.  Usage: test_pool.py --build BUILD [TEST...]"""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner
from guests import HOST, UUID, guest_line

SENSOR = "coretemp-isa-0000/temp1"
RULES = {"hold": "2s", "calm": "5s", "silence": "8s"}
WEB = guest_line(1, "web", mem=2048)
WEB_UUID = UUID % 1


def start(p):
    p.start_engine()
    for name in p.names:
        p.start_monitor(name)
    sound(p)


def sound(p):
    pool.wait_for("sound hosts", 20,
        lambda: all(row["health"] == "sound" for row in p.hosts().values()), p.check_alive)


def guest(p, name="web"):
    return next((row for row in p.ask("guests")["guests"] if row["name"] == name), None)


def state(p, host, text):
    p.write(host + ".xen", text)


def a_host_that_heats_up_gets_a_would_move_with_its_reason(p):
    p.set_sensor("n1", SENSOR, 93)
    pool.wait_for("the decision", 15, lambda: guest(p)["would_move"] == "n2", p.check_alive)
    row = p.hosts()["n1"]
    assert (row["health"], row["why"], row["sensor"]) == ("failing", "critical", SENSOR), row
    assert row["seen"] == 93000, row
    text = p.show("why", "web")
    assert "n2" in text and "critical" in text, text
    assert p.log("engine").count("would-move") == 1, p.log("engine")


def a_host_that_cools_down_is_sound_again(p):
    p.set_sensor("n1", SENSOR, 45)
    pool.wait_for("n1 to be sound", 20, lambda: p.hosts()["n1"]["health"] == "sound", p.check_alive)
    assert guest(p)["would_move"] is None


def a_dead_xenstored_is_a_failed_probe_and_never_an_empty_host(p):
    state(p, "n1", HOST % 12000 + "xenstored dead\n" + WEB)
    pool.wait_for("the failed probe", 20, lambda: p.hosts()["n1"]["probes"]["xen"] == "failed", p.check_alive)
    assert guest(p) is not None, "the guest was forgotten"
    state(p, "n1", HOST % 12000 + WEB)
    sound(p)


def a_hung_hypervisor_stops_one_probe_and_the_sensors_go_on(p):
    state(p, "n1", HOST % 12000 + "hang\n" + WEB)
    pool.wait_for("the hung probe", 30, lambda: p.hosts()["n1"]["probes"]["xen"] == "hung", p.check_alive)
    assert p.hosts()["n1"]["heard_age_ms"] < 4000
    assert p.hosts()["n1"]["probes"]["sensors"] == "ok"
    state(p, "n1", HOST % 12000 + WEB)
    sound(p)


def a_probe_that_crashes_is_started_again(p):
    state(p, "n1", HOST % 12000 + "crash\n" + WEB)
    pool.wait_for("the failed probe", 30, lambda: p.hosts()["n1"]["probes"]["xen"] == "failed", p.check_alive)
    state(p, "n1", HOST % 12000 + WEB)
    pool.wait_for("the probe's return", 60, lambda: p.hosts()["n1"]["probes"]["xen"] == "ok", p.check_alive)
    sound(p)


def a_guest_with_a_hostile_name_stays_one_word(p):
    hostile = r"a\x20b\x1b[31m\x0aroot"
    state(p, "n1", HOST % 12000 + WEB.replace("name=web", "name=" + hostile))
    row = pool.wait_for("the renamed guest", 15, lambda: next(
        (g for g in p.ask("guests")["guests"] if g["uuid"] == WEB_UUID and g["name"] != "web"), None), p.check_alive)
    assert "\x1b" not in p.show("guests"), "an escape reached the terminal"
    assert len(row["name"]) > 3
    assert "\x1b" not in p.log("engine")
    state(p, "n1", HOST % 12000 + WEB)
    pool.wait_for("its name", 15, lambda: guest(p), p.check_alive)


def an_engine_killed_and_restarted_decides_nothing_until_reports_are_fresh(p):
    term = p.ask("status")["engine"]["term"]
    p.show("cordon", "n2")
    p.end_engine()
    p.set_sensor("n1", SENSOR, 93)
    p.start_engine()
    assert p.ask("status")["engine"]["term"] == term + 1
    assert p.hosts()["n2"]["cordoned"] is True, "the cordon was forgotten"
    pool.wait_for("the decision", 30, lambda: guest(p) and guest(p)["stays"] or guest(p) and
        guest(p)["would_move"], p.check_alive)
    p.show("uncordon", "n2")
    pool.wait_for("the target", 15, lambda: guest(p)["would_move"] == "n2", p.check_alive)
    def since_start():
        return p.log("engine")[p.log("engine").rindex("engine-start"):]
    pool.wait_for("its line", 5, lambda: "would-move" in since_start(), p.check_alive)
    assert since_start().index("to=failing") < since_start().index("would-move"), since_start()
    p.set_sensor("n1", SENSOR, 45)
    sound(p)


def a_monitor_that_falls_silent_makes_its_host_unknown_and_moves_nothing(p):
    before = p.log("engine").count("would-move")
    p.end("n1")
    pool.wait_for("n1 to be unknown", 20, lambda: p.hosts()["n1"]["health"] == "unknown", p.check_alive)
    assert p.hosts()["n1"]["why"] == "silence"
    assert p.log("engine").count("would-move") == before
    p.start_monitor("n1")
    sound(p)


def a_recording_replays_to_the_same_decisions(p):
    folder = p.path("recording")
    newest = max(os.listdir(folder), key=lambda name: os.path.getmtime(os.path.join(folder, name)))
    text = pool.run(p.program("lifeboat"), "replay", os.path.join(folder, newest))
    assert re.search(r"would move web n1 -> n2", text), text[-3000:]


def behind_the_filters_of_their_units_engine_and_monitor_do_their_work(p):
    if not shutil.which("systemd-analyze"):
        return "not tested, as there is no systemd-analyze here"
    os.environ["LSAN_OPTIONS"] = "detect_leaks=0"  # it traces, which is filtered
    p.end_engine()
    p.end("n1")
    told = len(p.log("n1"))
    p.start_engine(p.behind_filter("lifeboat-policy"))
    p.start_monitor("n1", p.behind_filter("lifeboat-monitor"))
    sound(p)
    assert "bus-died" not in p.log("n1")[told:], p.log("n1")[told:]
    return None


TESTS = [
    a_host_that_heats_up_gets_a_would_move_with_its_reason,
    a_host_that_cools_down_is_sound_again,
    a_dead_xenstored_is_a_failed_probe_and_never_an_empty_host,
    a_hung_hypervisor_stops_one_probe_and_the_sensors_go_on,
    a_probe_that_crashes_is_started_again,
    a_guest_with_a_hostile_name_stays_one_word,
    an_engine_killed_and_restarted_decides_nothing_until_reports_are_fresh,
    a_monitor_that_falls_silent_makes_its_host_unknown_and_moves_nothing,
    a_recording_replays_to_the_same_decisions,
    behind_the_filters_of_their_units_engine_and_monitor_do_their_work,
]


def main():
    options, folder = runner.enter(__file__, TESTS)
    with pool.Pool(options.build, folder, {"n1": HOST % 12000 + WEB, "n2": HOST % 14000}, RULES) as p:
        runner.play(p, start, options.cases)


if __name__ == "__main__":
    main()
