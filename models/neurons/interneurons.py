"""Interneurons: adaptive exponential cells that inhibit the soma (PV), the dendrite (SOM) or SOM cells (VIP).

The published VIP cells are a current of -50 or -100 pA into SOM cells [P21]; those here are regular-spiking
cells that can be wired to them. All spikes are events, and none is a burst. An interneuron has one
compartment, so currents into either port charge it.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from dataclasses import replace

from brian2 import ms, mV, nS, pA, pF

from dendritic_bp import NeuronModel

pv = NeuronModel(
    "pv",
    equations="""
dv_s/dt = (g_L*(E_L - v_s) + I_spike - w_s + I)/C : volt (unless refractory)
I_spike = g_L*D_T*exp(clip((v_s - V_T)/D_T, -50, 30)) : amp
dw_s/dt = (a*(v_s - E_L) - w_s)/tau_w : amp           # adaptation
I = I_soma + I_apical + I_basal + I_top : amp
I_soma : amp                                          # injected
I_apical : amp                                        # injected
dI_basal/dt = -I_basal/tau_basal : amp                # synapses: I_basal_post += w
dI_top/dt = -I_top/tau_top : amp                      # synapses: I_top_post += w
dx/dt = -x/tau_x : 1                                  # trace of events
fires = v_s > V_peak : boolean
""",
    threshold="fires",
    reset="v_s = V_r; w_s += b",
    refractory="T_ref",
    events={"event": "fires", "burst": "fires and False"},
    on_event={"event": "x += 1"},
    parameters=dict(
        C=100 * pF,  # [P21] g_L times 10 ms
        g_L=10 * nS,  # [P21]
        E_L=-70 * mV,  # [P21]
        D_T=2 * mV,  # [P21]
        V_T=-48 * mV,  # [P21] rheobase 200 pA
        V_peak=0 * mV,  # [P21]
        V_r=-55 * mV,  # [P21]
        T_ref=1 * ms,  # [P21]
        a=0 * nS,  # [P21]
        b=0 * pA,  # [P21]
        tau_w=100 * ms,  # chosen here: without effect, as a = b = 0
        tau_basal=5 * ms,  # [P21] AMPA
        tau_top=10 * ms,  # [P21] GABA
        tau_x=100 * ms,  # [P21]
    ),
    initial=dict(v_s="E_L"),
)

# The published program takes exp(x) for (1 + x/256)^256, which fires later; another n comes nearer to exp.
POWER = dict(
    equations="I_spike = g_L*D_T*exp(n_exp*log(1 + (v_s - V_T)/D_T/n_exp)) : amp",
    parameters=dict(n_exp=256.0),  # [P21]
)

som = replace(
    pv,
    name="som",
    parameters=pv.parameters
    | dict(
        C=100 * pF,  # [P21] g_L times 20 ms
        g_L=5 * nS,  # [P21]
        D_T=4 * mV,  # [P21]
        V_T=-61.84 * mV,  # [P21] rheobase 25 pA
        V_r=-65 * mV,  # [P21]
        T_ref=2 * ms,  # [P21]
        a=0.5 * nS,  # [P21]
        b=10 * pA,  # [P21]
        tau_w=500 * ms,  # [P21]
    ),
)

vip = replace(  # chosen here: a small, excitable cell without adaptation
    pv,
    name="vip",
    parameters=pv.parameters
    | dict(
        C=50 * pF,  # chosen here: 10 ms
        g_L=5 * nS,  # chosen here
        V_T=-55 * mV,  # chosen here: rheobase 65 pA
        V_r=-65 * mV,  # chosen here
        T_ref=2 * ms,  # chosen here
    ),
)
