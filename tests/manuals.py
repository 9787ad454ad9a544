"""The manuals, the commented configurations and the documents name what the programs know:
manuals.py SOURCE BUILD

Section 5: the tables of keys, with ranges and defaults, are what --print-mdoc says; its examples are accepted.
etc/PROGRAM.conf: every key with its default, below the same sentence and range; it is accepted.
Sections 1 and 8: every option and command of --help, and no other.
All of them: a page of ours that is referred to is there.
README.md, CONTRIBUTING.md and doc/: every command line there names a program, a command and options that exist, and
every file of the tree that is named is there.

UPDATE=1 in the environment writes the tables and the sentences anew, to be read and committed.
"""

import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

root, build = map(pathlib.Path, sys.argv[1:])
DAEMONS = ("monitor", "policy", "actuator")
WIDTH = 95
INTERNAL = {"--role", "--print-mdoc"}  # roles are told of where an operator needs one
faults = []


def said(program, *args):
    at = build / ("cli/lifeboat" if program == "lifeboat" else "%s/lifeboat-%s" % (program, program))
    return subprocess.run([at, *args], check=True, capture_output=True, text=True).stdout


def settle(path, found, wanted, what):
    """Held against each other, or written anew."""
    if found == wanted:
        return
    if os.environ.get("UPDATE"):
        path.write_text(wanted)
    else:
        faults.append("%s: %s; UPDATE=1 ctest -R arch.manuals writes it" % (path.relative_to(root), what))


def tables(program):
    """section -> its part of the page, as the program's table of keys has it."""
    parts = re.findall(r"^\.Ss \[[^\n]*\]\\&\n\.Bl .*?^\.El\n", said(program, "--print-mdoc"), re.M | re.S)
    return {part.split("]")[0].removeprefix(".Ss ["): part for part in parts}


def check_page(program):
    path = root / ("doc/man/lifeboat-%s.conf.5" % program)
    page = path.read_text()
    wanted = page
    for section, part in tables(program).items():
        pattern = r"^\.Ss %s\n\.Bl .*?^\.El\n" % re.escape("[%s]\\&" % section)
        if not re.search(pattern, page, re.M | re.S):
            faults.append("%s has no section %s" % (path.name, section))
        wanted = re.sub(pattern, lambda _, part=part: part, wanted, flags=re.M | re.S)
    settle(path, page, wanted, "its keys are not those of the program")


def check_examples(program):
    page = (root / ("doc/man/lifeboat-%s.conf.5" % program)).read_text()
    examples = re.findall(r"^\.Bd -literal[^\n]*\n(\[.*?)^\.Ed", page.split(".Sh EXAMPLES")[1], re.M | re.S)
    for text in examples:
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(text)
            f.flush()
            done = subprocess.run([build / program / ("lifeboat-" + program), "-n", "-c", f.name],
                                  capture_output=True, text=True)
        if done.returncode != 0:
            faults.append("lifeboat-%s.conf.5: its example is refused: %s" % (program, done.stderr.strip()))
    if not examples:
        faults.append("lifeboat-%s.conf.5 has no example" % program)


def plain(mdoc):
    """What mdoc prints of a key, but for its default."""
    text = mdoc.split("\nDefault:")[0].replace("\nMust be given.", "")
    text = re.sub(r"^\.Li ", "", text, flags=re.M).replace("\n", " ")
    return re.sub(r" ([.,])", r"\1", text).strip()


def sentences(program):
    """section, key -> its sentence and range; sections of a pattern are shown by example."""
    found = {}
    for section, part in tables(program).items():
        for key, text in re.findall(r"^\.It Cm (\S+)\n(.*?)(?=^\.It|^\.El)", part, re.M | re.S):
            if not section.endswith("*"):
                found[section, key] = plain(text)
    return found


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


def with_sentences(text, said_of):
    """The configuration with each key's sentence above it, in place of the comment there."""
    out, section = [], ""
    for line in text.splitlines():
        at = re.match(r"#?\[([^]]*)\]$", line)
        section = at.group(1) if at else section
        pair = re.match(r"#?([a-z0-9-]+) = ", line)
        if pair and (section, pair.group(1)) in said_of:
            while out and out[-1].startswith("# "):
                out.pop()
            out += textwrap.wrap(said_of[section, pair.group(1)], WIDTH, initial_indent="# ",
                                 subsequent_indent="# ", break_on_hyphens=False)
        out.append(line)
    return "\n".join(out) + "\n"


def check_configuration(program):
    path = root / "etc" / (program + ".conf")
    text = path.read_text()
    hosts = ("host",) if program == "policy" else ()
    examples = ("host", "sensor", "guest") if program == "policy" else ()
    known = keys(said(program, "-c", path, "--print-config"), hosts)
    shown = keys(text, examples, "#")
    for section, key in sorted(known.keys() - shown.keys()):
        faults.append("%s does not show %s of [%s]" % (path.name, key, section))
    for at, value in shown.items():
        if at in known and known[at] != value and not same(value, known[at]):
            faults.append("%s shows %s = %s; the default is %s" % (path.name, at[1], value, known[at]))
    settle(path, text, with_sentences(text, sentences(program)), "its sentences are not those of the program")


