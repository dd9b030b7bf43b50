"""Signed weights under Dale's law: a cell excites, and the interneuron that repeats it inhibits.

Each presynaptic cell drives an interneuron of its own that fires when the cell does (`relayed`: its events,
`relayed_burst`: its bursts). A weight stands for two synapses onto the same target, that of the cell and
that of its interneuron, of which one is silent: the positive part opens AMPA channels at the cell's event,
the negative part GABA channels when the interneuron fires. Both learn as `signed_conductances`, as one.

In the feedback, what events foretell arrives with the opposite sign, and so on the other of the two ways.
"""

from dataclasses import replace

from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.signed_conductances import conductance_feedback, conductance_gradient

EXCITES = "g_exc_{0}_post += {1}clip({2}w, 0*amp, 1*amp)/(E_exc_post - V_{0}_post)"
INHIBITS = "g_inh_{0}_post += {1}clip({2}w, 0*amp, 1*amp)/(V_{0}_post - E_inh_post)"

relayed_gradient = replace(
    conductance_gradient,
    name="relayed_gradient",
    on_pre={"event": EXCITES.format("s", "", ""), "relayed": INHIBITS.format("s", "", "-")},
)

ARRIVES, EXPECTED = "arriving*gain*", "arriving*gain*P_bar_pre*"


def _learns(event: str) -> str:
    """Return what a feedback synapse does at an event, without its first line, by which it arrives."""
    return "\n" + "\n".join(mirrored_feedback.on_pre[event].strip().splitlines()[1:])


relayed_feedback = replace(
    conductance_feedback,
    name="relayed_feedback",
    on_pre={
        "event": EXCITES.format("d", EXPECTED, "-") + _learns("event"),
        "relayed": INHIBITS.format("d", EXPECTED, ""),
        "burst": EXCITES.format("d", ARRIVES, "") + _learns("burst"),
        "relayed_burst": INHIBITS.format("d", ARRIVES, "-"),
    },
)
