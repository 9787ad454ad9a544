"""One emulated Xen host of the lab, and how to talk to it."""

import contextlib
import os
import signal
import subprocess
import time

CPU = ("qemu64,+svm,+npt,+nrip-save,+cx16,+lahf_lm,+popcnt,+sse4.1,+sse4.2,+ssse3,+pcid,+invpcid,"
    "+fsgsbase,+erms,+pdpe1gb")  # no SMAP, rdtscp or AVX: Xen under QEMU 7.2 fails with them
MEMORY = 1024
DOM0_MEMORY = 512
SENSOR_BUS = "i=$(cat /run/sensor-bus)"


class Failed(Exception):
    pass


def run(*args, timeout=60, **kwargs):
    """Its output, or Failed with what it said."""
    try:
        done = subprocess.run(args, capture_output=True, text=True, errors="replace", timeout=timeout, check=False,
            **kwargs)
    except subprocess.TimeoutExpired as late:
        raise Failed("%s: no end within %d s" % (" ".join(args)[:300], timeout)) from late
    if done.returncode != 0:
        raise Failed("%s: status %d: %s" % (" ".join(args)[:300], done.returncode, (done.stderr + done.stdout).strip()))
    return done.stdout


def wait_for(what, seconds, test):
    """Poll test() until it is true; its value.  A test that fails is not true yet."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(Failed):
            got = test()
            if got:
                return got
        if time.monotonic() > deadline:
            raise Failed("waited %d s in vain for %s" % (seconds, what))
        time.sleep(0.5)


class Machine:
    """Host xenN in the lab's network namespace; scale stretches every deadline."""

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.name = "xen%d" % number
        self.address = "10.77.0.1%d" % number
        self.arrival = "10.78.0.1%d" % number
        self.taps = ["lab%d-%d" % (number, net) for net in range(2)]

    def path(self, suffix):
        return os.path.join(self.lab.dir, self.name + suffix)

    def start(self):
        """Power on; the disk keeps what was on it."""
        if not os.path.exists(self.path(".qcow2")):
            run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self.lab.image("dom0.img"),
                self.path(".qcow2"))
        nets = []
        for net, tap in enumerate(self.taps):
            nets += ["-netdev", "tap,id=n%d,ifname=%s,script=no,downscript=no" % (net, tap),
                "-device", "virtio-net-pci,netdev=n%d,mac=52:54:00:7%d:00:1%d" % (net, net, self.number)]
        self.lab.spawn(self.name, ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", CPU,
            "-smp", "2", "-m", str(MEMORY), "-display", "none", "-monitor", "none", "-no-reboot",
            "-chardev", "file,id=c,append=on,path=" + self.path(".console"), "-serial", "chardev:c",
            "-kernel", self.lab.image("xen"),
            "-append", "dom0_mem=%dM,max:%dM console=com1 com1=115200,8n1" % (DOM0_MEMORY, DOM0_MEMORY),
            "-initrd", "%s root=/dev/vda ro console=hvc0 net.ifnames=0 lab=%d,%s" % (self.lab.image("vmlinuz"),
                self.number, self.lab.image("initrd.img")),
            "-drive", "if=virtio,format=qcow2,cache=unsafe,file=" + self.path(".qcow2"), *nets])

    def off(self):
        """The plug is pulled."""
        self.hang_up()
        self.lab.kill(self.name, signal.SIGKILL)

    def hang_up(self):
        """End the ssh that every command shares; the next command starts another."""
        if os.path.exists(self.path(".ssh")):
            subprocess.run(["ssh", "-q", "-o", "ControlPath=" + self.path(".ssh"), "-O", "exit", self.name],
                capture_output=True, timeout=30, check=False)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(".ssh"))

    def ssh_command(self, *command):
        return ["ip", "netns", "exec", self.lab.netns, "ssh", "-q", "-i", self.lab.image("key"),
            "-o", "ControlMaster=auto", "-o", "ControlPath=" + self.path(".ssh"), "-o", "ControlPersist=600",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10",
            "-o", "ServerAliveInterval=30", "-o", "ServerAliveCountMax=10",
            "root@" + self.address, *command]

    def ssh(self, command, timeout=120):
        """Run a shell command there; its output, or Failed."""
        return run(*self.ssh_command(command), timeout=timeout * self.lab.scale, stdin=subprocess.DEVNULL)

    def put(self, local, remote, mode=None):
        """Copy a file there."""
        with open(local, "rb") as f:
            command = "cat > %s" % remote if mode is None else "install -m %o /dev/stdin %s" % (mode, remote)
            done = subprocess.run(self.ssh_command(command), stdin=f, capture_output=True, check=False,
                timeout=120 * self.lab.scale)
        if done.returncode != 0:
            raise Failed("%s: %s cannot be written: %s" % (self.name, remote, done.stderr.decode(errors="replace")))

    def install(self, debs):
        for deb in debs:
            self.put(deb, "/root/" + os.path.basename(deb))
        self.ssh("cd /root && dpkg -i " + " ".join(os.path.basename(deb) for deb in debs), 300)

    def wait_up(self):
        wait_for("%s to boot" % self.name, 300 * self.lab.scale, lambda: self.ssh("xl info -n >/dev/null && echo up", 30))

    def prepare(self):
        """Disks and sensors, as after every boot."""
        self.ssh("""set -e
            iscsiadm -m discovery -t st -p 10.77.0.1 >/dev/null
            iscsiadm -m session >/dev/null 2>&1 || iscsiadm -m node -l >/dev/null
            modprobe i2c-dev; modprobe i2c-stub chip_addr=0x48,0x49
            for d in /sys/bus/i2c/devices/i2c-*; do grep -q stub $d/name && echo ${d##*-} > /run/sensor-bus; done
            i=$(cat /run/sensor-bus)
            for a in 0x48 0x49; do
                i2cset -f -y $i $a 0 0x0028 w; i2cset -f -y $i $a 2 0x004b w; i2cset -f -y $i $a 3 0x0050 w
                echo lm75 $a > /sys/bus/i2c/devices/i2c-$i/new_device
            done""", 180)

    def heat(self, celsius):
        """The second LM75 shows this temperature from now on."""
        self.ssh("%s; i2cset -f -y $i 0x49 0 0x%04x w" % (SENSOR_BUS, int(celsius)))

    def domains(self):
        """{name: (id, state letters, UUID)}, dom0 apart."""
        found = {}
        for line in self.ssh("xl list -v").splitlines()[1:]:
            words = line.split()
            if words[1] != "0":
                found[words[0]] = (int(words[1]), words[4].replace("-", ""), words[6])
        return found

    def save_logs(self, folder):
        with contextlib.suppress(Failed, OSError):
            text = self.ssh("journalctl --no-pager -o short-monotonic; xl dmesg; tail -n 200 /var/log/xen/*.log", 60)
            with open(os.path.join(folder, self.name + ".journal"), "w", encoding="utf-8") as f:
                f.write(text)
        with contextlib.suppress(OSError):
            with open(self.path(".console"), "rb") as f, open(os.path.join(folder, self.name + ".console"), "wb") as out:
                out.write(f.read())
