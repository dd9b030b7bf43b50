"""Burst-dependent plasticity of one synapse, without limits: the rule of the pairing protocols [P21].

    dw/dt = eta (B(t) - P_bar E(t)) x(t)

As `burst_dependent_published` without its soft limits. A presynaptic event of the same time step counts
already, which matters where pairs are simultaneous. `w` is a number that transmits nothing.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from dendritic_bp import SynapseModel

burst_dependent_pairing = SynapseModel(
    "burst_dependent_pairing",
    """
w : 1
x_now = x_pre + int(fires_pre and not follows_pre) : 1     # with the event of this time step
""",
    on_post={"event": "w -= eta*P_bar_post*x_now", "burst": "w += eta*x_now"},
    parameters=dict(eta=0.1),  # [P21]
)
