"""The command line that all experiments share: simulate, keep the run in a folder, draw, print."""

from __future__ import annotations

import argparse
import inspect
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import matplotlib
import xarray as xr
from brian2 import Quantity

from dendritic_bp import source
from dendritic_bp.claims import claimed, differences
from dendritic_bp.encoding import COMPLETE, json_bytes
from dendritic_bp.endings import end_with_parent, ended_by, messages
from dendritic_bp.errors import UserError
from dendritic_bp.figure_files import FigureError, Figures, write_figures
from dendritic_bp.flags import Options, parser_of
from dendritic_bp.listing import names, require_known, show_names
from dendritic_bp.long_names import fill
from dendritic_bp.progress import hush, say
from dendritic_bp.provenance import attributes, code_of, origin
from dendritic_bp.quantities import parse_quantity
from dendritic_bp.runs import short_name
from dendritic_bp.storage import (
    Record,
    add_figures,
    finish,
    is_complete,
    is_stored,
    read_run,
    read_stored,
    store,
)
from dendritic_bp.study import Asked, Study, conduct
from dendritic_bp.study_plan import plan

STUDY = ("grid", "workers", "cluster")
PLUMBING = ("set", "out", "overwrite", "resume", "replot", "format", "list")  # do not change the result

Simulate = Callable[[argparse.Namespace], Record]
Draw = Callable[[xr.Dataset, Mapping[str, float]], Figures]


def main(
    doc: str | None,
    simulate: Simulate,
    figures: Draw,
    options: Options | None = None,
    name: str | None = None,
    arguments: Sequence[str] | None = None,
    published: Mapping[str, float] | None = None,
) -> None:
    """Run an experiment from the command line; exit with a message if the user can mend what is wrong.

    `simulate` gets the flags, among them `set` as quantities by name; `figures` draws {file stem: figure}
    from data and summary; `options` adds the flags of this experiment to the parser; `published` holds
    numbers to set beside metrics, by their names, where a study draws them.
    """
    matplotlib.use("agg")  # needs no display
    script = Path(inspect.getfile(simulate))
    parser = parser_of(doc, options)
    experiment = _Experiment(simulate, figures, name or script.stem, script, parser)
    words = list(sys.argv[1:] if arguments is None else arguments)
    with messages(experiment.name), ended_by(signal.SIGTERM, signal.SIGHUP):
        if end_with_parent():  # a study tells how far it is, and of a run only what went wrong
            hush()
        given = parser.parse_args(words, _Flags())
        _require(experiment, given)
        if given.list:
            given.set = _quantities(_changes(given.set))
            show_names(lambda: experiment.simulate(given))
        elif isinstance(given.seeds, str) or given.grid:
            code = partial(_code, experiment)
            study = plan(experiment.name, script, parser, words, title_of, code, published or {})
            _require_known(experiment, study)
            _show({}, conduct(study, given.workers, given.cluster))
        elif given.replot:
            _replot(experiment, Path(given.replot), given.format)
        else:
            _run(experiment, given)


def _require_known(experiment: _Experiment, study: Study) -> None:
    """Refuse values for --set that runs of a study could not take, before the first of them.

    Runs with other flags than the first may know other names, and are left to themselves.
    """
    parse, first = experiment.parser.parse_args, study.runs[0]
    alike = [run for run in study.runs if _flags(run) == _flags(first)]
    asked = [_quantities(_changes(parse(run.flags).set)) for run in alike]
    if any(asked):
        given = parse(first.flags)
        given.set = {}
        known, check = names(lambda: experiment.simulate(given))
        for values in asked:
            require_known(known, values)
            check(values)


def _flags(run: Asked) -> dict[str, str]:
    """Return what of a place in the grid is a flag, and no value for --set."""
    return {name: value for name, value in run.settings.items() if "." not in name}


@dataclass(frozen=True)
class _Experiment:
    simulate: Simulate
    figures: Draw
    name: str
    script: Path
    parser: argparse.ArgumentParser


class _Flags(argparse.Namespace):
    """The flags of a run, and which were read: where nothing reads --quick, it has no effect."""

    read: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        _Flags.read.add(name)
        return super().__getattribute__(name)


def _require(experiment: _Experiment, given: argparse.Namespace) -> None:
    """Refuse flags that name no folder, or that have no effect."""
    for flag in ("out", "replot"):
        if getattr(given, flag) is not None and not getattr(given, flag).strip():
            raise UserError(f"--{flag} needs the name of a folder.")
    if not isinstance(given.seeds, str) and not given.grid and (given.workers or given.cluster):
        raise UserError("--workers and --cluster are for a study: add --seeds or --grid.")
    if given.workers is not None and given.workers < 1:
        raise UserError(f"--workers must be 1 or more, not {given.workers}.")
    kept = ("replot", "format")
    changed = [k for k, v in vars(given).items() if v != experiment.parser.get_default(k) and k not in kept]
    if given.replot and changed:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in changed)
        raise UserError(f"--replot takes all from the run, and ignores {flags}: leave out what it ignores.")