def same(shown, printed):
    """A duration prints in the largest unit that it is a whole number of."""
    seconds = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    split = [re.fullmatch(r"([0-9]+)(ms|s|m|h)", text) for text in (shown, printed)]
    if not all(split):
        return False
    a, b = (int(m.group(1)) * seconds[m.group(2)] for m in split)
    return a == b


def options(text):
    """Those of the program itself: what stands in quotes is another one's."""
    text = re.sub(r"'[^'\n]*'", "", text)
    return set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", text))


def documented(page):
    found = set()
    for words in re.findall(r"\bFl (\S+(?: \| (?:Fl )?\S+)*)", page):
        found |= {"-" + word for word in re.findall(r"-?[a-z][a-z-]*", words.replace("Fl ", ""))}
    return found


def check_options(name, page, helps):
    for option in sorted(helps - documented(page) - {"--help", "--version"}):
        faults.append("%s does not tell of %s" % (name, option))
    for option in sorted(documented(page) - helps - INTERNAL):
        faults.append("%s tells of %s, which is none" % (name, option))


@functools.cache
def commands():
    return re.findall(r"^  ([a-z][a-z-]*) ", said("lifeboat", "--help"), re.M)


def check_command_page(helps):
    page = (root / "doc/man/lifeboat.1").read_text()
    for command in commands():
        if not re.search(r"^\.It Cm %s\b" % command, page, re.M):
            faults.append("lifeboat.1 does not tell of " + command)
    for command in re.findall(r"^\.It Cm ([a-z-]+)", page.split(".Pp\nThe options are")[0], re.M):
        if command not in commands():
            faults.append("lifeboat.1 tells of %s, which is none" % command)
    check_options("lifeboat.1", page, helps)


def command_lines(text):
    """Code: spans in backquotes, and indented lines."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:    |   > )(.*)$", text, re.M)
    for line in code:
        for part in re.split(r"[;|&()]\s*|\$ ", line):
            if re.match(r"lifeboat(-(?:%s))?( |$)" % "|".join(DAEMONS), part):
                yield part.split("#")[0].split()


def check_references(path):
    for name, section in set(re.findall(r"^\.Xr (lifeboat\S*) (\d)", path.read_text(), re.M)):
        if not path.with_name("%s.%s" % (name, section)).exists():
            faults.append("%s: there is no %s(%s)" % (path.name, name, section))


def check_document(path, helps):
    for program, *words in command_lines(path.read_text()):
        name = program.removeprefix("lifeboat-")
        for word in words:
            option = word.split("=")[0]
            if word.startswith("-") and option not in helps[name] | INTERNAL:
                faults.append("%s: %s has no %s" % (path.name, program, option))
        operands = [w for w in words if not w.startswith("-")]
        if name == "lifeboat" and operands and not words[0].startswith("-"):
            if operands[0] not in commands() and re.fullmatch(r"[a-z-]+", operands[0]):
                faults.append("%s: lifeboat has no command %s" % (path.name, operands[0]))


def check_files(path):
    folders = "doc|tests|base|monitor|policy|actuator|cli|etc"
    for name in re.findall(r"`((?:%s)/[\w./-]+)`" % folders, path.read_text()):
        if "NAME" not in name and not (root / name).exists() and not (root / (name + ".h")).exists():
            faults.append("%s: there is no %s" % (path.name, name))
    for name in re.findall(r"`([\w/-]+\.md)`", path.read_text()):
        if not (root / name).exists() and not (path.parent / name).exists() and not (root / "doc" / name).exists():
            faults.append("%s: there is no %s" % (path.name, name))


helps = {name: options(said(name, "--help")) for name in DAEMONS}
helps["lifeboat"] = options("\n".join(said("lifeboat", *c, "--help") for c in [[]] + [[c] for c in commands()]))
documents = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "doc").rglob("*.md"))]

for name in DAEMONS:
    check_page(name)
    check_examples(name)
    check_configuration(name)
    check_options("lifeboat-%s.8" % name, (root / ("doc/man/lifeboat-%s.8" % name)).read_text(), helps[name])
check_command_page(helps["lifeboat"])
for path in (root / "doc/man").iterdir():
    check_references(path)
for path in documents:
    check_document(path, helps)
    check_files(path)
if not all(helps.values()) or sum(len(list(command_lines(p.read_text()))) for p in documents) < 20:
    faults.append("too few options or command lines were found: a pattern is wrong")

print("\n".join(dict.fromkeys(faults)))
sys.exit(1 if faults else 0)
