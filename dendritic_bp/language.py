"""Check the words and the units of model text when a model is created, before Brian2 reads it.

Brian2 takes a word that a model does not declare from the calling script, silently, and reports a wrong unit
only when the network runs. Both are refused here, where the mistake was made.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

import numpy as np
from brian2 import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS, Function, second
from brian2.core.variables import Variable
from brian2.equations.equations import BOOLEAN, FLOAT, INTEGER, SingleEquation
from brian2.parsing.bast import brian_ast
from brian2.parsing.expressions import is_boolean_expression, parse_expression_dimensions
from brian2.units.fundamentalunits import (
    DIMENSIONLESS,
    Dimension,
    DimensionMismatchError,
    get_dimensions,
    get_unit,
    get_unit_for_display,
)

from dendritic_bp.errors import ModelError, near, require_unmasked, suggest
from dendritic_bp.names import require_name

Kind = Literal["value", "condition", "statements"]

Words = Mapping[str, Any]
"""What each word of a model stands for: a Brian2 variable, function, constant or unit."""


@dataclass(frozen=True)
class Piece:
    """Hold one piece of model text: where it stands, what it must be, and in which unit."""

    where: str
    code: str
    kind: Kind
    dim: Dimension = DIMENSIONLESS
    whole: bool = False  # the value of an integer variable

    def tree(self) -> ast.AST:
        """Return the parsed code."""
        return _parse(self)

    def fault(self, problem: str) -> ModelError:
        """Return the error that quotes this piece."""
        return ModelError(f"{self.where}, `{dedent(self.code).strip()}`: {problem}")


def variable(name: str, dim: Dimension, kind: str = FLOAT, *, read_only: bool = False) -> Variable:
    """Return a stand-in for a variable of a group that does not exist yet."""
    dtype = {BOOLEAN: np.bool_, INTEGER: np.int32}.get(kind, np.float64)
    return Variable(name, dimensions=dim, dtype=dtype, read_only=read_only)


def standard_words() -> dict[str, Any]:
    """Return the words of every model: Brian2's units, functions and constants, and the clock."""
    clock = {name: variable(name, second.dim, read_only=True) for name in ("t", "dt")}
    indices = {name: variable(name, DIMENSIONLESS, INTEGER, read_only=True) for name in ("i", "N")}
    return {**DEFAULT_UNITS, **DEFAULT_CONSTANTS, **DEFAULT_FUNCTIONS, **clock, **indices}


def namespace_words(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words that a namespace of quantities and functions (`TimedArray`) adds."""
    return {
        name: value if isinstance(value, Function) else variable(name, get_dimensions(value), read_only=True)
        for name, value in namespace.items()
    }


def unit_text(equation: SingleEquation) -> str:
    """Return the unit of an equation, or its type, as Brian2's equations spell it."""
    if equation.var_type != FLOAT:
        return str(equation.var_type)
    return "1" if equation.dim == DIMENSIONLESS else repr(get_unit(equation.dim))


def check(pieces: Iterable[Piece], words: Words, later: Callable[[str], bool] = lambda _: False) -> None:
    """Check names and units of all `pieces`; skip the units of those with a name known only `later`.

    Raises ModelError for a name that is not declared, an assignment to a constant or to a name that nobody
    reads, and a wrong unit.
    """
    for piece in pieces:
        tree = _parse(piece)
        assigned, read = _names(tree, ast.Store), _names(tree, ast.Load)
        unknown = {name for name in assigned | read if later(name)}
        _check_names(piece, assigned - unknown, read - unknown, words)
        if not unknown:
            _check_units(piece, tree, dict(words))


def _parse(piece: Piece) -> ast.AST:
    mode = "exec" if piece.kind == "statements" else "eval"
    code = dedent(piece.code).strip()
    try:
        return ast.parse(code if mode == "exec" else code.replace("\n", " "), mode=mode)
    except SyntaxError as error:
        raise piece.fault(f"cannot be parsed ({error.msg})") from None


def _names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, context)}


def _check_names(piece: Piece, assigned: set[str], read: set[str], words: Words) -> None:
    for name in sorted(assigned | read):
        if name not in words and name not in assigned & read:
            problem = "is neither declared nor read" if name in assigned else "is not declared"
            raise piece.fault(f"'{name}' {problem}; {_remedy(name, words)}")
        if name in assigned and name in words and _is_fixed(words[name]):
            raise piece.fault(f"'{name}' cannot be assigned to: it is a constant or an expression")