def _replot(experiment: _Experiment, folder: Path, formats: Sequence[str]) -> None:
    record = read_run(folder)
    other = record.provenance.get("experiment", experiment.name)
    if other != experiment.name:
        raise UserError(f"{folder} holds a run of {other}: draw it with {other}.py --replot.")
    draw, note = partial(experiment.figures, record.data, record.summary), _note(record.provenance)
    paths = write_figures(folder, draw, formats, note)
    add_figures(folder, paths)
    _show(record.summary, paths)


def _note(provenance: Mapping[str, Any]) -> str:
    """Return what is to be written on the figures of a run that is less than the experiment."""
    return "reduced run (--quick)" if provenance.get("reduced") else ""


def _run(experiment: _Experiment, given: argparse.Namespace) -> None:
    """Simulate, and keep the run in its folder together with what it takes to repeat it."""
    changes = _changes(given.set)
    folder = Path(given.out or Path("results", experiment.name, title_of(experiment.parser, given)))
    given.set = _quantities(changes)
    settings = {key: _plain(value) for key, value in _settings(given).items()}
    asked = {"experiment": experiment.name, "settings": settings, "seed": given.seed, "set": changes}
    json_bytes(asked, COMPLETE)  # what cannot be stored is told before hours of simulation
    if given.resume and not given.overwrite and is_complete(folder):
        _show_finished(folder, asked, _code(experiment, given))
        return
    say(f"{experiment.name} -> {folder}")
    with claimed(folder, asked, given.overwrite, given.resume):
        if given.resume and is_stored(folder):
            record = read_stored(folder)
        else:
            record = _simulate(experiment, given, asked)
            store(folder, record)
        paths, failure = _finish(folder, experiment, record, given.format)
    _show(record.summary, paths)
    if failure:
        raise UserError(f"{failure} The run is complete; draw them again with --replot {folder}.")


def _simulate(experiment: _Experiment, given: argparse.Namespace, asked: Mapping[str, Any]) -> Record:
    where = origin(experiment.script.parent) | {"code": _code(experiment, given)}
    _Flags.read.clear()
    record = experiment.simulate(given)
    has_effect = "quick" in _Flags.read
    if not isinstance(record, Record):
        raise UserError(f"simulate() must return a Record, not {type(record).__name__}.")
    fill(record.data, experiment.name, experiment.script.parent)
    reduced = given.quick and has_effect
    if given.quick and not reduced:
        say("--quick changes nothing here: this is the whole experiment.")
    provenance = dict(asked) | where | {"reduced": reduced} | record.provenance
    record.data.attrs = attributes(provenance) | record.data.attrs
    return replace(record, provenance=provenance)


def _finish(
    folder: Path, experiment: _Experiment, record: Record, formats: Sequence[str]
) -> tuple[list[Path], FigureError | None]:
    draw = partial(experiment.figures, record.data, record.summary)
    try:
        return finish(folder, draw, formats, _note(record.provenance)), None
    except FigureError as error:
        return error.paths, error


def _code(experiment: _Experiment, given: argparse.Namespace) -> str:
    """Return a checksum of the code that makes a run, files that flags name (--neuron) included."""
    named = [Path(word) for word in vars(given).values() if isinstance(word, str) and word.endswith(".py")]
    ours = experiment.script.parent == source.folder("experiments")
    return code_of(experiment.script.parent if ours else experiment.script, *named)


def _show_finished(folder: Path, asked: Mapping[str, Any], code: str) -> None:
    """Show a run that needs no going on."""
    record = read_run(folder)
    if other := differences({key: record.provenance.get(key) for key in asked}, asked):
        raise UserError(f"{folder} holds a finished run of other settings ({other}): choose another --out.")
    if record.provenance.get("code", code) != code:
        say(f"{folder} was made by other code than that of now: --overwrite makes it again.")
    _show(record.summary, sorted(path for path in folder.iterdir() if path.is_file()))


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


def _quantities(changes: Mapping[str, str]) -> dict[str, Quantity | float]:
    """Read the values of --set."""
    found = {}
    for name, text in changes.items():
        try:
            found[name] = parse_quantity(text)
        except UserError as error:
            raise UserError(f"--set {name}: {error}") from None
    return found


def _settings(given: argparse.Namespace) -> dict[str, Any]:
    """Return the flags that change the result; an experiment may have --seeds of its own."""
    left_out = {*PLUMBING, *STUDY} | ({"seeds"} if given.seeds is None else set())
    return {name: value for name, value in vars(given).items() if name not in left_out}


def _word(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)


def title_of(parser: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    """Name a folder after the seed and all that differs from the defaults."""
    changed = {k: v for k, v in _settings(given).items() if v != parser.get_default(k)}
    words = [f"seed-{given.seed}"]
    words += [k if v is True else f"{k}-{_word(v)}" for k, v in changed.items() if k != "seed"]
    words += [f"{name}={value}".replace("/", "_per_") for name, value in sorted(_changes(given.set).items())]
    return short_name("_".join(words))


def _show(summary: Mapping[str, Any], paths: Sequence[Path]) -> None:
    """Print the summary and where the files are."""
    width = max(map(len, summary), default=0)
    for name, value in summary.items():
        print(f"{name:{width}}  {value:.6g}")
    print(*(f"-> {path}" for path in paths), sep="\n")
