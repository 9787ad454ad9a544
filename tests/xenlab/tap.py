"""Runs in a dom0: carries a migration over TCP and writes down what passes and who says what.

usage: tap.py run DIR COMMAND...           a command's lines with their times, then its exit
       tap.py receive DIR ADDRESS PORT COMMAND...  the same, on the first connection to PORT
       tap.py send DIR ADDRESS PORT        stdin and stdout to that connection

`send` records, in DIR: back.bin, every byte from the target; back.times, "TIME OFFSET
LENGTH" of each read of them; there-first.bin and there-last.bin, the first 4096 and last
64 bytes to the target; there.times, their number and how each direction ended.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

FIRST, LAST = 4096, 64
CHUNK = 1 << 16


def now():
    t = time.time()
    return time.strftime("%H:%M:%S", time.gmtime(t)) + ".%03d" % (t % 1 * 1000)


def lines(pipe, name, out, lock):
    """Each line when it has come whole; a carriage return ends one too."""
    rest = b""
    while data := os.read(pipe.fileno(), CHUNK):
        *whole, rest = (rest + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        with lock:
            for line in whole:
                out.write("%s %s| %s\n" % (now(), name, line.decode(errors="backslashreplace")))
            out.flush()
    if rest:
        out.write("%s %s| %s (no newline)\n" % (now(), name, rest.decode(errors="backslashreplace")))


def watched(folder, name, command, **streams):
    """Run it; NAME.txt in the folder has its lines, and in the end its exit."""
    with open(os.path.join(folder, name + ".txt"), "w", encoding="utf-8") as out:
        out.write("%s run| %s\n" % (now(), " ".join(command)))
        child = subprocess.Popen(command, stderr=subprocess.PIPE, **streams)
        with open(os.path.join(folder, name + ".pid"), "w", encoding="utf-8") as f:
            f.write("%d\n" % child.pid)
        lock = threading.Lock()
        readers = [threading.Thread(target=lines, args=(pipe, stream, out, lock), daemon=True)
            for stream, pipe in (("out", child.stdout), ("err", child.stderr)) if pipe]
        for reader in readers:
            reader.start()
        status = child.wait()
        for reader in readers:
            reader.join(5)  # xl leaves a process behind that may hold its stderr
        with lock:
            out.write("%s end| %s\n" % (now(), "exit %d" % status if status >= 0 else
                "killed by " + signal.Signals(-status).name))


def receive(folder, address, port, command):
    with socket.create_server((address, int(port))) as listener:
        print("listening", flush=True)
        connection, _ = listener.accept()
    with connection:
        watched(folder, "target", command, stdin=connection, stdout=connection)


class Recorder:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.last = b""
        self.lock = threading.Lock()

    def note(self, name, text):
        with self.lock, open(os.path.join(self.folder, name), "a", encoding="utf-8") as f:
            f.write("%s %s\n" % (now(), text))

    def there(self, data):
        if self.count < FIRST:
            with open(os.path.join(self.folder, "there-first.bin"), "ab") as f:
                f.write(data[:FIRST - self.count])
        if not self.count:
            self.note("there.times", "first byte")
        self.count += len(data)
        self.last = (self.last + data)[-LAST:]
        with open(os.path.join(self.folder, "there.count"), "w", encoding="utf-8") as f:
            f.write("%d\n" % self.count)

    def there_ended(self, how):
        with open(os.path.join(self.folder, "there-last.bin"), "wb") as f:
            f.write(self.last)
        self.note("there.times", "source to target: %d bytes, then %s" % (self.count, how))


def send(folder, address, port):
    recorder = Recorder(folder)
    with open(os.path.join(folder, "carrier.pid"), "w", encoding="utf-8") as f:
        f.write("%d\n" % os.getpid())
    connection = socket.create_connection((address, int(port)), 20)
    connection.settimeout(None)

    def there():
        how = "end of file"
        try:
            while data := os.read(0, CHUNK):
                recorder.there(data)
                connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            how = str(error)
        recorder.there_ended(how)

    signal.signal(signal.SIGTERM, lambda *_: (recorder.there_ended("the carrier was ended"), os._exit(143)))
    threading.Thread(target=there, daemon=True).start()
    offset, how = 0, "end of file"
    try:
        with open(os.path.join(folder, "back.bin"), "wb", buffering=0) as f:
            while data := connection.recv(CHUNK):
                recorder.note("back.times", "%d %d" % (offset, len(data)))
                f.write(data)
                offset += len(data)
                os.write(1, data)
    except OSError as error:
        how = str(error)
    recorder.note("back.times", "target to source: %d bytes, then %s" % (offset, how))


def main():
    verb, folder, *rest = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    if verb == "run":
        watched(folder, "source", rest, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    elif verb == "receive":
        receive(folder, rest[0], rest[1], rest[2:])
    else:
        send(folder, *rest)


if __name__ == "__main__":
    main()
