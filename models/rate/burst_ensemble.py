"""Burst-dependent plasticity of ensembles, [P21]: event rates go up, burst probabilities come down.

A unit is an ensemble of event rate e and burst probability p: the coarse-grained model, with the dendrites
settled in the phase without teacher (p_bar) and again in the phase with it (p):

    events       e_l = logistic(W_l e_{l-1} + b_l)
    output       p_bar = p_0,  p = p_0 + p_0 (y - e) (1 - e)        1 - e is f'(a)/e for the logistic
    hidden       p = logistic(u_l (1 - e_l)),  u_l = B_{l+1} (p_{l+1} * e_{l+1}): the burst rates above
    plasticity   dW_l = eta_l ((p_l - p_bar_l) * e_l) e_{l-1}^T

Feedback: a vector per layer, the change of the burst rates above, through fixed random weights B. For small
errors it is that of feedback alignment, and the loss is the squared error.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24:1010, coarse-grained model.
"""

from itertools import pairwise

import numpy as np

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    correlate,
    feedforward_scores,
    forward_macs,
    logistic,
    squared,
)
from dendritic_bp.models.rate.feedback_alignment import Feedback

feedback = "vector"
parameters = dict(
    eta=Parameter(5.0, "1", "selected on validation images of the digits and MNIST"),
    p_0=Parameter(0.2, "1", "[P21]"),
    sd_B=Parameter(30.0, "1", "selected on validation images of the digits and MNIST"),
)
predict = feedforward_scores


def network(sizes):
    """Return a network of logistic ensembles with squared loss."""
    return Network(sizes, nonlinearity=logistic, output=logistic, loss=squared)


def initial(network, rng, p):
    """Draw the forward and the feedback weights."""
    shapes = pairwise(network.sizes[1:])
    B = [p.sd_B * rng.standard_normal(shape, dtype=network.dtype) for shape in shapes]
    return Feedback(network.initial(rng), B)


def burst_probabilities(e, B, p_output):
    """Return [p_1 ... p_L], dendrites settled, for event rates [e_0 ... e_L]."""
    p = [p_output]
    for layer in range(len(B), 0, -1):
        u = (p[0] * e[layer + 1]) @ B[layer - 1].T
        p.insert(0, logistic.value(u * (1 - e[layer])))
    return p


def update(network, state, x, y, rng, p):
    """Return the change by the burst probabilities with and without teacher."""
    e = network.forward(state.weights, x)[1]
    without = burst_probabilities(e, state.B, np.full_like(y, p.p_0))
    taught = burst_probabilities(e, state.B, p.p_0 * (1 + (y - e[-1]) * (1 - e[-1])))
    change = [(P - P_bar) * rate for P, P_bar, rate in zip(taught, without, e[1:], strict=True)]
    return correlate(change, e, p.eta), state


def macs(sizes, p):
    """Count: forward, two passes of bursts, and the outer products."""
    return 2 * forward_macs(sizes) + 2 * forward_macs(sizes[1:])
