"""Figures of `layer5.py`, drawn from the arrays of a run."""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patches import Polygon

from dendritic_bp import battery, plotting
from dendritic_bp.style import BLUE, GREEN, GREY, LINE, ORANGE, PINK, SMALL, THIN, YELLOW, dress

MICRO, MILLI = 1e6, 1e3
DIRECTION = dict(soma=1, apical=1, tuft=1, basal=-1, hillock=-1, iseg=-1, axon=-1)  # up or down
ASIDE = dict(basal=-20, hillock=22, iseg=22, axon=22)  # um, so that neighbours stay apart
LABELS = dict(soma="soma", apical="apical", tuft="tuft", basal="basal", iseg="hillock, iseg", axon="axon")
DOWN = ("tuft", "apical", "soma", "basal", "hillock", "iseg", "axon")
COLOUR = dict(soma=GREY, apical=BLUE, tuft=ORANGE, basal=GREEN, hillock=PINK, iseg=PINK, axon=YELLOW)
WIDER = 3  # diameters are drawn larger than lengths


def morphology(data):
    """Draw the sections, and the density of every channel in every compartment."""
    drawing = plotting.figure(plotting.PAGE, 3.6)
    cell, table = drawing.subplots(1, 2, width_ratios=(1, 2.6))
    dress(cell)
    dress(table)
    _draw_cell(cell, data)
    _draw_densities(table, data)
    return drawing


def _draw_cell(axes, data):
    """Draw each section from the end of its parent; those below begin at the bottom of the soma."""
    ends = {"": 0.0}
    for section in data.section.values.tolist():
        row = data.sel(section=section)
        start = 0.0 if section in ("basal", "hillock") else ends[row.parent.item()]
        ends[section] = start + DIRECTION[section] * row.length.item() * MICRO
        x, half = ASIDE.get(section, 0), row.diameter.values * MICRO * WIDER / 2
        _draw_section(axes, x, half, (start, ends[section]), row.n.item(), COLOUR[section])
        if section in LABELS:
            side = -1 if section in ("basal", "soma") else 1
            place, middle = x + side * (half[0] + 8), (start + ends[section]) / 2
            align = "left" if side > 0 else "right"
            axes.annotate(LABELS[section], (place, middle), fontsize=SMALL, va="center", ha=align)
    axes.set(xlim=(-110, 150), ylim=(min(ends.values()) - 20, max(ends.values()) + 20), xticks=[])
    axes.set_ylabel("Height (µm)")
    axes.spines["bottom"].set_visible(False)
    plotting.title(axes, f"Sections (width x {WIDER})")


def _draw_section(axes, x, half, ends, n, colour):
    """Draw a section with lines between its compartments."""
    corners = [(x - half[0], ends[0]), (x + half[0], ends[0]), (x + half[1], ends[1]), (x - half[1], ends[1])]
    axes.add_patch(Polygon(corners, color=colour, linewidth=0))
    if abs(ends[1] - ends[0]) > 100:
        for cut in np.linspace(*ends, n + 1)[1:-1]:
            axes.plot([x - half[0], x + half[0]], [cut, cut], color="white", linewidth=THIN)


def _draw_densities(axes, data):
    """Write and colour the densities, from the tip of the tuft down; white is none."""
    names = np.repeat(data.section.values, data.n.values)
    rows = [k for section in DOWN for k in _different(data.density.values, np.flatnonzero(names == section))]
    values = np.ma.masked_equal(data.density.values[:, rows].T, 0)  # S/m**2 is pS/um**2
    axes.imshow(values, aspect="auto", cmap="Blues", norm=LogNorm(1e-5, 1e6), interpolation="nearest")
    for (row, column), value in np.ma.ndenumerate(values):
        colour = "white" if value > 50 else "black"
        axes.text(column, row, f"{value:.5g}", ha="center", va="center", fontsize=6, color=colour)
    first = [k for k, at in enumerate(rows) if k == 0 or names[at] != names[rows[k - 1]]]
    middles = [(k + end - 1) / 2 for k, end in zip(first, [*first[1:], len(rows)], strict=True)]
    axes.set(xticks=range(len(data.channel)), xticklabels=data.channel.values)
    axes.set(yticks=middles, yticklabels=[names[rows[k]] for k in first])
    for start in first[1:]:
        axes.axhline(start - 0.5, color=GREY, linewidth=THIN)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    plotting.title(axes, "Channel density (pS/µm²), tip of the tuft on top")


def _different(density, compartments):
    """Return the compartments of a section from its far end, or one if all are alike."""
    alike = np.all(density[:, compartments] == density[:, compartments[:1]])
    return compartments[:1] if alike else compartments[::-1]


