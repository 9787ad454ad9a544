"""What the real `lifeboat` does without an engine: keys, and its command line.
Usage: test_cli_alone.py LIFEBOAT [TEST...]"""

import base64
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cli_case import PROGRAM, main, run, test

# --- keys -----------------------------------------------------------------------------

@test
def a_key_pair_is_made_of_genkey_and_pubkey():
    secret, other = run("genkey"), run("genkey")
    assert secret != other and len(base64.b64decode(secret)) == 32
    public = run("pubkey", stdin=secret)
    assert len(base64.b64decode(public)) == 32 and public not in (secret, run("pubkey", stdin=other))
    assert run("pubkey", stdin=secret.strip()) == public


def x25519(secret):
    """RFC 7748's ladder on the base point, to have somebody else's opinion."""
    p = 2**255 - 19
    k = int.from_bytes(secret, "little") & ~7 & (2**254 - 1) | 2**254
    x2, z2, x3, z3 = 1, 0, 9, 1
    for bit in range(254, -1, -1):
        swap = k >> bit & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        x3, z3 = (d * a + c * b) ** 2 % p, 9 * (d * a - c * b) ** 2 % p
        x2, z2 = a * a * b * b % p, (a * a - b * b) * (a * a + 121665 * (a * a - b * b)) % p
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


@test
def the_public_key_is_that_of_x25519():
    secret = run("genkey")
    assert base64.b64decode(run("pubkey", stdin=secret)) == x25519(base64.b64decode(secret))


@test
def what_is_no_key_is_refused():
    good = run("genkey").strip()
    for bad in "", "\n", "hello\n", good[:-1], good + "A", good + "\n\n", good[:-2] + "!=", good + "x" * 100000:
        assert "no secret key" in run("pubkey", stdin=bad, status=1), bad[:80]


@test
def genkey_warns_when_others_can_read_the_file():
    with tempfile.TemporaryDirectory() as folder:
        for mode, warns in (0o644, True), (0o600, False):
            with open(os.open(os.path.join(folder, "key%o" % mode), os.O_CREAT | os.O_WRONLY, mode), "w",
                    encoding="utf-8") as f:
                os.fchmod(f.fileno(), mode)
                done = subprocess.run([PROGRAM, "genkey"], stdout=f, stderr=subprocess.PIPE, encoding="utf-8",
                    check=True)
            assert ("chmod 600" in done.stderr) == warns, done.stderr


# --- the command line -------------------------------------------------------------------

@test
def every_command_has_help():
    names = re.findall(r"^  ([a-z-]+) ", run("--help").split("--door")[0], re.M)
    assert len(names) == 21, names
    for name in names:
        assert run(name, "--help").startswith("usage: lifeboat " + name), name


@test
def an_unknown_command_gets_a_suggestion():
    assert "did you mean 'hosts'?" in run("host", status=2)
    assert "did you mean 'uncordon'?" in run("uncordno", status=2)
    text = run("frobnicate\x1b", status=2)
    assert "did you mean" not in text and "\\x1b" in text, text


@test
def a_wrong_command_line_exits_with_2():
    for args in [], ["why"], ["why", "a", "b"], ["hosts", "n1"], ["--nonsense"], ["hosts", "--check"], \
            ["genkey", "--json"], ["status", "--check", "--json"], ["--color=pink", "hosts"], \
            ["--timeout=5", "hosts"], ["--timeout=0s", "hosts"], ["--door"]:
        run(*args, status=2)


@test
def the_version_is_printed():
    assert re.fullmatch(r"lifeboat \d+\.\d+\.\d+\n", run("--version"))


@test
def an_output_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"could not be written" in done.stderr, done


if __name__ == "__main__":
    sys.exit(main())
