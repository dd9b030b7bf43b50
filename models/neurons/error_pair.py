"""Cell with a pair of error cells: they integrate its apical potential, and one fires for each sign [N17].

The two cells inhibit each other, and so are one variable, v_e: at theta_e the positive one fires (`up`), at
-theta_e the negative one (`down`), and theta_e is taken off. The dendrite does not act on the soma: there
are no bursts. Errors count while the mean drive of the soma lies in a box, which stands for the slope of
the f-I curve. They count from their slow mean v_bar there, while `averaging`: the error of a cell that fires
for the right class is positive in the mean, and without v_bar its weights grow as by Hebb's rule.

[N17] Neftci, Augustine, Paul & Detorakis 2017, Front Neurosci 11:324 (eRBP): two error populations, box
"""

from dataclasses import replace

from brian2 import ms, mV, nA, pA, second

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

error_pair = replace(
    burst_poisson.with_equations(
        """
p_burst = 0 : 1
dI_mean/dt = (I_s - I_mean)/tau_mean : amp            # drive of the soma, as the box sees it
box = int(I_mean > I_min and I_mean < I_max) : 1
dv_e/dt = box*(v_d - E_L - averaging*v_bar)/tau_e : volt    # of the pair of error cells
dv_bar/dt = averaging*box*(v_d - E_L - v_bar)/tau_bar : volt    # the usual
""",
        parameters=dict(
            tau_mean=30 * ms,  # chosen here
            I_min=300 * pA,  # chosen here: below, the cell is silent
            I_max=4 * nA,  # chosen here: above, it hardly fires more
            tau_e=80 * ms,  # chosen here
            tau_bar=10 * second,  # chosen here
            theta_e=1 * mV,  # chosen here
        ),
    ),
    name="error_pair",
    events=burst_poisson.events | {"up": "v_e > theta_e", "down": "v_e < -theta_e"},
    on_event=burst_poisson.on_event | {"up": "v_e -= theta_e", "down": "v_e += theta_e"},
)
