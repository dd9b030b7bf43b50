"""Bursts carry the error down: the apical dendrite turns feedback into burst probability [P21].

The teacher's current into the apical dendrites of the output changes how many of its events are bursts. These
bursts, less those expected from the events, arrive in the apical dendrites of the layer below, and so on. A
synapse onto a cell whose bursting exceeds its mean P_bar grows by its presynaptic trace (`burst_gradient`),
and the feedback synapses follow their forward partners (`mirrored_feedback`). P_bar is averaged while taught,
and the excitability I_bias, which holds the event rate, adapts while `adapting`. `opened` lets feedback and a
tonic current into the dendrites.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, pA

from dendritic_bp.models.credit import TAUGHT, Credit
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.trials import Gate

bursts = Credit(
    "bursts",
    forward=burst_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=mirrored_feedback.with_input(
        ("learning", "opened"), plastic="learning(t)", arriving="opened(t)"
    ),
    hidden=dict(
        equations="""
averaging = teaching(t) : 1
eta_bias = eta_home*adapting(t) : amp
I_apical = I_tonic*opened(t) : amp
""",
        parameters=dict(eta_home=0 * pA, I_tonic=0 * pA),
        namespace=("teaching", "adapting", "opened"),
    ),
    output=dict(
        equations="""
I_d = I_apical + I_top + I_noise_d + I_teacher : amp
I_teacher : amp (linked)
"""
    ),
    gates=dict(  # 60 ms, chosen here: until then, cells still answer to the last image
        teaching=Gate(60 * ms, phases=TAUGHT),
        learning=Gate(60 * ms, scaled=True),
        adapting=Gate(60 * ms, phases=TAUGHT),
        opened=Gate(),
    ),
)
