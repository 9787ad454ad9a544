#!/usr/bin/env python3
"""A pool of real Xen hosts under software emulation, with a real iSCSI target.

usage: lab.py [--build DIR] up [HOSTS] | down | status
       lab.py [--build DIR] ssh HOST [COMMAND] | heat HOST [CELSIUS] | cool HOST
       lab.py [--build DIR] cut HOST | mend HOST | slow HOST RATE | off HOST | on HOST
       lab.py [--build DIR] create GUEST HOST | heartbeats GUEST
       lab.py [--build DIR] put HOST FILE REMOTE | install HOST DEB...

Hosts xen1, xen2 (10.77.0.11, .12; guests arrive at 10.78.0.11, .12) and guests vm1, vm2
(10.77.0.21, .22) live in a network namespace named after DIR, so labs in two folders do
not meet; 10.77.0.1 is the target's and the engine's.  A third host comes with `up 3`.
Needs root.  XENLAB_SCALE stretches every deadline on a slow machine.
"""

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import image
from machine import Failed, Machine, run, wait_for

IQN = "iqn.2026-11.lab:disks"
HOT, COOL = 91, 40
GUESTS = {"vm1": 1, "vm2": 2, "pv1": 3}
GUEST = """name = "%(name)s"
uuid = "4c1feb0a-0000-4000-8000-00000000000%(number)d"
type = "%(type)s"
kernel = "/var/lib/guests/vmlinuz"
ramdisk = "/var/lib/guests/initrd"
cmdline = "console=hvc0 lab-ip=10.77.0.2%(number)d"
memory = %(memory)d
vcpus = 1
tsc_mode = "native"
disk = [ "phy:/dev/disk/by-path/ip-10.77.0.1:3260-iscsi-%(iqn)s-lun-%(number)d,xvda,w" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:77:00:0%(number)d" ]
"""


