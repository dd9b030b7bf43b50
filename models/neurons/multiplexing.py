"""Pyramidal cell that multiplexes: its plateaus make pairs of spikes and leave its event rate alone.

A somatic spike travels back into the dendrite and, with enough apical current, starts a plateau that makes
the soma fire again. Calcium opens potassium channels of the dendrite, which end the plateau; each spike opens
potassium channels of the soma. Noise in the dendrite makes the plateau a matter of probability.

All currents, those of the ports too, are conductances, so that with exponential Euler no voltage leaves E_K
to E_bap at any time step. A current into a port is what a conductance passes at V_s or V_d: a
positive current reverses at E_exc, a negative one at E_inh. Synapses may open conductances themselves
(`models/neurons/receptors.py`).

Form and values not marked otherwise are chosen here; values [F] were found by `experiments/find_cell.py`.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV, nS, pA, pF

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.models.neurons.receptors import CONDUCTANCES, LIMITS, REVERSAL

multiplexing = NeuronModel.of(
    "multiplexing",
    ports,
    detector,
    averages,
    equations="""
dv_s/dt = (g_L_s*(E_L - v_s) + g_s*m*(E_exc - v_s) + w_s*(E_K - v_s) + I_in_s)/C_s : volt
dv_d/dt = (g_L_d*(E_L - v_d) + I_plateau + g_bap*bap*(E_bap - v_d) + g_K*q*(E_K - v_d) + I_in_d)/C_d : volt
I_plateau = g_d*m*(E_exc - v_d) : amp
dm/dt = (1/(1 + exp((E_d - v_d)/D_d)) - m)/tau_m : 1  # calcium activation
dq/dt = (m - q)/tau_q : 1                             # calcium, which opens potassium channels
dw_s/dt = -w_s/tau_ws : siemens                       # somatic adaptation
dtheta/dt = (E_theta - theta)/tau_theta : volt        # threshold
bap = int(delayed > dt/2)*int(delayed < T_bap + dt/2) : 1    # back-propagating spike
delayed = t - t_spike : second
t_spike : second
place : 1                                             # of the last spike in its burst
fires = v_s > theta : boolean
I_in_s = g_up_s*(E_exc - v_s) + g_down_s*(E_inh - v_s) : amp
I_in_d = g_up_d*(E_exc - v_d) + g_down_d*(E_inh - v_d) : amp
g_up_s = g_exc_s + clip(I_s, 0*amp, 1*amp)/(E_exc - V_s) : siemens
g_down_s = g_inh_s + clip(-I_s, 0*amp, 1*amp)/(V_s - E_inh) : siemens
g_up_d = g_exc_d + clip(I_d, 0*amp, 1*amp)/(E_exc - V_d) : siemens
g_down_d = g_inh_d + clip(-I_d, 0*amp, 1*amp)/(V_d - E_inh) : siemens
"""
    + CONDUCTANCES,
    threshold="fires",
    reset="""
place = 1 + place*int(follows)
w_s += b_s*(1 - spared*(int(abs(place - 2) < 0.5) + lasting*int(place > 2.5)))
v_s = E_L
theta += d_theta
t_spike = t
""",
    events={"burst": "fires and follows and not bursting and m >= m_burst"},
    method="exponential_euler",
    parameters=REVERSAL
    | dict(
        E_L=-70 * mV,  # [P21] rest, and reset
        C_s=370 * pF,  # [P21]
        g_L_s=23.1 * nS,  # [P21] C_s / 16 ms
        C_d=170 * pF,  # [P21]
        g_L_d=24.3 * nS,  # [P21] C_d / 7 ms
        E_theta=-50 * mV,  # [P21]
        d_theta=5.6 * mV,  # [F] threshold jump per spike
        tau_theta=27 * ms,  # [P21]
        b_s=7 * nS,  # [F] adaptation per spike
        spared=0.87,  # [F] less for the second spike of a burst
        lasting=1.0,  # [F] ... share of that for later ones; 0: bursts end, however strong the drive
        m_burst=0.0,  # calcium activation that makes a second spike a burst; 0: any does, driven by input too
        tau_ws=100 * ms,  # [P21]
        g_s=30 * nS,  # [F] of a plateau in the soma
        g_d=30 * nS,  # [F] ... and in the dendrite
        tau_m=1 * ms,
        E_d=-38 * mV,  # [P21]
        D_d=2.5 * mV,  # [F]
        g_K=38 * nS,  # [F] calcium-dependent potassium
        tau_q=13 * ms,  # [F]
        g_bap=49 * nS,  # [F]
        T_bap=2 * ms,  # [P21]
        E_bap=20 * mV,
        E_K=-90 * mV,
    ),
    limits=LIMITS
    | {f"{g} >= 0*nS": "no conductance is negative" for g in ("g_s", "g_d", "g_bap", "g_K", "b_s")}
    | {
        "E_K < E_L": "potassium has to hyperpolarise",
        "E_bap > E_theta": "a spike has to depolarise the dendrite",
        "dt <= tau_m": "the time step is too large for the rise of a plateau",
        "2*dt <= T_bap": "the time step is too large for the back-propagating spike",
    },
    initial=dict(v_s="E_L", v_d="E_L", theta="E_theta", t_spike="-1*second", t_window="-1*second"),
).with_equations(
    """
dI_noise_s/dt = (sigma_s*swing_s*z_s - I_noise_s)/tau_noise_s : amp    # SD sigma_s at any step
dI_noise_d/dt = (sigma_d*swing_d*z_d - I_noise_d)/tau_noise_d : amp
swing_s = sqrt((1 + exp(-dt/tau_noise_s))/(1 - exp(-dt/tau_noise_s))) : 1
swing_d = sqrt((1 + exp(-dt/tau_noise_d))/(1 - exp(-dt/tau_noise_d))) : 1
z_s = sqrt(12)*(rand() - 0.5) : 1 (constant over dt)     # uniform: the filter makes it normal
z_d = sqrt(12)*(rand() - 0.5) : 1 (constant over dt)
""",
    parameters=dict(
        sigma_s=50 * pA,
        tau_noise_s=2 * ms,
        sigma_d=250 * pA,  # [F]
        tau_noise_d=4 * ms,  # [F]
    ),
)
