"""Muscarinic potassium channel, which holds repetitive firing back; `kfast` gives E_K [B12]."""

km = dict(
    equations="""
I_km = g_km*m_km*(E_K - v) : amp/meter**2
dm_km/dt = (m_inf_km - m_km)/tau_m_km : 1
m_inf_km = 1/(1 + exp(-(v + 35*mV)/(10*mV))) : 1
tau_m_km = 1*second/q_km/(3.3*exp((v + 35*mV)/(20*mV)) + exp(-(v + 35*mV)/(20*mV))) : second
q_km = 2.3**((T_celsius - 36)/10) : 1 (shared)
g_km : siemens/meter**2 (constant)
""",
    initial=dict(m_km="m_inf_km"),
)
