"""Watch what no list of values shows: limits on what expressions set, and expressions that are no numbers.

A comparison with NaN is false, so that a threshold, an event or a coin in a reset that reads it is silent. A
number in the equations of a variable would show there; only expressions that none of them reads are watched.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import NeuronGroup, get_device
from brian2.codegen.codeobject import create_runner_codeobj
from brian2.core.variables import Subexpression
from brian2.utils.stringtools import get_identifiers

from dendritic_bp.limits import words
from dendritic_bp.model import NeuronModel

FLAG = "outside_{}"


def unsettled(model: NeuronModel, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the limits, by the name of a flag, on what may change while the model runs."""
    given = {**model.parameters, **model.initial, **values}
    fixed = {
        name
        for name, eq in model.parsed.items()
        if {"constant", "shared"} & set(eq.flags) and not isinstance(given.get(name), str)
    }
    watched = [each for each in model.conditions if not set(words(each)) <= fixed | {"dt"}]
    return {FLAG.format(k): condition for k, condition in enumerate(watched)}


def watch(group: NeuronGroup, model: NeuronModel, flags: Mapping[str, str]) -> None:
    """Let a group note, in each of its steps, which cells are outside a limit; say what to look at."""
    for flag in flags:
        group.run_on_event(flag, f"{flag} = True")
    group.add_attribute("outside")
    group.outside = {
        flag: f"'{group.name}': {model} needs {condition} ({model.conditions[condition]}), but not so is cell"
        for flag, condition in flags.items()
    }
    group.add_attribute("silent")
    group.silent = silent_expressions(model)


def silent_expressions(model: NeuronModel) -> list[str]:
    """Return the expressions that decide what a cell does, and that no variable's equation reads."""
    decisions = [model.threshold, model.reset, *model.events.values(), *model.on_event.values()]
    shown = _read(model, (eq.expr.code for eq in model.parsed.values() if eq.type == "differential equation"))
    return sorted(name for name in _read(model, decisions) - shown if model.parsed[name].var_type == "float")


def _read(model: NeuronModel, codes: Iterable[str]) -> set[str]:
    """Return the expressions of a model that pieces of code read, one through the other."""
    found: set[str] = set()
    left = {name for code in codes for name in get_identifiers(code)}
    while left := {name for name in left - found if _is_expression(model, name)}:
        found |= left
        left = {word for name in left for word in get_identifiers(model.parsed[name].expr.code)}
    return found


def _is_expression(model: NeuronModel, name: str) -> bool:
    return name in model.parsed and model.parsed[name].type == "subexpression"


def look_at(group: Any) -> tuple[str, dict[str, str]] | None:
    """Make the code that evaluates the silent expressions of a group; return its name, and their arrays."""
    names = [
        name
        for name in getattr(group, "silent", ())
        if isinstance(group.variables.get(name), Subexpression) and not group.variables[name].scalar
    ]
    if not names:
        return None
    for name in names:
        dim = group.variables[name].dim
        group.variables.add_array(f"_seen_{name}", size=len(group), dimensions=dim, dtype=np.float64)
    code = "\n".join(f"_seen_{name} = {name}" for name in names)
    made = create_runner_codeobj(
        group, code, "stateupdate", name=f"{group.name}_expressions", run_namespace={}, check_units=False
    )
    device = get_device()
    arrays = {
        f"{group.name}.{name}": device.get_array_name(group.variables[f"_seen_{name}"]) for name in names
    }
    return made.name, arrays
