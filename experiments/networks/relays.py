"""Dale's law: cells only excite, and an interneuron of each cell, which repeats it, inhibits in its place.

This is the least that the law asks: there are as many interneurons as cells, each listens to one cell, and a
strong synapse makes it fire once, 3 ms later. A cell whose bursts are sent back has a second one for them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from brian2 import NeuronGroup, Synapses, linked_var, ms, pA

from dendritic_bp import SynapseModel, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.synapses.relayed import relayed_feedback, relayed_gradient
from networks.cells import Cell

# chosen here: a short current that reaches threshold once, whatever the pauses from 16 ms on
relay = replace(pv, name="relay", parameters=pv.parameters | dict(tau_basal=2 * ms, T_ref=4 * ms))
DRIVE = 2500 * pA
RELAYED = dict(event="relayed", burst="relayed_burst")


def dale(cell: Cell) -> Cell:
    """Return the kind of cell with synapses that obey Dale's law."""
    credit = cell.credit
    if credit.name != bursts_receptors.name:
        raise UserError(
            f"--dale needs cells that take AMPA and GABA conductances: --neuron multiplexing, not "
            f"{cell.model.name}, which learns by {credit.name}."
        )
    gates = {name: credit.feedback.parsed[name].expr.code for name in ("plastic", "arriving")}
    names = credit.feedback.namespace
    forward = relayed_gradient.with_input(credit.forward.namespace, plastic=gates["plastic"])
    both = replace(
        credit,
        name="relayed_bursts_receptors",
        forward=forward,
        feedback=relayed_feedback.with_input(names, **gates),
        inputs=_repeated(cell, ("event",), credit.inputs),
        hidden=_repeated(cell, ("event", "burst"), credit.hidden),
    )
    return replace(cell, credit=both)


def _repeated(cell: Cell, trains: Sequence[str], added: Any) -> dict[str, Any]:
    """Add to what cells get the events at which their interneurons repeat these trains."""
    told = {
        RELAYED[train]: f"v_{RELAYED[train]} > {float(relay.parameters['V_peak'])}*volt" for train in trains
    }
    ports = "".join(f"v_{name} : volt (linked)\n" for name in told)
    return dict(added) | dict(
        equations=added.get("equations", "") + ports, events={**cell.model.events, **told}
    )


def relays(layers: list[NeuronGroup]) -> list[NeuronGroup | Synapses]:
    """Build the interneurons that repeat the cells of all layers."""
    result: list[NeuronGroup | Synapses] = []
    for layer in layers:
        for train, name in RELAYED.items():
            if name not in layer.events:
                continue
            group = neurons(relay, layer.N, f"{layer.name}_repeats_{train}")
            setattr(layer, f"v_{name}", linked_var(group, "v_s", index=np.arange(layer.N)))
            drive = SynapseModel("drive", on_pre={train: "I_basal_post += w"}, parameters=dict(w=DRIVE))
            result += [group, synapses(drive, layer, group, f"{layer.name}_repeated_{train}", "i == j")]
    return result
