"""Cell that compares its apical potential in two phases: the plateau at the end of each tells it [G17].

`free` and `taught` are gates of the two phases, `closing` that of the trial's end. There, once, the event
`plateau` comes: alpha_1 and alpha_2, graded plateaus, are sigmoids of the mean apical potential over each
window of T_mean; x_1, y_1 and y_2 are means of two traces of events there. The dendrite does not act on
the soma: there are no bursts.

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
dv_1/dt = free*(v_d - E_L)/T_mean : volt             # mean apical potential of the first window
dv_2/dt = taught*(v_d - E_L)/T_mean : volt
dx_1/dt = free*x/T_mean : 1                          # mean trace
dy/dt = -y/tau_y : 1                                  # a trace that forgets the phase before
dy_1/dt = free*y/T_mean : 1
dy_2/dt = taught*y/T_mean : 1
x_1_bar : 1                                           # its mean over the last n_bar trials
alpha_1 = 1/(1 + exp(-v_1/D_alpha)) : 1               # plateau
alpha_2 = 1/(1 + exp(-v_2/D_alpha)) : 1
slope = x_1/(x_1 + x_half) : 1                        # of the f-I curve: 0 in silent cells
credit = slope*(alpha_2 - alpha_1) : 1                # what a cell learns from
dclosed/dt = -closed*(1 - closing)/tau_closed : 1     # 1 since the plateau of this trial
""",
        parameters=dict(
            T_mean=40 * ms,  # chosen here; [G17] 30 ms
            D_alpha=6 * mV,  # chosen here
            tau_y=20 * ms,  # chosen here
            x_half=0.2,  # chosen here
            n_bar=100.0,  # chosen here
            tau_closed=2 * ms,  # chosen here
        ),
    ),
    name="two_phase",
    events=burst_poisson.events | {"plateau": "closing > 0.5 and closed < 0.5"},
    on_event=burst_poisson.on_event
    | {
        "event": burst_poisson.on_event["event"] + "; y += 1",
        "plateau": """
closed = 1
x_1_bar += (x_1 - x_1_bar)/n_bar
v_1 = 0*mV
v_2 = 0*mV
x_1 = 0
y_1 = 0
y_2 = 0
""",
    },
)
