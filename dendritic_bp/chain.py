"""A long training as a chain of equal pieces, each a run of one program that goes on where the last ended.

For example::

    chain = Chain(program, seed=1)
    for piece in schedule.pieces(clock.number):
        counts = chain.go_on(values(piece), read)   # read(run) returns what is to be kept, as arrays by name
        answers = chain.look(values(test), read)    # a piece from the same state, which leads nowhere
    with chain.branch():                        # or several, one after the other
        ...

Only what is read outlives a piece, and the state in which the last one ended. An experiment keeps both in its
folder; started again, it reads the pieces that are done, and goes on from there.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dendritic_bp import kept
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.progress import Report, progress_bar
from dendritic_bp.runs import Run
from dendritic_bp.scratch import write_whole, writing
from dendritic_bp.state import FILE, State
from dendritic_bp.toolchain import cores

Arrays = dict[str, np.ndarray]
Read = Callable[[Run], Arrays]
T = TypeVar("T")
META = "_piece"  # in what is kept: its key, the folder of its state, and its cost


@dataclass(frozen=True)
class Spent:
    """Hold what pieces cost: wall and processor time (s), the largest memory (MB), and their number."""

    run_s: float = 0.0
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    pieces: int = 0

    def __add__(self, other: Spent) -> Spent:
        peak = max(self.peak_rss_mb, other.peak_rss_mb)
        return Spent(self.run_s + other.run_s, self.cpu_s + other.cpu_s, peak, self.pieces + other.pieces)


@dataclass(frozen=True)
class _Place:
    """Say where a chain stands: what led there, and the state, which a run of this process may hold."""

    key: str = ""
    state: State | Path | None = None

    @property
    def folder(self) -> Path | None:
        """Return the folder that holds the state."""
        if isinstance(self.state, State):
            return self.state.path.parent
        return self.state.parent if self.state else None


class Chain:
    """A chain of runs of a program. Raises UserError where a run would, and for pieces of another training.

    `name` tells it from other chains in the folder of the experiment; `report` hears the simulated seconds.
    """

    def __init__(
        self, program: Program, seed: int, name: str = "chain", report: Report = lambda now: None
    ) -> None:
        self.program, self.seed, self.name, self.report = program, seed, name, report
        self.spent = Spent()
        self._place, self._best, self._fork = _Place(), _Place(), _Place()

    def go_on(self, values: Mapping[str, Any], read: Read) -> Arrays:
        """Run the next piece, and return what is read from it."""
        before = self._place
        result, self._place = self._piece(values, read, goes_on=True)
        if before.folder not in (self._best.folder, self._fork.folder):
            _remove(before)
        return result

    def look(self, values: Mapping[str, Any], read: Read) -> Arrays:
        """Run a piece from here, return what is read from it, and stay."""
        return self._piece(values, read, goes_on=False)[0]

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Go on from here for a while, and come back: a look of several pieces."""
        self._fork = self._place
        try:
            yield
        finally:
            if self._place.folder not in (self._best.folder, self._fork.folder):
                _remove(self._place)
            self._place, self._fork = self._fork, _Place()

    def remember(self) -> None:
        """Keep the state in which the chain is now, in place of the one remembered before."""
        if self._best.folder != self._place.folder:
            _remove(self._best)
        self._best = self._place

    def recall(self) -> None:
        """Go back to the state that was remembered."""
        self._place = self._best

    def _piece(self, values: Mapping[str, Any], read: Read, goes_on: bool) -> tuple[Arrays, _Place]:
        """Make a piece, or take what was kept of it."""
        seed = self.seed if self._place.state is None else None
        key = self._key(values, goes_on)
        folder = kept.folder()
        file = folder / f"{self.name.replace(' ', '-')}-{self.spent.pieces:05d}.npz" if folder else None
        state: State | Path | None
        if file and file.exists():
            result, state, spent = _load(file, key)
        else:
            run = self.program.run(seed, values, self._beat, state=self._place.state, keep_state=goes_on)
            result, state = read(run), run.state if goes_on else None
            spent = Spent(run.run_s, run.cpu_s, run.peak_rss_mb, 1)
            if file:
                _store(file, key, result, run.folder if goes_on else None, spent)
                if not goes_on:
                    shutil.rmtree(run.folder, ignore_errors=True)
        self.spent += spent
        self._beat(0.0)
        return result, _Place(key, state) if goes_on else self._place

    def _key(self, values: Mapping[str, Any], goes_on: bool) -> str:
        """Tell a piece from those of other programs, values, and pasts."""
        arrays = self.program.check(values)
        words = [self._place.key, self.program.key(self.seed, arrays), str(goes_on)]
        return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]

    def _beat(self, now: float) -> None:
        self.report(self.spent.pieces * self.program.trace().duration + now)


