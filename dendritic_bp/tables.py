"""The TimedArrays of a program: in a chain of runs, one read at the time `t` begins anew with each run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dendritic_bp.errors import UserError

INDEX = "an index"  # what a table is read at, if not at a time


@dataclass(frozen=True)
class Table:
    """A TimedArray: the time of a row (s), their number, and at what the running network reads it."""

    dt: float
    rows: int
    read_at: frozenset[str]

    @property
    def is_timed(self) -> bool:
        """Tell a table of what comes when."""
        return self.read_at == {"t"} and self.rows > 1


def find(device: Any, codes: Iterable[Any]) -> dict[str, Table]:
    """Describe the TimedArrays, as the code objects that run with the network read them."""
    names = sorted(array.name for array in device.timed_arrays)
    clocks = [device.get_array_name(clock.variables["t"]) for clock in device.clocks]
    sources = [_with_t(code.code.cpp_file, clocks) for code in codes]
    return {
        array.name: Table(
            array.dt,
            len(array.values),
            frozenset(at for each in sources for at in _read_at(array.name, names, each)),
        )
        for array in device.timed_arrays
    }


def require_all_read(tables: Mapping[str, Table], dt: float, name: str) -> None:
    """Refuse a table of what comes when, of which a program with steps of `dt` (s) would skip rows."""
    for table, each in tables.items():
        if each.is_timed and each.dt < dt * (1 - 1e-6):
            raise UserError(
                f"TimedArray '{table}' of '{name}' has a row for each {each.dt:g} s, but steps are {dt:g} s: "
                "most rows would be skipped. Give it a longer dt, or the network a shorter one."
            )


def _with_t(source: str, clocks: Sequence[str]) -> str:
    """Call the time of any clock `t`; subexpressions of synapses have names of their own for it."""
    times = "|".join(map(re.escape, clocks))
    for name in re.findall(rf"\bconst double (\w+) = _ptr(?:{times})\[0\];", source):
        source = re.sub(rf"\b{name}\b", "t", source)
    return source


def let_start(table: str, codes: Sequence[Any]) -> None:
    """Let the C++ code of a TimedArray count its rows from `control::first_TABLE`."""
    row = re.compile(
        rf"(double {table}\(const double t\b.*?\(int\)\(\(t/epsilon \+ 0\.5\)/\d+\));", re.DOTALL
    )
    found = [code for code in codes if row.search(code.code.cpp_file)]
    assert found, f"this version of Brian2 looks up TimedArray '{table}' in a way of its own"
    for code in found:
        text = row.sub(rf"\1 - control::first_{table};", code.code.cpp_file)
        code.code.cpp_file = f"namespace control {{ extern int first_{table}; }}\n{text}"


def first_rows(tables: Mapping[str, Table], pieces: int, length: float) -> dict[str, int]:
    """Return for each timed table its row, were it one for all the time, at the end of so many pieces.

    Raises:
        UserError: a table is not read at `t`, or the length of a piece (s) is not a number of its rows.
    """
    for name, table in tables.items():
        if table.read_at not in ({"t"}, {INDEX}, set()):
            raise UserError(
                f"A run cannot go on from a state: TimedArray '{name}' is read at {_text(table)}. "
                "Read it at t alone, then it begins anew with each run, or always without t, by an index."
            )
    return {name: pieces * _rows(name, each.dt, length) for name, each in tables.items() if each.is_timed}


def _text(table: Table) -> str:
    return " and ".join(sorted(table.read_at))


def _rows(name: str, dt: float, length: float) -> int:
    rows = round(length / dt)
    if rows == 0 or abs(rows * dt - length) > 1e-9 * length:
        raise UserError(
            f"A run cannot go on from a state: its {length:g} s are not a number of rows of TimedArray "
            f"'{name}', of {dt:g} s each. Choose a dt for it that divides {length:g} s."
        )
    return rows


def _read_at(name: str, names: Sequence[str], source: str) -> Iterator[str]:
    """Yield at what a source reads a table, times as they are written there."""
    for _, _, argument in _calls(name, source):
        if not argument.startswith("const "):  # the definition
            yield argument if _is_time(argument, names, source) else INDEX


def _is_time(expression: str, names: Sequence[str], source: str, seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether an expression depends on `t`, be it through other variables, but for what tables hold."""
    for name in names:
        while call := next(_calls(name, expression), None):
            expression = expression[: call[0]] + expression[call[1] :]
    words = set(re.findall(r"[A-Za-z_]\w*", expression)) - seen
    definitions = (re.findall(rf"\bconst \w+ {word} = (.*?);", source) for word in sorted(words - {"t"}))
    return "t" in words or any(
        _is_time(each, names, source, seen | words) for found in definitions for each in found
    )


def _calls(name: str, source: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each call of a function begins and ends, and its first argument."""
    for match in re.finditer(rf"\b{name}\(", source):
        depth, comma = 1, 0
        for k in range(match.end(), len(source)):
            depth += {"(": 1, ")": -1}.get(source[k], 0)
            if source[k] == "," and depth == 1 and not comma:
                comma = k
            if depth == 0:
                yield match.start(), k + 1, source[match.end() : comma or k].strip()
                break
