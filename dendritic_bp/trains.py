"""Spike trains in the data of a run: flat arrays of times and cells, by population and kind.

A train is two arrays, `POPULATION_KIND_t` (s) and `POPULATION_KIND_cell`. A kind is "spike" (every spike),
"event" (an isolated spike, or the first of a burst) or "burst" (the second spike of a burst). Trials that
were recorded, if any, are `recorded_trial_start` and `recorded_trial_stop` (s) and what is known of each.
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

Window = tuple[float, float]
Floats = NDArray[np.float64]
Train = tuple[Floats, NDArray[np.int64]]
Entries = dict[str, tuple]


@dataclass(frozen=True)
class Trains:
    """Hold what `size` cells did in a window (s): for each kind, times (s) and cells, in order of time."""

    size: int
    window: Window
    kinds: Mapping[str, Train]

    def spikes(self) -> Train:
        """Return all spikes, or, where only these were kept, the events and the second spikes of bursts."""
        if "spike" in self.kinds:
            return self.kinds["spike"]
        times, cells = (np.concatenate(parts) for parts in zip(*self.kinds.values(), strict=True))
        order = np.argsort(times, kind="stable")
        return times[order], cells[order]

    def of_each_cell(self) -> list[Floats]:
        """Return the spike times (s) of each cell, those of a silent cell empty."""
        times, cells = self.spikes()
        order = np.argsort(cells, kind="stable")
        return np.split(times[order], np.cumsum(np.bincount(cells, minlength=self.size))[:-1])

    def bursts(self) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Return begins (at the event), second spikes (s) and cells of the bursts."""
        none = np.empty(0), np.empty(0, np.int64)
        (events, cells), (second, bursting) = (self.kinds.get(kind, none) for kind in ("event", "burst"))
        of = np.lexsort((events, cells))
        span = max((np.ptp(np.append(events, second)) if second.size else 0.0) * 2, 1.0)
        place = np.searchsorted(cells[of] * span + events[of], bursting * span + second, "right") - 1
        known = (place >= 0) & (cells[of][place] == bursting) if events.size else np.zeros(second.size, bool)
        return events[of][place[known]], second[known], bursting[known]


def entries(population: str, size: int, window: Window, **trains: tuple[ArrayLike, ArrayLike]) -> Entries:
    """Return the arrays for a run's data: the trains of `size` cells, as (times in s, cells) by kind."""
    result: Entries = {}
    for kind, (times, cells) in trains.items():
        name = f"{population}_{kind}"
        about = {"long_name": f"{population}, {KINDS.get(kind, kind)}"}
        limits = {"units": "s", "start": float(window[0]), "stop": float(window[1])}
        result[f"{name}_t"] = (name, np.asarray(times, float), about | limits)
        result[f"{name}_cell"] = (name, np.asarray(cells, np.int32), about | {"population_size": int(size)})
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
    if not kinds:
        raise UserError("The run keeps no spikes (no arrays POPULATION_spike_t, _event_t or _burst_t).")
    return {population: Trains(*limits[population], trains) for population, trains in kinds.items()}


def read_trials(data: xr.Dataset) -> dict[str, NDArray]:
    """Return the columns of the recorded trials, `start` and `stop` (s) first; empty where there are none."""
    names = [str(name) for name in data.variables if str(name).startswith(f"{TRIAL}_")]
    return {name.removeprefix(f"{TRIAL}_"): data[name].values for name in names}
