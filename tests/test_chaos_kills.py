"""Experiments, sweeps and chains that are stopped at random moments lose nothing that was finished."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from processes import HERE, environment

pytestmark = pytest.mark.slow
KILLS = 20
SCRIPT = str(HERE / "chaotic.py")
SIGNALS = {"-9": signal.SIGKILL, "TERM": signal.SIGTERM, "INT": signal.SIGINT}
NOBODY = 65534
CAN_MOUNT = os.geteuid() == 0 and shutil.which("mount") and sys.platform == "linux"


def start(*arguments, before=(), **extra):
    """Start the script, and return its process once it simulates."""
    process = subprocess.Popen(
        [*before, sys.executable, SCRIPT, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**extra),
    )
    first = []
    while (line := process.stdout.readline()) and not line.startswith("on"):
        first.append(line)
    process.first = "".join(first)
    return process


def finish(*arguments, **options):
    """Run the script to its end, and return what it says."""
    process = start(*arguments, **options)
    said = process.first + process.communicate()[0]
    assert process.returncode == 0, said
    return said


def results(said):
    """Return the lines of the runs, without what is said of a build that takes long."""
    return [line for line in said.splitlines() if not line.startswith("chaos: ")]


def content(folder):
    """Return a checksum of every file below a folder."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Run all undisturbed; return the folder, what the sweep says, and the seconds of simulating."""
    folder = tmp_path_factory.mktemp("whole")
    finish("experiment", "--out", folder / "warm")  # compiles
    process = start("experiment", "--out", folder / "run")
    simulating = time.monotonic()
    said = process.communicate()[0]
    assert process.returncode == 0, said
    seconds = time.monotonic() - simulating
    return folder, finish("sweep", folder / "sweep"), seconds


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_run_that_is_stopped_at_any_moment_is_whole_or_goes_on(kill, whole, tmp_path, record_property):
    reference, _, seconds = whole
    chance = random.Random(kill)
    how = ("-9", "TERM", "INT", "full disk", "read-only")[kill % 5]
    if how in ("full disk", "read-only") and not CAN_MOUNT:
        pytest.skip("needs root, for a small file system")
    before = content(reference)
    out = tmp_path / "run"
    disturb = {"full disk": full_disk, "read-only": read_only}.get(how, stopped)
    disturb(how, out, chance.random(), seconds)
    was_complete = (out / "run.json").exists()
    said = finish("experiment", "--out", out, "--resume")
    for name in ("summary.json", "data.nc"):
        assert (out / name).read_bytes() == (reference / "run" / name).read_bytes()
    assert {path.name for path in out.iterdir()} == {"run.json", "summary.json", "data.nc", "times.png"}
    assert content(reference) == before  # a complete run beside it
    record_property("outcome", f"{how}: complete={was_complete}, went on={'Going on' in said}")
    print(f"\n{how}: {'was complete' if was_complete else said.splitlines()[0]}")
    release(out)


def stopped(how, out, moment, seconds):
    """Send a signal to the script at a random moment."""
    process = start("experiment", "--out", out)
    time.sleep(moment * seconds)
    process.send_signal(SIGNALS[how])
    process.communicate()


def mount(out, options):
    out.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", out], check=True)


def release(out):
    if os.path.ismount(out):
        subprocess.run(["umount", out], check=True)


def full_disk(how, out, moment, seconds):
    """Let the file system of the run be full after a random number of bytes, then make room."""
    mount(out, f"size={int(100 + moment * 8000)}k")
    process = start("experiment", "--out", out)
    said = process.communicate()[0]
    assert process.returncode == 0 or "Traceback" not in said, said
    subprocess.run(["mount", "-o", "remount,size=200m", out], check=True)


def read_only(how, out, moment, seconds):
    """Take the permission to write from a user at a random moment, then give it back."""
    cache = out.parents[1] / "cache-of-nobody"  # one for all of these tests
    for each in (out, cache):
        each.mkdir(exist_ok=True)
        os.chown(each, NOBODY, NOBODY)
    process = start("experiment", "--out", out, **as_nobody(cache), DENDRITIC_BP_CACHE=str(cache))
    wait_for(process, lambda: len(list(out.glob("raw/*/record.json"))) >= 10 * moment)
    folders = [out, *(path for path in out.rglob("*") if path.is_dir())]
    for each in folders:
        each.chmod(0o500) if each.exists() else None
    said = process.communicate()[0]
    assert "Traceback" not in said, said
    refused = "Permission denied" in said or "Error writing" in said  # and nothing else has ended it
    assert process.returncode == 0 or refused, said
    for each in (out, *out.rglob("*")):
        os.chown(each, 0, 0)
        if each.is_dir():
            each.chmod(0o700)


def wait_for(process, condition):
    """Wait until something holds or the process has ended."""
    while process.poll() is None and not condition():
        time.sleep(0.01)


def as_nobody(home):
    """Return how a process of another user is started, which may read everything."""
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return dict(before=["setpriv", *user, *rights], HOME=str(home))


@pytest.mark.parametrize("kill", range(6))
def test_a_sweep_that_is_killed_makes_only_what_is_missing(kill, whole, tmp_path):
    _, told, _ = whole
    process = start("sweep", tmp_path)
    wait_for(process, lambda: len(list(tmp_path.glob("*/record.json"))) >= kill)
    process.send_signal(list(SIGNALS.values())[kill % 3])
    process.communicate()
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/record.json")}
    assert results(finish("sweep", tmp_path)) == results(told)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert not list(tmp_path.glob("*.partial.*"))
    print(f"\nsweep: {len(finished)} of 6 runs were there")


@pytest.mark.skipif(not CAN_MOUNT, reason="needs root, for a second user")
def test_two_users_share_a_machine_and_a_cache(whole, tmp_path):
    reference, _, _ = whole
    (tmp_path / "cache").mkdir()
    for folder in (tmp_path, tmp_path / "cache"):
        folder.chmod(0o777)
    cache = {"DENDRITIC_BP_CACHE": str(tmp_path / "cache")}
    both = [
        start("experiment", "--out", tmp_path / "first", **cache),
        start("experiment", "--out", tmp_path / "second", **(as_nobody(tmp_path) | cache)),
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for name in ("first", "second"):
        assert (tmp_path / name / "summary.json").read_bytes() == (
            reference / "run" / "summary.json"
        ).read_bytes()
    built = (tmp_path / "cache").rglob("binaries/*/main")
    assert Counter(path.owner() for path in built) == {"root": 1, "nobody": 1}
