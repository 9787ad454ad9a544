"""Several pools at once: each worker is this script again, in namespaces of its own, and
plays one row after the other, as they are given out."""

import os
import queue
import subprocess
import sys
import threading

import pool
import runner

PLAYED = "."  # a line by itself ends a row
FAILURES = 20  # after so many, enough is known


class Crew:
    def __init__(self, script, build, arguments=()):
        self.command = [sys.executable, os.path.abspath(script), "--worker", "--build", build, *arguments]
        self.rows = queue.Queue()
        self.failed = []
        self.said = []  # what each row said
        self.one = threading.Lock()

    def play(self, rows, pools):
        """Play these rows in so many pools; the rows that failed."""
        for row in rows:
            self.rows.put(row)
        threads = [threading.Thread(target=self._work) for _ in range(min(pools, len(rows)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.failed

    def _work(self):
        worker = None
        while len(self.failed) < FAILURES:
            try:
                row = self.rows.get_nowait()
            except queue.Empty:
                break
            worker = worker or subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace")
            said, played = self._give(worker, row)
            with self.one:
                self.said.append(said)
                sys.stdout.write(said)
                sys.stdout.flush()
                if not played:
                    self.failed.append(row)
            if not played:
                worker.wait()
                worker = None
        if worker:
            worker.stdin.close()
            worker.wait()

    @staticmethod
    def _give(worker, row):
        """What it said, and whether it got to the end."""
        lines = []
        try:
            worker.stdin.write(row + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            pass
        for line in worker.stdout:
            if line.rstrip("\n") == PLAYED:
                return "".join(lines), True
            lines.append(line)
        return "".join(lines), False


def rows_given():
    """In a worker: the rows, one by one.  The line after each is for the worker to say."""
    for line in sys.stdin:
        yield line.strip()
        print(PLAYED, flush=True)


def enter(script, parser, work):
    """Options of the one who gives out rows.  A worker does work(build, folder) and ends here."""
    args = sys.argv[1:]
    parser.add_argument("--build", required=True)
    parser.add_argument("--pools", type=int, default=12)
    parser.add_argument("--worker", action="store_true")
    if "--worker" in args:
        folder, _ = pool.enter(os.path.abspath(script), args)
        sys.exit(work(parser.parse_args(args).build, folder))
    options = parser.parse_args(args)
    if not pool.namespaces():
        runner.skip()
    return options
