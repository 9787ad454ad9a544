"""The table of test_fault.py: a line is a fault in a phase of the move, how the first try
ends and why, and where the guest runs at the end.

Phases: `before` the order, `prepare` (the target is asked), `berthed` (it waits, the source has
not dialled), `connected` (memory does not flow yet), `copying`, `ready` (the target has all of it
and has not said so), `released` (the point of no return is behind), `go` (the target has been told
to start it), `started` (it runs there, the original is still to be destroyed), `proving` (both look
at their domains); and `resume` and `clean`, when the engine mends what an earlier fault has left: a
guest that its dead carrier left suspended, and an original that its dead xl did not destroy.
`held` means for good: somebody settles it by hand.
Where a why has a `*`, or an outcome a `|`, one of several things is seen first.  Rows that say
long are left out of the everyday run: their fault is in it in another phase.
"""

from collections import namedtuple

from faults import (actuator_dies, child_hangs, dies, engine_dies, engine_disk_full, engine_forgets, hangs, host_dies, link_cut,
    no_memory, parted, read_only, run_full, second_engine, strangers)

MIGRATE, RECEIVE = ("xl.py migrate -s",), ("xl.py migrate-receive",)
LIST, RESUME, DESTROY = ("xl.py list -v",), ("xl.py resume",), ("xl.py destroy",)
SAVE, RESTORE = ("libxl-save-helper --save",), ("libxl-save-helper --restore",)
CARRIER, MOVER, BUS = ("--role=carrier",), ("--role=mover",), ("--role=bus",)

