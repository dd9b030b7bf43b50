"""Recurrent backpropagation of Almeida and Pineda, [A87, P87]: the exact gradient at a fixed point.

    h_l = f(W_l h_{l-1} + B_l h_{l+1} + b_l)                             the network settles; then, around it,
    z_l = dloss/da_l + f'(a_l)*(W_{l+1}^T z_{l+1} + B_{l-1}^T z_{l-1})   a linear network of errors settles
    dW_l = -eta z_l h_{l-1}^T     dB_l = -eta_B z_l h_{l+1}^T

B_l are learned feedback weights; the loss reaches z directly at the output alone. Errors settle where
activities do: both have the same Jacobian. B_l learn slowly, else fixed points come and go. With enough
sweeps the rule is the gradient of the loss at the fixed point, to which it is compared.
Feedback: exact, through the transposes of all weights.

[A87] Almeida 1987, IEEE 1st Int Conf Neural Networks 2:609. [P87] Pineda 1987, Phys Rev Lett 59:2229.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dendritic_bp.models.rate._network import (
    Array,
    Network,
    Parameter,
    State,
    Weights,
    correlate,
    forward_macs,
    logistic,
    squared,
)
from dendritic_bp.models.rate._settling import depth, free, settling_macs

feedback = "exact"
parameters = dict(
    eta=Parameter(1.0, "1", "selected on validation images of the digits and MNIST"),
    eta_B=Parameter(0.03, "1", "selected on the digits' validation split"),
    sweeps=Parameter(6, "1", "chosen here: per hidden layer"),
    gain=Parameter(0.5, "1", "chosen here: B_l starts from N(0, gain^2/units above)"),
)
network = partial(Network, output=logistic, loss=squared)


@dataclass(frozen=True)
class Recurrent(State):
    """Add the feedback weights B_l (units, units above) of the hidden layers."""

    back: list[Array]


def initial(network, rng, p):
    """Draw forward and feedback weights."""
    downwards = Network(network.sizes[:0:-1], dtype=network.dtype)
    return Recurrent(network.initial(rng), downwards.initial(rng, p.gain).W[::-1])


def adjoint(network, weights, back, h, y, sweeps):
    """Return the errors [z_1 ... z_L], each (batch, units), at the fixed point h."""
    top = len(weights.W)
    direct = network.output_error(h[top], y)
    z = [*(np.zeros_like(each) for each in h[1:top]), direct]
    for _ in range(int(sweeps) * depth(h)):
        for layer in range(top, 0, -1):
            arriving = z[layer] @ weights.W[layer] if layer < top else 0
            if layer > 1:
                arriving = arriving + z[layer - 2] @ back[layer - 2]
            z[layer - 1] = network.f(layer).pull_back(h[layer], arriving) + (direct if layer == top else 0)
    return z


def gradient(network, weights, back, x, y, sweeps, tied=0.0) -> Weights:
    """Return the gradient of the loss at the fixed point; `tied` is gamma where B_l = gamma W_{l+1}^T."""
    h = free(network, weights, back, x, sweeps)
    z = adjoint(network, weights, back, h, y, sweeps)
    direct = correlate(z, h, 1)
    through_back = [tied * W.T for W in correlate(z[:-1], h[2:], 1).W]
    return direct._replace(W=[direct.W[0], *(a + b for a, b in zip(direct.W[1:], through_back, strict=True))])


def true_gradient(network, state, x, y, p):
    """Return the gradient of the loss at the fixed point."""
    return gradient(network, state.weights, state.back, x, y, 40)


def update(network, state, x, y, rng, p):
    """Return the change; advance the feedback weights."""
    h = free(network, state.weights, state.back, x, p.sweeps)
    z = adjoint(network, state.weights, state.back, h, y, p.sweeps)
    back = [B + dB for B, dB in zip(state.back, correlate(z[:-1], h[2:], -p.eta_B).W, strict=True)]
    return correlate(z, h, -p.eta), replace(state, back=back)


def predict(network, state, x, p):
    """Return the output at the fixed point."""
    return free(network, state.weights, state.back, x, p.sweeps)[-1]


def macs(sizes, p):
    """Count: activities settle, then errors, then the outer products of forward and feedback weights."""
    return 2 * settling_macs(sizes, p.sweeps) + 2 * forward_macs(sizes) - sizes[0] * sizes[1]