def bac_firing(data):
    """Draw V(x, t) from soma to tuft and the voltages at both ends, for spike, synapse and both."""
    drawing = plotting.figure(plotting.PAGE, 3.6)
    axes = plotting.panels(drawing, 2, 3, sharex=True, sharey="row", height_ratios=(1, 1.1))
    time = data.time.values * MILLI
    for column, condition in enumerate(data.condition.values):
        v = data.v.sel(condition=condition).values * MILLI
        image = axes[0, column].pcolormesh(
            _borders(time), data.edge * MICRO, v, cmap="magma", vmin=-80, vmax=40
        )
        axes[0, column].set_rasterized(True)
        for place, colour, label in ((0, GREY, "soma"), (3, BLUE, "apical 0.5"), (-1, ORANGE, "tuft 0.75")):
            axes[1, column].plot(time, v[place], color=colour, linewidth=LINE * 0.8, label=label)
        plotting.title(axes[0, column], f"{condition[0].upper()}{condition[1:]}")
        axes[1, column].set(xlabel="Time from the pulse (ms)", xlim=(time[0], time[-1]))
    axes[0, 0].set_ylabel("Height (µm)")
    axes[1, 0].set_ylabel("Voltage (mV)")
    plotting.legend(axes[1, 1], loc="upper right")
    bar = drawing.colorbar(image, ax=axes[0, :], pad=0.01, aspect=20, extend="both")
    bar.set_label("Voltage (mV)", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL, width=THIN)
    return drawing


def _borders(middles):
    """Return the borders of equally wide bins."""
    half = (middles[1] - middles[0]) / 2
    return np.append(middles - half, middles[-1] + half)


def calcium_spike(data):
    """Draw the tuft's voltage in a burst, and the currents that carry it."""
    drawing = plotting.figure(plotting.COLUMN, 3.4)
    top, bottom = plotting.panels(drawing, 2, 1, sharex=True)[:, 0]
    both, time = data.isel(condition=2), data.time.values * MILLI
    top.plot(time, both.v[-1] * MILLI, color=ORANGE, linewidth=LINE, label="tuft")
    top.plot(time, both.v[0] * MILLI, color=GREY, linewidth=LINE * 0.7, label="soma", zorder=1)
    names = {"I_sca": "calcium", "I_kca": "K, by calcium", "I_ih": "h", "I_leak": "leak"}
    for current, colour in zip(data.kind_of_current.values, (BLUE, PINK, GREEN, GREY), strict=True):
        # A/m**2 is 0.1 mA/cm**2, or 100 uA/cm**2
        y = both.current.sel(kind_of_current=current) * 100
        bottom.plot(time, y, color=colour, linewidth=LINE, label=names[current])
    top.set_ylabel("Voltage (mV)")
    bottom.set(xlabel="Time from the pulse (ms)", ylabel="Into the tuft (µA/cm²)", xlim=(-10, 100))
    for axes in (top, bottom):
        plotting.legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return drawing


def coincidence(data):
    """Draw window, thresholds, critical frequency and the response to steps."""
    drawing = plotting.figure(plotting.PAGE, 2.2)
    window, threshold, trains, steps = plotting.panels(drawing, 1, 4)[0]
    _plateaus(window, data, "delay", MILLI, ORANGE)
    _plateaus(threshold, data, "alone", 1e9, BLUE)
    _plateaus(threshold, data, "paired", 1e9, ORANGE)
    _plateaus(trains, data, "train", 1, ORANGE)
    shown = data.step_varied.values > 0
    steps.plot(
        data.step_varied[shown] * 1e9, data.step_spikes[shown], "o-", color=GREY, markersize=3, linewidth=LINE
    )
    window.set(xlabel="Synapse after pulse (ms)", ylabel="Tuft above −40 mV (ms)")
    threshold.set(xlabel="Peak conductance (nS)")
    threshold.annotate("with a\nspike", (13, 32), fontsize=SMALL, color=ORANGE, ha="right")
    threshold.annotate("alone", (36, 32), fontsize=SMALL, color=BLUE)
    trains.set(xlabel="Frequency of 4 pulses (Hz)")
    steps.set(xlabel="Step of current (nA)", ylabel="Spikes in 1 s", ylim=(0, None))
    titles = ("Coincidence", "Threshold", "Critical frequency", "Steps")
    for axes, text in zip((window, threshold, trains, steps), titles, strict=True):
        plotting.title(axes, text)
    return drawing


def _plateaus(axes, data, name, scale, colour):
    axes.plot(
        data[f"{name}_varied"] * scale, data[f"{name}_plateau"] * MILLI, "o-",
        color=colour, markersize=1.8, linewidth=LINE,
    )  # fmt: skip
    axes.set_ylim(0, 70)


def agreement(rows):
    """Draw where every value lies within its tolerance."""
    drawing = plotting.figure(plotting.PAGE, 0.9 + 0.19 * len(rows))
    battery.deviations(plotting.panels(drawing)[0, 0], rows)
    return drawing
