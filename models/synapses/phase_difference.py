"""Synapses that learn at the end of a trial from what differs between its two phases [G17].

Forward synapses, onto basal dendrites:

    dw = plastic eta credit psp_1

with the `credit` of the receiver (`models/neurons/segregated.py`) and the mean postsynaptic potential of the
sender in the free phase. Feedback synapses, from the output onto apical dendrites, are fixed and random
(eta = 0), or follow their forward partners (the same eta, and the same weights at the start), and then may
carry a noise that is drawn anew after each trial. They send spikes, or, if the sender ticks, its rate.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901, and the authors' program
"""

from brian2 import ms, mV

from dendritic_bp import SynapseModel

phase_difference = SynapseModel(
    "phase_difference",
    "w : volt*second",
    on_pre={
        "spike": "x_b_post += w*kick_post",
        "close": "w += plastic*eta*credit_post*psp_1_pre",
    },
    parameters=dict(
        eta=0.21 * mV * ms**2,  # [G17]
        plastic=1.0,  # gate: 0 stops learning
    ),
)

phase_feedback = SynapseModel(
    "phase_feedback",
    "w : volt*second\nnoise : volt*second",
    on_pre={
        "spike": "x_a_post += (1 - ticking_pre)*(w + noise)*kick_post",
        "tick": "x_a_post += (w + noise)*rate_pre*dt*kick_post",
        "close": "w += plastic*eta*credit_pre*psp_1_post; noise = sd_noise*randn()",
    },
    parameters=dict(
        eta=0 * mV * ms**2,  # [G17] random feedback
        plastic=1.0,  # gate: 0 stops learning
        sd_noise=0 * mV * ms,  # [G17] 0, or 0.05 where feedback follows
    ),
)
