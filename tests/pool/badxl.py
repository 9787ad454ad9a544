#!/usr/bin/env python3
"""The imitated xl with faults: the file BADXL_FAULT, while it is there, says which; a line is
a verb and what is wrong with it."""

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
    """Dies of a signal instead of saying a word, to the other xl or to its helper."""
    def apply(_args):
        send = fakexl.send

        def dying(fd, data):
            if data.startswith(getattr(fakexl, what, what.encode())):
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


def die_on_go(_args):
    """The target's xl hears GO, and dies before it has done anything about it."""
    exactly = fakexl.exactly

    def dying(fd, size):
        got = exactly(fd, size)
        if got == fakexl.GO:
            os.kill(os.getpid(), 11)
        return got
    fakexl.exactly = dying


def end_at_permission(_args):
    """The target's xl has asked for it, and does not wait for the answer."""
    send = fakexl.send

    def ending(fd, data):
        send(fd, data)
        if data == fakexl.READY:
            os._exit(1)
    fakexl.send = ending


def not_started(_args):
    """Says that the guest runs, and has not started it."""
    fakexl.start = lambda _domid, _name: 0


def started_after_all(_args):
    """The guest runs; xl says that it could not be started, and cannot destroy it."""
    start = fakexl.start
    fakexl.start = lambda domid, name: start(domid, name) or 1
    fakexl.drop = status(1)


def restoring(how):
    """Something happens to it while its helper takes in the guest's memory."""
    def apply(_args):
        helper = fakexl.helper

        def begin(*args, **more):
            child = helper(*args, **more)
            time.sleep(0.2)
            how(child)
            return child
        fakexl.helper = begin
    return apply


def dies(_child):
    os.kill(os.getpid(), 11)


def deaf(_args):
    """Takes the end of its pipes for no end of anything."""
    def never(*_):
        hang(_args)
    fakexl.resume = never


def suspend_late(_args):
    """Gives up a guest that did not suspend in time, and does so afterwards."""
    def failing(_fd, domid, _size):
        fakexl.say("migration sender: libxl_domain_suspend failed (rc=-8)\n"
            "Migration failed, failed to suspend at sender.")
        if os.fork():
            os._exit(1)
        os.setsid()
        for fd in range(3):
            os.close(fd)
        time.sleep(2)
        with fakexl.State() as state:
            state.edit(state.find(domid), state=fakexl.SUSPENDED)
        os._exit(0)
    fakexl.stream = failing


def leave_dying(_args):
    """The original is destroyed, and does not go."""
    def dying(domid):
        with fakexl.State() as state:
            state.edit(state.find(domid), state="d")
    fakexl.drop = dying


def listing(change):
    """The list of domains is another one: change() has the guests."""
    def apply(_args):
        domains = fakexl.State.domains

        def other(state):
            found = domains(state)
            return [d for d in found if d["id"] == 0] + change([d for d in found if d["id"]])
        fakexl.State.domains = other
    return apply


def each(**words):
    return lambda guests: [{**guest, **words} for guest in guests]


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
    "hangs-at-report": hang_at("REPORT"), "cannot-start": cannot_start, "dies-at-banner": die_at("BANNER"),
    "dies-suspended": die_at("done"), "dies-on-go": die_on_go, "ends-at-permission": end_at_permission, "not-started": not_started,
    "started-after-all": started_after_all, "dies-restoring": restoring(dies), "hangs-restoring": restoring(hang),
    "fails-restoring": restoring(lambda child: child.kill()), "deaf": deaf, "suspends-late": suspend_late,
    "leaves-it-dying": leave_dying, "lists-none": listing(lambda guests: []),
    "lists-twice": listing(lambda guests: 2 * guests), "lists-another-name": listing(each(name="other")),
    "lists-it-paused": listing(each(state="p")), "lists-it-crashed": listing(each(state="c")),
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
            faults = dict(line.split() for line in f)
    except OSError:
        return fakexl.main(args)
    if args and args[0] in faults:
        FAULTS[faults[args[0]]](args)
    return fakexl.main(args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
