"""Node perturbation, [W05]: add noise to the units, and learn what noise lowered the loss.

    xi_l ~ N(0, sigma^2), added to a_l of all layers at once, for each example
    delta_l = (loss(a + xi) - loss(a)) xi_l / sigma^2
    dW_l    = -eta delta_l h_{l-1}^T

Feedback: one scalar for the whole network. Unbiased as sigma -> 0, with a variance that grows with the number
of units, which is less than the number of weights.

[W05] Werfel, Xie & Seung 2005, Neural Comput 17:2699.
"""

import numpy as np

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "scalar"
parameters = dict(
    eta=Parameter(0.015, "1", "selected on the digits' validation split"),
    sigma=Parameter(0.01, "1", "chosen here"),
)
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng))


def perturbed(network, weights, x, noise):
    """Return the output when noise is added to a_1 ... a_L."""
    h = x
    for layer, (W, b, xi) in enumerate(zip(*weights, noise, strict=True), 1):
        h = network.f(layer).value(h @ W.T + b + xi)
    return h


def update(network, state, x, y, rng, p):
    """Return the change that the effect of the noise on the loss asks for."""
    a, h = network.forward(state.weights, x)
    noise = [p.sigma * rng.standard_normal(each.shape, dtype=network.dtype) for each in a]
    effect = network.loss.value(perturbed(network, state.weights, x, noise), y) - network.loss.value(h[-1], y)
    effect = effect[:, np.newaxis] / p.sigma**2
    return correlate([effect * xi for xi in noise], h, -p.eta), state


def macs(sizes, p):
    """Count: two forward passes, and the outer products."""
    return 3 * forward_macs(sizes)
