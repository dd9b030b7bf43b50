"""Figure of `biology_ladder.py`: accuracy with and without feedback, and angles, step by step."""

import numpy as np

from dendritic_bp import plotting


def figures(data, summary):
    """Draw test accuracies of each step, and the angle of the hidden layer over training."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    left, right = plotting.panels(drawing, 1, 2)[0]
    names = [str(name).replace("_", "\n") for name in data.step.values]
    places = np.arange(len(names))
    for shift, name, label in (
        (-0.2, "test_accuracy", "feedback learned"),
        (0.2, "test_accuracy_feedback_zero", "feedback cut"),
    ):
        left.bar(places + shift, data[name].values, width=0.36, label=label)
    left.set_xticks(places, names, fontsize="x-small")
    lowest = min(data.test_accuracy.min(), data.test_accuracy_feedback_zero.min())
    left.set(ylabel="Test accuracy", ylim=(max(0, float(lowest) - 0.1), 1))
    left.legend(fontsize="x-small")
    for step in data.step.values:
        angles = data.angle_deg.sel(step=step, layer="hidden1").values
        right.plot(data.probe_epoch.values, angles, marker=".", label=str(step).replace("_", " "))
    right.axhline(90, color="grey", linewidth=0.5)
    right.set(xlabel="Epoch", ylabel="Angle to the gradient, hidden (deg)", ylim=(30, 110))
    right.legend(fontsize="x-small")
    return {"ladder": drawing}
