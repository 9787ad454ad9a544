"""Tests of the real `lifeboat`: one is a function under @test, or under @with_door, and main() runs them.
Usage of a file of them: FILE LIFEBOAT [TEST...]"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import traceback

from fake_door import FakeDoor

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cases import chosen

PROGRAM = sys.argv[1]
TESTS = []


def run(*args, door=None, status=0, stdin="", timeout=20):
    command = [PROGRAM, *(["--door", door.path] if door else []), *args]
    done = subprocess.run(command, input=stdin, capture_output=True, encoding="utf-8", timeout=timeout)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stdout + done.stderr


def on_terminal(*args, columns=100):
    """What a terminal of that width is sent."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(PROGRAM, [PROGRAM, *args])
    text = b""
    try:
        while chunk := os.read(fd, 4096):
            text += chunk
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return text.decode().replace("\r\n", "\n")


class Folder:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-")
        return os.path.join(self.folder.name, "door")

    def __exit__(self, *_):
        self.folder.cleanup()


def test(function):
    TESTS.append(function)
    return function


def with_door(answers):
    """A test that is given a door with these answers."""
    def decorate(function):
        def wrapped():
            with Folder() as path, FakeDoor(path, answers) as door:
                function(door)
        wrapped.__name__ = function.__name__
        return test(wrapped)
    return decorate


def main():
    failed, cases = 0, chosen(TESTS, sys.argv[2:])
    for name, case in cases.items():
        try:
            case()
            print("ok    ", name)
        except Exception:  # a test's failure, whatever it is
            failed += 1
            print("FAILED", name)
            traceback.print_exc()
    print("%d of %d tests passed" % (len(cases) - failed, len(cases)))
    return 1 if failed or not cases else 0
