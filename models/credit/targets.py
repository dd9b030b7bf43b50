"""Targets: the path down learns to rebuild the layer below, and then tells it what it should have been [L15].

As `plateau_difference`, with another path down. In each trial, while nobody teaches, the apical potential of
a hidden cell is the guess of what the cell does, made from what the output does; its synapses learn, at the
trial's end, to make the guess right:

    dw = eta_g plastic_g ((x_1 - x_1_bar) - (v_1 - v_1_bar)/v_x) (x_1 - x_1_bar)_output

with means of the free window (`models/neurons/two_phase.py`). While taught, the guess from the output that is
nudged less that from the free one is the difference of the targets: a cell learns from the difference of the
plateaus, and what the guess gets wrong cancels (difference target propagation).

[L15] Lee, Zhang, Fischer & Bengio 2015, ECML, arXiv:1412.7525
"""

from dataclasses import replace

from brian2 import ms, mV

from dendritic_bp.models.credit.plateau_difference import plateau_difference, plateau_feedback
from dendritic_bp.trials import Gate

rebuilding_feedback = replace(
    plateau_feedback,
    name="rebuilding_feedback",
    on_pre=plateau_feedback.on_pre
    | {
        "plateau": """
missing = x_1_post - x_1_bar_post - (v_1_post - v_1_bar_post)/v_x
w = clip(w + rebuilding*ratio*eta*missing*(x_1_pre - x_1_bar_pre), w_min, w_max)
"""
    },
    parameters={name: value for name, value in plateau_feedback.parameters.items() if name != "plastic"}
    | dict(
        rebuilding=1.0,  # gate: when it learns
        ratio=0.2,  # chosen here: of the steps to those of the forward synapses at the start
        v_x=3 * mV,  # chosen here: potential that stands for a trace of 1
    ),
)

targets = replace(
    plateau_difference,
    name="targets",
    feedback=rebuilding_feedback.with_input(
        ("rebuilds", "opened"), rebuilding="rebuilds(t)", arriving="opened(t)"
    ),
    gates=dict(plateau_difference.gates, rebuilds=Gate(180 * ms, phases=("train",))),  # chosen here
)
