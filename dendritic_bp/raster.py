"""Panels with time on the x-axis: spikes of layers of cells, and voltages of single cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.spike_image import spike_image
from dendritic_bp.style import BLUE, FAINT, GREEN, GREY, LINE, ORANGE, SHADE, SMALL, THIN, WINE, legend, title
from dendritic_bp.trains import Trains

EVENT, BURST, OPPOSITE, FURTHER = BLUE, ORANGE, WINE, GREY
SOMA, APICAL = "black", GREEN
MOST = 5000  # spikes of a panel that are drawn as vectors; more are an image in all formats
GAP, GAPS = 0.04, 0.16  # between two layers, and in all at the most, in shares of the panel
SMALLEST, SMALL_ONES = 0.15, 0.6  # share that a layer has at least, however few its cells, and all such ones
PIXELS = 150  # an inch, in the image of a dense layer

Interval = tuple[float, float]
Spikes = tuple[ArrayLike, ArrayLike]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """Hold the spikes of a population, each kind as (times in s, cells).

    `bursts` are second spikes of bursts, `opposite` those of bursts of the other kind, where there are two,
    and `further` what follows in a burst. `what` names a tick of the layer's colour in the legend.
    """

    name: str
    size: int
    events: Spikes
    bursts: Spikes = ((), ())
    opposite: Spikes = ((), ())
    further: Spikes = ((), ())
    colour: str = EVENT
    what: str = "event"
    dense: bool = False  # thousands of cells: an image, the most active at the bottom

    @classmethod
    def of(cls, name: str, trains: Trains, **look: Any) -> Layer:
        """Return the layer with all spikes of a population; `look` may hold `colour`, `what` and `dense`."""
        if "event" not in trains.kinds:
            return cls(name, trains.size, trains.spikes(), **{"what": "spike", **look})
        events, bursts = trains.of_kind("event"), trains.of_kind("burst", 1)
        opposite = ((), ()) if trains.signs is None else trains.of_kind("burst", -1)
        return cls(name, trains.size, events, bursts, opposite, trains.further(), **look)

    def marks(self, window: Interval) -> list[Mark]:
        """Return what is drawn within a window (s), in this order."""
        one = "burst, potentiating" if np.size(self.opposite[0]) else "burst"
        kinds = (
            ("further spike of a burst", FURTHER, self.further),
            (self.what, self.colour, self.events),
            (one, BURST, self.bursts),
            ("burst, depressing", OPPOSITE, self.opposite),
        )
        return [Mark(what, colour, *_inside(spikes, window)) for what, colour, spikes in kinds]

    def silent(self, window: Interval) -> NDArray[np.int64]:
        """Return the cells without a spike within a window (s)."""
        active = np.concatenate([mark.cells for mark in self.marks(window)])
        return np.setdiff1d(np.arange(self.size), active)


class Mark(NamedTuple):
    """Hold spikes of one kind: what the legend calls them, their colour, times (s) and cells."""

    what: str
    colour: str
    times: Floats
    cells: NDArray[np.int64]


@dataclass(frozen=True)
class _Strip:
    """Hold where in the panel a layer is drawn."""

    bottom: float
    height: float
    size: int

    def y(self, cells: ArrayLike) -> Floats:
        return self.bottom + (np.asarray(cells, float) + 0.5) * self.height / self.size


def raster(
    axes: Axes,
    layers: Sequence[Layer],
    window: Interval,
    teaching: Sequence[Interval] = (),
    trials: Mapping[float, str] | None = None,
) -> None:
    """Draw all spikes of layers of cells, the first layer at the bottom, within a window (s).

    `teaching` intervals (s) are shaded, cells silent in the window are tinted, and `trials` sets a line and a
    text where a trial begins (s). The legend names what is there. In formats of vectors, spikes are vectors
    if there are not more than MOST.
    """
    strips = _strips([layer.size for layer in layers])
    _teaching(axes, teaching, window)
    marks = [mark for layer in layers if not layer.dense for mark in layer.marks(window)]
    many = sum(mark.times.size for mark in marks) > MOST
    for layer, strip in zip(layers, strips, strict=True):
        if layer.dense:
            _draw_image(axes, layer, strip, window)
        else:
            _draw(axes, layer, strip, window, rasterized=many)
    _names(axes, layers, strips)
    _trials(axes, trials or {}, window)
    _time_axis(axes, window)
    _raster_legend(axes, layers, window, bool(teaching))


def traces(
    axes: Sequence[Axes],
    times: ArrayLike,
    soma: ArrayLike,
    apical: ArrayLike,
    names: Sequence[str],
    spikes: Sequence[ArrayLike] | None = None,
    teaching: Sequence[Interval] = (),
) -> None:
    """Draw the somatic and apical voltages (V) of cells over time (s), one per axes, spikes as ticks above.

    `soma` and `apical` have the shape (cells, times); `spikes` holds the spike times (s) of each cell.
    """
    times = np.asarray(times, float)
    trains = [()] * len(names) if spikes is None else spikes
    for panel, v_s, v_d, name, train in zip(
        axes, np.asarray(soma), np.asarray(apical), names, trains, strict=True
    ):
        _teaching(panel, teaching, (times[0], times[-1]))
        _voltages(panel, times, np.asarray(v_s, float), np.asarray(v_d, float), train)
        title(panel, name, pad=8)  # above the ticks
        panel.label_outer()
    shaded = [Patch(color=SHADE, label="teacher on")] * bool(axes[0].patches)
    handles: list[Artist] = [*axes[0].lines[:2], *shaded]
    legend(axes[0].figure, handles=handles, loc="outside upper right", ncols=3)


def _voltages(axes: Axes, times: Floats, v_s: Floats, v_d: Floats, train: ArrayLike) -> None:
    window = (times[0], times[-1])
    shown, _ = _from_start(times, window)
    axes.plot(shown, v_d * 1e3, color=APICAL, linewidth=LINE, label="apical dendrite")
    axes.plot(shown, v_s * 1e3, color=SOMA, linewidth=LINE * 0.75, label="soma")
    ticks, _ = _from_start(_within(train, window), window)
    if ticks.size:  # an empty line outside the axes would break the layout
        above = axes.get_xaxis_transform() + ScaledTranslation(0, 3 / 72, axes.figure.dpi_scale_trans)
        axes.plot(ticks, np.ones(ticks.size), "|", color=SOMA, markersize=4, transform=above, clip_on=False)
    axes.set_ylabel("Voltage (mV)")
    _time_axis(axes, window)


def _strips(sizes: Sequence[int]) -> list[_Strip]:
    """Share the height among the layers by their sizes, small ones enlarged."""
    n = len(sizes)
    gap = min(GAP, GAPS / n)
    shares = np.maximum(np.asarray(sizes, float) / sum(sizes), min(SMALLEST, SMALL_ONES / n))
    heights = shares / shares.sum() * (1 - gap * (n - 1))
    bottoms = np.cumsum(heights + gap) - heights - gap
    return [_Strip(*strip) for strip in zip(bottoms, heights, sizes, strict=True)]


def _draw(axes: Axes, layer: Layer, strip: _Strip, window: Interval, rasterized: bool) -> None:
    row = strip.height / strip.size * axes.bbox.height * 72 / axes.figure.dpi  # points
    across = axes.get_yaxis_transform()
    axes.hlines(
        strip.y(layer.silent(window)), 0, 1, transform=across, colors=FAINT, linewidths=row, zorder=0.5
    )
    length, width = np.clip(2.5 * row, 0.7, 6), np.clip(0.4 + 0.5 * row, 0.4, 1)  # of a tick, in points
    for what, colour, times, cells in layer.marks(window):
        shown, _ = _from_start(times, window)
        mew = width * (1.3 if what.startswith("burst") else 1)
        axes.plot(shown, strip.y(cells), "|", c=colour, ms=length, mew=mew, rasterized=rasterized)


def _draw_image(axes: Axes, layer: Layer, strip: _Strip, window: Interval) -> None:
    per_inch = PIXELS / axes.figure.dpi
    rows = int(axes.bbox.height * strip.height * per_inch)
    shape = (min(rows, layer.size), int(axes.bbox.width * per_inch))
    spikes = [(mark.times, mark.cells, mark.colour) for mark in layer.marks(window)]
    (start, stop), _ = _from_start(window, window)
    extent = (start, stop, strip.bottom, strip.bottom + strip.height)
    image = spike_image(spikes, layer.size, window, shape, FAINT)
    axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="nearest")


def _names(axes: Axes, layers: Sequence[Layer], strips: Sequence[_Strip]) -> None:
    middles = [strip.bottom + strip.height / 2 for strip in strips]
    axes.set_yticks(middles, [f"{layer.name}\n{layer.size} cells" for layer in layers])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-GAP / 3, 1 + GAP / 3)


def _trials(axes: Axes, trials: Mapping[float, str], window: Interval) -> None:
    for start, text in trials.items():
        (x,), _ = _from_start([start], window)
        axes.axvline(x, color=GREY, linewidth=THIN / 2, zorder=0.7, clip_on=False)
        axes.annotate(text, (x, 1), (2, 1), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                      fontsize=SMALL, color=GREY)  # fmt: skip


def _teaching(axes: Axes, teaching: Sequence[Interval], window: Interval) -> None:
    for interval in teaching:
        (start, stop), _ = _from_start(np.clip(interval, *window), window)
        if stop > start:
            axes.axvspan(start, stop, color=SHADE, linewidth=0, zorder=0.3)


def _raster_legend(axes: Axes, layers: Sequence[Layer], window: Interval, teaching: bool) -> None:
    """Name the kinds of spikes that are there, silent cells if there are any, and the teacher."""
    tick: dict[str, Any] = {"marker": "|", "linestyle": "none", "markersize": 6, "markeredgewidth": 1.2}
    drawn = [mark for layer in layers for mark in layer.marks(window) if mark.times.size]
    names = sorted({(mark.what, mark.colour): None for mark in drawn}, key=lambda each: each[1] == FURTHER)
    handles: list[Artist] = [Line2D([], [], color=colour, label=what, **tick) for what, colour in names]
    if any(layer.silent(window).size for layer in layers):
        handles.append(Patch(color=FAINT, label="silent cell"))
    if teaching:
        handles.append(Patch(color=SHADE, label="teacher on"))
    legend(axes.figure, handles=handles, loc="outside upper right", ncols=6)


def _time_axis(axes: Axes, window: Interval) -> None:
    shown, unit = _from_start(window, window)
    axes.set_xlim(*shown)
    axes.set_xlabel(f"Time ({unit})")


def _from_start(times: ArrayLike, window: Interval) -> tuple[Floats, str]:
    """Return times since the start of the window, in ms or, in windows longer than 3 s, in s."""
    since = np.asarray(times, float) - window[0]
    return (since, "s") if window[1] - window[0] > 3 else (since * 1e3, "ms")


def _within(times: ArrayLike, window: Interval) -> Floats:
    times = np.asarray(times, float)
    return times[(times >= window[0]) & (times < window[1])]


def _inside(spikes: Spikes, window: Interval) -> tuple[Floats, NDArray[np.int64]]:
    times, cells = np.asarray(spikes[0], float), np.asarray(spikes[1], np.int64)
    inside = (times >= window[0]) & (times < window[1])
    return times[inside], cells[inside]
