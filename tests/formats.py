"""The documents of Lifeboat's formats name what the code knows of them: formats.py SOURCE

doc/wire.md every message, refusal, record and limit; doc/door.md every request; doc/trace.md every event and its keys;
doc/carrying.md and lifeboat-actuator(8) every phase; lifeboat-monitor(8) every member of --once --json.
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
faults = []


def source(path):
    return (root / path).read_text()


def want(what, text):
    if text not in wire:
        faults.append("doc/wire.md: %s: no '%s'" % (what, text))


def number(path, name):
    """Of an enumerator: a number, or a product or shift of two."""
    value = re.search(r"\b%s = ([0-9]+)(?: (\*|<<) ([0-9]+))?" % name, source(path))
    first, sign, second = value.groups()
    if sign is None:
        return int(first)
    return int(first) * int(second) if sign == "*" else int(first) << int(second)


wire = source("doc/wire.md")
messages = re.findall(r"^message (\w+)", source("base/lifeboat.proto"), re.M)
refusals = re.findall(r'\[FRAME_E_\w+\] = "(\w+)"', source("base/frame.c"))
records = re.findall(r"^\tLINK_([A-Z]+)(?: = 1)?,\s*/\*", source("actuator/link.h"), re.M)
kinds = re.findall(r'"(\w+)"', re.search(r"order_kind_names\[\] = \{([^}]*)\}", source("base/types.c")).group(1))[1:]
for name in messages:
    want("a message", "`%s`" % name)
for name in refusals:
    want("a refusal", "| `%s` |" % name)
for at, name in enumerate(records, 1):
    want("a record", "| %d %s |" % (at, name.lower()))
for name in kinds:
    want("a kind of order", "| `%s` |" % name)

want("largest frame", "at most %s bytes" % format(number("base/frame.h", "FRAME_MAX"), ","))
want("header", "     %d      n  body" % number("base/frame.h", "FRAME_HEADER"))
want("hosts", "| %s |" % format(number("policy/conf.h", "CONF_MAX_HOSTS"), ","))
want("sensors", "| %d, names of %d bytes |" % (number("base/types.h", "MAX_SENSORS"), number("base/types.h", "SENSOR_SIZE") - 1))
want("guests", "| %d, names of %d bytes |" % (number("base/types.h", "MAX_GUESTS"), number("base/types.h", "NAME_SIZE") - 1))
want("disks", "| %d, %d; identities of %d bytes |" % (
    number("base/types.h", "MAX_GUEST_DISKS"), number("base/types.h", "MAX_DISKS"), number("base/types.h", "DISK_SIZE") - 1))
want("bridges", "| %d, %d; names" % (number("base/types.h", "MAX_GUEST_BRIDGES"), number("base/types.h", "MAX_BRIDGES")))
want("files", "| kernel, ramdisk and cpupool of a guest | %d, %d and %d bytes |" % (
    number("base/types.h", "FILE_SIZE") - 1, number("base/types.h", "FILE_SIZE") - 1, number("base/types.h", "NAME_SIZE") - 1))
want("pins", "bound to | %d, lists of %d bytes (`0-3,8`) of numbers below %s |" % (number("base/types.h", "MAX_PINS"),
    number("base/types.h", "PIN_SIZE") - 1, format(number("base/cpus.h", "CPUS_MAX"), ",")))
want("sessions", "| iSCSI sessions of a host | %d |" % number("base/types.h", "MAX_SESSIONS"))
want("orders", "| orders in a request, in a reply | %d |" % number("base/wire.h", "MAX_ORDERS_TOLD"))
want("sentences", "| %d, %d bytes |" % (number("base/wire.h", "WHY_SIZE") - 1, number("base/wire.h", "DETAIL_SIZE") - 1))
want("arena", "arena of %d KiB" % (number("base/wire.h", "WIRE_ARENA") // 1024))
want("body of a record", "up to %d KiB" % (number("actuator/link.h", "LINK_BODY_MAX") // 1024))
want("freshness", "older than %d s" % (number("base/exchange.h", "EXCHANGE_FRESH_MS") // 1000))
want("nonce", "within %d s" % (number("policy/intake.h", "INTAKE_NONCE_MS") // 1000))
want("binding", "silent for %d s" % (number("actuator/orders.h", "ORDERS_BOUND_MS") // 1000))
requests = set(re.findall(r'q->op, "([a-z-]+)"', source("policy/door_answer.c")))
requests |= set(re.findall(r'^\t\t\{ "([a-z-]+)", ', source("policy/door_operate.c"), re.M))
told = set(re.findall(r'"op":"([a-z-]+)"|, `([a-z]+)`(?=[^|]*\|)', source("doc/door.md")))
told = {a or b for a, b in told}
for name in sorted(requests - told):
    faults.append("doc/door.md: no request " + name)
for name in sorted(set(re.findall(r'"op":"([a-z-]+)"', source("doc/door.md"))) - requests):
    faults.append("doc/door.md: no such request: " + name)

events = re.findall(r'\[EVENT_\w+\] = "(\w+)"', source("policy/trace.c"))
keys = re.findall(r'^\t\{ "([a-z0-9-]+)", FIELD', source("policy/trace.c"), re.M)
for part in ("xen", "order", "sensors"):
    text = source("policy/trace_read_%s.c" % part)
    keys += re.findall(r'strcmp\((?:key|word|mark), "([a-z-]+)"\)', text)
    keys += re.findall(r'"([a-z-]+)"', "".join(re.findall(r"(?:keys|words)\[\] = \{([^}]*)\}", text)))
trace = source("doc/trace.md")
for name in events:
    if not re.search(r"`@T (\w+\|)*%s\b" % name, trace):
        faults.append("doc/trace.md: no event " + name)
for name in keys:
    if not re.search(r"(?<![a-z-])%s(?![a-z-])" % name, trace):
        faults.append("doc/trace.md: no key " + name)

phases = re.findall(r'"(\w+)"', re.search(r"phase_names\[\] = \{([^}]*)\}", source("base/types.c")).group(1))[1:]
for name in phases:
    if not re.search(r"^  %s\b" % name, source("doc/carrying.md"), re.M):
        faults.append("doc/carrying.md: no phase " + name)
    if not re.search(r"^\.Cm %s\b" % name, source("doc/man/lifeboat-actuator.8"), re.M):
        faults.append("lifeboat-actuator.8: no phase " + name)

once = source("monitor/once_json.c")
members = set(re.findall(r'"([a-z0-9_]+)"', re.sub(r"states\[\] = \{[^}]*\}", "", once)))
json = set(re.findall(r"[a-z0-9_]+", source("doc/man/lifeboat-monitor.8").split(".Sh JSON")[1].split(".Sh ")[0]))
for name in sorted(members - json):
    faults.append("lifeboat-monitor.8: JSON: no member " + name)

counts = {"phases": len(phases) == 10, "records": len(records) == 10, "kinds": len(kinds) == 4, "messages": len(messages) >= 15,
    "refusals": len(refusals) >= 10, "requests": len(requests) >= 14, "events": len(events) >= 19, "keys": len(keys) >= 40,
    "members": len(members) >= 40}
for name, right in counts.items():
    if not right:
        faults.append("found another number of %s, or too few: a pattern is wrong" % name)

print("\n".join(faults))
sys.exit(1 if faults else 0)
