"""Soma with one thin basal branch, on which clustered glutamate synapses make NMDA spikes [S00].

The soma stands for the rest of the cell: 300 pF and 50 MOhm. The branch is 160 um long, its synapses sit
80 to 120 um from the soma. The Euler method needs time steps of 0.025 ms or less.

[S00] Schiller, Major, Koester & Schiller 2000, Nature 404:285
"""

from itertools import pairwise

from brian2 import cm, mV, ohm, uF, um, uS

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.compartments import Cylinder, coupled
from dendritic_bp.models.neurons import nmda

NAMES = ["soma", *(f"basal{k}" for k in range(1, 5))]
SIZES = {"soma": Cylinder(97.7 * um, 97.7 * um)}  # chosen here: 300 pF
SIZES |= {name: Cylinder(40 * um, 1 * um, parent) for parent, name in pairwise(NAMES)}
TREE = coupled("basal_branch", SIZES)
CLUSTER = "basal3"

basal_branch = NeuronModel.of(
    "basal_branch",
    ports,
    detector,
    averages,
    equations=TREE["equations"]
    + "".join(f"I_into_{name} = 0*amp : amp\n" for name in NAMES[1:] if name != CLUSTER)
    + f"""
I_into_soma = I_s : amp
I_into_{CLUSTER} = I_ampa + I_nmda + I_d : amp
v_syn = v_{CLUSTER} : volt
v_s = v_soma : volt
v_d = v_syn : volt
fires = v_soma > theta : boolean
"""
    + nmda.EQUATIONS,
    threshold="fires",
    reset="v_soma = E_L",
    parameters=TREE["parameters"]
    | nmda.PARAMETERS
    | dict(
        E_L=-72 * mV,  # chosen here
        theta=-50 * mV,  # chosen here: no spike in slices
        c_m=1 * uF / cm**2,  # chosen here
        g_leak=66.7 * uS / cm**2,  # chosen here: 50 MOhm
        R_a=150 * ohm * cm,  # chosen here
    ),
    initial={f"v_{name}": "E_L" for name in NAMES},
)
