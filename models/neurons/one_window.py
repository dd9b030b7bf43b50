"""Cell that keeps what a window of each trial brings its dendrite, and reads its error there [S18].

`seen` is the gate of a window of T_mean, `closing` that of the trial's end. There, once, the event `plateau`
comes. By then the cell has the mean v_1 of its apical potential from rest, and the mean x_1 of its trace
of events; x_1_bar is that of the last trials. What the dendrite is away from rest is the error: a plateau of
graded size and both signs. The dendrite does not act on the soma: no bursts.

Prospective coding, an option: with lead > 0 the soma fires by where it is going, v_s + lead dv_s/dt,
so that its membrane delays the answers of a layer less [H21].

[S18] Sacramento, Costa, Bengio & Senn 2018, NeurIPS, arXiv:1810.11393
[H21] Haider et al. 2021, NeurIPS 34 (latent equilibrium)
"""

from dataclasses import replace

from brian2 import ms, mV

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

one_window = replace(
    burst_poisson.with_equations(
        """
p_burst = 0 : 1
ahead = v_s + lead*((E_L - v_s)/tau_s + (w_s + I_s)/C_s) : volt
opens = ahead > theta and steps(t - t_spike, dt) >= steps(T_ref, dt) : boolean
seen : 1                                              # gates
closing : 1
slope = x_1/(x_1 + x_half) : 1                        # of the f-I curve: 0 in silent cells
credit = slope*tanh(v_1/D_v) : 1                      # what a cell learns from
dclosed/dt = -closed*(1 - closing)/tau_closed : 1     # 1 since the plateau of this trial
dx_1/dt = seen*x/T_mean : 1                           # means over the window
dv_1/dt = seen*(v_d - E_L)/T_mean : volt
x_1_bar : 1                                           # its mean over the last n_bar trials
""",
        parameters=dict(
            lead=0 * ms,  # chosen here: off; [H21] the membrane's, tau_s
            T_mean=100 * ms,  # chosen here
            D_v=6 * mV,  # chosen here
            x_half=0.1,  # chosen here
            n_bar=100.0,  # chosen here: trials
            tau_closed=2 * ms,  # chosen here
        ),
        initial=dict(x_1_bar=0.4),  # chosen here
    ),
    name="one_window",
    events=burst_poisson.events | {"plateau": "closing > 0.5 and closed < 0.5"},
    on_event=burst_poisson.on_event
    | {
        "plateau": """
closed = 1
x_1_bar += (x_1 - x_1_bar)/n_bar
x_1 = 0
v_1 = 0*mV
"""
    },
)
