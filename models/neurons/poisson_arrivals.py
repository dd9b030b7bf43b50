"""Background spikes from independent Poisson sources: four of them for each cell, one for each receptor.

In every time step each source spikes with probability rate*dt, and its receptor opens by w. The draws are
those of a Lehmer generator in each cell [PM93], four a step: exact in double precision, and plain arithmetic,
which the compiler vectorises. Add the equations to a neuron with conductances, and let the sources fire:

    cells = neurons(model.with_equations(**poisson_arrivals), 500, "cells")
    cells.run_regularly(arrivals, when="before_groups", name="cells_background")

[PM93] Park, Miller & Stockmeyer 1993, Commun ACM 36:108: z -> 48271 z mod 2^31 - 1, of full period
"""

from brian2 import Hz

from dendritic_bp.limits import rate

poisson_arrivals = dict(
    equations="z : 1                                  # a whole number from 1 to z_max",
    parameters=dict(
        z_factor=48271.0,  # [PM93]
        z_modulus=2147483647.0,  # [PM93]
        rate_s=500 * Hz,  # [P21] sources onto the soma: one that excites, one that inhibits
        rate_d=500 * Hz,  # [P21] sources onto the dendrite
        w_exc_s=0.35,  # [P21] inputs of the XOR network, in units of the leak
        w_inh_s=0.35,  # [P21]
        w_exc_d=0.05,  # [P21]
        w_inh_d=0.05,  # [P21]
    ),
    limits=rate("rate_s") | rate("rate_d"),
    double=("z", "z_factor", "z_modulus"),
    initial=dict(z="1 + floor(rand()*(z_modulus - 1))"),
)

arrivals = """
z_1 = z_factor*z - z_modulus*floor(z_factor*z/z_modulus)
z_2 = z_factor*z_1 - z_modulus*floor(z_factor*z_1/z_modulus)
z_3 = z_factor*z_2 - z_modulus*floor(z_factor*z_2/z_modulus)
z = z_factor*z_3 - z_modulus*floor(z_factor*z_3/z_modulus)
g_exc_s += w_exc_s*int(z_1 < z_modulus*rate_s*dt)
g_inh_s += w_inh_s*int(z_2 < z_modulus*rate_s*dt)
g_exc_d += w_exc_d*int(z_3 < z_modulus*rate_d*dt)
g_inh_d += w_inh_d*int(z < z_modulus*rate_d*dt)
"""