class Lab:
    """The lab in a folder.  As a context manager it ends with its driver, however that ends."""

    def __init__(self, build, hosts=2, lasting=False, say=lambda text: None):
        self.dir = os.path.join(os.path.abspath(build), "lab")
        self.build = os.path.abspath(build)
        self.netns = "xenlab-" + hashlib.sha256(self.build.encode()).hexdigest()[:8]
        self.scale = float(os.environ.get("XENLAB_SCALE", "1"))
        self.lasting = lasting
        self.say = say
        self.images = None
        self.pids = {}
        self.children = {}
        with contextlib.suppress(FileNotFoundError, ValueError), open(self.dir + "/pids.json", encoding="utf-8") as f:
            self.pids = json.load(f)
        self.add_hosts(max([hosts, *(int(name[3:]) for name in self.pids if name.startswith("xen"))]))

    def add_hosts(self, count):
        self.hosts = {m.name: m for m in (Machine(self, n + 1) for n in range(count))}

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.save_logs()
        self.down()

    def image(self, name):
        self.images = self.images or image.build(self.build)
        return os.path.join(self.images, name)

    # --- processes ------------------------------------------------------------------

    def spawn(self, name, command):
        """Start a program of the lab's, in its namespace; killed with the driver unless lasting."""
        with open(os.path.join(self.dir, name + ".log"), "ab") as log:
            child = subprocess.Popen(["ip", "netns", "exec", self.netns, *command], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=None if self.lasting else _die_with_parent)
        self.children[name] = child
        self.pids[name] = child.pid
        self._remember()
        return child

    def _remember(self):
        with open(self.dir + "/pids.json", "w", encoding="utf-8") as f:
            json.dump(self.pids, f)

    def is_alive(self, name):
        pid = self.pids.get(name)
        if not pid:
            return False
        if name in self.children:
            return self.children[name].poll() is None
        # Of a file that an earlier boot left, the number may be anybody's by now.
        with contextlib.suppress(OSError):
            return os.path.samestat(os.stat("/proc/%d/ns/net" % pid), os.stat("/run/netns/" + self.netns))
        return False

    def kill(self, name, number=signal.SIGTERM):
        """End it and wait until it has ended."""
        if self.is_alive(name):
            os.kill(self.pids[name], number)
            deadline = time.monotonic() + 10
            while self.is_alive(name):
                if time.monotonic() > deadline:
                    os.kill(self.pids[name], signal.SIGKILL)
                time.sleep(0.05)
        self.pids.pop(name, None)
        self.children.pop(name, None)
        self._remember()

    # --- the lab --------------------------------------------------------------------

    def up(self):
        """All of it, or nothing and the logs."""
        if any(self.is_alive(name) for name in self.pids):
            raise Failed("the lab is up already: lab.py down")
        try:
            self._up()
        except BaseException:
            self.save_logs()
            self.down()
            raise

    def _up(self):
        image.build(self.build, self.say)
        self.down()
        os.makedirs(self.dir)
        self._network()
        self._target()
        self.say("Booting %d Xen hosts (two minutes) ..." % len(self.hosts))
        for machine in self.hosts.values():
            machine.start()
        for machine in self.hosts.values():
            machine.wait_up()
            machine.prepare()
            for name, number in GUESTS.items():
                self.put_guest(machine, name, number)

    def down(self):
        for machine in self.hosts.values():
            machine.hang_up()
        for name in list(self.pids):
            with contextlib.suppress(OSError):
                self.kill(name, signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.netns], capture_output=True, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def save_logs(self):
        folder = os.path.join(self.build, "logs")
        os.makedirs(folder, exist_ok=True)
        for machine in self.hosts.values():
            if self.is_alive(machine.name):
                machine.save_logs(folder)
        for name in os.listdir(self.dir) if os.path.isdir(self.dir) else []:
            if name.endswith(".log"):
                shutil.copy(os.path.join(self.dir, name), folder)

    def ip(self, *args):
        run("ip", "-n", self.netns, *args)

    def _network(self):
        run("ip", "netns", "add", self.netns)
        self.ip("link", "set", "lo", "up")
        for net in range(2):
            self.ip("link", "add", "net%d" % net, "type", "bridge", "forward_delay", "0")
            self.ip("addr", "add", "10.7%d.0.1/24" % (7 + net), "dev", "net%d" % net)
            self.ip("link", "set", "net%d" % net, "up")
        for machine in self.hosts.values():
            for net, tap in enumerate(machine.taps):
                self.ip("tuntap", "add", tap, "mode", "tap")
                self.ip("link", "set", tap, "up", "master", "net%d" % net)

    def _target(self):
        self.spawn("tgtd", ["env", self._socket(), "tgtd", "-f", "--iscsi", "portal=10.77.0.1:3260"])
        wait_for("the iSCSI target", 20, lambda: self.tgt("show", "target") is not None)
        self.tgt("new", "target", "--tid", "1", "-T", IQN)
        for name, number in GUESTS.items():
            shutil.copy(self.image("guest.img"), self.disk(name))
            self.tgt("new", "logicalunit", "--tid", "1", "--lun", str(number), "-b", self.disk(name))
        self.tgt("bind", "target", "--tid", "1", "-I", "ALL")

    def tgt(self, op, mode, *args):
        return run("ip", "netns", "exec", self.netns, "env", self._socket(), "tgtadm", "--lld", "iscsi", "--op", op,
            "--mode", mode, *args)

    def _socket(self):
        """Another tgtd of this machine is none of the lab's business."""
        return "TGT_IPC_SOCKET=" + os.path.join(self.dir, "tgtd.socket")

    def disk(self, guest):
        return os.path.join(self.dir, guest + ".img")

    def put_guest(self, machine, name, number):
        text = GUEST % {"name": name, "number": number, "iqn": IQN, "type": "pv" if name.startswith("pv") else "pvh",
            "memory": 160}
        path = os.path.join(self.dir, name + ".cfg")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        machine.put(path, "/etc/xen/%s.cfg" % name)

    def create(self, guest, host):
        self.hosts[host].ssh("xl create -q /etc/xen/%s.cfg" % guest, 180)

    def heartbeats(self, guest):
        """The counts in the guest's file, read off a copy of its disk."""
        copy = self.disk(guest) + ".copy"
        shutil.copy(self.disk(guest), copy)
        subprocess.run(["e2fsck", "-fy", copy], capture_output=True, check=False)
        text = run("debugfs", "-R", "cat /heartbeat", copy)
        os.unlink(copy)
        return [int(line.split()[0]) for line in text.splitlines() if line.strip()]

    def cut(self, host, net=0):
        self.ip("link", "set", self.hosts[host].taps[net], "nomaster")

    def mend(self, host, net=0):
        self.ip("link", "set", self.hosts[host].taps[net], "master", "net%d" % net)

    def slow(self, host, rate, net=1):
        """What a host sends to its machine is shaped, as of tc's tbf: "20mbit"; "": no longer."""
        tap = self.hosts[host].taps[net]
        netns = ["ip", "netns", "exec", self.netns, "tc", "qdisc"]
        subprocess.run([*netns, "del", "dev", tap, "root"], capture_output=True, check=False)
        if rate:
            run(*netns, "add", "dev", tap, "root", "tbf", "rate", rate, "burst", "64kb", "latency", "200ms")

    def power_on(self, host):
        self.hosts[host].start()
        self.hosts[host].wait_up()
        self.hosts[host].prepare()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def command(lab, verb, args):
    if verb == "up":
        lab.add_hosts(int(args[0]) if args else 2)
        lab.up()
    elif verb == "down":
        lab.save_logs()
        lab.down()
    elif verb == "status":
        for name in ["tgtd", *lab.hosts]:
            print("%-6s %s" % (name, "up" if lab.is_alive(name) else "down"))
            if name in lab.hosts and lab.is_alive(name):
                for guest, (_, state, uuid) in lab.hosts[name].domains().items():
                    print("         %-16s %s %s" % (guest, state, uuid))
    elif verb == "ssh":
        os.execvp("ip", lab.hosts[args[0]].ssh_command(*args[1:]))
    elif verb in ("heat", "cool"):
        lab.hosts[args[0]].heat(args[1] if len(args) > 1 else HOT if verb == "heat" else COOL)
    elif verb in ("cut", "mend"):
        for net in range(2):
            getattr(lab, verb)(args[0], net)
    elif verb == "slow":
        lab.slow(args[0], args[1] if len(args) > 1 else "")
    elif verb == "off":
        lab.hosts[args[0]].off()
    elif verb == "on":
        lab.power_on(args[0])
    elif verb == "put":
        lab.hosts[args[0]].put(args[1], args[2])
    elif verb == "install":
        lab.hosts[args[0]].install(args[1:])
    elif verb == "create":
        lab.create(*args[:2])
    elif verb == "heartbeats":
        print("%d heartbeats, the last is %d" % (len(beats := lab.heartbeats(args[0])), beats[-1] if beats else 0))
    else:
        raise Failed("no command '%s'; see --help" % verb)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default="build-xenlab")
    parser.add_argument("verb")
    parser.add_argument("args", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was begun is undone
    try:
        command(Lab(options.build, lasting=True, say=print), options.verb, options.args)
    except KeyError as unknown:
        sys.exit("lab.py: no host %s" % unknown)
    except IndexError:
        sys.exit("lab.py: %s: an argument is missing; see --help" % options.verb)
    except Failed as failure:
        sys.exit("lab.py: %s" % failure)


if __name__ == "__main__":
    main()
