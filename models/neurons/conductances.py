"""Synaptic conductances in place of synaptic currents: `pyramidal.with_equations(**conductances)` [P21].

Conductances are in units of their compartment's leak; synapses do `g_exc_s_post += w`, with w a number. The
published program drives dendritic synapses by the *somatic* voltage: to reproduce it, add
`.with_equations("v_drive = v_s : volt")`. `soma_conductances` is for cells of one compartment, interneurons.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

import numpy as np
from brian2 import Quantity, ms, mV

conductances = dict(
    equations="""
I_basal = C_s/tau_s*(g_exc_s*(E_exc - v_s) + g_inh_s*(E_inh - v_s)) : amp
I_top = C_d/tau_d*(g_exc_d*(E_exc - v_drive) + g_inh_d*(E_inh - v_drive)) : amp
v_drive = v_d : volt
dg_exc_s/dt = -g_exc_s/tau_exc : 1
dg_inh_s/dt = -g_inh_s/tau_inh : 1
dg_exc_d/dt = -g_exc_d/tau_exc : 1
dg_inh_d/dt = -g_inh_d/tau_inh : 1
""",
    parameters=dict(
        E_exc=0 * mV,  # [P21]
        E_inh=-80 * mV,  # [P21]
        tau_exc=5 * ms,  # [P21]
        tau_inh=10 * ms,  # [P21]
    ),
)

soma_conductances = dict(
    equations="""
I_basal = g_L*(g_exc_s*(E_exc - v_s) + g_inh_s*(E_inh - v_s)) : amp
dg_exc_s/dt = -g_exc_s/tau_exc : 1
dg_inh_s/dt = -g_inh_s/tau_inh : 1
""",
    parameters=conductances["parameters"],
)


def exact_decay(tau: Quantity, dt: Quantity) -> Quantity:
    """Return the time constant with which a step of the Euler method decays as exp(-dt/tau), as published."""
    return dt / (1 - np.exp(-float(dt / tau)))
