"""Pyramidal cell: a spiking soma and an active dendrite that makes calcium plateaus [P21].

A somatic spike travels back and, with enough apical current, starts a plateau that makes the soma burst.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV, pA

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.models.neurons.slow import slow

pyramidal = NeuronModel.of(
    "pyramidal",
    slow,
    ports,
    detector,
    averages,
    equations="""
dv_s/dt = (E_L - v_s)/tau_s + (g_s*plateau + w_s + I_s)/C_s : volt
dv_d/dt = (E_L - v_d)/tau_d + (g_d*plateau + c_d*bap + w_d + I_d)/C_d : volt
plateau = 1/(1 + exp((E_d - v_d)/D_d)) : 1            # calcium activation
bap = int(arrived > 0)*int(arrived <= steps(T_bap, dt)) : 1  # back-propagating spike
arrived = steps(t - t_spike, dt) - steps(T_delay, dt) : 1    # steps since then
t_spike : second
fires = v_s > theta : boolean
""",
    threshold="fires",
    reset="""
v_s = E_L
theta += d_theta
w_s += b_s
t_spike = t
""",
    parameters=dict(
        g_s=1300 * pA,  # [P21] current from a plateau into the soma
        g_d=1200 * pA,  # [P21] plateau
        c_d=2600 * pA,  # [P21] back-propagating spike
        T_bap=2 * ms,  # [P21]
        T_delay=0 * ms,  # [P21] from the soma to the dendrite
        E_d=-38 * mV,  # [P21]
        D_d=6 * mV,  # [P21]
    ),
)
