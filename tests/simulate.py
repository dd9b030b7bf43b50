"""What the tests of models share: running without a compiler, and cells that fire when they are told to."""

import numpy as np
from brian2 import Network, TimedArray, defaultclock, ms, prefs, seed

from dendritic_bp import NeuronModel, neurons
from dendritic_bp.blocks import averages, detector

DT = 0.1 * ms


def simulate(duration, *objects, dt=DT):
    """Run the objects with Brian2's numpy code."""
    before, prefs.codegen.target, defaultclock.dt = prefs.codegen.target, "numpy", dt
    seed(1)
    try:
        Network(*objects).run(duration, namespace={})
    finally:
        prefs.codegen.target = before


# The detector and the averages of all neuron models, on spikes that are given.
told = NeuronModel.of(
    "told",
    detector,
    averages,
    equations="fires = orders(t, i) > 0 : boolean\nI_basal : amp\nI_top : amp\nI_bias : amp\nkind : 1\n",
    threshold="fires",
    initial=dict(kind=1),
    namespace=("orders",),
)


def told_cells(name, trains, steps, **values):
    """Build one cell for each of `trains`, which list the steps (of DT) in which it fires."""
    orders = np.zeros((steps, len(trains)))
    for cell, train in enumerate(trains):
        orders[list(train), cell] = 1
    return neurons(told, len(trains), name, namespace=dict(orders=TimedArray(orders, dt=DT)), **values)
