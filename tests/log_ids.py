"""Every id of a log line, every why and every outcome stands in doc/operations.md, and nothing else."""

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
page = (root / "doc/operations.md").read_text()


def section(heading):
    """Its text, with the sections under it."""
    at = page.split("\n" + heading + "\n")[1]
    return re.split(r"\n#{2,%d} " % (heading.index(" ")), at)[0]


def rows(heading):
    """The words that open the rows of its tables."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| `")]
    return set(re.findall(r"`([a-z-]+)`", "".join(line.split("|")[1] for line in lines)))


# The engine's own.
reasons = set(re.findall(r'\[WHY_\w+\]\s*= \{ "([a-z-]+)"', (root / "policy/core/why.c").read_text())) - {"none"}
explained = rows("## Reasons") | set(re.findall(r"`(too-many-[a-z]+)`", section("## Reasons")))
missing += sorted(reasons - explained)
stale += sorted(explained - reasons)
outcomes = set(re.findall(r'"([a-z-]+)"', re.search(
    r"outcome_names\[\] = \{([^}]*)\}", (root / "base/types.c").read_text()).group(1))) - {"none", "ready"}
missing += sorted(outcomes ^ rows("### Outcomes"))

# The actuators', and what the engine writes in the place of one that has forgotten.
actuator = "\n".join(p.read_text() for p in (root / "actuator").glob("*.c"))
whys = set(re.findall(r'\b(?:mover_why|carrier_say_failed|give_up|refuse)\(\s*[^"();]{0,40},\s*"([a-z-]+)"', actuator))
whys |= set(re.findall(r'return "([a-z-]+)";', (root / "actuator/preflight.c").read_text()))
whys |= set(sum(re.findall(r'\? "([a-z-]+)" : "([a-z-]+)"', actuator), ()))
engine = "\n".join(p.read_text() for p in (root / "policy").glob("*.c"))
for_them = set(re.findall(r'text_copy\(o->row\.said_why,[^";]*"([a-z-]+)"\)', engine))
whys |= for_them
told = rows("### Why an order was refused or ended")
missing += sorted(whys - told)
stale += sorted(told - for_them - set(re.findall(r'"([a-z-]+)"', actuator)))
for name in missing:
    print("not in doc/operations.md: " + name)
for name in stale:
    print("in doc/operations.md and never logged: " + name)
few = len(logged) < 20 or len(whys) < 40 or len(reasons) < 50 or len(outcomes) != 7 or not for_them
if few:
    print("found too few of them: a pattern is wrong")
sys.exit(1 if missing or stale or few else 0)
