"""What `propagation.py` measures: rates in bins, and how well they follow the sines and each other."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import xarray as xr
from brian2 import amp, second

from dendritic_bp import trains
from dendritic_bp.analysis import burst_probability, rates
from dendritic_bp.runs import Run
from networks.propagation import BIN, HIGHEST, LOWEST, PERIODS, SETTLE, Chain

ARRIVED = 0.5  # chosen here: where a message is followed less, it is lost
EVENTS = ("event", "burst")


def dataset(chain: Chain, runs: Mapping[str, Run]) -> xr.Dataset:
    """Return the rates of all runs, the sines, and the spikes of the first run."""
    edges = np.arange(float(SETTLE / second), chain.duration_s + 1e-9, float(BIN / second))
    times, axes = (edges[1:] + edges[:-1]) / 2, ("form", "population", "time")
    events, bursts = (np.array([_rates(chain, run, e, edges) for run in runs.values()]) for e in EVENTS)
    arrays = {
        "event_rate": (axes, events, {"units": "Hz"}),
        "burst_rate": (axes, bursts, {"units": "Hz"}),
        "burst_probability": (axes, burst_probability(bursts, events), {"units": "1"}),
        "input_soma": ("time", _sine(LOWEST["A_s"], PERIODS["soma"], times), {"units": "A"}),
        "input_dendrite": ("time", _sine(HIGHEST["A_d"], PERIODS["dendrite"], times), {"units": "A"}),
        "cells": ("population", list(chain.populations.values())),
    }
    time = ("time", times, {"units": "s"})
    data = xr.Dataset(arrays, {"form": list(runs), "population": list(chain.populations), "time": time})
    return data.assign(_spikes(chain, next(iter(runs.values()))))


def _rates(chain: Chain, run: Run, event: str, edges: np.ndarray) -> list[np.ndarray]:
    """Return the rate (Hz) of each population in bins; all spikes of interneurons are events."""
    none, single = np.zeros(edges.size - 1), {"event": "spike"}
    kinds = {name: event if name.startswith("pc") else single.get(event) for name in chain.populations}
    return [
        rates(run[f"{name}_{kinds[name]}s.t"], n, edges) if kinds[name] else none
        for name, n in chain.populations.items()
    ]


def _sine(amplitude, period, times: np.ndarray) -> np.ndarray:
    return float(amplitude / amp) * np.sin(2 * np.pi * times / float(period / second))


def _spikes(chain: Chain, run: Run) -> dict[str, tuple]:
    result = {}
    for name, n in chain.populations.items():
        kinds = ("spike", *EVENTS) if name.startswith("pc") else ("spike",)
        spikes = {kind: (run[f"{name}_{kind}s.t"], run[f"{name}_{kind}s.i"]) for kind in kinds}
        result |= trains.entries(name, n, (0, chain.duration_s), **spikes)
    return result


def summary(data: xr.Dataset) -> dict[str, float]:
    """Return mean rates and burst probabilities, correlations, and how far each message gets."""
    numbers, areas = {}, pyramidal(data)
    for name, area in areas.items():
        k = name.removeprefix("pc")
        numbers |= {
            f"er{k}_hz": float(area.event_rate.mean()),
            f"bp{k}": float(area.burst_probability.mean()),
        }
    for kind in ("pv", "som"):
        mine = [name for name in data.population.values if name.startswith(kind)]
        numbers[f"{kind}_hz"] = float(data.event_rate.sel(population=mine).mean())
    return numbers | _correlations(list(areas.values()), data) | _reach(list(areas.values()), data)


def pyramidal(data: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the rates of the pyramidal cells of each area, from the lowest."""
    names = [str(name) for name in data.population.values if name.startswith("pc")]
    return {name: data.sel(population=name) for name in names}


def correlation(a: xr.DataArray, b: xr.DataArray) -> float:
    """Return Pearson's correlation of two series."""
    return float(np.corrcoef(a, b)[0, 1])


def _correlations(areas: list[xr.Dataset], data: xr.Dataset) -> dict[str, float]:
    numbers = {}
    for k, (low, high) in enumerate(pairwise(areas), 1):
        numbers[f"corr_bp{k}_br{k + 1}"] = correlation(low.burst_probability, high.burst_rate)
        numbers[f"corr_er{k + 1}_er{k}"] = correlation(high.event_rate, low.event_rate)
    numbers[f"corr_bp{len(areas)}_id"] = correlation(areas[-1].burst_probability, data.input_dendrite)
    return numbers | {"corr_er1_is": correlation(areas[0].event_rate, data.input_soma)}


def followed(series: xr.DataArray, period: float) -> float:
    """Return the correlation of a series with the sine of this period (s) that fits it best, at any delay."""
    phase = 2 * np.pi * series.time.values / period
    waves = np.column_stack([np.sin(phase), np.cos(phase), np.ones(phase.size)])
    fit = waves @ np.linalg.lstsq(waves, series.values, rcond=None)[0]
    return correlation(fit, series)


def _reach(areas: list[xr.Dataset], data: xr.Dataset) -> dict[str, float]:
    """Return how well each area follows each message, and how many in a row follow the one meant for it."""
    periods = {"is": float(PERIODS["soma"] / second), "id": float(PERIODS["dendrite"] / second)}
    series = {"er": "event_rate", "bp": "burst_probability"}
    numbers = {
        f"follow_{word}{k}_{message}": followed(area[name], period)
        for k, area in enumerate(areas, 1)
        for word, name in series.items()
        for message, period in periods.items()
    }
    up = [numbers[f"follow_er{k}_is"] for k in range(1, len(areas) + 1)]
    down = [numbers[f"follow_bp{k}_id"] for k in range(len(areas), 0, -1)]
    return numbers | dict(areas_reached_by_events=_in_a_row(up), areas_reached_by_bursts=_in_a_row(down))


def _in_a_row(follow: list[float]) -> int:
    lost = np.flatnonzero(np.array(follow) < ARRIVED)
    return int(lost[0]) if lost.size else len(follow)
