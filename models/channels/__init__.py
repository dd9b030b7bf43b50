"""Ion channels: one file each, text and quantities, to be joined to a model with a membrane voltage `v`.

A channel defines its current per area, `I_NAME` (into the cell), from a density `g_NAME` that each
compartment sets. A rate written as x/(1 - exp(-x)) in the sources is 1/exprel(-x) here: the same, and defined
at x = 0. Rates were measured at other temperatures than `T_celsius`; `q_NAME` is the factor between the two.

[B12] Bahl, Stemmler, Herz & Roth 2012, J Neurosci Methods 210, doi:10.1016/j.jneumeth.2012.04.006; program:
      ModelDB 146026
"""
