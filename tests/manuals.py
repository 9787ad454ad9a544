"""The manuals and commented configurations name what the programs know: manuals.py SOURCE BUILD

Of the engine and the actuator, the tables of keys in section 5 are what --print-mdoc says.
Of each program, etc/PROGRAM.conf shows every key and its default, and is accepted.
lifeboat.1 tells of every command and option.
"""

import pathlib
import re
import subprocess
import sys

root, build = map(pathlib.Path, sys.argv[1:])
faults = []


def said(program, *args):
    return subprocess.run([build / program / ("lifeboat-" + program), *args], check=True, capture_output=True, text=True).stdout


def keys(text, patterns=(), off=""):
    """section, key -> value; lines behind `off` count too."""
    found, section = {}, ""
    for line in text.splitlines():
        line = line.removeprefix(off)
        at = re.match(r"\[(\w+)( .*)?\]$", line)
        section = at.group(1) if at else section
        pair = re.match(r"([a-z0-9-]+) = (.*)$", line)
        if pair and section not in patterns:
            found[section, pair.group(1)] = pair.group(2)
    return found


for program in ("policy", "actuator"):
    page = (root / "doc/man" / ("lifeboat-%s.conf.5" % program)).read_text()
    for part in re.findall(r"^\.Ss .*?^\.El\n", said(program, "--print-mdoc"), re.M | re.S):
        if part not in page:
            faults.append("lifeboat-%s.conf.5 does not say:\n%s" % (program, part))

for program in ("monitor", "policy", "actuator"):
    path = root / "etc" / (program + ".conf")
    known = keys(said(program, "-c", path, "--print-config"), ("host",) if program == "policy" else ())
    shown = keys(path.read_text(), ("host", "sensor", "guest") if program == "policy" else (), "#")
    page = (root / "doc/man" / ("lifeboat-%s.conf.5" % program)).read_text()
    for section, key in sorted(known.keys() - shown.keys()):
        faults.append("%s does not show %s of [%s]" % (path, key, section))
    for section, key in shown.keys():
        if "\n.It Cm %s\n" % key not in page:
            faults.append("lifeboat-%s.conf.5 does not tell of %s" % (program, key))

page = (root / "doc/man/lifeboat.1").read_text()
tables = subprocess.run([build / "cli/lifeboat", "--print-completion"], check=True, capture_output=True, text=True).stdout
commands = re.search(r"^_lifeboat_commands='(.*)'$", tables, re.M).group(1).split()
for name in commands:
    if not re.search(r"^\.It Cm %s( |$)" % name, page, re.M):
        faults.append("lifeboat.1 does not tell of " + name)
for option in sorted(set(re.findall(r"--([a-z-]+)", tables))):
    if not re.search(r"Fl -%s\b" % option, page):
        faults.append("lifeboat.1 does not tell of --" + option)

print("\n".join(faults))
sys.exit(1 if faults else 0)
