"""Hyperpolarisation-activated channel, dense in the apical tree: it makes the sag [B12]."""

from brian2 import mV

ih = dict(
    equations="""
I_ih = g_ih*q_ih*(E_h - v) : amp/meter**2
dq_ih/dt = a_q_ih*(1 - q_ih) - b_q_ih*q_ih : 1
a_q_ih = 0.00643*11.9/ms/exprel((v + 154.9*mV)/(11.9*mV)) : Hz
b_q_ih = 0.193/ms*exp(v/(33.1*mV)) : Hz
g_ih : siemens/meter**2 (constant)
""",
    parameters=dict(E_h=-47 * mV),  # [B12]
    initial=dict(q_ih="a_q_ih/(a_q_ih + b_q_ih)"),
)
