"""What processes cost: their time on a processor, and their memory."""

import os
import time

from rows import row


def tree(pid):
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            with open("/proc/%d/task/%d/children" % (one, one), encoding="ascii") as f:
                waiting += [int(word) for word in f.read().split()]
        except OSError:
            pass
    return found


def cpu_s(pid):
    """Of all its threads."""
    total = 0.0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="ascii") as f:
            total += int(f.read().split()[0]) / 1e9
    return total


def memory_kib(pids, *fields):
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.split(":")[0] in fields)
    return total


def name(pid):
    with open("/proc/%d/comm" % pid, encoding="ascii") as f:
        return f.read().strip()


class Use:
    """Of a process and its descendants, over so many seconds."""

    def __init__(self, pid, seconds):
        pids = tree(pid)
        before, began = {one: cpu_s(one) for one in pids}, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        self.each = [(name(one), 100 * (cpu_s(one) - before[one]) / took) for one in pids]
        self.percent = sum(share for _, share in self.each)
        self.pss_kib = memory_kib(pids, "Pss")
        self.private_kib = memory_kib(pids, "Private_Dirty", "Private_Clean")
        self.seconds = seconds

    def tell(self, what, cpu_goal="", memory_goal=""):
        """A line for people, with the share of each process; and the rows."""
        print("%-28s %.3f %% of a core, PSS %.1f MiB, private %.1f MiB, %d s   %s" % (what, self.percent, self.pss_kib / 1024,
            self.private_kib / 1024, self.seconds, ", ".join(filter(None, (cpu_goal, memory_goal)))))
        if len(self.each) > 1:
            print("%-28s %s" % ("", ", ".join("%s %.3f" % one for one in self.each)))
        row(what + ": of a core", self.percent, "%", cpu_goal)
        for process, share in self.each if len(self.each) > 1 else []:
            row("%s: of that %s" % (what, process), share, "%")
        row(what + ": PSS", self.pss_kib / 1024, "MiB", memory_goal)
