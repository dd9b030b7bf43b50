"""Run a program many times on the cores of this machine, each run in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dendritic_bp.errors import UserError
from dendritic_bp.process import Report, progress_bar
from dendritic_bp.program import Program
from dendritic_bp.runs import RECORD, Run, describe, read_record
from dendritic_bp.toolchain import cores


def sweep(
    program: Program,
    runs: Sequence[Mapping[str, Any]],
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
) -> list[Run]:
    """Return the runs asked for, as dict(seed=..., values={...}) each: what `program.run` gives one by one.

    A `folder` keeps every finished run, and a later sweep takes it from there; `workers` is the number of
    runs at a time (default: the cores).

    Raises:
        UserError: a run failed; it names the seed and the values, once all the others have ended.
    """
    asked = [_request(program, **run) for run in runs]
    different = list(dict.fromkeys(asked))
    program.build()
    duration, title = program.trace().duration * len(different), f"{program.name} ({len(different)} runs)"
    with progress_bar(duration, title) if progress else nullcontext(lambda now: None) as report:
        futures = _run_all(program, different, workers or cores(), Path(folder) if folder else None, report)
    _require_success(program, futures)
    return [futures[request].result() for request in asked]


@dataclass(frozen=True)
class _Request:
    """A run to make; the key tells it from runs of other sources, seeds and values."""

    key: str
    seed: int = field(compare=False)
    values: Mapping[str, Any] = field(compare=False)

    def __str__(self) -> str:
        values = (f"{name} = {describe(value)}" for name, value in self.values.items())
        return ", ".join([f"seed {self.seed}", *values])


def _request(program: Program, seed: int = 0, values: Mapping[str, Any] | None = None) -> _Request:
    """Check what is asked for, and give it a key."""
    arrays = program.check(values or {})
    digest = hashlib.sha256(f"{program.source_hash} {program.flags}".encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} {array.dtype}".encode() + array.tobytes())
    return _Request(f"seed-{seed}-{digest.hexdigest()[:12]}", seed, dict(values or {}))


class _Watch:
    """Keep the simulated time of each run, and end the runs once `stopped` is set."""

    def __init__(self, requests: Sequence[_Request]) -> None:
        self.done = dict.fromkeys(requests, 0.0)
        self.stopped = False

    def beat(self, request: _Request, now: float) -> None:
        """Take note of the simulated time of one run; raise CancelledError to end it."""
        self.done[request] = now
        if self.stopped:
            raise CancelledError


def _run_all(
    program: Program, requests: Sequence[_Request], workers: int, folder: Path | None, report: Report
) -> dict[_Request, Future[Run]]:
    """Make the runs, `workers` at a time; Ctrl-C ends those that are going on."""
    watch = _Watch(requests)
    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = {each: pool.submit(_run, program, each, folder, watch) for each in requests}
            while wait(futures.values(), timeout=0.2).not_done:
                report(sum(watch.done.values()))  # here, as a progress bar wants a single thread
        except BaseException:
            watch.stopped = True
            pool.shutdown(cancel_futures=True)
            raise
    return futures


def _run(program: Program, request: _Request, folder: Path | None, watch: _Watch) -> Run:
    """Make one run, or take it from the folder."""
    target = folder / request.key if folder else None
    if target and (target / RECORD).exists():
        run = read_record(target, request.values)
    else:
        run = program.run(request.seed, request.values, partial(watch.beat, request), target)
    watch.beat(request, program.trace().duration)
    return run


def _require_success(program: Program, futures: Mapping[_Request, Future[Run]]) -> None:
    failed = [f"- {request}: {error}" for request, future in futures.items() if (error := future.exception())]
    if failed:
        raise UserError(
            "\n".join([f"{len(failed)} of {len(futures)} runs of '{program.name}' failed:", *failed])
        )
