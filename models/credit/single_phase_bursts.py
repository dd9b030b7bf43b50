"""Bursts carry the error in one phase: events cancel the bursts at rest through a pathway of their own [G22].

As `bursts`, with two changes. Plasticity compares bursts with a fixed probability P_0, not with a running
mean:

    dw/dt = plastic eta (B(t) - P_0 E(t)) (x(t) - x_bar) / (1 + x_post/x_half)

And feedback reaches the dendrite by two pathways: bursts through w (Y in [G22]), events through q (Q).
In training, q learns, anti-Hebbian, to hold the apical potential at the threshold of bursting E_d, where an
event becomes a burst with probability P_0 = 1/2 (errors of classes that compete are zero on average):

    dq/dt = -cancels eta_q E(t) (v_d - E_d)

It ends at q = -P_0 w: then a burst says "more" and an event without one "less", whatever the rate, and
neither phases nor averages are needed.

[G22] Greedy, Zhu, Pemberton, Mellor & Costa 2022, NeurIPS 35 (BurstCCN)
"""

from dataclasses import replace

from brian2 import ms, nS

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.trials import Gate

P_0 = dict(P_0=0.5)  # chosen here: where v_d = E_d; [G22] .375

single_phase_gradient = replace(
    burst_gradient,
    name="single_phase_gradient",
    on_post=burst_gradient.on_post
    | {
        "event": """
x_event = plastic*(x_pre - x_bar_pre)/(1 + x_post/x_half)
w = clip(w - eta*P_0*x_event, w_min, w_max)
"""
    },
    parameters=burst_gradient.parameters | P_0,
)

cancelling_feedback = replace(
    mirrored_feedback,
    name="cancelling_feedback",
    equations="w : amp\nq : amp\nx_event : 1",
    on_pre=mirrored_feedback.on_pre
    | {
        "event": """
I_top_post += arriving*gain*q
x_event = plastic*(x_post - x_bar_post)/(1 + x_pre/x_half)
w = clip(w - eta*P_0*x_event, w_min, w_max)
q = clip(q - cancels*eta_q*(v_d_post - E_d_post), w_min, w_max)
"""
    },
    parameters=mirrored_feedback.parameters
    | P_0
    | dict(
        cancels=1.0,  # gate: when q learns
        eta_q=0.1 * nS,  # chosen here: as fast as w learns, and no faster
    ),
    initial=mirrored_feedback.initial | dict(q="-P_0*w"),
)

single_phase_bursts = replace(
    bursts,
    name="single_phase_bursts",
    forward=single_phase_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=cancelling_feedback.with_input(
        ("learning", "opened", "cancelling"),
        plastic="learning(t)",
        arriving="opened(t)",
        cancels="cancelling(t)",
    ),
    gates=dict(bursts.gates, cancelling=Gate(60 * ms, phases=("train",))),  # chosen here
)
