"""Spike trains in the data of a run: flat arrays of times and cells, by population and kind.

A train is two arrays, `POPULATION_KIND_t` (s) and `POPULATION_KIND_cell`. A kind is "spike" (every spike),
"event" (an isolated spike, or the first of a burst) or "burst" (the second spike of a burst). Where bursts
are of two kinds, `POPULATION_burst_sign` tells them apart: +1 or -1. Trials that were recorded, if any, are
`recorded_trial_start` and `recorded_trial_stop` (s) and what is known of each.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.errors import UserError

KINDS = {
    "spike": "all spikes",
    "event": "events: isolated spikes, and the first ones of bursts",
    "burst": "bursts, dated at their second spikes",
}
TRIAL = "recorded_trial"
SAME = 1e-7  # s: times as close are those of one spike

Window = tuple[float, float]
Floats = NDArray[np.float64]
Train = tuple[Floats, NDArray[np.int64]]
Entries = dict[str, tuple]


@dataclass(frozen=True)
class Trains:
    """Hold what `size` cells did in a window (s): for each kind, times (s) and cells, in order of time.

    `signs` are those of the bursts, if they are of two kinds.
    """

    size: int
    window: Window
    kinds: Mapping[str, Train]
    signs: NDArray[np.int64] | None = None

    def spikes(self) -> Train:
        """Return all spikes, or, where only these were kept, the events and the second spikes of bursts."""
        if "spike" in self.kinds:
            return self.kinds["spike"]
        times, cells = (np.concatenate(parts) for parts in zip(*self.kinds.values(), strict=True))
        order = np.argsort(times, kind="stable")
        return times[order], cells[order]

    def of_kind(self, kind: str, sign: int | None = None) -> Train:
        """Return the times (s) and the cells of a kind, none if it was not kept; bursts also of one sign."""
        times, cells = self.kinds.get(kind, (np.empty(0), np.empty(0, np.int64)))
        if sign is None or self.signs is None:
            return times, cells
        return times[self.signs == sign], cells[self.signs == sign]

    def further(self) -> Train:
        """Return the spikes that are neither events nor second spikes of bursts: those that go on a burst."""
        (times, cells), known = self.spikes(), (self.of_kind(kind) for kind in ("event", "burst"))
        taken = np.concatenate([_keys(*train) for train in known])
        left = ~np.isin(_keys(times, cells), taken)
        return times[left], cells[left]

    def of_each_cell(self) -> list[Floats]:
        """Return the spike times (s) of each cell, those of a silent cell empty."""
        times, cells = self.spikes()
        order = np.argsort(cells, kind="stable")
        return np.split(times[order], np.cumsum(np.bincount(cells, minlength=self.size))[:-1])

    def bursts(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Return begins (at the event), second spikes (s), cells and signs of the bursts.

        Signs are +1 and -1, and 0 where bursts are of one kind.
        """
        (events, cells), (second, bursting) = (self.of_kind(kind) for kind in ("event", "burst"))
        of = np.lexsort((events, cells))
        span = max((np.ptp(np.append(events, second)) if second.size else 0.0) * 2, 1.0)
        place = np.searchsorted(cells[of] * span + events[of], bursting * span + second, "right") - 1
        known = (place >= 0) & (cells[of][place] == bursting) if events.size else np.zeros(second.size, bool)
        signs = np.zeros(second.size, np.int64) if self.signs is None else self.signs
        return events[of][place[known]], second[known], bursting[known], signs[known]


def _keys(times: Floats, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for each spike, the same for the same cell at the same time."""
    return np.round(times / SAME).astype(np.int64) * 2**20 + cells


def entries(
    population: str,
    size: int,
    window: Window,
    signs: ArrayLike | None = None,
    **trains: tuple[ArrayLike, ArrayLike],
) -> Entries:
    """Return the arrays for a run's data: the trains of `size` cells, as (times in s, cells) by kind.

    `signs` (+1 or -1) are those of the bursts, if they are of two kinds.
    """
    result: Entries = {}
    for kind, (times, cells) in trains.items():
        name = f"{population}_{kind}"
        about = {"long_name": f"{population}, {KINDS.get(kind, kind)}"}
        limits = {"units": "s", "start": float(window[0]), "stop": float(window[1])}
        result[f"{name}_t"] = (name, np.asarray(times, float), about | limits)
        result[f"{name}_cell"] = (name, np.asarray(cells, np.int32), about | {"population_size": int(size)})
    if signs is not None:
        about = {"long_name": f"{population}, kind of each burst", "units": "1"}
        result[f"{population}_burst_sign"] = (f"{population}_burst", np.asarray(signs, np.int8), about)
    return result


def trial_entries(start: ArrayLike, stop: ArrayLike, **known: ArrayLike) -> Entries:
    """Return the arrays for a run's data: begins and ends (s) of recorded trials, and what else is known."""
    times = {"start": np.asarray(start, float), "stop": np.asarray(stop, float)}
    result: Entries = {f"{TRIAL}_{name}": (TRIAL, array, {"units": "s"}) for name, array in times.items()}
    return result | {f"{TRIAL}_{name}": (TRIAL, np.asarray(array)) for name, array in known.items()}


def read(data: xr.Dataset) -> dict[str, Trains]:
    """Return the trains of each population; raise UserError where the data hold none."""
    kinds: dict[str, dict[str, Train]] = {}
    limits: dict[str, tuple[int, Window]] = {}
    signs: dict[str, NDArray[np.int64]] = {}
    for name in data.variables:
        if not (found := re.fullmatch(rf"(.+)_({'|'.join(KINDS)})_t", str(name))):
            continue
        times, cells = data[name], data[f"{found[1]}_{found[2]}_cell"]
        if "population_size" not in cells.attrs:
            raise UserError(f"{name} does not say how many cells there are: the run is of an older version.")
        order = np.argsort(times.values, kind="stable")
        train = times.values[order].astype(float), cells.values[order].astype(np.int64)
        kinds.setdefault(found[1], {})[found[2]] = train
        limits[found[1]] = int(cells.population_size), (float(times.start), float(times.stop))
        if found[2] == "burst" and f"{found[1]}_burst_sign" in data:
            signs[found[1]] = data[f"{found[1]}_burst_sign"].values[order].astype(np.int64)
    if not kinds:
        raise UserError("The run keeps no spikes (no arrays POPULATION_spike_t, _event_t or _burst_t).")
    return {
        population: Trains(*limits[population], trains, signs.get(population))
        for population, trains in kinds.items()
    }


def read_trials(data: xr.Dataset) -> dict[str, NDArray]:
    """Return the columns of the recorded trials, `start` and `stop` (s) first; empty where there are none."""
    names = [str(name) for name in data.variables if str(name).startswith(f"{TRIAL}_")]
    return {name.removeprefix(f"{TRIAL}_"): data[name].values for name in names}
