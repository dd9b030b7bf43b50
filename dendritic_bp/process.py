"""Run a compiled program in a process of its own, and take no sign of trouble for success."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dendritic_bp.errors import UserError
from dendritic_bp.progress import Report
from dendritic_bp.scratch import writing
from dendritic_bp.toolchain import ELSEWHERE


@dataclass(frozen=True)
class Cost:
    """What a run took: wall and processor time (s), and memory at its peak (MB)."""

    run_s: float
    cpu_s: float
    peak_rss_mb: float


def execute(binary: Path, arguments: list[str], folder: Path, report: Report, title: str) -> Cost:
    """Run `main` with its results in the folder, and return what it took.

    The process does not outlive an exception here (Ctrl-C, or one raised by `report`), nor the end of Python.

    Raises:
        UserError: it failed, was killed, stopped early or complained.
    """
    command = [str(binary / "main"), "--results_dir", f"{folder}/", *arguments]
    start = time.perf_counter()
    with writing(folder), (folder / "stderr.txt").open("w") as stderr:
        child = _start(command, binary, stderr, title)
        try:
            said = [line for line in _lines(child) if not _is_progress(line, report)]
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        child.returncode = os.waitstatus_to_exitcode(status)
    _require_success(child.returncode, said, folder, title)
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, _peak_mb(said, usage.ru_maxrss))


def _start(command: list[str], binary: Path, stderr: IO[str], title: str) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command, cwd=binary, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
        )
    except OSError as error:
        raise UserError(
            f"{title} cannot be started: {error.strerror}. Its program is {command[0]}: if it is there, that "
            f"file system may forbid programs (noexec); {ELSEWHERE}."
        ) from None


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdout is not None
    with child.stdout as stream:
        yield from stream


def _is_progress(line: str, report: Report) -> bool:
    if not line.startswith("progress "):
        return False
    report(float(line.split()[1]))
    return True


def _peak_mb(said: list[str], maxrss: int) -> float:
    """Return what the program says of its memory, or what macOS says: bytes of the largest process so far."""
    return next((float(line.split()[1]) / 1e3 for line in said if line.startswith("memory ")), maxrss / 1e6)


def _require_success(code: int, said: list[str], folder: Path, title: str) -> None:
    """Take any complaint for a failure: the generated program goes on, and exits 0, after most errors."""
    errors = [line for line in said if "rror" in line]
    complaints = "".join([_text(folder / "stderr.txt"), *errors])
    if code < 0:
        why = ": its results are larger than files may be here (ulimit -f)" * (-code == signal.SIGXFSZ)
        raise UserError(f"{title} was killed by {_signal(-code)}{why}. {complaints}".strip())
    if code > 0 or complaints:
        raise UserError(f"{title} failed: {complaints.strip() or f'exit code {code}'}")
    completed = next((float(line.split()[1]) for line in said if line.startswith("completed ")), 0.0)
    if completed < 1:
        raise UserError(f"{title} was stopped after {completed:.0%} of its simulated time.")


def _text(path: Path) -> str:
    """Return what a file says, nothing if it is gone: somebody may have cleaned the cache."""
    return path.read_text(errors="replace") if path.exists() else ""


def _signal(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")
