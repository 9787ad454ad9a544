"""Runs a program behind the system call filter of a systemd unit, without systemd.

Usage: unitfilter.py UNIT COMMAND...
"""

import ctypes
import os
import re
import subprocess
import sys

ALLOW, EPERM = 0x7fff0000, 0x00050001
UNKNOWN = -1  # on this architecture


def members(name):
    """The calls of a group, or the call itself."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True,
        check=True).stdout
    words = [line.strip() for line in said.splitlines() if line.startswith("    ") and not line.strip().startswith("#")]
    return set().union(*(members(word) for word in words))


def allowed(unit):
    calls = set()
    with open(unit, encoding="utf-8") as f:
        for tilde, words in re.findall(r"^SystemCallFilter=(~?)(.*)$", f.read(), re.M):
            meant = set().union(*map(members, words.split()))
            calls = calls - meant if tilde else calls | meant
    assert calls, "%s has no SystemCallFilter" % unit
    return calls


def put_on(calls):
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    one = ctypes.c_void_p(lib.seccomp_init(EPERM))
    for name in calls:
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number != UNKNOWN:
            lib.seccomp_rule_add(one, ALLOW, number, 0)
    assert lib.seccomp_load(one) == 0, "no filter to be had"


if __name__ == "__main__":
    put_on(allowed(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
