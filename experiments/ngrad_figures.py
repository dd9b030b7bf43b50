"""The figures of `ngrad.py`, drawn from the data of a run alone."""

import numpy as np
from matplotlib.lines import Line2D
from ngrad_meter import angle_learning, epochs_to

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, GREEN, GREY, LINE, NORMAL, ORANGE, SMALL, THIN, dress

FEEDBACK = {"none": GREY, "scalar": ORANGE, "vector": BLUE, "exact": GREEN}
PUBLISHED = {
    "feedback_alignment": 34.9,
    "kolen_pollack": 3.1,
}  # degrees at the end, Akrout et al. 2019, MNIST
SHORT = {"propagation": "prop.", "perturbation": "pert.", "difference": "diff.", "alignment": "align."}
COLUMNS, PALE, LEAST = 6, "#DDE1E5", 1e-3  # the least cosine drawn


def figures(data, summary):
    """Draw all figures of a run."""
    drawn = {"spectrum": spectrum(data), "angles": angles(data), "compute": compute(data)}
    if "size" in data.dims:
        drawn |= size(data) | depth(data)
    return drawn


def colours(data):
    """Return the colour of each rule: that of its feedback."""
    return [FEEDBACK[str(kind)] for kind in data.feedback.values]


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
    plotting.legend(axes, handles=marks, loc="upper left", markerscale=0.6)
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
    """List the rules by number, with their test accuracies."""
    axes.set_axis_off()
    accuracy = 1 - data.test_error.isel(moment=-1).mean("seed").values
    for k, (name, colour) in enumerate(zip(data.rule.values, colours(data), strict=True)):
        at = 1 - (k + 1.5) / (data.sizes["rule"] + 1.5)
        axes.text(0.06, at, str(k + 1), fontsize=SMALL, color=colour, ha="right")
        axes.text(0.1, at, _short(name), fontsize=SMALL, color=colour)
        axes.text(1, at, f"{accuracy[k]:.3f}", fontsize=SMALL, ha="right")
    axes.text(1, 1 - 0.5 / (data.sizes["rule"] + 1.5), "accuracy", fontsize=SMALL, ha="right", color=GREY)


