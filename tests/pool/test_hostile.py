"""The engine under attack: 10,000 hostile connections on its ports while reports flow, and
the disk of its recording full all the while: recording stops, deciding goes on.

Inside a network namespace of its own; bounded in count, and it ends by itself.
Usage: test_hostile.py --build BUILD"""

import os
import random
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pool
import runner

CONNECTIONS = 10000
HOSTS = 20
SECONDS = 12


def attack(number, dice):
    """One hostile connection: what a scanner, a broken peer or an enemy might send."""
    s = socket.create_connection((pool.NET + "1", 7801 + number % 2), timeout=5)
    header = b"\0SP\0\0" + bytes([dice.choice([16, 32, 33, 48, 255])]) + b"\0\0"
    kind = number % 6
    try:
        if kind == 0:
            s.sendall(dice.randbytes(dice.randrange(200)))
        elif kind == 1:
            s.sendall(header + struct.pack(">Q", dice.choice([0, 1, 65536, 65537, 2**31, 2**63, 2**64 - 1])))
        elif kind == 2:
            start = b"LBF1\1\1\1\0" if number % 4 == 0 else b"LBF2\1\1\1\0"
            s.sendall(b"\0SP\0\0\x20\0\0" + struct.pack(">Q", 300) + start + dice.randbytes(292))
        elif kind == 3:
            s.sendall(header + struct.pack(">Q", 1000) + dice.randbytes(10))
        elif kind == 4:
            s.sendall(b"\0SP\0\0\x30\0\0" + struct.pack(">Q", 80) + b"\x80\0\0\1" + dice.randbytes(76))
        if kind != 5 and number % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass  # the engine has hung up on us: as it should
    finally:
        s.close()


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def start(p):
    pool.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", p.path("recording"))
    p.start_engine()


def simulate(p):
    """All hosts report, for so many seconds."""
    keys = "".join(open(p.path(name + ".key"), encoding="ascii").read() for name in p.names)
    sim = subprocess.Popen([os.path.join(p.build, "tests", "pool", "hostsim"), p.public["engine"],
        "tcp://%s1:7801" % pool.NET, "tcp://%s1:7802" % pool.NET, str(SECONDS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    sim.stdin.write(keys)
    sim.stdin.close()
    return sim


def an_attack_keeps_no_report_from_the_engine(p):
    dice = random.Random(7)
    engine = p.children["engine"].pid
    before = descriptors(engine)
    sim = simulate(p)
    pool.wait_for("reports", 10, lambda: p.ask("status")["frames"]["accepted"] > 3 * HOSTS, p.check_alive)
    for number in range(CONNECTIONS):
        attack(number, dice)
    said = sim.stdout.read()
    assert sim.wait() == 0, said
    frames = p.ask("status")["frames"]
    assert frames["accepted"] >= HOSTS * SECONDS, frames
    assert frames["stranger"] > 0 and frames["magic"] + frames["length"] > 0, frames
    assert all(row["health"] == "sound" for row in p.hosts().values()), p.hosts()
    recording = p.ask("status")["recording"]
    assert not recording["on"] and "No space left" in recording["error"], recording
    assert p.log("engine").count("recording-stopped") == 1, p.log("engine")
    pool.wait_for("the descriptors to be given back", 30, lambda: descriptors(engine) <= before + 8, p.check_alive)
    return "%d hostile connections; %s; %s" % (CONNECTIONS, said.strip(), frames)


def main():
    options, folder = runner.enter(__file__, [an_attack_keeps_no_report_from_the_engine])
    names = ["h%d" % n for n in range(HOSTS)]
    with pool.Pool(options.build, folder, dict.fromkeys(names, ""), {"silence": "10s"}, hosts_run=False) as p:
        runner.play(p, start, options.cases)


if __name__ == "__main__":
    main()
