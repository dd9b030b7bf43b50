"""Spikes of thousands of cells as an image: one pixel a spike, drawn at once."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgba
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Coloured = tuple[ArrayLike, ArrayLike, str]  # times (s), cells, colour


def spike_image(
    spikes: Sequence[Coloured], size: int, window: tuple[float, float], shape: tuple[int, int], silent: str
) -> Floats:
    """Draw spikes into an image of `shape` (rows, columns), the later of `spikes` over the earlier.

    Row 0 holds the most active of the `size` cells in the window (s); rows of none but silent cells have the
    colour `silent`. Where nothing is drawn, the image (rows, columns, RGBA) is transparent.
    """
    rows, columns = shape
    inside = [_inside(times, cells, window) for times, cells, _ in spikes]
    spoken = np.bincount(np.concatenate([cells for _, cells in inside]), minlength=size)
    rank = np.empty(size, np.int64)
    rank[np.argsort(-spoken, kind="stable")] = np.arange(size)
    image = np.zeros((rows, columns, 4))
    image[-(-np.count_nonzero(spoken) * rows // size) :] = to_rgba(silent)
    for (times, cells), (_, _, colour) in zip(inside, spikes, strict=True):
        across = ((times - window[0]) / (window[1] - window[0]) * columns).astype(int)
        image[rank[cells] * rows // size, across] = to_rgba(colour)
    return image


def _inside(
    times: ArrayLike, cells: ArrayLike, window: tuple[float, float]
) -> tuple[Floats, NDArray[np.int64]]:
    times, cells = np.asarray(times, float), np.asarray(cells, np.int64)
    kept = (times >= window[0]) & (times < window[1])
    return times[kept], cells[kept]
