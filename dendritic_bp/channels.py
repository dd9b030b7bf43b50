"""Tell where in a cell each gate matters: nowhere but in the compartments that have its channel.

A channel is a current `I_NAME = g_NAME*...`, where `g_NAME` is its density, a constant parameter of each
compartment. A gate that acts through such currents alone can be left out where their densities are 0.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from brian2 import Equations, meter, siemens
from brian2.equations.equations import PARAMETER, SUBEXPRESSION, SingleEquation
from brian2.utils.stringtools import get_identifiers

DENSITY = (siemens / meter**2).dim

Densities = frozenset[
    str
]  # a block of gates matters where one of them is not 0; if there are none, everywhere
EVERYWHERE: Densities = frozenset()


def blocks(equations: Equations, outside: Iterable[str] = ()) -> dict[Densities, list[str]]:
    """Return the state variables by where they matter, blocks in an order in which each reads old values.

    What the code `outside` the equations reads (threshold, reset) matters everywhere.
    """
    read = set().union(*(get_identifiers(code) for code in outside))
    result: dict[Densities, list[str]] = {EVERYWHERE: []}
    for name in sorted(equations.diff_eq_names):
        where = EVERYWHERE if name in read else _where(name, equations)
        result.setdefault(where, []).append(name)
    try:
        return {block: result[block] for block in _readers_first(result, equations)}
    except CycleError:  # blocks that read each other are updated at once
        return {EVERYWHERE: sorted(equations.diff_eq_names)}


def own(name: str, equations: Equations) -> list[SingleEquation]:
    """Return the equation of a state variable, and the expressions that it reads and that depend on it."""
    within = [each for each in _reads(name, equations) if equations[each].type == SUBEXPRESSION]
    return [equations[name], *(equations[each] for each in within if name in _reads(each, equations))]


def _readers_first(parts: dict[Densities, list[str]], equations: Equations) -> Iterable[Densities]:
    home = {name: block for block, names in parts.items() for name in names}
    readers: dict[Densities, set[Densities]] = {block: set() for block in parts}
    for name, block in home.items():
        for other in _reads(name, equations) & home.keys():
            readers[home[other]] |= {block} - {home[other]}
    return TopologicalSorter(readers).static_order()


def _reads(name: str, equations: Equations) -> set[str]:
    """Return all that an equation reads, through expressions too."""
    found: set[str] = set()
    new = set(equations[name].identifiers) & equations.names
    while new:
        found |= new
        inner = (equations[each] for each in new if equations[each].type == SUBEXPRESSION)
        new = set().union(*(each.identifiers for each in inner)) & equations.names - found
    return found


def _where(name: str, equations: Equations) -> Densities:
    """Return the densities of the currents that a variable makes, and of those that it follows."""
    makes = _makes(name, equations, frozenset([name]))
    if makes is None:
        return EVERYWHERE
    return makes.union(
        *(_factors(equations[each]) & _densities(equations) for each in _reads(name, equations))
    )


def _makes(name: str, equations: Equations, seen: frozenset[str]) -> Densities | None:
    """Return the densities without all of which a variable has no effect; None if it has one without."""
    users = [eq for eq in equations.values() if name in eq.identifiers]
    if not users:
        return None
    result = EVERYWHERE
    for eq in users:
        if eq.varname in seen:
            continue
        made = frozenset(sorted(_factors(eq) & _densities(equations))[:1])
        made_later = made or _makes(eq.varname, equations, seen | {eq.varname})
        if made_later is None:
            return None
        result |= made_later
    return result


def _densities(equations: Equations) -> set[str]:
    """Return the densities: what a run can neither change nor share between compartments."""
    return {
        name
        for name, eq in equations.items()
        if eq.type == PARAMETER and eq.dim == DENSITY and "constant" in eq.flags and "shared" not in eq.flags
    }


def _factors(eq: SingleEquation) -> frozenset[str]:
    """Return the names whose product with something else an expression is."""
    if eq.type != SUBEXPRESSION:
        return frozenset()
    return frozenset(_names(ast.parse(eq.expr.code, mode="eval").body))


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _names(node.left)
        yield from _names(node.right)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from _names(node.left)
    elif isinstance(node, ast.UnaryOp):
        yield from _names(node.operand)
    elif isinstance(node, ast.Name):
        yield node.id
