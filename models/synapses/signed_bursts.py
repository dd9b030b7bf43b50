"""`burst_gradient` and `mirrored_feedback` for cells with bursts of two kinds: a burst counts with its sign.

    dw/dt = plastic eta (kind B(t) - P_bar E(t)) (x(t) - x_bar) / (1 + x_post/x_half)

`kind`, +1 or -1, is that of the cell which bursts: in the step, and in what arrives in the dendrite.
P_bar is a mean of signed bursts, near 0: an event depresses by little, and without error nothing changes.
"""

from dataclasses import replace

from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback

signed_gradient = replace(
    burst_gradient,
    name="signed_gradient",
    on_post=burst_gradient.on_post | {"burst": "w = clip(w + eta*kind_post*x_event, w_min, w_max)"},
)

signed_feedback = replace(
    mirrored_feedback,
    name="signed_feedback",
    on_pre=mirrored_feedback.on_pre
    | {
        "burst": """
I_top_post += arriving*gain*kind_pre*w
w = clip(w + eta*kind_pre*x_event, w_min, w_max)
"""
    },
)
