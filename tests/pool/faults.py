"""What ./try --fault breaks while guests are moved."""

import os
import threading

from guests import kill
from pool import Failed

RESTART = 2  # seconds until what was killed is started again, as systemd would


def link_cut(p, move):
    p.run_on(move["from"], "ss", "-K", "dst", p.address(move["to"]), "dport", ">=", ":7810")
    return "the connection from %s to %s is cut" % (move["from"], move["to"])


def xl_killed(p, move):
    domid = int(move["uuid"][-12:])  # as it was started
    kill(p, move["from"], "fakexl.py migrate -s  %d " % domid)
    return "the xl that sends %s is killed" % move["guest"]


def _killed(p, what, restart):
    child = p.children.pop(what)
    child.kill()
    child.wait()
    threading.Timer(RESTART, restart).start()


def actuator_killed(p, move):
    _killed(p, move["to"] + ".actuator", lambda: p.start_actuator(move["to"]))
    return "%s's actuator is killed; it is started again after %d s" % (move["to"], RESTART)


def engine_killed(p, _move):
    _killed(p, "engine", p.start_engine)
    os.unlink(p.path("door"))
    return "the engine is killed; it is started again after %d s" % RESTART


class Fault:
    """strike(p, move) breaks something in the middle of a move; lacking are devices that
    are missing from the start, {host: LUNs}.  ends: how at least one order must end, if any."""

    def __init__(self, about, strike=None, ends=None, lacking=None):
        self.about, self.strike, self.ends, self.lacking = about, strike, ends, lacking or {}

    def prepare(self, p):
        for host, luns in self.lacking.items():
            for lun in luns:
                os.unlink(p.path(host + ".dev", "lun%d" % lun))

    def judge(self, orders):
        if self.ends and not any(o["outcome"] == self.ends for o in orders):
            raise Failed("the fault was not felt: no order ended with %s" % self.ends)


FAULTS = {
    "link-cut": Fault("the connection of a move is cut while memory flows", link_cut, "stayed"),
    "xl-killed": Fault("the xl that sends a guest is killed", xl_killed, "stayed"),
    "actuator-killed": Fault("the target's actuator is killed, and started again", actuator_killed),
    "engine-killed": Fault("the engine is killed, and started again", engine_killed),
    "disk-missing": Fault("n2 has no device for two guests' disks", None, "refused", {"n2": (1, 3)}),
}
