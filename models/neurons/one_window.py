"""Cell that keeps what a window of each trial brings its dendrite, and reads its error there [S18].

`seen` is the gate of a window of T_mean. By the event `plateau`, at the trial's end (`trial_end.py`), the
cell has the mean v_1 of its apical potential from rest, and the mean x_1 of its trace of events. What the
dendrite is away from rest is the error: a plateau of graded size and both signs.

Prospective coding, an option: with lead > 0 the soma fires by where it is going, v_s + lead dv_s/dt,
so that its membrane delays the answers of a layer less [H21].

[S18] Sacramento, Costa, Bengio & Senn 2018, NeurIPS, arXiv:1810.11393
[H21] Haider et al. 2021, NeurIPS 34 (latent equilibrium)
"""

from dataclasses import replace

from brian2 import ms, mV

from dendritic_bp.models.neurons.trial_end import trial_end

one_window = replace(
    trial_end.with_equations(
        """
ahead = v_s + lead*((E_L - v_s)/tau_s + (w_s + I_s)/C_s) : volt
opens = ahead > theta and steps(t - t_spike, dt) >= steps(T_ref, dt) : boolean
seen : 1                                              # gates
credit = slope*tanh(v_1/D_v) : 1                      # what a cell learns from
dx_1/dt = seen*x/T_mean : 1                           # means over the window
dv_1/dt = seen*(v_d - E_L)/T_mean : volt
""",
        parameters=dict(
            lead=0 * ms,  # chosen here: off; [H21] the membrane's, tau_s
            T_mean=100 * ms,  # chosen here
            D_v=6 * mV,  # chosen here
        ),
    ),
    name="one_window",
    on_event=trial_end.on_event
    | {
        "plateau": trial_end.on_event["plateau"]
        + """
v_1 = 0*mV
"""
    },
)
