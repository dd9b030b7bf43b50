"""Injected currents that reach the membrane between the time steps, after threshold and reset [P21].

In the published program the threshold is not tested with the current of the step itself. At 0.1 ms, input
cells of the XOR network that are off (-350 pA) fire 5 % more for it. Add the equations to a cell, and inject:

    cells = neurons(model.with_equations(injected), 500, "cells")
    cells.run_regularly(injection, when="before_groups", name="cells_injection")

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

injected = """
I_s = I_basal : amp
I_d = I_top : amp
"""

injection = """
v_s += dt/C_s*I_soma
v_d += dt/C_d*I_apical
"""
