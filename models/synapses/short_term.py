"""Short-term plasticity: depressing synapses pass on events, facilitating ones bursts [NS18, P21].

A spike releases u_S x_S; then x_S -= u_S x_S, and u_S += f (1 - u_S). All synapses of a cell release alike,
so both are kept once per cell, and updated at its spikes alone (the decay in between is exact). `depressing`
and `facilitating` join each cell to itself and write what it releases; synapses onto other cells deliver it:

    cell = pyramidal.with_equations(RELEASE)
    synapses(depressing, cells, cells, "terminals", "i == j")
    replace(static, on_pre={"spike": "I_basal_post += w*depressed_pre"})

`short_term` is the same in one piece, with u_S and x_S in each synapse: simpler, and several times slower.

[NS18] Naud & Sprekeler 2018, PNAS 115, doi:10.1073/pnas.1720995115
[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from dataclasses import replace

from brian2 import ms, second

from dendritic_bp import SynapseModel
from dendritic_bp.limits import share

RELEASE = """
depressed : 1                                         # released by the last spike at depressing synapses
facilitated : 1                                       # ... at facilitating synapses
"""

STATE = """
du_S/dt = (U - u_S)/tau_F : 1 (event-driven)          # share of the resources that a spike uses
dx_S/dt = (1 - x_S)/tau_D : 1 (event-driven)          # resources
"""
USE = "x_S -= u_S*x_S; u_S += f*(1 - u_S)"

DEPRESSING = dict(
    tau_D=20 * ms,  # [P21]
    tau_F=1 * second,  # [P21]
    U=0.9,  # [P21]
    f=0.1,  # [P21]
)
FACILITATING = dict(
    tau_D=100 * ms,  # [P21]
    tau_F=100 * ms,  # [P21]
    U=0.02,  # [P21]
    f=0.1,  # [P21]
)
REST = dict(u_S="U", x_S=1)
SHARES = share("U") | share("f")

# "*= 0" and "+=", as Brian2 warns of "=" where several synapses could write to one cell.
depressing = SynapseModel(
    "depressing",
    STATE,
    on_pre={"spike": f"depressed_post *= 0; depressed_post += u_S*x_S; {USE}"},
    parameters=DEPRESSING,
    initial=REST,
    limits=SHARES,
    order=-1,  # before the synapses that deliver what is released
)

facilitating = SynapseModel(
    "facilitating",
    STATE,
    on_pre={"spike": f"facilitated_post *= 0; facilitated_post += u_S*x_S; {USE}"},
    parameters=FACILITATING,
    initial=REST,
    limits=SHARES,
    order=-1,
)

# The published program takes U where its equation has f, and starts with u_S = 0.01.
AS_PUBLISHED = dict(u_S=0.01)
depressing_published = replace(depressing, parameters=DEPRESSING | dict(f=0.9), initial=REST | AS_PUBLISHED)
facilitating_published = replace(
    facilitating, parameters=FACILITATING | dict(f=0.02), initial=REST | AS_PUBLISHED
)

short_term = SynapseModel(
    "short_term",
    "w : amp\n" + STATE,
    on_pre={"spike": f"I_basal_post += w*u_S*x_S; {USE}"},
    parameters=DEPRESSING,  # or FACILITATING
    initial=REST,
    limits=SHARES,
)
