"""Glutamate synapses with AMPA and NMDA receptors, at the voltage `v_syn` of a compartment [JS90].

Add the text and the table to a model that defines `v_syn` and lets `I_ampa + I_nmda` charge that compartment;
`models/synapses/glutamate.py` opens the receptors. The conductances are those of one synapse at its peak.

[JS90] Jahr & Stevens 1990, J Neurosci 10:3178 (the magnesium block)
[S00] Schiller, Major, Koester & Schiller 2000, Nature 404:285 (the spikes that this makes)
"""

from brian2 import mmolar, ms, mV, nS

EQUATIONS = """
I_ampa = g_ampa*(A_ampa - R_ampa)/peak_ampa*(E_syn - v_syn) : amp
I_nmda = g_nmda*(A_nmda - R_nmda)/peak_nmda*block*(E_syn - v_syn) : amp
block = 1/(1 + Mg/Mg_half*exp(-alpha_Mg*v_syn)) : 1   # share of NMDA receptors that magnesium leaves open
dA_ampa/dt = -A_ampa/tau_ampa : 1                     # decay and rise of the open receptors
dR_ampa/dt = -R_ampa/rise_ampa : 1
dA_nmda/dt = -A_nmda/tau_nmda : 1
dR_nmda/dt = -R_nmda/rise_nmda : 1
peak_ampa = exp(-t_ampa/tau_ampa) - exp(-t_ampa/rise_ampa) : 1
peak_nmda = exp(-t_nmda/tau_nmda) - exp(-t_nmda/rise_nmda) : 1
t_ampa = log(tau_ampa/rise_ampa)/(1/rise_ampa - 1/tau_ampa) : second
t_nmda = log(tau_nmda/rise_nmda)/(1/rise_nmda - 1/tau_nmda) : second
"""

PARAMETERS = dict(
    E_syn=0 * mV,  # [JS90]
    Mg=1 * mmolar,  # [JS90]
    Mg_half=3.57 * mmolar,  # [JS90]
    alpha_Mg=0.062 / mV,  # [JS90]
    g_ampa=0.5 * nS,  # chosen here
    rise_ampa=0.2 * ms,  # chosen here
    tau_ampa=2 * ms,  # chosen here
    g_nmda=1 * nS,  # chosen here
    rise_nmda=3 * ms,  # chosen here
    tau_nmda=50 * ms,  # chosen here
)
