"""Bursts carry the error in one phase: events cancel the bursts at rest through a pathway of their own [G22].

As `bursts`, with two changes. Plasticity compares bursts with a fixed probability P_0, not with a running
mean:

    dw/dt = plastic eta (B(t) - P_0 E(t)) (x(t) - x_bar) / (1 + x_post/x_half)

And feedback reaches the dendrite by two pathways: bursts through w (Y in [G22]), events through q (Q), which
learns from the same events, bursts and traces by -P_0 times the steps of w. With q = -P_0 w a burst says
"more" and an event without one "less", whatever the rate, and neither phases nor averages are needed. The
excitability of dendrites holds the share of events that are bursts at P_0 (`burst_steady`).

In [G22] q learns, anti-Hebbian, to hold the apical potential of the receiver. Here, where events are few and
the dendrite swings back in 30 ms, such a q reads its own echo, and grows far beyond w (docs/credit.md).

[G22] Greedy, Zhu, Pemberton, Mellor & Costa 2022, NeurIPS 35 (BurstCCN)
"""

from dataclasses import replace

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback

P_0 = dict(P_0=0.5)  # chosen here: where v_d = E_d, and `P_home` of the cells; [G22] .375

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
    on_pre={
        "event": """
I_top_post += arriving*gain*q
x_event = plastic*(x_post - x_bar_post)/(1 + x_pre/x_half)
w = clip(w - eta*P_0*x_event, w_min, w_max)
q = clip(q + P_0*eta*P_0*x_event, w_min, w_max)
""",
        "burst": """
I_top_post += arriving*gain*w
w = clip(w + eta*x_event, w_min, w_max)
q = clip(q - P_0*eta*x_event, w_min, w_max)
""",
    },
    parameters=mirrored_feedback.parameters | P_0,
    initial=mirrored_feedback.initial | dict(q="-P_0*w"),
)

single_phase_bursts = replace(
    bursts,
    name="single_phase_bursts",
    forward=single_phase_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=cancelling_feedback.with_input(
        ("learning", "opened"), plastic="learning(t)", arriving="opened(t)"
    ),
)
