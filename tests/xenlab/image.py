"""What the lab's machines are made of: a dom0 image with Debian's Xen, and a small guest.

image.build(folder) makes everything once, from Debian packages alone, and keeps it in a
folder named by a hash of this recipe.  Needs root and mmdebstrap; a minute and a half.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys

PACKAGES = """
xen-hypervisor-4.17-amd64 xen-utils-4.17 libxenmisc4.17 linux-image-amd64 initramfs-tools
systemd-sysv dbus udev kmod iproute2 iputils-ping iputils-arping tcpdump openssh-server procps
open-iscsi lm-sensors i2c-tools socat busybox-static
libnanomsg5 libinih1 libsodium23 libprotobuf-c1 libsqlite3-0 libuv1 libjansson4 libseccomp2 libsensors5
""".split()
SUITE = "bookworm"
DOM0_SIZE = "3G"
GUEST_SIZE = "64M"
GUEST_MODULES = ("lib/crc16", "crypto/crc32c_generic", "arch/x86/crypto/crc32c-intel", "fs/mbcache",
    "fs/jbd2/jbd2", "fs/ext4/ext4", "drivers/block/xen-blkfront", "drivers/net/xen-netfront")
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "fstrim.timer", "e2scrub_all.timer", "dpkg-db-backup.timer",
    "e2scrub_reap.service", "systemd-timesyncd.service")

# A host's number N is on the kernel command line: lab=N.  eth0 is the pool's and the
# disks' network, with the guests on its bridge; eth1 is where guests arrive.
NETWORK = """#!/bin/sh
N=$(sed -n 's/.*lab=\\([0-9]*\\).*/\\1/p' /proc/cmdline)
hostname "xen$N"
echo "xen$N" > /etc/hostname
echo "InitiatorName=iqn.2026-11.lab:xen$N" > /etc/iscsi/initiatorname.iscsi
ip link add xenbr0 type bridge forward_delay 0
ip link set eth0 up master xenbr0
ip addr add "10.77.0.1$N/24" dev xenbr0
ip link set xenbr0 up
ip addr add "10.78.0.1$N/24" dev eth1
ip link set eth1 up
"""
NETWORK_UNIT = """[Unit]
DefaultDependencies=no
After=systemd-remount-fs.service systemd-udevd.service
Before=network-pre.target ssh.service iscsid.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-network
[Install]
WantedBy=sysinit.target
"""
HOSTS = "127.0.0.1 localhost\n10.77.0.1 engine\n10.77.0.11 xen1\n10.77.0.12 xen2\n10.77.0.13 xen3\n"

GUEST_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in MODULES; do insmod /lib/$m.ko; done
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/xvda ] && break; sleep 1; done
ip addr add "$(sed -n 's/.*lab-ip=\\([0-9.]*\\).*/\\1/p' /proc/cmdline)/24" dev eth0
ip link set eth0 up
mount -t ext4 /dev/xvda /root
mount --move /proc /root/proc
mount --move /sys /root/sys
mount --move /dev /root/dev
exec switch_root /root /bin/heartbeat
"""
# "COUNT UPTIME": twice a second, on the disk before the next.
HEARTBEAT = """#!/bin/busybox sh
n=$(busybox tail -n 1 /heartbeat 2>/dev/null | busybox cut -d' ' -f1)
n=${n:-0}
while :; do
	n=$((n + 1))
	read -r up rest < /proc/uptime
	echo "$n $up" >> /heartbeat
	busybox sync
	busybox usleep 500000
done
"""


def run(*args, **kwargs):
    subprocess.run(args, check=True, stdout=kwargs.pop("stdout", subprocess.DEVNULL), **kwargs)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def recipe():
    with open(__file__, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]


