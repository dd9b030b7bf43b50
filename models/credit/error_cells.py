"""Error cells carry the error: each cell has a pair of them, one for each sign, whose spikes teach [N17].

The teacher's current into the apical dendrites of the output is integrated by their pairs of error cells
(`models/neurons/error_pair.py`). Their spikes go, with their signs, into the apical dendrites of the layer
below, whose own pairs integrate them, and so on. At each spike of its pair, a cell's synapses change:

    dw/dt = plastic eta (up(t) - down(t)) (x(t) - x_bar)

eRBP has the same product at other times: there the presynaptic spike makes the step, of the size of the
dendrite's potential. Here the error's spike does: without an error, nothing is computed. The box is in the
pair. Feedback synapses mirror their forward partners (as in `mirrored_feedback`); with eta = 0 they are the
random ones of eRBP.

[N17] Neftci, Augustine, Paul & Detorakis 2017, Front Neurosci 11:324 (eRBP)
"""

from brian2 import pA

from dendritic_bp import SynapseModel
from dendritic_bp.models.credit import Credit
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.burst_dependent import burst_dependent

SIGNS = dict(up="+", down="-")
STEP = "w = clip(w {sign} plastic*eta*(x_{end} - x_bar_{end}), w_min, w_max)"
ARRIVE = "I_top_post {sign}= arriving*gain*w\n"

error_gradient = SynapseModel(
    "error_gradient",
    "w : amp",
    on_pre={"event": "I_basal_post += w"},
    on_post={name: STEP.format(sign=sign, end="pre") for name, sign in SIGNS.items()},
    parameters=burst_dependent.parameters,
)

error_feedback = SynapseModel(
    "error_feedback",
    "w : amp",
    on_pre={name: (ARRIVE + STEP).format(sign=sign, end="post") for name, sign in SIGNS.items()},
    parameters=dict(
        burst_dependent.parameters,
        gain=1.0,  # chosen here
        arriving=1.0,  # gate: 0 keeps feedback out of the dendrite
        w_0=10 * pA,  # chosen here: spread of the weights at the start
    ),
    initial=dict(w="w_0*randn()"),
)

error_cells = Credit(
    "error_cells",
    forward=error_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=error_feedback.with_input(("learning", "opened"), plastic="learning(t)", arriving="opened(t)"),
    hidden=bursts.hidden,
    output=bursts.output,
    gates=bursts.gates,
)
