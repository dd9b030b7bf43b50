"""The table of a study, settings x metrics: as CSV, as netCDF, and as a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dendritic_bp.encoding import netcdf_bytes
from dendritic_bp.figure_files import write_figures
from dendritic_bp.scratch import write_whole, writing
from dendritic_bp.style import BLUE, COLOURS, GREY, LINE, PAGE, dress, figure, level, panels, title

UNITS = {"s": "s", "hz": "Hz", "deg": "degree", "mv": "mV", "v": "V", "mb": "MB", "ms": "ms", "pa": "pA"}
COSTS = {"run_s", "build_s", "cpu_s", "peak_rss_mb", "cpu_s_per_simulated_s"}
MOST, COLUMNS = 12, 3  # panels
WORDS = ("run", "code", "error")  # columns that are no numbers, beside the axes
Row = Mapping[str, Any]


def write_table(
    folder: Path, rows: Sequence[Row], axes: Sequence[str], published: Mapping[str, float], note: str = ""
) -> list[Path]:
    """Write `study.csv`, `study.nc` and `study.png`; a row holds run, seed, settings, error and metrics.

    A `note` is written at the foot of the figure.
    """
    with writing(folder):
        paths = [
            write_whole(folder / "study.csv", _csv(rows)),
            write_whole(folder / "study.nc", netcdf_bytes(dataset(rows, axes))),
        ]
    return paths + write_figures(folder, lambda: {"study": _figure(rows, axes, published)}, note=note)


def metrics(rows: Sequence[Row], axes: Sequence[str]) -> list[str]:
    """Return the names of all metrics, in the order of the summaries."""
    others = {*WORDS, "seed", *axes}
    return [name for name in dict.fromkeys(name for row in rows for name in row) if name not in others]


def dataset(rows: Sequence[Row], axes: Sequence[str]) -> xr.Dataset:
    """Return the table with runs along one dimension; a metric that a run lacks is NaN."""
    numbers = {
        name: ("run", [float(row.get(name, np.nan)) for row in rows], {"units": _unit(name)})
        for name in metrics(rows, axes)
    }
    words = {name: ("run", [str(row[name]) for row in rows]) for name in (*WORDS, *axes)}
    error = words.pop("error")
    seeds = {"seed": ("run", [int(row["seed"]) for row in rows])}
    return xr.Dataset({**numbers, "error": error}, {**words, **seeds})


def _unit(metric: str) -> str:
    return UNITS.get(metric.rpartition("_")[2].lower(), "1")


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    names.sort(key="error".__eq__)  # last
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "error": row["error"].replace("\n", " ")} for row in rows)
    return text.getvalue().encode()


def _figure(rows: Sequence[Row], axes: Sequence[str], published: Mapping[str, float]) -> Figure:
    """Draw the mean of each metric over the points of the grid, and its values for each seed."""
    table = dataset(rows, axes)
    known = [name for name in metrics(rows, axes) if name not in COSTS]
    shown = known[:MOST]
    points = list(dict.fromkeys(tuple(str(row[name]) for name in axes) for row in rows))
    columns = min(COLUMNS, max(1, len(shown)))
    drawing = figure(PAGE, 0.6 + 1.9 * max(1, -(-len(shown) // columns)))
    grid = panels(drawing, max(1, -(-len(shown) // columns)), columns).ravel()
    where = np.array([points.index(tuple(str(row[name]) for name in axes)) for row in rows])
    for panel, name in zip(grid, shown, strict=False):
        _draw(panel, where, table[name].values, len(points))
        title(panel, name)
        if name in published:
            level(panel, published[name], "published", color=COLOURS[1])
        panel.set_xticks(range(len(points)), ["\n".join(point) or "all" for point in points])
    for panel in grid[len(shown) :]:
        panel.set_visible(False)
    seeds = len({row["seed"] for row in rows})
    left_out = f"; {len(known) - MOST} more metrics in study.csv" if len(known) > MOST else ""
    names = ", ".join(axes) or "no settings varied"
    drawing.supxlabel(f"{names}   (line: mean; bar: range of {seeds} seeds{left_out})", fontsize=7)
    return drawing


def _draw(panel: Axes, where: np.ndarray, values: np.ndarray, points: int) -> None:
    """Draw each value as a dot, and mean and range of each point."""
    panel.plot(where, values, ".", color=GREY, markersize=3)
    for k in range(points):
        mine = values[(where == k) & np.isfinite(values)]
        if mine.size:
            panel.vlines(k, mine.min(), mine.max(), color=BLUE, linewidth=LINE)
            panel.hlines(mine.mean(), k - 0.2, k + 0.2, color=BLUE, linewidth=LINE)
    panel.set_xlim(-0.6, points - 0.4)
    dress(panel)
