"""Compile a protocol once, run it many times with other seeds and values."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import Network

from dendritic_bp import kept, scratch, toolchain
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.process import Report, execute, progress_bar
from dendritic_bp.quantities import checked
from dendritic_bp.runs import Run, found, sizes, write_record
from dendritic_bp.standalone import Trace, trace


class Program:
    """A protocol, compiled once: `protocol()` builds a network in plain Brian2, runs it and returns it.

    `folder` keeps the build (by default in the user's cache, under `name`); `flags` replace the
    compiler flags (Brian2's, and those that vectorise); `jobs` is the number of compilers at work (default:
    the cores).
    """

    def __init__(
        self,
        protocol: Callable[[], Network],
        name: str,
        folder: str | Path | None = None,
        flags: Sequence[str] | None = None,
        jobs: int | None = None,
    ) -> None:
        if not re.fullmatch(r"[A-Za-z][\w-]*", name):
            raise UserError(f"'{name}' cannot name a program: use letters, digits, '_' and '-'.")
        self.protocol = protocol
        self.name = name
        self.folder = Path(folder).absolute() if folder else toolchain.cache_folder() / name
        self.flags = flags
        self.jobs = jobs
        self.build_s = 0.0
        self.source_hash = ""
        self._sources = self.folder / "traces"  # a folder in it, once traced
        self._tracer = 0  # the process that has traced: others leave its sources alone
        self._traced: Trace | None = None
        self._binary: Path | None = None

    def trace(self) -> Trace:
        """Call the protocol and write its sources, once; compile nothing."""
        if self._traced is None:
            start = time.perf_counter()
            self._sources = self.folder / "traces" / scratch.owned_name()
            self._tracer = os.getpid()
            self._make_room()
            scratch.vanishing(self, self._sources)
            self._traced = trace(self.protocol, self.name, self._sources)
            self.source_hash = toolchain.hash_folder(self._sources)
            self.build_s += time.perf_counter() - start
        return self._traced

    @property
    def values(self) -> dict[str, tuple[tuple[int | None, ...], Any]]:
        """Map each name that `run` takes to (shape, unit); a length known only at run time is None."""
        return {name: (setting.shape, setting.unit) for name, setting in self.trace().settable.items()}

    def check(self, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return run-time values as SI arrays; refuse a wrong name, unit or shape, and what is not finite.

        Values outside the limits of a model are refused too.
        """
        settable = self.trace().settable
        for name in values:
            if name not in settable:
                raise UserError(f"Program '{self.name}' has no '{name}': {suggest(name, settable)}")
        arrays = {name: checked(name, value, settable[name]) for name, value in values.items()}
        for owner, require_limits in self.trace().limits.items():
            start = f"{owner}."
            require_limits({k.removeprefix(start): v for k, v in values.items() if k.startswith(start)})
        return arrays

    def build(self) -> Program:
        """Compile what changed since the last build in the folder; return self."""
        if self._binary is None or not (self._binary / "main").exists():  # somebody may clean the cache
            toolchain.require()  # before the protocol, which may take long
            if self._binary or self._tracer != os.getpid() or not self._sources.exists():
                self._traced = None
            self.trace()
            start = time.perf_counter()
            self._binary = toolchain.build(
                self._sources, self.source_hash, self.folder, self.flags, self.jobs
            )
            self.build_s += time.perf_counter() - start
        return self

    def run(
        self,
        seed: int = 0,
        values: Mapping[str, Any] | None = None,
        progress: bool | Report = True,
        folder: str | Path | None = None,
    ) -> Run:
        """Run once, in a process of its own, and return its results.

        The seed governs all random numbers: noise, initial values, random wiring. `values` (by
        "object.variable", or by the name of a TimedArray) replace what the protocol assigns before its first
        run. `progress` shows a bar, or is called with the simulated seconds. The results vanish with the Run,
        unless a new `folder` is given.

        Raises:
            UserError: a value has a wrong name, unit or shape or is not finite, or the run fails or diverges.
        """
        values = dict(values or {})
        arrays = self.check(values)
        require_seed(seed)
        target = _new(folder) if folder else kept.place(f"{self.name}-{self.key(seed, arrays)}")
        if target and (run := found(target, values)):
            return run
        run = self._execute(int(seed), values, arrays, progress, target)
        if target is None:
            scratch.vanishing(run, run.folder)
        return run

    def key(self, seed: int, arrays: Mapping[str, np.ndarray]) -> str:
        """Return a name that tells a run from those of other sources, flags, seeds and (checked) values."""
        self.trace()
        digest = hashlib.sha256(f"{self.source_hash} {self.flags}".encode())
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.shape} {array.dtype}".encode() + array.tobytes())
        return f"seed-{seed}-{digest.hexdigest()[:12]}"

    def _execute(
        self,
        seed: int,
        values: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        progress: bool | Report,
        target: Path | None,
    ) -> Run:
        """Run the compiled program; without a target, in a folder of this process."""
        self.build()
        title = f"{self.name} (seed {seed})"
        target, keep = target or self.folder / "runs" / scratch.owned_name(), target is not None
        with (
            scratch.appearing(target) as partial,
            scratch.writing(target),
            self._report(progress, title) as report,
        ):
            arguments = [f"seed={seed}", *self._arguments(arrays, partial)]
            assert self._binary is not None
            cost = execute(self._binary, arguments, partial, report, title)
            files = sizes(partial)
            run = Run(target, seed, values, self.source_hash, self.build_s, cost, self.trace().stored, files)
            if keep:
                write_record(run, partial)
        return run

    def _make_room(self) -> None:
        """Make the folder for the sources, and remove those of processes that were killed."""
        with scratch.writing(f"build in {self.folder}", toolchain.ELSEWHERE):
            self._sources.mkdir(parents=True, exist_ok=True)
        scratch.remove_orphans(self._sources.parent)

    def _report(self, progress: bool | Report, title: str) -> AbstractContextManager[Report]:
        if progress is True:
            return progress_bar(self.trace().duration, title)
        return nullcontext(progress if callable(progress) else lambda now: None)

    def _arguments(self, arrays: Mapping[str, np.ndarray], folder: Path) -> list[str]:
        """Write arrays beside the results and return the arguments "name=number" or "name=file"."""
        settable, result = self.trace().settable, []
        for name, array in arrays.items():
            file = folder / f"value-{name}.bin"
            if array.ndim:
                array.tofile(file)
            result.append(f"{settable[name].argument}={file if array.ndim else repr(array.item())}")
        return result


def require_seed(seed: Any) -> None:
    """Refuse what cannot be the seed of a run."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise UserError(f"The seed must be a whole number from 0 to 2**32 - 1, got {seed!r}.")


def _new(folder: str | Path) -> Path:
    path = Path(folder).absolute()
    with scratch.writing(path):
        exists = path.exists()
    if exists:
        raise UserError(f"The folder {path} exists already; the results of a run need a new one.")
    return path
