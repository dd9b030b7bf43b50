"""Fresh Python processes for the tests, and what they start."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def environment(**extra):
    """Return an environment in which the library and the modules of the tests can be imported."""
    return os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parent}"} | extra


def summary(name, folder, *arguments):
    """Run an experiment with a command line and return its summary."""
    script = HERE.parent / "experiments" / f"{name}.py"
    command = [sys.executable, script, "--out", folder, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    assert (folder / "run.json").exists()
    return json.loads((folder / "summary.json").read_text())


def binaries(pid):
    """List the compiled programs that a process has running."""
    listed = subprocess.run(["pgrep", "-x", "main", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in listed.stdout.split()]


def gone(pid):
    """Say whether a process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text() == ""
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition, seconds=10):
    """Wait until the condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
