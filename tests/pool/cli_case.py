"""Tests of the real `lifeboat`, given as the first argument of whoever runs them: one is a function
under @test, or under @with_door, and main() runs those that there are."""

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
    failed = 0
    for case in TESTS:
        try:
            case()
            print("ok    ", case.__name__)
        except Exception:  # a test's failure, whatever it is
            failed += 1
            print("FAILED", case.__name__)
            traceback.print_exc()
    print("%d of %d tests passed" % (len(TESTS) - failed, len(TESTS)))
    return 1 if failed or not TESTS else 0
