"""What xl understands of a guest's configuration file, as far as a test has one: settings apart by
line or `;`, texts in either quotes, numbers, lists, comments, `+=`."""

import re

TOKEN = re.compile(r"""(?P<blank>[ \t\r]+|\#[^\n]*)|(?P<end>[\n;])|(?P<word>[A-Za-z_]\w*)|(?P<number>0[xX][0-9a-fA-F]+|[0-9]+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<sign>\+=|[=,\[\]])""", re.X)


def tokens(text):
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(text[at:at + 20])
        at = match.end()
        if match.lastgroup == "string":
            found.append(("value", re.sub(r"\\(.)", r"\1", match.group()[1:-1])))
        elif match.lastgroup == "number":
            found.append(("value", match.group()))
        elif match.lastgroup != "blank":
            found.append((match.lastgroup, match.group()))
    return found + [("end", "\n")]


def take_list(left):
    found = []
    while True:
        kind, text = left.pop(0)
        if (kind, text) == ("sign", "]"):
            return found
        if kind == "value" and left[0] in (("sign", ","), ("sign", "]"), ("end", "\n")):
            found.append(text)
        elif (kind, text) not in (("end", "\n"), ("sign", ",")):
            raise ValueError(text)


def parse(text):
    """{key: text or list}; the last setting of a key counts."""
    left, found = tokens(text), {}
    while left:
        kind, key = left.pop(0)
        if kind == "end":
            continue
        sign, (what, value) = left.pop(0)[1], left.pop(0)
        if kind != "word" or sign not in ("=", "+=") or (what != "value" and value != "["):
            raise ValueError(key)
        value = take_list(left) if what == "sign" else value
        found[key] = found[key] + value if sign == "+=" and key in found else value
        if left.pop(0)[0] != "end":
            raise ValueError(key)
    return found


def described(items, first):
    """A device: fields between commas, the first ones by place."""
    fields = [field.strip() for field in items.split(",")]
    named = dict(field.split("=", 1) for field in fields if "=" in field)
    placed = dict(zip(first, (field for field in fields if "=" not in field)))
    return {**placed, **named}


def understood(text):
    """The configuration as libxl would print it, whose JSON also heads a stream."""
    given = parse(text)
    build = {"max_memkb": 1024 * int(given.get("memory", 0)), **{key: given[key] for key in
        ("kernel", "ramdisk", "bootloader", "device_model_override") if key in given}}
    kind = given.get("type", "pv")
    build["type." + kind] = {key: given[key] for key in ("serial", "usbdevice") if kind == "hvm" and key in given}
    disks = [described(disk, ("pdev_path", "vdev")) for disk in given.get("disk", [])]
    for disk in disks:
        disk["pdev_path"] = re.sub(r"^\w+:", "", disk.pop("target", disk.get("pdev_path")))
    with open("/proc/sys/kernel/random/uuid", encoding="ascii") as f:
        any_uuid = f.read().strip()
    return {"c_info": {"type": kind, "name": given.get("name"), "uuid": given.get("uuid", any_uuid)}, "b_info": build,
        "disks": disks, "nics": [described(vif, ()) for vif in given.get("vif", [])],
        "pcidevs": [{"bdf": pci} for pci in given.get("pci", [])]}
