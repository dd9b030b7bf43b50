"""An adaptive exponential soma [BG05] with an apical dendrite that makes short calcium plateaus.

Not one of the cells of the project: the example of `docs/bring_your_own_neuron.md`. Values are chosen there
unless marked otherwise.

[BG05] Brette & Gerstner 2005, J Neurophysiol 94:3637
[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV, nS, pA, pF

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.models.neurons.background import background

adex_apical = NeuronModel.of(
    "adex_apical",
    ports,
    detector,
    averages,
    background,
    equations="""
dv_s/dt = (g_L*(E_L - v_s) + I_spike + I_plateau - w_s + I_s)/C : volt
I_spike = g_L*D_T*exp(clip((v_s - V_T)/D_T, -50, 10)) : amp
I_plateau = g_s*m : amp                               # from the dendrite
dw_s/dt = (a*(v_s - E_L) - w_s)/tau_w : amp               # adaptation
dv_d/dt = (g_L_d*(E_L - v_d) + g_d*m - u + c_d*bap + I_d)/C_d : volt
m = 1/(1 + exp((E_m - v_d)/D_m)) : 1                  # calcium activation
du/dt = (a_d*(v_d - E_L) - u)/tau_u : amp             # restoring current
bap = int(steps(t - t_spike, dt) <= steps(T_bap, dt)) : 1    # back-propagating spike
t_spike : second
place : 1                                             # of the last spike in its burst
fires = v_s > V_peak : boolean
""",
    threshold="fires",
    reset="""
v_s = V_r
place = 1 + place*int(follows)
w_s += b*(1 - spared*int(abs(place - 2) < 0.5))
t_spike = t
""",
    parameters=dict(
        C=281 * pF,  # [BG05]
        g_L=30 * nS,  # [BG05]
        E_L=-70.6 * mV,  # [BG05]
        V_T=-50.4 * mV,  # [BG05]
        D_T=2 * mV,  # [BG05]
        a=4 * nS,  # [BG05]
        tau_w=144 * ms,  # [BG05]
        b=300 * pA,  # adaptation per spike
        spared=0.8,  # less for the second spike of a burst; later ones adapt, so that bursts end
        V_r=-70.6 * mV,  # [BG05]
        V_peak=0 * mV,
        g_s=1200 * pA,
        C_d=170 * pF,  # [P21]
        g_L_d=24.3 * nS,  # [P21] C_d / 7 ms
        g_d=615 * pA,
        E_m=-38 * mV,  # [P21]
        D_m=3 * mV,
        a_d=40 * nS,
        tau_u=10 * ms,
        c_d=2900 * pA,
        T_bap=2 * ms,  # [P21]
        sigma_s=50 * pA,
        sigma_d=250 * pA,
        tau_noise=4 * ms,
    ),
    initial=dict(v_s="E_L", v_d="E_L", t_spike="-1*second"),
)