def dom0(work, out):
    root = os.path.join(work, "dom0")
    run("mmdebstrap", "--quiet", "--variant=apt", "--include=" + ",".join(PACKAGES), SUITE, root)
    write(root + "/etc/fstab", "/dev/vda / ext4 errors=remount-ro 0 1\n")
    write(root + "/etc/hosts", HOSTS)
    write(root + "/usr/local/sbin/lab-network", NETWORK, 0o755)
    write(root + "/etc/systemd/system/lab-network.service", NETWORK_UNIT)
    os.makedirs(root + "/etc/systemd/system/sysinit.target.wants", exist_ok=True)
    os.symlink("../lab-network.service", root + "/etc/systemd/system/sysinit.target.wants/lab-network.service")
    for unit in MASKED:
        with contextlib.suppress(FileExistsError):
            os.symlink("/dev/null", root + "/etc/systemd/system/" + unit)
    with open(root + "/etc/ssh/sshd_config", "a", encoding="utf-8") as f:
        f.write("PermitRootLogin prohibit-password\nUseDNS no\nMaxSessions 64\n")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", out + "/key")
    with open(out + "/key.pub", encoding="utf-8") as f:
        write(root + "/root/.ssh/authorized_keys", f.read(), 0o600)
    os.chmod(root + "/root/.ssh", 0o700)
    boot = root + "/boot/"
    kernel = next(name for name in os.listdir(boot) if name.startswith("vmlinuz-"))
    with open(out + "/xen", "wb") as f:
        run("zcat", boot + "xen-4.17-amd64.gz", stdout=f)
    shutil.copy(boot + kernel, out + "/vmlinuz")
    shutil.copy(boot + kernel.replace("vmlinuz", "initrd.img"), out + "/initrd.img")
    guest(work, out, root, kernel.replace("vmlinuz-", ""))
    os.makedirs(root + "/var/lib/guests")
    shutil.copy(out + "/vmlinuz", root + "/var/lib/guests/vmlinuz")
    shutil.copy(out + "/guest.initrd", root + "/var/lib/guests/initrd")
    filesystem(out + "/dom0.img", DOM0_SIZE, root)


def filesystem(path, size, root):
    run("truncate", "-s", size, path)
    run("mkfs.ext4", "-q", "-d", root, path)


def guest(work, out, dom0_root, version):
    """An initramfs that mounts the LUN and becomes what is on it, and that file system."""
    modules = [os.path.basename(name) for name in GUEST_MODULES]
    first = os.path.join(work, "initramfs")
    for folder in ("bin", "lib", "proc", "sys", "dev", "root"):
        os.makedirs(os.path.join(first, folder))
    shutil.copy(dom0_root + "/bin/busybox", first + "/bin/busybox")
    for name in GUEST_MODULES:
        shutil.copy("%s/lib/modules/%s/kernel/%s.ko" % (dom0_root, version, name), first + "/lib/")
    write(first + "/init", GUEST_INIT.replace("MODULES", " ".join(modules)), 0o755)
    run("sh", "-c", 'cd "$1" && find . | cpio -o -H newc --quiet | gzip -9 > "$2"', "sh", first, out + "/guest.initrd")
    root = os.path.join(work, "guest")
    for folder in ("bin", "proc", "sys", "dev"):
        os.makedirs(os.path.join(root, folder))
    shutil.copy(dom0_root + "/bin/busybox", root + "/bin/busybox")
    write(root + "/bin/heartbeat", HEARTBEAT, 0o755)
    filesystem(out + "/guest.img", GUEST_SIZE, root)


def build(folder, say=lambda text: None):
    """The folder with xen, vmlinuz, initrd.img, dom0.img, guest.img and the ssh key."""
    final = os.path.join(folder, "images", recipe())
    if os.path.isdir(final):
        return final
    say("Making the hosts' image from Debian's packages (two minutes) ...")
    work, out = os.path.join(folder, "images", "work"), final + ".new"
    for path in (work, out):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
    dom0(work, out)
    shutil.rmtree(work)
    os.chmod(out + "/key", stat.S_IRUSR | stat.S_IWUSR)
    os.rename(out, final)
    return final


if __name__ == "__main__":
    print(build(os.path.abspath(sys.argv[1]), print))
