"""Make the runs of a study, each in a process of its own: on this machine, or on those of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

from dendritic_bp.endings import IN_USE, PARENT, WORKER
from dendritic_bp.errors import UserError
from dendritic_bp.toolchain import CORES, cores

Key = TypeVar("Key")
Done = Callable[[Key, str], object]  # called as each run ends, with what went wrong, or ""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # of NumPy; Dask sets them to 1
_children: set[subprocess.Popen[str]] = set()


def make(command: Sequence[str], folder: str, paths: Sequence[str], share: int) -> str:
    """Run a script in a process of its own, which ends with this one; return what went wrong, or "".

    It is run again while another process holds its folder: that of a lost worker may live on a moment.
    """
    environment = dict.fromkeys(THREADS, str(share)) | os.environ  # unless they are set by hand
    environment |= {PARENT: str(os.getpid()), CORES: str(share), "PYTHONPATH": _found_in(paths)}
    while True:
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        _children.add(child)
        said = child.communicate()[1].strip()
        _children.discard(child)
        if child.returncode != IN_USE:
            return (said or f"it ended with code {child.returncode}") if child.returncode else ""
        time.sleep(1)


def _found_in(paths: Sequence[str]) -> str:
    """Return where a run finds modules: in `paths`, and where this process finds them by PYTHONPATH."""
    return os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])


def on_this_machine(
    commands: Mapping[Key, Sequence[str]], paths: Sequence[str], workers: int | None, done: Done[Key]
) -> None:
    """Run the scripts, `workers` at a time (default: one for each core)."""
    workers = workers or cores()
    share, folder = max(1, cores() // workers), str(Path.cwd())
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(make, each, folder, paths, share): key for key, each in commands.items()}
        try:
            for future in as_completed(futures):
                done(futures[future], future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(_children):
                child.terminate()
            raise


def on_cluster(
    commands: Mapping[Key, Sequence[str]], paths: Sequence[str], address: str, done: Done[Key]
) -> None:
    """Run the scripts on the workers of a Dask cluster, which see the same folders as this machine.

    What a lost worker was at goes to another one.
    """
    try:
        from distributed import Client
        from distributed import as_completed as as_they_end
    except ImportError as error:
        raise UserError("--cluster needs Dask: pip install 'dendritic_bp[cluster]'.") from error
    try:
        client = Client(address, timeout=30)
    except (OSError, ValueError) as error:
        raise UserError(f"--cluster {address}: no scheduler answers there ({error}).") from error
    words = [f"{PARENT}={WORKER}", f"{CORES}=1", f"PYTHONPATH={_found_in(paths)}", sys.executable]
    options = dict(cwd=str(Path.cwd()), capture_output=True, text=True, errors="replace")

    def submit(key: Key) -> Any:  # nothing of this package: Brian2 cannot be imported in a worker's thread
        return client.submit(subprocess.run, ["env", *words, *commands[key]], **options, pure=False)

    with client:
        jobs = {submit(key): key for key in commands}
        ended = as_they_end(list(jobs))
        for job in ended:
            if not (lost := job.exception()) and job.result().returncode == IN_USE:
                time.sleep(1)
                again = submit(jobs[job])
                jobs[again] = jobs[job]
                ended.add(again)
                continue
            done(jobs[job], f"{type(lost).__name__}: {lost}" if lost else _told(job.result()))


def _told(child: subprocess.CompletedProcess[str]) -> str:
    """Return what a script that failed has said last, or ""."""
    return (child.stderr.strip() or f"it ended with code {child.returncode}") if child.returncode else ""
