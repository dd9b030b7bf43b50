"""The figure of `frequency_dependence.py`, drawn from the data of a run alone."""

import numpy as np

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, GREEN, LINE, ORANGE, SMALL, zero

COLOUR = dict(burst=ORANGE, pair=GREEN, triplet=BLUE)
NAME = dict(burst="burst-dependent", pair="pair STDP", triplet="triplet STDP")
ORDERS = ("pre-post", "post-pre")
TITLES = {"pre-post": "pre before post", "post-pre": "post before pre"}
# Layer 5 of visual cortex, relative change of the EPSP and its standard error, by frequency (Hz): Sjöström,
# Turrigiano & Nelson 2001, Neuron 32:1149, as tabulated for the fit of the triplet rule.
SLICES = {
    "pre-post": {0.1: (-0.04, 0.05), 10: (0.14, 0.10), 20: (0.29, 0.14), 40: (0.53, 0.11), 50: (0.56, 0.26)},
    "post-pre": {
        0.1: (-0.29, 0.08),
        10: (-0.41, 0.11),
        20: (-0.34, 0.10),
        40: (0.56, 0.32),
        50: (0.75, 0.19),
    },
}
# The same paper, Fig. 7D: simultaneous spikes; values of the authors' data page.
SYNCHRONOUS = {0.1: (-0.090, 0.139), 20: (-0.239, 0.099), 40: (-0.071, 0.038), 100: (0.245, 0.064)}


def figures(data, summary):
    """Draw the three rules in all experiments."""
    drawing = plotting.figure(plotting.PAGE, 6.2)
    axes = plotting.panels(drawing, 3, 3)
    for panel, order in zip(axes[0], ORDERS, strict=False):
        draw(panel, data["pairs"].sel(order=order), "frequency", 1, SLICES[order])
        panel.set(xlabel="Frequency of pairs (Hz)", ylim=(-1, 1.1))
        plotting.title(panel, f"Frequency: {TITLES[order]}")
    draw(axes[0, 2], data["synchronous"], "simultaneous", 1, SYNCHRONOUS)
    axes[0, 2].set(xlabel="Frequency of pairs (Hz)", ylim=(-1, 1.1))
    plotting.title(axes[0, 2], "Frequency: simultaneous")
    draw(axes[1, 0], data["timing"], "lag", 1e3)
    axes[1, 0].set(xlabel="Post after pre (ms)")
    plotting.title(axes[1, 0], "Timing: 60 pairs at 1 Hz")
    for panel, order in zip(axes[1, 1:], ORDERS, strict=True):
        draw_bursts(panel, data["bursts"].sel(order=order))
        plotting.title(panel, f"Bursts: {TITLES[order]}")
    for panel, order in zip(axes[2], ORDERS, strict=False):
        draw(panel, data["dendrite"].sel(order=order), "current", 1e12)
        panel.set(xlabel="Dendritic current (pA)")
        plotting.title(panel, f"Dendrite: {TITLES[order]}")
    for row in axes:
        row[0].set_ylabel("Relative weight change")
    axes[2, 2].set_axis_off()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    plotting.legend(axes[2, 2], handles=handles, labels=labels, loc="center")
    return {"rules": drawing}


def draw(axes, changes, along, scale, slices=None):
    """Draw the weight changes of the rules, and of slices if there are any."""
    zero(axes)
    for rule, colour in COLOUR.items():
        one = changes.sel(rule=rule)
        axes.plot(one[along] * scale, one, color=colour, linewidth=LINE, label=NAME[rule])
    if slices:
        mean, error = np.transpose(list(slices.values()))
        axes.errorbar(list(slices), mean, error, fmt="ks", markersize=3, elinewidth=0.8, label="slices")


def draw_bursts(axes, changes):
    """Draw bars for each number of postsynaptic spikes."""
    zero(axes)
    for k, (rule, colour) in enumerate(COLOUR.items()):
        axes.bar(changes["spikes"] + 0.25 * (k - 1), changes.sel(rule=rule), 0.22, color=colour)
    axes.set(xticks=changes["spikes"].values, xlabel="Postsynaptic spikes, 12 ms apart")
    axes.tick_params(labelsize=SMALL)
