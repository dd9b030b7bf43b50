"""The folder that a run of a program leaves where one is asked for: the same as that of an experiment.

`data.nc` holds spikes as `POPULATION_KIND_t` and `POPULATION_KIND_cell` (which `trains` reads), and all else
by the name that it has in the run, `object.variable`: what was recorded, and the last values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import xarray as xr

from dendritic_bp import trains
from dendritic_bp.encoding import DATA
from dendritic_bp.provenance import attributes
from dendritic_bp.runs import Run, describe, sizes
from dendritic_bp.state import FILE
from dendritic_bp.storage import Record, write_run
from dendritic_bp.variables import Recorded

Window = tuple[float, float]


def settle(
    run: Run, folder: Path, recorded: Mapping[str, Recorded], window: Window, about: Mapping[str, Any]
) -> Run:
    """Turn the raw results of a run, in its folder, into data, summary and provenance; return who reads them.

    `window` (s) is the simulated time; `about` says where the run came from.
    """
    raw = replace(run, folder=folder)
    arrays = _arrays(raw, recorded, window)
    data = xr.Dataset({name: entry for name, (_, entry) in arrays.items()})
    provenance = {
        "program": about["program"],
        "seed": run.seed,
        "set": {name: describe(value) for name, value in run.values.items()},
        **about,
        **run.provenance,
    }
    data.attrs = dict(attributes(provenance))
    write_run(folder, Record(data, _summary(raw, recorded, window), provenance))
    for name in run.sizes:
        if name != FILE:
            (folder / name).unlink()
    names = {variable: name for name, (variable, _) in arrays.items()}
    stored = {
        name: replace(entry, file=DATA, offset=0, array=names[name]) for name, entry in run.stored.items()
    }
    return replace(run, stored=stored, sizes=sizes(folder))


def _arrays(run: Run, recorded: Mapping[str, Recorded], window: Window) -> dict[str, tuple[str, tuple]]:
    """Return (variable of the run, entry of the data set) by name in the data set."""
    result: dict[str, tuple[str, tuple]] = {}
    for monitor, of in recorded.items():
        if f"{monitor}.i" in run.stored and f"{of.population}_{of.kind}_t" not in result:
            train = run[f"{monitor}.t"], run[f"{monitor}.i"]
            made = trains.entries(of.population, of.size, window, **{of.kind: train})
            result |= {name: (f"{monitor}.{x}", made[name]) for name, x in zip(made, "ti", strict=True)}
    done = {variable for variable, _ in result.values()}
    lengths = {entry[0]: len(entry[1]) for _, entry in result.values()}
    for name, entry in run.stored.items():
        if name not in done:
            values, wanted = run[name], _dimensions(name, run, recorded)
            fit = all(lengths.setdefault(each, n) == n for each, n in zip(wanted, values.shape, strict=True))
            dims = wanted if fit else [f"{name}_{k}" for k in range(values.ndim)]
            about = {"units": entry.unit, "long_name": _meaning(name, run, recorded)}
            result[name] = name, (dims, values, about)
    return result


def _dimensions(name: str, run: Run, recorded: Mapping[str, Recorded]) -> list[str]:
    """Name the dimensions of a variable after its object."""
    owner, shape = name.partition(".")[0], run.stored[name].shape
    if name.endswith((".N_incoming", ".N_outgoing")):  # of synapses, by cell
        return [name]
    if owner in recorded and shape:
        of = recorded[owner]
        return [f"{of.population}_{of.kind}" if shape == (None,) else of.population]
    along = {0: [], 1: [owner], 2: [f"{owner}_cell", f"{owner}_time"]}[len(shape)]
    return [f"{owner}_time"] if along == [owner] and _traces(owner, run) else along


def _traces(owner: str, run: Run) -> bool:
    """Say whether an object records variables in time."""
    return any(each.startswith(f"{owner}.") and len(run.stored[each].shape) == 2 for each in run.stored)


def _meaning(name: str, run: Run, recorded: Mapping[str, Recorded]) -> str:
    """Say what a variable is: a trace, what a monitor of events keeps, or the state of a group at the end."""
    owner, _, variable = name.partition(".")
    if owner in recorded:
        return f"{variable} at the {recorded[owner].kind}s of {recorded[owner].population}"
    return f"{variable}, recorded by {owner}" if _traces(owner, run) else f"{variable} of {owner}, at the end"


def _summary(run: Run, recorded: Mapping[str, Recorded], window: Window) -> dict[str, float]:
    """Return the cost of the run, and how often each population fired."""
    length = window[1] - window[0]
    result = {"simulated_s": length, **asdict(run.cost)}
    for monitor, of in recorded.items():
        events = int(run[f"{monitor}.N"])
        result[f"{of.population}_{of.kind}s"] = events
        result[f"{of.population}_{of.kind}_rate_hz"] = events / (of.size * length)
    return result
