#!/usr/bin/env python3
"""Stands in for xl over the imitated hypervisor's state file (fakexen.h).

Speaks what xl speaks where an actuator can hear it: `list -v`, `list -l`, `info`,
`network-list`, `cpupool-list -c`, `migrate -s '' ID COMMAND`, `migrate-receive`, `rename`, `pause`, `unpause`, `destroy`,
from Xen 4.20 on `resume`, `create --quiet --dryrun --defconfig FILE`; and `wait ID`, which only pool.py says: as if xl had
started that guest.  What it says and how it fails is held against what the real one said by test_captures.py.

A guest's memory is FAKEXL_BYTES bytes, or with 0 as many as it has, sent at FAKEXL_RATE bytes a
second; before its first word, each one after the memory, and the end of the original it waits
FAKEXL_TAIL seconds.  As with the real one a helper of its own process carries the memory: one that
saves ends with its xl, and one that restores goes on without.

While the file FAKEXEN_STATE.hold names a phase (`prepare`, `connected`, `copying`, `ready`, `released`,
`go`, `started`), a migration stays in it: before its next word, or sending its second half a little
at a time.  In `berthed` and `proving` it is a list of domains that takes its time, in `resume` that
verb, and in `clean` a destroy.
"""

import ctypes
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time

import xlconfig

STATE = os.environ["FAKEXEN_STATE"]
BYTES = int(os.environ.get("FAKEXL_BYTES", 8 << 20))
RATE = int(os.environ.get("FAKEXL_RATE", 64 << 20))
TAIL = float(os.environ.get("FAKEXL_TAIL", 0))  # seconds before each word of the tail
CHUNK = 64 << 10
HELD = {"list": ("berthed", "proving"), "resume": ("resume",), "destroy": ("clean",)}
LITTLE = 0.25  # seconds for each chunk while the copy is held: never a stall
BANNER = b"xl migration receiver ready, send binary domain data.\n"
READY = b"domain received, ready to unpause\0"
GO = b"domain is yours, you are cleared to unpause\0"
REPORT = b"my copy unpause results are as follows\0"
MAGIC = b"Xen saved domain, xl format\n \0 \r"
STREAM = b"fake stream\0"
HELPER, PR_SET_PDEATHSIG = "libxl-save-helper", 1
WAIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "xlwait.py")
LOGS = "/var/log/xen"
SUSPENDED, FLAGS = "S", {"r": "r-----", "b": "-b----", "p": "--p---", "s": "---s--", "S": "---s--",
    "c": "---sc-", "d": "-----d"}


class State:
    """The state file under an exclusive lock; written back if it was changed."""

    def __enter__(self):
        self.file = open(STATE, "r+", encoding="utf-8")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.lines = self.file.read().splitlines()
        self.before = list(self.lines)
        return self

    def __exit__(self, *_):
        if self.lines != self.before:
            text = "\n".join(self.lines) + "\n"
            self.file.seek(0)
            self.file.write(text)
            self.file.truncate()
        self.file.close()

    def host(self):
        line = next(line for line in self.lines if line.startswith("host "))
        return dict(re.findall(r"(\S+?)=(\"[^\"]*\"|\S+)", line))

    def domains(self):
        found = []
        for at, line in enumerate(self.lines):
            if line.startswith("domain "):
                words = dict(word.split("=", 1) for word in line.split()[2:])
                found.append({"at": at, "id": int(line.split()[1]), **words})
        return found

    def find(self, key):
        return next((d for d in self.domains() if str(d["id"]) == key or d.get("name") == key), None)

    def edit(self, domain, **words):
        for key, value in words.items():
            self.lines[domain["at"]] = re.sub(r"\b%s=\S+" % key, "%s=%s" % (key, value), self.lines[domain["at"]])

    def drop(self, domain):
        del self.lines[domain["at"]]
        self.give(mib(domain["mem"]))

    def give(self, more):
        """Free memory of the host, in MiB."""
        at = next(at for at, line in enumerate(self.lines) if line.startswith("host "))
        self.lines[at] = re.sub(r"\bfree=(\d+)MiB", lambda m: "free=%dMiB" % (int(m.group(1)) + more), self.lines[at])

    def add(self, words):
        new = 1 + max(d["id"] for d in self.domains())
        self.lines.append("domain %d %s" % (new, " ".join("%s=%s" % item for item in words.items())))
        self.give(-mib(words["mem"]))
        return new


