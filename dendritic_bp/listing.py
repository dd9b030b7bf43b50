"""List the names that `--set` takes: those of the first program that an experiment would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from brian2 import get_dimensions

from dendritic_bp.errors import UserError, suggest

Values = Mapping[str, tuple[tuple[int | None, ...], Any]]  # shape and unit, by name
Check = Callable[[Mapping[str, Any]], object]  # refuses values, as outside the limits of a model

_asked = False


class _Found(BaseException):
    """Carry the names out of an experiment, before anything is compiled; nobody catches it as an error."""

    def __init__(self, values: Values, check: Check) -> None:
        super().__init__()
        self.values, self.check = values, check


def offer(values: Callable[[], Values], check: Check = lambda values: None) -> None:
    """End here if names are asked for, or checks: called by a program that is about to be compiled.

    An experiment that compiles none offers none, so that it is not run for this.
    """
    if _asked:
        raise _Found(values(), check)


def names(simulate: Callable[[], object]) -> tuple[Values, Check]:
    """Return what can be set, and what refuses values for it.

    A simulation is begun, and goes no further than to its first program.
    """
    global _asked
    _asked = True
    try:
        simulate()
    except _Found as found:
        return found.values, found.check
    finally:
        _asked = False
    return {}, lambda values: None


def show_names(simulate: Callable[[], object]) -> None:
    """Print name, unit and number of values of what can be set.

    A single value is given to all cells or synapses of an object.
    """
    lines = _lines(names(simulate)[0])
    print(*lines or ["--set takes no values here: the experiment compiles no program."], sep="\n")


def require_known(known: Values, values: Mapping[str, Any]) -> None:
    """Refuse values of names that cannot be set, or in other units."""
    for name, value in values.items():
        if name not in known:
            raise UserError(f"There is no '{name}' to set: {suggest(name, known)}")
        if get_dimensions(value) != get_dimensions(known[name][1]):
            raise UserError(f"'{name}' is a quantity in {_unit(known[name][1])}, not {value}.")


def _lines(values: Values) -> list[str]:
    """Return a line for each value of an object; switches of monitors and tables of trials are left out."""
    names = sorted(name for name in values if "." in name and not name.endswith(".active"))
    width = max(map(len, names), default=0)
    return [f"{name:{width}}  {_unit(values[name][1]):8}{_size(values[name][0])}".rstrip() for name in names]


def _unit(unit: Any) -> str:
    return "1" if str(unit) == "1" else str(unit)


def _size(shape: tuple[int | None, ...]) -> str:
    if shape == ():
        return ""
    return "one for each synapse, or one for all" if None in shape else f"{shape[0]} values, or one for all"
