#!/usr/bin/env python3
"""The imitated xl with a fault: the file BADXL_FAULT, while it is there, says which."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakexl


def rubbish(what):
    """Says something of the same length in the place of one of xl's words."""
    def apply(_args):
        setattr(fakexl, what, b"#" * len(getattr(fakexl, what)))
    return apply


def status(number):
    return lambda _args: sys.exit(number)


def hang(_args):
    time.sleep(3600)


def die_at(what):
    """Dies of a signal instead of saying a word."""
    def apply(_args):
        send = fakexl.send

        def dying(fd, data):
            if data.startswith(getattr(fakexl, what)):
                os.kill(os.getpid(), 11)
            send(fd, data)
        fakexl.send = dying
    return apply


def hang_at(what):
    def apply(_args):
        send = fakexl.send

        def hanging(fd, data):
            if data.startswith(getattr(fakexl, what)):
                time.sleep(3600)
            send(fd, data)
        fakexl.send = hanging
    return apply


def with_config(**members):
    """Sends a configuration that a good xl would not."""
    def apply(_args):
        config = fakexl.config

        def other(domain):
            made = config(domain)
            for part, values in members.items():
                if isinstance(values, dict):
                    made.setdefault(part, {}).update(values)
                else:
                    made[part] = values
            return made
        fakexl.config = other
    return apply


def cannot_start(_args):
    """The target's xl has all of it, and unpausing it fails."""
    exactly = fakexl.exactly
    fakexl.exactly = lambda fd, size: b"#" * len(exactly(fd, size)) if size == len(fakexl.GO) else exactly(fd, size)


def flood(_args):
    """Rubbish where a list is expected."""
    sys.stdout.write("\0\xff rubbish\n" * 20000)
    sys.exit(0)


def quiet(_args):
    sys.exit(0)


FAULTS = {
    "exits-127": status(127), "exits-1": status(1), "quiet": quiet, "hangs": hang, "floods": flood,
    "rubbish-banner": rubbish("BANNER"), "rubbish-ready": rubbish("READY"), "rubbish-go": rubbish("GO"),
    "rubbish-report": rubbish("REPORT"), "dies-at-ready": die_at("READY"), "dies-at-go": die_at("GO"),
    "dies-at-report": die_at("REPORT"), "hangs-at-ready": hang_at("READY"), "hangs-at-go": hang_at("GO"),
    "hangs-at-report": hang_at("REPORT"), "cannot-start": cannot_start,
    "bootloader": with_config(b_info={"bootloader": "/tmp/evil"}),
    "firmware": with_config(b_info={"type.hvm": {"firmware": "/tmp/evil"}}),
    "script": with_config(nics=[{"devid": 0, "script": "/etc/xen/scripts/../../../tmp/evil"}]),
    "p9s": with_config(p9s=[{"tag": "share", "path": "/"}]),
    "own-disk": with_config(disks=[{"pdev_path": "/dev/null", "vdev": "xvda"}]),
    "another-disk": with_config(disks=[{"pdev_path": "/dev/lun2", "vdev": "xvda"}]),
    "another-bridge": with_config(nics=[{"devid": 0, "bridge": "management"}]),
    "more-memory": with_config(b_info={"max_memkb": 64 << 20}),
    "iomem": with_config(b_info={"iomem": [{"start": 0, "number": 1, "gfn": 0}]}),
    "driver-domain": with_config(c_info={"driver_domain": "True"}),
    "another-guest": with_config(c_info={"uuid": "c0ffee00-0000-4000-8000-0000000000ff"}),
    "another-name": with_config(c_info={"name": "Domain-0"}),
    "no-kernel": with_config(b_info={"kernel": "/nonexistent/vmlinuz"}),
    "pci": with_config(pcidevs=[{"func": 0, "bus": 1}]),
    "vnuma": with_config(b_info={"vnuma_nodes": [{"memkb": 1048576}]}),
    "nomigrate": with_config(b_info={"disable_migrate": "True"}),
}


def main(args):
    try:
        with open(os.environ["BADXL_FAULT"], encoding="utf-8") as f:
            verb, fault = f.read().split()
    except OSError:
        return fakexl.main(args)
    if args[:1] == [verb]:
        FAULTS[fault](args)
    return fakexl.main(args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
