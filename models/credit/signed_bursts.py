"""Bursts of two kinds carry the error down with its sign [S25]: no error, no bursts, and no noise from them.

As `bursts`, with other cells (`burst_signed`) and the synapses that read a burst's sign.

[S25] Stuck, Wang & Naud 2025 (two-compartment LIF networks): tanh|V_d| and bursts of two kinds
"""

from dataclasses import replace

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.signed_bursts import signed_feedback, signed_gradient

signed_bursts = replace(
    bursts,
    name="signed_bursts",
    forward=signed_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=signed_feedback.with_input(("learning", "opened"), plastic="learning(t)", arriving="opened(t)"),
)
