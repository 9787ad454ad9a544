"""Every id of a log line stands in doc/operations.md, and every id there is logged."""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
sources = [p for d in ("base", "monitor", "policy", "actuator", "cli") for p in (root / d).rglob("*.c")]
text = "\n".join(p.read_text() for p in sources)
logged = set(re.findall(r'LOG_LEVEL_\w+[^"]{0,40}"([a-z]+(?:-[a-z]+)+|mode|cordon|uncordon|drain|undrain|hold|release|reloaded)"', text))
logged |= set(re.findall(r'\{ "([a-z-]+)", LOG_LEVEL_', text))
listed = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`(?=[^|]*\|)", "\n".join(
    line.split("|")[1] + "|" for line in (root / "doc/operations.md").read_text().splitlines()
    if line.startswith("| `"))))
missing = sorted(logged - listed)
stale = sorted(listed - logged - set(re.findall(r'"([a-z-]+)"', text)))
for name in missing:
    print("not in doc/operations.md: " + name)
for name in stale:
    print("in doc/operations.md and never logged: " + name)
if len(logged) < 20:
    print("found too few log lines: the pattern is wrong")
sys.exit(1 if missing or stale or len(logged) < 20 else 0)
