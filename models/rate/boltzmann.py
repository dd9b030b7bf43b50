"""Boltzmann machine, [A85]: Gibbs samples with the output clamped, minus samples with the output free.

    P(h) ~ exp(sum_l h_l^T (W_l h_{l-1} + b_l))      hidden units -1 or 1, one output on, the image clamped
    P(h_l = 1) = sigma(2 (W_l h_{l-1} + W_{l+1}^T h_{l+1} + b_l))   layer by layer, given the other layers
    dW_l = eta (<h_l h_{l-1}^T>_clamped - <h_l h_{l-1}^T>_free)

On average this is eta times the gradient of log P(y|x), once the chains, one per image and phase, have
forgotten where they started; the free chain goes on from the clamped one. Answers are those of the mean
field, to whose gradient the rule is compared.
Feedback: a vector, as a difference of activities between two phases.

[A85] Ackley, Hinton & Sejnowski 1985, Cogn Sci 9:147.
"""

import numpy as np

from dendritic_bp.models.rate import almeida_pineda
from dendritic_bp.models.rate._network import Network, Parameter, State, forward_macs, logistic
from dendritic_bp.models.rate._settling import free, settle, settling_macs, symmetric
from dendritic_bp.models.rate.contrastive_hebbian import contrast

feedback = "vector"
parameters = dict(
    eta=Parameter(0.01, "1", "selected on the digits' validation split"),
    sweeps=Parameter(6, "1", "chosen here: per hidden layer"),
    gain=Parameter(1.0, "1", "chosen here: W_l starts from N(0, gain^2/units below)"),
)
network = Network


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng, p.gain))


def one_of(probability, rng):
    """Draw one unit per row, with the probabilities of the row; the others are 0."""
    edges = np.cumsum(probability, axis=1)
    chosen = np.argmax(edges > rng.random((len(edges), 1)) * edges[:, -1:], axis=1)
    return np.eye(edges.shape[1], dtype=probability.dtype)[chosen]


def flip(probability, rng):
    """Draw 1 with a probability, else 0."""
    return (rng.random(probability.shape, dtype=probability.dtype) < probability).astype(probability.dtype)


def sample(network, weights, h, rng, sweeps, y=None):
    """Return the states [h_0 ... h_L] of all chains after some sweeps from h; y clamps the output."""

    def respond(layer, a):
        if layer < len(h) - 1:
            return 2 * flip(logistic.value(2 * a), rng) - 1
        return one_of(network.output.value(a), rng) if y is None else y

    return settle(weights, symmetric(weights), h, respond, sweeps)


def update(network, state, x, y, rng, p):
    """Return the change."""
    start = [*network.forward(state.weights, x)[1][:-1], y]
    plus = sample(network, state.weights, start, rng, p.sweeps, y)
    minus = sample(network, state.weights, plus, rng, p.sweeps)
    return contrast(plus, minus, p.eta), state


def true_gradient(network, state, x, y, p):
    """Return the gradient of the cross-entropy of the mean field."""
    return almeida_pineda.gradient(network, state.weights, symmetric(state.weights), x, y, 40, tied=1.0)


def predict(network, state, x, p):
    """Return the output of the mean field."""
    return free(network, state.weights, symmetric(state.weights), x, p.sweeps)[-1]


def macs(sizes, p):
    """Count: the chains of two phases, and their outer products."""
    return settling_macs(sizes, 2 * p.sweeps) + 2 * forward_macs(sizes)
