"""Do what a step does to the cells of a group for a chunk of them at a time, as much as a cache holds.

Brian2 goes through all cells once for their background, once for their equations, and once for their events,
and what it reads has left the cache when it is read again. In chunks, the order for each cell stays, and so
do all numbers. Passes are put together where nothing comes in between that has to do with them, where each
cell is by itself, and where none draws random numbers, the order of which must stay. So several threads, each
with chunks of its own, compute the same numbers, too.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from brian2 import Clock, Function, NeuronGroup
from brian2.core.variables import ArrayVariable

from dendritic_bp.carry import Entry

CACHE = 40_000  # bytes: what is read of the cells of a chunk
SHARED = 8  # chunks for each thread, at least: smaller groups are done before threads have met
VECTOR = 16  # cells: a chunk has a multiple of them
TEMPLATES = ("stateupdate", "events")
ADD = re.compile(r"(\w+)\.add\(&(\w+), _run_(\w+)\);")
USED = re.compile(r"\b(_ptr_array_\w+)\[(.*?)\]")
WRITTEN = re.compile(r"^\s*(_ptr_array_\w+)\[.*?\] = ", re.MULTILINE)
PARALLEL = "    #pragma omp parallel for schedule(static) num_threads({threads})\n"
STEP = """
void _run_{name}()
{{
{parallel}    for (int first = 0; first < {cells}; first += {chunk}) {{
        control::first_cell = first;
        control::last_cell = std::min(first + {chunk}, {cells});
        {calls}
    }}
    control::last_cell = std::numeric_limits<int>::max();
    control::first_cell = {cells};  // all cells are done: what is left is to collect their events
    {collect}
    control::first_cell = 0;
}}
"""


class _Pass:
    """A line of the main program, the code object that it adds to a network, and the arrays of that."""

    def __init__(self, device: Any, line: str) -> None:
        found = ADD.fullmatch(line)
        self.line = line
        self.network, self.clock, self.name = found.groups() if found else ("", "", "")
        self.code: Any = device.code_objects[self.name] if found else None
        self.arrays = {
            device.get_array_name(each, access_data=False): each
            for each in (self.code.variables.values() if self.code else ())
            if isinstance(each, ArrayVariable) and not isinstance(each.owner, Clock)
        }

    @property
    def text(self) -> str:
        """Return the C++."""
        return str(self.code.code.cpp_file) if self.code else ""

    @property
    def group(self) -> str:
        """Return the name of the group whose cells this goes through, if it can be done in chunks."""
        code = self.code
        if code is None or code.template_name not in TEMPLATES or not isinstance(code.owner, NeuronGroup):
            return ""
        functions = (each for each in code.variables.values() if isinstance(each, Function))
        drawn = not all(each.stateless for each in functions)
        return "" if drawn or "_profiling_info" in self.text else str(code.owner.name)


def in_chunks(device: Any, queue: list[Entry], threads: int) -> tuple[list[Entry], str]:
    """Put passes together; return the new main program, and the C++ functions that it calls.

    Large groups are shared by so many threads.
    """
    functions: dict[str, str] = {}
    result = [
        (kind, (arg[0], _lines(device, arg[1], functions, threads)) if kind == "run_network" else arg)
        for kind, arg in queue
    ]
    return result, "".join(functions.values())


def _lines(device: Any, lines: list[str], functions: dict[str, str], threads: int) -> list[str]:
    """Return the lines of a run, with those that belong together in one, and write its function."""
    passes = [_Pass(device, line) for line in lines]
    for group in dict.fromkeys(each.group for each in passes if each.group):
        chosen = _together(passes, group)
        if len(chosen) > 1 or (threads > 1 and _apart(chosen)):
            last = chosen[-1]
            name = f"{last.name}_in_chunks"
            last.arrays = {key: each for one in chosen for key, each in one.arrays.items()}
            functions[name] = _function(name, chosen, threads)
            last.line = f"{last.network}.add(&{last.clock}, _run_{name});"
            passes = [each for each in passes if each not in chosen[:-1]]
    return [each.line for each in passes]


def _together(passes: list[_Pass], group: str) -> list[_Pass]:
    """Return the last passes of a group that can be done together, when the last of them is due."""
    chosen: list[_Pass] = []
    between: set[str] = set()
    for each in reversed(passes):
        if each.group != group:
            between |= each.arrays.keys() if chosen else set()
            continue
        if chosen and (
            each.clock != chosen[0].clock or each.arrays.keys() & between or not _apart([each, *chosen])
        ):
            break
        chosen.insert(0, each)
    return chosen


def _apart(passes: list[_Pass]) -> bool:
    """Tell whether what is written of a cell is read and written as that of this cell alone."""
    written = {array for each in passes for array in WRITTEN.findall(each.text)}
    used = (use for each in passes for use in USED.findall(each.text))
    return all(index == "_idx" for array, index in used if array in written)


def _function(name: str, passes: list[_Pass], threads: int) -> str:
    cells = int(passes[0].code.variables["N"].get_value())
    width = (
        sum(np.dtype(each.dtype).itemsize for each in passes[-1].arrays.values() if each.size == cells) or 1
    )
    number = math.ceil(cells * width / CACHE)  # of chunks, all of about the same size
    chunk = math.ceil(cells / number / VECTOR) * VECTOR
    known = "".join(f"void _run_{each.name}();\n" for each in passes)
    found = [each for each in passes if each.code.template_name == "events"]
    return known + STEP.format(
        name=name,
        cells=cells,
        chunk=chunk,
        calls="\n        ".join(f"_run_{each.name}();" for each in passes),
        collect="\n    ".join(f"_run_{each.name}();" for each in found),
        parallel=PARALLEL.format(threads=threads) if number >= SHARED * threads > SHARED else "",
    )
