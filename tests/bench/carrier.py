#!/usr/bin/env python3
"""The carrier beside ssh and socat: tests/bench/carrier.py BUILD [MIB]

Each carries MIB random bytes over loopback and over a loopback shaped to 1 Gbit/s, three
times; printed are the medians of GB/s and of CPU seconds per GB over all processes of both
ends, the two that make and swallow the bytes included.  Runs in a network namespace of its
own; needs root, Debian's openssh-server, openssh-client and socat.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 3


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(last, *args, **kwargs):
    began = time.monotonic()
    subprocess.run(*args, check=True, **kwargs)
    last()
    return time.monotonic() - began


def carrier(folder, build, mib):
    return timed(int, [build + "/tests/bench/bench_carrier", build + "/actuator/lifeboat-actuator", str(mib)])


def socat(folder, build, mib):
    bench = build + "/tests/bench/bench_carrier"
    sink = subprocess.Popen(["socat", "-u", "-b", "262144", "TCP-LISTEN:7990,reuseaddr", "EXEC:%s --sink" % bench])
    time.sleep(0.2)
    return timed(sink.wait, "%s --source %d | socat -u -b 262144 - TCP:127.0.0.1:7990" % (bench, mib), shell=True)


def ssh(folder, build, mib, cipher=None):
    bench = build + "/tests/bench/bench_carrier"
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", folder + "/sshd_config"], stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    options = ["-c", cipher] if cipher else []
    command = ["ssh", "-p", "7991", "-i", folder + "/key", "-o", "StrictHostKeyChecking=no", "-o",
        "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", *options, "127.0.0.1",
        bench + " --sink"]
    source = subprocess.Popen([bench, "--source", str(mib)], stdout=subprocess.PIPE)
    seconds = timed(source.wait, command, stdin=source.stdout)
    source.stdout.close()
    server.terminate()
    server.wait()
    return seconds


def make_sshd(folder):
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/" + name], check=True)
    shutil.copy(folder + "/key.pub", folder + "/keys")
    with open(folder + "/sshd_config", "w", encoding="utf-8") as f:
        f.write("Port 7991\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/keys\nStrictModes no\n"
            "PidFile none\nPermitRootLogin yes\nUsePAM no\n" % (folder, folder))
    os.makedirs("/run/sshd", exist_ok=True)


WAYS = [("carrier", carrier), ("ssh, default cipher", ssh),
    ("ssh, aes128-gcm", lambda *args: ssh(*args, cipher="aes128-gcm@openssh.com")), ("socat, in the clear", socat)]


def measure(folder, build, mib, way):
    rates, costs = [], []
    for _ in range(RUNS):
        before = cpu()
        seconds = way(folder, build, mib)
        gigabytes = mib / 1024 * 1.073741824
        rates.append(gigabytes / seconds)
        costs.append((cpu() - before) / gigabytes)
    return statistics.median(rates), statistics.median(costs)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if os.environ.get("BENCH_CARRIER_INSIDE") != "1":
        os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], {**os.environ, "BENCH_CARRIER_INSIDE": "1"})
    build = os.path.abspath(sys.argv[1])
    mib = int(sys.argv[2]) if len(sys.argv) > 2 else 2048
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        make_sshd(folder)
        for link in ("loopback", "1 Gbit/s"):
            if link != "loopback":
                subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1gbit", "burst", "1mb",
                    "latency", "50ms"], check=True)
            for name, way in WAYS:
                rate, cost = measure(folder, build, mib if link == "loopback" else mib // 4, way)
                print("%-10s %-22s %6.3f GB/s  %6.2f CPU s/GB" % (link, name, rate, cost), flush=True)


if __name__ == "__main__":
    main()