ROWS = """
fault                  phase     outcome   why         runs     when
no-memory              before    refused   memory      source
source-xl-dies         connected stayed    xl-*        source   long
source-xl-dies         copying   stayed    xl-*        source
source-xl-dies         ready     stayed    xl-*        source
source-xl-dies         released  stayed    xl-*        source
source-xl-dies         go        moved     *           target
source-xl-dies         started   moved     *           target
target-xl-dies         prepare   refused   xl-*        source
target-xl-dies         berthed   stayed    *           source   long
target-xl-dies         connected stayed    *           source   long
target-xl-dies         copying   stayed    xl-*        source
target-xl-dies         ready     stayed    *           source   long
target-xl-dies         released  stayed    xl-*        source
target-xl-dies         go        moved     *           target
source-xl-hangs        copying   stayed    stalled     source
source-xl-hangs        released  moved     *           target   long
source-xl-hangs        go        moved     *           target
source-xl-hangs        started   moved     *           target   long
target-xl-hangs        prepare   stayed    late        source   long
target-xl-hangs        copying   stayed    *           source   long
target-xl-hangs        released  moved     *           target
target-xl-hangs        go        moved     *           target   long
source-helper-dies     copying   stayed    xl-*        source
target-helper-dies     copying   stayed    xl-*        source
source-helper-hangs    copying   stayed    stalled     source   long
target-helper-hangs    copying   stayed    stalled     source
source-carrier-dies    connected stayed    xl-*        source   long
source-carrier-dies    copying   stayed    xl-*        source
source-carrier-dies    ready     stayed    xl-*        source   long
source-carrier-dies    released  stayed    suspended   source
source-carrier-dies    go        moved     *           target
target-carrier-dies    prepare   refused   no-berth    source   long
target-carrier-dies    berthed   stayed    link-lost   source   long
target-carrier-dies    connected stayed    link-lost   source
target-carrier-dies    copying   stayed    link-lost   source
target-carrier-dies    ready     stayed    link-lost   source   long
target-carrier-dies    released  stayed    *           source
target-carrier-dies    go        moved     *           target
source-carrier-hangs   copying   stayed    link-lost   source
source-carrier-hangs   released  stayed    *           source   long
source-carrier-hangs   go        moved     *           target   long
target-carrier-hangs   prepare   stayed    late        source   long
target-carrier-hangs   copying   stayed    link-lost   source   long
target-carrier-hangs   released  moved     *           target
target-carrier-hangs   go        moved     *           target   long
source-mover-dies      berthed   stayed    mover-died  source   long
source-mover-dies      connected stayed    mover-died  source   long
source-mover-dies      copying   stayed    mover-died  source
source-mover-dies      ready     stayed    mover-died  source   long
source-mover-dies      released  moved     *           target
source-mover-dies      go        moved     *           target   long
source-mover-dies      started   moved     *           target   long
source-mover-dies      proving   moved     *           target   long
source-mover-dies      resume    stayed    suspended   source   long
source-mover-dies      clean     moved     *           target   long
target-mover-dies      prepare   stayed    *           source   long
target-mover-dies      berthed   stayed    *           source   long
target-mover-dies      connected stayed    *           source   long
target-mover-dies      copying   stayed    mover-gone  source   long
target-mover-dies      ready     stayed    *           source   long
target-mover-dies      released  moved     *           target
target-mover-dies      go        moved     *           target
target-mover-dies      started   moved     *           target   long
target-mover-dies      proving   moved     *           target   long
both-movers-die        berthed   stayed    mover-died  source   long
both-movers-die        connected stayed    mover-died  source   long
both-movers-die        copying   stayed    mover-died  source
both-movers-die        ready     stayed    mover-died  source   long
both-movers-die        released  moved     *           target   long
both-movers-die        go        moved     *           target
both-movers-die        started   moved     *           target   long
both-movers-die        proving   moved     *           target
source-mover-hangs     berthed   stayed    *           source   long
source-mover-hangs     copying   stayed    *           source
source-mover-hangs     ready     stayed    *           source   long
source-mover-hangs     released  moved     *           target   long
source-mover-hangs     go        moved     *           target   long
source-mover-hangs     started   moved     *           target   long
source-mover-hangs     proving   moved     *           target   long
source-mover-hangs     resume    stayed    suspended   source   long
source-mover-hangs     clean     moved     *           target   long
target-mover-hangs     prepare   stayed    *           source   long
target-mover-hangs     berthed   moved     *           target   long
target-mover-hangs     copying   moved     *           target   long
target-mover-hangs     ready     moved     *           target   long
target-mover-hangs     released  moved     *           target
target-mover-hangs     go        moved     *           target   long
target-mover-hangs     started   moved     *           target   long
target-mover-hangs     proving   moved     *           target   long
source-bus-dies        prepare   moved     *           target   long
source-bus-dies        copying   moved     *           target
source-bus-dies        released  moved     *           target   long
source-bus-dies        go        moved     *           target   long
source-bus-dies        started   moved     *           target   long
source-bus-dies        proving   moved     *           target   long
source-bus-dies        resume    stayed    suspended   source   long
source-bus-dies        clean     moved     *           target   long
target-bus-dies        prepare   moved     *           target   long
target-bus-dies        copying   moved     *           target   long
target-bus-dies        released  moved     *           target   long
target-bus-dies        go        moved     *           target
target-bus-dies        started   moved     *           target   long
both-buses-die         prepare   moved     *           target   long
both-buses-die         copying   moved     *           target   long
both-buses-die         released  moved     *           target   long
both-buses-die         go        moved     *           target
both-buses-die         started   moved     *           target   long
source-bus-hangs       prepare   stayed    *           source   long
source-bus-hangs       copying   moved     *           target
source-bus-hangs       released  moved     *           target   long
source-bus-hangs       go        moved     *           target   long
source-bus-hangs       started   moved     *           target   long
target-bus-hangs       prepare   stayed    *           source   long
target-bus-hangs       copying   moved     *           target   long
target-bus-hangs       released  moved     *           target
target-bus-hangs       go        moved     *           target   long
target-bus-hangs       started   moved     *           target   long
source-actuator-dies   prepare   stayed    *           source   long
source-actuator-dies   berthed   moved     *           target   long
source-actuator-dies   connected moved     *           target   long
source-actuator-dies   copying   moved     *           target   long
source-actuator-dies   ready     moved     *           target   long
source-actuator-dies   released  moved     *           target
source-actuator-dies   go        moved     *           target   long
source-actuator-dies   started   moved     *           target   long
source-actuator-dies   proving   moved     *           target   long
source-actuator-dies   resume    stayed    suspended   source   long
source-actuator-dies   clean     moved     *           target
target-actuator-dies   prepare   stayed    *           source
target-actuator-dies   berthed   moved     *           target   long
target-actuator-dies   connected moved     *           target   long
target-actuator-dies   copying   moved     *           target   long
target-actuator-dies   ready     moved     *           target   long
target-actuator-dies   released  moved     *           target   long
target-actuator-dies   go        moved     *           target   long
target-actuator-dies   started   moved     *           target   long
target-actuator-dies   proving   moved     *           target   long
target-actuator-dies   resume    stayed    suspended   source   long
target-actuator-dies   clean     moved     *           target   long
both-actuators-die     prepare   stayed    *           source   long
both-actuators-die     berthed   moved     *           target
both-actuators-die     connected moved     *           target   long
both-actuators-die     copying   moved     *           target
both-actuators-die     ready     moved     *           target   long
both-actuators-die     released  moved     *           target
both-actuators-die     go        moved     *           target   long
both-actuators-die     started   moved     *           target   long
both-actuators-die     proving   moved     *           target   long
both-actuators-die     resume    stayed    suspended   source   long
both-actuators-die     clean     moved     *           target   long
source-actuator-hangs  prepare   stayed    *           source   long
source-actuator-hangs  berthed   moved     *           target   long
source-actuator-hangs  copying   moved     *           target   long
source-actuator-hangs  ready     moved     *           target   long
source-actuator-hangs  released  moved     *           target   long
source-actuator-hangs  go        moved     *           target   long
source-actuator-hangs  started   moved     *           target
source-actuator-hangs  proving   moved     *           target   long
source-actuator-hangs  resume    stayed    suspended   source   long
source-actuator-hangs  clean     moved     *           target   long
target-actuator-hangs  prepare   stayed    *           source   long
target-actuator-hangs  berthed   moved     *           target   long
target-actuator-hangs  copying   moved     *           target   long
target-actuator-hangs  ready     moved     *           target   long
target-actuator-hangs  released  moved     *           target   long
target-actuator-hangs  go        moved     *           target
target-actuator-hangs  started   moved     *           target   long
target-actuator-hangs  proving   moved     *           target   long
target-actuator-hangs  resume    stayed    suspended   source   long
target-actuator-hangs  clean     moved     *           target   long
source-monitor-hangs   prepare   moved     *           target   long
source-monitor-hangs   copying   moved     *           target
source-monitor-hangs   released  moved     *           target   long
source-monitor-hangs   go        moved     *           target   long
source-monitor-hangs   started   moved     *           target   long
target-monitor-hangs   prepare   moved     *           target   long
target-monitor-hangs   copying   moved     *           target   long
target-monitor-hangs   released  moved     *           target
target-monitor-hangs   go        moved     *           target   long
target-monitor-hangs   started   moved     *           target   long
link-cut               prepare   moved     *           target   long
link-cut               connected stayed    link-lost   source   long
link-cut               copying   stayed    link-lost   source
link-cut               ready     stayed    link-lost   source   long
link-cut               released  moved     *           target
link-cut               go        moved     *           target
link-cut               started   moved     *           target   long
strangers              prepare   moved     *           target   long
strangers              copying   moved     *           target
strangers              released  moved     *           target
strangers              go        moved     *           target   long
strangers              started   moved     *           target   long
engine-dies            prepare   stayed    *           source
engine-dies            berthed   moved     *           target   long
engine-dies            connected moved     *           target   long
engine-dies            copying   moved     *           target   long
engine-dies            ready     moved     *           target   long
engine-dies            released  moved     *           target
engine-dies            go        moved     *           target   long
engine-dies            started   moved     *           target   long
engine-dies            proving   moved     *           target   long
engine-dies            resume    stayed    suspended   source
engine-dies            clean     moved     *           target   long
engine-hangs           prepare   stayed    *           source   long
engine-hangs           berthed   moved     *           target   long
engine-hangs           copying   moved     *           target   long
engine-hangs           released  moved     *           target   long
engine-hangs           go        moved     *           target
engine-hangs           started   moved     *           target   long
engine-hangs           resume    stayed    suspended   source   long
engine-hangs           clean     moved     *           target   long
engine-forgets         prepare   unknown   -           source   long
engine-forgets         copying   unknown   -           target   long
engine-forgets         released  unknown   -           target   long
engine-forgets         go        unknown   -           target
engine-forgets         started   unknown   -           target   long
engine-disk-full       prepare   stayed    *           source   long
engine-disk-full       copying   moved     *           target
engine-disk-full       released  moved     *           target   long
engine-disk-full       go        moved     *           target   long
engine-disk-full       started   moved     *           target   long
two-engines            prepare   stayed    late        source   long
two-engines            copying   moved     *           target
two-engines            released  moved     *           target   long
two-engines            go        moved     *           target   long
two-engines            started   moved     *           target   long
source-run-full        prepare   refused   no-folder   source
source-run-full        copying   stayed    journal     source
source-run-full        released  moved     *           target   long
source-run-full        go        moved     *           target   long
source-run-full        started   moved     *           target   long
target-run-full        prepare   stayed    late        source   long
target-run-full        copying   stayed    journal     source
target-run-full        released  stayed    journal     source
target-run-full        go        moved     *           target   long
target-run-full        started   moved     *           target   long
both-runs-full         prepare   stayed    *           source   long
both-runs-full         copying   stayed    journal     source
both-runs-full         released  stayed    *           source   long
both-runs-full         go        moved     *           target   long
both-runs-full         started   moved     *           target   long
source-disk-read-only  prepare   moved     *           target   long
source-disk-read-only  copying   moved     *           target
source-disk-read-only  released  moved     *           target   long
source-disk-read-only  go        moved     *           target   long
source-disk-read-only  started   moved     *           target   long
target-disk-read-only  prepare   moved     *           target   long
target-disk-read-only  copying   moved     *           target   long
target-disk-read-only  released  moved     *           target
target-disk-read-only  go        moved     *           target   long
target-disk-read-only  started   moved     *           target   long
both-disks-read-only   prepare   moved     *           target   long
both-disks-read-only   copying   moved     *           target   long
both-disks-read-only   released  moved     *           target   long
both-disks-read-only   go        moved     *           target   long
both-disks-read-only   started   moved     *           target
source-dies            prepare   ended|stayed *           nowhere  long
source-dies            berthed   ended|stayed *           nowhere  long
source-dies            connected ended|stayed *           nowhere  long
source-dies            copying   ended     forgotten   nowhere
source-dies            ready     ended|stayed *           nowhere  long
source-dies            released  ended     forgotten   nowhere  long
source-dies            go        moved     *           target
source-dies            started   moved     *           target   long
source-dies            proving   moved     *           target   long
source-dies            resume    ended     *           nowhere  long
source-dies            clean     moved     *           target   long
target-dies            prepare   stayed    *           source   long
target-dies            berthed   stayed    *           source   long
target-dies            connected stayed    *           source   long
target-dies            copying   stayed    link-lost   source
target-dies            ready     stayed    *           source   long
target-dies            released  held      link-lost   source   long
target-dies            go        held      link-lost   source   long
target-dies            started   ended     proven      nowhere
target-dies            proving   ended|moved *           nowhere  long
target-dies            resume    stayed    suspended   source   long
target-dies            clean     ended|moved *           nowhere  long
both-die               prepare   stayed    source-calm nowhere  long
both-die               berthed   ended     *           nowhere  long
both-die               connected ended     *           nowhere  long
both-die               copying   ended     forgotten   nowhere  long
both-die               ready     ended     *           nowhere  long
both-die               released  ended     forgotten   nowhere
both-die               go        ended     forgotten   nowhere  long
both-die               started   ended     forgotten   nowhere  long
both-die               proving   ended|moved *           nowhere  long
both-die               resume    ended     *           nowhere  long
both-die               clean     ended|moved *           nowhere  long
source/target          prepare   stayed    link-lost   source   long
source/target          berthed   stayed    link-lost   source   long
source/target          connected stayed    link-lost   source   long
source/target          copying   stayed    link-lost   source
source/target          ready     stayed    link-lost   source   long
source/target          released  stayed    *           source
source/target          go        moved     *           target
source/target          started   moved     *           target   long
source/target          proving   moved     *           target   long
source/target          resume    stayed    suspended   source   long
source/target          clean     moved     *           target   long
engine/source          prepare   stayed    *           source   long
engine/source          berthed   moved     *           target   long
engine/source          connected moved     *           target   long
engine/source          copying   moved     *           target   long
engine/source          ready     moved     *           target   long
engine/source          released  moved     *           target   long
engine/source          go        moved     *           target
engine/source          started   moved     *           target   long
engine/source          proving   moved     *           target   long
engine/source          resume    stayed    suspended   source   long
engine/source          clean     moved     *           target   long
engine/target          prepare   stayed    late        source
engine/target          berthed   moved     *           target   long
engine/target          connected moved     *           target   long
engine/target          copying   moved     *           target   long
engine/target          ready     moved     *           target   long
engine/target          released  moved     *           target   long
engine/target          go        moved     *           target   long
engine/target          started   moved     *           target   long
engine/target          proving   moved     *           target   long
engine/target          resume    stayed    suspended   source   long
engine/target          clean     moved     *           target   long
engine/both            prepare   stayed    *           source   long
engine/both            berthed   moved     *           target   long
engine/both            connected moved     *           target   long
engine/both            copying   moved     *           target   long
engine/both            ready     moved     *           target   long
engine/both            released  moved     *           target   long
engine/both            go        moved     *           target   long
engine/both            started   moved     *           target
engine/both            proving   moved     *           target   long
engine/both            resume    stayed    suspended   source   long
engine/both            clean     moved     *           target   long
source/all             prepare   stayed    *           source   long
source/all             berthed   stayed    *           source   long
source/all             connected stayed    *           source   long
source/all             copying   stayed    *           source   long
source/all             ready     stayed    *           source   long
source/all             released  stayed    *           source
source/all             go        moved     *           target   long
source/all             started   moved     *           target   long
source/all             proving   moved     *           target   long
source/all             resume    stayed    suspended   source   long
source/all             clean     moved     *           target   long
target/all             prepare   stayed    late        source   long
target/all             berthed   stayed    *           source   long
target/all             connected stayed    *           source   long
target/all             copying   stayed    link-lost   source
target/all             ready     stayed    *           source   long
target/all             released  stayed    *           source   long
target/all             go        moved     *           target   long
target/all             started   moved     *           target   long
target/all             proving   moved     *           target   long
target/all             resume    stayed    suspended   source   long
target/all             clean     moved     *           target   long
each/all               prepare   stayed    *           source   long
each/all               berthed   stayed    *           source   long
each/all               connected stayed    *           source   long
each/all               copying   stayed    *           source   long
each/all               ready     stayed    *           source   long
each/all               released  stayed    *           source   long
each/all               go        moved     *           target
each/all               started   moved     *           target   long
each/all               proving   moved     *           target   long
each/all               resume    stayed    suspended   source   long
each/all               clean     moved     *           target   long
"""

