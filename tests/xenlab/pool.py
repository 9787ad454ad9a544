"""Lifeboat in the lab: installed from its own packages, the engine in a third place."""

import contextlib
import glob
import json
import os
import signal

from machine import run, wait_for

# Emulated dom0s freeze for seconds, so silence counts late; the rest is shorter than by
# default, so that nobody waits.
RULES = {"silence": "60s", "facts": "90s", "hold": "3s", "calm": "10s", "cooldown": "20s", "prepare": "120s",
    "move-silence": "240s", "move-stall": "480s", "dom0-floor": "16MiB", "jump": "1000C"}
CARRIER = {"silence": "40s", "stall": "240s"}


class Pool:
    """Use after lab.up(); programs of the packages in `debs`."""

    def __init__(self, lab, debs):
        self.lab = lab
        self.debs = [glob.glob(os.path.join(debs, name + "_*.deb"))[0]
            for name in ("lifeboat", "lifeboat-monitor", "lifeboat-actuator", "lifeboat-policy")]
        self.dir = os.path.join(lab.dir, "pool")
        self.root = os.path.join(self.dir, "root")
        self.autostart = "refuse"
        self.engine_key = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def program(self, name):
        return os.path.join(self.root, "usr", "sbin" if name != "lifeboat" else "bin", name)

    def write(self, name, text, mode=0o644):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def install(self):
        os.makedirs(self.path("recording"))
        for deb in self.debs:
            run("dpkg-deb", "-x", deb, self.root)
        keys = {}
        for name in ["engine", *self.lab.hosts]:
            secret = run(self.program("lifeboat"), "genkey")
            self.write(name + ".key", secret, 0o600)
            keys[name] = run(self.program("lifeboat"), "pubkey", input=secret).strip()
        self.engine_key = keys["engine"]
        self._engine_conf(keys)
        for machine in self.lab.hosts.values():
            self._install_host(machine)

    def _engine_conf(self, keys):
        lines = ["[engine]", "key = " + self.path("engine.key"), "report = tcp://10.77.0.1:7801",
            "exchange = tcp://10.77.0.1:7802", "door = " + self.path("door"), "store = " + self.path("store.db"),
            "recording = " + self.path("recording"), "[rules]", *("%s = %s" % item for item in RULES.items()),
            "[sensor lm75*]", "high-critical = 85"]
        for name in self.lab.hosts:
            lines += ["[host %s]" % name, "public-key = " + keys[name]]
        self.write("policy.conf", "\n".join(lines) + "\n")

    def _install_host(self, machine):
        machine.install(self.debs[:3])
        self.put(machine, "monitor.conf", self._engine_section() +
            "report = tcp://10.77.0.1:7801\n[monitor]\ndeadline = 30s\n")
        machine.put(self.path(machine.name + ".key"), "/etc/lifeboat/host.key", 0o600)
        self.configure_actuator(machine)
        machine.ssh("systemctl enable -q --now lifeboat-monitor lifeboat-actuator", 180)

    def _engine_section(self):
        return "[engine]\npublic-key = %s\nexchange = tcp://10.77.0.1:7802\n" % self.engine_key

    def configure_actuator(self, machine):
        """Write its configuration; an actuator that runs is restarted with it."""
        self.put(machine, "actuator.conf", self._engine_section() + "[arrival]\naddress = %s\nberth-open = 120s\n"
            "reserve = 16MiB\n[carrier]\n%s\n[actuator]\nautostart = %s\n" % (machine.arrival,
                "\n".join("%s = %s" % item for item in CARRIER.items()), self.autostart))
        machine.ssh("systemctl try-restart lifeboat-actuator", 60)

    def put(self, machine, name, text):
        machine.put(self.write(machine.name + "." + name, text), "/etc/lifeboat/" + name)

    def start_engine(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("door"))
        self.lab.spawn("engine", [self.program("lifeboat-policy"), "-c", self.path("policy.conf")])
        wait_for("the engine's door", 20, lambda: os.path.exists(self.path("door")))

    def stop_engine(self):
        self.lab.kill("engine", signal.SIGKILL)

    def start(self):
        """Install, start, and wait until every host is sound and has its actuator."""
        self.install()
        self.start_engine()
        self.wait_sound()
        self.lifeboat("mode", "act")

    def wait_sound(self):
        return wait_for("sound hosts", 240 * self.lab.scale, lambda: all(
            row["health"] == "sound" and row.get("actuator") for row in self.hosts().values()) and self.hosts())

    def lifeboat(self, *args):
        return run(self.program("lifeboat"), "--door", self.path("door"), "--timeout", "30s", *args)

    def ask(self, *args):
        return json.loads(self.lifeboat("--json", *args))

    def hosts(self):
        return {row["name"]: row for row in self.ask("hosts")["hosts"]}

    def orders(self):
        return self.ask("orders", "--all")["orders"]

    def open_orders(self):
        return self.ask("orders")["orders"]

    def order(self, number):
        return next(row for row in self.orders() if row["order"] == number)

    def log(self):
        """The engine's; "" before it was started."""
        path = os.path.join(self.lab.dir, "engine.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
