"""Glutamate synapses: a spike opens AMPA and NMDA receptors (`models/neurons/nmda.py`).

`w` counts synapses, and a share `apv` of their NMDA receptors is blocked by the antagonist APV.
"""

from dendritic_bp import SynapseModel

glutamate = SynapseModel(
    "glutamate",
    equations="""
w : 1
apv : 1
""",
    on_pre={
        "spike": """
A_ampa_post += w
R_ampa_post += w
A_nmda_post += w*(1 - apv)
R_nmda_post += w*(1 - apv)
"""
    },
    initial=dict(w=1),
)
