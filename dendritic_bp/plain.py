"""Limits for plain Brian2 objects, which have no model: Poisson rates, and numbers that would be rounded."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from brian2 import Network, PoissonGroup, PoissonInput, Quantity, TimedArray, second

from dendritic_bp.delivery import pathways
from dendritic_bp.errors import ModelError
from dendritic_bp.limits import COUNT, rate, require
from dendritic_bp.lookups import on_indices

TABLE = re.compile(r"\s*(\w+)\(t(?:,\s*i)?\)\s*")
RATE, RATES = rate("rate"), rate("rates")


def rate_limits(network: Network) -> dict[str, Callable[[Mapping[str, Any]], None]]:
    """Return what refuses rates of Poisson groups for a run, by the name of the group or of their table."""
    limits: dict[str, Callable[[Mapping[str, Any]], None]] = {}
    groups = [each for each in network.sorted_objects if isinstance(each, PoissonGroup)]
    for each in sorted(groups, key=lambda group: group.clock.dt_):  # the strictest has a shared table
        name, dt = each.name, each.clock.dt_
        limits[name] = partial(_require_rates, name, dt)
        limits |= {table.name: partial(_require_table, table, name, dt) for table in _tables(each)}
    return limits


def _require_table(table: TimedArray, name: str, dt: float, changed: Mapping[str, Any]) -> None:
    """Refuse a table that holds rates which a group cannot have."""
    rates = Quantity(changed.get(table.name, table.values), dim=table.dim)
    _require_rates(f"{name}, {table.name}", dt, {"rates": rates})


def _tables(group: PoissonGroup) -> list[TimedArray]:
    """Return the table whose values are the rates of a group, if they are no more than that."""
    if not isinstance(group._rates, str) or not (found := TABLE.fullmatch(group._rates)):
        return []
    table = group.thresholder["spike"].codeobj.variables.get(found[1])
    return [table] if isinstance(table, TimedArray) else []


def _require_rates(name: str, dt: float, changed: Mapping[str, Any]) -> None:
    require(f"'{name}'", RATES, {"dt": dt * second, **changed})


def require_limits(network: Network, device: Any) -> None:
    """Refuse what a protocol has given to plain Brian2 objects and they would take in silence."""
    for each in network.sorted_objects:
        if isinstance(each, PoissonInput):
            number = dict(n=each.N, rate=each.rate, dt=each.clock.dt_ * second)
            require(f"'{each.name}'", {**COUNT, **RATE}, number)
        if isinstance(each, PoissonGroup) and (rates := _rates(each)) is not None:
            _require_rates(each.name, each.clock.dt_, {"rates": rates})
    arrays = {device.get_array_name(v, access_data=False): v for v in device.arrays if _name(v)}
    steps = {
        device.get_array_name(path.variables["delay"], access_data=False): path.source.clock.dt_
        for path in pathways(network)
    }
    for array, values in _assigned(device):
        if array in steps:
            _require_whole(arrays[array], values / steps[array], f" steps of {steps[array]:g} s")
        elif array in arrays and np.dtype(arrays[array].dtype).kind == "i":
            _require_whole(arrays[array], values, "")


def _rates(group: PoissonGroup) -> Any:
    """Return the rates that a group was made with, as far as they are known."""
    if not isinstance(group._rates, str):
        return Quantity(group._rates)
    units = {"Hz": 1.0, "kHz": 1e3}
    indices = {"i": np.arange(group.N), "N": group.N, **units}
    found = on_indices(ast.parse(group._rates, mode="eval").body, indices)
    return None if found is None else Quantity(found, dim=(1 / second).dim)


def _assigned(device: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays to which a protocol assigns numbers, by their names in C++."""
    for kind, entry in device.main_queue:
        if kind == "set_by_array":
            yield entry[0], np.asarray(device.static_arrays[entry[1]], dtype=float)
        elif kind in ("set_by_constant", "set_by_single_value"):
            try:
                yield entry[0], np.asarray(float(entry[1 if kind == "set_by_constant" else 2]))
            except ValueError:  # a truth value, or code
                continue


def _require_whole(variable: Any, values: np.ndarray, unit: str) -> None:
    wrong = values[(np.abs(values - np.round(values)) > 1e-6) | (np.abs(values) >= 2**31)]
    if wrong.size:
        raise ModelError(
            f"{_name(variable)}: {wrong.flat[0]:g}{unit} is no whole number below 2**31, and would be rounded"
        )


def _name(variable: Any) -> str:
    try:
        return f"{variable.owner.name}.{variable.name}"
    except ReferenceError:  # it outlived its object
        return ""
