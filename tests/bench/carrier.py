#!/usr/bin/env python3
"""The carrier beside ssh and socat: tests/bench/carrier.py BUILD [MIB [WAY]]

Each carries MIB random bytes over loopback, and half of them from one network namespace to
another over a veth pair shaped to 1 Gbit/s; three times, printed are the medians.  GB/s is
from the first byte to the last where they are swallowed, so that no greeting counts; the
CPU seconds are all of both ends' processes, those that make and swallow the bytes included,
less what the same takes with nothing to carry.
ssh talks to an sshd of its own.  Needs root, Debian's openssh-server, openssh-client, socat.
"""

import ctypes
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from rows import row, skipped

RUNS = 3
NEEDED = ("ssh", "sshd", "ssh-keygen", "socat", "tc", "nsenter")
CLONE_NEWNET, PR_SET_CHILD_SUBREAPER = 0x40000000, 36
libc = ctypes.CDLL(None, use_errno=True)


def must(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def run(*args):
    subprocess.run(args, check=True)


class Link:
    """Where the source is, where the target is, and the target's address."""

    def __init__(self, name, address, namespace=None):
        self.name, self.address, self.namespace = name, address, namespace

    def there(self, *args):
        return ["nsenter", "--net=" + self.namespace, *args] if self.namespace else list(args)


def make_loopback():
    run("ip", "link", "set", "lo", "up")
    return Link("loopback", "127.0.0.1")


def make_gigabit():
    """Both directions shaped, behind queues as shallow as a switch's; frames as on the wire."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    must(libc.unshare(CLONE_NEWNET))
    there = os.open("/proc/self/ns/net", os.O_RDONLY)
    must(libc.setns(here, CLONE_NEWNET))
    link = Link("1 Gbit/s", "10.0.0.2", "/proc/%d/fd/%d" % (os.getpid(), there))
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", link.namespace)
    for end, device in ((Link("its other end", "10.0.0.1"), "near"), (link, "far")):
        run(*end.there("ip", "address", "add", end.address + "/24", "dev", device))
        run(*end.there("ip", "link", "set", device, "up"))
        run(*end.there("tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", "1gbit", "burst", "128kb", "latency", "10ms"))
    return link


def carrier(_, build, link, mib):
    args = [build + "/tests/bench/bench_carrier", build + "/actuator/lifeboat-actuator", str(mib), link.address]
    return subprocess.run(args + ([link.namespace] if link.namespace else []), check=True, stderr=subprocess.PIPE)


def socat(_, build, link, mib):
    bench = build + "/tests/bench/bench_carrier"
    server = subprocess.Popen(link.there("socat", "-u", "-b", "262144", "TCP-LISTEN:7990,reuseaddr", "EXEC:%s --sink %d" %
        (bench, mib)), stderr=subprocess.PIPE)
    time.sleep(0.3)
    subprocess.run("%s --source %d | socat -u -b 262144 - TCP:%s:7990,retry=10" % (bench, mib, link.address), shell=True, check=True)
    return subprocess.CompletedProcess([], 0, stderr=server.communicate()[1])


def ssh(folder, build, link, mib, cipher=None):
    bench = build + "/tests/bench/bench_carrier"
    server = subprocess.Popen(link.there("/usr/sbin/sshd", "-D", "-f", folder + "/sshd_config"), stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    options = ["-c", cipher] if cipher else []
    source = subprocess.Popen([bench, "--source", str(mib)], stdout=subprocess.PIPE)
    done = subprocess.run(["ssh", "-F", "none", "-p", "7991", "-i", folder + "/key", "-o", "StrictHostKeyChecking=no", "-o",
        "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectionAttempts=10", *options, link.address,
        "%s --sink %d" % (bench, mib)], check=True, stdin=source.stdout, stderr=subprocess.PIPE)
    source.stdout.close()
    source.wait()
    server.send_signal(signal.SIGTERM)
    return done


def make_sshd(folder):
    for name in ("host", "key"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/" + name)
    shutil.copy(folder + "/key.pub", folder + "/keys")
    with open(folder + "/sshd_config", "w", encoding="utf-8") as f:
        f.write("Port 7991\nHostKey %s/host\nAuthorizedKeysFile %s/keys\nStrictModes no\n"
            "PidFile none\nPermitRootLogin yes\nUsePAM no\n" % (folder, folder))
    os.makedirs("/run/sshd", exist_ok=True)


WAYS = [("carrier", carrier), ("ssh, default cipher", ssh),
    ("ssh, aes128-gcm", lambda *args: ssh(*args, cipher="aes128-gcm@openssh.com")), ("socat, in the clear", socat)]


def cpu():
    """Of all that has ended, down to the last grandchild."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spend(args, mib, way):
    """What it said, and the CPU seconds that it took."""
    before = cpu()
    said = way(*args, mib).stderr.decode()
    return said, cpu() - before


def measure(args, mib, way):
    rates, costs = [], []
    gigabytes = mib * 1048576 / 1e9
    greeting = statistics.median(spend(args, 0, way)[1] for _ in range(RUNS))
    for _ in range(RUNS):
        said, spent = spend(args, mib, way)
        rates.append(gigabytes / float(re.search(r"^seconds ([0-9.]+)", said, re.M).group(1)))
        costs.append((spent - greeting) / gigabytes)
    return statistics.median(rates), statistics.median(costs)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    missing = [program for program in NEEDED if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if os.geteuid() != 0 or missing:
        return skipped("the carrier beside ssh and socat", "needs root" if not missing else "no " + ", ".join(missing))
    build = os.path.abspath(sys.argv[1])
    mib = int(sys.argv[2]) if len(sys.argv) > 2 else 2048
    must(libc.unshare(CLONE_NEWNET))
    must(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        make_sshd(folder)
        for link in (make_loopback(), make_gigabit()):
            for name, way in WAYS:
                if len(sys.argv) > 3 and sys.argv[3] not in name:
                    continue
                rate, cost = measure((folder, build, link), mib // 2 if link.namespace else mib, way)
                goal = "faster than ssh" if way is carrier else ""
                print("%-10s %-22s %6.3f GB/s  %6.2f CPU s/GB%s" % (link.name, name, rate, cost,
                    "   (goal: %s)" % goal if goal else ""), flush=True)
                row("%s over %s" % (name, link.name), rate, "GB/s", goal)
                row("%s over %s: processors" % (name, link.name), cost, "CPU s/GB")
    return None


if __name__ == "__main__":
    main()
