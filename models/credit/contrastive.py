"""Contrast of two phases, free and nudged, in a network that is coupled both ways [O96].

Events of the layer above charge the somata of the layer below, as those of the layer below charge its own
(`feedback`). While a teacher's current nudges the somata of the output, all cells fire otherwise than while
they are free. Each synapse learns at the trial's end, once, from the difference of the one cell's rates times
the mean of the other's (`models/neurons/two_rates.py`):

    dw = plastic eta slope tanh((dI - dI_bar)/D_I) (x_1 - x_1_bar)

This is GeneRec by the midpoint method. Of the difference of the products of rates r and x in both phases,

    r+ x+ - r- x- = (r+ - r-) (x+ + x-)/2 + (r+ + r-) (x+ - x-)/2

which contrastive Hebbian learning and equilibrium propagation [S17] follow, it is the first term, that of the
receiving cell. Feedback synapses take the same step as their forward partners and so come to be symmetric;
with eta = 0 they are fixed and random.

**The order of the phases turns from trial to trial**: in every other trial the nudge comes first. Cells adapt
and inputs settle within a trial, so that a second phase differs from a first, taught or not, and the more so
the more an image drives a cell. With the turn this cancels; without it, the rule unlearns the drive, and the
network does not learn (docs/credit.md). As in [L21], who nudge both ways, a bias is removed by symmetry.

[O96] O'Reilly 1996, Neural Comput 8:895. [S17] Scellier & Bengio 2017, Front
Comput Neurosci 11:24. [L21] Laborieux et al. 2021, Front Neurosci 15
"""

from brian2 import ms, pA

from dendritic_bp.models.credit import TAUGHT, Credit
from dendritic_bp.models.credit.plateau_difference import plateau_feedback, plateau_gradient
from dendritic_bp.trials import Gate

WINDOWS = dict(
    equations="""
early = early_window(t) : 1
late = late_window(t) : 1
turned = nudged_first(t) : 1
closing = end(t) : 1
""",
    namespace=("early_window", "late_window", "nudged_first", "end"),
)

contrastive = Credit(
    "contrastive",
    forward=plateau_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=plateau_feedback.with_input(("learning", "opened"), plastic="learning(t)", arriving="opened(t)"),
    inputs=WINDOWS,
    hidden=dict(
        equations=WINDOWS["equations"]
        + """
averaging = 1 : 1
eta_bias = eta_home*adapting(t) : amp
I_s = I_soma + I_basal + I_bias + I_noise_s + I_top : amp
I_apical = I_tonic : amp
""",
        parameters=dict(eta_home=0 * pA, I_tonic=0 * pA),
        namespace=("adapting", *WINDOWS["namespace"]),
    ),
    output=dict(
        equations="""
I_s = I_soma + I_basal + I_bias + I_noise_s + I_teacher : amp
I_teacher : amp (linked)
"""
    ),
    gates=dict(  # chosen here: until 60 ms, cells and traces still answer to the last trial
        free=Gate(60 * ms, 120 * ms, odd=Gate(140 * ms, 200 * ms)),
        early_window=Gate(80 * ms, 120 * ms),
        late_window=Gate(140 * ms, 180 * ms),
        nudged_first=Gate(200 * ms, odd=Gate()),
        teaching=Gate(120 * ms, 180 * ms, phases=TAUGHT, odd=Gate(60 * ms, 120 * ms, phases=TAUGHT)),
        end=Gate(180 * ms),
        learning=Gate(180 * ms, scaled=True),
        adapting=Gate(60 * ms, phases=TAUGHT),
        opened=Gate(),
    ),
)
