"""What stands around the tests of a pool: arguments, namespaces, a line for each test, and
what everybody said when one fails."""

import argparse
import os
import sys
import time

import pool
from guests import look

sys.path.append(os.path.join(pool.HERE, "..", "lib"))
from cases import chosen

SKIPPED = 77
TAIL = 12000  # characters of a log


def skip():
    print("skipped: no namespaces to be had here")
    sys.exit(SKIPPED)


def arguments(tests, args=None, also=lambda name: ()):
    """Options: build, and as cases {name: test} of those that are wanted; tests and also as cases.chosen() has them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(args)
    options.cases = chosen(tests, options.names, also)
    return options


def enter(script, tests, also=lambda name: ()):
    """Options as of arguments(), and the pool's folder, inside namespaces."""
    args = sys.argv[1:]
    folder, inside = pool.enter(os.path.abspath(script), args)
    options = arguments(tests, args, also)
    if not inside:
        skip()
    return options, folder


def play(p, start, cases):
    """start(p), then each of {name: function of p, which may return what is to be said of it}."""
    try:
        start(p)
        for name, case in cases.items():
            began = time.monotonic()
            said = case(p)
            p.check_alive()
            print("ok   %s%s (%.1f s)" % (name, ": " + said if said else "", time.monotonic() - began), flush=True)
    except BaseException as failure:
        tell_failure(p, failure)
        raise
    print("%d tests passed" % len(cases))


def tell_failure(p, failure):
    print("FAILED: %s: %s" % (type(failure).__name__, failure), flush=True)
    for what in sorted(name[:-4] for name in os.listdir(p.dir) if name.endswith(".log")):
        print("--- %s\n%s" % (what, p.log(what)[-TAIL:]))
    print(look(p))
    try:
        print(p.show("orders", "--all"))
    except pool.Failed as silent:
        print(silent)
