"""Cell with bursts of two kinds: the dendrite's sign chooses the kind, its size the probability [S25].

As `burst_poisson`, but an event becomes a burst with probability tanh(|v_d - E_d|/D_d), of `kind` +1 if the
dendrite is above E_d, and else -1. E_d is the potential at rest: without an error there are no bursts, and so
none of the noise that a coin with probability 1/2 would bring. B_bar and P_bar count bursts with their sign.

[S25] Stuck, Wang & Naud 2025 (two-compartment LIF networks): tanh|V_d| and bursts of two kinds
"""

from dataclasses import replace

from brian2 import mV

from dendritic_bp.models.neurons.burst_poisson import burst_poisson

burst_signed = replace(
    burst_poisson.with_equations(
        """
p_burst = tanh(abs(v_d - E_d)/D_d) : 1                # probability that an event becomes a burst
kind : 1                                              # of burst that an event becomes, if it does
P_bar = clip(B_bar/(E_bar + 1e-12), -1, 1) : 1        # mean signed burst probability
""",
        parameters=dict(E_d=-70 * mV),  # chosen here: at rest
        initial=dict(kind=1),
    ),
    name="burst_signed",
    reset="kind += int(opens)*(2*int(v_d > E_d) - 1 - kind)\n" + burst_poisson.reset,
    on_event=burst_poisson.on_event | {"burst": "bursting = True; B_bar += averaging*kind"},
)
