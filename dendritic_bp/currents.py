"""Add currents to a cell: one of your own, or a channel of `models/channels` dropped into a compartment.

leaky = with_current(pyramidal, "I_x = g_x*(v_d - v_s) : amp", parameters=dict(g_x=2 * nS))
adapting = with_channel(pyramidal, km, area=0.02 * mm**2, g_km=10 * pS/um**2, E_K=-80 * mV, T_celsius=37.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brian2 import Quantity, metre
from brian2.equations.equations import PARAMETER, SUBEXPRESSION
from brian2.utils.stringtools import get_identifiers, word_substitute

from dendritic_bp.contract import remedy
from dendritic_bp.equations import definitions, parse
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.language import check_number
from dendritic_bp.model import NeuronModel

Channel = Mapping[str, Any]
"""What a file of `models/channels` has: equations with a current per area, parameters, start values."""


def with_current(model: NeuronModel, equations: str, into: str = "I_s", **tables: Any) -> NeuronModel:
    """Return the model with a current: the first of `equations` defines it, the rest what it reads.

    It is added to the expression `into`: in cells with the block `ports`, I_s charges the soma and I_d the
    dendrite. `tables` (parameters, initial ...) are those of `with_equations`. Raises ModelError.
    """
    names = list(definitions(equations))
    if not names:
        raise ModelError(f"{model}: `{equations.strip()}` defines no current; write `I_x = ... : amp`")
    return _added(model, equations, names[0], into, tables)


def with_channel(
    model: NeuronModel,
    channel: Channel,
    area: Quantity,
    compartment: str = "s",
    into: str = "",
    **values: Any,
) -> NeuronModel:
    """Return the model with a channel in a compartment: "s" is the soma, "d" the dendrite.

    The channel reads the voltage v_s, or v_d, and its current, times the `area`, is added to `into` (I_s, or
    I_d). Each name of the channel gets the ending of the compartment: the density g_km becomes g_km_s.
    `values` are those of its densities and other parameters, by the names in its file, and of what it reads
    of other channels, such as E_K and T_celsius. Fast gates need small time steps. Raises ModelError.
    """
    end, text = f"_{compartment}", definitions(channel["equations"])
    kinds = parse(str(model), channel["equations"], {})
    tables = {**channel.get("parameters", {}), **values}
    _require(model, channel, f"v{end}", next(iter(text)), tables)
    shared = _same_area(model, f"area{end}", area)
    reads = get_identifiers(channel["equations"])
    others = {name for name in reads if name not in model.parsed and name + end in model.parsed}
    new = {name: name + end for name in {*text, *others}} | {"v": f"v{end}"}
    new |= {f"d{name}": f"d{new[name]}" for name in kinds.diff_eq_names}
    lines = "".join(line for name, line in text.items() if kinds[name].type != PARAMETER)
    return _added(
        model,
        word_substitute(lines, new),
        f"area{end}*{new[next(iter(text))]}",
        into or f"I{end}",
        dict(
            parameters=shared | {new.get(name, name): value for name, value in tables.items()},
            initial={
                new[name]: word_substitute(value, new) for name, value in channel.get("initial", {}).items()
            },
        ),
    )


def _added(
    model: NeuronModel, equations: str, term: str, into: str, tables: Mapping[str, Any]
) -> NeuronModel:
    """Return the model with a term more in the expression `into`."""
    if into not in model.parsed:
        raise ModelError(f"{model} has no '{into}' to add a current to: {remedy(into)}")
    if model.parsed[into].type != SUBEXPRESSION:
        raise ModelError(f"{model}: '{into}' is no expression; name one that adds up currents, such as I_s")
    total = model.parsed[into].expr.code
    return model.with_equations(f"{equations.rstrip()}\n{into} = {total} + {term} : amp\n", **tables)


def _require(
    model: NeuronModel, channel: Channel, voltage: str, current: str, values: Mapping[str, Any]
) -> None:
    """Refuse a compartment without voltage, and a channel with values missing."""
    where = f"{model}, channel {current.removeprefix('I_')}"
    if voltage not in model.parsed:
        raise ModelError(f"{where}: the cell has no '{voltage}'; {suggest(voltage, model.parsed.names)}")
    kinds = parse(str(model), channel["equations"], {})
    missing = [name for name, each in kinds.items() if each.type == PARAMETER and name not in values]
    if missing:
        raise ModelError(f"{where}: give {', '.join(f'{name}=...' for name in missing)}")


def _same_area(model: NeuronModel, name: str, area: Quantity) -> dict[str, Quantity]:
    """Return the area as a parameter; refuse another one than that of the channels before."""
    check_number(f"{model}, {name}", area, (metre**2).dim)
    old = model.parameters.get(name, area)
    if old != area:
        raise ModelError(f"{model}, {name} = {area}: the channels before have {old}")
    return {name: area}
