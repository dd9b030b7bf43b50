"""The trial clock: which sample is shown when, what is open when in a trial, what is counted, what is kept.

It knows no neuron and no task. A protocol compiles tables of zeros, which the model's text reads (`order(t)`,
`learning(t)`), and a run fills them:

    clock = Trials(1200, 200 * ms, bin=20 * ms)
    gates = dict(reading=Gate(60 * ms), learning=Gate(60 * ms, scaled=True))
    tables = clock.tables(dict(order=()), gates)
    ...
    network = clock.run([cells, clock.counters(cells, ["n_event"])])

    schedule = Schedule.of((images, "train", 0, 1.0), (others, "test", 0, 0.0))
    run = program.run(values=dict(order=schedule.sample) | clock.values(schedule, gates))
    events = clock.counts(run, "cells.n_event")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2 import Network, Quantity, StateMonitor, TimedArray, ms
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.errors import UserError
from dendritic_bp.language import unit_text
from dendritic_bp.quantities import require_time
from dendritic_bp.runs import Run


@dataclass(frozen=True)
class Gate:
    """Open from `start` to `stop` in each trial (None: to its end) of these phases (None: of all).

    `scaled` by the step of the trial: a gate for learning. In every other trial, from the second on, `odd`
    takes its place.
    """

    start: Quantity = field(default_factory=lambda: 0 * ms)
    stop: Quantity | None = None
    phases: tuple[str, ...] | None = None
    scaled: bool = False
    odd: Gate | None = None

    def __post_init__(self) -> None:
        if isinstance(self.phases, str):  # its letters would be taken for phases, and never open
            raise UserError(f"phases = {self.phases!r}: name them in a tuple, as in ({self.phases!r},).")


@dataclass(frozen=True)
class Schedule:
    """Say for each trial which sample is shown, its phase, its epoch, and the size of the learning steps."""

    sample: NDArray[np.integer]
    phase: NDArray[np.str_]
    epoch: NDArray[np.integer]
    step: NDArray[np.floating]

    @classmethod
    def of(cls, *blocks: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]) -> Schedule:
        """Put blocks one after the other: samples, and phase, epoch and step, one for all or for each."""
        sample, phase, epoch, step = (
            np.concatenate(column)
            for column in zip(*(np.broadcast_arrays(*block) for block in blocks), strict=True)
        )
        if not np.isfinite(step.astype(float)).all():
            raise UserError("The steps of a schedule must be finite numbers.")
        if sample.dtype.kind not in "iu" or sample.min(initial=0) < 0:
            raise UserError("The samples of a schedule are the indices of what is shown, from 0.")
        return cls(sample, phase, epoch, step.astype(float))

    def __len__(self) -> int:
        return len(self.sample)

    def pieces(self, size: int) -> list[Schedule]:
        """Cut into pieces of equal size; the last is filled up with trials of the phase "idle"."""
        missing = -len(self) % size
        idle = (np.resize(self.sample, missing), "idle", self.epoch[-1:].max(initial=0), 0.0)
        whole = self if not missing else Schedule.of((self.sample, self.phase, self.epoch, self.step), idle)
        return [whole[k : k + size] for k in range(0, len(whole), size)]

    def __getitem__(self, part: slice) -> Schedule:
        return Schedule(self.sample[part], self.phase[part], self.epoch[part], self.step[part])

    def during(self, *phases: str) -> NDArray[np.bool_]:
        """Tell for each trial whether it is in one of these phases."""
        return np.isin(self.phase, phases)


@dataclass(frozen=True)
class Trials:
    """A number of trials of equal length, in which gates open and close from bin to bin."""

    number: int
    length: Quantity
    bin: Quantity

    def __post_init__(self) -> None:
        whole = isinstance(self.number, int | np.integer) and not isinstance(self.number, bool)
        if not whole or self.number < 1:
            raise UserError(f"The number of trials must be 1 or more, not {self.number!r}.")
        require_time("The length of a trial", self.length)
        require_time("The bin of a trial", self.bin)
        self._bins(self.length)

    @property
    def times(self) -> NDArray[np.floating]:
        """Return when each bin of all trials begins (s)."""
        return np.arange(self.number * self._bins(self.length)) * float(self.bin)

    def tables(self, shown: Mapping[str, tuple[int, ...]], gates: Iterable[str]) -> dict[str, TimedArray]:
        """Return tables of zeros: what is `shown` in each trial, of these shapes, and each bin's gates."""
        per_trial = {
            name: TimedArray(np.zeros((self.number, *shape)), dt=self.length, name=name)
            for name, shape in shown.items()
        }
        return per_trial | {
            name: TimedArray(np.zeros(self.times.size), dt=self.bin, name=name) for name in gates
        }

    def values(self, schedule: Schedule, gates: Mapping[str, Gate]) -> dict[str, NDArray[np.floating]]:
        """Return the run-time values of gates that follow a schedule, one number for each bin."""
        if len(schedule) != self.number:
            raise UserError(f"The schedule has {len(schedule)} trials, but the clock {self.number}.")
        return {name: self._turned(gate, schedule).ravel() for name, gate in gates.items()}

    def _turned(self, gate: Gate, schedule: Schedule) -> NDArray[np.floating]:
        result = self._opened(gate, schedule)
        if gate.odd is not None:
            result[1::2] = self._opened(gate.odd, schedule)[1::2]
        return result

    def _opened(self, gate: Gate, schedule: Schedule) -> NDArray[np.floating]:
        amount = schedule.step if gate.scaled else np.ones(self.number)
        if gate.phases is not None:
            amount = amount * schedule.during(*gate.phases)
        bins = np.arange(self._bins(self.length))
        stop = self.length if gate.stop is None else gate.stop
        first, last = self._bins(gate.start), self._bins(stop)
        if not 0 <= first <= last <= len(bins):
            raise UserError(f"A gate from {gate.start} to {stop} is not within a trial of {self.length}.")
        return np.outer(amount, (bins >= first) & (bins < last))

    def _bins(self, time: Quantity) -> int:
        """Return how many bins a time takes, which must be a whole number."""
        bins = float(time / self.bin)
        if abs(bins - round(bins)) > 1e-6:
            raise UserError(f"{time} is not a whole number of bins of {self.bin}: trials are made of bins.")
        return round(bins)

    def counters(self, group: Any, names: Iterable[str]) -> StateMonitor:
        """Read counters or means of a group when the next trial begins, and set them to zero."""
        names = list(names)
        zero = {
            name: "0" if each.dim.is_dimensionless else f"0*{unit_text(each)}"
            for name, each in group.equations.items()
            if name in names
        }
        code = "; ".join(f"{name} = {zero[name]}" for name in names)
        group.run_regularly(code, dt=self.length, when="start", order=1, name=f"{group.name}_reset")
        when: dict[str, Any] = dict(dt=self.length, when="start", order=-1)
        return StateMonitor(group, names, record=True, name=f"{group.name}_counts", **when)

    def counts(self, run: Run, name: str) -> NDArray[np.floating]:
        """Return what a counter, "group.name", came to in each trial; shape (trials, cells)."""
        group, counter = name.split(".")
        # A record is made when the next trial begins: the first is of no trial, and the last still stands.
        return np.vstack([run[f"{group}_counts.{counter}"].T[1:], run[name]])

    def snapshots(self, group: Any, name: str, every: int, record: Any = True) -> StateMonitor:
        """Keep a variable at the begin of every so many trials, before the counters are reset."""
        when: dict[str, Any] = dict(dt=every * self.length, when="start", order=-2)
        return StateMonitor(group, name, record, name=f"{group.name}_{name}", **when)

    def run(self, objects: Sequence[Any], shows: Sequence[Any] = (), last: int = 0) -> Network:
        """Run all trials; `shows` record the last ones alone."""
        network = Network(*objects, *shows)
        for recording, trials in ((False, self.number - last), (True, last)):
            for monitor in shows:
                monitor.active = recording
            if trials:
                network.run(trials * self.length, namespace={})
        return network
