#!/usr/bin/env python3
"""The Debian packages, on a Debian that has never seen Lifeboat: install, upgrade, remove, purge.

Skipped (77) without root, mmdebstrap or a way to Debian's archive. The root file system is made once and kept under
the build folder. systemd does not run in it: a stand-in for systemctl notes what the packages ask of it.
"""
import argparse
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
OLD = "0.0.1"
STAND_IN = """#!/bin/sh
# A service manager that notes what it is asked; /tmp/active and /tmp/moves say what runs.
case "$*" in *ExecMainStart*) echo 0; exit ;; esac
echo "$*" >>/tmp/asked
case "$*" in
*list-units*) cat /tmp/moves 2>/dev/null ;;
*is-active*) for unit; do :; done; grep -qsx "$unit" /tmp/active ;;
*LoadState*) echo loaded ;;
esac
"""


class Failed(Exception):
    pass


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIP)


def expect(true, sentence, detail=""):
    print(("ok      " if true else "FAILED  ") + sentence)
    if not true:
        raise Failed(sentence + ("\n" + str(detail) if detail else ""))


def run(*args, ok=True, timeout=110, **options):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
                          check=False, **options)
    if ok and done.returncode != 0:
        raise Failed("%s: %d\n%s" % (" ".join(args), done.returncode, done.stdout))
    return done


def age(deb):
    """Give its configuration other words than the version that follows."""
    tree = deb + ".tree"
    run("dpkg-deb", "-R", deb, tree)
    with open(tree + "/DEBIAN/conffiles", encoding="utf-8") as f:
        for line in f:
            with open(tree + line.strip(), "a", encoding="utf-8") as conf:
                conf.write("# of an older version\n")
    run("dpkg-deb", "--root-owner-group", "-b", tree, deb)
    shutil.rmtree(tree)


def build(source, folder):
    """The packages as a user makes them, and the same of a lower version: {version: {name: path}}"""
    run("cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_INSTALL_PREFIX=/usr",
        "-DBUILD_TESTING=OFF")
    run("cmake", "--build", folder, "-j", "2", timeout=300)
    debs = {}
    for version, options in (("new", []), (OLD, ["-R", OLD])):
        to = os.path.join(folder, "debs-" + version)
        shutil.rmtree(to, ignore_errors=True)
        run("cpack", "-G", "DEB", "-B", to, *options, cwd=folder)
        paths = glob.glob(to + "/*.deb")
        debs[version] = {os.path.basename(p).split("_")[0]: p for p in paths}
    for name, deb in debs[OLD].items():
        if name != "lifeboat":
            age(deb)
    return debs


def field(deb, name):
    return run("dpkg-deb", "-f", deb, name).stdout.strip()


def needed(debs):
    """What the packages depend on, themselves left out."""
    found = set()
    for deb in debs.values():
        for word in field(deb, "Depends").split(","):
            found.add(re.sub(r"[ (|].*", "", word.strip()))
    return sorted(found - set(debs))


def base_system(folder, packages):
    """A tar file with a Debian that has these packages; made once."""
    with open("/etc/os-release", encoding="utf-8") as f:
        suite = re.search(r"^VERSION_CODENAME=(.*)$", f.read(), re.M).group(1)
    digest = hashlib.sha256(" ".join([suite] + packages).encode()).hexdigest()[:12]
    path = os.path.join(folder, "debian-%s.tar" % digest)
    if not os.path.exists(path):
        try:
            run("timeout", "240", "mmdebstrap", "--variant=minbase", "--include=" + ",".join(packages), suite, path + ".part.tar",
                timeout=300)
        except Failed as e:
            skip("no Debian to install on: %s" % e)
        os.rename(path + ".part.tar", path)
    return path


