"""A finished run: what it was and what it cost, and its results, read from its folder when asked for."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zlib
from collections.abc import Iterator, KeysView, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dendritic_bp.arrays import span
from dendritic_bp.encoding import DATA
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.process import Cost
from dendritic_bp.scratch import writing
from dendritic_bp.state import FILE, State, read_state
from dendritic_bp.variables import Stored

RECORD = "record.json"  # written last: its presence means that the run is complete


@dataclass(frozen=True)
class Run:
    """A finished run; run["spikes.t"] reads the variable `t` of the object `spikes`.

    Its names are those of `keys()`; `list(run)`, `"spikes.t" in run` and `dict(run)` are as those of a table.
    """

    folder: Path
    seed: int
    values: Mapping[str, Any]
    source_hash: str
    build_s: float
    cost: Cost = field(repr=False)
    stored: Mapping[str, Stored] = field(repr=False)
    sizes: Mapping[str, int] = field(repr=False, default_factory=dict)  # of the files, in bytes

    def __getitem__(self, name: str) -> Any:
        """Read a variable from disk, in SI units.

        One number a cell, synapse or spike; (cell, time) from a StateMonitor; a single number if shared.
        """
        entry = self._entry(name)
        try:
            path = self.folder / entry.file
            _require_size(path, path.stat().st_size, self.sizes.get(entry.file))
            if entry.file == DATA:
                return _from_data(path, entry)
            start, size = span(path, entry.array)
            data = np.fromfile(path, entry.dtype, size // np.dtype(entry.dtype).itemsize, offset=start)
        except OSError as error:
            raise UserError(
                f"The results of this run cannot be read from {self.folder}: {error.strerror or error}. To "
                "keep results, name a folder of your own, as in run(folder=...)."
            ) from None
        if entry.offset:
            data -= entry.offset
        if data.dtype == np.float32:  # sums of many are no longer exact in it
            data = data.astype(np.float64)
        if entry.shape == ():
            return data[0]
        return data.reshape(-1, entry.shape[1] or 1).T if len(entry.shape) == 2 else data

    def keys(self) -> KeysView[str]:
        """Return the names of all results, "object.variable"."""
        return self.stored.keys()

    def __iter__(self) -> Iterator[str]:
        """Go through the names of all results; without this, Python would ask for the result 0."""
        return iter(self.stored)

    def __contains__(self, name: object) -> bool:
        return name in self.stored

    def unit(self, name: str) -> str:
        """Return the SI unit of a variable, "1" if it has no dimension."""
        return self._entry(name).unit

    @property
    def state(self) -> State:
        """Return the state in which the run ended; it keeps the results from vanishing.

        Raises:
            UserError: the run was not told to keep it.
        """
        if not (self.folder / FILE).exists():
            raise UserError(f"The run in {self.folder} kept no state: make it with keep_state=True.")
        return read_state(self.folder / FILE, self)

    @property
    def provenance(self) -> dict[str, Any]:
        """Return what a result should be kept with: the sources and the cost, building included."""
        return {"source_hash": self.source_hash, "build_s": self.build_s, **asdict(self.cost)}

    @property
    def run_s(self) -> float:
        """Return the wall time of the run (s), building left out."""
        return self.cost.run_s

    @property
    def cpu_s(self) -> float:
        """Return the processor time of the run (s)."""
        return self.cost.cpu_s

    @property
    def peak_rss_mb(self) -> float:
        """Return the largest memory the run held (MB)."""
        return self.cost.peak_rss_mb

    def _entry(self, name: str) -> Stored:
        if name not in self.stored:
            raise UserError(f"The run has no result {name!r}: {suggest(str(name), self.stored)}")
        return self.stored[name]


def _from_data(path: Path, entry: Stored) -> Any:
    """Read a variable from the data set of a folder that was settled."""
    with h5py.File(path) as file:
        return file[entry.array][()].astype(entry.dtype)


def write_record(run: Run, folder: Path, key: str) -> None:
    """Declare the run whose results are in the folder complete; the key tells it from other runs."""
    content = {
        "key": key,
        "seed": run.seed,
        "values": {name: describe(value) for name, value in run.values.items()},
        "source_hash": run.source_hash,
        "build_s": run.build_s,
        "cost": asdict(run.cost),
        "stored": {name: asdict(entry) for name, entry in run.stored.items()},
        "files": {name: {"bytes": size, "crc32": _crc32(folder / name)} for name, size in run.sizes.items()},
    }
    partial = folder / f"{RECORD}.partial"
    with writing(folder):
        partial.write_text(json.dumps(content, indent=1))
        partial.replace(folder / RECORD)


def read_record(folder: Path, values: Mapping[str, Any]) -> Run:
    """Return the complete run in a folder, which was made with these values.

    Raises:
        UserError: the record, or a file that it names, is missing or not as it was written.
    """
    folder = folder.absolute()
    try:
        content = json.loads((folder / RECORD).read_text())
        stored = {
            name: Stored(**entry | {"shape": tuple(entry["shape"])})
            for name, entry in content["stored"].items()
        }
        cost, files = Cost(**content["cost"]), content["files"]
        sizes = {name: int(file["bytes"]) for name, file in files.items()}
        run = Run(
            folder, content["seed"], values, content["source_hash"], content["build_s"], cost, stored, sizes
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"Cannot read {folder / RECORD}: {error!r}. Remove that run, or make it again."
        ) from None
    for name, size in sizes.items():
        _require_size(folder / name, _size(folder / name), size)
        if _crc32(folder / name) != files[name]["crc32"]:
            raise UserError(
                f"{folder / name} does not hold what was written: remove that run, or make it again."
            )
    return run


def found(folder: Path, values: Mapping[str, Any]) -> Run | None:
    """Return the run that is complete and undamaged in a folder; make room for a new one if there is none."""
    if not folder.exists():
        return None
    try:
        return read_record(folder, values)
    except UserError:
        shutil.rmtree(folder)
        return None


def keys(folder: Path) -> dict[Path, str | None]:
    """Return the key of every run in a folder, None where it cannot be read."""
    return {path.parent: _key(path) for path in sorted(folder.glob(f"*/{RECORD}"))}


def _key(record: Path) -> str | None:
    try:
        return str(json.loads(record.read_text()).get("key", record.parent.name))  # once, names were keys
    except (OSError, ValueError, AttributeError):
        return None


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each file in a folder."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _require_size(path: Path, found: int, written: int | None) -> None:
    if written is not None and found != written:
        raise UserError(f"{path} holds {found} bytes, but {written} were written: make the run again.")


def _crc32(path: Path) -> int:
    """Return the checksum of a file, piece by piece."""
    value = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            value = zlib.crc32(piece, value)
    return value


def describe(value: Any) -> str:
    """Write a run-time value for people: a number in full, an array by its shape."""
    return str(value) if np.ndim(value) == 0 else f"array of shape {np.shape(value)}"


def short_name(text: str) -> str:
    """Return a text as the name of a folder."""
    name = re.sub(r"[^\w.=+-]+", "-", text.replace("**", "^").replace("*", ""))
    return name if len(name) <= 120 else f"{name[:100]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def title(seed: int, values: Mapping[str, Any]) -> str:
    """Name the folder of a run after its seed and its values, as an experiment does."""
    words = (f"{name}={_word(value)}".replace("/", "_per_") for name, value in sorted(values.items()))
    return short_name("_".join([f"seed-{seed}", *words]))


def _word(value: Any) -> str:
    """Write a value without blanks: 5mV, 0.1nS, 20-values."""
    if np.ndim(value):
        return "x".join(map(str, np.shape(value))) + "-values"
    return str(value).replace(". ", "").replace(" ", "")
