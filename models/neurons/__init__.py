"""Neurons of one, two or more compartments, all with the same ports.

In: `I_soma`, `I_apical` (injected) and `I_basal`, `I_top` (synaptic) currents. Out: the events `event` (an
isolated spike or the first of a burst) and `burst` (the second spike of a burst), and the averages that
plasticity reads: `x`, `P_bar`, `rate` (interneurons: `x`).
"""
