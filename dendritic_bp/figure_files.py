"""Figures as files: one that cannot be drawn is told, and does not cost the others."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from dendritic_bp.errors import UserError
from dendritic_bp.scratch import write_whole, writing
from dendritic_bp.style import ORANGE, SMALL

DPI = 200
FORMATS = ("png", "pdf", "svg")
FOOT = 0.16  # inches that a note adds to a figure
EDITABLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "dendritic_bp",
}  # text stays text
UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}  # the same figure is the same file
Figures = Mapping[str, Figure]
Drawing = Figures | Callable[[], Figures]


class Drawings(Figures):
    """Figures by the stem of their file, each drawn when it is asked for: a mistake costs one alone."""

    def __init__(self, functions: Mapping[str, Callable[[], Figure]]) -> None:
        self._functions = functions

    @classmethod
    def of(cls, given: Any, **functions: Callable[[Any], Figure]) -> Drawings:
        """Return what functions draw of what is `given`, by the stems of their files."""
        return cls({stem: partial(draw, given) for stem, draw in functions.items()})

    def __getitem__(self, stem: str) -> Figure:
        return self._functions[stem]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


class FigureError(UserError):
    """Report figures that could not be drawn; all else is stored, in the files at `paths`."""

    def __init__(self, message: str, paths: list[Path]) -> None:
        super().__init__(message)
        self.paths = paths


def write_figures(
    folder: str | os.PathLike[str], figures: Drawing, formats: Sequence[str] = ("png",), note: str = ""
) -> list[Path]:
    """Write each figure as `STEM.png`, and in other FORMATS beside it, and return the paths.

    A `note` is written at the foot of each. The rest of the folder is left alone.

    Raises:
        FigureError: figures cannot be drawn, or written; all the others are there.
    """
    paths, failed = [], []
    try:
        drawn = figures() if callable(figures) else figures
    except Exception as error:  # any mistake in drawing
        drawn, failed = {}, [_why(error)]
    for stem in drawn:
        path = Path(folder) / f"{stem}.png"
        try:
            figure = _noted(drawn[stem], note)
            for path in (path.with_suffix(f".{each}") for each in formats):
                with writing(path):
                    paths.append(write_whole(path, _bytes(figure, path.suffix[1:])))
        except Exception as error:  # as above; the other figures are worth having
            failed.append(f"{path.name}: {_why(error)}")
    if failed:
        raise FigureError(f"These figures could not be drawn: {'; '.join(failed)}.", paths)
    return paths


def _why(error: Exception) -> str:
    """Return what went wrong, and in which of the user's functions."""
    if isinstance(error, UserError):
        return str(error).rstrip(".")
    frames = traceback.extract_tb(error.__traceback__)
    others = r"site-packages|/lib/python|figure_files\.py$"
    mine = [each for each in frames if not re.search(others, each.filename)]
    where = f" in {mine[-1].name}, {Path(mine[-1].filename).name}:{mine[-1].lineno}" if mine else ""
    return f"{type(error).__name__}: {error}{where}"


def _noted(figure: Figure, note: str) -> Figure:
    """Write a note below all panels of a figure; above them, if a legend or a common label is below."""
    if note:
        legends = [getattr(each, "_outside_loc", None) for each in figure.legends]
        below = "lower" not in legends and not figure.get_supxlabel()
        height = figure.get_figheight() + FOOT
        figure.set_figheight(height)
        if isinstance(engine := figure.get_layout_engine(), ConstrainedLayoutEngine):
            engine.set(rect=(0, FOOT / height if below else 0, 1, 1 - FOOT / height))
        place, side = (0.03 / height, "bottom") if below else (1 - 0.03 / height, "top")
        figure.text(0.99, place, note, ha="right", va=side, fontsize=SMALL, color=ORANGE)
    return figure


def _bytes(figure: Figure, form: str) -> bytes:
    buffer = BytesIO()
    with matplotlib.rc_context(EDITABLE):
        figure.savefig(buffer, format=form, dpi=DPI, metadata=UNDATED.get(form))
    return buffer.getvalue()
