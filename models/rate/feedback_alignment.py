"""Feedback alignment, [L16]: backpropagation through fixed random weights.

    delta_L = dloss/da_L
    delta_l = (B_{l+1} delta_{l+1}) * f'(a_l)
    dW_l    = -eta delta_l h_{l-1}^T

Feedback: a vector per layer. The forward weights come to agree with B, which is drawn like their transposes.

[L16] Lillicrap, Cownden, Tweed & Akerman 2016, Nat Commun 7:13276.
"""

from dataclasses import dataclass, field

from dendritic_bp.models.rate._network import (
    Array,
    Network,
    Parameter,
    State,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "vector"
parameters = dict(eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"))
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class Feedback(State):
    """Add the feedback weights [B_2 ... B_L], each (units below, units)."""

    B: list[Array] = field(default_factory=list)


def random_feedback(network, rng):
    """Draw feedback weights like the transposes of other forward weights."""
    return [W.T.copy() for W in network.initial(rng).W[1:]]


def initial(network, rng, p):
    """Draw the forward and the feedback weights."""
    return Feedback(network.initial(rng), random_feedback(network, rng))


def deltas(network, B, h, y):
    """Return [delta_1 ... delta_L] from the activities [h_0 ... h_L]."""
    delta = [network.output_error(h[-1], y)]
    for layer in range(len(B), 0, -1):
        delta.insert(0, network.nonlinearity.pull_back(h[layer], delta[0] @ B[layer - 1].T))
    return delta


def update(network, state, x, y, rng, p):
    """Return the change by errors that came through B."""
    h = network.forward(state.weights, x)[1]
    return correlate(deltas(network, state.B, h, y), h, -p.eta), state


def macs(sizes, p):
    """Count: forward, outer products, and the way back through all but the first layer."""
    return 2 * forward_macs(sizes) + forward_macs(sizes[1:])
