"""Feedback onto the apical dendrite that short-term plasticity routes, in place of a detector of bursts.

Each cell excites dendrites by two kinds of synapses, facilitating ones, which tell bursts from events, and
depressing ones, which tell events; the same two onto interneurons of its own make a PV cell repeat its
events and a SOM cell its bursts (`relayed`, `relayed_burst`). A positive weight stands for bursts that
excite (facilitating synapses) less events that inhibit (PV cell), a negative one for bursts that inhibit (SOM
cell) and events that excite (depressing synapses): of each pair, what is taken off is what events foretell of
bursts, `expected`, `per_event` and `per_burst` of a weight. All four are one synapse here, with one weight,
which learns as in `mirrored_feedback`. What a cell releases is kept by `short_term.facilitating` and
`depressing`, of which the sender needs `RELEASE`.

`routed_conductance_feedback` is for dendrites with the ports of `models/neurons/receptors.py`. With
`direct_feedback` there is no interneuron, and weights of either sign do both.
"""

from dataclasses import replace

from brian2 import ms

from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.short_term import depressing, facilitating
from dendritic_bp.models.synapses.signed_conductances import DENDRITE

POSITIVE, NEGATIVE = "arriving*gain*clip(w, 0*amp, 1*amp)", "arriving*gain*clip(-w, 0*amp, 1*amp)"
EXCITES = f"{POSITIVE}*facilitated_pre + {NEGATIVE}*expected*depressed_pre"
INHIBITS = dict(relayed=f"{POSITIVE}*per_event", relayed_burst=f"{NEGATIVE}*per_burst")


def _rule(code: str) -> str:
    """Return the code of an event without its first line, by which it arrives."""
    return "\n".join(code.strip().splitlines()[1:])


RULE = {event: _rule(code) for event, code in mirrored_feedback.on_pre.items()}

routed_feedback = replace(
    mirrored_feedback,
    name="routed_feedback",
    on_pre={"spike": f"I_top_post += {EXCITES}"}
    | {event: f"I_top_post -= {amount}" for event, amount in INHIBITS.items()}
    | RULE,
    # Chosen here, for a cell of which 0.35 of the events are bursts: what facilitating synapses release on
    # average for each event, and for each burst beyond; and bursts for what depressing ones release.
    parameters=mirrored_feedback.parameters | dict(per_event=0.079, per_burst=0.168, expected=0.068),
)

routed_conductance_feedback = replace(
    routed_feedback,
    name="routed_conductance_feedback",
    on_pre={"spike": f"g_exc_d_post += ({EXCITES})/(E_exc_post - V_d_post)"}
    | {event: f"g_inh_d_post += {amount}/(V_d_post - E_inh_post)" for event, amount in INHIBITS.items()}
    | RULE,
)

DIRECT = dict(expected=0.1)  # chosen here: what the one synapse releases, by what the other does
TOLD = "arriving*gain*w*(facilitated_pre - expected*depressed_pre)"

direct_feedback = replace(
    mirrored_feedback,
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
