"""Fast potassium channel, which ends the action potential [B12]."""

from brian2 import mV

kfast = dict(
    equations="""
I_kfast = q_kfast*g_kfast*n_kfast*(E_K - v) : amp/meter**2
dn_kfast/dt = q_kfast*(a_n_kfast*(1 - n_kfast) - b_n_kfast*n_kfast) : 1
a_n_kfast = 0.02*9/ms/exprel(-(v - 25*mV)/(9*mV)) : Hz
b_n_kfast = 0.002*9/ms/exprel((v - 25*mV)/(9*mV)) : Hz
q_kfast = 2.3**((T_celsius - 23)/10) : 1 (shared)
g_kfast : siemens/meter**2 (constant)
""",
    parameters=dict(E_K=-80 * mV),  # [B12]
    initial=dict(n_kfast="a_n_kfast/(a_n_kfast + b_n_kfast)"),
)