def gallery(data, draw, **shared):
    """Draw one small panel per rule: `draw(axes, rule)`."""
    rows = -(-data.sizes["rule"] // COLUMNS)
    drawing = plotting.figure(plotting.PAGE, 0.5 + 1.25 * rows)
    axes = plotting.panels(drawing, rows, COLUMNS, sharex=True, sharey=True)
    for panel, name, colour in zip(axes.flat, data.rule.values, colours(data), strict=False):
        draw(panel, name, colour)
        plotting.title(panel, _short(name), fontsize=6, pad=3, color=colour)
        panel.set(**shared)
    for panel in axes.flat[data.sizes["rule"] :]:
        panel.set_axis_off()
    for k in range(COLUMNS):
        last = (data.sizes["rule"] - 1 - k) // COLUMNS
        if last >= 0:
            axes[last, k].tick_params(labelbottom=True)
    return drawing


def _short(name):
    """Return a rule's name with the long words cut."""
    return " ".join(SHORT.get(word, word) for word in str(name).split("_"))


def angles(data):
    """Draw the angles of the first hidden layer and of the output over training, one panel per rule."""
    shown = data.isel(moment=np.isfinite(data.angle_hidden).any(("rule", "seed")).values)
    lines = {"output": ("--", 0.8), **{str(layer): ("-", LINE) for layer in data.layer.values[:-1]}}

    def draw(panel, name, colour):
        panel.axhline(90, color=GREY, linewidth=THIN)
        for layer, (dash, width) in lines.items():
            degrees = np.degrees(shown.angle.sel(rule=name, layer=layer).mean("seed"))
            panel.plot(shown.epochs[1:], degrees[1:], dash, color=colour, linewidth=width)
        if name in PUBLISHED:
            panel.plot(float(shown.epochs[-1]), PUBLISHED[name], "k*", markersize=5, clip_on=False)

    drawing = gallery(data, draw, xscale="log", ylim=(0, 120), yticks=(0, 45, 90))
    drawing.supxlabel(
        "Epoch   (solid: hidden layers; dashed: output; line: chance; star: Akrout et al. 2019)",
        fontsize=NORMAL,
    )
    drawing.supylabel("Angle to the negative gradient (°)", fontsize=NORMAL)
    return drawing


def compute(data):
    """Draw the test error over multiply-accumulates; in each panel the other rules in grey."""
    error = data.test_error.mean("seed")
    macs = data.macs.isel(seed=0)

    def draw(panel, name, colour):
        for other in data.rule.values:
            panel.plot(
                macs.sel(rule=other)[1:],
                100 * error.sel(rule=other)[1:],
                color=PALE,
                linewidth=THIN,
                zorder=0,
            )
        panel.plot(macs.sel(rule=name)[1:], 100 * error.sel(rule=name)[1:], color=colour, linewidth=LINE)
        for level in (5, 10):
            panel.axhline(level, color=GREY, linewidth=0.4, linestyle=(0, (4, 3)))

    drawing = gallery(
        data,
        draw,
        xscale="log",
        yscale="log",
        ylim=(1.5, 100),
        yticks=(2, 5, 10, 50),
        yticklabels=("2", "5", "10", "50"),
    )
    drawing.supxlabel("Multiply-accumulates   (grey: the other rules)", fontsize=NORMAL)
    drawing.supylabel("Test error (%)", fontsize=NORMAL)
    return drawing


def size(data):
    """Draw the cosine of the angle, and the error after a short training, over the number of parameters."""
    x, label = data.size_parameters, "Parameters of the network, one hidden layer"

    def cosine(panel, name, colour):
        one = np.cos(data.size_angle.sel(rule=name))
        panel.plot(x, np.sqrt(20 / x), color=GREY, linewidth=THIN)
        panel.plot(x, np.maximum(one, LEAST), "o-", color=colour, linewidth=LINE, markersize=2)

    precision = gallery(
        data, cosine, xscale="log", yscale="log", ylim=(LEAST / 2, 2), yticks=(0.001, 0.01, 0.1, 1)
    )
    precision.supxlabel(f"{label}   (grey: 1/√parameters; least drawn: 0.001)", fontsize=NORMAL)
    precision.supylabel("Cosine of the angle to the gradient", fontsize=NORMAL)
    return {"size": precision, "size_error": _error_over(data, x, "size", label, xscale="log")}


def depth(data):
    """Draw the angle of the first hidden layer, and the error after a short training, over depth."""
    label = "Hidden layers of 100"

    def degrees(panel, name, colour):
        panel.axhline(90, color=GREY, linewidth=THIN)
        one = np.degrees(data.depth_angle.sel(rule=name))
        panel.plot(data.depth, one, "o-", color=colour, linewidth=LINE, markersize=2)

    angle = gallery(data, degrees, ylim=(0, 120), yticks=(0, 45, 90), xticks=data.depth.values)
    angle.supxlabel(f"{label}   (line: chance)", fontsize=NORMAL)
    angle.supylabel("Angle of the first layer to the gradient (°)", fontsize=NORMAL)
    return {
        "depth": angle,
        "depth_error": _error_over(data, data.depth, "depth", label, xticks=data.depth.values),
    }


def _error_over(data, x, along, label, **shared):
    """Draw the test error over size or depth; in each panel the other rules in grey."""
    error = 100 * data[f"{along}_error"]

    def draw(panel, name, colour):
        panel.plot(x, error.T, color=PALE, linewidth=THIN, zorder=0)
        panel.plot(x, error.sel(rule=name), "o-", color=colour, linewidth=LINE, markersize=2)

    drawing = gallery(data, draw, ylim=(0, 100), yticks=(0, 50, 100), **shared)
    drawing.supxlabel(f"{label}   (grey: the other rules)", fontsize=NORMAL)
    drawing.supylabel("Test error after a short training (%)", fontsize=NORMAL)
    return drawing
