"""Fixed synapse: each event of the presynaptic cell adds `w` to the basal current.

For all spikes: `replace(static, on_pre={"spike": "I_basal_post += w"})`.
"""

from dendritic_bp import SynapseModel

static = SynapseModel("static", "w : amp", on_pre={"event": "I_basal_post += w"})
