"""What `multiplexing.py` measures: what the ensemble says of its two inputs, and what synapses read of it."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from dendritic_bp import trains
from dendritic_bp.analysis import Detected, bins_of, burst_probability, detect_events, rates
from dendritic_bp.information import coherence, linear_information
from dendritic_bp.runs import Run

SETTLE, DURATION, STEP = 0.5, 20.5, 1e-3  # s, as in `multiplexing.py`
FINE, COARSE = 5e-3, 4  # s, of a bin for information; fine bins in one for correlations
SHOWN = 2.5  # s: the spikes until then are kept
N_READERS = 500
LAG = 0.1  # s, the longest that a series may lead or follow
FREQUENCIES = (2, 10, 20, 50)  # Hz
NEAR = 0.1  # chosen here: coherence is the mean over so much of a frequency on either side
RATES = ("event_rate", "burst_rate", "start_rate", "rate")
SERIES = (*RATES, "depressed", "facilitated", "pv", "som")
WORDS = dict(
    er="event_rate",
    bp="burst_probability",
    bp_at_event="burst_share",
    fr="rate",
    br="burst_rate",
)


def dataset(runs: Mapping[str, Run], given: Mapping[str, Mapping[str, np.ndarray]], n: int) -> xr.Dataset:
    """Return rates and inputs in fine bins for each kind of input, and the first spikes of each."""
    edges = np.arange(round((DURATION - SETTLE) / FINE) + 1) * FINE + SETTLE
    series = [_series(run, n, edges) for run in runs.values()]
    arrays = {
        name: (("kind", "time"), np.array([each[name] for each in series]), {"units": "Hz"})
        for name in SERIES
    }
    for name in ("soma", "dendrite"):
        currents = [_binned(waves[name]) * 1e-12 for waves in given.values()]
        arrays[f"input_{name}"] = (("kind", "time"), np.array(currents), {"units": "A"})
    time = ("time", (edges[1:] + edges[:-1]) / 2, {"units": "s"})
    data = xr.Dataset(arrays, {"kind": list(runs), "time": time}, {"cells": n})
    return data.assign(_efficacies(runs["sines"]) | _spikes(runs["sines"], n))


def _series(run: Run, n: int, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Return rates (Hz for each cell) in bins, and what the synapses release (spikes/s)."""
    times, cells = run["spikes.t"], run["spikes.i"]
    found = _found(run)
    result = {
        "rate": rates(times, n, edges),
        "event_rate": rates(times[found.event], n, edges),
        "burst_rate": rates(times[found.burst], n, edges),
        "start_rate": rates(times[starts(times, cells, found.burst)], n, edges),
    }
    for kind in ("depressed", "facilitated"):
        result[kind] = _summed(times, run[f"spikes.{kind}"], edges) / (n * FINE)
    return result | {name: rates(run[f"{name}1_spikes.t"], N_READERS, edges) for name in ("pv", "som")}


def _found(run: Run) -> Detected:
    """Tell events and bursts apart as the cells do."""
    return detect_events(run["spikes.t"], run["spikes.i"], float(run["pc1.T_burst"]))


