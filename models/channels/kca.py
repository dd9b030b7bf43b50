"""Calcium-activated potassium channel, which ends the calcium spike, and the calcium that it reads [B12].

Calcium enters with the current `I_sca` into a shell under the membrane, and is pumped out. `kfast` gives E_K.
"""

from brian2 import mM, ms, um
from brian2.units.constants import faraday_constant

kca = dict(
    equations="""
I_kca = q_kca*g_kca*n_kca*(E_K - v) : amp/meter**2
dn_kca/dt = q_kca*(a_n_kca*(1 - n_kca) - b_n_kca*n_kca) : 1
a_n_kca = 0.01/ms*Ca/mM : Hz
b_n_kca = 0.02/ms : Hz
dCa/dt = int(inward)*I_sca/(2*F*depth_Ca) + (Ca_inf - Ca)/tau_Ca : mM
inward = I_sca > 0*amp/meter**2 : boolean
q_kca = 2.3**((T_celsius - 23)/10) : 1 (shared)
g_kca : siemens/meter**2 (constant)
""",
    parameters=dict(
        F=faraday_constant,
        depth_Ca=0.1 * um,  # [B12] of the shell
        Ca_inf=1e-4 * mM,  # [B12]
        tau_Ca=200 * ms,  # [B12]
    ),
    initial=dict(Ca="Ca_inf", n_kca="a_n_kca/(a_n_kca + b_n_kca)"),
)
