"""Insert the run-time control (`run_control.h`) into the main program that Brian2 is about to write."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from itertools import groupby
from typing import Any

import numpy as np
from brian2.core.variables import DynamicArrayVariable

from dendritic_bp.variables import Settable

Entry = tuple[str, Any]


def insert(device: Any, named: dict[str, Any], settable: dict[str, Settable]) -> None:
    """Make the traced program take a seed and values, report progress and stop at non-finite numbers."""
    variables = {name: named[name] for name in settable if name in named}
    inputs = [each.argument for name, each in settable.items() if name not in named]
    queue = _with_sorted_clocks(device, device.main_queue)
    queue = _with_values(device, queue, inputs, variables)
    device.main_queue[:] = [_watched(entry) for entry in queue]
    fixed = files("dendritic_bp").joinpath("run_control.h").read_text()
    device.report_func = "\n".join([fixed, _finite_check(device, variables), _size_report(device)])
    device.insert_code("after_start", "control::start(args);")
    device.insert_code("before_end", "control::check_finite();\ncontrol::report_sizes();")
    device.insert_code("after_end", "control::report_memory();")


def _with_sorted_clocks(device: Any, queue: list[Entry]) -> list[Entry]:
    """Sort runs of clock settings, which Brian2 writes in the order of a set."""
    clocks = {
        device.get_array_name(clock.variables[name]) for clock in device.clocks for name in ("timestep", "t")
    }
    runs = groupby(queue, key=lambda entry: entry[0] == "set_by_single_value" and entry[1][0] in clocks)
    return [entry for is_clock, run in runs for entry in (sorted(run, key=str) if is_clock else run)]


def _with_values(
    device: Any, queue: list[Entry], inputs: list[str], variables: dict[str, Any]
) -> list[Entry]:
    """Put the run-time values in place of what the protocol assigns before its first run.

    They are set at the start (initial-value strings may read them), again after each assignment, and
    before the run; values of single synapses wait until the last connect().
    """
    first = next(k for k, (kind, _) in enumerate(queue) if kind in ("before_run_code_object", "run_network"))
    wired = {
        arg[0].owner.name: k
        for k, (kind, arg) in enumerate(queue[:first])
        if kind == "run_code_object" and arg[0].template_name.startswith("synapses_create")
    }
    exists_at = {
        name: wired.get(_synapses(var).name, first) if _one_per_synapse(var) else 0
        for name, var in variables.items()
    }
    result = _set_values([*inputs, *(name for name in variables if exists_at[name] == 0)])
    for k, entry in enumerate(queue[:first]):
        touched = _touched(device, entry, variables)
        result += [entry, *_set_values(name for name in touched if exists_at[name] <= k)]
    check = ("insert_code", "control::check_finite();")
    return [*result, *_set_values(variables), check, *queue[first:]]


def _one_per_synapse(variable: Any) -> bool:
    return isinstance(variable, DynamicArrayVariable)


def _synapses(variable: Any) -> Any:
    """Return the synapses to which a variable, or the pathway whose delay it is, belongs."""
    return getattr(variable.owner, "synapses", variable.owner)


def _touched(device: Any, entry: Entry, variables: dict[str, Any]) -> list[str]:
    """List the variables that an entry of the main program may have written."""
    kind, arg = entry
    if kind.startswith("set_"):
        return [
            name for name, var in variables.items() if device.get_array_name(var, access_data=False) == arg[0]
        ]
    if kind == "run_code_object":
        used = {id(var) for var in arg[0].variables.values()}
        return [name for name, var in variables.items() if id(var) in used]
    return []


def _set_values(names: Iterable[str]) -> list[Entry]:
    quoted = ", ".join(f'"{name}"' for name in names)
    return [("insert_code", f"control::set_values({{{quoted}}});")] if quoted else []


def _watched(entry: Entry) -> Entry:
    """Let the network call control::tick at the end of each step of its fastest clock."""
    if entry[0] != "run_network":
        return entry
    network, lines = entry[1]
    clock = min(network._clocks, key=lambda each: (each.dt_, each.name)).name
    watch = [f"control::now = {clock}.t;", f"{network.name}.add(&{clock}, control::tick);"]
    return "run_network", (network, [*lines[:-1], *watch, lines[-1]])


def _finite_check(device: Any, variables: dict[str, Any]) -> str:
    """Return the C++ function that goes through all floating-point variables."""
    real = {name: var for name, var in variables.items() if np.dtype(var.dtype).kind == "f"}
    return _function("check_finite", [_require_finite(device, name, var) for name, var in real.items()])


def _require_finite(device: Any, name: str, variable: Any) -> str:
    array = device.get_array_name(variable, access_data=False)
    where = f"{array}.data(), {array}.size()" if _one_per_synapse(variable) else f"{array}, _num_{array}"
    return f'require_finite("{name}", {where});'


def _size_report(device: Any) -> str:
    """Return the C++ function that says how long each file should become."""
    return _function(
        "report_sizes",
        [_report_size(device, variable) for variable in sorted(device.arrays, key=device.arrays.get)],
    )


def _report_size(device: Any, variable: Any) -> str:
    array = device.get_array_name(variable, access_data=False)
    size = f"_num_{array} * sizeof({array}[0])"
    if isinstance(variable, DynamicArrayVariable):
        size = f"{array}.size() * sizeof({array}[0])"
        if variable.ndim == 2:
            size = f"{array}.n * {array}.m * sizeof({array}(0, 0))"
    return f'std::printf("size %s %zu\\n", "{device.get_array_filename(variable)}", size_t({size}));'


def _function(name: str, lines: list[str]) -> str:
    return "\n    ".join([f"void control::{name}()", "{", "using namespace brian;", *lines]) + "\n}\n"
