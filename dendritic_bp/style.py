"""The look of all figures: journal widths, small type, colours that colour-blind readers can tell apart."""

from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

COLUMN, PAGE = 3.4, 7.0  # inches
SMALL, NORMAL = 7, 8  # points
THIN, LINE = 0.6, 1.2  # points
SHOWN_DPI = 110  # in a notebook

# The palette of Okabe & Ito (2008), Color Universal Design.
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
WINE = "#882255"  # of the palette of Tol (2021), where both kinds of burst are shown
COLOURS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY)
GREY, FAINT, SHADE = "#6A6A6A", "#E3E6EA", "#FCEFC9"


class _Shown(Figure):
    """A figure that shows itself in a notebook, whatever the backend."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=SHOWN_DPI)
        return buffer.getvalue()


def figure(width: float = COLUMN, height: float = 2.4) -> Figure:
    """Make an empty figure (inches) whose panels share the space without overlap; a notebook shows it."""
    return _Shown(figsize=(width, height), layout="constrained")


def panels(drawing: Figure, rows: int = 1, columns: int = 1, **grid: Any) -> NDArray[Any]:
    """Add a grid of styled axes and return them as an array (rows, columns)."""
    axes = drawing.subplots(rows, columns, squeeze=False, **grid)
    for panel in axes.flat:
        dress(panel)
    return axes


def dress(axes: Axes) -> None:
    """Give axes thin open spines and small type."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_linewidth(THIN)
    axes.tick_params(labelsize=SMALL, width=THIN, length=2.5, pad=2)
    for text in (axes.xaxis.label, axes.yaxis.label):
        text.set_fontsize(NORMAL)


def title(axes: Axes, text: str, **options: Any) -> None:
    """Write a title in the size of the labels, flush left."""
    axes.set_title(text, **{"loc": "left", "fontsize": NORMAL, "pad": 4, **options})


def legend(owner: Axes | Figure | SubFigure, **options: Any) -> None:
    """Add a frameless legend in small type to axes or, outside all panels, to a figure."""
    owner.legend(
        **{"fontsize": SMALL, "frameon": False, "handlelength": 1.4, "columnspacing": 1.2, **options}
    )


def level(axes: Axes, value: float, text: str, side: str = "right", **line: Any) -> None:
    """Draw a horizontal line across the axes, such as chance or a published value, its name at one side."""
    look = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (4, 3)), "zorder": 1, **line}
    axes.axhline(value, **look)
    place, shift = ((1, value), (-1, 2)) if side == "right" else ((0, value), (3, 2))
    axes.annotate(
        text, place, shift, xycoords=("axes fraction", "data"), textcoords="offset points",
        ha=side, va="bottom", fontsize=SMALL, color=look["color"],
        bbox=dict(facecolor="white", edgecolor="none", alpha=0.8, pad=0.6),  # grids and bands may pass there
        zorder=1.5,  # curves are above it
    )  # fmt: skip


def zero(axes: Axes, value: float = 0) -> None:
    """Draw a thin horizontal line where nothing changes, which needs no name."""
    axes.axhline(value, color=GREY, linewidth=THIN, zorder=1)
