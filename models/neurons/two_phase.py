"""Cell that compares what it does in two phases of a trial, without a teacher and with one [G17].

`free` and `taught` are gates of a window of T_mean in each phase. By the event `plateau`, at the trial's end
(`trial_end.py`), the cell has the mean apical potential v of each window (1: without teacher, 2: with), and
the mean x_1 of its trace of events in the first. A `bar` is the mean over the last trials; from that of v, a
sigmoid tells the graded plateau alpha: what differs between the phases in every trial teaches nothing.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901
"""

from dataclasses import replace

from brian2 import ms, mV

from dendritic_bp.models.neurons.trial_end import trial_end

two_phase = replace(
    trial_end.with_equations(
        """
free : 1                                              # gates
taught : 1
alpha_1 = 1/(1 + exp((v_1_bar - v_1)/D_alpha)) : 1    # plateau
alpha_2 = 1/(1 + exp((v_2_bar - v_2)/D_alpha)) : 1
credit = slope*(alpha_2 - alpha_1) : 1                # what a cell learns from
dx_1/dt = free*x/T_mean : 1                           # means over the windows
dv_1/dt = free*(v_d - E_L)/T_mean : volt
dv_2/dt = taught*(v_d - E_L)/T_mean : volt
v_1_bar : volt                                        # their means over the last n_bar trials
v_2_bar : volt
""",
        parameters=dict(
            T_mean=60 * ms,  # chosen here; [G17] 30 ms
            D_alpha=3 * mV,  # chosen here
            tau_x=40 * ms,  # chosen here: a trace that forgets the last trial before the first window
        ),
    ),
    name="two_phase",
    on_event=trial_end.on_event
    | {
        "plateau": trial_end.on_event["plateau"]
        + """
v_1_bar += (v_1 - v_1_bar)/n_bar
v_2_bar += (v_2 - v_2_bar)/n_bar
v_1 = 0*mV
v_2 = 0*mV
"""
    },
)
