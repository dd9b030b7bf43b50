"""Burst-Poisson cell: each event becomes a burst of two spikes with a probability set by the dendrite [P21].

The dendrite is passive and acts on the soma through the coin alone. The second spike resets nothing.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.models.neurons.slow import slow

burst_poisson = NeuronModel.of(
    "burst_poisson",
    slow,
    ports,
    detector,
    averages,
    equations="""
dv_s/dt = (E_L - v_s)/tau_s + (w_s + I_s)/C_s : volt
dv_d/dt = (E_L - v_d)/tau_d + (w_d + I_d)/C_d : volt
p_burst = 1/(1 + exp((E_d - v_d)/D_d)) : 1            # probability that an event becomes a burst
t_spike : second
t_second : second                                     # when the second spike is due, if it is
due : boolean
opens = v_s > theta and steps(t - t_spike, dt) >= steps(T_ref, dt) : boolean
fires = opens or (due and t >= t_second) : boolean
""",
    threshold="fires",
    reset="""
first = int(opens)                       # 0 for the second spike of a burst
due = opens and rand() < p_burst
t_second = t + T_min + T_span*rand()
v_s += first*(E_L - v_s)
theta += first*d_theta
w_s += first*b_s
t_spike = t
""",
    parameters=dict(
        E_d=-57 * mV,  # [P21]
        D_d=6 * mV,  # [P21]
        T_ref=20 * ms,  # [P21] after each spike
        T_min=5 * ms,  # [P21] interval in a burst: T_min to T_min + T_span
        T_span=10 * ms,  # [P21]
    ),
)
