"""The figures of `teachers.py`: the ladder of read-outs, learning, angles, and digits as they are rebuilt."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, ORANGE, SMALL, level

LOOKS = {"learning": BLUE, "hidden frozen": GREY, "feedback zero": ORANGE}
READ = {
    "read_out": "Test images read out of hidden cells",
    "pixels": "Variance of pixels read out of hidden cells",
}
OWN = dict(
    label="Validation accuracy (one trial)",
    reward="Validation accuracy (one trial)",
    reconstruction="Variance of pixels rebuilt (one trial)",
)


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run; rebuilt digits, if there was reconstruction."""
    drawings = {
        "ladder": lambda: _ladder(data, summary),
        "learning": lambda: _learning(data),
        "angles": lambda: _angles(data),
    }
    if "shown_rebuilt" in data:
        drawings["reconstructions"] = lambda: _reconstructions(data)
    return Drawings(drawings)


def _ladder(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show what both read-outs find, by teacher, and in controls."""
    drawing = plotting.figure(plotting.PAGE, 2.8)
    names = [str(name) for name in data.teacher.values]
    places = np.arange(len(names))
    for axes, (key, label) in zip(plotting.panels(drawing, 1, 2)[0], READ.items(), strict=True):
        for shift, (run, colour) in zip((-0.15, 0, 0.15), LOOKS.items(), strict=True):
            heights = data[key].sel(run=run).values
            axes.plot(places + shift, heights, "o", color=colour, label=run)
        axes.set_xticks(places, names)
        axes.set(ylabel=label, xlim=(-0.5, len(names) - 0.5))
        plotting.legend(axes, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
        if key == "read_out":
            level(axes, summary["linear_classifier_test_accuracy"], "read out of the pixels", side="left")
    return drawing


def _learning(data: xr.Dataset) -> Figure:
    """Show what each teacher asks for, over training."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    names = [str(name) for name in data.teacher.values]
    epochs = np.arange(1, data.sizes["epoch"] + 1)
    for axes, name in zip(plotting.panels(drawing, 1, len(names))[0], names, strict=True):
        for run, colour in LOOKS.items():
            axes.plot(
                epochs, data.own.sel(teacher=name, run=run), ".-", color=colour, linewidth=LINE, label=run
            )
        if name == "reward":
            axes.plot(epochs, data.rewarded, color=COLOURS[2], linewidth=LINE, label="reward, training")
        plotting.title(axes, name)
        axes.set(xlabel="Epoch", ylabel=OWN[name], ylim=(0, 1))
        axes.xaxis.get_major_locator().set_params(integer=True)
        plotting.legend(axes, loc="lower right")
    return drawing


def _angles(data: xr.Dataset) -> Figure:
    """Show the angle of both layers to the gradient of what each teacher asks for."""
    drawing = plotting.figure(plotting.PAGE, 2.6)
    panels = plotting.panels(drawing, 1, data.sizes["layer"], sharey=True)[0]
    for axes, layer in zip(panels, data.layer.values, strict=True):
        for name, colour in zip(data.teacher.values, COLOURS, strict=False):
            angles = data.angle_deg.sel(teacher=name, layer=layer).values
            axes.plot(data.probe_epoch, angles, ".-", color=colour, linewidth=LINE, label=str(name))
        level(axes, 90, "chance")
        plotting.title(axes, str(layer))
        axes.set(xlabel="Epoch", ylim=(0, plotting.highest_angle(data.angle_deg.values)))
        plotting.legend(axes, loc="lower right")
    panels[0].set_ylabel("Angle to the gradient (deg)")
    return drawing


def _reconstructions(data: xr.Dataset) -> Figure:
    """Show a test image of each class, and what the output cells make of it."""
    rows = {"image": data.shown_image.values}
    rows |= {run: data.shown_rebuilt.sel(run=run).values for run in LOOKS}
    side = int(np.sqrt(data.sizes["pixel"]))
    drawing = plotting.figure(plotting.PAGE, 0.72 * len(rows))
    axes = plotting.panels(drawing, len(rows), data.sizes["shown"])
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for panel, image in zip(line, images, strict=True):
            panel.imshow(image.reshape(side, side), cmap="gray_r", vmin=0, vmax=1.2, interpolation="nearest")
            panel.set(xticks=[], yticks=[])
        line[0].set_ylabel(name.replace(" ", "\n"), rotation=0, ha="right", va="center", fontsize=SMALL)
    return drawing
