"""Measure voltage traces and spike trains, as electrophysiologists do: arrays in SI units in, numbers out.

What a trace does not show (no spike, no burst, no crossing) is NaN.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.analysis import T_BURST, detect_events
from dendritic_bp.errors import UserError

Floats = NDArray[np.float64]


def amplitude(v: ArrayLike) -> float:
    """Return how far a trace rises above its first value."""
    v = np.asarray(v, float)
    if not v.size:
        raise UserError("A trace needs at least one sample.")
    return float(v.max() - v[0])


def half_width(times: ArrayLike, v: ArrayLike) -> float:
    """Return how long the peak of a trace stays above half its amplitude, crossings interpolated."""
    times, v = _trace(times, v)
    level, peak = v[0] + amplitude(v) / 2, int(v.argmax())
    below = np.flatnonzero(v <= level)
    before, after = below[below < peak], below[below > peak]
    if not before.size or not after.size:
        return float("nan")
    return _crossing(times, v, after[0] - 1, level) - _crossing(times, v, before[-1], level)


def _trace(times: ArrayLike, v: ArrayLike) -> tuple[Floats, Floats]:
    """Return times and voltages, of which there must be as many, and two at least."""
    times, v = np.asarray(times, float), np.asarray(v, float)
    if times.ndim != 1 or times.shape != v.shape or times.size < 2:
        raise UserError(
            f"A trace needs as many voltages as times, and two at least, not {v.shape} and {times.shape}."
        )
    return times, v


def _crossing(times: Floats, v: Floats, k: int, level: float) -> float:
    """Return when a trace crosses a level between the samples k and k + 1."""
    return float(times[k] + (times[k + 1] - times[k]) * (level - v[k]) / (v[k + 1] - v[k]))


def time_above(times: ArrayLike, v: ArrayLike, level: float) -> float:
    """Return the length of the longest stretch that a trace spends above a level."""
    times, v = _trace(times, v)
    above = v > level
    edges = np.flatnonzero(np.diff(np.r_[0, above.astype(int), 0]))
    lengths = edges[1::2] - edges[::2]
    return float(lengths.max() * (times[1] - times[0])) if lengths.size else 0.0


def first_interval(spikes: ArrayLike) -> float:
    """Return the first interspike interval."""
    spikes = np.asarray(spikes, float)
    return float(spikes[1] - spikes[0]) if spikes.size > 1 else float("nan")


def has_burst(spikes: ArrayLike, T_burst: float = T_BURST) -> bool:
    """Tell whether a spike train holds a burst, as `dendritic_bp.analysis` finds them."""
    return bool(detect_events(spikes, np.zeros(np.shape(spikes), int), T_burst).burst.any())


def smallest(stimuli: ArrayLike, responded: Sequence[bool]) -> float:
    """Return the smallest stimulus that a cell responded to."""
    hits = np.asarray(stimuli, float)[np.asarray(responded, bool)]
    return float(hits.min()) if hits.size else float("nan")


def window(stimuli: ArrayLike, responded: Sequence[bool], centre: float = 0) -> tuple[float, float]:
    """Return the ends of the range around `centre` in which a cell responds to every stimulus."""
    stimuli, hits = np.asarray(stimuli, float), np.asarray(responded, bool)
    middle = int(np.abs(stimuli - centre).argmin())
    if not hits[middle]:
        return float("nan"), float("nan")
    misses = np.r_[-1, np.flatnonzero(~hits), hits.size]
    return float(stimuli[misses[misses < middle][-1] + 1]), float(stimuli[misses[misses > middle][0] - 1])


def folds(v: ArrayLike, g: ArrayLike) -> Floats:
    """Return the conductances at which equilibria appear or vanish, given the one that holds each voltage.

    A steady state that is stable twice has two folds, lower and upper; one that is not has none.
    """
    v, g = np.asarray(v, float), np.asarray(g, float)
    slope = np.diff(g) / np.diff(v)
    return np.sort(g[1:-1][slope[1:] * slope[:-1] < 0])
