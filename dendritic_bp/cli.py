"""The command line that all experiments share: simulate, keep the run in a folder, draw, print."""

from __future__ import annotations

import argparse
import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
import xarray as xr
from brian2 import Quantity
from matplotlib.figure import Figure

from dendritic_bp.errors import UserError
from dendritic_bp.provenance import origin
from dendritic_bp.quantities import parse_quantity
from dendritic_bp.storage import (
    COMPLETE,
    DATA,
    SUMMARY,
    Record,
    is_complete,
    read_run,
    write_figures,
    write_run,
)

UNFINISHED = ".unfinished"  # marks a folder whose run has begun and not ended: it may be cleaned
PLUMBING = ("set", "out", "overwrite", "replot")  # flags that do not change the result

Simulate = Callable[[argparse.Namespace], Record]
Figures = Callable[[xr.Dataset, Mapping[str, float]], Mapping[str, Figure]]
Options = Callable[[argparse.ArgumentParser], object]


def main(
    doc: str | None,
    simulate: Simulate,
    figures: Figures,
    options: Options | None = None,
    name: str | None = None,
    arguments: Sequence[str] | None = None,
) -> None:
    """Run an experiment from the command line; exit with a message if the user can mend what is wrong.

    `simulate` gets the flags, among them `set` as quantities by name; `figures` draws {file stem: figure}
    from data and summary; `options` adds the flags of this experiment to the parser.
    """
    matplotlib.use("agg")  # needs no display
    script = Path(inspect.getfile(simulate))
    parser = _parser(doc, options)
    experiment = _Experiment(simulate, figures, name or script.stem, script.parent, parser)
    given = parser.parse_args(arguments)
    try:
        if given.replot:
            _replot(experiment, Path(given.replot))
        else:
            _run(experiment, given)
    except UserError as error:
        sys.exit(f"{experiment.name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{experiment.name}: interrupted, no run was written.")


@dataclass(frozen=True)
class _Experiment:
    simulate: Simulate
    figures: Figures
    name: str
    folder: Path
    parser: argparse.ArgumentParser


def _parser(doc: str | None, options: Options | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="the same science, smaller: a minute or two")
    add("--seed", type=int, default=0, metavar="N", help="governs every random number (0)")
    add("--out", metavar="DIR", help="folder for the run (results/NAME/<seed and changes>)")
    add("--overwrite", action="store_true", help="replace the run that is in this folder")
    values = "run-time values with units, as in cells.E_L=-70*mV"
    add("--set", nargs="+", action="extend", default=[], metavar="OBJECT.NAME=VALUE", help=values)
    add("--replot", metavar="DIR", help="draw the figures of a run again, without simulating")
    if options:
        options(parser)
    return parser


def _replot(experiment: _Experiment, folder: Path) -> None:
    record = read_run(folder)
    _show(record.summary, write_figures(folder, experiment.figures(record.data, record.summary)))


def _run(experiment: _Experiment, given: argparse.Namespace) -> None:
    """Simulate, and keep the run in its folder together with what it takes to repeat it."""
    changes = _changes(given.set)
    folder = (
        Path(given.out) if given.out else Path("results", experiment.name, _title(experiment, given, changes))
    )
    given.set = {name: _quantity(name, text) for name, text in changes.items()}
    settings = {key: _plain(value) for key, value in vars(given).items() if key not in PLUMBING}
    with _claimed(folder, given.overwrite):
        record = experiment.simulate(given)
        figures = experiment.figures(record.data, record.summary)
        asked = {"experiment": experiment.name, "settings": settings, "seed": given.seed, "set": changes}
        record = replace(record, provenance=asked | origin(experiment.folder) | record.provenance)
        _clean(folder)
        paths = write_run(folder, record, figures)
    _show(record.summary, paths)


def _plain(value: Any) -> Any:
    """Return what run.json can hold: numbers, words and lists as they are, the rest (quantities) as text."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _changes(texts: Sequence[str]) -> dict[str, str]:
    """Split what follows --set into values by name."""
    changes: dict[str, str] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value:
            raise UserError(f"--set {text}: write OBJECT.NAME=VALUE, as in cells.E_L=-70*mV.")
        if name in changes:
            raise UserError(f"--set {text}: {name} is set twice.")
        changes[name] = value
    return changes


def _quantity(name: str, text: str) -> Quantity | float:
    try:
        return parse_quantity(text)
    except UserError as error:
        raise UserError(f"--set {name}: {error}") from None


def _title(experiment: _Experiment, given: argparse.Namespace, changes: Mapping[str, str]) -> str:
    """Name a folder after the seed and all that differs from the defaults."""
    changed = {k: v for k, v in vars(given).items() if v != experiment.parser.get_default(k)}
    words = [f"seed-{given.seed}"]
    words += [k if v is True else f"{k}-{v}" for k, v in changed.items() if k not in (*PLUMBING, "seed")]
    words += [f"{name}={value}".replace("/", "_per_") for name, value in sorted(changes.items())]
    title = re.sub(r"[^\w.=+-]+", "-", "_".join(words).replace("**", "^").replace("*", ""))
    return title if len(title) <= 120 else f"{title[:100]}-{hashlib.sha256(title.encode()).hexdigest()[:8]}"


@contextmanager
def _claimed(folder: Path, overwrite: bool) -> Iterator[None]:
    """Refuse a folder that holds a run or other things; mark it as unfinished until the block ends."""
    unfinished = folder / UNFINISHED
    if is_complete(folder) and not overwrite:
        raise UserError(
            f"{folder} holds a finished run: choose another --out, or replace it with --overwrite."
        )
    if folder.exists() and not is_complete(folder) and not unfinished.exists() and any(folder.iterdir()):
        raise UserError(
            f"{folder} holds files that are not of a run: choose a new or empty folder for --out."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
    except OSError as error:
        raise UserError(f"Cannot write to {folder}: {error.strerror}.") from error
    try:
        yield
    finally:
        if not is_complete(folder):
            _clean(folder)
        unfinished.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _clean(folder: Path) -> None:
    """Remove what an earlier run has left, `run.json` first."""
    for pattern in (COMPLETE, DATA, SUMMARY, "*.png", ".*.tmp"):
        for path in folder.glob(pattern):
            path.unlink()


def _show(summary: Mapping[str, Any], paths: Sequence[Path]) -> None:
    """Print the summary and where the files are."""
    width = max(map(len, summary), default=0)
    for name, value in summary.items():
        print(f"{name:{width}}  {value:.6g}")
    print(*(f"-> {path}" for path in paths), sep="\n")
