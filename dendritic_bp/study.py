"""Many runs of one experiment, over seeds and a grid of settings: a folder each, and one table of all."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dendritic_bp.errors import UserError
from dendritic_bp.scratch import locked, writing
from dendritic_bp.storage import damage, is_complete, read_complete, read_summary
from dendritic_bp.study_table import write_table
from dendritic_bp.workers import on_cluster, on_this_machine

LOCK = ".study"


@dataclass(frozen=True)
class Asked:
    """One run of a study: its seed, its place in the grid, its folder, and the flags that make it."""

    seed: int
    settings: Mapping[str, str] = field(compare=False)
    folder: Path
    flags: tuple[str, ...]
    code: str  # a checksum


@dataclass(frozen=True)
class Study:
    """The runs of an experiment, and the numbers that are published of them, by metric."""

    name: str
    script: Path
    folder: Path
    runs: Sequence[Asked]
    axes: Sequence[str]
    published: Mapping[str, float]


def conduct(study: Study, workers: int | None, cluster: str | None) -> list[Path]:
    """Make the runs that are not there, and write the table of all; return its files.

    Raises:
        UserError: some runs failed, which the table names; all others are there. Or another process is at it.
    """
    failed: dict[Asked, str] = {}
    with _claimed(study.folder):
        try:
            _make(study, failed, workers, cluster)
        except KeyboardInterrupt as error:
            error.add_note(f"What is finished stays in {study.folder}: the same command goes on from there.")
            raise
        finally:
            rows = [_row(each, failed.get(each, "")) for each in study.runs]
            paths = write_table(study.folder, rows, study.axes, study.published, _note(study, rows))
    if failed:
        told = [f"- {each.folder.name}: {error.splitlines()[-1]}" for each, error in failed.items()]
        counts = f"{len(failed)} of {len(study.runs)} runs failed"
        how = f"{paths[0]} holds the others, and the same command makes those alone"
        raise UserError("\n".join([f"{counts}; {how}:", *told]))
    return paths


def _make(study: Study, failed: dict[Asked, str], workers: int | None, cluster: str | None) -> None:
    damaged = {each for each in study.runs if is_complete(each.folder) and damage(each.folder)}
    missing = [each for each in study.runs if not is_complete(each.folder) or each in damaged]
    there, total = len(study.runs) - len(missing), len(study.runs)
    say = partial(print, f"{study.name}:", file=sys.stderr, flush=True)
    say(f"{there} of {total} runs are there" + (f", {len(damaged)} are damaged" if damaged else ""))
    others = sum(_made_by(each) != each.code for each in study.runs if each not in missing)
    if others:
        say(f"{others} of them were made by other code than that of now: a new --out makes all anew")
    ended = itertools.count(there + 1)

    def done(run: Asked, error: str) -> None:
        state = "done"
        if not is_complete(run.folder) or damage(run.folder):
            failed[run] = error or "it left no complete run"
            state = f"FAILED: {failed[run].splitlines()[-1]}"
        say(f"{next(ended)} of {total}: {run.folder.name}: {state}")

    again = {each: ["--overwrite"] if each in damaged else [] for each in missing}
    commands = {each: [str(study.script), *each.flags, *again[each]] for each in missing}
    paths = [str(study.script.parent), str(study.script.parents[1])]  # its parts, and `models`
    if cluster:
        on_cluster(commands, paths, cluster, done)
    elif missing:
        on_this_machine(commands, paths, workers, done)


def _row(run: Asked, error: str) -> dict[str, Any]:
    """Return what the table says of a run."""
    row = {"run": run.folder.name, "seed": run.seed, **run.settings}
    if not is_complete(run.folder):
        return row | {"code": "", "error": error or "not made"}
    if wrong := damage(run.folder):
        return row | {"code": "", "error": error or wrong}
    return read_summary(run.folder) | row | {"code": _made_by(run), "error": ""}


def _note(study: Study, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is to be written on the figure, if some runs are less than the experiment."""
    good = (run for run, row in zip(study.runs, rows, strict=True) if not row["error"])
    return "reduced runs (--quick)" if any(read_complete(run.folder).get("reduced") for run in good) else ""


def _made_by(run: Asked) -> str:
    return str(read_complete(run.folder).get("code", "unknown"))


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Keep other studies out of a folder."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: choose a folder for --out.")
    if is_complete(folder):
        raise UserError(f"{folder} holds a run, not a study: choose another --out.")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = locked(folder / LOCK, wait=False)
    if file is None:
        raise UserError(f"Another process is making the study in {folder}: wait, or choose another --out.")
    with file:
        try:
            yield
        finally:
            (folder / LOCK).unlink(missing_ok=True)
