"""How much of a signal a response tells, by linear decoding: arrays in, numbers out.

Series are sampled every `step` (s). Spectra are averaged over windows that overlap by half (Welch), each as
long as `window` (s), which also sets the lowest frequency.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import csd, welch

from dendritic_bp.errors import UserError, require_unmasked

Floats = NDArray[np.float64]


def coherence(
    signal: ArrayLike, response: ArrayLike, step: float, window: float = 1.0
) -> tuple[Floats, Floats]:
    """Return frequencies (Hz) and the coherence (0 to 1) of two series.

    Series that have nothing in common come out as 1/n, with n windows, in the mean: this is taken off.
    Raises UserError for series of different lengths, or shorter than two windows.
    """
    a, b = _series(signal), _series(response)
    n = _samples(step, window)
    if a.shape != b.shape or a.size < 2 * n:
        raise UserError(
            f"signal and response have {a.size} and {b.size} samples; both need the same number, and at "
            f"least two windows of {n}"
        )
    options = dict(fs=1 / step, nperseg=n)
    frequencies, power_a = welch(a, **options)
    _, power_b = welch(b, **options)
    _, cross = csd(a, b, **options)
    both = power_a * power_b
    raw = np.divide(np.abs(cross) ** 2, both, out=np.zeros_like(both), where=both > 0)
    chance = 1 / _independent(a.size, n)
    return frequencies, np.clip((raw - chance) / (1 - chance), 0, 1)


def _independent(size: int, n: int) -> float:
    """Return how many independent windows the overlapping ones amount to (Hann, half overlap: Welch 1967)."""
    overlapping = 2 * size // n - 1
    return overlapping / (1 + 2 * (1 / 6) ** 2 * (1 - 1 / overlapping))


def linear_information(
    signal: ArrayLike, response: ArrayLike, step: float, window: float = 1.0, highest: float | None = None
) -> float:
    """Return the bits per second that a linear decoder draws from the response: -∫ log2(1 - coherence) df.

    This is a lower bound on the information about a Gaussian signal. `highest` is the largest frequency (Hz).
    """
    frequencies, share = coherence(signal, response, step, window)
    kept = (frequencies > 0) & (frequencies <= (np.inf if highest is None else float(highest)))
    if not kept.any():
        raise UserError(
            f"highest = {highest!r}: windows of {window} s tell frequencies from {frequencies[1]:g} Hz on"
        )
    bits = -np.log2(1 - np.minimum(share[kept], 1 - 1e-12))
    return float(bits.sum() * (frequencies[1] - frequencies[0]))


def _samples(step: float, window: float) -> int:
    """Return how many samples a window has."""
    times = float(step), float(window)
    if not (0 < times[0] <= times[1] < np.inf):
        raise UserError(f"step = {step!r} and window = {window!r}: times (s), a window of some steps")
    return round(times[1] / times[0])


def _series(values: ArrayLike) -> Floats:
    require_unmasked("a series", values)
    series = np.asarray(values, float)
    if series.ndim != 1 or not np.isfinite(series).all():
        raise UserError(f"a series must be one row of finite numbers, not of the shape {series.shape}")
    return series
