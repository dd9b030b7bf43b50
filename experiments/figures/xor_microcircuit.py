"""The figures of `xor_microcircuit.py`, drawn from the data of a run alone."""

import numpy as np

from dendritic_bp import plotting, trains
from dendritic_bp.style import COLOURS, GREY, LINE, level
from measures.xor import SOLVED

CHANCE = 4 * np.log(2)


def figures(data, summary):
    """Draw learning, what the feedback says, and the spikes of the last trials."""
    learning, spikes = plotting.figure(plotting.PAGE, 2.5), plotting.figure(plotting.PAGE, 3.6)
    axes = plotting.panels(learning, 1, 3)[0]
    draw_cost(axes[0], data)
    draw_rates(axes[1], data)
    draw_teaching(axes[2], data)
    draw_spikes(plotting.panels(spikes)[0, 0], data)
    return {"learning": learning, "raster": spikes}


def draw_cost(axes, data):
    """Draw the cost of each epoch, and its mean over ten."""
    axes.plot(data["epoch"], data["cost"], color=GREY, linewidth=0.4 * LINE, label="each epoch")
    mean = data["cost"].rolling(epoch=10, center=True).mean()
    axes.plot(data["epoch"], mean, color="black", linewidth=LINE, label="mean of ten")
    level(axes, CHANCE, "chance")
    level(axes, SOLVED, "learned below")
    axes.set(xlabel="Epoch", ylabel="Cost of an epoch", ylim=(0, None))
    above(axes, 2)


def draw_rates(axes, data):
    """Draw the event rate of the output for each pattern, averaged over ten epochs."""
    rates = data["output_rate"].rolling(epoch=10, center=True).mean()
    for colour, pattern in zip(COLOURS, data["pattern"].values, strict=False):
        axes.plot(data["epoch"], rates.sel(pattern=pattern), color=colour, linewidth=LINE, label=pattern)
    level(axes, data.attrs["decision_rate_hz"], "decision")
    axes.set(xlabel="Epoch", ylabel="Event rate of the output (Hz)", ylim=(0, float(rates.max()) * 1.15))
    above(axes, 4)


def above(axes, columns):
    """Put the legend above the axes, off all curves."""
    plotting.legend(
        axes,
        loc="lower left",
        bbox_to_anchor=(-0.12, 0.98),
        ncols=columns,
        columnspacing=0.6,
        handlelength=0.9,
    )


def draw_teaching(axes, data):
    """Draw the burst probability while the network is taught, in the first 30 epochs."""
    first = data.sel(epoch=slice(1, 30))
    probability = first["teach_burst_rate"].sum("epoch") / first["teach_event_rate"].sum("epoch")
    x = np.arange(data.sizes["pattern"])
    for k, (colour, population) in enumerate(zip(COLOURS, data["population"].values, strict=False)):
        bars = 100 * probability.sel(population=population)
        axes.bar(x + 0.27 * (k - 1), bars, 0.25, color=colour, label=population)
    axes.set(xticks=x, xticklabels=data["pattern"].values, xlabel="Pattern")
    axes.set_ylabel("Bursts per event while taught,\nepochs 1 to 30 (%)")
    axes.set_ylim(0, None)
    above(axes, 3)


def draw_spikes(axes, data):
    """Draw the spikes of the last trials, after training."""
    trial_s, shown = data.attrs["trial_s"], data["shown"].values
    known = trains.read(data)
    layers = [plotting.Layer.of(str(name), known[str(name)]) for name in data["population"].values]
    names = data["pattern"].values[shown]
    trials = {k * trial_s: name for k, name in enumerate(names)}
    plotting.raster(axes, layers, (0, len(shown) * trial_s), [], trials)
