"""The figures of `propagation.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting, trains
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, COLOURS, GREEN, GREY, LINE, ORANGE, PINK, SKY, YELLOW, level
from measures.propagation import ARRIVED, pyramidal
from measures.propagation import summary as measure

WINDOW = (1.0, 2.5)  # s, of the raster
AREAS = ("black", YELLOW, SKY, GREY)  # apart from the colours of events, bursts and interneurons
INTERNEURON = dict(pv=GREEN, som=PINK)
PUBLISHED = {  # its program, seed 1; mean, lowest and highest bin
    "er1_hz": (5.53, 2.92, 8.86),
    "bp1": (0.239, 0.111, 0.515),
    "er2_hz": (5.66, 3.20, 9.65),
    "bp2": (0.284, 0.132, 0.467),
    "pv_hz": (13.2, 9.1, 20.7),
    "som_hz": (16.6, 12.8, 25.3),
    "corr_bp1_br2": (0.89,),
    "corr_er2_er1": (0.92,),
    "corr_bp2_id": (0.96,),
    "corr_er1_is": (0.94,),
}
LABELS = {
    "er1_hz": "event rate, area 1",
    "bp1": "burst probability, area 1",
    "er2_hz": "event rate, area 2",
    "bp2": "burst probability, area 2",
    "pv_hz": "rate, PV",
    "som_hz": "rate, SOM",
    "corr_bp1_br2": "corr. burst prob. 1, burst rate 2",
    "corr_er2_er1": "corr. event rates 1, 2",
    "corr_bp2_id": "corr. burst prob. 2, dendritic input",
    "corr_er1_is": "corr. event rate 1, somatic input",
}


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    main = data.isel(form=0)
    drawn = {"raster": lambda: _raster(main), "messages": lambda: _messages(main)}
    if len(pyramidal(main)) == 2:
        drawn["published"] = lambda: _published(data)
    else:
        drawn["reach"] = lambda: _reach(main, summary)
    if "scaling" in data.dims:
        drawn["scaling"] = lambda: _scaling(data)
    return Drawings(drawn)


def _raster(data: xr.Dataset) -> Figure:
    """Show all cells, and underneath what the ensembles say, with the two inputs."""
    height, known = max(4, 0.5 * data.population.size), trains.read(data)
    drawing = plotting.figure(plotting.PAGE, height + 3)
    axes = plotting.panels(drawing, 3, 1, height_ratios=[height, 1.2, 1.2])[:, 0]
    layers = [_layer(name, known[name]) for name in map(str, data.population.values)]
    plotting.raster(axes[0], layers, WINDOW)
    for label, layer in zip(axes[0].get_yticklabels(), layers, strict=True):
        label.set_color(layer.colour)
    axes[0].set_xlabel("")
    shown = data.sel(time=slice(*WINDOW)).assign_coords(time=lambda part: 1e3 * (part.time - WINDOW[0]))
    _ensembles(axes[1], shown, "event_rate", "input_soma", "Event rate (Hz)", 1)
    _ensembles(axes[2], shown, "burst_probability", "input_dendrite", "Bursts per event (%)", 100)
    for panel in axes[1:]:
        panel.set_xlim(0, 1e3 * (WINDOW[1] - WINDOW[0]))
    axes[2].set_xlabel("Time (ms)")
    return drawing


def _layer(name: str, spikes: trains.Trains) -> plotting.Layer:
    kind, k = name.rstrip("0123456789"), name.lstrip("pcvsom")
    look = dict(colour=INTERNEURON[kind], what=f"{kind.upper()} spike") if kind in INTERNEURON else {}
    return plotting.Layer.of(f"{kind.upper()} {k}", spikes, dense=True, **look)


def _ensembles(axes: Axes, data: xr.Dataset, name: str, driver: str, label: str, scale: float) -> None:
    """Draw a rate of each area, and the input that it is to follow on a scale of its own."""
    areas = pyramidal(data)
    colours = AREAS if len(areas) <= len(AREAS) else colormaps["viridis"](np.linspace(0, 0.95, len(areas)))
    for (population, area), colour in zip(areas.items(), colours, strict=False):
        axes.plot(data.time, area[name] * scale, color=colour, linewidth=LINE, label=f"area {population[2:]}")
    other = axes.twinx()
    other.plot(data.time, data[driver] * 1e12, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    other.spines[["top", "right"]].set_visible(False)
    other.set_yticks([])
    where = driver.removeprefix("input_")
    axes.plot([], [], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), label=f"current into the {where}")
    axes.set(ylabel=label)
    plotting.legend(axes, loc="lower left", bbox_to_anchor=(0, 0.97), ncols=8)


def _messages(data: xr.Dataset) -> Figure:
    """Show what Fig. 3 shows: each ensemble's rates, with what they are to follow."""
    drawing = plotting.figure(plotting.PAGE, 3.8)
    axes = plotting.panels(drawing, 2, 2, sharex=True)
    low, above, top = (list(pyramidal(data).values())[k] for k in (0, 1, -1))
    _follow(axes[1, 0], low.event_rate, data.input_soma, "somatic input", BLUE)
    _follow(axes[0, 0], above.event_rate, low.event_rate, "event rate, area 1", BLUE)
    _follow(axes[0, 1], 100 * top.burst_probability, data.input_dendrite, "dendritic input", ORANGE)
    _follow(axes[1, 1], 100 * low.burst_probability, above.burst_rate, "burst rate, area 2", ORANGE)
    for row, k, n in ((axes[0], 2, len(pyramidal(data))), (axes[1], 1, 1)):
        row[0].set_ylabel(f"Area {k}\nEvent rate (Hz)")
        row[1].set_ylabel(f"Area {n}\nBursts per event (%)")
    for panel in axes[1]:
        panel.set_xlabel("Time (s)")
    return drawing


