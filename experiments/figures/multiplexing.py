"""The figures of `multiplexing.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting, trains
from dendritic_bp.figure_files import Drawings
from dendritic_bp.information import coherence
from dendritic_bp.style import BLUE, GREEN, GREY, LINE, ORANGE, PINK, SMALL
from measures.multiplexing import COARSE, FINE, best_correlation, decoded

SHOWN = (0.5, 4.5)  # s
TICKS = (2, 5, 10, 20, 50, 100)  # Hz
WINDOW = 0.5  # s, of the coherence that is drawn: half as noisy as that of the summary
REFERENCE = {  # what the published equations gave in an independent program
    "info_er_soma_bit_s": 85,
    "info_er_dend_bit_s": 10,
    "info_bp_soma_bit_s": 22,
    "info_bp_dend_bit_s": 50,
    "info_fr_soma_bit_s": 73,
    "info_fr_dend_bit_s": 19,
    "info_br_soma_bit_s": 19,
    "info_br_dend_bit_s": 31,
    "efficacy_std_event": 0.900,
    "efficacy_std_burst": 0.409,
    "efficacy_stf_event": 0.061,
    "efficacy_stf_burst": 0.152,
}
WORDS = dict(
    er="event\nrate",
    bp="burst\nprob.",
    bp_at_event="share of\nevents",
    fr="firing\nrate",
    br="burst\nrate",
)
READ = dict(
    event_rate="event rate", burst_rate="burst rate", rate="firing rate", burst_probability="burst prob."
)


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    return Drawings(
        {
            "messages": lambda: _messages(data),
            "information": lambda: _information(data, summary),
            "plane": lambda: _plane(data),
            "reading": lambda: _reading(summary),
            "raster": lambda: _raster(data),
        }
    )


def _messages(data: xr.Dataset) -> Figure:
    """Show both decoded messages with their inputs, for each kind of input."""
    drawing = plotting.figure(plotting.PAGE, 5)
    axes = plotting.panels(drawing, data.kind.size, 2, sharex=True)
    for row, kind in zip(axes, data.kind.values, strict=True):
        mine = decoded(data, kind)
        _follow(row[0], mine.event_rate, mine.input_soma, mine.input_dendrite, BLUE)
        _follow(row[1], 100 * mine.burst_probability, mine.input_dendrite, mine.input_soma, ORANGE)
        row[0].set_ylabel(f"{kind.capitalize()}\nEvent rate (Hz)")
        row[1].set_ylabel("Bursts per event (%)")  # in bins of 20 ms, and so above 100 % now and then
    for panel in axes[-1]:
        panel.set(xlabel="Time (s)", xlim=SHOWN)
    series = [panel.lines[1] for panel in axes[0]]
    handles = [axes[0, 0].lines[0], *series]
    words = ["current into soma (left) or dendrite (right), scaled", "event rate", "bursts per event"]
    plotting.legend(
        drawing, handles=handles, labels=words, loc="outside upper right", ncols=3, handlelength=2.4
    )
    return drawing


def _follow(axes: Axes, series: xr.DataArray, own: xr.DataArray, other: xr.DataArray, colour: str) -> None:
    """Draw a series, and its input on a scale that fits."""
    fitted = np.polyval(np.polyfit(own, series, 1), own)
    shown = slice(round(SHOWN[1] / FINE / COARSE))
    times = series.time[shown]
    label = f"current into the {own.name.removeprefix('input_')}, scaled"
    axes.plot(times, fitted[shown], color=GREY, linewidth=LINE, linestyle=(0, (4, 2)), label=label)
    axes.plot(times, series[shown], color=colour, linewidth=LINE)
    (r, _), (across, _) = best_correlation(series, own), best_correlation(series, other)
    plotting.title(axes, f"correlation {r:.2f}, with the other input {across:.2f}")


def _information(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Draw the coherence with each input, and the information about each."""
    drawing = plotting.figure(plotting.PAGE, 3)
    left, right = plotting.panels(drawing, 1, 2)[0]
    fine = decoded(data, "noise", 1)
    inputs = (("soma", fine.input_soma, BLUE), ("dendrite", fine.input_dendrite, ORANGE))
    lines = dict(event_rate="-", burst_probability="--", burst_share=":")
    words = ("event rate", "burst probability", "share of events")
    for (series, line), label in zip(lines.items(), words, strict=True):
        for _, driver, colour in inputs:
            frequencies, share = coherence(driver, fine[series].fillna(fine[series].mean()), FINE, WINDOW)
            left.plot(frequencies, share, line, color=colour, linewidth=LINE)
        left.plot([], [], line, color="black", linewidth=LINE, label=label)
    left.set(xlabel="Frequency (Hz)", ylabel="Coherence", xscale="log", xlim=(2, 100), ylim=(0, 1))
    left.set_xticks(TICKS, [f"{tick}" for tick in TICKS])
    plotting.legend(left, loc="lower left", bbox_to_anchor=(-0.1, 0.98), ncols=3, handlelength=2)
    for k, (name, _, colour) in enumerate(inputs):
        keys = [f"info_{word}_{name[:4]}_bit_s" for word in WORDS]
        _bars(right, k, 2, [summary[key] for key in keys], [REFERENCE.get(key) for key in keys], colour, name)
    right.set_xticks(range(len(WORDS)), WORDS.values())
    right.set_ylabel("Linear information (bit/s)")
    plotting.legend(right, loc="lower left", bbox_to_anchor=(-0.1, 0.98), ncols=3)
    return drawing


