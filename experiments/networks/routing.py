"""Feedback routed by short-term plasticity and interneurons: terminals, and what takes events off.

Each hidden cell has `PER_CELL` interneurons of its own. They follow the events of the layer above, as the
cell's own feedback weighs them, and inhibit its apical dendrite: their strength is such that, at the burst
probability of the cell, what arrives cancels on average.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from brian2 import Hz, NeuronGroup, Quantity, Synapses, linked_var, pA

from dendritic_bp import SynapseModel, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.credit.routed_bursts import routed_bursts, routed_bursts_receptors
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.synapses.routed_feedback import facilitating_briefly
from dendritic_bp.models.synapses.short_term import depressing
from dendritic_bp.models.synapses.signed_conductances import DENDRITE
from networks.cells import Cell

ROUTED = dict(
    bursts=routed_bursts, bursts_receptors=routed_bursts_receptors
)  # by what they take the place of

# All values chosen here; what is measured is so at 1 ms.
PER_CELL = 3
BASELINE = 320 * pA  # into an interneuron
RATE = 90 * Hz  # with which it fires then
SLOPE = 0.55 * Hz / pA  # of its f-I curve there
FORETOLD = 0.08  # of what a depressing synapse releases, beside the dendrite's gain
# Released on average at 5 to 7 Hz: by the first and the second spike of a burst.
FACILITATED = (0.04, 0.158)
DEPRESSED = (0.90, 0.40)

interneuron = pv.with_equations("I = I_soma + driving : amp\ndriving : amp (linked)")


def routed(cell: Cell) -> Cell:
    """Return the kind of cell with feedback that synapses route."""
    if cell.credit.name not in ROUTED:
        raise UserError(
            "--routing synapses needs cells with bursts of one kind: --neuron burst_poisson, pyramidal or "
            f"multiplexing, not {cell.model.name}, which learns by {cell.credit.name}."
        )
    credit = ROUTED[cell.credit.name]
    held = dict(P_goal=cell.burst_probability)
    inhibition = PER_CELL * RATE * strength(cell, credit.hidden) * cell.hidden["tau_top"]
    tonic = cell.hidden.get("I_tonic", cell.I_tonic) + inhibition  # what they take off while nothing arrives
    return replace(
        cell,
        credit=credit,
        feedback_gain=cell.feedback_gain / FACILITATED[1],
        hidden=cell.hidden | held | dict(I_tonic=tonic),
        output=cell.output | held,
    )


def strength(cell: Cell, hidden: dict[str, Any]) -> Quantity:
    """Return the current that a spike of an interneuron takes off the dendrite."""
    first, second_ = (released / FACILITATED[1] for released in FACILITATED)
    P = cell.burst_probability
    foretold = (first + P * second_) / (DEPRESSED[0] + P * DEPRESSED[1])
    follows = PER_CELL * SLOPE * FORETOLD * hidden["parameters"]["tau_inter"] / FACILITATED[1]
    return foretold / follows


def routes(layers: list[NeuronGroup], cell: Cell) -> list[NeuronGroup | Synapses]:
    """Build the terminals of all layers that send feedback, and the interneurons of all that receive it."""
    result: list[NeuronGroup | Synapses] = []
    for layer in layers[1:]:
        for model, name in ((depressing, "depressing"), (facilitating_briefly, "facilitating")):
            result.append(synapses(model, layer, layer, f"{layer.name}_{name}", "i == j"))
    w = strength(cell, cell.credit.hidden)
    for layer in layers[:-1]:
        group = neurons(
            interneuron, PER_CELL * layer.N, f"{layer.name}_inter", I_soma=BASELINE, v_s="E_L + 15*mV*rand()"
        )
        group.driving = linked_var(layer, "I_inter", index=np.repeat(np.arange(layer.N), PER_CELL))
        wired = dict(i=np.arange(group.N), j=np.repeat(np.arange(layer.N), PER_CELL))
        result += [group, synapses(_inhibition(layer), group, layer, f"{layer.name}_take_off", wired, w=w)]
    return result


def _inhibition(layer: NeuronGroup) -> SynapseModel:
    """Return the synapses of interneurons onto dendrites, with receptors if the layer has them."""
    receptors = "g_inh_d" in layer.equations
    code = "push = -w" + DENDRITE if receptors else "I_top_post -= w"
    return SynapseModel("take_off", on_pre={"event": code}, parameters=dict(w=10 * pA))
