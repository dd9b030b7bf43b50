"""Synapses whose signed currents open conductances: a positive one AMPA, a negative one GABA.

`conductance_gradient` and `conductance_feedback` are `burst_gradient` and `mirrored_feedback` onto cells with
the ports of `models/neurons/receptors.py`; rules and numbers are the same. In the feedback, bursts and what
is expected of them from the events arrive through opposite receptors. For other synapses, `SOMA` and
`DENDRITE` pass the current `push`: `replace(static, on_pre={"spike": "push = w" + SOMA})`.
"""

from dataclasses import replace

from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback

SOMA = """
g_exc_s_post += push*int(push > 0*amp)/(E_exc_post - V_s_post)
g_inh_s_post -= push*int(push < 0*amp)/(V_s_post - E_inh_post)
"""
DENDRITE = """
g_exc_d_post += push*int(push > 0*amp)/(E_exc_post - V_d_post)
g_inh_d_post -= push*int(push < 0*amp)/(V_d_post - E_inh_post)
"""

conductance_gradient = replace(
    burst_gradient, name="conductance_gradient", on_pre={"event": "push = w" + SOMA}
)


def _through_receptors(code: str) -> str:
    """Let conductances pass the current that the first line of the code adds to I_top."""
    first, *rest = code.strip().splitlines()
    sign, amount = first.removeprefix("I_top_post ").split("=", 1)
    return "\n".join([f"push = {sign.strip()}{amount.strip()}" + DENDRITE, *rest])


conductance_feedback = replace(
    mirrored_feedback,
    name="conductance_feedback",
    on_pre={event: _through_receptors(code) for event, code in mirrored_feedback.on_pre.items()},
)
