"""Figure of `find_cell.py`: how the search went, and the code of the winner."""

import numpy as np

from dendritic_bp import plotting


def figures(data, summary):
    """Draw the best and the median score of each round, and event rates and bursts of the winner."""
    drawing = plotting.figure(plotting.PAGE, 2.2)
    axes = plotting.panels(drawing, 1, 3)[0]
    rounds = np.arange(1, data.sizes["round"] + 1)
    axes[0].plot(rounds, np.minimum.accumulate(data["score"].min("candidate").values), label="best so far")
    axes[0].plot(rounds, data["score"].median("candidate").values, label="median")
    axes[0].set(xlabel="Round", ylabel="Score", yscale="log")
    axes[0].legend()
    for axis, name, label in zip(
        axes[1:], ("event_rate", "burst_probability"), ("Event rate (Hz)", "Burst probability"), strict=True
    ):
        axis.plot(data["dendrite"].values * 1e12, data[name].values.T)
        axis.set(xlabel="Current into the dendrite (pA)", ylabel=label, ylim=(0, None))
    return {"find_cell": drawing}
