"""Feedback onto the apical dendrite that measures what the receiver does to the sender [A19].

While nobody teaches, the sender's spikes tell how the outcome moves, and the noise of the receiver moves it.
The weight goes to w_1 times the receiver's centred trace of events at the times of the sender's spikes:

    at each spike of the sender:  w += plastic eta (w_1 (x_post - x_bar_post) - w)

So its sign is that of the receiver's effect, and no label and no reward are needed. With eta = 0 it is fixed.

[A19] Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019, NeurIPS 32 (weight mirror; there with rates)
"""

from brian2 import pA

from dendritic_bp import SynapseModel

MEASURE = "w += {gate}*{rate}*(w_1*(x_post - x_bar_post) - w)\n"  # also of networks/measuring.py

measured_feedback = SynapseModel(
    "measured_feedback",
    "w : amp",
    on_pre={"event": "I_top_post += arriving*w\n" + MEASURE.format(gate="plastic", rate="eta")},
    parameters=dict(
        eta=1e-3,  # chosen here: mean over a thousand spikes
        w_1=100 * pA,  # chosen here
        plastic=1.0,  # gate: 0 stops measuring
        arriving=1.0,  # gate: 0 keeps feedback out of the dendrite
    ),
)
