"""Two phases: the difference of a cell's plateaus, without and with a teacher, is its error [G17].

In the first phase nobody teaches. In the second, the teacher's current into the somata of the output moves
their rates, and their events reach the apical dendrites of the hidden layer; a share of it charges their own.
At the end of the trial, once, in all layers:

    dw = plastic eta slope (alpha_2 - alpha_1) (x_1 - x_1_bar)

with the plateaus alpha of the two phases (graded, `models/neurons/two_phase.py`) and the mean trace of events
x_1 of the first. In [G17] the output compares its rates in the two phases; events of a cell in some 50 ms are
noisier than that. Feedback synapses mirror their forward partners; with eta = 0 they are the fixed random
ones of [G17]. A plateau does not change what a cell fires: feedback comes from the output alone.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901
"""

from brian2 import ms, pA

from dendritic_bp import SynapseModel
from dendritic_bp.models.credit import TAUGHT, Credit
from dendritic_bp.models.synapses.burst_dependent import burst_dependent
from dendritic_bp.trials import Gate

PHASES = dict(
    equations="""
free = first_phase(t) : 1
taught = second_phase(t) : 1
closing = end(t) : 1
""",
    namespace=("first_phase", "second_phase", "end"),
)

plateau_gradient = SynapseModel(
    "plateau_gradient",
    "w : amp",
    on_pre={"event": "I_basal_post += w"},
    on_post={"plateau": "w = clip(w + plastic*eta*credit_post*(x_1_pre - x_1_bar_pre), w_min, w_max)"},
    parameters=burst_dependent.parameters,
)

plateau_feedback = SynapseModel(
    "plateau_feedback",
    "w : amp",
    on_pre={
        "event": "I_top_post += arriving*gain*w",
        "plateau": "w = clip(w + plastic*eta*credit_pre*(x_1_post - x_1_bar_post), w_min, w_max)",
    },
    parameters=dict(
        burst_dependent.parameters,
        gain=1.0,  # chosen here
        arriving=1.0,  # gate: 0 keeps feedback out of the dendrite
        w_0=10 * pA,  # chosen here: spread of the weights at the start
    ),
    initial=dict(w="w_0*randn()"),
)

plateau_difference = Credit(
    "plateau_difference",
    forward=plateau_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=plateau_feedback.with_input(("learning", "opened"), plastic="learning(t)", arriving="opened(t)"),
    inputs=PHASES,
    hidden=dict(
        equations=PHASES["equations"]
        + """
averaging = 1 : 1
eta_bias = eta_home*adapting(t) : amp
I_apical = I_tonic : amp
""",
        parameters=dict(eta_home=0 * pA, I_tonic=0 * pA),
        namespace=("adapting", *PHASES["namespace"]),
    ),
    output=dict(
        equations="""
I_s = I_soma + I_basal + I_bias + I_noise_s + I_teacher : amp
I_d = I_apical + I_top + I_noise_d + share*I_teacher : amp
I_teacher : amp (linked)
""",
        parameters=dict(share=0.3),  # chosen here
    ),
    gates=dict(  # chosen here: until 60 ms, cells and traces still answer to the last trial and its teacher
        free=Gate(60 * ms, 120 * ms),
        first_phase=Gate(60 * ms, 120 * ms),
        teaching=Gate(120 * ms, 180 * ms, phases=TAUGHT),
        second_phase=Gate(120 * ms, 180 * ms),
        end=Gate(180 * ms),
        learning=Gate(180 * ms, scaled=True),
        adapting=Gate(60 * ms, 120 * ms, phases=TAUGHT),
        opened=Gate(),
    ),
)