def _summed(times: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the sum of the values at some times in each bin."""
    bins = bins_of(times, edges) + 1  # 0 before the first bin
    return np.bincount(bins, values, edges.size + 1)[1:-1]


def starts(times: np.ndarray, cells: np.ndarray, burst: np.ndarray) -> np.ndarray:
    """Mark the first spike of each burst, given its second."""
    order = np.lexsort((times, cells))
    result = np.zeros(times.size, bool)
    result[order[:-1]] = burst[order[1:]]
    return result


def _binned(wave: np.ndarray) -> np.ndarray:
    steps = round(FINE / STEP)
    return wave[round(SETTLE / STEP) :].reshape(-1, steps).mean(axis=1)


def _efficacies(run: Run) -> dict[str, tuple]:
    """Return the mean release of the first spikes of events, and of the later spikes of bursts."""
    times = run["spikes.t"]
    event, late = _found(run).event, times > SETTLE
    rows = [
        [float(run[f"spikes.{kind}"][late & chosen].mean()) for chosen in (event, ~event)]
        for kind in ("depressed", "facilitated")
    ]
    return {"efficacy": (("synapse", "spike"), np.array(rows), {"units": "1"})}


def _spikes(run: Run, n: int) -> dict[str, tuple]:
    times, cells = run["spikes.t"], run["spikes.i"]
    found, early = _found(run), times < SHOWN
    chosen = dict(spike=early, event=found.event & early, burst=found.burst & early)
    spikes = {kind: (times[kept], cells[kept]) for kind, kept in chosen.items()}
    result = trains.entries("pc", n, (0, SHOWN), **spikes)
    for name in ("pv", "som"):
        times, cells = run[f"{name}1_spikes.t"], run[f"{name}1_spikes.i"]
        spikes = dict(spike=(times[times < SHOWN], cells[times < SHOWN]))
        result |= trains.entries(name, N_READERS, (0, SHOWN), **spikes)
    return result


def decoded(data: xr.Dataset, kind: str, coarse: int = COARSE) -> xr.Dataset:
    """Return the series of one kind of input in coarser bins, with the burst probability.

    It is the quotient of burst and event rates of the same moment, as published and as synapses could read
    it. A burst counts at its second spike, so that it is divided by later events than its own; the share of
    events that become bursts, each burst dated at its event, has not this fault, but is known only later.
    """
    mine = data[[*SERIES, "input_soma", "input_dendrite"]].sel(kind=kind).coarsen(time=coarse).mean()
    quotients = dict(burst_probability=mine.burst_rate, burst_share=mine.start_rate)
    return mine.assign(
        {name: ("time", burst_probability(rate, mine.event_rate)) for name, rate in quotients.items()}
    )


def correlation(a: xr.DataArray, b: xr.DataArray) -> float:
    """Return Pearson's correlation of two series."""
    return float(np.corrcoef(a, b)[0, 1])


def best_correlation(series: xr.DataArray, driver: xr.DataArray) -> tuple[float, float]:
    """Return the correlation that is largest over lags, and the lag (ms): negative if the series leads."""
    n, steps = series.size, round(LAG / (FINE * COARSE))
    lags = range(-steps, steps + 1)
    late = {lag: (slice(max(lag, 0), n + min(lag, 0)), slice(max(-lag, 0), n - max(lag, 0))) for lag in lags}
    found = {lag: correlation(series[a], driver[b]) for lag, (a, b) in late.items()}
    best = max(found, key=lambda lag: abs(found[lag]))
    return found[best], best * FINE * COARSE * 1e3


def summary(data: xr.Dataset) -> dict[str, float]:
    """Return correlations, information, efficacies, and what the interneurons follow."""
    numbers = {}
    for kind in data.kind.values:
        suffix = "" if kind == "sines" else f"_{kind}"
        mine = decoded(data, kind)
        for word, series in WORDS.items():
            for name, driver in (("soma", mine.input_soma), ("dend", mine.input_dendrite)):
                key = f"{word}_{name}{suffix}"
                numbers[f"corr_{key}"], numbers[f"lag_{key}_ms"] = best_correlation(mine[series], driver)
                numbers[f"corr_{key}_no_lag"] = correlation(mine[series], driver)
    return numbers | _information(data) | _read(data)


def _information(data: xr.Dataset) -> dict[str, float]:
    """Return the linear information (bit/s) that each series holds of each input, and coherences."""
    fine, numbers = decoded(data, "noise", 1), {}
    for word, name in WORDS.items():
        for target, driver in (("soma", fine.input_soma), ("dend", fine.input_dendrite)):
            series = fine[name].fillna(fine[name].mean())
            numbers[f"info_{word}_{target}_bit_s"] = linear_information(driver, series, FINE)
            frequencies, share = coherence(driver, series, FINE)
            for frequency in FREQUENCIES if word not in ("fr", "br") else ():
                near = np.abs(frequencies - frequency) <= max(NEAR * frequency, 0.5)
                numbers[f"coherence_{word}_{target}_{frequency}_hz"] = float(share[near].mean())
    return numbers


def _read(data: xr.Dataset) -> dict[str, float]:
    """Return what depressing and facilitating synapses make of events and bursts."""
    numbers = {}
    for row, word in enumerate(("std", "stf")):
        event, later = data.efficacy.values[row]
        numbers |= {f"efficacy_{word}_event": event, f"efficacy_{word}_burst": later}
    mine = decoded(data, "sines")
    readers = dict(std=mine.depressed, stf=mine.facilitated, pv=mine.pv, som=mine.som)
    for name, series in readers.items():
        for word in ("event_rate", "burst_rate", "rate", "burst_probability"):
            numbers[f"corr_{name}_{word}"] = correlation(series, mine[word])
    return numbers | dict(
        er_hz=float(mine.event_rate.mean()),
        br_hz=float(mine.burst_rate.mean()),
        fr_hz=float(mine.rate.mean()),
        bp=float(mine.burst_rate.mean() / mine.event_rate.mean()),
        pv_hz=float(mine.pv.mean()),
        som_hz=float(mine.som.mean()),
    )
