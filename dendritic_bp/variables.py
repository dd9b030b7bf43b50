"""The variables of a traced network: what a run leaves of them on disk, and what can be given for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from weakref import proxy

import numpy as np
from brian2 import EventMonitor, Group, StateMonitor, Unit, get_unit
from brian2.core.variables import DynamicArrayVariable
from brian2.groups.group import CodeRunner

from dendritic_bp.arrays import FILE

ACTIVE = ".active"
SETTABLE_TYPES = {"float64", "float32", "int32", "int64", "bool"}  # what the generated main() can read


@dataclass(frozen=True)
class Stored:
    """Where and how a run leaves one variable on disk; an unknown length is None."""

    file: str
    array: str  # its name in the file
    dtype: str
    shape: tuple[int | None, ...]
    unit: str
    offset: int = 0


@dataclass(frozen=True)
class Recorded:
    """What a monitor of events records: how many cells of which population, and which kind of event."""

    population: str
    size: int
    kind: str


@dataclass(frozen=True)
class Settable:
    """What may be given for one variable at run time; an unknown length is None."""

    argument: str
    dtype: str
    shape: tuple[int | None, ...]
    unit: Any


def si_unit(quantity: Any) -> Unit:
    """Return the SI unit; 1 without dimension, where Brian2 says radian."""
    return Unit(1) if quantity.dim.is_dimensionless else get_unit(quantity.dim)


def tell_delays_apart(objects: Iterable[Any]) -> None:
    """Let each pathway own its delay: Brian2 calls the delays of all pathways `synapses.delay`."""
    for path in (path for each in objects for path in getattr(each, "_pathways", ())):
        delay = path.variables["delay"]
        delay.owner, delay.name = proxy(path), "delay"  # 2.11 calls it _PATHWAY_delay


def named(device: Any) -> dict[str, Any]:
    """Map 'object.variable' to every array whose owner still exists, in an order that no hash decides."""
    found = {f"{owner}.{var.name}": var for var in device.arrays if (owner := _owner_name(var))}
    return dict(sorted(found.items()))


def monitors(objects: Iterable[Any]) -> list[Any]:
    """Return those objects that record; a run can do without any of them."""
    return [each for each in objects if isinstance(each, EventMonitor | StateMonitor)]


def recorded(objects: Iterable[Any]) -> dict[str, Recorded]:
    """Describe the monitors of events, by name."""
    return {
        each.name: Recorded(each.source.name, len(each.source), each.event)
        for each in objects
        if isinstance(each, EventMonitor)
    }


def settable(device: Any, variables: dict[str, Any], objects: Iterable[Any]) -> dict[str, Settable]:
    """Describe what can be given: by 'object.variable', TimedArrays by name, whether a 'monitor.active'."""
    of_objects = {
        name: Settable(name, _type(var), _shape(device, var), si_unit(var))
        for name, var in variables.items()
        if _can_be_set(var)
    }
    of_inputs = {
        array.name: Settable(
            f"{array.name}.values", array.values.dtype.name, array.values.shape, si_unit(array)
        )
        for array in device.timed_arrays
    }
    switches = {
        name: Settable(name, "float64", (), Unit(1))
        for name in (f"{each.name}{ACTIVE}" for each in monitors(objects))
    }
    return of_objects | of_inputs | switches


def kept(variables: dict[str, Any]) -> dict[str, Any]:
    """Map the name of each result to its variable; those of synapses include the indices i and j."""
    table = {name: var for name, var in variables.items() if not var.name.startswith("_")}
    for synapses in (var.owner for var in variables.values() if var.name == "_synaptic_pre"):
        for index, array in (("i", "_synaptic_pre"), ("j", "_synaptic_post")):
            table[f"{synapses.name}.{index}"] = synapses.variables[array]
    return table


def stored(results: dict[str, Any]) -> dict[str, Stored]:
    """Describe how a run leaves its results."""
    return {name: _stored(name, variable) for name, variable in results.items()}


def _owner_name(variable: Any) -> str:
    try:
        return str(variable.owner.name)
    except ReferenceError:  # an array that outlived its object, such as the index of a temporary subgroup
        return ""


def _can_be_set(variable: Any) -> bool:
    """Tell variables and parameters of groups and synapses from what monitors and clocks keep."""
    owner = variable.owner
    kept = isinstance(owner, CodeRunner) and variable.name != "delay"
    hidden = variable.read_only or variable.name.startswith("_") or _type(variable) not in SETTABLE_TYPES
    return isinstance(owner, Group) and not kept and not hidden


def _type(variable: Any) -> str:
    return np.dtype(variable.dtype).name


def _shape(device: Any, variable: Any) -> tuple[int | None, ...]:
    if variable.scalar:
        return ()
    if not isinstance(variable, DynamicArrayVariable):
        return (int(variable.size),)
    count = device.array_cache.get(variable.owner.variables["N"])  # known unless wired at random
    return (None if count is None else int(count[0]),)


def _stored(name: str, variable: Any) -> Stored:
    shape: tuple[int | None, ...] = () if variable.scalar else (variable.size,)
    if isinstance(variable, DynamicArrayVariable):
        shape = (None,) if variable.ndim == 1 else (None, int(variable.size[1]))
    side = {"_synaptic_pre": "source", "_synaptic_post": "target"}.get(variable.name)
    first = int(getattr(variable.owner, side).start) if side else 0  # not 0 for a subgroup
    return Stored(FILE, name, _type(variable), shape, str(si_unit(variable)), first)
