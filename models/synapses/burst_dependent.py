"""Burst-dependent plasticity: an event depresses by the usual burst probability, a burst potentiates [P21].

    dw/dt = plastic eta (B(t) - P_bar E(t)) x(t)

with E, B the events and bursts of the postsynaptic cell and x the trace of presynaptic events. A burst comes
5-15 ms after its event, and x has changed by then: the burst term uses the x stored at the event (`x_event`),
so that the terms cancel when the cell bursts with probability P_bar. `burst_dependent_published` reads x at
the burst, and softly limits the rate of the postsynaptic cell.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import Hz, nA, pA

from dendritic_bp import SynapseModel

burst_dependent = SynapseModel(
    "burst_dependent",
    "w : amp\nx_event : 1",
    on_pre={"event": "I_basal_post += w"},
    on_post={
        "event": "x_event = x_pre; w = clip(w - plastic*eta*P_bar_post*x_event, w_min, w_max)",
        "burst": "w = clip(w + plastic*eta*x_event, w_min, w_max)",
    },
    parameters=dict(
        eta=1 * pA,  # chosen here
        plastic=1.0,  # gate: 0 stops learning; with_input(plastic="...") makes it a function of time
        w_min=-1 * nA,  # chosen here
        w_max=1 * nA,  # chosen here
    ),
)

burst_dependent_published = SynapseModel(
    "burst_dependent_published",
    "w : amp\nh = -clip(1 - r_max/(rate_post + 1e-9*Hz), 0, 1) : 1  # above r_max, all weights shrink",
    on_pre={
        "event": """
I_basal_post += w
w = clip(w + plastic*eta*clip(r_min - rate_post, 0*Hz, r_min)/Hz, w_min, w_max)
"""
    },
    on_post={
        "event": "w = clip(w + plastic*eta*(h - P_bar_post)*x_pre, w_min, w_max)",
        "burst": "w = clip(w + plastic*eta*(h + 1)*x_pre, w_min, w_max)",
    },
    parameters=dict(
        burst_dependent.parameters,
        r_min=2 * Hz,  # [P21] XOR
        r_max=10 * Hz,  # [P21] XOR
    ),
)
