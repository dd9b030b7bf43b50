"""Bursts carry the error down through synapses that tell them from events: no detector stands in between.

As `bursts` and `bursts_receptors`, but feedback arrives through facilitating synapses, less what depressing
synapses and an interneuron foretell (`models/synapses/routed_feedback.py`). The rule still reads the events
and bursts of the cells that it joins. As no P_bar is at hand where feedback arrives, a slow current I_centre
into each apical dendrite holds the burst probability at P_goal, which the strength of the interneuron is for.
In `direct_bursts` depressing synapses take off themselves what interneurons would.
"""

from dataclasses import replace

from brian2 import ms, pA, second

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.synapses.routed_feedback import (
    RISE,
    RISING,
    direct_conductance_feedback,
    direct_feedback,
    routed_conductance_feedback,
    routed_feedback,
)
from dendritic_bp.models.synapses.short_term import RELEASE

GATES = dict(plastic="learning(t)", arriving="opened(t)")
HIDDEN = dict(
    bursts_receptors.hidden,
    equations=bursts_receptors.hidden["equations"]
    + RELEASE
    + "dI_inter/dt = -I_inter/tau_inter : amp     # onto the interneuron of this cell\n",
    parameters=bursts_receptors.hidden["parameters"]
    | dict(
        eta_centre=50 * pA / second,  # chosen here: the interneuron's baseline is compensated within a minute
        tau_inter=20 * ms,  # chosen here
    ),
)

routed_bursts = replace(
    bursts,
    name="routed_bursts",
    feedback=routed_feedback.with_input(("learning", "opened"), **GATES),
    hidden=dict(HIDDEN, equations=HIDDEN["equations"] + RISE),
)

routed_bursts_receptors = replace(
    bursts_receptors,
    name="routed_bursts_receptors",
    feedback=routed_conductance_feedback.with_input(("learning", "opened"), **GATES),
    hidden=dict(HIDDEN, equations=HIDDEN["equations"] + RISING),
)

direct_bursts = replace(
    routed_bursts,
    name="direct_bursts",
    feedback=direct_feedback.with_input(("learning", "opened"), **GATES),
    hidden=HIDDEN,
)

direct_bursts_receptors = replace(
    routed_bursts_receptors,
    name="direct_bursts_receptors",
    feedback=direct_conductance_feedback.with_input(("learning", "opened"), **GATES),
    hidden=HIDDEN,
)
