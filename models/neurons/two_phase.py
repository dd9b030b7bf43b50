"""Cell that compares what it does in two phases of a trial, without a teacher and with one [G17].

`free` and `taught` are gates of a window of T_mean in each phase, `closing` that of the trial's end. There,
once, the event `plateau` comes. By then the cell has the mean apical potential v of each window (1: without
teacher, 2: with), and the mean x_1 of its trace of events in the first. A `bar` is the mean over the last
trials; from that of v, a sigmoid tells the graded plateau alpha: what differs between the phases in every
trial teaches nothing. The dendrite does not act on the soma: no bursts.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901
"""

from dataclasses import replace

from brian2 import ms, mV

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

two_phase = replace(
    burst_poisson.with_equations(
        """
p_burst = 0 : 1
free : 1                                              # gates
taught : 1
closing : 1
alpha_1 = 1/(1 + exp((v_1_bar - v_1)/D_alpha)) : 1    # plateau
alpha_2 = 1/(1 + exp((v_2_bar - v_2)/D_alpha)) : 1
slope = x_1/(x_1 + x_half) : 1                        # of the f-I curve: 0 in silent cells
credit = slope*(alpha_2 - alpha_1) : 1                # what a cell learns from
dclosed/dt = -closed*(1 - closing)/tau_closed : 1     # 1 since the plateau of this trial
dx_1/dt = free*x/T_mean : 1                           # means over the windows
dv_1/dt = free*(v_d - E_L)/T_mean : volt
dv_2/dt = taught*(v_d - E_L)/T_mean : volt
x_1_bar : 1                                           # their means over the last n_bar trials
v_1_bar : volt
v_2_bar : volt
""",
        parameters=dict(
            T_mean=60 * ms,  # chosen here; [G17] 30 ms
            D_alpha=3 * mV,  # chosen here
            x_half=0.1,  # chosen here
            tau_x=40 * ms,  # chosen here: a trace that forgets the last trial before the first window
            n_bar=100.0,  # chosen here: trials
            tau_closed=2 * ms,  # chosen here
        ),
        initial=dict(x_1_bar=0.4),  # chosen here
    ),
    name="two_phase",
    events=burst_poisson.events | {"plateau": "closing > 0.5 and closed < 0.5"},
    on_event=burst_poisson.on_event
    | {
        "plateau": """
closed = 1
x_1_bar += (x_1 - x_1_bar)/n_bar
v_1_bar += (v_1 - v_1_bar)/n_bar
v_2_bar += (v_2 - v_2_bar)/n_bar
x_1 = 0
v_1 = 0*mV
v_2 = 0*mV
"""
    },
)
