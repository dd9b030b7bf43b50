"""What the two-compartment neurons have in common: ports, slow variables, event detection, averages.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV, nS, pA, pF, second

INPUTS = """
I_s = I_soma + I_basal + I_bias + I_noise_s : amp     # all that charges the soma
I_d = I_apical + I_top + I_noise_d : amp              # all that charges the apical dendrite
I_soma : amp                                          # injected: stimulus, electrode
I_apical : amp                                        # injected: teacher, electrode
I_noise_s : amp                                       # background: see models/neurons/background.py
I_noise_d : amp
dI_basal/dt = -I_basal/tau_basal : amp                # synapses: I_basal_post += w
dI_top/dt = -I_top/tau_top : amp                      # synapses: I_top_post += w
dI_bias/dt = eta_bias*rate_target : amp               # excitability: pulls the event rate to rate_target
"""

SLOW = """
dw_s/dt = -w_s/tau_ws : amp                           # somatic adaptation
dw_d/dt = (a_d*(v_d - E_L) - w_d)/tau_wd : amp        # restoring dendritic current
dtheta/dt = (E_theta - theta)/tau_theta : volt        # threshold
"""

# A spike within T_burst of the last one belongs to a burst. With memory = 1 the window is that in which a sum
# of exp(-t/T_burst) over *all* earlier spikes exceeds 1/e, as published: up to 9 ms longer after a burst.
DETECTOR = """
t_window : second                                     # until then, a spike belongs to a burst
bursting : boolean                                    # the second spike of the burst has been seen
follows = t - t_window < 1e-6*T_burst : boolean       # T_burst sharp still follows: a margin for rounding
"""
DETECTOR_EVENTS = {"event": "fires and not follows", "burst": "fires and follows and not bursting"}
DETECTOR_RESET = """
t_window = t + T_burst*(1 + log(1 + memory*exp((t_window - t)/T_burst - 1)))
"""

AVERAGES = """
dx/dt = -x/tau_x : 1                                  # trace of events, for synapses onto other cells
dx_bar/dt = (x - x_bar)/tau_x_bar : 1                 # its slow mean
dE_bar/dt = -averaging*E_bar/tau_avg : 1              # events in the last tau_avg
dB_bar/dt = -averaging*B_bar/tau_avg : 1              # bursts in the last tau_avg
P_bar = clip((B_bar + 1e-12)/(E_bar + 1e-12), 0, 1) : 1    # burst probability; 1 before the first event [P21]
rate = E_bar/tau_avg : Hz                             # event rate
"""

ON_EVENT = {
    "event": "bursting = False; x += 1; E_bar += averaging; I_bias -= eta_bias",
    "burst": "bursting = True; B_bar += averaging",
}

PARAMETERS = dict(
    E_L=-70 * mV,  # [P21] rest, and reset
    tau_s=16 * ms,  # [P21]
    C_s=370 * pF,  # [P21]
    tau_d=7 * ms,  # [P21]
    C_d=170 * pF,  # [P21]
    b_s=-200 * pA,  # [P21] adaptation per spike
    tau_ws=100 * ms,  # [P21]
    a_d=-13 * nS,  # [P21]
    tau_wd=30 * ms,  # [P21]
    E_theta=-50 * mV,  # [P21]
    d_theta=2 * mV,  # [P21] threshold jump per spike
    tau_theta=27 * ms,  # [P21]
    tau_basal=5 * ms,  # [P21] AMPA
    tau_top=5 * ms,  # [P21] AMPA
    T_burst=16 * ms,  # [P21]
    memory=0.0,  # chosen here; 1 is [P21]
    tau_x=100 * ms,  # [P21]
    tau_x_bar=5 * second,  # chosen here
    tau_avg=2 * second,  # [P21] XOR
    averaging=1.0,  # gate: 0 keeps E_bar and B_bar as they are
    eta_bias=0 * pA,  # chosen here: off
    rate_target=10 / second,  # chosen here
)

# What INPUTS, DETECTOR and AVERAGES need, for cells with other membranes.
WORDS = ("tau_basal", "tau_top", "T_burst", "memory", "tau_x", "tau_x_bar", "tau_avg", "averaging")
COMMON = {name: PARAMETERS[name] for name in (*WORDS, "eta_bias", "rate_target")}

INITIAL = dict(
    v_s="E_L",  # [P21]
    v_d="E_L",  # [P21]
    theta="E_theta",  # [P21]
    w_d="a_d*0.1*mV",  # [P21]
    t_spike=-1 * second,  # no spike yet
    t_window=-1 * second,
)
