"""A private hwmon tree for the real libsensors, to be bound over /sys/class.

hwmon.py make DIR                    two packages, a Super-I/O chip and an NVMe drive:
                                     76 subfeatures
hwmon.py set DIR CHIP/FEATURE VALUE  "coretemp-isa-0000/temp1 91.5", in the sensor's unit
"""

import os
import sys

SCALE = {"temp": 1000, "fan": 1, "in": 1000, "curr": 1000, "power": 1000000}


def coretemp(cores):
    files = {}
    for n in range(1, cores + 2):
        label = "Package id" if n == 1 else "Core %d" % (n - 2)
        files.update({"temp%d_input" % n: 45000 + 500 * n, "temp%d_label" % n: label,
            "temp%d_max" % n: 80000, "temp%d_crit" % n: 90000, "temp%d_crit_alarm" % n: 0})
    return files


def superio():
    files = {}
    for n in range(5):
        files.update({"in%d_input" % n: 1000 + 500 * n, "in%d_min" % n: 800 + 400 * n,
            "in%d_max" % n: 1200 + 600 * n, "in%d_alarm" % n: 0})
    for n in range(1, 5):
        files.update({"fan%d_input" % n: 900 + 100 * n, "fan%d_min" % n: 300, "fan%d_alarm" % n: 0})
    return files


# name in DIR/hwmon, name of the driver, device, its bus, what `sensors` calls it, files
CHIPS = [
    ("hwmon0", "coretemp", "coretemp.0", "platform", "coretemp-isa-0000", coretemp(4)),
    ("hwmon1", "coretemp", "coretemp.1", "platform", "coretemp-isa-0001", coretemp(4)),
    ("hwmon2", "nct6779", "nct6775.656", "platform", "nct6779-isa-0290", superio()),
    ("hwmon3", "nvme", "0000:01:00.0", "pci", "nvme-pci-0100", {"temp1_input": 38850,
        "temp1_max": 81850, "temp1_crit": 84850, "temp1_alarm": 0}),
]


def write(path, value):
    """Whole or not at all; libsensors chops the last byte, so a newline ends it."""
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("%s\n" % value)
    os.rename(path + ".new", path)


def link(target, path):
    if not os.path.islink(path):
        os.symlink(target, path)


def make(folder):
    for hwmon, driver, device, bus, _, files in CHIPS:
        chip = os.path.join(folder, "hwmon", hwmon)
        # The bus is only the last part of a link's target, which libsensors never follows.
        place = os.path.join(folder, "devices", bus, device)
        os.makedirs(chip, exist_ok=True)
        os.makedirs(place, exist_ok=True)
        link("../../bus/" + bus, os.path.join(place, "subsystem"))
        link("../../devices/%s/%s" % (bus, device), os.path.join(chip, "device"))
        write(os.path.join(chip, "name"), driver)
        for name, value in files.items():
            write(os.path.join(chip, name), value)


def change(folder, sensor, value):
    chip, feature = sensor.split("/")
    for hwmon, _, _, _, name, _ in CHIPS:
        if name == chip:
            scale = SCALE[feature.rstrip("0123456789")]
            path = os.path.join(folder, "hwmon", hwmon, feature + "_input")
            write(path, round(float(value) * scale))
            return
    raise SystemExit("hwmon: no chip " + chip)


def main(args):
    if len(args) == 2 and args[0] == "make":
        make(args[1])
    elif len(args) == 4 and args[0] == "set":
        change(*args[1:])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
