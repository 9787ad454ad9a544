"""Figures as lines that tests/bench/all reads: row: NAME | VALUE | UNIT | GOAL; and the table of them."""

import re
import statistics

LINE = re.compile(r"^row: (.+?) \| ([-+.\de]+) \| (.*?) \| ?(.*)$")
SKIPPED = "skipped: "


def row(name, value, unit, goal=""):
    print("row: %s | %.4g | %s | %s" % (name, value, unit, goal), flush=True)


def skipped(what, why):
    print("%s%s: %s" % (SKIPPED, what, why), flush=True)


def short(value):
    """Three figures of it, without an exponent."""
    if value == int(value) or abs(value) >= 1000:
        return "{:,.0f}".format(value)
    return ("%.3g" if abs(value) >= 0.001 else "%.6f") % value


class Figures:
    """What several runs printed, in the order in which it came first."""

    def __init__(self):
        self.rows = {}  # name: (unit, goal, [values])
        self.skipped = []

    def take(self, line):
        """True for a line that is for us and not for people."""
        if line.startswith(SKIPPED) and line.strip() not in self.skipped:
            self.skipped.append(line.strip())
        found = LINE.match(line)
        if found:
            name, value, unit, goal = found.groups()
            self.rows.setdefault(name, (unit, goal, []))[2].append(float(value))
        return bool(found)

    def table(self):
        lines = ["| what | goal | median | spread |", "|---|---|---|---|"]
        for name, (unit, goal, values) in self.rows.items():
            lines.append("| %s | %s | %s %s | %s–%s |" % (name, goal, short(statistics.median(values)), unit,
                short(min(values)), short(max(values))))
        return lines