class Machine:
    def __init__(self, root, tar):
        self.root = root
        run("tar", "-xf", tar, "-C", root, "--numeric-owner")
        os.makedirs(root + "/run/systemd/system")
        self.remove("/usr/sbin/policy-rc.d")
        with open(root + "/usr/local/bin/systemctl", "w", encoding="utf-8") as f:
            f.write(STAND_IN)
        os.chmod(f.name, 0o755)

    def remove(self, path):
        if os.path.exists(self.root + path):
            os.unlink(self.root + path)

    def run(self, *args, ok=True):
        """Under a /proc and /dev/null of its own, with no network."""
        inner = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C",
               "DEBIAN_FRONTEND": "noninteractive"}
        return run("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", inner, self.root,
                   *args, ok=ok, env=env)

    def dpkg(self, option, debs, *more, ok=True):
        """Packages by file, or by name when they are to go."""
        for deb in debs:
            if os.path.isabs(deb):
                shutil.copy(deb, self.root + "/tmp/")
        return self.run("dpkg", *more, option, *["/tmp/" + os.path.basename(d) if os.path.isabs(d) else d for d in debs],
                        ok=ok)

    def asked(self):
        """What systemctl was asked since the last time."""
        try:
            with open(self.root + "/tmp/asked", encoding="utf-8") as f:
                said = f.read()
        except FileNotFoundError:
            said = ""
        self.remove("/tmp/asked")
        return said

    def say(self, file, *lines):
        self.remove("/tmp/" + file)
        if lines:
            with open(self.root + "/tmp/" + file, "w", encoding="utf-8") as f:
                f.write("".join(line + "\n" for line in lines))

    def stat(self, path):
        """Mode and owner by name."""
        return self.run("stat", "-c", "%a %U:%G", path).stdout.strip()

    def tree(self):
        """Every path but dpkg's own notes, logs and caches."""
        found = set()
        for folder, folders, files in os.walk(self.root):
            folders[:] = [d for d in folders if folder + "/" + d not in (
                self.root + "/proc", self.root + "/tmp", self.root + "/var/log", self.root + "/var/lib/dpkg",
                self.root + "/var/cache")]
            found.update(os.path.join(folder, n)[len(self.root):] for n in folders + files)
        return found


def check_control(debs):
    for name, deb in debs.items():
        said = {f: field(deb, f) for f in ("Section", "Priority", "Maintainer", "Depends", "Description", "Version")}
        expect(said["Section"] == "admin" and said["Priority"] == "optional" and "@" in said["Maintainer"],
               name + " is in section admin and has a maintainer", said)
        expect("libc6" in said["Depends"] and "xen" not in said["Depends"],
               name + " depends on the libraries that it is linked with, and not on Xen's", said)
        expect(re.match(r"[a-z].{20,78}\n \S", said["Description"]), name + " has a description as Debian wants it",
               said["Description"])
        expect(name == "lifeboat" or "lifeboat (= %s)" % said["Version"] in said["Depends"],
               name + " comes with the lifeboat of its version", said)


def check_lintian(debs):
    """Where lintian is there."""
    if not shutil.which("lintian"):
        return
    said = run("lintian", "--allow-root", "--fail-on", "error", *debs.values(), ok=False)
    expect(said.returncode == 0, "lintian finds no error", said.stdout)


def check_files(m, debs):
    daemons = [name for name in debs if name != "lifeboat"]
    expect(m.stat("/usr/bin/lifeboat") == "755 root:root", "the command is installed")
    expect(m.stat("/usr/share/bash-completion/completions/lifeboat") == "644 root:root", "bash can complete it")
    expect(m.stat("/run/lifeboat") == "1770 root:lifeboat", "the engine may add to /run/lifeboat, and replace nothing",
           m.stat("/run/lifeboat"))
    if "lifeboat-actuator" in daemons:
        expect(m.stat("/run/lifeboat/orders") == "700 root:root", "orders are root's alone")
    user = m.run("getent", "passwd", "lifeboat").stdout
    expect(user.strip().endswith(":/usr/sbin/nologin"), "the user lifeboat cannot log in", user)
    expect(not os.path.exists(m.root + "/var/lib/lifeboat"), "nothing is kept before anything runs")
    for name in daemons:
        short = name.split("-")[1]
        expect(m.stat("/usr/sbin/" + name) == "755 root:root", name + " is installed")
        expect(m.stat("/etc/lifeboat/%s.conf" % short) == "644 root:root", name + " has its configuration")
        expect("/etc/lifeboat/%s.conf" % short in m.run("dpkg-query", "-W", "-f", "${Conffiles}", name).stdout,
               "dpkg knows that the configuration is the site's")
        expect(m.run("/usr/bin/systemctl", "--root=/", "is-enabled", name, ok=False).stdout.strip() == "disabled",
               name + " is not enabled")
        verified = m.run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/%s.service" % name, ok=False)
        expect(name not in verified.stdout, "its unit is sound", verified.stdout)
    expect(not re.search(r"\b(re)?start\b|enable ", m.asked()), "nothing was started or enabled")
    for name in debs:
        listed = m.run("dpkg", "-L", name).stdout.split()
        expect({"changelog.gz", "changelog.Debian.gz", "copyright"} <=
               {p.rsplit("/", 1)[1] for p in listed if "/doc/" + name + "/" in p},
               name + " says what is new and what may be done with it", listed)
        pages = [p for p in listed if "/man/man" in p and "." in p]
        expect(pages and all(p.endswith(".gz") for p in pages),
               name + " has manual pages, compressed", listed)
        wrong = [p for p in listed if p.startswith("/usr/local") or os.path.islink(m.root + p)]
        expect(not wrong, "nothing of it lies in /usr/local", wrong)


