"""Limits: conditions that numbers have to meet, in one place for models, builders and values of a run.

What is known is checked before anything is compiled (`require`); what an expression sets, by the running
program, in each of its steps (`watch` in `dendritic_bp.build`).
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from brian2 import DEFAULT_UNITS, Equations, Quantity, farad, get_dimensions, second, volt
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER, SingleEquation
from brian2.units.fundamentalunits import DIMENSIONLESS

from dendritic_bp.errors import ModelError
from dendritic_bp.steps import STEPS

WORDS = {**DEFAULT_UNITS, "abs": abs, "steps": STEPS.pyfunc}
MOST = 2**31 - 1  # indices are 32 bits
EXPLICIT = ("euler", "heun", "milstein", "rk2", "rk4")  # methods of integration
PROBABILITY = {"p >= 0": "a probability is from 0 to 1", "p <= 1": "a probability is from 0 to 1"}
COUNT = {"n >= 0": "a number is not negative", "n == n//1": "a number is whole"}
DELAY = {
    "delay >= 0*second": "nothing arrives before it was sent",
    "abs(delay - steps(delay, dt)*dt) <= 1e-6*dt": "a delay is a whole number of time steps; round it",
}
KEPT = {
    "delay <= longest": "it reads its sender, who keeps what it sends no longer: build it with this delay"
}


def share(name: str) -> dict[str, str]:
    """Return the limits of a probability or a share."""
    return {f"{name} >= 0": "a share is from 0 to 1", f"{name} <= 1": "a share is from 0 to 1"}


def rate(name: str) -> dict[str, str]:
    """Return the limits of a rate at which something happens at most once in a time step."""
    once = "it can happen once in a time step: lower the rate, or take a shorter step"
    return {f"{name} >= 0*Hz": "0 is silence, and nothing is rarer", f"{name}*dt <= 1": once}


def duration(name: str) -> dict[str, str]:
    """Return the limit of a duration."""
    return {f"{name} >= 0*second": "a duration is not negative"}


def implied(equations: Equations) -> dict[str, str]:
    """Return the limits of constants that are called `tau...`, `T_...` and `E_...`, and of capacitances."""
    limits = {}
    for name, each in _constants(equations):
        if each.dim is second.dim and name.startswith("tau"):
            limits[f"{name} > 0*second"] = "a time constant is positive"
        elif each.dim is second.dim and name.startswith("T_"):
            limits |= duration(name)
        elif each.dim is volt.dim and name.startswith("E_"):
            limits[f"abs({name}) <= 1*volt"] = "no potential of a cell is larger: mV?"
        elif each.dim is farad.dim:
            limits[f"{name} > 0*farad"] = "a capacitance is positive"
    return limits


def _constants(equations: Equations) -> Iterator[tuple[str, SingleEquation]]:
    for name, each in equations.items():
        if each.type == PARAMETER and {"constant", "shared"} & set(each.flags):
            yield name, each


def integrable(equations: Equations) -> dict[str, str]:
    """Return the limits of time constants for an explicit method: faster than a step, it explodes."""
    moving = [each.identifiers for each in equations.values() if each.type == DIFFERENTIAL_EQUATION]
    return {
        f"{name} >= dt": "no step is longer than a time constant"
        for name, each in _constants(equations)
        if each.dim is second.dim and name.startswith("tau") and any(name in names for names in moving)
    }


def require(owner: str, limits: Mapping[str, str], numbers: Mapping[str, Any]) -> None:
    """Raise ModelError for the first limit (condition: why) that the numbers of `owner` do not meet.

    A limit on a name without a number, as one that an expression sets, is left to the run.
    """
    for condition, why in limits.items():
        names = words(condition)
        if all(name in numbers and not isinstance(numbers[name], str) for name in names):
            known = {**WORDS, **{name: _with_unit(numbers[name]) for name in names}}
            if not np.all(eval(condition, {"__builtins__": {}}, known)):  # the text of a model, not of a user
                have = ", ".join(f"{name} = {_text(numbers[name])}" for name in names)
                raise ModelError(f"{owner} needs {condition} ({why}), but has {have}")


def require_countable(where: str, number: int) -> None:
    """Refuse more cells, or synapses, than the indices of a compiled program can tell apart."""
    if number > MOST:
        raise ModelError(f"{where} = {number:,}: a program counts to {MOST:,}")


def words(condition: str) -> list[str]:
    """Return the names of numbers in a condition, in their order."""
    found = (node for node in ast.walk(ast.parse(condition, mode="eval")) if isinstance(node, ast.Name))
    return [name for name in dict.fromkeys(node.id for node in found) if name not in WORDS]


def _with_unit(value: Any) -> Any:
    return value if get_dimensions(value) != DIMENSIONLESS else np.asarray(value)


def _text(value: Any) -> str:
    """Write a number, or the range of several."""
    if np.ndim(value) == 0:
        return str(value)
    lowest, highest = (Quantity(end(value), dim=get_dimensions(value)) for end in (np.min, np.max))
    return f"{lowest} to {highest}"
