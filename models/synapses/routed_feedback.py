"""Feedback onto the apical dendrite that short-term plasticity routes, in place of a detector of bursts.

Each spike of the sender releases at facilitating synapses onto the dendrite, which tell bursts from events,
and, with the same strength, at depressing synapses onto an interneuron that is private to the receiver
(`I_inter`): it follows the events, and takes off the dendrite what they foretell of bursts. What a cell
releases is kept by `short_term.facilitating` and `depressing`, of which the sender needs `RELEASE`. As the
interneuron answers late, what tells bursts rises as slowly (`RISE`, `RISING`: slow receptors). Both
branches of an axon are one synapse here, with one weight, which learns as in `mirrored_feedback`.

`routed_conductance_feedback` is for dendrites with the ports of `models/neurons/receptors.py`. With
`direct_feedback` there is no interneuron: depressing synapses take off themselves what it would.
"""

from dataclasses import replace

from brian2 import ms

from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.short_term import depressing, facilitating
from dendritic_bp.models.synapses.signed_conductances import DENDRITE

# The receiver's, for currents and for conductances; they rise in the time in which its interneuron is driven.
RISE = """
dI_rise/dt = -I_rise/tau_inter : amp
dI_top/dt = -I_top/tau_top + I_rise/tau_inter : amp
"""
RISING = """
drise_exc_d/dt = -rise_exc_d/tau_inter : siemens
drise_inh_d/dt = -rise_inh_d/tau_inter : siemens
dg_exc_d/dt = -g_exc_d/tau_top + rise_exc_d/tau_inter : siemens
dg_inh_d/dt = -g_inh_d/tau_top + rise_inh_d/tau_inter : siemens
"""
FORETELL = "\nI_inter_post += arriving*gain*foretold*w*depressed_pre"


def _rule(code: str) -> str:
    """Return the code of an event without its first line, by which it arrives."""
    return "\n".join(code.strip().splitlines()[1:])


RULE = {event: _rule(code) for event, code in mirrored_feedback.on_pre.items()}

routed_feedback = replace(
    mirrored_feedback,
    name="routed_feedback",
    on_pre={"spike": "I_rise_post += arriving*gain*w*facilitated_pre" + FORETELL, **RULE},
    parameters=mirrored_feedback.parameters | dict(foretold=0.03),  # chosen here: interneurons stay in range
)

routed_conductance_feedback = replace(
    routed_feedback,
    name="routed_conductance_feedback",
    on_pre={
        "spike": "push = arriving*gain*w*facilitated_pre"
        + DENDRITE.replace("g_exc_d_post", "rise_exc_d_post").replace("g_inh_d_post", "rise_inh_d_post")
        + FORETELL.strip(),
        **RULE,
    },
    parameters=routed_feedback.parameters | dict(foretold=0.06),  # chosen here: weights are smaller there
)

DIRECT = dict(expected=0.1)  # chosen here: what the one synapse releases, by what the other does
TOLD = "arriving*gain*w*(facilitated_pre - expected*depressed_pre)"

direct_feedback = replace(
    routed_feedback,
    name="direct_feedback",
    on_pre={"spike": f"I_top_post += {TOLD}", **RULE},
    parameters=mirrored_feedback.parameters | DIRECT,
)

direct_conductance_feedback = replace(
    direct_feedback,
    name="direct_conductance_feedback",
    on_pre={"spike": f"push = {TOLD}" + DENDRITE, **RULE},
)

# Chosen here: shorter than published (100 ms, 0.1; 20 ms, 0.9, 0.1), so that an event finds nothing left of
# the last one, nor of a burst, and what both release foretells bursts at any rate from 3 to 20 Hz.
facilitating_briefly = replace(
    facilitating,
    name="facilitating_briefly",
    parameters=facilitating.parameters | dict(tau_F=8 * ms, f=0.5),
)
depressing_briefly = replace(
    depressing,
    name="depressing_briefly",
    parameters=depressing.parameters | dict(tau_D=12 * ms, U=0.7, f=0),
)
