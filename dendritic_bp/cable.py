"""Turn cables and a membrane model into one multicompartment cell: a plain Brian2 `SpatialNeuron`.

Brian2 knows one axial resistivity `R_i` per cell. A cable with another resistivity `R_a` is built longer by
k and thinner by k, k = (R_a/R_i)**(1/3): its area and its axial resistance stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
from brian2 import Equations, Quantity, Section, SpatialNeuron, farad, meter, ohm
from brian2.units.fundamentalunits import get_dimensions

from dendritic_bp.channels import DENSITY
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.gates import follow_channels
from dendritic_bp.language import check_number
from dendritic_bp.model import NeuronModel
from dendritic_bp.population import Population

GEOMETRY = {"length": meter, "diameter": meter, "R_a": ohm * meter, "C_m": farad / meter**2}


@dataclass(frozen=True)
class Cable:
    """Hold an unbranched piece of a cell, cut into `n` compartments of equal length.

    It begins where `parent` ends (None: the root). `diameter` is one quantity, or those of the two ends.
    `values` are those of the model's variables: one quantity, or one per compartment.
    """

    parent: str | None
    length: Quantity
    diameter: Quantity
    R_a: Quantity
    C_m: Quantity
    n: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)


def spatial_neuron(
    model: NeuronModel,
    cables: Mapping[str, Cable],
    name: str,
    R_i: Quantity,
    dt: Quantity,
    namespace: Mapping[str, Any] | None = None,
    n: int = 1,
) -> SpatialNeuron:
    """Build a cell called `name` from its cables, with the membrane of `model` and the time step `dt`.

    The model declares the voltage `v` and defines `Im`, the current per area into the cell. The threshold is
    that of the root. Lengths and diameters in the cell are those of `equivalent`. `namespace` gives what the
    model's `namespace` names. `n` > 1 makes a `Population`: compartment k of cell c stands at k*n + c. Raises
    ModelError.
    """
    given = namespace or {}
    for word in model.namespace:
        if word not in given:
            raise ModelError(f"'{name}': {model} needs '{word}' in the namespace; {suggest(word, given)}")
    for section, cable in cables.items():
        _check(f"{model}, section '{section}'", cable, model)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ModelError(f"'{name}', n = {n}: must be a whole number of cells, at least 1")
    where = compartments(cables, str(model))
    kind = partial(SpatialNeuron, threshold_location=0) if n == 1 else partial(Population, n)
    cell = kind(
        _morphology(cables, where, R_i),
        Equations([equation for equation in model.parsed.values() if equation.varname != "v"]),
        threshold=model.threshold,
        refractory=model.refractory,
        reset=model.reset or None,
        method=model.method,
        Ri=R_i,
        dt=dt,
        namespace={word: given[word] for word in model.namespace},
        name=name,
    )
    follow_channels(cell, model.parsed, [model.threshold, model.reset, str(model.refractory)])
    _set(cell, model, cables, where, n)
    return cell


def compartments(cables: Mapping[str, Cable], owner: str = "cell") -> dict[str, slice]:
    """Return where the compartments of each cable stand in the cell, children after their parent."""
    order = _order(cables, owner)
    ends = np.cumsum([cables[name].n for name in order]).tolist()
    return {name: slice(end - cables[name].n, end) for name, end in zip(order, ends, strict=True)}


def equivalent(cable: Cable, R_i: Quantity) -> tuple[Quantity, Quantity]:
    """Return length and diameter of a cable of resistivity `R_i` with this area and axial resistance."""
    k = float(cable.R_a / R_i) ** (1 / 3)
    return cable.length * k, cable.diameter / k


def varied(
    model: NeuronModel, cables: Mapping[str, Cable], changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Cable]:
    """Return the cables with other values or geometry, as in {"tuft": {"g_sca": 0*siemens/meter**2}}."""
    for name in changes:
        if name not in cables:
            raise ModelError(f"{model}: no section '{name}'; {suggest(name, cables)}")
    return {name: _varied(cable, changes.get(name, {})) for name, cable in cables.items()}


def _varied(cable: Cable, changes: Mapping[str, Any]) -> Cable:
    geometry = {each.name for each in fields(Cable) if each.name != "values"} & set(changes)
    values = {name: value for name, value in changes.items() if name not in geometry}
    return replace(cable, values={**cable.values, **values}, **{name: changes[name] for name in geometry})


def _order(cables: Mapping[str, Cable], owner: str) -> list[str]:
    """Return the names in the order of Brian2; refuse cables that make no tree."""
    for name, cable in cables.items():
        if cable.parent is not None and cable.parent not in cables:
            valid = suggest(cable.parent, cables)
            raise ModelError(f"{owner}, section '{name}': no parent '{cable.parent}'; {valid}")
    if len(roots := [name for name, cable in cables.items() if cable.parent is None]) != 1:
        raise ModelError(f"{owner}: exactly one section has no parent, got {', '.join(roots) or 'none'}")
    order = list(_from(roots[0], cables))
    if lost := sorted(set(cables) - set(order)):
        raise ModelError(f"{owner}, section '{lost[0]}': its parents form a loop")
    return order


def _from(root: str, cables: Mapping[str, Cable]) -> Iterator[str]:
    """Yield a cable and, one after the other, all that is attached to it."""
    yield root
    for name, cable in cables.items():
        if cable.parent == root:
            yield from _from(name, cables)


def _morphology(cables: Mapping[str, Cable], order: Iterable[str], R_i: Quantity) -> Section:
    """Return the tree of sections; its root is the cable without a parent."""
    sections: dict[str, Section] = {}
    for name in order:
        cable = cables[name]
        length, diameter = equivalent(cable, R_i)
        first, last = np.broadcast_to(diameter / meter, 2).tolist()
        ends = np.linspace(first, last, cable.n + 1)
        pieces = np.full(cable.n, length / meter / cable.n)
        sections[name] = Section(ends * meter, n=cable.n, length=pieces * meter)
        if cable.parent is not None:
            sections[cable.parent][name] = sections[name]
    return sections[next(iter(sections))]


def _check(where: str, cable: Cable, model: NeuronModel) -> None:
    """Refuse geometry that is not positive, values that are not of the model, and negative densities."""
    if isinstance(cable.n, bool) or not isinstance(cable.n, int) or cable.n < 1:
        raise ModelError(f"{where}, n = {cable.n}: must be a whole number of compartments, at least 1")
    for name, unit in GEOMETRY.items():
        value = getattr(cable, name)
        check_number(f"{where}, {name}", value, unit.dim)
        if np.any(np.asarray(value) <= 0):
            raise ModelError(f"{where}, {name} = {value}: must be positive")
    try:
        model.check_values(cable.values)
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from None
    for name, value in cable.values.items():
        _check_value(f"{where}, {name}", value, cable.n)


def _check_value(where: str, value: Any, n: int) -> None:
    if np.shape(value) not in ((), (n,)):
        raise ModelError(f"{where}: {np.size(value)} values for {n} compartments")
    if get_dimensions(value) == DENSITY and np.any(np.asarray(value) < 0):
        raise ModelError(f"{where} = {value}: a conductance cannot be negative")


def _set(
    cell: SpatialNeuron, model: NeuronModel, cables: Mapping[str, Cable], where: Mapping[str, slice], n: int
) -> None:
    """Set parameters first, then the values of the cables, then initial values, which may read both."""
    for name, value in model.parameters.items():
        setattr(cell, name, value)
    for section, at in where.items():
        of_all = slice(at.start * n, at.stop * n)
        cell.Cm[of_all] = cables[section].C_m
        for name, value in cables[section].values.items():
            each = (
                Quantity(np.repeat(np.asarray(value), n), dim=get_dimensions(value))
                if np.ndim(value)
                else value
            )
            getattr(cell, name)[of_all] = each
    for name, value in model.initial.items():
        setattr(cell, name, value)