FAULTS = {
    "no-memory": no_memory,
    "source-xl-dies": dies("source", *MIGRATE, number=11),
    "target-xl-dies": dies("target", *RECEIVE, number=11),
    "source-xl-hangs": hangs("source", *MIGRATE),
    "target-xl-hangs": hangs("target", *RECEIVE),
    "source-helper-dies": dies("source", *SAVE, number=11),
    "target-helper-dies": dies("target", *RESTORE, number=11),
    "source-helper-hangs": hangs("source", *SAVE),
    "target-helper-hangs": hangs("target", *RESTORE),
    "source-carrier-dies": dies("source", *CARRIER),
    "target-carrier-dies": dies("target", *CARRIER),
    "source-carrier-hangs": hangs("source", *CARRIER),
    "target-carrier-hangs": hangs("target", *CARRIER),
    "source-mover-dies": dies("source", *MOVER),
    "target-mover-dies": dies("target", *MOVER),
    "source-mover-hangs": hangs("source", *MOVER),
    "target-mover-hangs": hangs("target", *MOVER),
    "both-movers-die": dies("both", *MOVER),
    "source-bus-dies": dies("source", *BUS),
    "target-bus-dies": dies("target", *BUS),
    "source-actuator-dies": actuator_dies("source"),
    "target-actuator-dies": actuator_dies("target"),
    "both-actuators-die": actuator_dies("both"),
    "link-cut": link_cut,
    "both-buses-die": dies("both", *BUS),
    "source-bus-hangs": hangs("source", *BUS),
    "target-bus-hangs": hangs("target", *BUS),
    "source-actuator-hangs": child_hangs("source", ".actuator"),
    "target-actuator-hangs": child_hangs("target", ".actuator"),
    "source-monitor-hangs": child_hangs("source", ""),
    "target-monitor-hangs": child_hangs("target", ""),
    "engine-hangs": child_hangs(None, "engine"),
    "both-runs-full": run_full("both"),
    "both-disks-read-only": read_only("both"),
    "strangers": strangers,
    "engine-dies": engine_dies,
    "engine-forgets": engine_forgets,
    "engine-disk-full": engine_disk_full,
    "two-engines": second_engine,
    "source-run-full": run_full("source"),
    "target-run-full": run_full("target"),
    "source-disk-read-only": read_only("source"),
    "target-disk-read-only": read_only("target"),
    "source-dies": host_dies("source"),
    "target-dies": host_dies("target"),
    "both-die": host_dies("both"),
    "source/target": parted(("source", "target")),
    "engine/source": parted(("engine", "source")),
    "engine/target": parted(("engine", "target")),
    "engine/both": parted(("engine", "source"), ("engine", "target")),
    "source/all": parted(("source", "target"), ("engine", "source")),
    "target/all": parted(("source", "target"), ("engine", "target")),
    "each/all": parted(("source", "target"), ("engine", "source"), ("engine", "target")),
}


class Row(namedtuple("Row", "fault_name phase outcome why runs when")):
    @property
    def name(self):
        return "%s@%s" % (self.fault_name, self.phase)

    @property
    def fault(self):
        return FAULTS[self.fault_name]

    @property
    def long(self):
        return self.when == "long"


def read():
    lines = [line.split() for line in ROWS.splitlines()[2:]]
    return [Row(*line, *[""] * (6 - len(line))) for line in lines]


TABLE = read()
