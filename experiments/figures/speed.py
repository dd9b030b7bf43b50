"""The figures of `speed.py`, drawn from the data of a run alone."""

from collections.abc import Mapping
from functools import partial

import xarray as xr
from matplotlib.figure import Figure

from dendritic_bp import plotting
from dendritic_bp.figure_files import Drawings
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, ORANGE, SMALL, level

PUBLISHED = 0.284  # s of processor time per simulated second, idle: the published program [P21]
SHOWN = 16  # code objects


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw the figures of the cases that were timed."""
    timed = {"parts": ("share", _parts), "growth": ("cost_of_cells", _growth)}
    return Drawings(
        {name: partial(draw, data, summary) for name, (needed, draw) in timed.items() if needed in data}
    )


def _parts(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the cost of the network beside Brian2 alone and the limit, and what each code object costs."""
    drawing = plotting.figure(plotting.PAGE, 3.2)
    left, right = plotting.panels(drawing, 1, 2, width_ratios=[1, 2])[0]
    bars = {"here": "cost", "single": "cost_single", "Brian2": "peer", "limit": "limit"}
    for place, (name, colour) in enumerate(zip(bars.values(), (BLUE, BLUE, ORANGE, GREY), strict=True)):
        left.bar(place, data[name].median(), color=colour, width=0.6)
        left.plot([place] * data.sizes["repeat"], data[name], ".", color="black", markersize=3)
    level(left, PUBLISHED, "published program, idle", color="black")
    left.set_xticks(range(len(bars)), list(bars))
    left.set(ylabel="Processor s per simulated s", ylim=(0, 1.15 * max(PUBLISHED, float(data.peer.max()))))
    plotting.title(
        left,
        f"{summary['xor_ratio_to_plain_brian2']:.1f} times faster than Brian2 alone\n"
        f"({summary['xor_single_ratio_to_plain_brian2']:.1f} in single precision)",
    )
    shown = data.isel(code_object=slice(0, SHOWN))
    colours = dict(zip(dict.fromkeys(data.part.values), COLOURS, strict=False))
    places = range(shown.sizes["code_object"])
    right.barh(places, 100 * shown.share, color=[colours[part] for part in shown.part.values])
    right.set_yticks(places, [str(name) for name in shown.code_object.values], fontsize=SMALL)
    right.invert_yaxis()
    right.set_xlabel("Share of the time of all code objects (%)")
    for part, colour in colours.items():
        share = summary[f"{part}_share"]
        right.barh([0], [0], color=colour, label=f"{part}, {100 * share:.0f} % in all")
    plotting.legend(right, loc="lower right")
    return drawing


def _growth(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the cost against the size."""
    drawing = plotting.figure(plotting.PAGE, 2.4)
    for axes, what in zip(plotting.panels(drawing, 1, 2)[0], ("cells", "synapses"), strict=True):
        axes.loglog(data[what], data[f"cost_of_{what}"], "o-", color=BLUE, linewidth=LINE, markersize=4)
        axes.set(xlabel=what.capitalize(), ylabel="Processor s per simulated s", ylim=(0.02, 20))
        plotting.title(axes, f"slope {summary[f'slope_{what}']:.2f}")
    return drawing
