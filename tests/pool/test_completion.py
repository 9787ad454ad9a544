"""What bash offers for `lifeboat`, held against the program.  Usage: test_completion.py LIFEBOAT [TEST...]"""

import os
import pty
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_case import PROGRAM, main, test, with_door

SCRIPT = os.path.join(os.path.dirname(PROGRAM), "completion", "lifeboat")
# Sourced as bash-completion does it, inside a function; then the words, as readline would have split them.
DRIVER = """load() { . "$1"; }
load "$1" && shift && program=$1 && shift || exit 9
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_lifeboat "$program"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ANSWERS = {
    "hosts": {"hosts": [{"name": "xen01"}, {"name": "xen02"}, {"name": "old"}]},
    "guests": {"guests": [{"name": "web"}, {"name": "db"}, {"name": "two words"}, {"name": "$(touch %s)"},
        {"name": "`touch %s`"}, {"name": "--door"}, {"name": "a;b"}, {"name": None}]},
    "orders": {"orders": [{"order": "7.12"}, {"order": "7.13"}]},
}
SETS_UP = ("init", "join", "admit")


def offered(*words):
    done = subprocess.run(["bash", "--norc", "-uc", DRIVER, "bash", SCRIPT, PROGRAM, "lifeboat", *words],
        capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0 and not done.stderr, (words, done.returncode, done.stderr)
    return done.stdout.split("\n")[:-1] if done.stdout != "\n" else []


def run(*args):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=False, timeout=20,
        stdin=subprocess.DEVNULL)


def usage():
    """name -> operands, of the program's own help."""
    return dict(re.findall(r"^  ([a-z]\S*) +(\S.*?|)  +\S", run("--help").stdout, re.M))


@test
def the_commands_are_those_of_the_program():
    assert offered("") == list(usage()), offered("")
    assert offered("un") == ["undrain", "uncordon"]
    assert offered("no-such-command", "") == []


@test
def options_before_a_command_are_those_of_the_help():
    assert offered("--") == re.findall(r"^  (--[a-z-]+)", run("--help").stdout, re.M), offered("--")


@test
def a_command_is_offered_the_options_that_it_takes():
    sets = {name: set(offered(name, "--")) for name in usage()}
    for name, operands in usage().items():
        dummies = [] if operands.startswith("[") else ["x"] * len(re.sub(r"--.*", "", operands).split())
        for option in sorted(set.union(*sets.values()) - {"--help", "--version"}):
            with_argument = {"--color": ["never"], "--timeout": ["1s"], "--door": ["/nowhere"]}.get(option, ["x"])
            takes_one = "requires an argument" in run(option).stderr
            args = [name, *dummies, option, *(with_argument if takes_one else []), "--door", "/nowhere"]
            if name in SETS_UP:
                args += ["--folder", "/nowhere"]
            said = run(*args).stderr
            refused = re.search(r"is only for|is not for|unrecognized option", said) is not None
            assert refused != (option in sets[name]), (args, said, sets[name])


@test
def an_option_that_takes_a_word_is_followed_by_one():
    for name in usage():
        for option in offered(name, "--"):
            follows = offered(name, option, "--js") != [o for o in offered(name, "--") if o.startswith("--js")]
            takes_one = "requires an argument" in run(option).stderr
            assert not takes_one or offered(name, option, "--js") == [], (name, option)
            assert follows <= takes_one, (name, option)


@test
def words_of_a_mode_and_a_color_are_those_that_are_taken():
    assert offered("mode", "") == usage()["mode"].strip("[]").split("|")
    colors = offered("hosts", "--color", "")
    assert len(colors) == 3 and offered("hosts", "--color", "a") == ["auto", "always"]
    assert all(run("--color", color, "--version").returncode == 0 for color in colors)
    assert offered("--color", "n") == ["never"] == offered("hosts", "--color", "=", "n")


@with_door(ANSWERS)
def names_are_the_engines(door):
    at = ("--door", door.path)
    hosts, guests = ["xen01", "xen02", "old"], ["web", "db"]
    assert offered(*at, "drain", "") == hosts == offered("drain", *at, "")
    assert offered(*at, "cordon", "xen") == ["xen01", "xen02"]
    assert offered("--door", "=", door.path, "why", "") == hosts + guests
    assert offered(*at, "why-not", "") == guests and offered(*at, "why-not", "web", "") == hosts
    assert offered(*at, "why-not", "web", "xen01", "") == []
    assert offered(*at, "approve", "d") == ["db"]
    assert offered(*at, "cancel", "") == ["7.12", "7.13"] == offered(*at, "settle", "7")
    assert offered(*at, "settle", "7.12", "--runs-on", "o") == ["old"]
    assert offered(*at, "settle", "7.12", "--is-off", "=") == hosts


@with_door(ANSWERS)
def a_name_that_a_shell_would_expand_is_never_offered(door):
    got = run("--door", door.path, "--names", "GUEST").stdout.split("\n")
    assert got == ["web", "db", ""], got


@test
def without_an_engine_nothing_is_offered_and_nothing_said():
    assert offered("--door", "/nowhere", "drain", "") == []
    assert run("--door", "/nowhere", "--names", "HOST").returncode == 3
    assert run("--names", "NONSENSE").returncode == 2


@with_door(ANSWERS)
def files_are_offered_where_a_file_is_meant(door):
    folder = os.path.dirname(door.path)
    assert offered("replay", folder + "/do") == [door.path]
    assert offered("--door", folder + "/do") == [door.path]
    assert offered("join", "--folder", folder + "/do") == [door.path]


@test
def a_key_of_the_keyboard_does_it():
    """Bash itself, on a terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(os.path.dirname(PROGRAM))
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    os.write(fd, (". '%s'; echo re''ady\n" % SCRIPT).encode())
    text, sent, deadline = "", False, time.monotonic() + 20
    while "lifeboat uncordon " not in text and time.monotonic() < deadline:
        if select.select([fd], [], [], 0.5)[0]:
            text += os.read(fd, 4096).decode(errors="replace")
        if "ready" in text and not sent:
            sent = True
            os.write(fd, b"lifeboat unc\t")
    os.close(fd)
    os.waitpid(pid, 0)
    assert "lifeboat uncordon " in text, text


if __name__ == "__main__":
    sys.exit(main())
