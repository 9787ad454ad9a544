#!/usr/bin/env python3
"""usage: figures.py ROOT

How large the tree's files and functions are, and whether one is over its limit.
A function's length is the lines between its braces, as clang-format places them.
"""
import pathlib
import re
import statistics
import sys

FOLDERS = ("base", "monitor", "policy", "actuator", "cli")
FILE_LIMIT = 600
FUNCTION_LIMIT = 60
PARAMETER_LIMIT = 5
CONDITIONAL_LIMIT = 0.5  # #if per 1,000 lines of .c
HEAD = re.compile(r"^(\w+)\((.*)\)$", re.S)
CALLBACK = re.compile(r"\([^()]*\)")


def parameters(text):
    """How many a function's head declares; those of a callback among them do not count."""
    inner = HEAD.match(text).group(2)
    while CALLBACK.search(inner):
        inner = CALLBACK.sub("", inner)
    return 0 if inner.strip() == "void" else inner.count(",") + 1


def functions(lines):
    """name, line, length and parameters of each function."""
    opened = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            first = number - 2
            while not re.match(r"\w+\(", lines[first]):
                first -= 1
            head = " ".join(part.strip() for part in lines[first:number - 1])
            opened = (HEAD.match(head).group(1), number, parameters(head))
        elif line == "}" and opened:
            name, at, count = opened
            yield name, at, number - at - 1, count
            opened = None


def row(what, sizes):
    sizes = sorted(sizes)
    p90 = sizes[len(sizes) * 9 // 10]
    return f"{what:<24}{len(sizes):>6}{statistics.median(sizes):>9.0f}{p90:>6}{sizes[-1]:>6}"


def count_lines(folder, pattern):
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob(pattern))


def main():
    root = pathlib.Path(sys.argv[1])
    sizes = {".c": [], ".h": []}
    lengths, faults, conditionals, most = [], [], 0, 0
    for path in sorted(p for f in FOLDERS for p in (root / f).rglob("*.[ch]")):
        name = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").splitlines()
        sizes[path.suffix].append(len(lines))
        if len(lines) > FILE_LIMIT:
            faults.append(f"{name}: {len(lines)} lines, over {FILE_LIMIT}")
        if path.suffix == ".h":
            continue
        conditionals += sum(bool(re.match(r"\s*#\s*if", line)) for line in lines)
        for function, at, length, count in functions(lines):
            lengths.append(length)
            most = max(most, count)
            if length > FUNCTION_LIMIT:
                faults.append(f"{name}:{at}: {function}: {length} lines, over {FUNCTION_LIMIT}")
            if count > PARAMETER_LIMIT:
                faults.append(f"{name}:{at}: {function}: {count} parameters, over {PARAMETER_LIMIT}")
    if not lengths or not sizes[".h"]:
        print(f"{root}: no sources")
        return 1
    rate = 1000 * conditionals / sum(sizes[".c"])
    if rate > CONDITIONAL_LIMIT:
        faults.append(f"{rate:.1f} #if per 1,000 lines of .c, over {CONDITIONAL_LIMIT}")
    print(f"{'':<24}{'count':>6}{'median':>9}{'p90':>6}{'max':>6}")
    print(row("lines of a .c file", sizes[".c"]))
    print(row("lines of a .h file", sizes[".h"]))
    print(row("lines of a function", lengths))
    print(f"{sum(map(sum, sizes.values()))} lines, {rate:.1f} #if per 1,000 lines of .c, "
          f"{most} parameters at most")
    print(f"tests: {count_lines(root / 'tests', '*.c')} lines of C, {count_lines(root / 'tests', '*.py')} of Python, "
          f"{len(list((root / 'tests/scenario').glob('*.txt'))) - 1} scenarios")
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
