"""`bursts` onto AMPA and GABA receptors, with feedback that is centred in the dendrite that receives it.

Signed weights open conductances (`models/synapses/signed_conductances.py`). A slow current I_centre into the
apical dendrite holds the mean burst probability at P_goal while taught: feedback whose mean is not zero, or
drifts, would else move the dendrite to where all or no events are bursts and no feedback is felt.
"""

from dataclasses import replace

from brian2 import pA, second

from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.synapses.signed_conductances import conductance_feedback, conductance_gradient

bursts_receptors = replace(
    bursts,
    name="bursts_receptors",
    forward=conductance_gradient.with_input(("learning",), plastic="learning(t)"),
    feedback=conductance_feedback.with_input(
        ("learning", "opened"), plastic="learning(t)", arriving="opened(t)"
    ),
    hidden=dict(
        equations=bursts.hidden["equations"].replace("I_tonic*opened(t)", "I_tonic*opened(t) + I_centre")
        + "dI_centre/dt = eta_centre*(P_goal - P_bar)*teaching(t) : amp\n",
        parameters=bursts.hidden["parameters"]
        | dict(
            eta_centre=5 * pA / second,  # chosen here: slow beside the averages of P_bar
            P_goal=0.35,  # chosen here: in the middle of what the cell can tell
        ),
        namespace=bursts.hidden["namespace"],
    ),
)
