"""A finished run: what it was and what it cost, and its results, read from its folder when asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dendritic_bp.errors import UserError, suggest
from dendritic_bp.process import Cost
from dendritic_bp.variables import Stored

RECORD = "record.json"  # written last: its presence means that the run is complete


@dataclass(frozen=True)
class Run:
    """A finished run; run["spikes.t"] reads the variable `t` of the object `spikes`."""

    folder: Path
    seed: int
    values: Mapping[str, Any]
    source_hash: str
    build_s: float
    cost: Cost = field(repr=False)
    stored: Mapping[str, Stored] = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        """Read a variable from disk, in SI units.

        One number a cell, synapse or spike; (cell, time) from a StateMonitor; a single number if shared.
        """
        entry = self._entry(name)
        data = np.fromfile(self.folder / entry.file, dtype=entry.dtype)
        if entry.offset:
            data -= entry.offset
        if entry.shape == ():
            return data[0]
        return data.reshape(-1, entry.shape[1] or 1).T if len(entry.shape) == 2 else data

    def unit(self, name: str) -> str:
        """Return the SI unit of a variable, "1" if it has no dimension."""
        return self._entry(name).unit

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
            raise UserError(f"The run has no result '{name}': {suggest(name, self.stored)}")
        return self.stored[name]


def write_record(run: Run, folder: Path) -> None:
    """Declare the run whose results are in the folder complete."""
    content = {
        "seed": run.seed,
        "values": {name: describe(value) for name, value in run.values.items()},
        "source_hash": run.source_hash,
        "build_s": run.build_s,
        "cost": asdict(run.cost),
        "stored": {name: asdict(entry) for name, entry in run.stored.items()},
    }
    partial = folder / f"{RECORD}.partial"
    partial.write_text(json.dumps(content, indent=1))
    partial.replace(folder / RECORD)


def read_record(folder: Path, values: Mapping[str, Any]) -> Run:
    """Return the complete run in a folder, which was made with these values."""
    content = json.loads((folder / RECORD).read_text())
    stored = {
        name: Stored(**entry | {"shape": tuple(entry["shape"])}) for name, entry in content["stored"].items()
    }
    return Run(
        folder,
        content["seed"],
        values,
        content["source_hash"],
        content["build_s"],
        Cost(**content["cost"]),
        stored,
    )


def describe(value: Any) -> str:
    """Write a run-time value for people: a number in full, an array by its shape."""
    return str(value) if np.ndim(value) == 0 else f"array of shape {np.shape(value)}"
