"""Rows of a table of tests: a reference with its tolerance, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite

import xarray as xr
from matplotlib.axes import Axes

from dendritic_bp.style import GREEN, GREY, ORANGE, SHADE, SMALL

ROUNDING = 1e-9
APART, EDGE = 0.1, 0.45  # how far from the accepted range a value that fails is drawn, at least and at most


@dataclass(frozen=True)
class Row:
    """Hold one test: the published or reference value, the accepted range, and `ours`; NaN is "none seen".

    `kind` is "lit" for a number from the literature, "ref" for one that the published equations give, and
    "goal" for one that the project asks for.
    """

    key: str
    test: str
    protocol: str
    model: str
    kind: str
    unit: str
    reference: float
    low: float
    high: float
    ours: float

    @property
    def passed(self) -> bool:
        """Tell whether the measured value lies in the accepted range."""
        return self.low - ROUNDING <= self.ours <= self.high + ROUNDING


def table(rows: Sequence[Row]) -> str:
    """Write the rows as text, in columns."""
    head = ("test", "protocol", "model", "kind", "reference", "accepted", "ours", "pass")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def accepted(row: Row) -> str:
    """Write the accepted range of a row."""
    if not isfinite(row.high):
        return f">= {row.low:g}"
    if not isfinite(row.low):
        return f"<= {row.high:g}"
    return f"{row.low:g}" if row.low == row.high else f"{row.low:g} to {row.high:g}"


def measured(row: Row) -> str:
    """Write what was measured."""
    return f"{row.ours:.4g} {row.unit}".rstrip() if isfinite(row.ours) else "none"


def _cells(row: Row) -> tuple[str, ...]:
    reference = f"{row.reference:.4g} {row.unit}".rstrip()
    verdict = "yes" if row.passed else "NO"
    return row.test, row.protocol, row.model, row.kind, reference, accepted(row), measured(row), verdict


def summary(rows: Sequence[Row]) -> dict[str, float]:
    """Return one number for each row that has one, and how many rows there are and pass."""
    numbers = {row.key: row.ours for row in rows if isfinite(row.ours)}
    return {**numbers, "rows_total": len(rows), "rows_passed": sum(row.passed for row in rows)}


def to_dataset(rows: Sequence[Row]) -> xr.Dataset:
    """Return the rows as a labelled table; `unit` holds the unit of the numbers of each row."""
    fields = {name: [asdict(row)[name] for row in rows] for name in asdict(rows[0])}
    units = {"units": "as in `unit`"}
    return xr.Dataset(
        {
            name: ("row", values, units if isinstance(values[0], float) else {})
            for name, values in fields.items()
        }
    )


def from_dataset(data: xr.Dataset) -> list[Row]:
    """Return the rows that a table was made from."""
    columns = {name: data[name].values.tolist() for name in Row.__dataclass_fields__}
    return [Row(**dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]


def deviations(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw where each measured value lies within its accepted range, the reference beside it."""
    axes.axvspan(0, 1, color=SHADE, linewidth=0)
    for y, row in enumerate(rows):
        for end, bound in ((0, row.low), (1, row.high)):
            if not isfinite(bound):  # without a limit: the band goes on
                axes.barh(y, end - 0.5, 1, end, color=SHADE, linewidth=0)
        place = _place(row)
        axes.plot(place, y, "o", markersize=3.5, color=GREEN if row.passed else ORANGE, clip_on=False)
        text = f"{measured(row)}   ({row.reference:.4g})"
        axes.annotate(text, (1.55, y), fontsize=SMALL, color=GREY, va="center", annotation_clip=False)
    axes.annotate("ours (reference)", (1.55, -1), fontsize=SMALL, va="center", annotation_clip=False)
    names = [f"{row.test}  {row.protocol}" for row in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, xlim=(-0.5, 1.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set(xticks=[0, 1], xticklabels=["lowest", "highest"], xlabel="Accepted value (green: passed)")
    axes.tick_params(axis="y", length=0)


def _place(row: Row) -> float:
    """Return where a value is on an axis on which the accepted range is 0 to 1; what fails is outside.

    A range that is open, or a single number, has a width of its own.
    """
    if not isfinite(row.ours):
        return -EDGE
    low = row.low if isfinite(row.low) else row.high - 2 * abs(row.high - row.reference or 1)
    high = row.high if isfinite(row.high) else row.low + 2 * abs(row.reference - row.low or 1)
    place = (row.ours - low) / (high - low) if high > low else 0.5 + (row.ours - low)
    if row.passed:
        return min(max(place, 0.0), 1.0)
    return max(min(place, -APART), -EDGE) if row.ours < row.low else min(max(place, 1 + APART), 1 + EDGE)
