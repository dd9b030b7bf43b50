"""Feedback routed by short-term plasticity and interneurons: terminals, and what makes interneurons fire.

Each cell of a layer that sends feedback has a PV and a SOM cell of its own. A depressing synapse makes the
PV cell fire at its events: the second spike of a burst finds it depressed. A facilitating one makes the SOM
cell fire at its bursts. Both fire once, 3 to 5 ms later, and never by themselves. They take as much off
apical dendrites as cancels, at the usual burst probability, what the cell itself brings.
"""

from dataclasses import replace

from brian2 import NeuronGroup, Synapses, mV, nA

from dendritic_bp import SynapseModel, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.credit.routed_bursts import (
    direct_bursts,
    direct_bursts_receptors,
    routed_bursts,
    routed_bursts_receptors,
)
from dendritic_bp.models.synapses.routed_feedback import depressing_briefly, facilitating_briefly
from networks.cells import Cell
from networks.relays import relay, repeated

ROUTED = dict(  # by the kind of routing, and what they take the place of
    synapses=dict(bursts=routed_bursts, bursts_receptors=routed_bursts_receptors),
    direct=dict(bursts=direct_bursts, bursts_receptors=direct_bursts_receptors),
)

# All values chosen here. Released on average at 4 to 15 Hz: by the first and the second spike of a burst.
FACILITATED = (0.020, 0.168)
DEPRESSED = (0.695, 0.47)

# They start from rest after a spike, so that the second spike of a burst finds nothing of the first.
router = replace(relay, name="router", parameters=relay.parameters | dict(V_r=-70 * mV))
DRIVES = dict(  # chosen here: between what the first and the second spike of a burst release
    event=SynapseModel(
        "drive_by_depressing", on_pre={"spike": "I_basal_post += w*depressed_pre"}, parameters=dict(w=3 * nA)
    ),
    burst=SynapseModel(
        "drive_by_facilitating",
        on_pre={"spike": "I_basal_post += w*facilitated_pre"},
        parameters=dict(w=24 * nA),
    ),
)


def routed(cell: Cell, routing: str) -> Cell:
    """Return the kind of cell with feedback that synapses route: alone if "direct", or with interneurons."""
    if cell.credit.name not in ROUTED[routing]:
        raise UserError(
            f"--routing {routing} needs cells with bursts of one kind: --neuron burst_poisson, pyramidal or "
            f"multiplexing, not {cell.model.name}, which learns by {cell.credit.name}."
        )
    credit = ROUTED[routing][cell.credit.name]
    P = cell.burst_probability
    strengths = foretold(P) if routing == "synapses" else dict(expected=expected(P))
    feedback = replace(credit.feedback, parameters=credit.feedback.parameters | strengths)
    hidden = repeated(cell, ("event", "burst"), credit.hidden) if routing == "synapses" else credit.hidden
    held = dict(P_goal=P)
    return replace(
        cell,
        credit=replace(credit, feedback=feedback, hidden=hidden),
        feedback_gain=cell.feedback_gain / FACILITATED[1],
        hidden=cell.hidden | held,
        output=cell.output | held,
    )


def expected(P: float, event: float = FACILITATED[0]) -> float:
    """Return what an event (with this much) and its bursts weigh, by what depressing synapses release."""
    return (event + P * FACILITATED[1]) / (DEPRESSED[0] + P * DEPRESSED[1])


def foretold(P: float) -> dict[str, float]:
    """Return the strengths with which events cancel the bursts of a cell that bursts with probability P."""
    event, burst = FACILITATED
    return dict(per_event=event + P * burst, per_burst=burst, expected=expected(P, event=0))


def terminals(layers: list[NeuronGroup]) -> list[Synapses]:
    """Build what the cells of the layers release."""
    kinds = dict(depressing=depressing_briefly, facilitating=facilitating_briefly)
    return [
        synapses(model, layer, layer, f"{layer.name}_{name}", "i == j")
        for layer in layers
        for name, model in kinds.items()
    ]