def held(*phases):
    try:
        with open(STATE + ".hold", encoding="utf-8") as f:
            return f.read().strip() in phases
    except FileNotFoundError:
        return False


def stay(*phases):
    while held(*phases):
        time.sleep(0.02)


def take_time(phase):
    stay(phase)
    time.sleep(TAIL)


def say(text):
    print(text, file=sys.stderr, flush=True)


def mib(text):
    return int(re.match(r"\d+", text).group())


def list_all(args):
    with State() as state:
        domains = state.domains()
    if args[:1] == ["-l"]:
        chosen = [d for d in domains if str(d["id"]) in args[1:]]
        if not chosen and args[1:]:
            say("Error: Domain '%s' does not exist." % args[1])
            return 1
        print(json.dumps([{"domid": d["id"], "config": config(d)} for d in chosen], indent=4))
        return 0
    print("Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID"
        "                            Reason-Code\tSecurity Label")
    for d in domains:
        uuid = d.get("uuid", "00000000-0000-0000-0000-000000000000")
        reason = "2" if d["state"] == SUSPENDED else "-"
        print("%-40s %5d %5d %5s     %s %8.1f %s %8s %16s" % (d.get("name", "(null)"), d["id"], mib(d["mem"]),
            d["vcpus"], FLAGS[d["state"]], 1.0, uuid, reason, "-"))
    return 0


def info(name=None):
    with State() as state:
        host = state.host()
    major, minor = host["xen"].split(".")[:2]
    facts = {"xen_major": major, "xen_minor": minor, "free_memory": mib(host["free"]), "virt_caps": "pv hvm hap",
        "xen_caps": "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ", "xen_commandline": "dom0_mem=2048M"}
    for key, value in facts.items():
        if name in (None, key):
            print(value if name else "%-22s : %s" % (key, value))
    return 0


def cpupool_list(args):
    """One cpupool, as Xen makes it, of all processors."""
    with State() as state:
        cpus = int(state.host()["cpus"])
    if args != ["-c"]:
        return 2
    print("%-19s%s\n%-19s%s" % ("Name", "CPU list", "Pool-0", ",".join(map(str, range(cpus)))))
    return 0


def network_list(domid):
    with State() as state:
        domain = state.find(domid)
    print("Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path")
    for card, _ in enumerate(filter(None, (domain or {}).get("bridges", "").split(","))):
        print("%-3d 0  00:16:3e:00:%02x:%02x %6d     4     -1      -1/-1      /local/domain/0/backend/vif/%s/%d" % (
            card, int(domid) & 0xff, card, card, domid, card))
    return 0