def _follow(axes: Axes, series: xr.DataArray, driver: xr.DataArray, words: str, colour: str) -> None:
    """Draw a series, and what it is to follow on a scale that fits."""
    fitted = np.polyval(np.polyfit(driver, series, 1), driver)
    dashed = dict(color=GREY, linewidth=LINE, linestyle=(0, (4, 2)), label=f"{words}, scaled")
    axes.plot(series.time, fitted, **dashed)
    axes.plot(series.time, series, color=colour, linewidth=LINE)
    plotting.title(axes, f"correlation {np.corrcoef(series, driver)[0, 1]:.2f}", loc="right")
    plotting.legend(axes, loc="lower left", bbox_to_anchor=(0, 0.98))


def _published(data: xr.Dataset) -> Figure:
    """Draw each quantity beside the published one, for each form of the model."""
    drawing = plotting.figure(plotting.PAGE, 3.4)
    axes = plotting.panels(drawing)[0, 0]
    forms = [str(form) for form in data.form.values]
    rows = np.arange(len(PUBLISHED))
    for k, (form, colour) in enumerate(zip(forms, COLOURS, strict=False)):
        ours = measure(data.sel(form=form))
        ratios = [ours[name] / published[0] for name, published in PUBLISHED.items()]
        axes.plot(ratios, rows + 0.1 * k, "o", color=colour, markersize=4, label=form)
    axes.plot(
        np.ones(rows.size), rows - 0.12, "|", color="black", markersize=9, label="published program, seed 1"
    )
    _published_axes(axes, rows)
    return drawing


def _published_axes(axes: Axes, rows: np.ndarray) -> None:
    axes.axvline(1, color=GREY, linewidth=0.5, zorder=0)
    axes.set_yticks(rows, [f"{LABELS[name]} ({published[0]:g})" for name, published in PUBLISHED.items()])
    axes.set(xlabel="Ours / published", ylim=(rows[-1] + 0.7, -0.5))
    plotting.legend(axes.figure, loc="outside right upper")


def _reach(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Draw how well each area follows its message, and how much of the other message leaks into it."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    axes = plotting.panels(drawing, 1, 2, sharey=True)[0]
    areas = np.arange(1, len(pyramidal(data)) + 1)
    inputs = {"is": ("somatic input, below", BLUE, "o-"), "id": ("dendritic input, above", ORANGE, "s-")}
    for panel, word, words in zip(axes, ("er", "bp"), ("Event rate", "Burst probability"), strict=True):
        for message, (label, colour, marker) in inputs.items():
            values = [summary[f"follow_{word}{k}_{message}"] for k in areas]
            panel.plot(areas, values, marker, color=colour, linewidth=LINE, markersize=4, label=label)
        level(panel, ARRIVED, "lost below")
        plotting.title(panel, words)
        panel.set(xlabel="Area", ylim=(0, 1.02), xticks=areas)
    axes[0].set_ylabel("Correlation at the best delay")
    plotting.legend(drawing, handles=axes[0].lines[:2], loc="outside right upper")
    return drawing


def _scaling(data: xr.Dataset) -> Figure:
    """Draw time and memory against cells and synapses, with the slope."""
    drawing = plotting.figure(plotting.PAGE, 4.2)
    axes = plotting.panels(drawing, 2, 2, sharex="col", sharey="row")
    for row, (name, label, colour) in zip(
        axes,
        (("cpu", "CPU time (s per simulated s)", BLUE), ("memory", "Memory (MB)", ORANGE)),
        strict=True,
    ):
        for panel, kind in zip(row, ("cells", "synapses"), strict=True):
            mine = data.isel(scaling=np.flatnonzero(data.varied.values == kind))
            _line(panel, mine[f"scaled_{kind}"].values, mine[f"scaled_{name}"].values, colour)
            panel.set_ylabel(label if kind == "cells" else "")
    for panel, words in zip(
        axes[1], ("Cells (20 inputs of each kind)", "Synapses (10,000 cells)"), strict=True
    ):
        panel.set_xlabel(words)
    return drawing


def _line(axes: Axes, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    axes.loglog(x, y, "o-", color=colour, linewidth=LINE, markersize=4)
    slope = np.polyfit(np.log(x), np.log(y), 1)[0]
    last = np.diff(np.log(y[-2:]))[0] / np.diff(np.log(x[-2:]))[0]
    plotting.title(axes, f"slope {slope:.2f}, at the end {last:.2f}")
