"""Poisson cell, for inputs: fires at the rate `drive`; each spike is an event, and none is a burst.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms

from dendritic_bp import NeuronModel
from dendritic_bp.limits import rate

poisson = NeuronModel(
    "poisson",
    equations="""
drive : Hz
u = rand() : 1 (constant over dt)                     # one draw a step, whoever asks
fires = u < drive*dt : boolean
dx/dt = -x/tau_x : 1                                  # trace of events
""",
    threshold="fires",
    events={"event": "fires", "burst": "fires and False"},
    on_event={"event": "x += 1"},
    parameters=dict(tau_x=100 * ms),  # [P21]
    limits=rate("drive"),
)
