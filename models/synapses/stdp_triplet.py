"""Triplet plasticity by spike timing: potentiation needs an earlier postsynaptic spike, too [PG06].

The minimal rule with all-to-all interactions, fitted to layer 5 of visual cortex: pairs depress, triplets of
post-pre-post potentiate. Spikes of the same time step count as pre before post. `w` is relative to its start.

[PG06] Pfister & Gerstner 2006, J Neurosci 26:9673, doi:10.1523/JNEUROSCI.1425-06.2006
"""

from brian2 import ms

from dendritic_bp import SynapseModel

stdp_triplet = SynapseModel(
    "stdp_triplet",
    """
w : 1
dr1/dt = -r1/tau_plus : 1 (event-driven)              # presynaptic spikes
do1/dt = -o1/tau_minus : 1 (event-driven)             # postsynaptic spikes
do2/dt = -o2/tau_y : 1 (event-driven)                 # postsynaptic spikes, slower
""",
    on_pre={"spike": "w -= A2_minus*o1; r1 += 1"},
    on_post={"spike": "w += (A2_plus + A3_plus*o2)*r1; o1 += 1; o2 += 1"},
    parameters=dict(
        A2_plus=0.0,  # [PG06]
        A3_plus=6.5e-3,  # [PG06]
        A2_minus=7.1e-3,  # [PG06]
        tau_plus=16.8 * ms,  # [PG06]
        tau_minus=33.7 * ms,  # [PG06]
        tau_y=114 * ms,  # [PG06]
    ),
    initial=dict(w=1),
)
