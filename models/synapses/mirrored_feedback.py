"""Feedback onto the apical dendrite that comes to mirror the forward synapse of the same two cells [KP94].

The sender's bursts arrive less those expected from its events: zero on average, until its bursting changes.
A feedback synapse that changes just as its forward partner does becomes its copy. It can: the events and
bursts of the one cell and the trace of the other are present at both synapses (there: the postsynaptic and
the presynaptic cell; here: sender and receiver). With eta = 0 it is fixed random feedback.

[KP94] Kolen & Pollack 1994, IEEE ICNN; Akrout et al. 2019, NeurIPS 32
"""

from brian2 import pA

from dendritic_bp import SynapseModel
from dendritic_bp.models.synapses.burst_gradient import burst_gradient

mirrored_feedback = SynapseModel(
    "mirrored_feedback",
    "w : amp\nx_event : 1",
    on_pre={
        "event": """
I_top_post -= arriving*gain*P_bar_pre*w
x_event = plastic*(x_post - x_bar_post)/(1 + x_pre/x_half)
w = clip(w - eta*P_bar_pre*x_event, w_min, w_max)
""",
        "burst": """
I_top_post += arriving*gain*w
w = clip(w + eta*x_event, w_min, w_max)
""",
    },
    parameters=dict(
        burst_gradient.parameters,
        gain=1.0,  # chosen here
        arriving=1.0,  # gate: 0 keeps feedback out of the dendrite
        w_0=10 * pA,  # chosen here: spread of the weights at the start
    ),
    initial=dict(w="w_0*randn()"),
)
