"""Hebbian learning with decay, [S77, O82]: what varies together wires together, without error; the control.

    dW_l = eta_l <(h_l - <h_l>)(h_{l-1} - <h_{l-1}>)^T> - eta_l <(h_l - <h_l>)^2> W_l
    hidden: h_l = f(a_l);  output: h_L = y, set by the teacher

The mean < > is that of the mini-batch; the decay is Oja's. Feedback: none, the teacher just says what the
output is. A hidden unit goes for the first principal component of its input, with |W| = 1, and so do all the
others, which ruins what the output can read: `eta_hidden` is small. Output weights go for how the activity
below, given the class, differs from that of the other classes.

[S77] Sejnowski 1977, J Math Biol 4:303. [O82] Oja 1982, J Math Biol 15:267.
"""

import numpy as np

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    Weights,
    by_layer,
    feedforward_scores,
    forward_macs,
)

feedback = "none"
parameters = dict(
    eta=Parameter(0.05, "1", "selected on the digits' validation split"),
    eta_hidden=Parameter(1e-5, "1", "selected on the digits' validation split"),
)
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng))


def update(network, state, x, y, rng, p):
    """Return the change by the activities alone, the output's set by the teacher; biases stay."""
    h = [*network.forward(state.weights, x)[1][:-1], y]
    h = [each - each.mean(axis=0) for each in h]
    W = []
    for layer, old in enumerate(state.weights.W, 1):
        eta = float(by_layer(p.eta, h[1:])[-1]) if layer == len(h) - 1 else p.eta_hidden
        together = h[layer].T @ h[layer - 1] / len(x)
        W.append(eta * (together - np.mean(h[layer] ** 2, axis=0)[:, np.newaxis] * old))
    return Weights(W, [np.zeros_like(b) for b in state.weights.b]), state


def macs(sizes, p):
    """Count: one forward pass, and the outer products."""
    return 2 * forward_macs(sizes)
