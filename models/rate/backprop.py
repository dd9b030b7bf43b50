"""Backpropagation of errors, [R86]: the exact gradient, against which all other rules are measured.

    delta_L = dloss/da_L
    delta_l = (W_{l+1}^T delta_{l+1}) * f'(a_l)
    dW_l    = -eta delta_l h_{l-1}^T

Feedback: exact, a vector per layer carried by the transposed forward weights.
[R86] Rumelhart, Hinton & Williams 1986, Nature 323:533.
"""

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    Weights,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "exact"
parameters = dict(eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"))
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng))


def deltas(network, weights, h, y):
    """Return [delta_1 ... delta_L], each (batch, units), from the activities [h_0 ... h_L]."""
    delta = [network.output_error(h[-1], y)]
    for layer in range(len(weights.W) - 1, 0, -1):
        delta.insert(0, network.nonlinearity.pull_back(h[layer], delta[0] @ weights.W[layer]))
    return delta


def gradient(network, weights, x, y, scale=1.0) -> Weights:
    """Return scale times the gradient of the mean loss over the batch."""
    h = network.forward(weights, x)[1]
    return correlate(deltas(network, weights, h, y), h, scale)


def update(network, state, x, y, rng, p):
    """Return the change -eta*gradient."""
    return gradient(network, state.weights, x, y, -p.eta), state


def macs(sizes, p):
    """Count: forward, outer products, and the way back through all but the first layer."""
    return 2 * forward_macs(sizes) + forward_macs(sizes[1:])
