"""Two-compartment pyramidal cell of the ensemble code [NS18]: `pyramidal` with a fixed threshold.

A somatic spike is followed by 3 ms of refractoriness and reaches the dendrite after 0.5 ms. The dendrite acts
on the soma through its calcium plateau alone: there is no axial current, as published.

[NS18] Naud & Sprekeler 2018, PNAS 115, doi:10.1073/pnas.1720995115
"""

from dataclasses import replace

from brian2 import ms, mV, pA

from dendritic_bp.models.neurons.pyramidal import pyramidal

two_compartment = replace(
    pyramidal.with_equations(
        """
dv_s/dt = free*((E_L - v_s)/tau_s + (g_s*plateau + w_s + I_s)/C_s) : volt
free = int(steps(t - t_spike, dt) >= steps(T_ref, dt)) : 1  # 0 in the refractory period: v_s is held
""",
        parameters=dict(
            T_ref=3 * ms,  # [NS18]
            T_delay=0.5 * ms,  # [NS18]
            d_theta=0 * mV,  # [NS18]
        ),
        initial=dict(v_s="E_L", w_d=0 * pA),  # chosen here
    ),
    name="two_compartment",
)
