"""./try as its user meets it where there is no terminal.  Usage: test_try.py --build BUILD [NAME...]"""

import fcntl
import glob
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import pool
import runner
from try_faults import FAULTS

TRY = os.path.join(HERE, "..", "..", "try")
ROW = re.compile(r"^(\w+) +(\d+) MiB +n1 +(\S+) +(\d+) MiB +(\d+\.\d\d) s +(\d+\.\d\d) s +(\d+)$", re.M)


class Run:
    """One ./try in a session and with a folder for temporary files of its own."""

    def __init__(self, build, *args):
        self.tmp = tempfile.mkdtemp(prefix="try-")
        self.text = ""
        self.child = subprocess.Popen([TRY, "--build", build, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, preexec_fn=pool.die_with_parent,
            env={**os.environ, "TMPDIR": self.tmp})

    def until(self, part):
        while part not in self.text:
            line = self.child.stdout.readline()
            assert line, self.text
            self.text += line

    def end(self, status):
        """Its whole output; nothing of it may be left."""
        self.text += self.child.communicate()[0]
        assert self.child.returncode == status, (self.child.returncode, self.text)
        assert "\033" not in self.text, self.text
        nothing_left(self.tmp)
        return self.text

    def table(self):
        rows = {row[0]: row[1:] for row in ROW.findall(self.text)}
        assert len(rows) == 6, self.text
        for size, host, sent, _, _, _ in rows.values():
            assert host in ("n2", "n3") and int(sent) >= int(size), self.text
        assert len({row[0] for row in rows.values()}) == 6, rows
        assert "each guest runs once" in self.text, self.text
        return rows


def nothing_left(tmp):
    left = [path for path in glob.glob("/proc/[0-9]*/cmdline") if tmp in contents(path)]
    assert not left, left
    os.rmdir(tmp)  # fails if it holds anything


def contents(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def a_hot_host_is_emptied_and_the_pool_kept(build):
    run = Run(build, "--small", "--keep")
    run.until("Enter or Ctrl-C")
    assert "hold = 1s (10s)" in run.text and " -> failing (critical: coretemp" in run.text, run.text
    for row in run.table().values():
        assert row[-1] == "1", run.text
    commands = re.findall(r"^  (/\S+/lifeboat .*)$", run.text, re.M)
    assert len(commands) == 5, run.text
    for command in commands:
        if command.endswith(" watch"):
            watch = subprocess.Popen(shlex.split(command), stdout=subprocess.PIPE, text=True)
            assert " n2 -> " in watch.stdout.readline() + watch.stdout.readline()
            watch.terminate()
            watch.communicate()
        else:
            assert pool.run(*shlex.split(command)).strip(), command
    run.child.stdin.write("\n")
    run.child.stdin.flush()
    run.end(0)


def a_link_that_is_cut_costs_a_second_try(build):
    run = Run(build, "--small", "--fault", "link-cut")
    run.end(0)
    assert re.search(r"move (\w+) n1 -> n[23]: stayed \(link-lost\)", run.text), run.text
    assert "--fault: the connection from n1" in run.text, run.text
    assert sorted(row[-1] for row in run.table().values())[-1] > "1", run.text


def a_guest_that_no_host_can_take_is_a_failure(build):
    text = Run(build, "--small", "--fault", "disk-nowhere").end(1)
    assert re.search(r"^mail +16 MiB +n1 +n1:b ", text, re.M) and "each guest runs once" not in text, text
    assert len(ROW.findall(text)) == 5 and "prepare mail n1 -> n2: refused (disks)" in text, text


def each_fault_is_handled(build):
    for name, fault in FAULTS.items():
        if not fault.stay:
            assert Run(build, "--small", "--fault", name).end(0)


def a_full_size_run_takes_a_minute_at_most(build):
    run = Run(build)
    seconds = int(re.search(r"The whole took (\d+) s", run.end(0)).group(1))
    assert seconds <= 60, seconds
    run.table()


def on_a_terminal_a_block_is_drawn_and_an_interrupt_leaves_nothing(build):
    tmp, text, interrupted = tempfile.mkdtemp(prefix="try-"), "", False
    pid, terminal = pty.fork()
    if pid == 0:
        pool.die_with_parent()
        os.execve(TRY, [TRY, "--build", build, "--small"], {**os.environ, "TMPDIR": tmp, "TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    while True:
        try:
            text += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            break
        if not interrupted and "copying" in text:
            interrupted = True
            os.write(terminal, b"\x03")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 130 and "nothing is left behind" in text, (status, text)
    assert "\033[12A\033[J" in text and "failing" in text, text
    wide = [line for line in re.sub(r"\033\[[0-9]*[a-zA-Z]", "", text).splitlines() if len(line) > 80]
    assert not wide, wide
    nothing_left(tmp)


def what_it_does_not_know_is_refused(build):
    assert "unknown argument '--foo'" in Run(build, "--foo").end(2)
    assert "unknown fault 'foo'" in Run(build, "--fault", "foo").end(2)
    assert "'--fault' needs a value" in Run(build, "--fault").end(2)
    assert "there is no build in '/nonexistent'" in Run("/nonexistent").end(2)
    text = Run(build, "--fault", "help").end(0)
    for name in FAULTS:
        assert "  %s " % name in text, text


TESTS = [what_it_does_not_know_is_refused, on_a_terminal_a_block_is_drawn_and_an_interrupt_leaves_nothing,
    a_hot_host_is_emptied_and_the_pool_kept, a_link_that_is_cut_costs_a_second_try,
    a_guest_that_no_host_can_take_is_a_failure, a_full_size_run_takes_a_minute_at_most, each_fault_is_handled]


def main():
    options = runner.arguments(TESTS)
    if not pool.namespaces():
        runner.skip()
    for name, test in options.cases.items():
        began = time.monotonic()
        test(os.path.abspath(options.build))
        print("ok   %s (%.1f s)" % (name, time.monotonic() - began), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
