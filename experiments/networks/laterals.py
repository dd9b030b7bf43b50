"""Interneurons of hidden layers, one for each cell that they hear, for mechanisms that have them."""

from itertools import pairwise

import numpy as np
from brian2 import NeuronGroup, Synapses, TimedArray, pA

from dendritic_bp import neurons, synapses
from networks.cells import Cell
from networks.layers import START
from networks.projections import all_to_all, higher


def laterals(
    layers: list[NeuronGroup], cell: Cell, tables: dict[str, TimedArray]
) -> list[NeuronGroup | Synapses]:
    """Build the interneurons of all layers but the last, and their synapses; none without `lateral`.

    First weights onto them are as onto the layer above, with a step of their own. Inhibition starts at zero;
    its step is shared by the cells below, as the gain of feedback grows with their number.
    """
    lateral, result = cell.credit.lateral, []
    if lateral is None:
        return []
    model = cell.model.with_equations(**lateral.cells)
    values = START | dict(tau_top=cell.hidden["tau_top"], D_v=cell.lateral["D_v"])
    for k, (low, next_up) in enumerate(pairwise(layers), start=1):
        high = layers[-1] if cell.direct else next_up
        group = neurons(model, high.N, f"inter{k}", tables, **values)
        onto = higher(low.N, cell) | dict(eta=cell.lateral["step"] / low.N)
        back = dict(gain=cell.feedback_gain * low.N, eta_q=cell.lateral["eta_q"] / low.N, w=0 * pA)
        one = dict(i=np.arange(high.N), j=np.arange(high.N))
        result += [
            group,
            all_to_all(lateral.onto, low, group, f"onto{k}", tables, by_target=True, **onto),
            synapses(lateral.partner, high, group, f"partner{k}", one, tables),
            all_to_all(lateral.cancel, group, low, f"cancel{k}", tables, **back),
        ]
    return result
