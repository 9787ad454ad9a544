"""What ./try --fault breaks while guests are moved."""

import os

from witness import kill
from pool import Failed

MEND_S = 2


def link_cut(p, move):
    p.run_on(move["from"], "ss", "-K", "dst", p.address(move["to"]), "dport", ">=", ":7810")
    return "the connection from %s to %s is cut" % (move["from"], move["to"])


def xl_killed(p, move):
    domid = int(move["uuid"][-12:])  # as it was started
    kill(p, move["from"], "fakexl.py migrate -s  %d " % domid)
    return "the xl that sends %s is killed" % move["guest"]


def actuator_killed(p, move):
    p.end(move["to"] + ".actuator")
    return "%s's actuator is killed" % move["to"]


def actuator_back(p, move):
    p.start_actuator(move["to"])
    return "%s's actuator is started again, as systemd would" % move["to"]


def engine_killed(p, _move):
    p.end_engine()
    return "the engine is killed"


def engine_back(p, _move):
    p.start_engine()
    return "the engine is started again, as systemd would"


class Fault:
    """strike(p, move) breaks something in the middle of a move, and mend(p, move) is called
    MEND_S later; lacking: {host: LUNs} that it has no device for, from the start.  ends: how at
    least one order must end then, if any; stay: the guests that no host can take."""

    def __init__(self, about, strike=None, mend=None, ends=None, lacking=None, stay=()):
        self.about, self.strike, self.mend, self.ends, self.lacking = about, strike, mend, ends, lacking or {}
        self.stay = stay

    def prepare(self, p):
        for host, luns in self.lacking.items():
            for lun in luns:
                os.unlink(p.path(host + ".dev", "lun%d" % lun))

    def judge(self, orders):
        if self.ends and not any(o["outcome"] == self.ends for o in orders):
            raise Failed("the fault was not felt: no order ended with %s" % self.ends)


FAULTS = {
    "link-cut": Fault("the connection of a move is cut while memory flows", link_cut, ends="stayed"),
    "xl-killed": Fault("the xl that sends a guest is killed", xl_killed, ends="stayed"),
    "actuator-killed": Fault("the target's actuator is killed, and started again", actuator_killed, actuator_back),
    "engine-killed": Fault("the engine is killed, and started again", engine_killed, engine_back),
    # The two smallest go first, and one of them to n2.
    "disk-missing": Fault("n2 has no device for the disks of mail and build", ends="refused", lacking={"n2": (2, 5)}),
    "disk-nowhere": Fault("neither n2 nor n3 has a device for the disk of mail, which stays: ./try fails", ends="refused",
        lacking={"n2": (2,), "n3": (2,)}, stay=("mail",)),
}
