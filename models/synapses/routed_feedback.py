"""Feedback onto the apical dendrite that short-term plasticity routes, in place of a detector of bursts.

Each spike of the sender releases at facilitating synapses onto the dendrite, which tell bursts from events,
and, with the same strength, at depressing synapses onto an interneuron that is private to the receiver
(`I_inter`): it follows the events, and takes off the dendrite what they foretell of bursts. What a cell
releases is kept by `short_term.facilitating` and `depressing`, of which the sender needs `RELEASE`. Both
branches of an axon are one synapse here, with one weight, which learns as in `mirrored_feedback`.

`routed_conductance_feedback` is for dendrites with the ports of `models/neurons/receptors.py`.
"""

from dataclasses import replace

from brian2 import ms

from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.short_term import facilitating
from dendritic_bp.models.synapses.signed_conductances import DENDRITE

FORETELL = "\nI_inter_post += arriving*gain*foretold*w*depressed_pre"


def _rule(code: str) -> str:
    """Return the code of an event without its first line, by which it arrives."""
    return "\n".join(code.strip().splitlines()[1:])


RULE = {event: _rule(code) for event, code in mirrored_feedback.on_pre.items()}

routed_feedback = replace(
    mirrored_feedback,
    name="routed_feedback",
    on_pre={"spike": "I_top_post += arriving*gain*w*facilitated_pre" + FORETELL, **RULE},
    parameters=mirrored_feedback.parameters | dict(foretold=0.1),  # chosen here: onto the interneuron
)

routed_conductance_feedback = replace(
    routed_feedback,
    name="routed_conductance_feedback",
    on_pre={"spike": "push = arriving*gain*w*facilitated_pre" + DENDRITE + FORETELL.strip(), **RULE},
)

# Chosen here: shorter than published (100 ms, 0.1), so that at 5 to 20 Hz an event finds little facilitation
# of the last one.
facilitating_briefly = replace(
    facilitating,
    name="facilitating_briefly",
    parameters=facilitating.parameters | dict(tau_F=30 * ms, f=0.2),
)
