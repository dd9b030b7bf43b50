"""A run is a folder: `data.nc`, `summary.json`, figures, and `run.json`, which is written last.

`run.json` appears only when everything else is safely on disk, so its presence means *complete*.
A metric that a run cannot measure is left out of the summary; it is never NaN.
"""

import json
import math
import numbers
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from dendritic_bp.errors import UserError

DATA, SUMMARY, COMPLETE = "data.nc", "summary.json", "run.json"
BIG = 4096  # values; smaller arrays are stored as they are
COMPRESSED = {"zlib": True, "complevel": 4, "shuffle": True, "fletcher32": True}
DPI = 200


@dataclass(frozen=True)
class Record:
    """Hold what a run leaves behind: labelled arrays, named numbers, and where they came from."""

    data: xr.Dataset
    summary: dict[str, float]
    provenance: dict[str, Any]


def is_complete(folder: str | os.PathLike[str]) -> bool:
    """Say whether a finished run is in the folder."""
    return (Path(folder) / COMPLETE).is_file()


def write_run(
    folder: str | os.PathLike[str], record: Record, figures: Mapping[str, Figure] | None = None
) -> list[Path]:
    """Write a run and return the paths of its files, `run.json` last.

    A run that the folder already holds counts as incomplete from the first byte on. Raises UserError, with no
    `run.json` left behind, when a value cannot be stored or the disk does not take it.
    """
    folder = Path(folder)
    summary = _json(_flat(record.summary), SUMMARY)
    complete = _json(record.provenance, COMPLETE)
    _check_units(record.data)
    with _writing(folder):
        _open(folder)
    paths = [_write(folder / DATA, _netcdf(record.data)), _write(folder / SUMMARY, summary)]
    paths += write_figures(folder, figures or {})
    return [*paths, _write(folder / COMPLETE, complete)]


def write_figures(folder: str | os.PathLike[str], figures: Mapping[str, Figure]) -> list[Path]:
    """Write each figure as `STEM.png` and return the paths; the rest of the folder is left alone."""
    return [_write(Path(folder) / f"{stem}.png", _png(figure)) for stem, figure in figures.items()]


def read_run(folder: str | os.PathLike[str]) -> Record:
    """Read a complete run; raise UserError for a missing, incomplete or damaged one."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no run folder {folder}. An experiment prints the folder that it writes.")
    if not is_complete(folder):
        raise UserError(
            f"{folder} holds no complete run: {COMPLETE} is missing, so the run was interrupted, or this "
            "is not a run folder. Run the experiment again with the same --out."
        )
    return Record(
        data=_read(folder / DATA, lambda path: xr.load_dataset(path, engine="h5netcdf")),
        summary=_read(folder / SUMMARY, _load_json),
        provenance=_read(folder / COMPLETE, _load_json),
    )


def _open(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPLETE).unlink(missing_ok=True)


def _flat(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the summary as plain numbers, or name the metric that is not one."""
    for name, value in summary.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise UserError(
                f"Metric {name!r} of the summary is {value!r}, but must be one finite number. Leave out what "
                "this run cannot measure; arrays belong in the data set, text and settings in the provenance."
            )
    return {name: int(v) if isinstance(v, numbers.Integral) else float(v) for name, v in summary.items()}


def _check_units(data: xr.Dataset) -> None:
    """Refuse real-valued arrays without a unit."""
    bare = [
        str(name)
        for name, array in data.variables.items()
        if array.dtype.kind == "f" and "units" not in array.attrs
    ]
    if bare:
        raise UserError(
            f"No units on {', '.join(bare)}: every real-valued array of a run names its SI unit, as in "
            'data["x"].attrs["units"] = "s" ("1" for a pure number).'
        )


def _json(content: Mapping[str, Any], name: str) -> bytes:
    try:
        return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{name} cannot hold this run's values: {error}. Use text and finite numbers."
        ) from error


def _netcdf(data: xr.Dataset) -> memoryview:
    """Return the bytes of a netCDF file; built in memory, as HDF5 crashes the process on a full disk."""
    big = {
        name: dict(COMPRESSED)
        for name, array in data.variables.items()
        if array.size >= BIG and array.dtype.kind in "iufb"
    }
    return data.to_netcdf(engine="h5netcdf", encoding=big)


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def _write(path: Path, content: bytes | memoryview) -> Path:
    """Write a file whole or not at all: under another name, onto the disk, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _writing(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            return temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a message."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Cannot write {path}: {error.strerror or error}. The run is not stored; make room or choose "
            "another folder with --out, then run it again."
        ) from error


def _read(path: Path, load: Callable[[Path], Any]) -> Any:
    try:
        return load(path)
    except Exception as error:  # whatever a parser trips over, the file is what is wrong
        raise UserError(
            f"Cannot read {path}: {error}. The file is missing or damaged; restore it from a copy, or run "
            "the experiment again with --overwrite."
        ) from error


def _load_json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text())
    if not isinstance(content, dict):
        raise ValueError(f"an object was expected, not {type(content).__name__}")
    return content