def _bars(axes: Axes, k: int, n: int, ours: list, published: list, colour: str, label: str) -> None:
    """Draw the k-th of n groups of bars, with the values to compare with."""
    places = np.arange(len(ours)) + (k - (n - 1) / 2) * 0.8 / n
    axes.bar(places, ours, 0.75 / n, color=colour, label=label)
    axes.plot(
        places,
        np.array(published, float),
        "_",
        color="black",
        markersize=9,
        label="independent program" if k == n - 1 else None,
    )


def _plane(data: xr.Dataset) -> Figure:
    """Draw event rate and burst probability over the plane of steady currents."""
    drawing = plotting.figure(plotting.PAGE, 2.7)
    axes = plotting.panels(drawing, 1, 2, sharey=True)[0]
    soma, dendrite = data.plane_soma * 1e12, data.plane_dendrite * 1e12
    for panel, (values, label, colours) in zip(
        axes,
        (
            (data.plane_event_rate, "Event rate (Hz)", "Blues"),
            (100 * data.plane_burst_probability, "Burst probability (%)", "Oranges"),
        ),
        strict=True,
    ):
        levels = panel.contourf(soma, dendrite, values.T, 12, cmap=colours)
        bar = drawing.colorbar(levels, ax=panel, pad=0.02)
        bar.set_label(label, fontsize=SMALL)
        bar.ax.tick_params(labelsize=SMALL)
        panel.set(xlabel="Current into the soma (pA)")
    axes[0].set_ylabel("Current into the dendrite (pA)")
    return drawing


def _reading(summary: Mapping[str, float]) -> Figure:
    """Draw what depressing and facilitating synapses release, and whom their outputs and targets follow."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    axes = plotting.panels(drawing, 1, 3, width_ratios=[1, 1, 3])[0]
    for panel, synapse, words in zip(axes, ("std", "stf"), ("Depressing", "Facilitating"), strict=False):
        keys = [f"efficacy_{synapse}_{spike}" for spike in ("event", "burst")]
        ours = [summary[key] for key in keys]
        panel.bar(range(2), ours, 0.6, color=(BLUE, ORANGE))
        published = [REFERENCE[key] for key in keys]
        panel.plot(range(2), published, "_", color="black", markersize=14, label="independent program")
        panel.set(ylim=(0, 1.15 * max(ours)))
        panel.set_xticks(range(2), ["first\nspike", "later, in\na burst"])
        plotting.title(panel, f"{words}, {max(ours) / min(ours):.1f} to 1")
    axes[0].set_ylabel("Mean release")
    plotting.legend(drawing, handles=axes[0].lines, loc="outside lower left")
    readers = dict(
        std=("depressing output", BLUE),
        pv=("PV cells", GREEN),
        stf=("facilitating output", ORANGE),
        som=("SOM cells", PINK),
    )
    for k, (name, (label, colour)) in enumerate(readers.items()):
        places = np.arange(len(READ)) + (k - 1.5) * 0.2
        axes[2].bar(
            places, [summary[f"corr_{name}_{word}"] for word in READ], 0.18, color=colour, label=label
        )
    axes[2].set_xticks(range(len(READ)), READ.values())
    axes[2].set(ylabel="Correlation with the ensemble's", ylim=(0, 1))
    plotting.legend(axes[2], loc="lower left", bbox_to_anchor=(-0.1, 0.98), ncols=4)
    return drawing


def _raster(data: xr.Dataset) -> Figure:
    """Show all cells under the sines, and underneath what the ensemble says of them."""
    drawing = plotting.figure(plotting.PAGE, 6)
    axes = plotting.panels(drawing, 3, 1, height_ratios=[3, 1, 1])[:, 0]
    window = (0.5, 2.0)
    known = trains.read(data)
    layers = [plotting.Layer.of("PC", known["pc"], dense=True)]
    layers += [
        plotting.Layer.of(name, known[name.lower()], colour=colour, what=f"{name} spike", dense=True)
        for name, colour in dict(PV=GREEN, SOM=PINK).items()
    ]
    plotting.raster(axes[0], layers, window)
    mine = decoded(data, "sines")
    mine = mine.assign_coords(time=1e3 * (mine.time - window[0]))
    _follow(axes[1], mine.event_rate, mine.input_soma, mine.input_dendrite, BLUE)
    _follow(axes[2], 100 * mine.burst_probability, mine.input_dendrite, mine.input_soma, ORANGE)
    for panel, label in zip(axes[1:], ("Event rate (Hz)", "Bursts per event (%)"), strict=True):
        panel.set(ylabel=label, xlim=(0, 1e3 * (window[1] - window[0])))
        dashed = panel.lines[:1]
        plotting.legend(panel, handles=dashed, loc="lower right", bbox_to_anchor=(1, 0.95), handlelength=2.4)
    axes[0].set_xlabel("")
    axes[2].set_xlabel("Time (ms)")
    return drawing