def _remedy(name: str, words: Words) -> str:
    """Return what has a name that is missing, or which others may be meant."""
    from dendritic_bp.blocks import BLOCKS, definitions  # not above: blocks are made of what is checked here

    for block, fields in BLOCKS.items():
        if name in definitions(fields["equations"]):
            return f"it comes with the block `{block}` of dendritic_bp.blocks"
    usual = {*DEFAULT_UNITS, *DEFAULT_CONSTANTS, *DEFAULT_FUNCTIONS}
    own = set(words) - usual
    value = f"give it a value, parameters=dict({name}=...), or declare it"
    return near(name, own) or f"{value}; {suggest(name, own)}"


def _is_fixed(meaning: Any) -> bool:
    return not isinstance(meaning, Variable) or meaning.read_only or meaning.constant


def _check_units(piece: Piece, tree: ast.AST, words: dict[str, Any]) -> None:
    try:
        if isinstance(tree, ast.Module):
            for statement in tree.body:
                _check_statement(piece, statement, words)
        elif isinstance(tree, ast.Expression):
            _expect(piece, tree.body, piece.dim, words)
            if piece.kind == "condition" and not is_boolean_expression(tree.body, words):
                raise piece.fault("is not a condition; write a comparison such as v > theta")
            if piece.whole:
                _require_whole(piece, tree.body, words)
    except (DimensionMismatchError, TypeError, SyntaxError, KeyError) as error:
        raise piece.fault(_readable(str(error))) from None


def _check_statement(piece: Piece, statement: ast.stmt, words: dict[str, Any]) -> None:
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        target = statement.target.id
        value: ast.expr = ast.BinOp(ast.Name(target, ast.Load()), statement.op, statement.value)
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        target, value = statement.targets[0].id, statement.value
    else:
        raise piece.fault("each line must have the form `variable = expression` (or +=, -=, *=, /=)")
    if target in words:
        _expect(piece, value, words[target].dim, words)
        if np.issubdtype(words[target].dtype, np.integer):
            _require_whole(piece, value, words)
    else:
        require_name(piece.where, target)
        dim = parse_expression_dimensions(value, words)
        kind = BOOLEAN if is_boolean_expression(value, words) else FLOAT
        words[target] = variable(target, dim, kind)


def _expect(piece: Piece, value: ast.expr, dim: Dimension, words: Words) -> None:
    found = parse_expression_dimensions(value, words)
    if found != dim:
        raise piece.fault(
            f"`{ast.unparse(value)}` has the unit {_display(found)}, where {_display(dim)} is needed"
        )


def _require_whole(piece: Piece, value: ast.expr, words: Words) -> None:
    """Refuse a fraction for an integer, which would be cut off."""
    if brian_ast(ast.unparse(value), words).dtype == "float":
        raise piece.fault(f"`{ast.unparse(value)}` may be a fraction; write int(...) for an integer variable")


def _display(dim: Dimension) -> str:
    return "1 (no unit)" if dim == DIMENSIONLESS else str(get_unit_for_display(dim))


def _readable(message: str) -> str:
    """Spell the units of a message of Brian2 as volt, not as (m^2 kg s^-3 A^-1)."""
    for dim in {unit.dim for unit in DEFAULT_UNITS.values()}:
        message = message.replace(f"({dim})", _display(dim))
    return message


def check_number(where: str, value: Any, dim: Dimension, kind: str = FLOAT) -> None:
    """Check that `value` (a quantity, number or array) has the unit `dim`, is finite and of its kind."""
    require_unmasked(where, value, ModelError)
    try:
        found, number = get_dimensions(value), np.asarray(value, dtype=float)
    except (TypeError, ValueError):  # None, words, rows of unequal length
        raise ModelError(f"{where} = {value!r}: is no quantity, number or array of numbers") from None
    if found != dim:
        problem = f"has the unit {_display(found)}, where {_display(dim)} is needed"
        raise ModelError(f"{where} = {value}: {problem}")
    if not np.all(np.isfinite(number)):
        raise ModelError(f"{where} = {value}: is not finite")
    wanted = {INTEGER: "whole numbers below 2**31", BOOLEAN: "True or False"}.get(kind)
    with np.errstate(invalid="ignore"):
        lost = number != number.astype(_KINDS.get(kind, float))
    if wanted and np.any(lost):
        raise ModelError(f"{where} = {value}: must be {wanted}")


_KINDS = {INTEGER: np.int32, BOOLEAN: np.bool_}
