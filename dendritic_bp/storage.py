"""A run is a folder: `data.nc`, `summary.json`, `run.json`, and figures.

Data and summary are whole on the disk before anything is drawn. `run.json` appears when everything else is
there, so its presence means *complete*; a figure that cannot be drawn is told, and costs nothing else.
A metric that a run cannot measure is left out of the summary; it is never NaN.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from dendritic_bp.encoding import COMPLETE, DATA, SUMMARY, check_units, flat, json_bytes, netcdf_bytes
from dendritic_bp.errors import UserError
from dendritic_bp.figure_files import FORMATS, Drawing, FigureError, write_figures
from dendritic_bp.scratch import write_whole, writing

STAGED = ".staged"  # holds a run that is whole, until it is in its place
REPLACED = "replaced.json"  # there: the run.json of the run that was in this place
FILES = "files"  # in run.json: what the run has written
SIZES = "sizes"  # in run.json: of data and summary, in bytes
REMEDY = "the run is not stored; make room or choose another folder with --out, then run it again"


@dataclass(frozen=True)
class Record:
    """Hold what a run leaves behind: labelled arrays, named numbers, and where they came from."""

    data: xr.Dataset
    summary: dict[str, float]
    provenance: dict[str, Any]


def is_complete(folder: str | os.PathLike[str]) -> bool:
    """Say whether a finished run is in the folder."""
    return (Path(folder) / COMPLETE).is_file()


def damage(folder: Path) -> str:
    """Say what is wrong with the files of a run that was complete, or ""; runs of old tell no sizes."""
    try:
        sizes = _load_json(folder / COMPLETE).get(SIZES, {})
        found = {name: (folder / name).stat().st_size for name in (DATA, SUMMARY)}
        _load_json(folder / SUMMARY)
    except (OSError, ValueError) as error:
        return str(error)
    wrong = [
        f"{name} has {found[name]} bytes, not {size}" for name, size in sizes.items() if found[name] != size
    ]
    return ", ".join(wrong)


def is_stored(folder: str | os.PathLike[str]) -> bool:
    """Say whether a run that is whole, but for its figures, is in the folder."""
    return (Path(folder) / STAGED / COMPLETE).is_file()


def write_run(folder: str | os.PathLike[str], record: Record, figures: Drawing | None = None) -> list[Path]:
    """Write a run and return the paths of its files, `run.json` last.

    A run that the folder already holds is replaced once the new one is whole on the disk: its data, its
    summary, and the figures that it wrote; nothing else is removed.

    Raises:
        UserError: a value cannot be stored, or the disk does not take it; the folder is as it was.
        FigureError: a figure cannot be drawn; the run is complete.
    """
    folder = Path(folder)
    store(folder, record)
    return finish(folder, figures or {})


def store(folder: Path, record: Record) -> None:
    """Put a run safely on the disk, beside the one that the folder may hold, whole or not at all."""
    summary = json_bytes(flat(record.summary), SUMMARY)
    complete = json_bytes(record.provenance, COMPLETE)
    check_units(record.data)
    data = netcdf_bytes(record.data)
    staged, partial = folder / STAGED, folder / f"{STAGED}.{os.getpid()}.tmp"
    try:
        with writing(folder, REMEDY):
            partial.mkdir(parents=True, exist_ok=True)
        for name, content in ((DATA, data), (SUMMARY, summary), (COMPLETE, complete)):
            with writing(folder / name, REMEDY):
                write_whole(partial / name, content)
        with writing(folder, REMEDY):
            shutil.rmtree(staged, ignore_errors=True)
            partial.rename(staged)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def finish(folder: Path, figures: Drawing, formats: Sequence[str] = ("png",), note: str = "") -> list[Path]:
    """Put a run that is stored in its place, draw its figures as `write_figures`, and declare it complete."""
    staged, failure = folder / STAGED, None
    with writing(folder, REMEDY):
        if is_complete(folder):
            (folder / COMPLETE).replace(staged / REPLACED)
        for name in (DATA, SUMMARY):
            if (staged / name).exists():
                (staged / name).replace(folder / name)
        for name in _written(staged / REPLACED):
            (folder / name).unlink(missing_ok=True)
    try:
        drawn = write_figures(folder, figures, formats, note)
    except FigureError as error:
        drawn, failure = error.paths, error
    paths = [folder / DATA, folder / SUMMARY, *drawn, folder / COMPLETE]
    with writing(folder / COMPLETE, REMEDY):
        sizes = {name: (folder / name).stat().st_size for name in (DATA, SUMMARY)}
        content = _load_json(staged / COMPLETE) | {FILES: [path.name for path in paths], SIZES: sizes}
        write_whole(staged / COMPLETE, json_bytes(content, COMPLETE)).replace(folder / COMPLETE)
        shutil.rmtree(staged)
    if failure:
        raise FigureError(str(failure), paths)
    return paths


def add_figures(folder: Path, paths: Sequence[Path]) -> None:
    """Take note of figures that were drawn later: they are of this run, and are replaced with it."""
    content = _load_json(folder / COMPLETE)
    known = content.get(FILES, [])
    content[FILES] = list(dict.fromkeys([*known, *(path.name for path in paths)]))
    if content[FILES] == known:
        return
    with writing(folder / COMPLETE, REMEDY):
        write_whole(folder / COMPLETE, json_bytes(content, COMPLETE))


def _written(complete: Path) -> list[str]:
    """Return the names of the figures that the run of a `run.json` has written."""
    try:
        names = _load_json(complete).get(FILES, [])
    except (OSError, ValueError):  # none, or a damaged one
        return []
    endings = tuple(f".{each}" for each in FORMATS)
    return [name for name in names if name.endswith(endings) and Path(name).name == name]


def read_run(folder: str | os.PathLike[str]) -> Record:
    """Read a complete run; raise UserError for a missing, incomplete or damaged one."""
    if not isinstance(folder, str | os.PathLike):
        raise UserError(f"A run is read from its folder, a path, not from {folder!r}.")
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no run folder {folder}. An experiment prints the folder that it writes.")
    if not is_complete(folder):
        raise UserError(
            f"{folder} holds no complete run: {COMPLETE} is missing, so the run was interrupted, is still "
            "going on, or this is not a run folder. Run the experiment again with the same --out and "
            "--resume."
        )
    provenance = _read(folder / COMPLETE, _load_json)
    for name in (FILES, SIZES):
        provenance.pop(name, None)
    return Record(
        data=_read(folder / DATA, lambda path: xr.load_dataset(path, engine="h5netcdf")),
        summary=_read(folder / SUMMARY, _load_json),
        provenance=provenance,
    )


def read_complete(folder: Path) -> dict[str, Any]:
    """Read where a complete run came from."""
    return _read(folder / COMPLETE, _load_json)


def read_summary(folder: Path) -> dict[str, float]:
    """Read the numbers of a complete run alone."""
    return _read(folder / SUMMARY, _load_json)


def read_stored(folder: Path) -> Record:
    """Read a run that is stored and not yet complete."""
    parts = {name: folder / STAGED / name for name in (DATA, SUMMARY)}
    parts = {name: path if path.exists() else folder / name for name, path in parts.items()}
    return Record(
        data=_read(parts[DATA], lambda path: xr.load_dataset(path, engine="h5netcdf")),
        summary=_read(parts[SUMMARY], _load_json),
        provenance=_read(folder / STAGED / COMPLETE, _load_json),
    )


def _read(path: Path, load: Callable[[Path], Any]) -> Any:
    try:
        return load(path)
    except Exception as error:  # whatever a parser trips over, the file is what is wrong
        raise UserError(f"Cannot read {path}: {error}. {_remedy(error)}") from error


def _remedy(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EWOULDBLOCK) or "lock file" in str(error):
        return "Another process has the file in use: try again when that one has closed it."
    if number in (errno.EACCES, errno.EPERM):
        return "You may not read the file: ask its owner for permission."
    if number in (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE):
        return "The system, not the file, is in trouble: try again later."
    return "The file is missing or damaged; restore it from a copy, or run it again with --overwrite."


def _load_json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text())
    if not isinstance(content, dict):
        raise ValueError(f"an object was expected, not {type(content).__name__}")
    return content
