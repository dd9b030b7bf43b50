"""Slow potassium channel with two inactivations, which adapts over seconds; `kfast` gives E_K [B12].

The rates are not corrected for temperature, as in the source. The published tau_b1 is negative below -116 mV;
the bounds of 1 ms and 10 s, chosen here, are never reached above.
"""

kslow = dict(
    equations="""
I_kslow = q_kslow*g_kslow*a_kslow**2*(0.5*b_kslow + 0.5*b1_kslow)*(E_K - v) : amp/meter**2
da_kslow/dt = a_a_kslow*(1 - a_kslow) - b_a_kslow*a_kslow : 1            # activation
db_kslow/dt = (b_inf_kslow - b_kslow)/tau_b_kslow : 1                    # inactivation, half of the channels
db1_kslow/dt = (b_inf_kslow - b1_kslow)/tau_b1_kslow : 1                 # inactivation, the other half
a_a_kslow = 0.0052*13.1/ms/exprel(-(v - 11.1*mV)/(13.1*mV)) : Hz
b_a_kslow = 0.01938/ms*exp(-(v + 1.27*mV)/(71*mV)) - 0.0053/ms : Hz
b_inf_kslow = 1/(1 + exp((v + 58*mV)/(11*mV))) : 1
tau_b_kslow = 360*ms + (1010*ms + 23.7*ms/mV*(v + 54*mV))*exp(-((v + 75*mV)/(48*mV))**2) : second
tau_b1_kslow = clip(published_kslow, 1*ms, 10*second) : second
published_kslow = 2350*ms + 1380*ms*exp(-0.01118/mV*v) - 210*ms*exp(-0.0306/mV*v) : second
q_kslow = 2.3**((T_celsius - 21)/10) : 1 (shared)
g_kslow : siemens/meter**2 (constant)
""",
    initial=dict(
        a_kslow="a_a_kslow/(a_a_kslow + b_a_kslow)",
        b_kslow="b_inf_kslow",
        b1_kslow="b_inf_kslow",
    ),
)
