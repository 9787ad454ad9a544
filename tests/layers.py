#!/usr/bin/env python3
"""usage: layers.py ROOT

Every file includes only what lies under it: base <- policy/core <- policy,
base <- monitor, base <- actuator, base <- cli.  policy/core sees base/types.h alone.
"""
import pathlib
import re
import sys

ALLOWED = {
    "base": ("base/",),
    "monitor": ("base/", "monitor/"),
    "actuator": ("base/", "actuator/"),
    "cli": ("base/", "cli/"),
    "policy/core": ("base/types.h", "policy/core/"),
    "policy": ("base/", "policy/"),
}
# What the rest of the engine may see of the core.
CORE_DOOR = {"policy/core/core.h", "policy/core/event.h", "policy/core/why.h"}
SYSTEM_IN_CORE = {"assert.h", "errno.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h",
                  "string.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def layer(path):
    folder = path.parent.as_posix()
    if folder == "policy/core" or folder.startswith("policy/core/"):
        return "policy/core"
    top = folder.split("/")[0]
    return top if top in ALLOWED else None


def faults(root, path):
    own = layer(path)
    for kind, name in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
        if kind == "<":
            if own == "policy/core" and name not in SYSTEM_IN_CORE:
                yield f"{path}: <{name}> is not for the core"
            if own == "policy/core" and name == "stdlib.h" and path.name != "alloc.c":
                yield f"{path}: only alloc.c may use the heap"
            continue
        if name.endswith(".pb-c.h") and own != "policy/core":
            continue
        if own == "policy" and name.startswith("policy/core/") and name not in CORE_DOOR:
            yield f"{path}: {name} is the core's own"
        elif not name.startswith(ALLOWED[own]):
            yield f"{path}: {own} may not include {name}"


def main():
    root = pathlib.Path(sys.argv[1])
    seen, bad = 0, []
    for top in ("base", "monitor", "actuator", "cli", "policy"):
        for file in sorted((root / top).rglob("*.[ch]")):
            seen += 1
            bad += faults(root, file.relative_to(root))
    for line in bad:
        print(line)
    if seen == 0:
        print(f"{root}: no sources")
    return 1 if bad or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
