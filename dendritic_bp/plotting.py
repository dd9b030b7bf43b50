"""Panels from arrays: each function draws one panel, on axes that it is given.

Arrays come in SI units, as they are on disk. Nothing here keeps a state or needs a display.
"""

import math
from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.errors import UserError
from dendritic_bp.raster import Layer, raster, traces
from dendritic_bp.style import (
    COLOURS,
    COLUMN,
    GREY,
    LINE,
    PAGE,
    SMALL,
    THIN,
    figure,
    legend,
    level,
    panels,
    title,
)

__all__ = [
    "COLUMN",
    "PAGE",
    "Layer",
    "angles",
    "confusion",
    "figure",
    "learning_curves",
    "legend",
    "panels",
    "raster",
    "receptive_fields",
    "title",
    "traces",
]

LEGIBLE = 15  # classes whose numbers have room in a column
FEW = 12  # points of a curve that are marked
DASHES = ("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1, 1.5)))
Floats = NDArray[np.float64]


def learning_curves(
    axes: Axes,
    epochs: ArrayLike,
    curves: Mapping[str, ArrayLike],
    levels: Mapping[str, float] | None = None,
    ylabel: str = "Test accuracy",
) -> None:
    """Draw accuracies (0..1) over epochs, each curve with its range over seeds.

    A curve has the shape (seeds, epochs) or (epochs,); `levels` are lines to compare with, by name.
    """
    _bands(axes, epochs, curves)
    for text, value in (levels or {}).items():
        level(axes, value, "", label=text)  # named in the legend: curves end near it
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="Epoch", ylabel=ylabel)
    axes.set_ylim(top=1.01)
    _key(axes)


def angles(
    axes: Axes,
    epochs: ArrayLike,
    curves: Mapping[str, ArrayLike],
    bar: float | None = 60,
    xlabel: str = "Epoch",
) -> None:
    """Draw the angle (deg) between weight changes and the negative gradient, with its range over seeds.

    A curve has the shape (seeds, epochs) or (epochs,); chance is 90, and `bar` is the angle to stay below.
    Angles that are not defined, NaN, are left out.
    """
    _bands(axes, epochs, curves)
    level(axes, 90, "chance (90°)", linestyle="solid")
    if bar is not None:
        level(axes, bar, f"aim ({bar:g}°)")
    top = highest_angle(*curves.values())
    axes.set(
        xlabel=xlabel, ylabel="Angle to gradient descent (°)", ylim=(0, top), yticks=range(0, top + 1, 30)
    )
    _key(axes)


def highest_angle(*angles: ArrayLike) -> int:
    """Return where an axis of angles (deg) ends: at 120, or at 180 if some are larger."""
    return 180 if any((np.asarray(each, float) > 120).any() for each in angles) else 120


