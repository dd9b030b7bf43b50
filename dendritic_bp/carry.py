"""Insert what carries the state of one run into the next (`state.h`, `archive.h`) into the main program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from brian2 import EventMonitor, PopulationRateMonitor, StateMonitor
from brian2.core.variables import DynamicArrayVariable

from dendritic_bp.arrays import in_cpp

Entry = tuple[str, Any]


def fresh_or_continued(fresh: list[Entry], values: list[Entry]) -> list[Entry]:
    """Let a run that goes on from a state take it in place of what the protocol does before its first run."""
    prepared = [entry for entry in fresh if entry[0] == "before_run_code_object"]
    return [
        *insert("if (!control::continues()) {"),
        *fresh,
        *insert("} else {", "control::restore_arrays();"),
        *values,
        *prepared,
        *insert("control::restore_pathways();", "}"),
    ]


def insert(*lines: str) -> list[Entry]:
    """Return entries of the main program that are these lines of C++."""
    return [("insert_code", line) for line in lines]


def quoted(text: str) -> str:
    """Return a C++ string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def function(head: str, lines: Iterable[str]) -> str:
    """Return a C++ function."""
    return "\n    ".join([head, "{", *lines]) + "\n}\n"


def source(device: Any, network: str, timed: Iterable[str], kept: Mapping[str, int]) -> str:
    """Return the C++ code that carries a state, what is `kept` for delayed synapses, and its first rows."""
    fixed = [files("dendritic_bp").joinpath(name).read_text() for name in ("archive.h", "state.h")]
    arrays = sorted(_carried(device, var) for var in device.arrays if _lasts(var))
    arrays += [f'carry(archive, "{name}", {name}, {size});' for name, size in sorted(kept.items())]
    paths = sorted(path.name for synapses in device.synapses for path in synapses._pathways)
    archive, names = "void control::{}(Archive &archive)", "using namespace brian;"
    firsts = [f'first_{each} = std::atoi(argument("first.{each}").c_str());' for each in timed]
    return "\n".join(
        [
            *fixed,
            *(f"namespace control {{ int first_{each} = 0; }}" for each in timed),
            function(archive.format("carry_arrays"), [names, *arrays]),
            function(
                archive.format("carry_pathways"), [names, *(f'carry(archive, "{p}", {p});' for p in paths)]
            ),
            function("void control::start_time()", [f"brian::{network}.t = begin();", *firsts]),
        ]
    )


def _carried(device: Any, variable: Any) -> str:
    name = device.get_array_name(variable, access_data=False)
    return f'carry(archive, "{name}", {in_cpp(device, variable)});'


def _lasts(variable: Any) -> bool:
    """Tell the state of a network from what its monitors record, which begins empty in each run."""
    try:
        recorded = isinstance(variable.owner, EventMonitor | PopulationRateMonitor | StateMonitor)
    except ReferenceError:  # an array that outlived its object
        return True
    return not recorded or not (isinstance(variable, DynamicArrayVariable) or variable.name in ("N", "count"))
