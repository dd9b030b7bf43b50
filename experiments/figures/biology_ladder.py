"""Figure of `biology_ladder.py`: accuracy with and without feedback, and angles, step by step."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, SMALL, level

CHANCE = 0.1  # of ten classes
BARS = {"test_accuracy": ("feedback learned", BLUE), "test_accuracy_feedback_zero": ("feedback cut", GREY)}


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> dict[str, Figure]:
    """Draw test accuracies of each step, and the angle of the hidden layer over training."""
    drawing = plotting.figure(plotting.PAGE, 3.0)
    left, right = plotting.panels(drawing, 1, 2, width_ratios=(7, 5))[0]
    steps = [str(name) for name in data.step.values]
    places = np.arange(len(steps))
    for shift, (name, (label, colour)) in zip((-0.2, 0.2), BARS.items(), strict=True):
        left.bar(places + shift, data[name].values, width=0.36, color=colour, label=label)
    level(left, CHANCE, "chance")
    left.set_xticks(places, [step.replace("_", "\n") for step in steps], fontsize=SMALL)
    left.set(ylabel="Test accuracy", ylim=(0, 1), xlim=(-0.6, len(steps) + 0.2))  # room for "chance"
    for step, colour in zip(steps, COLOURS, strict=False):
        angles = data.angle_deg.sel(step=step, layer="hidden1").values
        label = step.replace("_", " ")
        right.plot(data.probe_epoch.values, angles, ".-", color=colour, linewidth=LINE, label=label)
    level(right, 90, "chance", side="left")
    right.set(xlabel="Epoch", ylabel="Angle to the gradient, hidden (deg)", ylim=(30, 120))
    for axes, columns in ((left, 2), (right, 3)):
        plotting.legend(axes, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=columns)
    return {"ladder": drawing}
