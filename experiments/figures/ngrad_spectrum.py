"""How the figures of `ngrad.py` name and colour the rules; its spectrum, from feedback to speed."""

import numpy as np
from matplotlib.lines import Line2D

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, GREEN, GREY, ORANGE, SMALL, THIN, dress
from measures.ngrad import angle_learning, epochs_to, verdict

FEEDBACK = {"none": GREY, "scalar": ORANGE, "vector": BLUE, "exact": GREEN}
SHORT = {"propagation": "prop.", "perturbation": "pert.", "difference": "diff.", "alignment": "align."}


def colours(data):
    """Return the colour of each rule: that of its feedback."""
    return [FEEDBACK[str(kind)] for kind in data.feedback.values]


def short(name):
    """Return a rule's name with the long words cut."""
    return " ".join(SHORT.get(word, word) for word in str(name).split("_"))


def spectrum(data):
    """Draw the precision of each rule's feedback against how fast it learns, numbered as in the list."""
    drawing = plotting.figure(plotting.PAGE, 4.1)
    axes, names = drawing.subplots(1, 2, width_ratios=[2.4, 1])
    dress(axes)
    angle = np.degrees([float(angle_learning(data.sel(rule=name))) for name in data.rule.values])
    epochs = np.array([epochs_to(data.sel(rule=name), 0.1) for name in data.rule.values])
    reached = np.isfinite(epochs)
    speed = np.where(reached, 1 / np.where(reached, epochs, 1), 0.4 / float(data.epochs[-1]))
    axes.set_yscale("log")
    axes.set(xlim=(97, -8), ylim=(speed.min() * 0.6, speed.max() * 2))
    axes.set(xlabel="Angle between learning and the gradient (°): feedback more precise →")
    axes.set(ylabel="Learning speed (1/epochs to 10 % test error)", xticks=range(0, 91, 15))
    filled = [colour if done else "white" for colour, done in zip(colours(data), reached, strict=True)]
    axes.scatter(angle, speed, s=20, c=filled, edgecolors=colours(data), linewidths=1, zorder=3)
    if not reached.all():
        axes.axhline(0.63 / float(data.epochs[-1]), color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
        text, at = f"not within {float(data.epochs[-1]):.0f} epochs", 0.58 / float(data.epochs[-1])
        axes.text(-7, at, text, va="top", ha="right", fontsize=SMALL, color=GREY)
    _number(axes, angle, speed, colours(data))
    marks = [
        Line2D([], [], marker="o", linestyle="", color=c, label=f"feedback: {k}") for k, c in FEEDBACK.items()
    ]
    plotting.legend(axes, handles=marks, loc="center", bbox_to_anchor=(0.65, 0.3), markerscale=0.6)
    _list(names, data)
    return drawing


def _number(axes, x, y, colours):
    """Write 1, 2, ... beside the points, moved apart where they would cover each other."""
    axes.figure.draw_without_rendering()
    points = axes.transData.transform(np.column_stack([x, y]))
    places = points + np.array([0, 9])
    for _ in range(200):
        for others, gap in ((places, 11), (points, 8)):
            away = places[:, np.newaxis] - others[np.newaxis]
            distance = np.linalg.norm(away, axis=2) + 1e-9
            push = np.where(distance < gap, (gap - distance) / 2, 0)
            jitter = np.where(distance[..., np.newaxis] < 1e-3, 0, away / distance[..., np.newaxis])
            places = places + np.sum(push[..., np.newaxis] * jitter, axis=1)
    inverse = axes.transData.inverted()
    for k, (point, place) in enumerate(zip(points, places, strict=True), 1):
        axes.annotate(
            str(k), inverse.transform(point), inverse.transform(place), ha="center", va="center",
            fontsize=SMALL, color=colours[k - 1],
            arrowprops=dict(arrowstyle="-", linewidth=0.4, color=GREY, shrinkA=3, shrinkB=2),
        )  # fmt: skip


def _list(axes, data):
    """List the rules by number, with their test accuracies, or how they failed."""
    axes.set_axis_off()
    accuracy = 1 - data.test_error.isel(moment=-1).mean("seed").values
    for k, (name, colour) in enumerate(zip(data.rule.values, colours(data), strict=True)):
        at = 1 - (k + 1.5) / (data.sizes["rule"] + 1.5)
        axes.text(0.06, at, str(k + 1), fontsize=SMALL, color=colour, ha="right")
        axes.text(0.1, at, short(name), fontsize=SMALL, color=colour)
        failed = verdict(data.sel(rule=name))
        text, weight = (failed, "bold") if failed else (f"{accuracy[k]:.3f}", "normal")
        axes.text(1, at, text, fontsize=SMALL, ha="right", fontweight=weight)
    axes.text(1, 1 - 0.5 / (data.sizes["rule"] + 1.5), "accuracy", fontsize=SMALL, ha="right", color=GREY)
