"""Read the equations of a model: split the text into definitions, and hand it to Brian2."""

import re
from collections.abc import Mapping
from itertools import pairwise
from textwrap import dedent
from typing import Any

import numpy as np
from brian2 import Equations
from brian2.equations.equations import BOOLEAN, FLOAT, PARAMETER, EquationError, SingleEquation
from brian2.units.fundamentalunits import get_dimensions

from dendritic_bp.errors import ModelError
from dendritic_bp.language import check_number

_BAD_EQUATION = (EquationError, ValueError, TypeError, SyntaxError, KeyError)
_OPERATORS = dict(
    BitXor="^ is no power; write **", BitAnd="& is not known; write and", BitOr="| is not known; write or"
)
_DEFINITION = re.compile(r"^[ \t]*(?:d(\w+)[ \t]*/[ \t]*dt[ \t]*=|(\w+)[ \t]*(?:=(?!=)|:))", re.MULTILINE)


def definitions(equations: str) -> dict[str, str]:
    """Return the text of each definition in `equations`, by the name that it defines."""
    starts = list(_DEFINITION.finditer(equations))
    bounds = [match.start() for match in starts] + [len(equations)]
    texts = [equations[begin:end] for begin, end in pairwise(bounds)]
    return {m.group(1) or m.group(2): text for m, text in zip(starts, texts, strict=True)}


def parse(owner: str, equations: str, parameters: Mapping[str, Any]) -> Equations:
    """Return Brian2's equations: of the text, and `name : unit (shared, constant)` for each parameter."""
    table = [_parameter(f"{owner}, parameter {name}", name, value) for name, value in parameters.items()]
    try:
        return Equations(dedent(equations)) + Equations(table)
    except _BAD_EQUATION as error:
        raise ModelError(f"{owner}, equations: {_first_fault(equations) or _why(error)}") from None


def _parameter(where: str, name: str, value: Any) -> SingleEquation:
    if isinstance(value, str):
        raise ModelError(f"{where} = {value!r}: must be a quantity, such as 1*mV; text is for start values")
    dim = get_dimensions(value)
    check_number(where, value, dim)
    if np.ndim(value):
        raise ModelError(f"{where} = {value}: is not a single number; declare it in the equations instead")
    kind = BOOLEAN if isinstance(value, bool) else FLOAT
    return SingleEquation(PARAMETER, name, dim, var_type=kind, flags=["shared", "constant"])


def _first_fault(equations: str) -> str | None:
    """Return the first definition that cannot be read by itself, and why."""
    for text in definitions(equations).values():
        try:
            Equations(dedent(text))
        except _BAD_EQUATION as error:
            return f"`{text.strip()}`: {_why(error, text)}"
    return None


def _why(error: Exception, text: str = ":") -> str:
    """Return what is wrong, in the words of the one who wrote it where Brian2's are those of its parser."""
    if ":" not in text:
        return "its unit is missing; end it in `: volt`, or `: 1` for a number"
    if isinstance(error, KeyError):  # Brian2's table of operators
        return _OPERATORS.get(str(error.args[0]), f"the operator {error.args[0]} is not known")
    return str(error)
