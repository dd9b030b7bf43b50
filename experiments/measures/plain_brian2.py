"""The peer that everybody has: a protocol in Brian2 alone, standalone, with its own flags and templates."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from brian2 import Network, device, set_device
from brian2.devices.device import reset_device


def build(protocol: Callable[[], Network], folder: Path) -> Path:
    """Compile a protocol with Brian2 alone; return the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    set_device("cpp_standalone", build_on_run=False, directory=str(folder))
    try:
        device.reinit()
        device.activate(build_on_run=False, directory=str(folder))
        protocol()
        device.build(directory=str(folder), compile=False, run=False)
    finally:
        device.reinit()
        reset_device()
    subprocess.run(["make", f"-j{os.cpu_count()}"], cwd=folder, check=True, capture_output=True)
    return folder


def seconds(folder: Path) -> float:
    """Run what was built, and return its processor time (s)."""
    (folder / "results").mkdir(exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["./main"], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