def wait_for_end(domid, name):
    """Leave a process behind that ends with the guest."""
    logs, of_host = LOGS, re.sub(r"\.xen$", ".var/log/xen", STATE)
    if not (os.path.isdir(logs) and os.path.isdir(of_host) and os.path.samefile(logs, of_host)):
        logs = STATE + ".xl"  # no pool's host: nothing is left in this machine's own folder
        os.makedirs(logs, exist_ok=True)
    path = os.path.join(logs, "xl-%s.log" % name)
    with open(path, "ab"):
        pass
    # It says nothing; and where nobody writes, a disk can be made read-only.
    with open(path, "rb") as log:
        subprocess.Popen([sys.executable, "-S", WAIT, domid], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
    return 0


def config(d):
    """As libxl would say it; what only the imitation knows of a guest travels in its command line."""
    fake = {key: value for key, value in d.items() if key not in ("at", "id")}
    return {"c_info": {"type": d["type"], "name": d["name"], "uuid": d["uuid"]},
        "b_info": {"max_vcpus": int(d["vcpus"]), "max_memkb": 1024 * mib(d["mem"]), "type.pvh": {}, "cmdline": json.dumps(fake)},
        "disks": [{"pdev_path": disk, "vdev": "xvda"} for disk in d.get("disks", "").split(",") if disk],
        "nics": [{"devid": 0, "bridge": bridge} for bridge in d.get("bridges", "").split(",") if bridge]}


def kind(d):
    return "PV" if d["type"] == "pv" else "HVM"


def exactly(fd, size):
    got = b""
    while len(got) < size:
        more = os.read(fd, size - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def send(fd, data):
    while data:
        data = data[os.write(fd, data):]


def save(fd, size):
    """Memory while the guest runs, and the last of it once xl has suspended it."""
    send(fd, STREAM + struct.pack("<Q", size))
    started, sent = time.monotonic(), 0
    while sent < size:
        if sent >= size - CHUNK:
            send(1, b"suspend")
            exactly(0, len(b"done"))
        piece = min(CHUNK, size - sent)
        send(fd, os.urandom(piece))
        sent += piece
        if sent >= size // 2 and held("copying"):
            time.sleep(LITTLE)
        ahead = sent / RATE - (time.monotonic() - started)
        if ahead > 0:
            time.sleep(ahead)


def restore(fd):
    size = struct.unpack("<Q", exactly(fd, len(STREAM) + 8)[len(STREAM):])[0]
    while size:
        size -= len(exactly(fd, min(size, CHUNK)))


def help_xl(verb, fd, size="0"):
    """What a helper does; its exit."""
    try:
        if verb == "--save-domain":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            save(int(fd), int(size))
        else:
            restore(int(fd))
    except (EOFError, BrokenPipeError, ConnectionError):
        return 1
    return 0


def helper(*args, fd, **streams):
    return subprocess.Popen([sys.executable, "-S", os.path.abspath(__file__), HELPER, args[0], str(fd), *args[1:]],
        pass_fds=[fd], **streams)


def stream(fd, domid, size):
    """The guest's memory by a helper; whether that went well, and the guest is suspended."""
    child = helper("--save-domain", str(size), fd=fd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    try:
        exactly(child.stdout.fileno(), len(b"suspend"))
        with State() as state:
            state.edit(state.find(domid), state=SUSPENDED)
        send(child.stdin.fileno(), b"done")
    except (EOFError, BrokenPipeError):
        pass
    return child.wait() == 0


def resume(domid, name=None):
    with State() as state:
        d = state.find(domid)
        state.edit(d, state="b", **({"name": name} if name else {}))


def migrate(args):
    if args[:2] != ["-s", ""]:
        return 2
    domid, command = args[2:4]
    with State() as state:
        domain = state.find(domid)
    if not domain:
        say("%s is an invalid domain identifier (rc=-6)" % domid)
        return 1
    domid = str(domain["id"])
    child = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    to, fro = child.stdin.fileno(), child.stdout.fileno()
    text = json.dumps(config(domain), indent=4).encode() + b"\0"
    head = MAGIC + struct.pack("<IIII", 0x01020304, 3, 0, 4 + len(text)) + struct.pack("<I", len(text)) + text
    try:
        if exactly(fro, len(BANNER)) != BANNER:
            raise EOFError
        say("Saving to migration stream new xl format (info 0x3/0x0/%d)" % (4 + len(text)))
        stay("connected")
        send(to, head)
        say("xc: info: Saving domain %s, type x86 %s" % (domid, kind(domain)))
        if domain["type"] == "pv":  # Debian's Xen has no shadow paging
            say("migration sender: libxl_domain_suspend failed (rc=-8)\n"
                "Migration failed, failed to suspend at sender.")
            return 1
        if not stream(to, domid, BYTES or mib(domain["mem"]) << 20):
            say("migration sender: libxl_domain_suspend failed (rc=-3)")
            raise EOFError
        if exactly(fro, len(READY)) != READY:
            raise EOFError
    except (EOFError, BrokenPipeError):
        child.stdin.close()
        say("Migration failed, resuming at sender.")
        resume(domid)
        return 1
    say("migration sender: Target has acknowledged transfer.")
    with State() as state:
        state.edit(state.find(domid), name=domain["name"] + "--migratedaway")
    say("migration sender: Giving target permission to start.")
    try:
        take_time("released")
        send(to, GO)
        exactly(fro, len(REPORT))
        code = exactly(fro, 1)[0]
        if code:
            say("migration sender: Target reports startup failure (status code %d)." % code)
            exactly(fro, len(GO))
    except (EOFError, BrokenPipeError):
        say("** Migration failed during final handshake **\nDomain state is now undefined !")
        return 1
    if code:
        say("migration sender: Trying to resume at our end.")
        resume(domid, domain["name"])
        say("migration sender: Resumed OK.")
        say("Migration failed due to problems at target.")
        return 1
    say("migration sender: Target reports successful startup.")
    take_time("started")
    drop(domid)
    say("Migration successful.")
    return 0


def receive():
    say("migration target: Ready to receive domain.")
    take_time("prepare")
    send(1, BANNER)
    domid = None
    try:
        head = exactly(0, 48)
        length = struct.unpack_from("<I", head, 44)[0]
        say("Loading new save file <incoming migration stream> (new xl fmt info 0x3/0x0/%d)\n"
            " Savefile contains xl domain config in JSON format\nParsing config from <saved>" % length)
        text = exactly(0, length)[4:].rstrip(b"\0")
        fake = json.loads(json.loads(text)["b_info"]["cmdline"])
        name = fake["name"]
        with State() as state:
            if state.find(name + "--incoming"):
                raise EOFError
            if mib(fake["mem"]) > mib(state.host()["free"]):
                raise EOFError
            domid = str(state.add({**fake, "name": name + "--incoming", "state": "p"}))
        wait_for_end(domid, name + "--incoming")
        say("xc: info: Found x86 %s domain from Xen 4.17\nxc: info: Restoring domain" % kind(fake))
        if helper("--restore-domain", fd=0).wait() != 0:
            raise EOFError
        say("xc: info: Restore successful\nxc: info: XenStore: mfn 0xfeffc, dom 0, evt 1\n"
            "xc: info: Console: mfn 0xfefff, dom 0, evt 2")
    except EOFError:
        if domid:
            drop(domid)
        say("migration target: Domain creation failed (code -3).")
        return 1
    say("migration target: Transfer complete, requesting permission to start domain.")
    try:
        take_time("ready")
        send(1, READY)
        code = start(domid, name) if exactly(0, len(GO)) == GO else 1
    except EOFError:
        code = 255
    except BrokenPipeError:
        return 1
    try:
        take_time("go")
        send(1, REPORT + bytes([code]))
        if code:
            say("migration target: Failure, destroying our copy.")
            drop(domid)
            say("migration target: Cleanup OK, granting sender permission to resume.")
            send(1, GO)
    except BrokenPipeError:
        return 1
    return 0


def start(domid, name):
    """The copy gets the guest's name and runs; a code that is 0 if so."""
    say("migration target: Got permission, starting domain.")
    with State() as state:
        if state.find(name):
            return 6
        state.edit(state.find(domid), name=name, state="b")
    say("migration target: Domain started successsfully.")
    return 0


def drop(domid):
    with State() as state:
        state.drop(state.find(domid))


def change(verb, args):
    """As the real one, unpause takes it for done where there is no such domain."""
    with State() as state:
        domain = state.find(args[0])
        if not domain:
            say({"rename": "Can't rename domain '%s'." % args[0], "destroy": "destroy failed (rc=-21)"}.get(verb,
                "libxl: error: libxl_dom.c:37:libxl__domain_type: unable to get domain type for domid=%s" % args[0]))
            return verb != "unpause"
        if verb == "rename":
            if (state.find(args[1]) or domain)["id"] != domain["id"]:
                say("Can't rename domain '%s'." % args[0])
                return 1
            state.edit(domain, name=args[1])
        elif verb == "destroy":
            state.drop(domain)
        else:
            state.edit(domain, state="p" if verb == "pause" else "b")
    return 0


def has_resume():
    """From Xen 4.20 on."""
    with State() as state:
        return [int(n) for n in state.host()["xen"].split(".")[:2]] >= [4, 20]


def create(args):
    if args[:3] != ["--quiet", "--dryrun", "--defconfig"]:
        return 2
    try:
        with open(args[3], encoding="utf-8") as f:
            config = xlconfig.understood(f.read())
    except OSError as fault:
        say("Failed to read config file: %s: %s" % (args[3], fault.strerror))
        return 3
    except (ValueError, IndexError, TypeError) as fault:
        say("%s: config parsing error near `%s'" % (args[3], str(fault).split("\n")[0]))
        say("Failed to parse config: Invalid argument")
        return 1
    if not config["c_info"]["name"]:
        say("Domain name must be specified.")
        return 1
    print(json.dumps(config, indent=4))
    return 0


def main(args):
    verb, rest = (args[0], args[1:]) if args else ("", [])
    stay(*HELD.get(verb, ()))
    if verb == "list":
        return list_all(rest)
    if verb == "info":
        return info(*rest)
    if verb == HELPER:
        return help_xl(*rest)
    if verb == "network-list":
        return network_list(rest[0])
    if verb == "cpupool-list":
        return cpupool_list(rest)
    if verb == "wait":
        return wait_for_end(*rest)
    if verb == "create":
        return create(rest)
    if verb == "migrate":
        return migrate(rest)
    if verb == "migrate-receive":
        return receive()
    if verb in ("rename", "pause", "unpause", "destroy") or verb == "resume" and has_resume():
        return change(verb, rest)
    say("command not implemented")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
