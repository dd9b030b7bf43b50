"""The figures of `disinhibition.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import COLOURS, LINE, SMALL
from measures.disinhibition import MODULATED, panel

# At 0 and 150 pA into the dendrite: what the published equations gave in an independent program.
REFERENCE = {
    "0 pA": (0.052, 0.133),
    "-50 pA": (0.086, 0.197),
    "-100 pA": (0.127, 0.267),
}
TITLES = {
    "SOM strength": "SOM onto dendrite",
    "VIP input": "Current into SOM",
    "VIP cells": "Current into VIP",
    "Facilitation": "Facilitation",
    "Plateau": "Plateau current",
}


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    return Drawings.of(data, transfer=_transfer, normalisation=_normalisation, loop=_loop)


def _transfer(data: xr.Dataset) -> Figure:
    """Show burst probability, above, and event rate, below, for each way to modulate them."""
    drawing = plotting.figure(plotting.PAGE, 3.6)
    axes = plotting.panels(drawing, 2, len(MODULATED), sharex=True, sharey="row", height_ratios=[2, 1])
    for column, name in zip(axes.T, MODULATED, strict=True):
        for (label, curve), colour in zip(panel(data, "transfer", name).items(), COLOURS, strict=False):
            _line(column[0], curve, "bp", colour, label)
            _line(column[1], curve, "er", colour, label)
        column[0].set_title(TITLES[name], fontsize=SMALL, loc="left")
        column[1].set(ylim=(0, None))
        plotting.legend(column[0], loc="lower right", borderpad=0)
    axes[0, 0].set_ylabel("Burst probability (%)")
    axes[1, 0].set_ylabel("Event rate (Hz)")
    axes[1, 2].set_xlabel("Current into the dendrite (pA)")
    return drawing


def _line(axes: Axes, curve: xr.Dataset, name: str, colour: str, label: str) -> None:
    scale = 100 if name == "bp" else 1
    axes.plot(curve.pa, scale * curve[name], "o-", color=colour, linewidth=LINE, markersize=2, label=label)


def _normalisation(data: xr.Dataset) -> Figure:
    """Show the curves for three somatic currents, without and with recurrent inhibition of the dendrites."""
    drawing = plotting.figure(plotting.PAGE, 3.6)
    axes = plotting.panels(drawing, 2, 3, sharex=True, sharey="col")
    for row, word in zip(axes, ("no inhibition", "inhibition"), strict=True):
        for (label, curve), colour in zip(
            panel(data, "normalisation", f"Soma, {word}").items(), COLOURS, strict=False
        ):
            for axis, name in zip(row, ("bp", "er", "br"), strict=True):
                _line(axis, curve, name, colour, label)
        for axis, label in zip(
            row, ("Burst probability (%)", "Event rate (Hz)", "Burst rate (Hz)"), strict=True
        ):
            axis.set(ylabel=label, ylim=(0, None))
        plotting.title(row[0], {"inhibition": "With recurrent inhibition"}.get(word, "Without"))
    above = dict(title="current into the soma", title_fontsize=SMALL, ncols=3)
    plotting.legend(drawing, handles=axes[0, 0].lines, loc="outside upper right", **above)
    axes[1, 1].set_xlabel("Current into the dendrite (pA)")
    return drawing


def _loop(data: xr.Dataset) -> Figure:
    """Show what VIP input does to cells whose bursts inhibit their dendrites."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    left, right = plotting.panels(drawing, 1, 2)[0]
    for (label, curve), colour in zip(panel(data, "loop", "Loop").items(), COLOURS, strict=False):
        _line(left, curve, "bp", colour, label if "SOM" in label else f"{label} into SOM cells")
        _line(right, curve, "er", colour, label)
        if label in REFERENCE:
            left.plot((0, 150), 100 * np.array(REFERENCE[label]), "x", color=colour, markersize=6)
    left.plot([], [], "x", color="black", label="independent program")
    left.set(xlabel="Current into the dendrite (pA)", ylabel="Burst probability (%)")
    right.set(xlabel="Current into the dendrite (pA)", ylabel="Event rate (Hz)", ylim=(0, None))
    plotting.legend(left, loc="upper left")
    return drawing
