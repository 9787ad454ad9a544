"""What a target looks at before a guest comes: real engine, monitors and actuators over an
imitated hypervisor and xl.  The guest's configuration, as libxl keeps it on the source, asks
for something, or the target is not well; the first try is refused as the table says, and once
that is mended the guest moves.

Usage: test_preflight.py --build BUILD [NAME...]
"""

import fcntl
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import test_berth
from faults import change_free
from guests import UUID
from test_berth import MOVED, judge, play

REFUSED = ("refused",)
WRITTEN = re.compile(r"^(domain (\d+) name=web .*\bmem=)(\d+)MiB", re.M)


# --- what the guest asks for ------------------------------------------------------


def config_name(p, source):
    """Where libxl keeps the guest's configuration."""
    with open(p.path(source + ".xen"), encoding="utf-8") as f:
        domid = WRITTEN.search(f.read()).group(2)
    return "%s.var/lib/xen/userdata-d.%s.%s.libxl-json" % (source, domid, UUID % 1)


def grow(p, source):
    """By a MiB, which the engine shows once a report has it, and with it all that came before."""
    change_free(p.path(source + ".xen"), lambda free: free - 1)
    with open(p.path(source + ".xen"), "r+", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        text = f.read()
        mib = int(WRITTEN.search(text).group(3)) + 1
        f.seek(0)
        f.write(WRITTEN.sub(r"\g<1>%dMiB" % mib, text))
    pool.wait_for("the engine to know", 20, lambda: any(
        guest["memory_kib"] == mib << 10 for guest in p.ask("guests")["guests"]), p.check_alive)


def asks(config):
    def begin(p, source, _target):
        name = config_name(p, source)
        p.write(name, json.dumps(config) + "\0")
        grow(p, source)
        return lambda: p.write(name, "{}\0")
    return begin


def build(**members):
    return asks({"c_info": {}, "b_info": members})


# --- what the target lacks --------------------------------------------------------


def read_only(folder):
    def begin(p, _source, target):
        p.run_on(target, "mount", "-o", "remount,bind,ro", folder)
        return lambda: p.run_on(target, "mount", "-o", "remount,bind,rw", folder)
    return begin


def missing(folder):
    def begin(p, _source, target):
        path = p.path(target + ".var", folder)
        os.rename(path, path + ".away")
        return lambda: os.rename(path + ".away", path)
    return begin


def run_filled(p, _source, target):
    """All but 64 KiB: an order's folder still has room, what follows has not."""
    path = p.path(target + ".orders", "filler")
    room = os.statvfs(p.path(target + ".orders"))
    with open(path, "wb") as f:
        f.write(b"\0" * (room.f_bavail * room.f_frsize - (64 << 10)))
    return lambda: os.unlink(path)


# What is so before the first try, how that ends, why, and a part of the sentence.
CASES = {
    "nothing": (asks({}), MOVED, None, ""),
    "kernel": (build(kernel="/etc/passwd", ramdisk="/etc/group"), MOVED, None, ""),
    "no-kernel": (build(kernel="/no/such/kernel"), REFUSED, "no-file", "kernel /no/such/kernel is not here"),
    "no-ramdisk": (build(kernel="/etc/passwd", ramdisk="/etc"), REFUSED, "no-file", "ramdisk /etc is no file here"),
    "cpupool": (asks({"c_info": {"pool_name": "Pool-0"}}), MOVED, None, ""),
    "no-cpupool": (asks({"c_info": {"pool_name": "fast"}}), REFUSED, "cpupool", "cpupool fast is not here"),
    "pinned": (build(vcpu_hard_affinity=[[7, 8], [0]]), MOVED, None, ""),
    "pinned-elsewhere": (build(vcpu_hard_affinity=[[0], [8, 9]]), REFUSED, "pinned",
        "bound to processors 8-9, and cpupool Pool-0 here has 0-7"),
    "lib-read-only": (read_only("/var/lib"), REFUSED, "not-writable", "8192 KiB cannot be written to /var/lib/xen"),
    "no-log-folder": (missing("log/xen"), REFUSED, "not-writable", "/var/log/xen here: No such file"),
    "run-full": (run_filled, REFUSED, "not-writable", "No space left"),
}


def prepare(p):
    return p


def play_case(p, _world, begin, ends, why, sentence):
    mend = []
    row = play(p, lambda source, target: mend.append(begin(p, source, target)), lambda *_: mend[0]())
    judge(row, ends, (why,))
    assert sentence in (row["detail"] or ""), row
    return row


if __name__ == "__main__":
    sys.exit(test_berth.run(__file__, CASES, prepare, play_case))
