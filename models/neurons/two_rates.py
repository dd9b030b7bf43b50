"""Cell that compares how it is driven in two windows of a trial, of which one is free and one nudged [O96].

`early` and `late` are gates of windows of T_mean, `closing` that of the trial's end; there, once, the event
`plateau` comes. `turned` is 1 in trials in which the nudge comes first. By the end the cell has the drive of
its soma in the nudged window less that in the free one, dI, and the mean x_1 of its trace of events over
both. A `bar` is the mean over the last trials: what differs in every trial teaches nothing. The drive stands
for the rate: it is what the rate follows, without the noise of a few spikes. Spikes do not adapt the soma,
and the threshold rises more instead: who adapts, fires less in the second window, taught or not. No bursts.

[O96] O'Reilly 1996, Neural Comput 8:895 (GeneRec, midpoint)
"""

from dataclasses import replace

from brian2 import ms, mV, pA

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

two_rates = replace(
    burst_poisson.with_equations(
        """
p_burst = 0 : 1
early : 1                                             # gates
late : 1
turned : 1
closing : 1
slope = x_1/(x_1 + x_half) : 1                        # of the f-I curve: 0 in silent cells
credit = slope*tanh((dI - dI_bar)/D_I) : 1            # what a cell learns from
dclosed/dt = -closed*(1 - closing)/tau_closed : 1     # 1 since the end of this trial
dI_slow/dt = (I_s - I_slow)/tau_slow : amp            # drive of the soma
ddI/dt = (1 - 2*turned)*(late - early)*I_slow/T_mean : amp
dx_1/dt = (early + late)*x/(2*T_mean) : 1              # mean of both windows
dI_bar : amp                                          # their means over the last n_bar trials
x_1_bar : 1
""",
        parameters=dict(
            b_s=0 * pA,  # chosen here: no adaptation
            d_theta=4 * mV,  # chosen here: instead
            tau_slow=20 * ms,  # chosen here
            T_mean=40 * ms,  # chosen here
            D_I=300 * pA,  # chosen here
            x_half=0.1,  # chosen here
            tau_x=50 * ms,  # chosen here: a trace that forgets the last trial before the first window
            n_bar=100.0,  # chosen here: trials
            tau_closed=2 * ms,  # chosen here
        ),
        initial=dict(x_1_bar=0.4),  # chosen here
    ),
    name="two_rates",
    events=burst_poisson.events | {"plateau": "closing > 0.5 and closed < 0.5"},
    on_event=burst_poisson.on_event
    | {
        "plateau": """
closed = 1
dI_bar += (dI - dI_bar)/n_bar
x_1_bar += (x_1 - x_1_bar)/n_bar
dI = 0*pA
x_1 = 0
"""
    },
)
