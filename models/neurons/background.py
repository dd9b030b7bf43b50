"""Fluctuating background for both compartments: `pyramidal.with_equations(**background)` [NS18].

The coefficients of `z_s` and `z_d` make `sigma_s` and `sigma_d` the standard deviations at any time step of
the Euler method.

[NS18] Naud & Sprekeler 2018, PNAS 115, doi:10.1073/pnas.1720995115
"""

from brian2 import ms, pA

background = dict(
    equations="""
dI_noise_s/dt = -I_noise_s/tau_noise + sigma_s*sqrt((2 - dt/tau_noise)/(tau_noise*dt))*z_s : amp
dI_noise_d/dt = -I_noise_d/tau_noise + sigma_d*sqrt((2 - dt/tau_noise)/(tau_noise*dt))*z_d : amp
z_s = randn() : 1 (constant over dt)
z_d = randn() : 1 (constant over dt)
""",
    parameters=dict(
        sigma_s=450 * pA,  # [NS18]
        sigma_d=450 * pA,  # [NS18]
        tau_noise=2 * ms,  # [NS18]
    ),
)