def check_programs(m, debs):
    for name in debs:
        said = m.run(name, "--version").stdout.strip()
        expect(said == name + " " + field(debs[name], "Version").split("-")[0], name + " runs and knows its version",
               said)
    once = m.run("lifeboat-monitor", "--once")
    expect("sensors" in once.stdout, "lifeboat-monitor --once says what the machine offers", once.stdout)
    for name in debs:
        if name == "lifeboat":
            continue
        said = m.run(name, ok=False)
        expect(said.returncode == 2 and re.search(r"/etc/lifeboat/\S+", said.stdout) and len(said.stdout) < 400,
               name + " without a key ends with 2 and one sentence", "%d\n%s" % (said.returncode, said.stdout))
        unit = open(m.root + "/usr/lib/systemd/system/%s.service" % name, encoding="utf-8").read()
        expect("\nRestartPreventExitStatus=2\n" in unit, "and is not started again for that")


def word(said, name):
    """The NAME=KEY that a command printed beside its sentences."""
    return re.search("^%s=[A-Za-z0-9+/]{43}=$" % re.escape(name), said, re.M).group(0)


def check_setup(m):
    """One machine is engine and host."""
    m.asked()
    engine = word(m.run("lifeboat", "init", "--start", "192.0.2.1").stdout, "192.0.2.1")
    # There is no network here, and so no address of one's own.
    join = "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind && lifeboat join --start --name xen01 --arrival 192.0.2.12 "
    host = word(m.run("sh", "-c", join + engine).stdout, "xen01")
    said = m.run("lifeboat", "admit", "--start", host).stdout
    expect("1 host is admitted" in said, "three commands set up an engine and a host", said)
    expect(m.asked().splitlines() == ["enable lifeboat-policy", "start lifeboat-policy",
           "enable lifeboat-monitor lifeboat-actuator", "start lifeboat-monitor", "start lifeboat-actuator",
           "enable lifeboat-policy", "start lifeboat-policy"], "and start them")
    expect(m.stat("/etc/lifeboat/engine.key") == "600 lifeboat:lifeboat", "the engine's key is the engine's alone")
    expect(m.stat("/etc/lifeboat/host.key") == "600 root:root", "the host's key is root's alone")
    expect(m.run("sh", "-c", "lifeboat pubkey < /etc/lifeboat/host.key").stdout.strip() == host.split("=", 1)[1],
           "its public key is what was admitted")
    for name in ("policy", "monitor", "actuator"):
        expect(m.stat("/etc/lifeboat/%s.conf" % name) == "644 root:root", name + ".conf can be read by all")
        m.run("lifeboat-" + name, "-n")
    before = m.tree()
    m.run("systemd-tmpfiles", "--create", "lifeboat.conf")
    expect(word(m.run("lifeboat", "init", "192.0.2.1").stdout, "192.0.2.1") == engine and m.tree() == before,
           "said again it says the same")


