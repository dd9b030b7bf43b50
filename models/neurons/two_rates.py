"""Cell that compares how it is driven in two windows of a trial, of which one is free and one nudged [O96].

`early` and `late` are gates of windows of T_mean; `turned` is 1 in trials in which the nudge comes first. By
the event `plateau`, at the trial's end (`trial_end.py`), the cell has the drive of its soma in the nudged
window less that in the free one, dI, and the mean x_1 of its trace of events over both. A `bar` is the mean
over the last trials: what differs in every trial teaches nothing. The drive stands for the rate: it is what
the rate follows, without the noise of a few spikes. Spikes do not adapt the soma, and the threshold rises
more instead: who adapts, fires less in the second window, taught or not.

[O96] O'Reilly 1996, Neural Comput 8:895 (GeneRec, midpoint)
"""

from dataclasses import replace

from brian2 import ms, mV, pA

from dendritic_bp.models.neurons.trial_end import trial_end

two_rates = replace(
    trial_end.with_equations(
        """
early : 1                                             # gates
late : 1
turned : 1
credit = slope*tanh((dI - dI_bar)/D_I) : 1            # what a cell learns from
dI_slow/dt = (I_s - I_slow)/tau_slow : amp            # drive of the soma
ddI/dt = (1 - 2*turned)*(late - early)*I_slow/T_mean : amp
dx_1/dt = (early + late)*x/(2*T_mean) : 1              # mean of both windows
dI_bar : amp                                          # its mean over the last n_bar trials
""",
        parameters=dict(
            b_s=0 * pA,  # chosen here: no adaptation
            d_theta=4 * mV,  # chosen here: instead
            tau_slow=20 * ms,  # chosen here
            T_mean=40 * ms,  # chosen here
            D_I=300 * pA,  # chosen here
            tau_x=50 * ms,  # chosen here: a trace that forgets the last trial before the first window
        ),
    ),
    name="two_rates",
    on_event=trial_end.on_event
    | {
        "plateau": trial_end.on_event["plateau"]
        + """
dI_bar += (dI - dI_bar)/n_bar
dI = 0*pA
"""
    },
)
