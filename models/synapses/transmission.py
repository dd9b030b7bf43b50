"""Fixed synapses onto the apical dendrite that carry one half of the code: events, or bursts [P21].

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from dendritic_bp import SynapseModel

event_transmission = SynapseModel("event_transmission", "w : amp", on_pre={"event": "I_top_post += w"})

burst_transmission = SynapseModel("burst_transmission", "w : amp", on_pre={"burst": "I_top_post += w"})

# Chosen here: zero on average while the sender bursts as usual, so that a change of its bursting is felt.
centred_feedback = SynapseModel(
    "centred_feedback",
    "w : amp",
    on_pre={"event": "I_top_post -= P_bar_pre*w", "burst": "I_top_post += w"},
)
