"""Slow variables that `pyramidal` and `burst_poisson` share, with the values of the cell [P21].

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import ms, mV, nS, pA, pF, second

slow = dict(
    equations="""
dw_s/dt = -w_s/tau_ws : amp                           # somatic adaptation
dw_d/dt = (a_d*(v_d - E_L) - w_d)/tau_wd : amp        # restoring dendritic current
dtheta/dt = (E_theta - theta)/tau_theta : volt        # threshold
""",
    parameters=dict(
        E_L=-70 * mV,  # [P21] rest, and reset
        tau_s=16 * ms,  # [P21]
        C_s=370 * pF,  # [P21]
        tau_d=7 * ms,  # [P21]
        C_d=170 * pF,  # [P21]
        b_s=-200 * pA,  # [P21] adaptation per spike
        tau_ws=100 * ms,  # [P21]
        a_d=-13 * nS,  # [P21]
        tau_wd=30 * ms,  # [P21]
        E_theta=-50 * mV,  # [P21]
        d_theta=2 * mV,  # [P21] threshold jump per spike
        tau_theta=27 * ms,  # [P21]
    ),
    initial=dict(
        v_s="E_L",  # [P21]
        v_d="E_L",  # [P21]
        theta="E_theta",  # [P21]
        w_d="a_d*0.1*mV",  # [P21]
        t_spike=-1 * second,  # no spike yet
    ),
)
