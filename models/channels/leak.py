"""Leak: what remains of the membrane when all gates are closed [B12]."""

from brian2 import mV

leak = dict(
    equations="""
I_leak = g_leak*(E_leak - v) : amp/meter**2
g_leak : siemens/meter**2 (constant)
""",
    parameters=dict(E_leak=-83.68 * mV),  # [B12]
)
