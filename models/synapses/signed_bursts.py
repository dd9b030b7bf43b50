"""`burst_gradient` and `mirrored_feedback` for cells with bursts of two kinds: a burst counts with its sign.

    dw/dt = plastic eta [(kind B(t) - P_bar E(t)) (x(t) - x_bar) / (1 + x_post/x_half) - E(t) w/w_far]

`kind`, +1 or -1, is that of the cell which bursts: in the step, and in what arrives in the dendrite.
P_bar is a mean of signed bursts, near 0: an event depresses by little, and without error nothing changes.
Each event also takes eta/w_far of a weight, so that long learning stays in bounds; as forward and feedback
synapses of two cells lose alike, what they began with fades, and they come to be the same [KP94].

[KP94] Kolen & Pollack 1994, IEEE ICNN
"""

from dataclasses import replace

from brian2 import nA

from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback

FORGET = dict(w_far=600 * nA)  # chosen here: a weight of this size would lose at an event what a burst adds

signed_gradient = replace(
    burst_gradient,
    name="signed_gradient",
    on_post={
        "event": """
x_event = plastic*(x_pre - x_bar_pre)/(1 + x_post/x_half)
w = clip(w - eta*(P_bar_post*x_event + plastic*w/w_far), w_min, w_max)
""",
        "burst": "w = clip(w + eta*kind_post*x_event, w_min, w_max)",
    },
    parameters=burst_gradient.parameters | FORGET,
)

signed_feedback = replace(
    mirrored_feedback,
    name="signed_feedback",
    on_pre={
        "event": """
I_top_post -= arriving*gain*P_bar_pre*w
x_event = plastic*(x_post - x_bar_post)/(1 + x_pre/x_half)
w = clip(w - eta*(P_bar_pre*x_event + plastic*w/w_far), w_min, w_max)
""",
        "burst": """
I_top_post += arriving*gain*kind_pre*w
w = clip(w + eta*kind_pre*x_event, w_min, w_max)
""",
    },
    parameters=mirrored_feedback.parameters | FORGET,
)
