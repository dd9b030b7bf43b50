"""Bursts carry the error down through synapses that tell them from events: no detector stands in between.

As `bursts` and `bursts_receptors`, but feedback arrives through facilitating and depressing synapses, and
through interneurons which these drive (`models/synapses/routed_feedback.py`); the network has to link those
to the events `relayed` and `relayed_burst` of the sender. The rule still reads the events and bursts of the
cells that it joins. As no P_bar is at hand where feedback arrives, a slow current I_centre into each apical
dendrite holds the burst probability at P_goal, which the strengths of the synapses are for. `direct_bursts`
has no interneurons.
"""

from dataclasses import replace

from brian2 import pA, second

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.synapses.routed_feedback import (
    direct_conductance_feedback,
    direct_feedback,
    routed_conductance_feedback,
    routed_feedback,
)
from dendritic_bp.models.synapses.short_term import RELEASE

GATES = dict(plastic="learning(t)", arriving="opened(t)")
HIDDEN = dict(
    bursts_receptors.hidden,
    equations=bursts_receptors.hidden["equations"] + RELEASE,
    parameters=bursts_receptors.hidden["parameters"]
    | dict(eta_centre=50 * pA / second),  # chosen here: what events foretell is right only at P_goal
)

routed_bursts, direct_bursts = (
    replace(
        bursts,
        name=f"{name}_bursts",
        feedback=feedback.with_input(("learning", "opened"), **GATES),
        hidden=HIDDEN,
    )
    for name, feedback in dict(routed=routed_feedback, direct=direct_feedback).items()
)

routed_bursts_receptors, direct_bursts_receptors = (
    replace(
        bursts_receptors,
        name=f"{name}_bursts_receptors",
        feedback=feedback.with_input(("learning", "opened"), **GATES),
        hidden=HIDDEN,
    )
    for name, feedback in dict(routed=routed_conductance_feedback, direct=direct_conductance_feedback).items()
)
