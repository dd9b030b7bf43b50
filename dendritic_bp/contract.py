"""What rules and experiments ask of a cell, which of it a cell lacks, and what to add, before compiling.

    require(my_cell, asked_by(burst_gradient, mirrored_feedback), "my network")

What synapses ask follows from their text: variables of the two cells are read or added to, events are waited
for. Remedies come from `dendritic_bp.blocks`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

from brian2 import amp, siemens
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER, SUBEXPRESSION
from brian2.utils.stringtools import get_identifiers

from dendritic_bp.blocks import BLOCKS, Block
from dendritic_bp.equations import definitions, parse
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.language import unit_text
from dendritic_bp.model import NeuronModel, SynapseModel

Use = Literal["read", "added to", "set", "event", "its own"]  # the last: no name of the cell
SIDES = dict(pre="presynaptic", post="postsynaptic")

CHARGE = (amp.dim, siemens.dim)

# What no block has, as it is the cell's own.
OWN = dict(
    v_s="name the voltage of the soma so, or add `v_s = v : volt`",
    v_d="name the voltage of the apical dendrite so; a cell of one compartment needs a second one, such as "
    "`dv_d/dt = (E_L - v_d)/tau_d + I_d/C_d : volt`",
    E_L="give the resting potential as a parameter, such as E_L=-70*mV",
    kind="say which sign a burst has (models/neurons/burst_signed.py), or take a rule for bursts of one kind",
)


@dataclass(frozen=True)
class Need:
    """Hold one thing that is asked of a cell: a variable or an event, how it is used, and by whom."""

    name: str
    use: Use
    by: str


def asked_by(*rules: SynapseModel, sides: Iterable[str] = tuple(SIDES)) -> list[Need]:
    """Return what synapses ask of the cells on either side, or on one: "pre" or "post"."""
    return list(dict.fromkeys(need for side in sides for rule in rules for need in _of(rule, side)))


def _of(rule: SynapseModel, side: str) -> Iterator[Need]:
    """Yield what one model of synapses asks of the cells on one side."""
    by = f"{rule} in the {SIDES[side]} cell"
    if side == "pre":  # Brian2 lets synapses have no name of the cell that they come from
        for name, each in rule.parsed.items():
            if "summed" not in each.flags:
                yield Need(name, "its own", str(rule))
    for event in rule.on_pre if side == "pre" else rule.on_post:
        if event != "spike":
            yield Need(event, "event", by)
    for piece in rule.pieces():
        for node in ast.walk(piece.tree()):
            if isinstance(node, ast.Name) and node.id.endswith(f"_{side}"):
                use: Use = "added to" if isinstance(node.ctx, ast.Store) else "read"
                yield Need(node.id.removesuffix(f"_{side}"), use, by)


def require(model: NeuronModel, needs: Iterable[Need], whom: str) -> None:
    """Raise ModelError if a cell lacks what `whom` asks of it: a line for each thing, with its remedy."""
    faults: dict[str, str] = {}
    for need in needs:
        if need.name not in faults and (fault := lacks(model, need)):
            faults[need.name] = f"\n* {fault}"
    if faults:
        raise ModelError(f"{model} is not yet a cell for {whom}. It has" + "".join(faults.values()))


def require_sides(
    name: str, rule: SynapseModel, groups: Mapping[str, Any], namespace: Mapping[str, Any]
) -> None:
    """Raise ModelError if cells, by side, lack what the synapses called `name` read of them or add to."""
    for side, group in groups.items():
        known = {word for word in group.variables if not word.startswith("_")}
        for need in asked_by(rule, sides=[side]):
            if need.use == "its own" and need.name in known:
                raise ModelError(f"'{name}': group '{group.name}' has {_clash(need)}")
            word = f"{need.name}_{side}"
            asks = need.use not in ("event", "its own")
            if asks and need.name not in known and word not in namespace:
                lack = f"{rule}: '{word}' is {need.use}, but group '{group.name}' has no '{need.name}'"
                raise ModelError(f"'{name}': {lack}; {_mend(need.name, known, f'_{side}')}")


def lacks(model: NeuronModel, need: Need) -> str:
    """Return what is wrong with the cell in view of one need, and the remedy; "" if nothing is."""
    if need.use == "event":
        known = need.name in model.events
        return (
            "" if known else f"no event '{need.name}', which is asked for by {need.by}: {remedy(need.name)}"
        )
    if need.use == "its own":
        return _clash(need) if need.name in model.parsed else ""
    if need.name not in model.parsed:
        return f"no '{need.name}', which is {need.use} by {need.by}: {_mend(need.name, model.parsed)}"
    fault = _unit_fault(model, need.name) or _port_fault(model, need)
    return fault and f"a '{need.name}', which is {need.use} by {need.by}, {fault}"


def _clash(need: Need) -> str:
    return f"a variable '{need.name}', as {need.by} has: rename it in the cell, such as '{need.name}_s'"


def remedy(name: str) -> str:
    """Say what to add to a cell that lacks a variable or an event."""
    if name in OWN:
        return OWN[name]
    for which, block in BLOCKS.items():
        if line := _line(block, name):
            return f"add the block `{which}` of dendritic_bp.blocks, or your own {line}"
    return "add it to the cell"


def _line(block: Block, name: str) -> str:
    """Return the line with which a block has a variable or an event; "" if it has none."""
    if name in block.get("events", {}):
        return f"events=dict({name}='a condition')"
    if name in block["parameters"]:
        return f"parameters=dict({name}={block['parameters'][name]!r})".replace(". * ", "*")
    if name in (text := definitions(block["equations"])):
        return f"`{' '.join(text[name].partition('#')[0].split())}`"
    return ""


def _mend(name: str, known: Iterable[str], side: str = "") -> str:
    """Say how a missing name is mended: by what it may be a misspelling of, or by what to add."""
    near = suggest(name + side, (each + side for each in known))
    ours = name in OWN or any(_line(block, name) for block in BLOCKS.values())
    return near if near.startswith("did you") and not ours else remedy(name)


def _unit_fault(model: NeuronModel, name: str) -> str:
    """Return what is wrong with the unit of a variable that a block has."""
    for which, block in BLOCKS.items():
        known = parse(which, block["equations"], block["parameters"])
        if name in known and known[name].dim != model.parsed[name].dim:
            have, wanted = (unit_text(each[name]) for each in (model.parsed, known))
            return f"in {have}: give it the unit {wanted}"
    return ""


def _port_fault(model: NeuronModel, need: Need) -> str:
    """Return what is wrong with a port: it must take what comes in, and this must matter to the cell."""
    if need.use == "read":
        return ""
    if need.use == "added to" and model.parsed[need.name].type == SUBEXPRESSION:
        return f"which is an expression, to which nothing can be added: {remedy(need.name)}"
    if need.use == "added to" and need.name in model.parameters:
        return f"which is one number for all cells, to which nothing can be added: {remedy(need.name)}"
    if model.parsed[need.name].dim not in CHARGE or not (end := dead_end(model, need.name)):
        return ""
    charge = f"let it charge the cell, as in `dv_{_part(end)}/dt = (... + {end})/C_{_part(end)} : volt`"
    way = "" if end == need.name else f"it ends in '{end}', and "
    return f"but {way}nothing reads that: {charge}"


def _part(current: str) -> str:
    """Return the compartment that a current of the blocks goes into: "d" is the dendrite."""
    return "d" if current in ("I_d", "I_apical", "I_top", "I_noise_d") else "s"


def dead_end(model: NeuronModel, name: str) -> str:
    """Return where what comes in by `name` ends without effect; "" if it moves a variable or an event."""
    acting, seen, new, last = _acting(model), {name}, [name], name
    while new:
        last = new.pop(0)
        readers = [eq for eq in model.parsed.values() if eq.type != PARAMETER and last in eq.identifiers]
        readers = [eq for eq in readers if eq.varname != last]
        if last in acting or any(eq.type == DIFFERENTIAL_EQUATION for eq in readers):
            return ""
        found = [eq.varname for eq in readers if eq.varname not in seen]
        seen.update(found)
        new += found
    return last


def _acting(model: NeuronModel) -> set[str]:
    """Return the names that spikes, events and what then happens depend on."""
    conditions = [model.threshold, *model.events.values()]
    result = set().union(*map(get_identifiers, conditions))
    for code in (model.reset, *model.on_event.values()):
        for statement in ast.parse(dedent(code)).body:
            if isinstance(statement, ast.Assign | ast.AugAssign):
                result |= get_identifiers(ast.unparse(statement.value))
    return result
