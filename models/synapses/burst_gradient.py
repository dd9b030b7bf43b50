"""Burst-dependent plasticity made to follow the gradient: a centred trace, smaller steps at higher rates.

    dw/dt = plastic eta (B(t) - P_bar E(t)) (x(t) - x_bar) / (1 + x_post/x_half)

As `burst_dependent`, with two changes. The slow mean of the presynaptic trace is subtracted: this is the
covariance rule, and keeps the mean activity of a layer out of the learning. And the step is divided by the
postsynaptic rate: the error rides on every event, so that a cell with more events would learn more, although
the slope of its f-I curve is the same [G22].

[G22] Greedy, Zhu, Pemberton, Mellor & Costa 2022, NeurIPS 35 (BurstCCN): the error is scaled by f'(I)/f(I)
"""

from dendritic_bp import SynapseModel
from dendritic_bp.models.synapses.burst_dependent import burst_dependent

burst_gradient = SynapseModel(
    "burst_gradient",
    "w : amp\nx_event : 1",
    on_pre={"event": "I_basal_post += w"},
    on_post={
        "event": """
x_event = plastic*(x_pre - x_bar_pre)/(1 + x_post/x_half)
w = clip(w - eta*P_bar_post*x_event, w_min, w_max)
""",
        "burst": "w = clip(w + eta*x_event, w_min, w_max)",
    },
    parameters=dict(
        burst_dependent.parameters,
        x_half=0.5,  # chosen here: 5 Hz, for a trace of 100 ms
    ),
)