def receptive_fields(
    axes: Axes,
    weights: ArrayLike,
    shape: tuple[int, int] | None = None,
    unit: str = "pA",
    scale: float = 1e12,
) -> None:
    """Draw the weights (cells, pixels) of each cell as an image, blue below zero and red above.

    `shape` is that of the image; without it, a square, or one row if the number of pixels is none.
    `scale` takes the weights from SI to `unit`. The colours end at the 99th percentile of the sizes.
    """
    weights = np.asarray(weights, float) * scale
    pixels = weights.shape[1]
    side = math.isqrt(pixels)
    shape = shape or ((side, side) if side**2 == pixels else (1, pixels))
    limit = np.percentile(np.abs(weights), 99) or 1
    columns = math.ceil(math.sqrt(len(weights) * axes.bbox.width / axes.bbox.height * shape[0] / shape[1]))
    mosaic = _mosaic(weights, shape, min(columns, len(weights)))
    image = axes.imshow(mosaic, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_axis_off()
    bar = axes.figure.colorbar(image, cax=axes.inset_axes((1.02, 0.1, 0.015, 0.8)), extend="both")
    bar.set_label(f"Weight ({unit})", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL, width=THIN, length=2.5)
    bar.outline.set_linewidth(THIN)


def confusion(
    axes: Axes, labels: ArrayLike, predicted: ArrayLike, n_classes: int = 10, no_answer: int | None = None
) -> None:
    """Draw how often (%) each true class (rows) is taken for each class (columns).

    Trials in which `predicted` is `no_answer` have a column of their own. Raises UserError for other numbers
    than those of classes.
    """
    rows, columns = _classes("labels", labels, n_classes), np.array(predicted)
    names = [str(k) for k in range(n_classes)]
    if no_answer is not None and (columns == no_answer).any():
        columns[columns == no_answer] = n_classes
        names.append("none")
    columns = _classes("predicted", columns, len(names))
    if rows.shape != columns.shape:
        raise UserError(f"{rows.size} labels do not fit {columns.size} predicted classes")
    counts = np.zeros((n_classes, len(names)), int)
    np.add.at(counts, (rows, columns), 1)
    percent = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for (row, column), value in np.ndenumerate(percent):
        if counts[row, column] and n_classes <= LEGIBLE:
            colour = "white" if value > 55 else "black"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=SMALL, color=colour)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    shown = range(0, n_classes, -(-n_classes // LEGIBLE))  # as many as have room
    places = [*shown, *range(n_classes, len(names))]
    axes.set(xticks=places, xticklabels=[names[k] for k in places], yticks=shown)
    axes.set(xlabel="Network's answer", ylabel="True class")
    title(axes, "Trials of each true class (%)")


def _classes(name: str, values: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return the values as one row of classes; refuse what is none."""
    array = np.asarray(values)
    wrong = array[~np.isin(array, np.arange(n))]
    if array.ndim != 1 or wrong.size:
        found = f"the shape {array.shape}" if array.ndim != 1 else f"{wrong[0]}"
        raise UserError(f"{name} must be one row of classes from 0 to {n - 1}, but has {found}")
    return array.astype(np.int64)


def _bands(axes: Axes, x: ArrayLike, curves: Mapping[str, ArrayLike]) -> None:
    """Draw the mean over seeds as a line and the range over seeds as a band; few points are marked."""
    x, drawn = np.asarray(x, float), 0
    for (name, values), colour, dash in zip(curves.items(), cycle(COLOURS), cycle(DASHES), strict=False):
        seeds = np.atleast_2d(np.asarray(values, float))
        seen = np.isfinite(seeds).any(axis=0)
        low, mean, high = (np.full(x.size, np.nan) for _ in range(3))
        low[seen], mean[seen], high[seen] = (
            f(seeds[:, seen], axis=0) for f in (np.nanmin, np.nanmean, np.nanmax)
        )
        marker = "o" if seen.sum() <= FEW else ""
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(
            x, mean, color=colour, linestyle=dash, linewidth=LINE, label=name, marker=marker, markersize=3
        )
        drawn += int(seen.sum())
    if not drawn:
        words, look = "not defined: nothing was learned", {"fontsize": SMALL, "color": GREY}
        axes.text(0.5, 0.4, words, look, transform=axes.transAxes, ha="center", va="center")
    if x.size == 1:
        axes.set_xlim(x[0] - 1, x[0] + 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def _key(axes: Axes) -> None:
    """Put the legend above the axes, where no curve is."""
    legend(axes, loc="lower left", bbox_to_anchor=(-0.12, 1), ncols=2)


def _mosaic(weights: Floats, shape: tuple[int, int], columns: int) -> Floats:
    """Lay out one image per cell on a grid, with a pixel of nothing between them."""
    rows = -(-len(weights) // columns)
    tiles = np.full((rows * columns, shape[0] + 1, shape[1] + 1), np.nan)
    tiles[: len(weights), :-1, :-1] = weights.reshape(-1, *shape)
    grid = tiles.reshape(rows, columns, *tiles.shape[1:])
    return grid.swapaxes(1, 2).reshape(rows * tiles.shape[1], -1)[:-1, :-1]
