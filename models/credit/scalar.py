"""One number to all: each cell keeps the perturbation with which the network did better than usual [W92].

Nothing reaches a cell but its own noise z and the surprise, one number for all cells: the success of the
answer less its mean of late. Success is the logarithm of the share of the right class among the rates of
the output; the teacher's group tells it, and no error of a class leaves it. At each event, with z_bar the
noise of late:

    dw/dt = plastic eta surprise z_bar E(t) (x(t) - x_bar) / (1 + x_post/x_half)

The step follows the gradient on average (node perturbation), and is hidden in the noise of all other cells.

[W92] Williams 1992, Machine Learning 8; Fiete & Seung 2006, Phys Rev Lett 97:048104 (perturbed currents)
"""

from brian2 import ms, pA, second

from dendritic_bp import SynapseModel
from dendritic_bp.models.credit import Credit
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.burst_gradient import burst_gradient

scalar_gradient = SynapseModel(
    "scalar_gradient",
    "w : amp",
    on_pre={"event": "I_basal_post += w"},
    on_post={
        "event": """
w = clip(w + plastic*eta*surprise_post*z_bar_post*(x_pre - x_bar_pre)/(1 + x_post/x_half), w_min, w_max)
"""
    },
    parameters=burst_gradient.parameters,
)

nothing_back = SynapseModel(
    "nothing_back",
    "w : amp",
    on_pre={"event": "I_top_post += 0*gain*w"},
    parameters=dict(eta=0 * pA, gain=0.0, w_0=0 * pA),
)

scalar = Credit(
    "scalar",
    forward=scalar_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=nothing_back,
    sends=False,
    hidden=dict(
        equations="""
averaging = 1 : 1
eta_bias = eta_home*adapting(t) : amp
I_apical = I_tonic : amp
I_noise_s = sigma_z*z : amp
dz/dt = -z/tau_z + sqrt(2/tau_z)*xi : 1               # perturbation
dz_bar/dt = (z - z_bar)/tau_z : 1
success : 1 (linked)
dusual/dt = teaching(t)*(success - usual)/tau_usual : 1
surprise = teaching(t)*(success - usual) : 1 (constant over dt)
""",
        parameters=dict(
            eta_home=0 * pA,
            I_tonic=0 * pA,
            sigma_z=100 * pA,  # chosen here
            tau_z=100 * ms,  # chosen here: that in which the teacher sees rates
            tau_usual=5 * second,  # chosen here
        ),
        namespace=("adapting", "teaching"),
    ),
    output=dict(equations="I_teacher : amp (linked)"),  # it goes nowhere
    gates={name: gate for name, gate in bursts.gates.items() if name != "opened"},  # there is no feedback
)
