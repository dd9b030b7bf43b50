"""The figures of `xor.py`, drawn from the data of a run alone."""

from collections.abc import Iterable, Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dendritic_bp import plotting, trains
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, GREY, LINE, ORANGE, SMALL, level
from measures import xor_published as published

CHANCE = 4 * np.log(2)
WIDTH = 0.38  # of a bar


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    drawn = {
        "learning": lambda: _learning(data, summary),
        "answers": lambda: _answers(data),
        "hidden": lambda: _hidden(data),
        "raster": lambda: _raster(data),
    }
    if "weight_after" in data:
        drawn["weights"] = lambda: _weights(data)
    return Drawings(drawn)


def _learning(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the epoch cost over simulated time, beside the published one."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    axes = plotting.panels(drawing)[0, 0]
    times = (np.arange(data.sizes["epoch"]) + 1) * float(data.epoch_s)
    axes.plot(times, data.cost, color=BLUE, linewidth=0.5 * LINE, label="here")
    _published(axes, np.multiply(list(published.COST), published.EPOCH_S), published.COST.values())
    level(axes, CHANCE, "chance")
    level(axes, 1, "criterion", "left")
    if "simulated_to_criterion_s" in summary:
        learned = summary["simulated_to_criterion_s"]
        axes.axvline(learned, color=GREY, linewidth=0.8)
        place = dict(xycoords=axes.get_xaxis_transform(), textcoords="offset points", va="top")
        axes.annotate(
            f"criterion met for good: {learned:.0f} s",
            (learned, 0.55),
            (2, 0),
            fontsize=SMALL,
            color=GREY,
            **place,
        )
    axes.set(xscale="log", xlabel="Simulated time in training (s)", ylabel="Epoch cost")
    axes.set_ylim(bottom=0)
    plotting.legend(axes, loc="lower left")
    return drawing


def _published(axes: Axes, places: ArrayLike, values: Iterable[float]) -> None:
    axes.plot(places, list(values), "o", color=ORANGE, markersize=3, label="Payeur et al. 2021, seed 1")


def _bars(axes: Axes, data: xr.Dataset, what: str, population: str, scale: float = 1) -> None:
    """Draw rates or burst probabilities for each pattern before and after training."""
    tables = dict(rate=published.RATE_HZ, burst_probability=published.BURST_PERCENT)
    for k, (when, colour) in enumerate((("before", GREY), ("after", BLUE))):
        places = np.arange(4) + (k - 0.5) * WIDTH
        values = data[f"{what}_{when}"].sel(population=population) * scale
        axes.bar(places, values, WIDTH, color=colour, label=when)
        if _compared(data, when):
            _published(axes, places, tables[what][when][population])
    axes.set_xticks(range(4), [f"{name[0]},{name[1]}" for name in data.pattern.values])
    axes.set_xlabel("Input bits")


def _compared(data: xr.Dataset, when: str) -> bool:
    """Tell whether this is the published network, not a variant, and trained for as long."""
    whole = when == "before" or data.sizes["epoch"] == max(published.COST)
    return bool(data.attrs.get("compared", 0)) and whole


def _answers(data: xr.Dataset) -> Figure:
    """Show the output's rate for each pattern before and after training."""
    drawing = plotting.figure(plotting.COLUMN, 2.6)
    axes = plotting.panels(drawing)[0, 0]
    _bars(axes, data, "rate", "output")
    level(axes, float(data.decision_rate), "decision")
    axes.set_ylabel("Output event rate (Hz)")
    _key(drawing, axes)
    return drawing


def _hidden(data: xr.Dataset) -> Figure:
    """Show what the hidden pools do for each pattern, before and after training."""
    drawing = plotting.figure(plotting.PAGE, 2.4)
    rows = plotting.panels(drawing, 1, 4)[0]
    for pair, what, label, scale in (
        (rows[:2], "rate", "Event rate (Hz)", 1),
        (rows[2:], "burst_probability", "Burst probability (%)", 100),
    ):
        for axes, pool in zip(pair, ("hidden1", "hidden2"), strict=True):
            _bars(axes, data, what, pool, scale)
            plotting.title(axes, pool)
            axes.set_ylabel(label)
        top = max(axes.get_ylim()[1] for axes in pair)
        for axes in pair:
            axes.set_ylim(0, top)
    _key(drawing, rows[0])
    return drawing


def _weights(data: xr.Dataset) -> Figure:
    """Show the mean weight of each projection after training."""
    drawing = plotting.figure(plotting.COLUMN, 2.6)
    axes = plotting.panels(drawing)[0, 0]
    names = [str(name) for name in data.projection.values]
    axes.bar(range(len(names)), data.weight_after, 2 * WIDTH, color=BLUE, label="after")
    level(axes, published.WEIGHT_BEFORE, "before")
    if _compared(data, "after"):
        _published(axes, range(len(names)), [published.WEIGHT_AFTER[name] for name in names])
    labels = [name.replace("_", "\nto ") for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=45, fontsize=SMALL)
    axes.set_ylabel("Mean weight (leak)")
    _key(drawing, axes)
    return drawing


def _key(drawing: Figure, axes: Axes) -> None:
    """Explain the marks above all panels, once."""
    handles, names = axes.get_legend_handles_labels()
    marks = dict(zip(names, handles, strict=True))
    plotting.legend(drawing, handles=marks.values(), labels=marks, loc="outside upper right", ncols=3)


def _raster(data: xr.Dataset) -> Figure:
    """Show the four patterns after training."""
    drawing = plotting.figure(plotting.PAGE, 4.6)
    axes, known = plotting.panels(drawing)[0, 0], trains.read(data)
    layers = [plotting.Layer.of(str(name), known[str(name)]) for name in data.population.values]
    window, names = float(data.window_s), data.pattern.values
    trials = {
        k * window: f"{names[p][0]},{names[p][1]} -> {data.target.values[p]}"
        for k, p in enumerate(data.shown.values)
    }
    plotting.raster(axes, layers, (0, 4 * window), trials=trials)
    return drawing
