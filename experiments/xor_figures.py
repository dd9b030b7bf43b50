"""The figures of `xor.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, GREY, LINE, ORANGE, SMALL, level

CHANCE = 4 * np.log(2)
# The published program, seed 1: cost at the end of epochs, of 32 s each, and output rates in the last test.
PUBLISHED_EPOCHS = [1, 10, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500]
PUBLISHED_COST = [2.92, 2.80, 2.72, 2.56, 2.26, 1.99, 1.75, 1.59, 1.37, 1.07, 0.98, 0.92, 0.96, 0.87, 0.93]
PUBLISHED_BEFORE, PUBLISHED_AFTER = [3.75, 4.61, 4.66, 4.98], [4.95, 9.48, 9.13, 3.37]  # Hz
PUBLISHED_EPOCH_S = 32
WIDTH = 0.38  # of a bar


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> dict[str, Figure]:
    """Draw all figures of a run."""
    return {
        "learning": _learning(data, summary),
        "answers": _answers(data),
        "hidden": _hidden(data),
        "raster": _raster(data),
    }


def _learning(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the epoch cost over simulated time, beside the published one."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    axes = plotting.panels(drawing)[0, 0]
    times = (np.arange(data.sizes["epoch"]) + 1) * float(data.epoch_s)
    published = np.array(PUBLISHED_EPOCHS) * PUBLISHED_EPOCH_S
    axes.plot(times, data.cost, color=BLUE, linewidth=0.5 * LINE, label="here")
    axes.plot(published, PUBLISHED_COST, "o", color=ORANGE, markersize=4, label="Payeur et al. 2021, seed 1")
    level(axes, CHANCE, "chance")
    level(axes, 1, "criterion")
    if "simulated_to_criterion_s" in summary:
        learned = summary["simulated_to_criterion_s"]
        axes.axvline(learned, color=GREY, linewidth=0.8)
        place = dict(xycoords=axes.get_xaxis_transform(), textcoords="offset points", va="top")
        axes.annotate(f"{learned:.0f} s", (learned, 0.97), (2, 0), fontsize=SMALL, color=GREY, **place)
    axes.set(xscale="log", xlabel="Simulated time in training (s)", ylabel="Epoch cost")
    axes.set_ylim(bottom=0)
    plotting.legend(axes, loc="lower left")
    return drawing


def _answers(data: xr.Dataset) -> Figure:
    """Show the output's rate for each pattern before and after training."""
    drawing = plotting.figure(plotting.COLUMN, 2.6)
    axes = plotting.panels(drawing)[0, 0]
    for k, (when, colour) in enumerate((("before", GREY), ("after", BLUE))):
        places = np.arange(4) + (k - 0.5) * WIDTH
        axes.bar(places, data[f"rate_{when}"].sel(population="output"), WIDTH, color=colour, label=when)
        if _is_published(data):
            values = (PUBLISHED_BEFORE, PUBLISHED_AFTER)[k]
            axes.plot(places, values, "o", color=ORANGE, markersize=4, label="published" if k else None)
    level(axes, float(data.decision_rate), "decision")
    _patterns(axes, data)
    axes.set_ylabel("Output event rate (Hz)")
    plotting.legend(axes, loc="upper left", ncols=3)
    axes.set_ylim(top=1.15 * axes.get_ylim()[1])
    return drawing


def _is_published(data: xr.Dataset) -> bool:
    return bool(data.epoch_s == PUBLISHED_EPOCH_S)


def _hidden(data: xr.Dataset) -> Figure:
    """Show what the hidden pools do for each pattern, before and after training."""
    drawing = plotting.figure(plotting.PAGE, 2.4)
    rows = plotting.panels(drawing, 1, 4)[0]
    for panel, (what, label, scale) in enumerate(
        (("rate", "Event rate (Hz)", 1), ("burst_probability", "Burst probability (%)", 100))
    ):
        top = 0.0
        for k, pool in enumerate(("hidden1", "hidden2")):
            axes = rows[2 * panel + k]
            for place, (when, colour) in enumerate((("before", GREY), ("after", BLUE))):
                values = data[f"{what}_{when}"].sel(population=pool) * scale
                axes.bar(np.arange(4) + (place - 0.5) * WIDTH, values, WIDTH, color=colour, label=when)
                top = max(top, float(values.max()))
            _patterns(axes, data)
            plotting.title(axes, pool)
            axes.set_ylabel(label)
        for axes in rows[2 * panel : 2 * panel + 2]:
            axes.set_ylim(0, 1.1 * top)
    handles, names = rows[0].get_legend_handles_labels()
    plotting.legend(drawing, handles=handles, labels=names, loc="outside upper right", ncols=2)
    return drawing


def _patterns(axes: Axes, data: xr.Dataset) -> None:
    axes.set_xticks(range(4), [f"{name[0]},{name[1]}" for name in data.pattern.values])
    axes.set_xlabel("Input bits")


def _raster(data: xr.Dataset) -> Figure:
    """Show the four patterns after training."""
    drawing = plotting.figure(plotting.PAGE, 4.6)
    axes = plotting.panels(drawing)[0, 0]
    layers = [
        plotting.Layer(
            str(name),
            int(size),
            *((data[f"{name}_{e}_t"].values, data[f"{name}_{e}_cell"].values) for e in ("event", "burst")),
        )
        for name, size in zip(data.population.values, data.cells.values, strict=True)
    ]
    window, names = float(data.window_s), data.pattern.values
    trials = {
        k * window: f"{names[p][0]},{names[p][1]} -> {data.target.values[p]}"
        for k, p in enumerate(data.shown.values)
    }
    plotting.raster(axes, layers, (0, 4 * window), trials=trials)
    return drawing
