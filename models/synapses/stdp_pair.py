"""Pair-based plasticity by spike timing: pre before post potentiates, post before pre depresses [SMA00].

All pairs count; spikes of the same time step count as pre before post. `w` is relative to its start.

[SMA00] Song, Miller & Abbott 2000, Nat Neurosci 3:919
"""

from brian2 import ms

from dendritic_bp import SynapseModel

stdp_pair = SynapseModel(
    "stdp_pair",
    """
w : 1
dr/dt = -r/tau_plus : 1 (event-driven)                # trace of presynaptic spikes
do/dt = -o/tau_minus : 1 (event-driven)               # trace of postsynaptic spikes
""",
    on_pre={"spike": "w -= A_minus*o; r += 1"},
    on_post={"spike": "w += A_plus*r; o += 1"},
    parameters=dict(
        A_plus=0.005,  # [SMA00]
        A_minus=0.00525,  # [SMA00]
        tau_plus=20 * ms,  # [SMA00]
        tau_minus=20 * ms,  # [SMA00]
    ),
    initial=dict(w=1),
)
