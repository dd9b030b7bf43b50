"""Compile a protocol once, run it many times with other seeds and values."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import Network

from dendritic_bp import kept, listing, scratch, toolchain
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.precision import require_precision
from dendritic_bp.process import execute
from dendritic_bp.progress import Report, progress_bar, waiting
from dendritic_bp.provenance import origin
from dendritic_bp.quantities import checked
from dendritic_bp.run_folder import settle
from dendritic_bp.runs import Run, found, sizes, write_record
from dendritic_bp.standalone import Trace, trace
from dendritic_bp.state import FILE, State, chain_seed, header, read_state, require_fit
from dendritic_bp.tables import first_rows

_MAKING = threading.RLock()  # Brian2 has one device: threads trace and build in turn


class Program:
    """A protocol, compiled once: `protocol()` builds a network in plain Brian2, runs it and returns it.

    `folder` keeps the build (by default in the user's cache, under `name`); `flags` replace the
    compiler flags (Brian2's, and those that vectorise); `jobs` is the number of compilers at work (default:
    the cores). With `precision` "single", all but times are numbers of 4 bytes; with several `threads`, which
    need a compiler with OpenMP, large groups share the cores, at the same numbers (docs/speed.md).
    """

    def __init__(
        self,
        protocol: Callable[[], Network],
        name: str,
        folder: str | Path | None = None,
        flags: Sequence[str] | None = None,
        jobs: int | None = None,
        precision: str = "double",
        threads: int = 1,
    ) -> None:
        if not callable(protocol):
            raise UserError(f"A protocol is a function that builds and runs a network, not {protocol!r}.")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][\w-]*", name):
            raise UserError(f"{name!r} cannot name a program: use letters, digits, '_' and '-'.")
        _require_no_arguments(protocol, name)
        require_precision(precision)
        _require_threads(threads)
        self.protocol = protocol
        kind = [precision] * (precision != "double") + [f"{threads}-threads"] * bool(threads > 1)
        self.name = "-".join([name, *kind])  # the builds of all kinds are kept
        self.folder = Path(folder).absolute() if folder else toolchain.cache_folder() / self.name
        self.flags = flags
        self.jobs = jobs
        self.precision = precision
        self.threads = int(threads)
        self.build_s = 0.0
        self.source_hash = ""
        self._sources = self.folder / "traces"  # a folder in it, once traced
        self._tracer = 0  # the process that has traced: others leave its sources alone
        self._traced: Trace | None = None
        self._binary: Path | None = None

    def trace(self) -> Trace:
        """Call the protocol and write its sources, once; compile nothing."""
        with _MAKING:
            return self._trace()

    def _trace(self) -> Trace:
        if self._traced is None:
            start = time.perf_counter()
            self._sources = self.folder / "traces" / scratch.owned_name()
            self._tracer = os.getpid()
            self._make_room()
            scratch.vanishing(self, self._sources)
            with waiting(f"{self.name}: writing its code"):
                self._traced = trace(self.protocol, self.name, self._sources, self.precision, self.threads)
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
        if not isinstance(values, Mapping):
            raise UserError(f"Values come as a dictionary, {{'object.variable': value}}, not {values!r}.")
        settable = self.trace().settable
        listing.offer(lambda: self.values, self.check)
        for name in values:
            if not isinstance(name, str) or name not in settable:
                raise UserError(f"Program '{self.name}' has no '{name}': {suggest(str(name), settable)}")
        arrays = {name: checked(name, value, settable[name]) for name, value in values.items()}
        for owner, require_limits in self.trace().limits.items():
            start = f"{owner}."
            own = {k.removeprefix(start): v for k, v in values.items() if k == owner or k.startswith(start)}
            require_limits(own)
        return arrays

    def check_state(self, state: State | str | Path | None, values: Mapping[str, Any]) -> State | None:
        """Return the state from which a run with these values is to go on; refuse one that does not fit."""
        if state is None:
            return None
        before = read_state(state) if isinstance(state, str | Path) else state
        traced = self.trace()
        require_fit(before, self.name, self.source_hash, values)
        first_rows(traced.tables, before.pieces, traced.duration)
        return before

    def build(self) -> Program:
        """Compile what changed since the last build in the folder; return self."""
        with _MAKING:
            return self._build()

    def _build(self) -> Program:
        listing.offer(lambda: self.values, self.check)
        if self._binary is None or not (self._binary / "main").exists():  # somebody may clean the cache
            toolchain.require()  # before the protocol, which may take long
            if self._binary or self._tracer != os.getpid() or not self._sources.exists():
                self._traced = None
            self.trace()
            start = time.perf_counter()
            with waiting(f"{self.name}: compiling"):
                self._binary = toolchain.build(
                    self._sources, self.source_hash, self.folder, self.flags, self.jobs, self.threads
                )
            self.build_s += time.perf_counter() - start
        return self

    def run(
        self,
        seed: int | None = None,
        values: Mapping[str, Any] | None = None,
        progress: bool | Report = True,
        folder: str | Path | None = None,
        state: State | str | Path | None = None,
        keep_state: bool = False,
    ) -> Run:
        """Run once, in a process of its own, and return its results.

        The seed (default: 0) governs all random numbers: noise, initial values, random wiring. `values` (by
        "object.variable", or by the name of a TimedArray) replace what the protocol assigns before its first
        run. `progress` shows a bar, or is called with the simulated seconds. The results vanish with the Run,
        unless a new `folder` is given: it becomes a run folder like that of an experiment (`read_run`).

        `state` lets the run go on where another ended that was told to `keep_state`: with its time, random
        numbers and spikes under way; `values` then replace what the state holds. See docs/chains.md.

        Raises:
            UserError: a value has a wrong name, unit or shape or is not finite, the state is damaged or of
                another program, or the run fails or diverges.
        """
        values = {} if values is None else values
        arrays = self.check(values)
        before = self.check_state(state, values)
        seed = chain_seed(seed, before)
        key = self.key(seed, arrays, before, keep_state)
        target = _new(folder) if folder else kept.place(f"{self.name}-{key}")
        if target and (run := found(target, values)):
            return run
        run = self._execute(seed, values, arrays, progress, target, before, keep_state, key)
        if target is None:
            scratch.vanishing(run, run.folder)
        return run

    def key(
        self,
        seed: int,
        arrays: Mapping[str, np.ndarray],
        before: State | None = None,
        keep_state: bool = False,
    ) -> str:
        """Tell a run from those of other sources, flags, seeds, (checked) values or states, by a name."""
        self.trace()
        digest = hashlib.sha256(f"{self.source_hash} {self.flags}".encode())
        if before or keep_state:
            digest.update(f"{before and before.digest} {keep_state}".encode())
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.shape} {array.dtype}".encode() + array.tobytes())
        numbers = [f"{name}={array.item():.6g}" for name, array in sorted(arrays.items()) if array.ndim == 0]
        return f"{'_'.join([f'seed-{seed}', *numbers])[:60]}-{digest.hexdigest()[:12]}"

    def _execute(
        self,
        seed: int,
        values: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        progress: bool | Report,
        target: Path | None,
        before: State | None,
        keep_state: bool,
        key: str,
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
            arguments = [f"seed={seed}", *self._arguments(arrays, partial), *self._goes_on(before)]
            if keep_state:
                arguments += [f"keep_state={partial / FILE}", f"header={self._header(seed, before, values)}"]
            assert self._binary is not None
            cost = execute(self._binary, arguments, partial, report, title)
            files = sizes(partial)
            run = Run(target, seed, values, self.source_hash, self.build_s, cost, self.trace().stored, files)
            if keep:
                run = self._kept(run, partial, key, before)
        return run

    def _kept(self, run: Run, partial: Path, key: str, before: State | None) -> Run:
        """Complete a folder that stays: raw results within an experiment, a run folder elsewhere."""
        if run.folder.parent != kept.folder():
            begin, traced = before.time if before else 0.0, self.trace()
            about = {"program": self.name, **_origin(self.protocol)}
            run = settle(run, partial, traced.recorded, (begin, begin + traced.duration), about)
        write_record(run, partial, key)
        return run

    def _goes_on(self, before: State | None) -> list[str]:
        """Return the arguments of a run that goes on from a state."""
        if before is None:
            return []
        traced = self.trace()
        rows = first_rows(traced.tables, before.pieces, traced.duration)
        firsts = [f"first.{name}={row}" for name, row in rows.items()]
        return [f"state={before.path}", f"begin={before.time!r}", *firsts]

    def _header(self, seed: int, before: State | None, values: Mapping[str, Any]) -> str:
        traced = self.trace()
        given = [name for name in traced.tables if name in values]
        return header(self.name, self.source_hash, seed, before, traced.duration, given)

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


def _require_no_arguments(protocol: Callable[..., Network], name: str) -> None:
    try:
        wanted = inspect.signature(protocol).parameters.values()
    except (TypeError, ValueError):  # of some objects of C, it is not known
        return
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each.name for each in wanted if each.default is each.empty and each.kind not in optional]
    if needed:
        called = getattr(protocol, "__name__", repr(protocol))
        raise UserError(
            f"The protocol of '{name}', {called}({', '.join(needed)}), takes arguments: a protocol takes "
            f"none, and builds, runs and returns a Network. Give it some by Program(lambda: {called}(...), "
            f"{name!r}); what varies from run to run belongs into run(values=...)."
        )


def _require_threads(threads: Any) -> None:
    if not isinstance(threads, int | np.integer) or isinstance(threads, bool) or threads < 1:
        raise UserError(f"threads={threads!r}: give a number of threads, 1 or more.")


@cache
def _origin(protocol: Callable[[], Network]) -> dict[str, Any]:
    """Return where the results of a protocol come from."""
    try:
        return origin(Path(inspect.getfile(protocol)).parent)
    except (TypeError, OSError):  # a callable object, a notebook
        return origin(Path.cwd())


def _new(folder: str | Path) -> Path:
    path = Path(folder).absolute()
    with scratch.writing(path):
        exists = path.exists()
    if exists:
        raise UserError(f"The folder {path} exists already; the results of a run need a new one.")
    return path
