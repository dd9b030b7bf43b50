"""Interneurons cancel what the layer above usually says; what is left in the dendrite is the error [S18].

Events of the layer above excite the apical dendrites of the layer below (`feedback`). Each cell above has a
partner there, an interneuron, which learns from the layer below what the cell above does (`onto`), and learns
to inhibit the dendrites (`cancel`) by just what the cell above brings. A teacher's current into the somata of
the output moves their rates; interneurons do not know of it, and the dendrites below feel the difference. In
all cells the mean deviation of the own dendrite is the error, and one rule learns from it, once, at the end
of a trial (`models/neurons/one_window.py`):

    dw = plastic eta slope tanh(v_1/D_v) (x_1 - x_1_bar)

In the output, a share of the teacher's current is in the dendrite. In an interneuron, events of its partner
charge the dendrite, and its own discharge it (`partner`): it learns until both fire alike, and its
excitability follows. Inhibition learns to keep the dendrites below at rest, anti-Hebbian, without a label:

    dq = -cancels eta_q v_1 x_1(interneuron)

As it learns while taught, too, it cancels errors that come with a prediction every time. Nothing starts
mirrored: interneurons and inhibition (from zero) find their values in the first hundreds of trials. Feedback
mirrors its forward partner; with eta = 0 it is the fixed random one of [S18]. Differences from there: spikes;
learning by means of a window; the dendrite does not move the soma, nor the partner that of an interneuron.

[S18] Sacramento, Costa, Bengio & Senn 2018, NeurIPS, arXiv:1810.11393
"""

from brian2 import ms, nS, pA

from dendritic_bp import SynapseModel
from dendritic_bp.models.credit import TAUGHT, Credit, Lateral
from dendritic_bp.models.credit.plateau_difference import plateau_feedback, plateau_gradient
from dendritic_bp.models.synapses.burst_dependent import burst_dependent
from dendritic_bp.trials import Gate

WINDOW = dict(equations="seen = window(t) : 1\nclosing = end(t) : 1\n", namespace=("window", "end"))
OWN = dict(WINDOW, equations=WINDOW["equations"] + "averaging = 1 : 1\n")
LIMITS = {name: burst_dependent.parameters[name] for name in ("w_min", "w_max")}

partner = SynapseModel(  # of a cell above and its interneuron
    "partner",
    "",
    on_pre={"event": "I_top_post += w"},
    on_post={"event": "I_top_post -= w", "plateau": "I_bias_post += plastic*eta*credit_post"},
    parameters=dict(
        w=100 * pA,  # chosen here
        eta=10 * pA,  # chosen here
        plastic=1.0,  # gate
    ),
)

cancelling = SynapseModel(
    "cancelling",
    "w : amp",
    on_pre={
        "event": "I_top_post += arriving*gain*w",
        "plateau": "w = clip(w - cancels*eta_q*v_1_post*x_1_pre, w_min, w_max)",
    },
    parameters=dict(
        LIMITS,
        gain=1.0,  # chosen here: as that of feedback
        arriving=1.0,  # gate: 0 keeps inhibition out of the dendrite
        cancels=1.0,  # gate: when it learns
        eta_q=0.6 * nS,  # chosen here
    ),
)

dendritic_error = Credit(
    "dendritic_error",
    forward=plateau_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=plateau_feedback.with_input(("learning", "opened"), plastic="learning(t)", arriving="opened(t)"),
    lateral=Lateral(
        onto=plateau_gradient.with_input(("learning",), plastic="learning(t)"),
        partner=partner.with_input(("learning",), plastic="learning(t)"),
        cancel=cancelling.with_input(("cancelling", "opened"), cancels="cancelling(t)", arriving="opened(t)"),
        cells=OWN,
    ),
    inputs=WINDOW,
    hidden=dict(
        equations=OWN["equations"]
        + """
eta_bias = eta_home*adapting(t) : amp
I_apical = I_tonic : amp
""",
        parameters=dict(eta_home=0 * pA, I_tonic=0 * pA),
        namespace=("adapting", *WINDOW["namespace"]),
    ),
    output=dict(
        equations="""
I_s = I_soma + I_basal + I_bias + I_noise_s + I_teacher : amp
I_d = I_apical + I_top + I_noise_d + share*I_teacher : amp
I_teacher : amp (linked)
""",
        parameters=dict(share=1.0),  # chosen here
    ),
    gates=dict(  # chosen here: until 60 ms, cells still answer to the last image
        free=Gate(0 * ms, 0 * ms),  # never
        window=Gate(80 * ms, 180 * ms),
        teaching=Gate(60 * ms, phases=TAUGHT),
        end=Gate(180 * ms),
        learning=Gate(180 * ms, scaled=True),
        cancelling=Gate(180 * ms, phases=("train",)),
        adapting=Gate(60 * ms, phases=TAUGHT),
        opened=Gate(),
    ),
)
