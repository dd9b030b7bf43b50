"""Feedback routed by short-term plasticity and interneurons: terminals, and what takes events off.

Each hidden cell has `PER_CELL` interneurons of its own. They follow the events of the layer above, as the
cell's own feedback weighs them, and inhibit its apical dendrite: their strength is such that, at the burst
probability of the cell, what arrives cancels on average.
"""

from dataclasses import replace

import numpy as np
from brian2 import Hz, NeuronGroup, Quantity, Synapses, linked_var, pA

from dendritic_bp import SynapseModel, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.credit import Credit
from dendritic_bp.models.credit.routed_bursts import (
    direct_bursts,
    direct_bursts_receptors,
    routed_bursts,
    routed_bursts_receptors,
)
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.synapses.routed_feedback import depressing_briefly, facilitating_briefly
from dendritic_bp.models.synapses.signed_conductances import DENDRITE
from networks.cells import Cell

ROUTED = dict(  # by the kind of routing, and what they take the place of
    synapses=dict(bursts=routed_bursts, bursts_receptors=routed_bursts_receptors),
    direct=dict(bursts=direct_bursts, bursts_receptors=direct_bursts_receptors),
)

# All values chosen here; what is measured is so at 1 ms.
PER_CELL = 6
BASELINE = 320 * pA  # into an interneuron
RATE = 86 * Hz  # with which it fires, as its drive fluctuates
SLOPE = 0.49 * Hz / pA  # of its f-I curve from 60 pA below to 60 above: in steps of 1 ms it has stairs
# Released on average at 4 to 15 Hz: by the first and the second spike of a burst.
FACILITATED = (0.020, 0.168)
DEPRESSED = (0.695, 0.47)

interneuron = pv.with_equations("I = I_soma + driving : amp\ndriving : amp (linked)")


def routed(cell: Cell, routing: str) -> Cell:
    """Return the kind of cell with feedback that synapses route: alone if "direct", or with interneurons."""
    if cell.credit.name not in ROUTED[routing]:
        raise UserError(
            f"--routing {routing} needs cells with bursts of one kind: --neuron burst_poisson, pyramidal or "
            f"multiplexing, not {cell.model.name}, which learns by {cell.credit.name}."
        )
    credit = ROUTED[routing][cell.credit.name]
    feedback = credit.feedback
    inhibition = 0 * pA  # what interneurons take off while nothing arrives
    if routing == "direct":
        feedback = replace(feedback, parameters=feedback.parameters | dict(expected=expected(cell)))
    else:
        inhibition = PER_CELL * RATE * strength(cell, credit) * cell.hidden["tau_top"]
    held = dict(P_goal=cell.burst_probability)
    tonic = cell.hidden.get("I_tonic", cell.I_tonic) + inhibition
    return replace(
        cell,
        credit=replace(credit, feedback=feedback),
        feedback_gain=cell.feedback_gain / FACILITATED[1],
        hidden=cell.hidden | held | dict(I_tonic=tonic),
        output=cell.output | held,
    )


def expected(cell: Cell) -> float:
    """Return what facilitating synapses release for each unit that depressing ones do, as the cell bursts."""
    P = cell.burst_probability
    return (FACILITATED[0] + P * FACILITATED[1]) / (DEPRESSED[0] + P * DEPRESSED[1])


def strength(cell: Cell, credit: Credit) -> Quantity:
    """Return the current that a spike of an interneuron takes off the dendrite."""
    drive = credit.feedback.parameters["foretold"] * credit.hidden["parameters"]["tau_inter"]
    return expected(cell) / (PER_CELL * SLOPE * drive)


def terminals(layers: list[NeuronGroup]) -> list[Synapses]:
    """Build what the cells of all layers that send feedback release."""
    kinds = dict(depressing=depressing_briefly, facilitating=facilitating_briefly)
    return [
        synapses(model, layer, layer, f"{layer.name}_{name}", "i == j")
        for layer in layers[1:]
        for name, model in kinds.items()
    ]


def takers(layers: list[NeuronGroup], cell: Cell) -> list[NeuronGroup | Synapses]:
    """Build the interneurons of all cells that receive feedback."""
    result: list[NeuronGroup | Synapses] = []
    w = strength(cell, cell.credit)
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
