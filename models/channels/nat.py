"""Transient sodium channel, which makes the action potential [B12]."""

from brian2 import mV

nat = dict(
    equations="""
I_nat = q_nat*g_nat*m_nat**3*h_nat*(E_Na - v) : amp/meter**2
dm_nat/dt = q_nat*(a_m_nat*(1 - m_nat) - b_m_nat*m_nat) : 1              # activation
dh_nat/dt = q_nat*(a_h_nat + b_h_nat)*(h_inf_nat - h_nat) : 1            # inactivation
a_m_nat = 0.182*9/ms/exprel(-(u_nat + 28*mV)/(9*mV)) : Hz
b_m_nat = 0.124*9/ms/exprel((u_nat + 28*mV)/(9*mV)) : Hz
a_h_nat = 0.024*5/ms/exprel(-(u_nat + 50*mV)/(5*mV)) : Hz
b_h_nat = 0.0091*5/ms/exprel((u_nat + 75*mV)/(5*mV)) : Hz
h_inf_nat = 1/(1 + exp((u_nat + 55*mV)/(6.2*mV))) : 1
u_nat = v - shift_nat : volt
q_nat = 2.3**((T_celsius - 23)/10) : 1 (shared)
g_nat : siemens/meter**2 (constant)
shift_nat : volt                                      # of all rates, to more positive voltages
""",
    parameters=dict(E_Na=55 * mV),  # [B12]
    initial=dict(m_nat="a_m_nat/(a_m_nat + b_m_nat)", h_nat="h_inf_nat"),
)