def train(
    program: Program, seed: int, trainings: Mapping[str, Callable[[Chain], T]], pieces: int
) -> dict[str, T]:
    """Go through trainings, each with a chain of its own, on all cores; they take about so many `pieces`."""
    done = dict.fromkeys(trainings, 0.0)
    stopped = False

    def report(name: str, now: float) -> None:
        done[name] = now
        if stopped:
            raise CancelledError

    def start(name: str) -> T:
        return trainings[name](Chain(program, seed, name, partial(report, name)))

    program.build()
    title = f"{program.name} (seed {seed})"
    total = program.trace().duration * pieces * len(trainings)
    with progress_bar(total, title, sure=False) as show, ThreadPoolExecutor(cores()) as pool:
        try:
            futures = {name: pool.submit(start, name) for name in trainings}
            while wait(futures.values(), timeout=0.2).not_done:
                show(min(sum(done.values()), total))
                if any(each.done() and each.exception() for each in futures.values()):
                    stopped = True  # the finished pieces of the others are kept
        except BaseException:
            stopped = True
            pool.shutdown(cancel_futures=True)
            raise
        results = _results(futures)
        show(sum(done.values()))
    return results


def _results(futures: Mapping[str, Future[T]]) -> dict[str, T]:
    """Return the results, or raise what went wrong, rather than what was stopped because of it."""
    errors = [error for each in futures.values() if (error := each.exception())]
    for error in sorted(errors, key=lambda each: isinstance(each, CancelledError)):
        raise error
    return {name: each.result() for name, each in futures.items()}


def _store(file: Path, key: str, arrays: Arrays, state: Path | None, spent: Spent) -> None:
    cost = (spent.run_s, spent.cpu_s, spent.peak_rss_mb)
    whole: dict[str, Any] = {META: np.array([key, state.name if state else "", *map(repr, cost)]), **arrays}
    content = io.BytesIO()
    np.savez(content, **whole)
    with writing(file, "make room, and start the same command again: the pieces before it are kept"):
        write_whole(file, content.getvalue())


def _load(file: Path, key: str) -> tuple[Arrays, Path | None, Spent]:
    """Return what was kept of a piece, the path of the state that it left, and its cost."""
    try:
        arrays = dict(np.load(io.BytesIO(file.read_bytes())))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"Cannot read the piece {file}: {error}. Start the training afresh with --overwrite."
        ) from None
    found, state, *cost = arrays.pop(META).tolist()
    if found != key:
        raise UserError(
            f"{file} is of another training (other program, version, data or values) than the one that is "
            "to go on: go on with what began it, or start afresh with --overwrite."
        )
    path = file.with_name(state) / FILE if state else None
    run_s, cpu_s, peak = map(float, cost)
    return arrays, path, Spent(run_s, cpu_s, peak, 1)


def _remove(place: _Place) -> None:
    """Remove the run that left a state, if it is kept in a folder; others go with their last user."""
    if place.folder and kept.folder() == place.folder.parent:
        shutil.rmtree(place.folder, ignore_errors=True)
