"""Go through the synapses of one cell in a loop that computes nothing that is the same for all of them.

Brian2 lists all synapses that events reach, and looks up for each the cells at both ends. In regular wiring,
such as all to all, the synapses of a cell are evenly spaced and its partners follow each other: nothing is
listed or looked up (`templates/fan_out.cpp`). What the code reads of the cell that has the event, and which
functions it calls of that, comes before the loop; the compiler takes out what follows from it, and vectorises
the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Function, Synapses
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.codegen.statements import Statement
from brian2.core.variables import ArrayVariable, Constant
from brian2.utils.stringtools import get_identifiers

SIDES = {"_presynaptic_idx": "_synaptic_pre", "_postsynaptic_idx": "_synaptic_post"}  # index and its array
ANY = "any"  # an index that is no single one: the order of synapses matters
TEMPLATE = "fan_out"


def fan_out(built: Synapses, wired: Mapping[str, Any]) -> None:
    """Let synapses that were connected as `wired` says use this code, for each pathway that it fits.

    Those that are then connected once more go back to Brian2's code.
    """
    steps = _steps(wired)
    for path in (each for each in built._pathways if steps[each.prepost]):
        path.template = TEMPLATE
        path.template_kwds["side_by_side"] = steps[path.prepost] == "side by side"
    connect = built.connect

    def connect_more(*args: Any, **kwargs: Any) -> None:
        for path in built._pathways:
            path.template = "synapses"
        connect(*args, **kwargs)

    built.connect = connect_more


def _steps(wired: Mapping[str, Any]) -> dict[str, str | None]:
    """Tell how the synapses of each cell are spaced, at either end, as far as it is known before a run."""
    if not wired:
        return dict(pre="side by side", post="even")
    if wired.keys() == {"i", "j"} and not any(isinstance(index, str) for index in wired.values()):
        i, j = (each.ravel() for each in np.broadcast_arrays(wired["i"], wired["j"]))
        return dict(pre=spacing(i, j), post=spacing(j, i))
    return dict(pre=None, post=None)


def spacing(own: np.ndarray, other: np.ndarray) -> str | None:
    """Tell how the synapses of each cell, whose partners must follow each other, are spaced.

    That is "side by side" or "even".
    """
    if (np.diff(other[own == own[0]]) != 1).any():  # seen at once, if the wiring is random
        return None
    order = np.argsort(own, kind="stable")
    same = np.diff(own[order]) == 0
    if (np.diff(other[order])[same] != 1).any():
        return None
    steps = np.diff(order)
    if (steps[same] == 1).all():
        return "side by side"
    return "even" if (np.diff(steps)[same[1:] & same[:-1]] == 0).all() else None


class CellByCell(CPPCodeGenerator):
    """Give the template, besides Brian2's code, that `by_cell`, and the indices of what is `written`.

    `by_cell` holds, for the cell at either end, lines to be put where this cell is known.
    """

    def translate_statement_sequence(self, scalar: Any, vector: Any) -> Any:
        """Return the scalar and the vector code, and what else the template is given."""
        self.by_cell: dict[str, list[str]] = {side: [] for side in SIDES}
        self.known: dict[str, set[str]] = {side: set() for side in SIDES}
        self.written: set[str] = set()
        self.calls: dict[str, str] = {}
        *code, keywords = super().translate_statement_sequence(scalar, vector)
        if self._synaptic:
            keywords["by_cell"] = {side: "\n".join(lines) for side, lines in self.by_cell.items()}
            keywords["written"] = sorted(self.written)
        if self.template_name == "stateupdate":
            keywords["apart"] = self.written == {"_idx"}
        return *code, keywords

    @property
    def _synaptic(self) -> bool:
        return bool(self.template_name == TEMPLATE)

    def translate_to_read_arrays(self, read: set[str], write: set[str], indices: set[str]) -> list[str]:
        """Return the lines that read arrays, without those that read of a cell what no synapse changes."""
        self.written |= {self._index(name, read | write) for name in write} - {"0"}
        if self._synaptic:
            changed = {self.get_array_name(self.variables[name]) for name in write}
            for side, array in SIDES.items():
                fixed = {x for x in read if self._is(x, side) and self._array(x) not in changed}
                numbers = {x for x in read if self._array(x) == self._array(array)}
                self.by_cell[side] += super().translate_to_read_arrays(fixed, write, set())
                self.by_cell[side] += [f"const int32_t {name} = {side};" for name in sorted(numbers)]
                self.known[side] |= fixed | numbers
                read = read - fixed - numbers
            indices = indices - {*SIDES}
        return list(super().translate_to_read_arrays(read, write, indices))

    def translate_to_statements(self, statements: Sequence[Statement], conditional: Any) -> list[str]:
        """Return the lines of statements, without those that define something of one cell alone."""
        inside = []
        for statement in statements:
            side = self._side(statement.expr) if self._synaptic and statement.op == ":=" else None
            lines = super().translate_to_statements([statement], conditional)
            if side and statement.constant and not statement.used_boolean_variables:
                self.by_cell[side] += lines
                self.known[side].add(statement.var)
            else:
                inside += lines
        return inside

    def translate_expression(self, expr: str) -> str:
        """Return the C++ of an expression; what it calls of one cell alone has been computed before."""
        if self._synaptic:
            expr = ast.unparse(_Calls(self._once).visit(ast.parse(expr, mode="eval")))
        return str(super().translate_expression(expr))

    def _once(self, call: str) -> str | None:
        """Return the name of what a call comes to for all synapses of a cell; None if they differ."""
        side = self._side(call)
        if side and call not in self.calls:
            self.calls[call] = f"_once_{len(self.calls)}"
            value = super().translate_expression(call)
            self.by_cell[side].append(f"const auto {self.calls[call]} = {value};")
        return self.calls.get(call)

    def _side(self, code: str) -> str | None:
        """Return the index of the one cell on which an expression depends; None if there is none."""
        names = get_identifiers(code)
        functions = {name for name in names if isinstance(self.variables.get(name), Function)}
        if not all(self.variables[name].stateless for name in functions):
            return None
        for side, known in self.known.items():
            if names & known and all(map(self._is_scalar, names - functions - known)):
                return side
        return None

    def _is_scalar(self, name: str) -> bool:
        variable = self.variables.get(name)
        if variable is None:
            return name.startswith("_lio_")
        return isinstance(variable, ArrayVariable | Constant) and bool(variable.scalar)

    def _is(self, name: str, side: str) -> bool:
        return bool(self.variable_indices[name] == side)

    def _array(self, name: str) -> str:
        known = self.variables if name in self.variables else self.owner.variables
        return str(self.get_array_name(known[name]))

    def _index(self, name: str, used: Iterable[str]) -> str:
        found = {self.variable_indices[each] for each in used if self._array(each) == self._array(name)}
        return found.pop() if len(found) == 1 else ANY


class _Calls(ast.NodeTransformer):
    """Put names in place of calls."""

    def __init__(self, name_of: Callable[[str], str | None]) -> None:
        self._name_of = name_of

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = self._name_of(ast.unparse(node))
        if name is None:
            self.generic_visit(node)
            return node
        return ast.Name(name, ast.Load())
