"""The cases of a test's driver, as its command line chooses them."""

import sys


def named(cases):
    """{name: function} of functions; what has names already stays as it is."""
    return cases if isinstance(cases, dict) else {case.__name__: case for case in cases}


def chosen(cases, names, also=lambda name: ()):
    """{name: case} of these names, or of all without any; also(name): what else a case is called by.
    A name that nothing has ends the program: a test that was renamed would pass for ever."""
    cases = named(cases)
    called = {name: {name, *also(name)} for name in cases}
    unknown = set(names).difference(*called.values())
    if unknown:
        sys.exit("no such test: %s" % " ".join(sorted(unknown)))
    return {name: case for name, case in cases.items() if not names or called[name] & set(names)}
