"""Couple compartments within a population: a table of cylinders becomes equation text that can be read.

`coupled("cell", dict(soma=Cylinder(9*um, 9*um), tuft=Cylinder(99*um, 2*um, "soma")))` gives equations and
parameters for a `NeuronModel`. Each compartment has a voltage `v_NAME` and a membrane, which axial currents
and `I_into_NAME`, for the model to define, charge. Sizes and conductances are parameters, so that a compiled
program can sweep them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from brian2 import DimensionMismatchError, Quantity, metre, siemens
from brian2.units.fundamentalunits import fail_for_dimension_mismatch

from dendritic_bp.errors import ModelError, suggest

MEMBRANE = """
dv_{0}/dt = (g_leak*area_{0}*(E_L - v_{0}) + {axial} + I_into_{0})/C_{0} : volt
area_{0} = pi*length_{0}*diameter_{0}*folds_{0} : metre**2
C_{0} = c_m*area_{0} : farad
"""
# The resistance from centre to centre is half that of each cylinder.
AXIAL = """
g_{parent}_{child} = 2/(r_{parent} + r_{child}) : siemens
"""
RESISTANCE = """
r_{0} = 4*R_a*length_{0}/(pi*diameter_{0}**2) : ohm
"""


@dataclass(frozen=True)
class Cylinder:
    """Hold a compartment: its size, and the one it is coupled to (all but the first need one).

    `folds` multiplies the area, for spines and branches left out; `coupling` replaces the axial conductance
    that follows from the geometry.
    """

    length: Quantity
    diameter: Quantity
    parent: str | None = None
    folds: float = 1.0
    coupling: Quantity | None = None


def coupled(model: str, cylinders: Mapping[str, Cylinder]) -> dict[str, Any]:
    """Return the equations and parameters of coupled compartments, by name; the first one is the root.

    The model must give `c_m` (farad/metre**2), `g_leak` (siemens/metre**2), `E_L`, `R_a` (ohm*metre) if a
    conductance follows from geometry, and `I_into_NAME` (amp) for each compartment. Raises ModelError.
    """
    for name, cylinder in cylinders.items():
        _check(f"model '{model}', compartment '{name}'", cylinder)
    _check_tree(model, cylinders)
    return {"equations": "".join(_text(cylinders)), "parameters": _parameters(cylinders)}


def _text(cylinders: Mapping[str, Cylinder]) -> Iterator[str]:
    """Yield the equations: of each membrane, and of each axial conductance that follows from geometry."""
    for name in cylinders:
        yield MEMBRANE.format(name, axial=" + ".join(_axial(name, cylinders)) or "0*amp")
    geometric = {child: each.parent for child, each in cylinders.items() if each.parent and not each.coupling}
    for child, parent in geometric.items():
        yield AXIAL.format(parent=parent, child=child)
    yield from (RESISTANCE.format(name) for name in cylinders if name in {*geometric, *geometric.values()})


def _axial(name: str, cylinders: Mapping[str, Cylinder]) -> Iterator[str]:
    """Yield the axial currents into a compartment: from its parent and from its children."""
    if parent := cylinders[name].parent:
        yield f"g_{parent}_{name}*(v_{parent} - v_{name})"
    for child, cylinder in cylinders.items():
        if cylinder.parent == name:
            yield f"g_{name}_{child}*(v_{child} - v_{name})"


def _parameters(cylinders: Mapping[str, Cylinder]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, each in cylinders.items():
        table |= {
            f"length_{name}": each.length,
            f"diameter_{name}": each.diameter,
            f"folds_{name}": each.folds,
        }
        if each.coupling is not None:
            table[f"g_{each.parent}_{name}"] = each.coupling
    return table


def _check(where: str, cylinder: Cylinder) -> None:
    """Refuse sizes and conductances that are not positive, or not what they should be."""
    units = {"length": metre, "diameter": metre, "folds": 1, "coupling": siemens}
    for parameter, unit in units.items():
        value = getattr(cylinder, parameter)
        if value is None:
            continue
        try:
            fail_for_dimension_mismatch(value, unit)
        except DimensionMismatchError:
            raise ModelError(f"{where}, {parameter} = {value}: wrong unit, expected {unit}") from None
        if not 0 < float(value) < float("inf"):
            raise ModelError(f"{where}, {parameter} = {value}: must be positive and finite")


def _check_tree(model: str, cylinders: Mapping[str, Cylinder]) -> None:
    """Refuse a compartment that is coupled to none, to an unknown one or to one further down."""
    known: list[str] = []
    for name, cylinder in cylinders.items():
        where = f"model '{model}', compartment '{name}', parent"
        if known and cylinder.parent is None:
            raise ModelError(f"{where}: missing; {suggest(name, known)}")
        if cylinder.parent is not None and cylinder.parent not in known:
            raise ModelError(
                f"{where} = '{cylinder.parent}': no such compartment before this one; "
                f"{suggest(cylinder.parent, known)}"
            )
        known.append(name)
