"""AMPA and GABA conductances for signed weights: `pyramidal.with_equations(**receptors)`.

The positive part of a weight opens an excitatory conductance, the negative part an inhibitory one
(`models/synapses/signed_conductances.py`). A weight is the current that it passes at V_s, or V_d: so a rule
for currents can be kept, with its numbers. Both conductances decay alike, that a weight keeps its sign.
`with_receptors` is for cells that keep their current ports beside the conductances.
"""

from brian2 import mV

CONDUCTANCES = """
dg_exc_s/dt = -g_exc_s/tau_basal : siemens
dg_inh_s/dt = -g_inh_s/tau_basal : siemens
dg_exc_d/dt = -g_exc_d/tau_top : siemens
dg_inh_d/dt = -g_inh_d/tau_top : siemens
"""

REVERSAL = dict(
    E_exc=0 * mV,  # [P21]
    E_inh=-80 * mV,  # [P21]
    V_s=-55 * mV,  # chosen here: between rest and threshold
    V_d=-55 * mV,  # chosen here: as the soma
)

LIMITS = {
    "E_exc > V_s": "excitation has to depolarise the soma",
    "E_exc > V_d": "excitation has to depolarise the dendrite",
    "E_inh < V_s": "inhibition has to hyperpolarise the soma",
    "E_inh < V_d": "inhibition has to hyperpolarise the dendrite",
}

receptors = dict(
    equations="""
I_basal = g_exc_s*(E_exc - v_s) + g_inh_s*(E_inh - v_s) : amp
I_top = g_exc_d*(E_exc - v_d) + g_inh_d*(E_inh - v_d) : amp
"""
    + CONDUCTANCES,
    parameters=REVERSAL,
    limits=LIMITS,
)
