"""Every driver refuses a test that it does not have: one that was renamed would pass for ever, unplayed."""

import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
XENLAB = os.path.join(HERE, "..", "xenlab")
NONE = "no_test_of_this_name"
APART = {"test_names.py", "test_witness.py", "test_chaos.py"}  # which take none, or seeds
BEFORE = {"test_cli.py": ["/nowhere"], "test_cli_alone.py": ["/nowhere"], "test_completion.py": ["/nowhere"],
    "test_captures.py": [], "test_lab.py": ["--build", "/nowhere", "--debs", "/nowhere"], "capture.py": []}


def refuses(driver):
    arguments = BEFORE.get(os.path.basename(driver), ["--build", "/nowhere"])
    done = subprocess.run([sys.executable, driver, *arguments, NONE], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no such test: " + NONE in done.stderr, (driver, done)


def main():
    drivers = [path for path in glob.glob(os.path.join(HERE, "test_*.py")) if os.path.basename(path) not in APART]
    drivers += [os.path.join(XENLAB, "test_lab.py"), os.path.join(XENLAB, "capture.py")]
    assert len(drivers) > 14, drivers
    for driver in drivers:
        refuses(driver)
    print("%d drivers" % len(drivers))


if __name__ == "__main__":
    main()
