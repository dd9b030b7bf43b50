"""Dale's law: cells only excite, and an interneuron of each cell, which repeats it, inhibits in its place.

This is the least that the law asks: there are as many interneurons as cells, each listens to one cell, and a
strong synapse makes it fire once, 3 ms later. A cell whose bursts are sent back has a second one for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from brian2 import NeuronGroup, Synapses, linked_var, ms, pA

from dendritic_bp import NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.credit.routed_bursts import routed_bursts_receptors
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.synapses.relayed import relayed_feedback, relayed_gradient
from dendritic_bp.models.synapses.short_term import RELEASE
from networks.cells import Cell

# chosen here: a short current that reaches threshold once, whatever the pauses from 16 ms on
relay = replace(pv, name="relay", parameters=pv.parameters | dict(tau_basal=2 * ms, T_ref=4 * ms))
DRIVES = {
    train: SynapseModel("drive", on_pre={train: "I_basal_post += w"}, parameters=dict(w=2500 * pA))
    for train in ("event", "burst")
}
RELAYED = dict(event="relayed", burst="relayed_burst")


def dale(cell: Cell) -> Cell:
    """Return the kind of cell with synapses that obey Dale's law: routed feedback does."""
    credit = cell.credit
    if credit.name not in (bursts_receptors.name, routed_bursts_receptors.name):
        raise UserError(
            f"--dale needs cells that take AMPA and GABA conductances, wired or with --routing synapses: "
            f"--neuron multiplexing, not {cell.model.name}, which learns by {credit.name}."
        )
    wired = credit.name == bursts_receptors.name
    gates = {name: credit.feedback.parsed[name].expr.code for name in ("plastic", "arriving")}
    names = credit.feedback.namespace
    forward = relayed_gradient.with_input(credit.forward.namespace, plastic=gates["plastic"])
    both = replace(
        credit,
        name=f"relayed_{credit.name}",
        forward=forward,
        feedback=relayed_feedback.with_input(names, **gates) if wired else credit.feedback,
        inputs=repeated(cell, ("event",), credit.inputs if wired else dict(equations=RELEASE)),
        hidden=repeated(cell, ("event", "burst"), credit.hidden) if wired else credit.hidden,
    )
    return replace(cell, credit=both)


def repeated(cell: Cell, trains: Sequence[str], added: Any) -> dict[str, Any]:
    """Add to what cells get the events at which their interneurons repeat these trains."""
    equations, told = heard(trains)
    return dict(added) | dict(
        equations=added.get("equations", "") + equations, events={**cell.model.events, **told}
    )


def heard(trains: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the equations and the events by which a cell notices that its interneurons repeat these."""
    peak = float(relay.parameters["V_peak"])
    told = {RELAYED[train]: f"v_{RELAYED[train]} > {peak}*volt" for train in trains}
    return "".join(f"v_{name} : volt (linked)\n" for name in told), told


def relays(
    layers: list[NeuronGroup], kind: NeuronModel = relay, drives: Mapping[str, SynapseModel] = DRIVES
) -> list[NeuronGroup | Synapses]:
    """Build the interneurons of a kind that repeat the cells of all layers."""
    result: list[NeuronGroup | Synapses] = []
    for layer in layers:
        for train, name in RELAYED.items():
            if name not in layer.events:
                continue
            group = neurons(kind, layer.N, f"{layer.name}_repeats_{train}")
            setattr(layer, f"v_{name}", linked_var(group, "v_s", index=np.arange(layer.N)))
            result += [
                group,
                synapses(drives[train], layer, group, f"{layer.name}_repeated_{train}", "i == j"),
            ]
    return result
