"""Limits: conditions that the numbers of a model have to meet, checked before anything is compiled."""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import DEFAULT_UNITS, Quantity, get_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS

from dendritic_bp.errors import ModelError


def require(owner: str, limits: Mapping[str, str], numbers: Mapping[str, Any]) -> None:
    """Raise ModelError for the first limit (condition: why) that the numbers of `owner` do not meet.

    A limit on a name without a number, as one that an expression sets, is left to the run.
    """
    for condition, why in limits.items():
        names = [name for name in words(condition) if name not in DEFAULT_UNITS]
        if all(name in numbers and not isinstance(numbers[name], str) for name in names):
            known = {**DEFAULT_UNITS, **{name: _with_unit(numbers[name]) for name in names}}
            if not np.all(eval(condition, {"__builtins__": {}}, known)):  # the text of a model, not of a user
                have = ", ".join(f"{name} = {_text(numbers[name])}" for name in names)
                raise ModelError(f"{owner} needs {condition} ({why}), but has {have}")


def words(condition: str) -> list[str]:
    """Return the names in a condition, in their order."""
    found = (node for node in ast.walk(ast.parse(condition, mode="eval")) if isinstance(node, ast.Name))
    return list(dict.fromkeys(node.id for node in found))


def _with_unit(value: Any) -> Any:
    return value if get_dimensions(value) != DIMENSIONLESS else np.asarray(value)


def _text(value: Any) -> str:
    """Write a number, or the range of several."""
    if np.ndim(value) == 0:
        return str(value)
    lowest, highest = (Quantity(end(value), dim=get_dimensions(value)) for end in (np.min, np.max))
    return f"{lowest} to {highest}"
