"""Every id of a log line and every why of an actuator stands in doc/operations.md, and nothing else."""

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

actuator = "\n".join(p.read_text() for p in (root / "actuator").glob("*.c"))
whys = set(re.findall(r'\b(?:mover_why|carrier_say_failed|give_up|refuse)\(\s*[^"();]{0,40},\s*"([a-z-]+)"', actuator))
whys |= set(re.findall(r'return "([a-z-]+)";', (root / "actuator/preflight.c").read_text()))
whys |= set(sum(re.findall(r'\? "([a-z-]+)" : "([a-z-]+)"', actuator), ()))
page = (root / "doc/operations.md").read_text()
reasons = page.split("### Why an order was refused or ended")[1].split("\n## ")[0]
told = set(re.findall(r"`([a-z-]+)`", "".join(line.split("|")[1] for line in reasons.splitlines() if line.startswith("| `"))))
missing += sorted(whys - told)
stale += sorted(told - set(re.findall(r'"([a-z-]+)"', actuator)))
for name in missing:
    print("not in doc/operations.md: " + name)
for name in stale:
    print("in doc/operations.md and never logged: " + name)
if len(logged) < 20 or len(whys) < 40:
    print("found too few of them: a pattern is wrong")
sys.exit(1 if missing or stale or len(logged) < 20 or len(whys) < 40 else 0)
