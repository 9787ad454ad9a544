"""A pool of Xen hosts on one machine, for ./try and for tests of the whole.

Each host is a network and mount namespace with a private sensor tree under the real
libsensors and a fake hypervisor under the real libxenstat; the daemons are the real ones.
Everything lives in one process-id namespace and one temporary folder: when the driver
ends, however it ends, the kernel ends the rest.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
HWMON = os.path.join(HERE, "..", "lib", "hwmon.py")
IQN = "iqn.2026-01.org.example:pool"
LUNS = 16
DEVICES = ("null", "zero", "full", "random", "urandom")
# The pool's folder is a mount of its own, so that a test can make the host's root disk read-only.
HOLDER = """mount --rbind "$4" "$4" && mount --bind "$1" /sys/class && mount --bind "$3" /proc/sys/kernel/random/boot_id || exit
mount --bind "$5/lib" /var/lib && mount --bind "$5/log" /var/log || exit
mount --rbind /etc "$5/real" && mount --bind "$5/etc" /etc && mount --bind "$5/xen" /etc/xen || exit
for d in %s; do mount --bind /dev/$d "$2/$d" || exit; done
mount --rbind "$2" /dev && echo up && exec sleep infinity""" % " ".join(DEVICES)
NET = "10.77.0."  # inside the pool's own network namespace only


class Failed(Exception):
    pass


def run(*args, **kwargs):
    """Run to its end, or raise with what it printed."""
    done = subprocess.run(args, capture_output=True, text=True, check=False, **kwargs)
    if done.returncode != 0:
        raise Failed("%s: %s" % (" ".join(args), (done.stderr or done.stdout).strip()))
    return done.stdout


def namespaces():
    """The unshare(1) flags that this machine allows, or None."""
    flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    for extra in ([], ["--user", "--map-root-user"]):
        if not extra and os.geteuid() != 0:
            continue
        probe = subprocess.run(["unshare", *extra, *flags, "true"], capture_output=True, check=False)
        if probe.returncode == 0:
            return extra + flags
    return None


def enter(script, args):
    """Start this script again inside the pool's namespaces, where they are possible.

    Returns the pool's folder and whether it is inside namespaces.  The process outside
    only waits: it removes the folder however the inner one ends, and exits as it did.
    """
    if args[:1] == ["--inside"]:
        folder, inside = args[1], args[2] == "namespaces"
        del args[:3]
        return folder, inside
    flags = namespaces()
    folder = tempfile.mkdtemp(prefix="lifeboat-")
    os.chmod(folder, 0o755)
    command = [sys.executable, script, "--inside", folder, "namespaces" if flags else "plain", *args]
    child = subprocess.Popen((["unshare", *flags] if flags else []) + command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the inner one too
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    signal.signal(signal.SIGHUP, lambda *_: child.kill())
    status = child.wait()
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def xl_over(state):
    """The text of a program that is the imitated xl over this state of an imitated hypervisor."""
    return "#!/bin/sh\nFAKEXEN_STATE=%s exec %s -S %s \"$@\"\n" % (state, sys.executable, os.path.join(HERE, "fakexl.py"))


def wait_for(what, seconds, test, alive=None):
    """Poll test() until it is true; its value.  Raises Failed after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        got = test()
        if got:
            return got
        if alive:
            alive()
        if time.monotonic() > deadline:
            raise Failed("waited %d s in vain for %s" % (seconds, what))
        time.sleep(0.1)


