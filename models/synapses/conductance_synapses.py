"""Synapses onto cells with conductances: the burst-dependent rule as published for XOR, and fixed ones [P21].

Weights are numbers, in units of the leak (`models/neurons/conductances.py`). `burst_dependent_xor` is
`burst_dependent_published` but for the lower rate limit: the published program compares r_min with the mean
rate `r_slow` of all spikes over 30 s, which the cell has to provide; `slow_rate` adds it.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import Hz, second

from dendritic_bp import SynapseModel

burst_dependent_xor = SynapseModel(
    "burst_dependent_xor",
    "w : 1\nh = -clip(1 - r_max/(rate_post + 1e-9*Hz), 0, 1) : 1  # above r_max, all weights shrink",
    on_pre={
        "event": """
g_exc_s_post += w
w = clip(w + plastic*eta*clip(r_min - r_slow_post, 0*Hz, r_min)/Hz, w_min, w_max)
"""
    },
    on_post={
        "event": "w = clip(w + plastic*eta*(h - P_bar_post)*x_pre, w_min, w_max)",
        "burst": "w = clip(w + plastic*eta*(h + 1)*x_pre, w_min, w_max)",
    },
    parameters=dict(
        eta=8e-3,  # [P21] onto hidden cells
        plastic=1.0,  # gate: 0 stops learning
        w_min=0.0,  # [P21]
        w_max=1.0,  # [P21]
        r_min=2 * Hz,  # [P21]
        r_max=10 * Hz,  # [P21]
    ),
    initial=dict(w=0.234),  # [P21]
)

# For the cell: `model.with_equations(**slow_rate)`, and H += 1 in its reset.
slow_rate = dict(
    equations="dH/dt = -H/tau_H : 1\nr_slow = H/tau_H : Hz",
    parameters=dict(tau_H=30 * second),  # [P21]
    initial=dict(H=3),  # [P21] 0.1 Hz
)

somatic_inhibition = SynapseModel(
    "somatic_inhibition",
    on_pre={"event": "g_inh_s_post += w"},
    parameters=dict(w=0.25),  # [P21]
)

apical_excitation = SynapseModel(
    "apical_excitation",
    on_pre={"burst": "g_exc_d_post += w"},
    parameters=dict(w=0.26),  # [P21] onto hidden cells whose feedback excites
)

apical_inhibition = SynapseModel(
    "apical_inhibition",
    on_pre={"burst": "g_inh_d_post += w"},
    parameters=dict(w=0.06),  # [P21]
)
