"""Burst-Poisson cell whose dendrite is as excitable as makes a share P_home of its events bursts.

As `burst_poisson`, with a threshold of bursting that is E_d + shift. Each event lowers it and each burst
raises it, while `averaging`, as events move the excitability of the soma (`dendritic_bp.blocks.ports`):

    dshift/dt = averaging eta_shift (B(t) - P_home E(t))

The means balance at B = P_home E: what comes with the cell's own events every time is not news, and a burst
that is, is one more than usual. Slow, so that a single error is not held down.
"""

from dataclasses import replace

from brian2 import mV

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

burst_steady = replace(
    burst_poisson.with_equations(
        """
p_burst = 1/(1 + exp((E_d + shift - v_d)/D_d)) : 1    # probability that an event becomes a burst
shift : volt                                          # of the threshold of bursting
""",
        parameters=dict(
            P_home=0.5,  # chosen here
            eta_shift=0.1 * mV,  # chosen here: a mean over 4 D_d/eta_shift = 240 events
        ),
    ),
    name="burst_steady",
    on_event={
        "event": burst_poisson.on_event["event"] + "; shift -= averaging*eta_shift*P_home",
        "burst": burst_poisson.on_event["burst"] + "; shift += averaging*eta_shift",
    },
)
