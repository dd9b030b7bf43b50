"""The figures of `credit.py`, drawn from the data of a run alone."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.raster import APICAL, SOMA
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, SHADE, SMALL, THIN, dress, level

MARKS = "osD"  # of mechanisms; the next when all colours are used
CONTROL_MARKS = {
    "hidden frozen": "s",
    "feedback zero": "o",
    "feedback shuffled": "D",
    "feedback scalar": "^",
    "second frozen": "s",
    "one layer": "o",  # beside two hidden layers
}
TITLES = dict(hidden1="First hidden layer", hidden2="Second hidden layer", output="Output")


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    drawn = {
        "spectrum": lambda: _spectrum(data, summary),
        "learning": lambda: _learning(data, summary),
        "angles": lambda: _angles(data),
        "trials": lambda: _trials(data),
    }
    if np.isfinite(data.small_test_accuracy).any():
        drawn["controls"] = lambda: _controls(data)
    return Drawings(drawn)


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _spectrum(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Draw how precise the credit of each mechanism is against how fast it learns, with its rate twin."""
    drawing = plotting.figure(plotting.PAGE, 3.8)
    axes, names = drawing.subplots(1, 2, width_ratios=[2, 1.1])
    dress(axes)
    last = float(data.epoch[-1])
    never, spots = 0.5 / last, []
    for k, name in enumerate(map(str, data.mechanism.values)):
        points = [_point(summary, name, never, twin) for twin in ("", "twin_")]
        (x, y), (x_twin, y_twin) = points
        colour, mark = COLOURS[k % len(COLOURS)], MARKS[k // len(COLOURS)]
        axes.plot([x, x_twin], [y, y_twin], color=colour, linewidth=THIN, alpha=0.6)
        axes.plot(x_twin, y_twin, mark, markersize=4.5, markerfacecolor="white", color=colour)
        mean = summary.get(f"{name}_angle_hidden_without_noise_deg")
        if mean:  # runs of former versions have 0 where there was no estimate
            axes.plot([x, mean], [y, y], color=colour, linewidth=LINE)
            axes.plot(mean, y, "|", color=colour, markersize=7)
        axes.plot(x, y, mark, markersize=6, color=colour)
        spots.append((x, y))
    for k, ((x, y), line) in enumerate(zip(spots, lines(spots), strict=True), start=1):
        place = dict(textcoords="offset points", ha="center", fontsize=SMALL)
        axes.annotate(str(k), (x, y), (0, 6 + 8 * line), **place)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(never * 1.4, color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
    axes.text(
        -2, never * 1.3, f"not within {last:.0f} epochs", va="top", ha="right", fontsize=SMALL, color=GREY
    )
    axes.set(
        xlim=(97, -3), xticks=range(0, 91, 15), ylabel="Learning speed (1/epochs to 10 % validation error)"
    )
    axes.set(xlabel="Angle between hidden learning and the gradient (°): more precise →")
    marks = [
        Line2D([], [], marker="o", linestyle="", color=GREY, label="spiking (as it is)"),
        Line2D([], [], marker="|", linestyle="", color=GREY, label="spiking, without noise"),
        Line2D([], [], marker="o", linestyle="", color=GREY, markerfacecolor="white", label="rate twin"),
    ]
    plotting.legend(axes, handles=marks, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    _list(names, data, summary)
    return drawing


def lines(spots: Sequence[tuple[float, float]]) -> list[int]:
    """Return how many lines the number of each spot (deg, 1/epochs) is raised, so that none is on another."""
    result = [0] * len(spots)
    for k in sorted(range(len(spots)), key=lambda k: -spots[k][0]):
        x, y = spots[k]
        near = [j for j in range(len(spots)) if abs(spots[j][0] - x) < 2.5 and 0.87 < spots[j][1] / y < 1.15]
        taken = {result[j] for j in near if (spots[j][0], -j) > (x, -k)}
        result[k] = min(set(range(len(spots))) - taken)
    return result


def _point(summary: Mapping[str, float], name: str, never: float, twin: str) -> tuple[float, float]:
    """Return angle (deg) and speed of a mechanism, or of its rate twin."""
    epochs = summary.get(f"{name}_{twin}epochs_to_10pct")
    return summary.get(f"{name}_{twin}angle_hidden_deg", 90.0), 1 / epochs if epochs else never


def _list(axes, data: xr.Dataset, summary: Mapping[str, float]) -> None:
    """List test accuracies: of the mechanism, of its rate twin, and the best published spiking one."""
    axes.set_axis_off()
    rows, notes = data.sizes["mechanism"] + 2, []
    for x, text in ((0.66, "spiking"), (0.83, "rate"), (1.04, "best*")):
        axes.text(x, 1 - 0.5 / rows, text, fontsize=SMALL, ha="right", color=GREY)
    for k, name in enumerate(map(str, data.mechanism.values)):
        one, at, colour = data.sel(mechanism=name), 1 - (k + 1.5) / rows, COLOURS[k % len(COLOURS)]
        axes.plot(-0.14, at + 0.2 / rows, MARKS[k // len(COLOURS)], markersize=4, color=colour, clip_on=False)
        axes.text(-0.09, at, f"{k + 1} {_words(name)}", fontsize=SMALL, color=colour)
        numbers = one.test_accuracy, one.twin_test_accuracy, one.published_accuracy
        failed = str(one.twin_failed.item()) if "twin_failed" in data else ""
        marks = "", "†" * bool(failed), ""
        notes = [*notes, f"† {failed}"] if failed and f"† {failed}" not in notes else notes
        for x, value, mark in zip((0.66, 0.83, 1.04), map(float, numbers), marks, strict=True):
            text = f"{value:.3f}" if np.isfinite(value) else "–"
            axes.text(x, at, text, fontsize=SMALL, ha="right")
            axes.text(x, at, mark, fontsize=SMALL)
    linear = summary["linear_classifier_test_accuracy"]
    text = "\n".join([f"linear classifier {linear:.3f}", "* best published spiking network, MNIST", *notes])
    axes.set(xlim=(-0.16, 1.04), ylim=(0, 1))
    axes.text(-0.14, 0.2 / rows, text, fontsize=SMALL, color=GREY, va="top")


def _learning(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the accuracy on validation images, one trial each, over training."""
    drawing = plotting.figure(plotting.PAGE, 3.4)
    axes = plotting.panels(drawing)[0, 0]
    curves = {
        _words(name): data.validation_accuracy.sel(mechanism=name).values for name in data.mechanism.values
    }
    linear = {"linear classifier (test)": summary["linear_classifier_test_accuracy"]}
    plotting.learning_curves(
        axes, data.epoch.values, curves, linear, ylabel="Validation accuracy (one trial)"
    )
    return drawing


def _angles(data: xr.Dataset) -> Figure:
    """Show the angles of all layers to the gradient over training, and how much of a change is no noise."""
    drawing = plotting.figure(plotting.PAGE, 2.9)
    panels = plotting.panels(drawing, 1, data.sizes["layer"] + 1)[0]
    shown = {name: TITLES[name] for name in map(str, data.layer.values)}
    if len(shown) == 2:
        shown["hidden1"] = "Hidden layer"
    for axes, (layer, text) in zip(panels, shown.items(), strict=False):
        for k, name in enumerate(data.mechanism.values):
            _over_training(axes, data, data.angle_deg.sel(mechanism=name, layer=layer).values, k, name)
        level(axes, 90, "chance (90°)")
        axes.set(ylim=(0, 100), yticks=range(0, 91, 30), ylabel="Angle to gradient descent (°)")
        plotting.title(axes, text)
    for k, name in enumerate(data.mechanism.values):
        _over_training(
            panels[-1], data, data.reliability.sel(mechanism=name, layer="hidden1").values, k, name
        )
    panels[-1].set(ylim=(-0.2, 1), ylabel="Share that is no noise")
    plotting.title(panels[-1], shown["hidden1"])
    plotting.legend(
        drawing, handles=panels[0].lines[: data.sizes["mechanism"]], loc="outside lower center", ncols=4
    )
    return drawing


def _over_training(axes, data: xr.Dataset, values: np.ndarray, k: int, name: object) -> None:
    look = dict(color=COLOURS[k % len(COLOURS)], linestyle=plotting.DASHES[k // len(COLOURS)], linewidth=LINE)
    axes.plot(data.probe_epoch.values, values, "o", markersize=3, label=_words(name), **look)
    axes.set(xscale="log", xlabel="Epoch")


def _trials(data: xr.Dataset) -> Figure:
    """Show soma and dendrite of a cell of each layer, in a trial in which the teacher comes."""
    rows = data.sizes["mechanism"]
    drawing = plotting.figure(plotting.PAGE, 1.05 * rows + 0.5)
    panels = plotting.panels(drawing, rows, 2, sharex=True)
    times = data.time.values * 1e3
    for row, name in enumerate(data.mechanism.values):
        for column, layer in enumerate(data.shown.values):
            axes, one = panels[row, column], data.sel(mechanism=name, shown=layer)
            axes.axvspan(float(one.taught_from) * 1e3, float(one.trial) * 1e3, color=SHADE, zorder=0)
            axes.plot(times, one.v_s * 1e3, color=SOMA, linewidth=LINE * 0.75, label="soma")
            axes.plot(times, one.v_d * 1e3, color=APICAL, linewidth=LINE, label="apical dendrite")
            own = (data.spike_mechanism == row) & (data.spike_shown == column)
            spikes = data.spike_t.values[own.values] * 1e3
            if spikes.size:
                above = axes.get_xaxis_transform()
                axes.plot(
                    spikes,
                    np.full(spikes.size, 1.02),
                    "|",
                    color=SOMA,
                    markersize=4,
                    transform=above,
                    clip_on=False,
                )
            plotting.title(axes, f"{_words(name)}: {layer.removesuffix('1')} cell", pad=6)
            axes.set_xlim(0, float(data.trial.max()) * 1e3)
        panels[row, 0].set_ylabel("mV")
    for axes in panels[-1]:
        axes.set_xlabel("Time in the trial (ms); shaded: the teacher")
    plotting.legend(drawing, handles=panels[0, 0].lines[:2], loc="outside upper right", ncols=2)
    return drawing


def _controls(data: xr.Dataset) -> Figure:
    """Show the test accuracy of the small networks, and of their controls."""
    drawing = plotting.figure(plotting.PAGE, 0.35 * data.sizes["mechanism"] + 1.2)
    axes = plotting.panels(drawing)[0, 0]
    y = np.arange(data.sizes["mechanism"])[::-1]
    axes.plot(
        data.small_test_accuracy.sel(variant="whole"), y, "o", color=BLUE, markersize=7, label="as it learns"
    )
    shown = data.small_test_accuracy.dropna("variant", how="all")
    known = {name: mark for name, mark in CONTROL_MARKS.items() if name in shown.variant}
    for (name, mark), colour in zip(known.items(), COLOURS[1:], strict=False):
        axes.plot(shown.sel(variant=name), y, mark, color=colour, markersize=4.5, label=name)
    axes.set_yticks(y, [_words(name) for name in data.mechanism.values])
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="Test accuracy, small networks", ylim=(-0.6, y[0] + 0.6))
    plotting.legend(drawing, handles=axes.get_legend_handles_labels()[0], loc="outside upper center", ncols=5)
    return drawing
