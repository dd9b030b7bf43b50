"""Figures as files: one that cannot be drawn is told, and does not cost the others."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from dendritic_bp.errors import UserError
from dendritic_bp.scratch import write_whole, writing

DPI = 200
Figures = Mapping[str, Figure]
Drawing = Figures | Callable[[], Figures]


class Drawings(Figures):
    """Figures by the stem of their file, each drawn when it is asked for: a mistake costs one alone."""

    def __init__(self, functions: Mapping[str, Callable[[], Figure]]) -> None:
        self._functions = functions

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


def write_figures(folder: str | os.PathLike[str], figures: Drawing) -> list[Path]:
    """Write each figure as `STEM.png` and return the paths; the rest of the folder is left alone.

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
            with writing(path):
                paths.append(write_whole(path, _png(drawn[stem])))
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


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()
