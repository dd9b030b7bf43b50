"""The figure of `pairing.py`, drawn from the data of a run alone."""

import numpy as np

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, NORMAL, dress, zero

# Printed by the published program (doi:10.1038/s41593-021-00857-x), by frequency (Hz).
PUBLISHED = {1: -0.239, 21.8421: -0.433, 63.5263: 0.150}
# Synchronous firing in layer 5, change of the EPSP (%) and its standard error, 15 trains of 5 pairs (50 pairs
# at 0.1 Hz), by frequency (Hz): Sjöström, Turrigiano & Nelson 2001, Neuron 32:1149, Fig. 7D; values of
# the authors' data page.
SYNCHRONOUS = {0.1: (-8.99, 13.91), 20: (-23.92, 9.94), 40: (-7.11, 3.84), 100: (24.46, 6.36)}
# A share P̄(0) of the intervals, 2 ms and an exponential rest, is shorter than 16 ms; rates of the latter.
PREDICTED_HZ = [-np.log(1 - p) / 0.014 for p in (0.3, 0.5)]


def figures(data, summary):
    """Draw the weight changes of the three protocols."""
    drawing = plotting.figure(plotting.PAGE, 2.5)
    axes = plotting.panels(drawing, 1, 3)[0]
    draw_periodic(axes[0], data)
    draw_random(axes[1], data["poisson"], "rate", "start_p", "P̄ at first {:.0%}", PREDICTED_HZ)
    draw_random(axes[2], data["bursting"], "share", "event_rate", "events at {:.0f} Hz", [0.2])
    axes[1].set(xlabel="Rate without refractoriness (Hz)")
    axes[2].set(xlabel="Burst probability")
    for panel, text in zip(axes, ("Periodic", "Poisson", "Burst-Poisson"), strict=True):
        plotting.title(panel, text)
    return {"pairing": drawing}


def draw_periodic(axes, data):
    """Draw the periodic protocol beside the published values and synchronous firing in slices."""
    zero(axes)
    axes.plot(data["frequency"], data["periodic"], color=BLUE, linewidth=LINE, label="model")
    axes.plot(*zip(*PUBLISHED.items(), strict=True), "ko", markersize=4, label="published program")
    percent, error = np.transpose(list(SYNCHRONOUS.values()))
    right = axes.twinx()
    dress(right)
    right.spines["right"].set_visible(True)
    right.errorbar(list(SYNCHRONOUS), percent, error, fmt="s", color=GREY, markersize=3, elinewidth=0.8)
    axes.plot([], [], "s", color=GREY, markersize=3, label="slices (right)")
    axes.set(xlabel="Pairing frequency (Hz)", ylabel="Weight change ΔW", ylim=(-0.7, 0.7))
    right.set(ylim=(-45, 45))
    right.set_ylabel("Change of the EPSP (%)", color=GREY, fontsize=NORMAL)
    plotting.legend(axes, loc="upper left")


def draw_random(axes, changes, along, other, label, predicted):
    """Draw the mean over realisations and its standard error, and where it should change its sign."""
    zero(axes)
    axes.plot(predicted, np.zeros(len(predicted)), "kv", markersize=4, label="predicted change of sign")
    mean, error = changes.mean("copy"), changes.std("copy") / np.sqrt(changes.sizes["copy"])
    for colour, value in zip(COLOURS, changes[other].values, strict=False):
        one, width = mean.sel({other: value}), error.sel({other: value})
        axes.fill_between(changes[along], one - width, one + width, color=colour, alpha=0.25, linewidth=0)
        axes.plot(changes[along], one, color=colour, linewidth=LINE, label=label.format(value))
    plotting.legend(axes, loc="upper left")
