"""Cell that learns once in a trial, at its end: what the cells of one window and of two phases share.

`closing` is the gate of the trial's end. There, once, the event `plateau` comes. By then the cell has the
mean x_1 of its trace of events over its windows, and x_1_bar over the last trials. Each cell (`one_window`,
`two_phase`, `two_rates`) says which windows, and what its error is. The dendrite does not act on the soma:
no bursts.
"""

from dataclasses import replace

from brian2 import ms

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

trial_end = replace(
    burst_poisson.with_equations(
        """
p_burst = 0 : 1
closing : 1                                           # gate
dclosed/dt = -closed*(1 - closing)/tau_closed : 1     # 1 since the plateau of this trial
slope = x_1/(x_1 + x_half) : 1                        # of the f-I curve: 0 in silent cells
x_1 : 1                                               # mean trace of events over the windows
x_1_bar : 1                                           # its mean over the last n_bar trials
""",
        parameters=dict(
            x_half=0.1,  # chosen here
            n_bar=100.0,  # chosen here: trials
            tau_closed=2 * ms,  # chosen here
        ),
        initial=dict(x_1_bar=0.4),  # chosen here
    ),
    name="trial_end",
    events=burst_poisson.events | {"plateau": "closing > 0.5 and closed < 0.5"},
    on_event=burst_poisson.on_event
    | {
        "plateau": """
closed = 1
x_1_bar += (x_1 - x_1_bar)/n_bar
x_1 = 0
"""
    },
)
