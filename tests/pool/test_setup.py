"""Five hosts, from the files as they are shipped to a pool at work: `lifeboat init`, `join` and `admit` with the real
engine, monitors and actuators over an imitated hypervisor.  Usage: test_setup.py --build BUILD"""

import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner
from guests import HOST, domains, guest_line

ETC = os.path.join(pool.HERE, "..", "..", "etc")
NAMES = ["n1", "n2", "n3", "n4", "n5"]
# The service manager: it tells since when a unit runs, and writes down what else it is asked.
SYSTEMCTL = """#!/bin/sh
case $1 in show) for unit; do :; done; cat "%s/$WHERE.$unit.since" 2>/dev/null || echo 0; exit ;; esac
[ ! -e "%s/systemctl.fails" ] || exit 1
echo "$*" >>%s
"""
KEY = r"[A-Za-z0-9+/]{43}="
SIX = "fd77::"  # the same hosts by IPv6


class Site(pool.Pool):
    """A pool whose keys and configurations are nobody's but the commands' under test."""

    def _keys(self):
        self.commands = 0
        self.words = {}
        os.makedirs(self.path("bin"))
        with open(self.path("bin", "systemctl"), "w", encoding="utf-8") as f:
            f.write(SYSTEMCTL % (self.dir, self.dir, self.path("asked")))
        os.chmod(f.name, 0o755)
        names = "127.0.0.1 localhost\n127.0.1.1 thismachine\n%s enginehost\n" % self.engine_address()
        pool.run("mount", "--bind", self.write("names", names), "/etc/hosts")

    def _monitor_conf(self, name):
        self.shipped(name, "monitor", {"#user = lifeboat": "user = root"})
        self.write(name + ".xl", pool.xl_over(self.path(name + ".xen")), 0o755)
        self.shipped(name, "actuator", {"#user = lifeboat": "user = root", "#xl = /usr/sbin/xl": "xl = " +
            self.path(name + ".xl"), "#run = /run/lifeboat/orders": "run = " + self.path(name + ".orders")})

    def _engine_conf(self):
        os.makedirs(self.path("recording"))
        self.shipped("engine", "policy", {"#door = /run/lifeboat/door": "door = " + self.path("door"),
            "#store = /var/lib/lifeboat/store.db": "store = " + self.path("store.db"),
            "#recording = /var/lib/lifeboat/recording": "recording = " + self.path("recording"),
            "#calm = 60s": "calm = 2s"})

    def folder(self, name):
        return self.path(name + ".etc")

    def shipped(self, name, daemon, changes):
        """A configuration as the package puts it there, with what a site changed in it."""
        with open(os.path.join(ETC, daemon + ".conf"), encoding="utf-8") as f:
            text = f.read()
        for old, new in changes.items():
            assert text.count(old + "\n") == 1, (daemon, old)
            text = text.replace(old + "\n", new + "\n")
        os.makedirs(self.folder(name), exist_ok=True)
        with open(os.path.join(self.folder(name), daemon + ".conf"), "w", encoding="utf-8") as f:
            f.write(text)

    def text(self, name, file):
        with open(os.path.join(self.folder(name), file), encoding="utf-8") as f:
            return f.read()

    def tree(self, name):
        """What lies in a folder: every file's text, mode and owner."""
        found = {}
        for file in os.listdir(self.folder(name)):
            st = os.stat(os.path.join(self.folder(name), file))
            found[file] = (self.text(name, file), st.st_mode, st.st_uid, st.st_gid)
        return found

    def administer(self, where, *args, status=0, stdin="", start=(), program=None):
        """One command of an administrator; what it printed, of a refusal the sentence."""
        done = subprocess.run([*(self.inside(where) if where in self.holders else []), *start,
            program or self.program("lifeboat"), *args, "--folder", self.folder(where)], input=stdin, text=True,
            capture_output=True, check=False, env={**os.environ, "WHERE": where,
            "PATH": self.path("bin") + ":" + os.environ["PATH"]})
        assert done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
        self.commands += 1
        return done.stdout if status == 0 else done.stderr

    def refused(self, where, *args, **options):
        """It says why, and leaves everything as it is."""
        before = self.tree(where)
        said = self.administer(where, *args, status=1, **options)
        assert self.tree(where) == before, (args, said)
        return said

    def asked(self):
        """What the service manager was asked since the last time."""
        try:
            with open(self.path("asked"), encoding="utf-8") as f:
                lines = f.read().splitlines()
            os.unlink(self.path("asked"))
        except FileNotFoundError:
            return []
        return lines

    def obey(self, where):
        """Be the service manager."""
        for line in self.asked():
            verb, *units = line.split()
            for unit in units if verb in ("start", "restart") else []:
                self.unit(where, unit, verb)

    def unit(self, where, unit, verb):
        if unit + where in self.children:
            if verb == "start":
                return
            child = self.children.pop(unit + where)
            child.terminate()
            child.wait()
        env = self.on_imitation(where, "fakexen.so") if unit == "lifeboat-monitor" else {}
        conf = unit.split("-")[1] + ".conf"
        self.write("%s.%s.since" % (where, unit), "%d\n" % (time.monotonic_ns() // 1000))
        self.start(unit + where, [*(self.inside(where) if where in self.holders else []), self.program(unit), "-c",
            os.path.join(self.folder(where), conf)], env)


def at_work(p):
    """All five are heard, sound, and have an actuator that the engine knows."""
    def fresh():
        try:
            rows = p.hosts()
        except pool.Failed:  # it is being started anew
            return False
        return list(rows) == NAMES and all(
            r["health"] == "sound" and r["heard_age_ms"] < 5000 and r["actuator"] for r in rows.values())
    pool.wait_for("five fresh hosts", 60, fresh, p.check_alive)


def five_hosts_are_set_up_in_ten_commands(p):
    invitation = p.administer("engine", "init", "--start", "--user", "root", p.engine_address()).strip()
    p.obey("engine")
    for name in NAMES:
        p.words[name] = p.administer(name, "join", "--start", "--name", name, invitation).strip()
        p.obey(name)
    p.administer("engine", "admit", "--start", stdin="\n".join(p.words.values()))
    p.obey("engine")
    assert p.commands <= 10, p.commands
    at_work(p)
    shown = p.show("hosts")
    assert re.findall(r"^(\w+) +sound", shown, re.M) == NAMES, shown
    assert p.ask("mode", "act")["mode"] == "act"
    p.words["engine"] = invitation


def a_guest_moves_in_it(p):
    """web, from where it runs."""
    home = next(name for name in NAMES if domains(p, name))
    def moved():
        return sum(o["outcome"] == "moved" for o in p.ask("orders", "--all")["orders"])
    before = moved()
    p.show("drain", home)
    pool.wait_for("web's new home", 60, lambda: not domains(p, home) and any(
        domains(p, name) == {"web": "b"} for name in NAMES), p.check_alive)
    pool.wait_for("the proof", 20, lambda: moved() > before, p.check_alive)
    p.show("undrain", home)


def keys_are_their_owners_and_never_leave(p):
    secrets = {name: p.text(name, "engine.key" if name == "engine" else "host.key").strip() for name in p.words}
    assert len(set(secrets.values())) == 6
    for name, word in p.words.items():
        host = p.engine_address() if name == "engine" else name
        assert re.fullmatch(re.escape(host) + "=" + KEY, word), word
        assert pool.run(p.program("lifeboat"), "pubkey", input=secrets[name] + "\n").strip() == word.split("=", 1)[1]
        for file, (text, mode, uid, _) in p.tree(name).items():
            assert (mode & 0o777, uid) == (0o600 if file.endswith(".key") else 0o644, 0), (name, file, oct(mode), uid)
            if not file.endswith(".key"):
                assert not any(secret in text for secret in secrets.values()), (name, file)


def what_the_site_wrote_is_kept(p):
    with open(os.path.join(ETC, "monitor.conf"), encoding="utf-8") as f:
        shipped = f.read().splitlines()
    mine = p.text("n1", "monitor.conf").splitlines()
    assert "user = root" in mine
    assert [line for line in shipped if line.startswith("# ")] == [line for line in mine if line.startswith("# ")]
    assert "calm = 2s" in p.text("engine", "policy.conf")


def a_name_becomes_the_number_that_it_has(p):
    assert p.administer("engine", "init", "--user", "root", "enginehost").strip() == p.words["engine"]
    before = p.tree("n1")
    named = p.words["engine"].replace(p.engine_address(), "enginehost")
    assert p.administer("n1", "join", "--name", "n1", named).strip() == p.words["n1"]
    assert p.tree("n1") == before
    os.makedirs(p.folder("named"))
    p.administer("named", "join", "--name", "n6", "--arrival", p.engine_address(), named)
    assert "report = tcp://%s:7801\n" % p.engine_address() in p.text("named", "monitor.conf")


def a_pool_may_be_reached_by_ipv6(p):
    try:
        pool.run("ip", "addr", "add", SIX + "1/64", "dev", "pool0", "nodad")
    except pool.Failed:
        return "not tested, as this machine has no IPv6"
    for number, name in enumerate(NAMES, 1):
        p.run_on(name, "ip", "addr", "add", "%s1%d/64" % (SIX, number), "dev", "eth0", "nodad")
    word = p.administer("engine", "init", "--start", "--user", "root", SIX + "1").strip()
    p.obey("engine")
    assert word == p.words["engine"].replace(p.engine_address(), SIX + "1"), word
    at_work(p)  # those that come by IPv4 are heard still
    for number, name in enumerate(NAMES, 1):
        p.administer(name, "join", "--start", "--name", name, "--force", "--arrival", "%s1%d" % (SIX, number), word)
        p.obey(name)
        assert "exchange = tcp://[%s1]:7802\n" % SIX in p.text(name, "actuator.conf")
    at_work(p)
    a_guest_moves_in_it(p)
    return None


def said_again_it_changes_nothing(p):
    before = {name: p.tree(name) for name in p.words}
    p.asked()
    assert p.administer("engine", "init", "--start", "--user", "root", p.engine_address()).strip() == p.words["engine"]
    for name in NAMES:
        assert p.administer(name, "join", "--start", "--name", name, p.words["engine"]).strip() == p.words[name]
    p.administer("engine", "admit", "--start", *[p.words[name] for name in NAMES])
    assert {name: p.tree(name) for name in p.words} == before
    assert not [line for line in p.asked() if line.startswith("restart")]


def what_runs_since_before_it_was_written_is_started_anew(p):
    path = os.path.join(p.folder("engine"), "policy.conf")
    before = p.text("engine", "policy.conf")
    fresh = pool.run(p.program("lifeboat"), "pubkey", input=pool.run(p.program("lifeboat"), "genkey")).strip()
    p.asked()
    p.administer("engine", "admit", "n7=" + fresh)
    p.write("systemctl.fails", "")
    assert "all is written" in p.administer("engine", "admit", "--start", "n7=" + fresh, status=1)
    os.unlink(p.path("systemctl.fails"))
    for verb in ("restart", "start"):  # the second time it has read it
        p.administer("engine", "admit", "--start", "n7=" + fresh)
        assert p.asked() == ["enable lifeboat-policy", verb + " lifeboat-policy"]
        p.unit("engine", "lifeboat-policy", verb)
    with open(path, "w", encoding="utf-8") as f:  # by hand
        f.write(before)
    p.administer("engine", "admit", "--start", p.words["n1"])
    assert p.asked() == ["enable lifeboat-policy", "restart lifeboat-policy"]
    p.unit("engine", "lifeboat-policy", "restart")
    at_work(p)


def without_start_nothing_is_started(p):
    p.asked()
    p.administer("n1", "join", "--name", "n1", p.words["engine"])
    p.administer("engine", "admit", p.words["n1"])
    assert p.asked() == []


def another_engine_is_refused_until_it_is_forced(p):
    other = p.words["engine"].replace(p.words["engine"].split("=", 1)[1], p.words["n2"].split("=", 1)[1])
    said = p.refused("n1", "join", "--name", "n1", other)
    assert re.search(r"monitor\.conf:\d+: public-key is .* already; --force makes it", said), said
    p.administer("n1", "join", "--name", "n1", "--force", other)
    assert other.split("=", 1)[1] in p.text("n1", "actuator.conf")
    p.administer("n1", "join", "--name", "n1", "--force", p.words["engine"])
    assert other.split("=", 1)[1] not in p.text("n1", "actuator.conf")


def another_port_is_the_sites_and_another_address_is_not(p):
    path = os.path.join(p.folder("n1"), "monitor.conf")
    text = p.text("n1", "monitor.conf")
    for new, good in ((p.engine_address() + ":17801", True), (p.engine_address() + "0:7801", False)):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(p.engine_address() + ":7801", new))
        if good:
            p.administer("n1", "join", "--name", "n1", p.words["engine"])
            assert "report = tcp://" + new + "\n" in p.text("n1", "monitor.conf")
        else:
            assert "report is tcp://" + new in p.refused("n1", "join", "--name", "n1", p.words["engine"])
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def a_host_with_a_new_key_is_admitted_again(p):
    os.unlink(os.path.join(p.folder("n1"), "host.key"))
    word = p.administer("n1", "join", "--start", "--name", "n1", p.words["engine"]).strip()
    assert word != p.words["n1"]
    p.obey("n1")
    p.administer("engine", "admit", "--start", "--force", word)
    p.obey("engine")
    p.words["n1"] = word
    at_work(p)


def the_actuator_has_the_monitors_key(p):
    path = os.path.join(p.folder("n1"), "actuator.conf")
    text = p.text("n1", "actuator.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub("^key = .*$", "key = /elsewhere", text, flags=re.M))
    assert re.search(r"actuator\.conf:\d+: key is /elsewhere already", p.refused("n1", "join", "--name", "n1",
        p.words["engine"]))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def two_hosts_never_share_a_name_or_a_key(p):
    said = p.refused("engine", "admit", "n9=" + p.words["n1"].split("=", 1)[1])
    assert "is that of n1 already" in said, said
    fresh = pool.run(p.program("lifeboat"), "pubkey", input=pool.run(p.program("lifeboat"), "genkey")).strip()
    said = p.refused("engine", "admit", "n1=" + fresh)
    assert re.search(r"policy\.conf:\d+: public-key is .* already; --force", said), said
    p.refused("engine", "admit", "n8=" + fresh, "n9=" + fresh)
    p.administer("engine", "admit", "--force", "n1=" + fresh)
    assert p.text("engine", "policy.conf").count("[host n1]") == 1
    p.administer("engine", "admit", "--force", p.words["n1"])


def what_will_not_do_is_said(p):
    key = p.words["engine"].split("=", 1)[1]
    for where, args, sentence in (
            ("engine", ["init", "--user", "root", "127.0.0.1"], "leads every host to itself"),
            ("engine", ["init", "--user", "root", "::1"], "leads every host to itself"),
            ("engine", ["init", "--user", "root", "localhost"], "localhost is 127.0.0.1, which leads every host to itself"),
            ("engine", ["init", "--user", "root", "thismachine"], "127.0.1.1, which leads every host to itself"),
            ("engine", ["init", "--user", "root", "no-such-host.invalid"], "no address is known"),
            ("engine", ["init", "--user", "root", "0.0.0.0"], "no address at which other machines"),
            ("engine", ["init", "--user", "root", "fe80::1"], "no address at which other machines"),
            ("engine", ["init", "--user", "root", "fe80::1%eth0"], "neither an IP address nor a name"),
            ("engine", ["init", "--user", "nobody-here", p.engine_address()], "no user 'nobody-here'"),
            ("engine", ["admit", "n 6=" + key], "is not HOST=KEY"),
            ("engine", ["admit", "n6=" + key[:-2]], "is not HOST=KEY"),
            ("engine", ["admit", "n6=" + "A" * 43 + "="], "is not HOST=KEY"),
            ("engine", ["admit"], "no host was named"),
            ("n1", ["join", "--name", "n/1", p.words["engine"]], "a host's name is"),
            ("n1", ["join", "--name", "n1", p.engine_address()], "is not ADDRESS=KEY"),
            ("n1", ["join", "--name", "n1", "no-such-host.invalid=" + key], "no address is known"),
            ("n1", ["join", "--name", "n1", "--arrival", p.address("n2"), p.words["engine"]], "no address of this host"),
            ("n1", ["join", "--name", "n1", "--arrival", "fe80::1", p.words["engine"]], "a link-local address"),
            ("n1", ["join", "--name", "n1", "--arrival", "n1", p.words["engine"]], "no numeric address")):
        said = p.refused(where, *args)
        assert sentence in said, (args, said)
    assert "lifeboat: init: cannot open" in subprocess.run([p.program("lifeboat"), "init", "--folder", p.path("none"),
        "10.77.0.1"], capture_output=True, text=True, check=False).stderr


def a_configuration_that_is_broken_is_not_made_worse(p):
    text = p.text("engine", "policy.conf")
    with open(os.path.join(p.folder("engine"), "policy.conf"), "a", encoding="utf-8") as f:
        f.write("nonsense = 1\n")
    fresh = pool.run(p.program("lifeboat"), "pubkey", input=pool.run(p.program("lifeboat"), "genkey")).strip()
    said = p.refused("engine", "admit", "n6=" + fresh)
    assert "no such key" in said and "nothing was changed" in said, said
    with open(os.path.join(p.folder("engine"), "policy.conf"), "w", encoding="utf-8") as f:
        f.write(text)


def a_key_that_others_may_read_is_refused(p):
    path = os.path.join(p.folder("n1"), "host.key")
    os.chmod(path, 0o644)
    assert "chmod 600" in p.refused("n1", "join", "--name", "n1", p.words["engine"])
    os.chmod(path, 0o600)


def a_full_disk_leaves_everything_as_it_was(p):
    folder = p.folder("small")
    os.makedirs(folder)
    pool.run("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder)
    shutil.copy(os.path.join(ETC, "monitor.conf"), folder)
    with open(os.path.join(folder, "rest"), "wb", buffering=0) as f:
        try:
            while f.write(b"\0" * 512):
                pass
        except OSError:
            pass
    said = p.refused("small", "join", "--name", "n6", "--arrival", p.engine_address(), p.words["engine"])
    assert "No space left on device" in said, said
    pool.run("umount", folder)


def without_rights_it_says_that_it_needs_root(p):
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*nobody, "true"], capture_output=True, check=False).returncode != 0:
        return "not tested, as only one user is mapped in here"
    said = p.refused("n1", "join", "--name", "n1", p.words["engine"], start=nobody)
    assert "Permission denied; this needs root" in said, said
    return None


def a_host_without_an_actuator_is_watched(p):
    for program in ("lifeboat", "lifeboat-monitor"):
        shutil.copy(p.program(program), p.path("bin"))
    os.makedirs(p.folder("lone"))
    said = p.administer("lone", "join", "--name", "n6", "--start", p.words["engine"], program=p.path("bin", "lifeboat"))
    assert sorted(p.tree("lone")) == ["host.key", "monitor.conf"], said
    assert p.asked() == ["enable lifeboat-monitor", "start lifeboat-monitor"]


TESTS = [
    five_hosts_are_set_up_in_ten_commands,
    a_guest_moves_in_it,
    keys_are_their_owners_and_never_leave,
    what_the_site_wrote_is_kept,
    a_name_becomes_the_number_that_it_has,
    said_again_it_changes_nothing,
    without_start_nothing_is_started,
    what_runs_since_before_it_was_written_is_started_anew,
    another_engine_is_refused_until_it_is_forced,
    another_port_is_the_sites_and_another_address_is_not,
    a_host_with_a_new_key_is_admitted_again,
    the_actuator_has_the_monitors_key,
    two_hosts_never_share_a_name_or_a_key,
    what_will_not_do_is_said,
    a_configuration_that_is_broken_is_not_made_worse,
    a_key_that_others_may_read_is_refused,
    a_full_disk_leaves_everything_as_it_was,
    without_rights_it_says_that_it_needs_root,
    a_host_without_an_actuator_is_watched,
    a_pool_may_be_reached_by_ipv6,
]


def main():
    options, folder = runner.enter(__file__, TESTS)
    hosts = {name: HOST % 12000 + (guest_line(1, "web") if name == "n1" else "") for name in NAMES}
    with Site(options.build, folder, hosts) as p:
        runner.play(p, lambda p: None, options.cases)


if __name__ == "__main__":
    main()
