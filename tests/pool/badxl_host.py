"""A host whose xl is badxl.py: spoil it and mend it."""

import os
import sys

import pool

WRAPPER = "#!/bin/sh\nFAKEXEN_STATE=%s BADXL_FAULT=%s exec %s %s \"$@\"\n"


def mend(p, name):
    if os.path.exists(p.path(name + ".fault")):
        os.unlink(p.path(name + ".fault"))
    p.write(name + ".xl", WRAPPER % (p.path(name + ".xen"), p.path(name + ".fault"), sys.executable,
        os.path.join(pool.HERE, "badxl.py")), 0o755)


def spoil(p, name, *faults):
    """faults: verb, fault, and so on; the verb `missing` takes it away."""
    if faults[0] == "missing":
        os.unlink(p.path(name + ".xl"))
        return
    p.write(name + ".fault", "".join("%s %s\n" % pair for pair in zip(faults[::2], faults[1::2])))