def check_upgrade(m, debs):
    conf = m.root + "/etc/lifeboat/monitor.conf"
    with open(conf, "a", encoding="utf-8") as f:
        f.write("# of this site\n")
    daemons = [name for name in debs if name != "lifeboat"]
    running = [d + ".service" for d in daemons if d != "lifeboat-policy"]
    m.say("active", *running)
    m.asked()
    m.dpkg("-i", debs.values(), "--force-confdef")
    asked = m.asked()
    expect(all(re.search(r"\brestart .*%s" % d, asked) for d in running), "an upgrade restarts what was running", asked)
    expect("daemon-reload" in asked and not re.search(r"start .*policy", asked), "and starts nothing else", asked)
    expect("# of this site" in open(conf, encoding="utf-8").read(), "the site's configuration is kept")
    expect(os.path.exists(conf + ".dpkg-dist"), "and the new one lies beside it")
    expect("older version" not in open(m.root + "/etc/lifeboat/policy.conf", encoding="utf-8").read(),
           "one that the site has not changed is the new version's")
    m.dpkg("-i", debs.values())
    expect("# of this site" in open(conf, encoding="utf-8").read(), "as it is when the same version comes again")


def check_removal(m, debs, before):
    m.run("/usr/bin/systemctl", "--root=/", "enable", *[n for n in debs if n != "lifeboat"])
    os.makedirs(m.root + "/var/lib/lifeboat/recording")
    open(m.root + "/var/lib/lifeboat/store.db", "w", encoding="utf-8").close()
    if "lifeboat-actuator" in debs:
        m.say("moves", "lifeboat-order-1.service loaded active running")
        said = m.dpkg("-r", ["lifeboat-actuator"], ok=False)
        expect(said.returncode != 0 and "lifeboat-order-1.service" in said.stdout,
               "the actuator is not removed while a guest is under way", said.stdout)
        expect(os.path.exists(m.root + "/usr/sbin/lifeboat-actuator"), "and is whole")
        m.say("moves")
    m.asked()
    m.dpkg("-r", list(debs))
    asked = m.asked()
    expect(all(re.search(r"\bstop .*%s" % n, asked) for n in debs if n != "lifeboat"), "removal stops the daemons",
           asked)
    expect(os.path.exists(m.root + "/etc/lifeboat/monitor.conf") and
           os.path.exists(m.root + "/var/lib/lifeboat/store.db"), "and leaves configuration and store")
    expect(not glob.glob(m.root + "/usr/*bin/lifeboat*"), "but no program")
    m.run("dpkg", "-P", *debs)
    keys = {"/etc/lifeboat/engine.key", "/etc/lifeboat/host.key"}
    left = m.tree() - before - {"/etc/lifeboat"}
    expect(keys <= left, "a purge leaves the keys", left)
    left = {p for p in left - keys if not re.match(r"/etc/(passwd|group|g?shadow|subuid|subgid)-$", p)}
    # What systemd keeps for itself, whoever comes and goes.
    left = {p for p in left if "lifeboat" in p or not p.startswith(("/etc/systemd", "/var/lib/systemd", "/run"))}
    expect(not left, "and nothing else", sorted(left))
    expect(m.run("getent", "passwd", "lifeboat").returncode == 0, "the user stays")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="a build folder; everything is made under it")
    parser.add_argument("--keep", action="store_true", help="leave the machine for a look")
    args = parser.parse_args()
    if os.geteuid() != 0:
        skip("only root can install packages")
    for tool in ("mmdebstrap", "dpkg-shlibdeps", "unshare"):
        if not shutil.which(tool):
            skip("no %s here" % tool)
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    folder = os.path.join(os.path.abspath(args.build), "deb")
    os.makedirs(folder, exist_ok=True)
    root = tempfile.mkdtemp(prefix="machine-", dir=folder)
    try:
        debs = build(source, os.path.join(folder, "build"))
        tar = base_system(folder, needed(debs["new"]))
        m = Machine(root, tar)
        before = m.tree()
        check_control(debs["new"])
        check_lintian(debs["new"])
        m.dpkg("-i", debs[OLD].values())
        check_files(m, debs[OLD])
        check_upgrade(m, debs["new"])
        check_programs(m, debs["new"])
        check_setup(m)
        check_removal(m, debs["new"], before)
    except Failed as e:
        print(e)
        return 1
    finally:
        if args.keep:
            print("left at " + root)
        else:
            shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
