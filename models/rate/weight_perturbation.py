"""Weight perturbation, [W05]: try other weights, and keep a share of those that lower the loss.

    xi ~ N(0, sigma^2), one for each weight and bias
    dW = -eta (loss(W + xi) - loss(W - xi)) xi / (2 sigma^2)

Feedback: one scalar for the whole network. Unbiased, with a variance that grows with the number of weights.
Each example of a mini-batch has its own xi, made as in [W18] from one draw Xi for all: xi = Xi * (s r^T) with
random signs s of the units and r of their inputs, which is as normal and independent as Xi itself.

[W05] Werfel, Xie & Seung 2005, Neural Comput 17:2699. [W18] Wen et al. 2018, ICLR, arXiv:1803.04386.
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

feedback = "scalar"
parameters = dict(
    eta=Parameter(0.002, "1", "selected on the digits' validation split"),
    sigma=Parameter(0.01, "1", "chosen here"),
)
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng))


def signs(rng, shape, dtype):
    """Draw -1 or 1 with equal chance."""
    return (2 * rng.integers(2, size=shape) - 1).astype(dtype)


def losses(network, weights, noise, x, y):
    """Return the loss of every example under W + xi, where `noise` lists (Xi, xi_b, s, r) by layer."""
    h = x
    for layer, (W, b, (Xi, xi_b, s, r)) in enumerate(zip(*weights, noise, strict=True), 1):
        h = network.f(layer).value(h @ W.T + b + s * ((r * h) @ Xi.T) + xi_b)
    return network.loss.value(h, y)


def update(network, state, x, y, rng, p):
    """Return the change that the difference of two perturbed losses, example by example, asks for."""
    noise = []
    for W in state.weights.W:
        units, below = W.shape
        Xi = p.sigma * rng.standard_normal(W.shape, dtype=network.dtype)
        xi_b = p.sigma * rng.standard_normal((len(x), units), dtype=network.dtype)
        noise.append((Xi, xi_b, signs(rng, (len(x), units), x.dtype), signs(rng, (len(x), below), x.dtype)))
    mirrored = [(-Xi, -xi_b, s, r) for Xi, xi_b, s, r in noise]
    gain = losses(network, state.weights, noise, x, y) - losses(network, state.weights, mirrored, x, y)
    gain = (gain * (-1 / (2 * p.sigma**2 * len(x))))[:, np.newaxis]
    eta = [float(each) for each in by_layer(p.eta, noise)]
    W = [each * Xi * ((gain * s).T @ r) for each, (Xi, _, s, r) in zip(eta, noise, strict=True)]
    b = [each * (gain * xi_b).sum(axis=0) for each, (_, xi_b, _, _) in zip(eta, noise, strict=True)]
    return Weights(W, b), state


def macs(sizes, p):
    """Count: two forward passes, with W + xi for W, and a product for each weight."""
    return 3 * forward_macs(sizes)
