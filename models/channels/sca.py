"""Slowly inactivating calcium channel, which makes the calcium spike of the tuft [B12].

A fixed reversal potential lets the spike reach +75 mV and more; real ones end near +7 mV.
"""

from brian2 import mV

sca = dict(
    equations="""
I_sca = q_sca*g_sca*m_sca**2*h_sca*(E_Ca - v) : amp/meter**2
dm_sca/dt = q_sca*(a_m_sca*(1 - m_sca) - b_m_sca*m_sca) : 1              # activation
dh_sca/dt = q_sca*(a_h_sca*(1 - h_sca) - b_h_sca*h_sca) : 1              # inactivation
a_m_sca = 0.055*3.8/ms/exprel(-(u_sca + 27*mV)/(3.8*mV)) : Hz
b_m_sca = 0.94/ms*exp(-(u_sca + 75*mV)/(17*mV)) : Hz
a_h_sca = 0.000457/3/ms*exp(-(u_sca + 13*mV)/(50*mV)) : Hz
b_h_sca = 0.0065/3/ms/(1 + exp(-(u_sca + 15*mV)/(28*mV))) : Hz
u_sca = v - shift_sca : volt
q_sca = 2.3**((T_celsius - 23)/10) : 1 (shared)
g_sca : siemens/meter**2 (constant)
""",
    parameters=dict(
        E_Ca=140 * mV,  # [B12]
        shift_sca=2.35 * mV,  # [B12]
    ),
    initial=dict(m_sca="a_m_sca/(a_m_sca + b_m_sca)", h_sca="a_h_sca/(a_h_sca + b_h_sca)"),
)
