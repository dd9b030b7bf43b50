"""Quantities from outside: parse them from text without evaluating code, check them against a variable."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import brian2
import numpy as np
from brian2 import Quantity, Unit

from dendritic_bp.errors import UserError, require_unmasked
from dendritic_bp.variables import Settable, si_unit

UNITS: dict[str, Unit] = {name: each for name, each in vars(brian2).items() if isinstance(each, Unit)}
OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def parse_quantity(text: str) -> Quantity | float:
    """Read "4*second", "-38*mV" or "2e-3": numbers, Brian2 units and + - * / ** only."""
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except UserError as error:
        raise UserError(f"'{text}': {error}") from None
    except (SyntaxError, RecursionError, MemoryError):
        raise UserError(f"'{text}' is not a quantity; write it like 4*second or -38*mV.") from None
    except (ArithmeticError, brian2.DimensionMismatchError, TypeError, ValueError) as error:
        raise UserError(f"'{text}' cannot be computed: {error}") from None


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float()):
            return node.value
        case ast.Name(id=name):
            return _unit(name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATIONS:
            return OPERATIONS[type(op)](_value(operand))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return OPERATIONS[type(op)](_value(left), _value(right))
    raise UserError(f"only numbers, units and + - * / ** are allowed, not '{ast.unparse(node)}'")


def _unit(name: str) -> Unit:
    if name not in UNITS:
        wrong_case = [unit for unit in UNITS if unit.lower() == name.lower()]
        close = wrong_case or get_close_matches(name, UNITS, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "use Brian2's names, such as mV or second"
        raise UserError(f"no unit '{name}'; {hint}")
    return UNITS[name]


def _power(base: Any, exponent: Any) -> Any:
    """Raise to a power that cannot keep the machine busy for hours (9**9**9)."""
    if abs(exponent) > 100:
        raise UserError(f"the exponent {exponent} is too large")
    return float(base) ** exponent if isinstance(base, int) else base**exponent


def require_time(name: str, value: Any) -> None:
    """Refuse what is not one time of more than 0."""
    is_time = isinstance(value, Quantity) and value.dim is brian2.second.dim and value.shape == ()
    seconds = float(value) if is_time else 0.0
    if not 0 < seconds < float("inf"):
        raise UserError(f"{name} must be a time of more than 0, such as 0.1*ms, not {value!r}.")


def checked(name: str, value: Any, setting: Settable) -> np.ndarray:
    """Return the value in SI units and in the type of the variable it is meant for.

    Raise a UserError if its unit, shape or type differs, or if it is not finite.
    """
    require_unmasked(name, value)
    try:
        array = np.asarray(value)
        unit = si_unit(Quantity(value))
    except (TypeError, ValueError):
        raise UserError(f"{name}: {value!r} is not a quantity or an array of numbers.") from None
    if array.dtype.kind not in "fiub":
        raise UserError(f"{name}: {value!r} is not a quantity or an array of numbers.")
    if unit.dim is not setting.unit.dim:
        raise UserError(
            f"{name}: expected a quantity in {_named(setting.unit)}, got {value} (in {_named(unit)})."
        )
    if array.shape and not _fits(array.shape, setting.shape):
        wanted = (
            "a single number" if setting.shape == () else f"a number or shape {_shape_text(setting.shape)}"
        )
        raise UserError(f"{name}: expected {wanted}, got shape {array.shape}.")
    if not np.all(np.isfinite(array)):
        raise UserError(f"{name}: all values must be finite, got {_first_bad(array)}.")
    return _converted(name, array, np.dtype(setting.dtype))


def _named(unit: Unit) -> str:
    return "no unit" if str(unit) == "1" else str(unit)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(b is None or a == b for a, b in zip(shape, wanted, strict=True))


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "one per synapse" if None in shape else str(shape)


def _first_bad(array: np.ndarray) -> str:
    place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
    return f"{array[place]}" + (f" at {list(place)}" if place else "")


def _converted(name: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Change the type, refusing to change the numbers (1.5 for an integer variable)."""
    result = array.astype(dtype)
    if dtype.kind != "f" and np.any(result != array):
        raise UserError(f"{name}: expected values of type {dtype.name}.")
    return result
