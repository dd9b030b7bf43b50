"""The figures of `instructive_signals.py`, drawn from the data of a run alone."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, COLOURS, FAINT, GREEN, GREY, LINE, ORANGE
from measures.instructive_signals import foretold

FRAME_S, TRIAL_S, GREY_S = 0.1, 5.0, 1.0  # s, as in the network
GROUPS = {"P+": (1, ORANGE), "P−": (-1, BLUE), "others": (0, GREY)}
NAMES = {
    "vector": "a number for\neach cell (vector)",
    "silenced": "vector, dendrites\ninhibited",
    "scalar": "scalar into\nall dendrites",
    "reward": "scalar, three\nfactors",
    "none": "no plasticity",
}


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    signature = partial(_signature, summary=summary)
    return Drawings.of(data, imaging=_imaging, learning=_learning, signature=signature)


def _imaging(data: xr.Dataset) -> Figure:
    """Show the first trials of the task: screen, and soma, dendrite and residual of a P+ and a P- cell."""
    drawing = plotting.figure(plotting.PAGE, 4.6)
    axes = plotting.panels(drawing, 3, 1, sharex=True, height_ratios=[1, 1.6, 1.6])[:, 0]
    time = np.arange(data.frame.size) * FRAME_S
    _screen(axes[0], time, data)
    for panel, name in zip(axes[1:], ("P+", "P−"), strict=True):
        group, colour = GROUPS[name]
        cell = int(np.argmax(abs(data.feedback.values) * (data.group.values == group)))
        for k, (what, ink) in enumerate((("soma", "black"), ("dendrite", GREEN), ("residual", colour))):
            trace = data[what].isel(cell=cell)
            panel.plot(time, (trace - trace.mean()) / trace.std() - 5 * k, color=ink, linewidth=0.8)
        panel.set_yticks([0, -5, -10], ["soma", "dendrite", "residual"])
        plotting.title(panel, f"a {name} cell (SD)")
    axes[-1].set(xlabel="Time (s)", xlim=(0, time[-1]))
    return drawing


def _screen(axes: Axes, time: np.ndarray, data: xr.Dataset) -> None:
    for start in np.arange(0, time[-1], TRIAL_S):
        axes.axvspan(start, start + GREY_S, color=FAINT, zorder=0, linewidth=0)
    axes.plot(time, data.theta, color="black", linewidth=LINE, label="angle")
    axes.plot(time, 45 * data.error, color=GREY, linewidth=0.8, label="error (45° = 1)")
    rewarded = time[1:][np.diff(data.reward) > 0.2]
    axes.plot(rewarded, np.full(rewarded.size, 100), "v", color=GREEN, markersize=4, label="reward")
    axes.set(ylabel="Angle (°)", ylim=(-95, 110), yticks=(-90, -45, 0, 45, 90))
    plotting.legend(axes, loc="lower left", bbox_to_anchor=(0, 0.98), ncols=3)


def _learning(data: xr.Dataset) -> Figure:
    """Show how often the target is reached, and how rates change, with each teacher."""
    drawing = plotting.figure(plotting.PAGE, 2.5)
    axes = plotting.panels(drawing, 1, 1 + 3, width_ratios=[1.5, 1, 1, 1])[0]
    for teacher, colour in zip(NAMES, COLOURS, strict=False):
        label = NAMES[teacher].replace("\n", " ")
        axes[0].plot(
            data.session,
            100 * data.hits.sel(teacher=teacher),
            "o-",
            color=colour,
            linewidth=LINE,
            markersize=3,
            label=label,
        )
    axes[0].set(xlabel="Session", ylabel="Trials with the target reached (%)", ylim=(0, 102))
    plotting.legend(drawing, loc="outside upper center", ncols=5)
    shown = data.rate.where(data.group != 0)
    limits = float(shown.min()) - 0.5, float(shown.max()) + 0.5
    for panel, teacher in zip(axes[1:], ("vector", "scalar", "reward"), strict=True):
        _rates(panel, data.sel(teacher=teacher))
        plotting.title(panel, NAMES[teacher])
        panel.set(xlabel="Session", ylim=limits)
    axes[1].set_ylabel("Event rate (Hz)")
    plotting.legend(axes[1], loc="upper left", ncols=1)
    return drawing


def _rates(axes: Axes, one: xr.Dataset) -> None:
    for name, (group, colour) in GROUPS.items():
        rate = one.rate.where(one.group == group, drop=True)
        if group:
            axes.plot(
                one.session,
                rate.T if rate.dims[0] == "cell" else rate,
                color=colour,
                linewidth=0.5,
                alpha=0.6,
            )
        axes.plot(one.session, rate.mean("cell"), color=colour, linewidth=2 * LINE, label=name)


def _signature(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show what residuals carry with each teacher, and what they tell of the change of each cell."""
    shown = ("vector", "scalar", "reward")
    drawing = plotting.figure(plotting.PAGE, 5.6)
    axes = plotting.panels(drawing, 3, 3, sharey="row")
    half = max(1, data.taught.size // 2)
    for column, teacher in zip(axes.T, shown, strict=True):
        one = data.sel(teacher=teacher)
        early = one.sel(taught=one.taught <= half).mean("taught")
        plotting.title(column[0], NAMES[teacher].replace("\n", " "))
        _dots(column[0], early.residual_error, data.group)
        _around(column[1], one, data.group)
        residual, change = foretold(one)
        for group, colour in reversed(GROUPS.values()):
            mine = (data.group == group).values
            column[2].plot(residual[mine], change[mine], "o", color=colour, markersize=3, alpha=0.7)
        plotting.title(column[2], f"r = {summary[f'{teacher}_predicts_all']:.2f}", loc="right")
        column[2].axhline(0, color=GREY, linewidth=0.5, zorder=0)
        column[2].axvline(0, color=GREY, linewidth=0.5, zorder=0)
        column[2].set_xlabel("Residual, task less grey (SD)")
    axes[0, 0].set_ylabel("Residual for\na unit of error (SD)")
    axes[1, 0].set_ylabel("Residual (SD)")
    axes[2, 0].set_ylabel("Later change of\nevent rate (Hz)")
    return drawing


def _dots(axes: Axes, values: xr.DataArray, groups: xr.DataArray) -> None:
    """Draw each cell, by group."""
    for k, (group, colour) in enumerate(GROUPS.values()):
        mine = values[(groups == group).values].values
        spread = np.linspace(-0.25, 0.25, mine.size)
        axes.plot(k + spread, np.sort(mine), "o", color=colour, markersize=3, alpha=0.7)
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=0)
    axes.set_xticks(range(len(GROUPS)), list(GROUPS))


def _around(axes: Axes, one: xr.Dataset, groups: xr.DataArray) -> None:
    """Draw the residual around the moment at which the target is reached."""
    for name, (group, colour) in GROUPS.items():
        mine = one.around_hit.mean("taught", skipna=True).where(groups == group).mean("cell")
        axes.plot(one.lag, mine, color=colour, linewidth=LINE, label=name)
    axes.axvline(0, color=GREY, linewidth=0.5, zorder=0)
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=0)
    axes.set_xlabel("Time from the target (s)")
