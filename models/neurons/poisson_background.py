"""Background of Poisson spikes onto conductances [P21], one train for each receptor of each cell.

    pyramidal.with_equations(**conductances).with_equations(**poisson_background)
    pv.with_equations(**soma_conductances).with_equations(**soma_poisson_background)

A train has a spike in a step with probability rate dt, as published. One random number serves all trains of a
cell: each reads ten binary digits of its own, and those that follow. The decay is exact at any time step.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from brian2 import Hz

from dendritic_bp.limits import rate

SOMA = """
z = rand() : 1 (constant over dt)
z_2 = z*1024 - floor(z*1024) : 1
dg_exc_s/dt = (w_exc_s*int(z < rate_exc*dt) - g_exc_s*(1 - exp(-dt/tau_exc)))/dt : 1
dg_inh_s/dt = (w_inh_s*int(z_2 < rate_inh*dt) - g_inh_s*(1 - exp(-dt/tau_inh)))/dt : 1
"""

DENDRITE = """
z_3 = z_2*1024 - floor(z_2*1024) : 1
z_4 = z_3*1024 - floor(z_3*1024) : 1
dg_exc_d/dt = (w_exc_d*int(z_3 < rate_exc*dt) - g_exc_d*(1 - exp(-dt/tau_exc)))/dt : 1
dg_inh_d/dt = (w_inh_d*int(z_4 < rate_inh*dt) - g_inh_d*(1 - exp(-dt/tau_inh)))/dt : 1
"""

soma_poisson_background = dict(
    equations=SOMA,
    parameters=dict(
        rate_exc=500 * Hz,  # [P21]
        rate_inh=500 * Hz,  # [P21]
        w_exc_s=0.35,  # [P21]
        w_inh_s=0.35,  # [P21]
    ),
    limits=rate("rate_exc") | rate("rate_inh"),
)

poisson_background = dict(
    equations=SOMA + DENDRITE,
    parameters=soma_poisson_background["parameters"]
    | dict(
        w_exc_d=0.05,  # [P21]
        w_inh_d=0.05,  # [P21]
    ),
    limits=soma_poisson_background["limits"],
)
