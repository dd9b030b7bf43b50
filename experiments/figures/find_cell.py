"""Figure of `find_cell.py`: how the search went, and the code of the winner."""

import numpy as np

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, SMALL


def figures(data, summary):
    """Draw the best and the median score of each round, and event rates and bursts of the winner."""
    drawing = plotting.figure(plotting.PAGE, 2.5)
    axes = plotting.panels(drawing, 1, 3)[0]
    rounds = np.arange(1, data.sizes["round"] + 1)
    best = np.minimum.accumulate(data["score"].min("candidate").values)
    look = dict(linewidth=LINE, marker="o", markersize=3)
    axes[0].plot(rounds, best, color=BLUE, label="best so far", **look)
    axes[0].plot(rounds, data["score"].median("candidate").values, color=GREY, label="median", **look)
    axes[0].set(xlabel="Round", ylabel="Score (to be small)", yscale="log", xticks=rounds)
    plotting.legend(axes[0], loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    labels = ("Event rate (Hz)", "Burst probability")
    for axis, name, label in zip(axes[1:], ("event_rate", "burst_probability"), labels, strict=True):
        for row, colour in zip(data[name].values, COLOURS, strict=False):
            axis.plot(data["dendrite"].values * 1e12, row, color=colour, linewidth=LINE)
        axis.set(xlabel="Current into the dendrite (pA)", ylabel=label, ylim=(0, None))
    first = [f"{rate:.0f} Hz" for rate in data["event_rate"].values[:, 0]]
    plotting.legend(
        drawing, handles=axes[1].lines, labels=first, loc="outside upper right", ncols=5,
        title="somatic current, by the event rate at first", title_fontsize=SMALL,
    )  # fmt: skip
    return {"find_cell": drawing}
