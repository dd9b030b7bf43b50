"""Insert the run-time control (`run_control.h`) into the main program that Brian2 is about to write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from itertools import groupby
from typing import Any

import numpy as np
from brian2 import NeuronGroup
from brian2.core.variables import DynamicArrayVariable

from dendritic_bp import carry, delivery, tables, watch
from dendritic_bp.carry import Entry
from dendritic_bp.passes import in_chunks
from dendritic_bp.tables import Table
from dendritic_bp.variables import ACTIVE, Settable, monitors


def insert(
    device: Any, network: Any, named: dict[str, Any], settable: dict[str, Settable], threads: int = 1
) -> dict[str, Table]:
    """Make the traced program take seed, values and state, tell its progress and stop at non-finite numbers.

    Return its tables.
    """
    variables = {name: named[name] for name in settable if name in named}
    inputs = [x.argument for name, x in settable.items() if name not in named and not name.endswith(ACTIVE)]
    queue = _with_sorted_clocks(device, device.main_queue)
    queue = _with_values(device, queue, inputs, variables)
    chunked, passes = in_chunks(device, queue, threads)
    device.main_queue[:] = _with_state_kept([_watched(entry) for entry in chunked])
    codes = _running(device, queue)
    found = tables.find(device, codes)
    timed = [name for name, table in found.items() if table.is_timed]
    for name in timed:
        tables.let_start(name, codes)
    device.report_func = "\n".join(
        [
            files("dendritic_bp").joinpath("run_control.h").read_text(),
            passes,
            _checks(device, network, named, variables),
            carry.source(device, network.name, timed, delivery.kept(network)),
        ]
    )
    device.insert_code("after_start", "control::start(args);")
    device.insert_code("before_end", "control::check_all();")
    device.insert_code("after_end", "control::report_memory();")
    return found


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
    before the run; values of single synapses wait until the last connect(). A run that goes on from a state
    takes them once, instead of what the state holds.
    """
    start = next(k for k, (kind, _) in enumerate(queue) if kind == "run_network")
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
    at_once = [name for name in variables if exists_at[name] == 0]
    result = _set_values(at_once)
    for k, entry in enumerate(queue[:first]):
        touched = _touched(device, entry, variables)
        result += [entry, *_set_values(name for name in touched if exists_at[name] <= k)]
    values = [*_set_values(variables), *carry.insert("control::check_finite();", "control::check_delays();")]
    begun = carry.fresh_or_continued([*result, *values, *queue[first:start]], values)
    return [*_set_values(inputs), *begun, *queue[start:]]


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
    return carry.insert(f"control::set_values({{{quoted}}});") if quoted else []


def _watched(entry: Entry) -> Entry:
    """Let the network call control::tick at the end of each step of its fastest clock."""
    if entry[0] != "run_network" or not entry[1][0]._clocks:  # nothing runs in an empty network
        return entry
    network, lines = entry[1]
    clock = min(network._clocks, key=lambda each: (each.dt_, each.name)).name
    watch = [f"control::now = {clock}.t;", f"{network.name}.add(&{clock}, control::tick);"]
    clocks = sorted(each.name for each in network._clocks)
    watch += [f"control::restart({each}, {network.name}.t);" for each in clocks]
    return "run_network", (network, [*_with_switches(network, lines[:-1]), *watch, lines[-1]])


def _with_switches(network: Any, lines: list[str]) -> list[str]:
    """Let a run do without a monitor: "NAME.active" is 0."""
    names = {each.name for each in monitors(network.objects)}
    adds = [(line, re.search(r"_run_(\w+?)_codeobject\w*\)", line)) for line in lines]
    return [
        f'if (control::is_active("{found[1]}")) {line}' if found and found[1] in names else line
        for line, found in adds
    ]


def _with_state_kept(queue: list[Entry]) -> list[Entry]:
    """Keep the state right after the last run, as Brian2 then forgets the spikes of its last step."""
    last = max(k for k, (kind, _) in enumerate(queue) if kind == "run_network")
    return [*queue[: last + 1], *carry.insert("control::keep_state();"), *queue[last + 1 :]]


def _running(device: Any, queue: list[Entry]) -> list[Any]:
    """List the code objects that run with the network."""
    lines = "\n".join(line for kind, arg in queue if kind == "run_network" for line in arg[1])
    return [device.code_objects[name] for name in re.findall(r"\b_run_(\w+)\);", lines)]


def _checks(device: Any, network: Any, named: dict[str, Any], variables: dict[str, Any]) -> str:
    """Return the C++ functions that go through variables, expressions, limits and delays."""
    owned = {name: var for name, var in named.items() if isinstance(var.owner, NeuronGroup)}
    real = {name: var for name, var in {**owned, **variables}.items() if np.dtype(var.dtype).kind == "f"}
    finite = [_require_finite(device, name, var) for name, var in real.items()]
    seen = [each for each in map(watch.look_at, network.sorted_objects) if each]
    looks = [f"void _run_{code}();" for code, _ in seen]
    lines = [f"_run_{code}();" for code, _ in seen]
    lines += [
        f'require_finite("{name}", {array}, _num_{array});'
        for _, arrays in seen
        for name, array in arrays.items()
    ]
    lines += [
        f"require_none({carry.quoted(message)}, {array}, _num_{array});"
        for group in network.sorted_objects
        for flag, message in getattr(group, "outside", {}).items()
        for array in [device.get_array_name(group.variables[flag], access_data=False)]
    ]
    paths = sorted(delivery.pathways(network), key=lambda path: path.name)
    delays = [_require_delays(device, path) for path in paths]
    functions = dict(check_finite=finite, check_expressions=lines, check_delays=delays)
    return "\n".join([*looks, *(_function(name, each) for name, each in functions.items())])


def _require_delays(device: Any, path: Any) -> str:
    array = device.get_array_name(path.variables["delay"], access_data=False)
    longest = min(delivery.longest(path), 1e300)
    return f'require_delays("{path.name}.delay", {array}, {longest!r});'


def _require_finite(device: Any, name: str, variable: Any) -> str:
    array = device.get_array_name(variable, access_data=False)
    where = f"{array}.data(), {array}.size()" if _one_per_synapse(variable) else f"{array}, _num_{array}"
    return f'require_finite("{name}", {where});'


def _function(name: str, lines: list[str]) -> str:
    return carry.function(f"void control::{name}()", ["using namespace brian;", *lines])
