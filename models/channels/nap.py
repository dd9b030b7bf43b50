"""Persistent sodium channel, which helps the soma to threshold; `nat` gives E_Na [B12]."""

nap = dict(
    equations="""
I_nap = g_nap*m_nap*(E_Na - v) : amp/meter**2
dm_nap/dt = (m_inf_nap - m_nap)/tau_m_nap : 1
m_inf_nap = 1/(1 + exp(-(v + 48*mV)/(10*mV))) : 1
tau_m_nap = (20 + 5*below)*us + (145 - 5*below)*us*exp(-abs(v + 40*mV)/(10*mV)) : second
below = int(v < -40*mV) : 1
g_nap : siemens/meter**2 (constant)
""",
    initial=dict(m_nap="m_inf_nap"),
)