class Pool:
    """hosts: {name: text of its fake hypervisor's state}; use as a context manager."""

    def __init__(self, build, folder, hosts, rules=None, netns=True, hosts_run=True, actuator=None, monitor=None):
        self.build = os.path.abspath(build)
        self.names = list(hosts)
        self.states = hosts
        self.rules = rules or {}
        self.monitor = monitor or {}  # {key: value} of every monitor
        self.actuator = actuator or {}  # {section: {key: value}} of every actuator
        self.netns = netns
        self.hosts_run = hosts_run  # False: only the inventory, for simulated hosts
        self.dir = folder
        self.children = {}
        self.holders = {}

    def __enter__(self):
        try:
            self._keys()
            if self.netns:
                self._bridge()
            for number, name in enumerate(self.names if self.hosts_run else []):
                self._host(number, name)
            self._small_disk("engine.disk", "16m")
            self._engine_conf()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for child in [*self.children.values(), *self.holders.values()]:
            if child.poll() is None:
                child.terminate()
        for child in [*self.children.values(), *self.holders.values()]:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def program(self, name):
        folder = {"lifeboat": "cli", "lifeboat-monitor": "monitor", "lifeboat-policy": "policy",
            "lifeboat-actuator": "actuator"}[name]
        return os.path.join(self.build, folder, name)

    def write(self, name, text, mode=0o644):
        new = self.path(name + ".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(new, self.path(name))
        return self.path(name)

    def hold(self, phase, hosts=None):
        """Whatever migrates stays in that phase on these hosts, or all, until None."""
        for name in hosts or self.names:
            if phase:
                self.write(name + ".xen.hold", phase + "\n")
            elif os.path.exists(self.path(name + ".xen.hold")):
                os.unlink(self.path(name + ".xen.hold"))

    # --- building the world -------------------------------------------------------

    def _keys(self):
        self.public = {}
        for name in ["engine", *self.names]:
            secret = run(self.program("lifeboat"), "genkey")
            self.write(name + ".key", secret, 0o600)
            self.public[name] = run(self.program("lifeboat"), "pubkey", input=secret).strip()

    def _bridge(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "pool0", "type", "bridge")
        run("ip", "addr", "add", NET + "1/24", "dev", "pool0")
        run("ip", "link", "set", "pool0", "up")

    def address(self, name):
        return NET + str(self.names.index(name) + 11)

    def engine_address(self):
        return NET + "1" if self.netns else "127.0.0.1"

    def _host(self, number, name):
        self.write(name + ".xen", self.states[name])
        self._monitor_conf(name)
        if not self.netns:
            self.write(name + ".readings", "cpu temp 45C high=75C high-critical=90C\n")
            return
        self._small_disk(name + ".orders", "1m")
        run(sys.executable, HWMON, "make", self.path(name + ".class"))
        self._sysfs(name)
        holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private",
            "sh", "-c", HOLDER, "holder", self.path(name + ".class"), self._devices(name), self._boot_id(name), self.dir,
            self._var(name)],
            stdout=subprocess.PIPE, text=True)
        self.holders[name] = holder
        if holder.stdout.readline() != "up\n":
            raise Failed("cannot make the namespaces of host " + name)
        veth = "veth%d" % number
        run("ip", "link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        run("ip", "link", "set", veth, "master", "pool0", "up")
        for args in (["link", "set", "lo", "up"], ["addr", "add", self.address(name) + "/24", "dev", "eth0"],
                     ["link", "set", "eth0", "up"]):
            run(*self.inside(name), "ip", *args)

    def _boot_id(self, name):
        return self.write(name + ".boot", "%s\n" % uuid.uuid4())

    def _var(self, name):
        """Its /var, as far as Xen's tools keep something there, and an /etc with a /etc/xen of its own, which
        this machine need not have."""
        for folder in ("lib/xen", "log/xen", "xen/auto", "real", "etc/xen"):
            os.makedirs(self.path(name + ".var", folder))
        for entry in set(os.listdir("/etc")) - {"xen"}:
            os.symlink(self.path(name + ".var", "real", entry), self.path(name + ".var", "etc", entry))
        return self.path(name + ".var")

    def _small_disk(self, name, size):
        """A folder of the pool that can be filled."""
        os.makedirs(self.path(name))
        if self.netns:
            run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + size, "none", self.path(name))

    def _devices(self, name):
        """A /dev with the LUNs as plain files and what every program needs."""
        folder = self.path(name + ".dev")
        os.makedirs(folder)
        for file in [*DEVICES, *("lun%d" % lun for lun in range(1, LUNS + 1))]:
            with open(os.path.join(folder, file), "wb") as f:
                f.write(b"\0" * 4096)
        return folder

    def _sysfs(self, name):
        """What the storage and bridge readers need beside the sensors: one iSCSI session
        with LUNs that are the same on every host, and a bridge."""
        files = {"net/xenbr0/bridge/bridge_id": "8000.000000000000",
            "iscsi_session/session1/targetname": IQN, "iscsi_session/session1/state": "LOGGED_IN",
            "iscsi_session/session1/recovery_tmo": "120",
            "iscsi_connection/connection1:0/persistent_address": NET + "5",
            "iscsi_connection/connection1:0/persistent_port": "3260"}
        for lun in range(1, LUNS + 1):
            device = "devices/session1/target1:0:0/1:0:0:%d" % lun
            files.update({device + "/state": "running", device + "/ioerr_cnt": "0x0",
                "block/lun%d/size" % lun: "8388608",
                "block/lun%d/stat" % lun: "100 0 800 50 100 0 800 50 0 100 100"})
            page = bytes([0, 0x83, 0, 20, 1, 3, 0, 16]) + bytes.fromhex("60014050").ljust(15, b"\0") + bytes([lun])
            self._put(name, device + "/vpd_pg83", page)
            os.makedirs(self.path(name + ".class", "block", "lun%d" % lun), exist_ok=True)
            os.symlink("../../" + device, self.path(name + ".class", "block", "lun%d" % lun, "device"))
        for path, text in files.items():
            self._put(name, path, (text + "\n").encode())

    def _put(self, name, path, data):
        path = self.path(name + ".class", path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def inside(self, name):
        """The start of a command line that runs in a host's namespaces."""
        if not self.netns:
            return []
        return ["nsenter", "-t", str(self.holders[name].pid), "-n", "-m", "--"]

    def run_on(self, name, *args):
        """Run in a host's namespaces, to its end."""
        return run(*self.inside(name), *args)

    def _monitor_conf(self, name):
        lines = ["[host]", "key = " + self.path(name + ".key"),
            "[engine]", "public-key = " + self.public["engine"],
            "report = tcp://%s:7801" % self.engine_address(),
            "exchange = tcp://%s:7802" % self.engine_address(),
            "[monitor]", *(["user = root"] if os.geteuid() == 0 else [])]
        lines += ["%s = %s" % item for item in self.monitor.items()]
        if not self.netns:
            lines.append("readings-file = " + self.path(name + ".readings"))
        self.write(name + ".conf", "\n".join(lines) + "\n")

    def write_actuator_conf(self, name):
        """Its configuration, and the program that it takes for xl."""
        self.write(name + ".xl", xl_over(self.path(name + ".xen")), 0o755)
        lines = ["[host]", "key = " + self.path(name + ".key"),
            "[engine]", "public-key = " + self.public["engine"],
            "exchange = tcp://%s:7802" % self.engine_address(),
            "[arrival]", "address = " + self.address(name),
            "[actuator]", "xl = " + self.path(name + ".xl"), "run = " + self.path(name + ".orders"),
            *(["user = root"] if os.geteuid() == 0 else [])]
        for section, items in self.actuator.items():
            lines += ["[%s]" % section, *("%s = %s" % item for item in items.items())]
        self.write(name + ".actuator.conf", "\n".join(lines) + "\n")

    def _wait_for_guests(self, name):
        """As if each guest that is there from the start had been started by xl."""
        with open(self.path(name + ".xen"), encoding="utf-8") as f:
            found = re.findall(r"^domain ([1-9]\d*) name=(\S+)", f.read(), re.M)
        for domid, guest in found:
            run(*self.inside(name), self.path(name + ".xl"), "wait", domid, guest)

    def _engine_conf(self):
        lines = ["[engine]", "key = " + self.path("engine.key"),
            "report = tcp://%s:7801" % self.engine_address(),
            "exchange = tcp://%s:7802" % self.engine_address(),
            "door = " + self.path("door"), "store = " + self.path("engine.disk", "store.db"),
            "recording = " + self.path("recording"), "[rules]"]
        lines += ["%s = %s" % item for item in self.rules.items()]
        for name in self.names:
            lines += ["[host %s]" % name, "public-key = " + self.public[name]]
        os.makedirs(self.path("recording"), exist_ok=True)
        self.write("policy.conf", "\n".join(lines) + "\n")

    def defaults(self, program, section):
        """{key: value} of a section as it is when the file says nothing of it."""
        needed = "" if program == "lifeboat-policy" else ("[engine]\npublic-key = %s\nreport = tcp://%s:7801\n"
            "exchange = tcp://%s:7802\n" % (self.public["engine"], self.engine_address(), self.engine_address()))
        bare = self.write("bare.conf", needed)
        found, inside = {}, False
        for line in run(self.program(program), "--print-config", "-c", bare).splitlines():
            if line.startswith("["):
                inside = line == "[%s]" % section
            elif inside and " = " in line:
                key, value = line.split(" = ", 1)
                found[key] = value
        return found

    # --- running it ---------------------------------------------------------------

    def start(self, what, command, env=None):
        log = open(self.path(what + ".log"), "a", encoding="utf-8")
        self.children[what] = subprocess.Popen(command, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, preexec_fn=die_with_parent)
        log.close()

    def behind_filter(self, program):
        """The start of a command line that runs it behind its systemd unit's filter of system calls."""
        unit = os.path.join(self.build, "etc", program + ".service")
        return [sys.executable, os.path.join(HERE, "unitfilter.py"), unit]

    def start_engine(self, behind=()):
        self.start("engine", [*behind, self.program("lifeboat-policy"), "-c", self.path("policy.conf")])
        wait_for("the engine's door", 10, lambda: os.path.exists(self.path("door")), self.check_alive)

    def on_imitation(self, name, library):
        """The environment in which that host's Xen is an imitated one."""
        if not self.netns:
            return {}
        return {"LD_PRELOAD": os.path.join(self.build, "tests", "pool", library),
            "FAKEXEN_STATE": self.path(name + ".xen"), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def start_monitor(self, name, behind=()):
        self.start(name, [*self.inside(name), *behind, self.program("lifeboat-monitor"),
            "-c", self.path(name + ".conf")], self.on_imitation(name, "fakexen.so"))

    def start_actuator(self, name):
        if not os.path.exists(self.path(name + ".actuator.conf")):
            self.write_actuator_conf(name)
            self._wait_for_guests(name)
        self.start(name + ".actuator", [*self.inside(name), self.program("lifeboat-actuator"),
            "-c", self.path(name + ".actuator.conf")], self.on_imitation(name, "fakelight.so"))

    def end(self, what):
        """Killed, without a word."""
        child = self.children.pop(what)
        child.kill()
        child.wait()

    def end_engine(self):
        """A new one knows by the door that this one left it."""
        self.end("engine")
        os.unlink(self.path("door"))

    def check_alive(self):
        for what, child in self.children.items():
            if child.poll() is not None:
                raise Failed("%s ended with status %d:\n%s" % (what, child.returncode, self.log(what)))

    def log(self, what):
        with open(self.path(what + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def command(self, *args):
        """The command line of one lifeboat command."""
        return [self.program("lifeboat"), "--door", self.path("door"), *args]

    def ask(self, *args):
        """One lifeboat command's answer as JSON."""
        return json.loads(run(*self.command("--json", *args)))

    def show(self, *args):
        """One lifeboat command as an operator sees it."""
        return run(*self.command(*args))

    def hosts(self):
        return {row["name"]: row for row in self.ask("hosts")["hosts"]}

    def set_sensor(self, name, sensor, value):
        run(sys.executable, HWMON, "set", self.path(name + ".class"), sensor, str(value))

    def set_reading(self, name, value):
        """Where there are no namespaces: the file probe's one temperature."""
        self.write(name + ".readings", "cpu temp %sC high=75C high-critical=90C\n" % value)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG
