"""The figures of `plateau_difference.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, COLOURS, FAINT, GREY, LINE, SKY, SMALL

NAMES = {
    "none": "no hidden layer",
    "one": "one hidden layer",
    "two": "two hidden layers",
    "rates": "rates down",
    "sparse": "sparse feedback",
    "symmetric": "symmetric feedback",
    "noisy": "symmetric, noisy",
    "desynchronised": "plateaus desynchronised",
    "leak_low": "apical leak 0.05",
    "leak_high": "apical leak 0.6",
}
# [G17] on MNIST, 60 epochs: errors, and the ranges of angles (degrees)
ERRORS = dict(none=0.083, one=0.041, two=0.032, sparse=0.037, symmetric=0.036)
TICKS = (2, 5, 10, 20, 50, 100)  # percent
ANGLES = dict(one=(65, 70), rates=(35, 40))


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    return Drawings.of(data, learning=_learning, errors=_errors)


def _learning(data: xr.Dataset) -> Figure:
    """Draw the course of errors by depth, and of angles with spikes and with rates down."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    left, right = plotting.panels(drawing, 1, 2)[0]
    images = data.images.values
    for name, colour in zip(("none", "one", "two"), COLOURS, strict=False):
        if name in data.condition:
            error = 100 * data.training_error.sel(condition=name)
            left.plot(images, error, color=colour, linewidth=LINE, label=NAMES[name])
    left.set(xlabel="Images", ylabel="Error (%)", yscale="log")
    left.set_yticks(TICKS, list(map(str, TICKS)))
    left.set_yticks([], minor=True)
    plotting.title(left, "Images of training, each before it is learned")
    plotting.legend(left, loc="lower left")
    for name, colour in (("one", BLUE), ("rates", SKY)):
        if name in data.condition:
            right.axhspan(*ANGLES[name], color=FAINT, linewidth=0, zorder=0)
            angle = np.degrees(data.angle.sel(condition=name, layer=1))
            label = "spikes down" if name == "one" else NAMES[name]
            right.plot(images, angle, color=colour, linewidth=LINE, label=label)
    right.axhline(90, color=GREY, linewidth=0.5, zorder=0)
    right.set(xlabel="Images", ylabel="Angle to the gradient (°)", ylim=(0, 95), yticks=range(0, 91, 15))
    plotting.title(right, "One hidden layer (grey: as published)")
    plotting.legend(right, loc="lower right")
    return drawing


def _errors(data: xr.Dataset) -> Figure:
    """Draw the test error of each condition, with the published one if there is one, and the late angle."""
    drawing = plotting.figure(plotting.PAGE, 0.9 + 0.24 * data.condition.size)
    left, right = plotting.panels(drawing, 1, 2, sharey=True)[0]
    names, rows = [str(name) for name in data.condition.values], np.arange(data.condition.size)
    left.plot(100 * data.test_error, rows, "o", color=BLUE, markersize=5, label="here")
    known = [k for k, name in enumerate(names) if name in ERRORS]
    there = [100 * ERRORS[names[k]] for k in known]
    left.plot(there, known, "|", color=GREY, markersize=9, label="published, MNIST, 60 epochs")
    left.set(xlabel="Test error (%)", xlim=(0, None), ylim=(rows[-1] + 0.6, -0.6))
    left.set_yticks(rows, [NAMES[name] for name in names], fontsize=SMALL)
    _key(left)
    fifth = max(1, data.block.size // 5)
    late = np.degrees(data.angle[..., -fifth:].mean("block"))
    for layer, mark in zip(data.layer.values, "os", strict=False):
        values = late.sel(layer=layer)
        if np.isfinite(values).any():
            right.plot(
                values, rows, mark, color=COLOURS[layer - 1], markersize=5, label=f"hidden layer {layer}"
            )
    right.axvline(90, color=GREY, linewidth=0.5, zorder=0)
    right.set(xlabel="Angle to the gradient, last fifth (°)", xlim=(0, 95), xticks=range(0, 91, 15))
    _key(right)
    return drawing


def _key(axes: Axes) -> None:
    plotting.legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
