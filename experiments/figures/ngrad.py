"""The figures of `ngrad.py`, drawn from the data of a run alone: galleries, one small panel per rule."""

import numpy as np

from dendritic_bp import plotting
from dendritic_bp.style import GREY, LINE, NORMAL, THIN
from figures.ngrad_spectrum import colours, short, spectrum
from measures.ngrad import verdict

PUBLISHED = {"feedback_alignment": 34.9, "kolen_pollack": 3.1}  # final degrees on MNIST, Akrout et al. 2019
COLUMNS, PALE, LEAST = 6, "#DDE1E5", 1e-3  # the least cosine drawn


def figures(data, summary):
    """Draw all figures of a run."""
    drawn = {"spectrum": spectrum(data), "angles": angles(data), "compute": compute(data)}
    if "size" in data.dims:
        drawn |= size(data) | depth(data)
    return drawn


def gallery(data, draw, **shared):
    """Draw one small panel per rule: `draw(axes, rule)`."""
    rows = -(-data.sizes["rule"] // COLUMNS)
    drawing = plotting.figure(plotting.PAGE, 0.5 + 1.25 * rows)
    axes = plotting.panels(drawing, rows, COLUMNS, sharex=True, sharey=True)
    for panel, name, colour in zip(axes.flat, data.rule.values, colours(data), strict=False):
        draw(panel, name, colour)
        failed = verdict(data.sel(rule=name))
        text, weight = (f"{short(name)}\n{failed}", "bold") if failed else (short(name), "normal")
        plotting.title(panel, text, fontsize=6, pad=3, color=colour, fontweight=weight)
        panel.set(**shared)
    for panel in axes.flat[data.sizes["rule"] :]:
        panel.set_axis_off()
    for k in range(COLUMNS):
        last = (data.sizes["rule"] - 1 - k) // COLUMNS
        if last >= 0:
            axes[last, k].tick_params(labelbottom=True)
    return drawing


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
            panel.plot(float(data.epochs[-1]), PUBLISHED[name], "k*", markersize=5, clip_on=False)

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
    drawing.supxlabel(
        "Multiply-accumulates   (grey: the other rules; dashed: errors of 5 and 10 %)", fontsize=NORMAL
    )
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
