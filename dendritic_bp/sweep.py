"""Run a program many times on the cores of this machine, each run in a process of its own."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dendritic_bp import kept
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.program import Program
from dendritic_bp.progress import Report, progress_bar
from dendritic_bp.runs import Run, describe, found, keys, title
from dendritic_bp.scratch import locked, writing
from dendritic_bp.state import State, chain_seed
from dendritic_bp.toolchain import cores

LOCK = ".lock"
RUN = ("seed", "values", "state", "keep_state")


def sweep(
    program: Program,
    runs: Sequence[Mapping[str, Any]],
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
) -> list[Run]:
    """Return the runs asked for, as dict(seed=..., values={...}) each: what `program.run` gives one by one.

    They may go on from a `state`, and `keep_state`, as those of `program.run`.

    A `folder` keeps every finished run, and a later sweep takes it from there, if it is whole; `workers` is
    the number of runs at a time (default: the cores).

    Raises:
        UserError: a run failed; it names the seed and the values, once all the others have ended. Or another
            process is running a sweep in this folder.
    """
    asked = [_request(program, run) for run in runs]
    different = list(dict.fromkeys(asked))
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise UserError(f"workers must be a whole number from 1, the runs at a time, not {workers!r}.")
    with _claimed(Path(folder).absolute()) if folder else nullcontext() as claimed:
        targets = _targets(program, different, claimed)
        done = {each: found(target, each.values) if target else None for each, target in targets.items()}
        missing = [each for each in different if done[each] is None]
        if missing:
            program.build()
        duration, name = program.trace().duration * len(missing), f"{program.name} ({len(missing)} runs)"
        with progress_bar(duration, name) if progress and missing else nullcontext(_quiet) as report:
            futures = _run_all(program, {each: targets[each] for each in missing}, workers or cores(), report)
    _require_success(program, futures)
    return [done[request] or futures[request].result() for request in asked]


def _quiet(now: float) -> None:
    pass


@contextmanager
def _claimed(folder: Path) -> Iterator[Path]:
    """Keep other processes out of a folder of runs."""
    lock = folder / LOCK
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = locked(lock, wait=False)
    if file is None:
        raise UserError(
            f"Another process is running a sweep in {folder}: wait for it, or choose another folder."
        )
    with file:
        try:
            yield folder
        finally:
            lock.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Request:
    """A run to make; the key tells it from runs of other sources, seeds and values."""

    key: str
    seed: int = field(compare=False)
    values: Mapping[str, Any] = field(compare=False)
    state: State | None = field(compare=False)
    keep_state: bool = field(compare=False)

    def __str__(self) -> str:
        values = (f"{name} = {describe(value)}" for name, value in self.values.items())
        state = [f"state {self.state.path}"] if self.state else []
        return ", ".join([f"seed {self.seed}", *state, *values])


def _request(program: Program, run: Mapping[str, Any]) -> _Request:
    """Check what is asked for, and give it a key."""
    if not isinstance(run, Mapping):
        raise UserError(f"A run of a sweep is dict(seed=..., values={{...}}), not {run!r}.")
    for name in run:
        if name not in RUN:
            raise UserError(f"A run of a sweep has no {name!r}: {suggest(str(name), RUN)}")
    values, keep_state = dict(run.get("values") or {}), bool(run.get("keep_state"))
    arrays, before = program.check(values), program.check_state(run.get("state"), values)
    seed = chain_seed(run.get("seed"), before)
    return _Request(program.key(seed, arrays, before, keep_state), seed, values, before, keep_state)


def _targets(
    program: Program, requests: Sequence[_Request], folder: Path | None
) -> dict[_Request, Path | None]:
    """Return where each run is kept, if it is: in the folder that has it, or in one named after it."""
    if folder is None:
        return {each: kept.place(f"{program.name}-{each.key}") for each in requests}
    there = keys(folder)
    having = {key: path for path, key in there.items()}
    result: dict[_Request, Path | None] = {each: having.get(each.key) for each in requests}
    taken = {path for path, key in there.items() if key is not None}
    for each in (request for request in requests if result[request] is None):
        result[each] = path = _free(folder / title(each.seed, each.values), taken, there)
        taken.add(path)
    return result


def _free(wanted: Path, taken: Collection[Path], damaged: Collection[Path]) -> Path:
    """Return the first of NAME, NAME-2, NAME-3, ... that is neither taken nor of somebody else."""
    for number in itertools.count(1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if path not in taken and (path in damaged or not path.exists()):
            return path
    raise AssertionError  # numbers do not end


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
    program: Program, targets: Mapping[_Request, Path | None], workers: int, report: Report
) -> dict[_Request, Future[Run]]:
    """Make the runs, `workers` at a time; Ctrl-C ends those that are going on."""
    watch = _Watch(list(targets))
    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = {
                each: pool.submit(_run, program, each, target, watch) for each, target in targets.items()
            }
            while wait(futures.values(), timeout=0.2).not_done:
                report(sum(watch.done.values()))  # here, as a progress bar wants a single thread
        except BaseException:
            watch.stopped = True
            pool.shutdown(cancel_futures=True)
            raise
    return futures


def _run(program: Program, request: _Request, target: Path | None, watch: _Watch) -> Run:
    beat = partial(watch.beat, request)
    run = program.run(request.seed, request.values, beat, target, request.state, request.keep_state)
    watch.beat(request, program.trace().duration)
    return run


def _require_success(program: Program, futures: Mapping[_Request, Future[Run]]) -> None:
    failed = [f"- {request}: {error}" for request, future in futures.items() if (error := future.exception())]
    if failed:
        raise UserError(
            "\n".join([f"{len(failed)} of {len(futures)} runs of '{program.name}' failed:", *failed])
        )
