"""Write the spikes of a run in formats that others read: NWB, Neo (NIX), SONATA and CSV."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dendritic_bp import trains
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.storage import Record, read_run
from dendritic_bp.trains import Trains

Populations = Mapping[str, Trains]
SONATA_MAGIC = 0x0A7A  # of the SONATA format


def export(run: str | Path, to: str, target: str | Path | None = None) -> Path:
    """Write the spikes of the run in a folder as `to`, one of FORMATS, and return the file or folder.

    The target is by default beside the run's data. Raises UserError when the format or the run is unknown,
    the target exists, or what the format needs is not installed.
    """
    if to not in FORMATS:
        raise UserError(f"There is no format '{to}'; {suggest(to, FORMATS)}")
    record = read_run(run)
    write, ending = FORMATS[to]
    path = Path(target) if target else Path(run) / f"spikes{ending}"
    if path.exists():
        raise UserError(f"{path} exists already: remove it, or name another target with --out.")
    partial = path.with_name(f".partial-{path.name}")
    try:
        write(record, trains.read(record.data), partial)
        return partial.replace(path)
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        _remove(partial)


def _remove(partial: Path) -> None:
    if partial.is_dir():
        for file in partial.iterdir():
            file.unlink()
        partial.rmdir()
    partial.unlink(missing_ok=True)


def _nwb(record: Record, populations: Populations, path: Path) -> None:
    """Write units with population and cell, bursts and trials as intervals."""
    nwb = _need("pynwb")
    epoch, common = _need("pynwb.epoch"), _need("hdmf.common")
    began = datetime.fromisoformat(record.provenance.get("time") or datetime.now(UTC).isoformat())
    file = nwb.NWBFile(_title(record), str(uuid.uuid4()), began)
    file.add_unit_column("population", "the population of the cell")
    file.add_unit_column("cell", "index of the cell in its population, from 0")
    for name, population in populations.items():
        for cell, times in enumerate(population.of_each_cell()):
            file.add_unit(spike_times=times, obs_intervals=[population.window], population=name, cell=cell)

    def intervals(name: str, about: str, columns: Mapping[str, Any]) -> Any:
        described = {"start_time": "begin (s)", "stop_time": "end (s)", "sign": "of the burst, +1 or -1"}
        described["sign"] += "; 0 where a population has bursts of one kind"
        data = [
            common.VectorData(name=n, description=described.get(n, n), data=c) for n, c in columns.items()
        ]
        return epoch.TimeIntervals(name=name, description=about, columns=data)

    if len((bursts := _bursts(populations))["start_time"]):
        file.add_time_intervals(intervals("bursts", "from the event to the second spike", bursts))
    if known := trains.read_trials(record.data):
        columns = {{"start": "start_time", "stop": "stop_time"}.get(n, n): list(c) for n, c in known.items()}
        file.trials = intervals("trials", "what was shown", columns)
    with nwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


def _neo(record: Record, populations: Populations, path: Path) -> None:
    """Write a block of one segment: a spike train a cell, bursts and trials as epochs."""
    neo, io = _need("neo"), _need("neo.io")
    _need("nixio")
    block, segment = neo.Block(name=_title(record)), neo.Segment(name="run")
    block.segments.append(segment)
    for name, population in populations.items():
        start, stop = population.window
        for cell, times in enumerate(population.of_each_cell()):
            train = neo.SpikeTrain(times, stop, units="s", t_start=start, name=f"{name} {cell}")
            train.annotate(population=name, cell=cell)
            segment.spiketrains.append(train)

    def epoch(name: str, begin: Any, end: Any, labels: Any) -> None:
        length = np.asarray(end) - np.asarray(begin)
        segment.epochs.append(neo.Epoch(begin, length, np.asarray(labels, "U"), units="s", name=name))

    if len((bursts := _bursts(populations))["start_time"]):
        labels = [f"{p} {c}" for p, c in zip(bursts["population"], bursts["cell"], strict=True)]
        if "sign" in bursts:
            signs = (f" {sign:+d}" if sign else "" for sign in bursts["sign"])
            labels = [label + sign for label, sign in zip(labels, signs, strict=True)]
        epoch("bursts", bursts["start_time"], bursts["stop_time"], labels)
    if known := trains.read_trials(record.data):
        begin, end = known.pop("start"), known.pop("stop")
        epoch("trials", begin, end, [" ".join(map(str, row)) for row in zip(*known.values(), strict=True)])
    with io.NixIO(str(path), "ow") as file:
        file.write_block(block)


def _sonata(record: Record, populations: Populations, path: Path) -> None:
    """Write a SONATA spike file: node ids and times (ms) of each population, sorted by time."""
    with h5py.File(path, "w") as file:
        file.attrs["magic"] = np.uint32(SONATA_MAGIC)
        file.attrs["version"] = np.array([0, 1], np.uint32)
        order = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype=np.uint8)
        for name, population in populations.items():
            times, cells = population.spikes()
            group = file.create_group(f"spikes/{name}")
            group.attrs.create("sorting", 2, dtype=order)
            group["node_ids"] = cells.astype(np.uint64)
            group["timestamps"] = times * 1e3
            group["timestamps"].attrs["units"] = "ms"


def _csv(record: Record, populations: Populations, path: Path) -> None:
    """Write a folder of tables: populations, spikes, events and bursts, trials."""
    path.mkdir()
    sizes = ((name, each.size, *each.window) for name, each in populations.items())
    _table(path / "populations.csv", ("population", "cells", "start_s", "stop_s"), sizes)
    rows = (
        (name, cell, kind, repr(float(time)), sign)
        for name, each in populations.items()
        for kind, train in ({"spike": each.spikes()} | dict(each.kinds)).items()
        for time, cell, sign in zip(*train, _signs(each, kind, len(train[0])), strict=True)
    )
    _table(path / "spikes.csv", ("population", "cell", "kind", "time_s", "sign"), rows)
    if known := trains.read_trials(record.data):
        _table(path / "trials.csv", tuple(known), zip(*known.values(), strict=True))


def _signs(population: Trains, kind: str, number: int) -> Iterable[Any]:
    """Return the signs of bursts of two kinds, and nothing for all else."""
    return [""] * number if kind != "burst" or population.signs is None else population.signs


def _table(path: Path, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def _bursts(populations: Populations) -> dict[str, list]:
    """Return the bursts of all populations in order of time, as columns."""
    rows = [
        (begin, end, name, cell, sign)
        for name, each in populations.items()
        for begin, end, cell, sign in zip(*each.bursts(), strict=True)
    ]
    rows.sort()
    names = ["start_time", "stop_time", "population", "cell"]
    if any(each.signs is not None for each in populations.values()):
        names.append("sign")  # else all bursts are of one kind
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _title(record: Record) -> str:
    known = record.provenance
    return f"dendritic_bp, {known.get('experiment', 'run')}, seed {known.get('seed', '?')}"


def _need(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise UserError(
            f"This format needs {module} ({error}): pip install 'dendritic_bp[export]'."
        ) from None


FORMATS: dict[str, tuple[Callable[[Record, Populations, Path], None], str]] = {
    "nwb": (_nwb, ".nwb"),
    "neo": (_neo, ".nix"),
    "sonata": (_sonata, ".h5"),
    "csv": (_csv, ""),
}
