"""Wake-sleep in a Helmholtz machine, [H95]: two networks learn from samples of each other.

    wake:   h_l ~ q_l = sigma(W_l h_{l-1} + b_l) upwards from an image, with its label y on top
            dG_l = eta_G <(h_{l-1} - p_{l-1}) h_l^T>,   dc_{l-1} = eta_G <h_{l-1} - p_{l-1}>
    sleep:  a label ~ p_L = softmax(c_L), then h_{l-1} ~ p_{l-1} = sigma(G_l h_l + c_{l-1}) down to an image
            dW_l = eta <(h_l - q_l) h_{l-1}^T>,         db_l = eta <h_l - q_l>;   q_L is a soft-max

Pixels are taken as probabilities. The generative G descends a bound on the description length -log p(x, y);
the recognising W learns from dreams. An image gets the label with the shortest description of its mean hidden
activity: <log p(h_{L-1}|y)> + log p(y). The rule is compared to the gradient of the loss of the output q_L,
which it does not follow. Feedback: a vector, as samples which the other network predicts.

[H95] Hinton, Dayan, Frey & Neal 1995, Science 268:1158.
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
    softmax,
)
from dendritic_bp.models.rate.boltzmann import flip, one_of

feedback = "vector"
parameters = dict(
    eta=Parameter(0.03, "1", "selected on the digits' validation split"),
    eta_G=Parameter(0.3, "1", "selected on the digits' validation split"),
)
network = partial(Network, nonlinearity=logistic)


@dataclass(frozen=True)
class Helmholtz(State):
    """Add G_l (units below, units) and c_{l-1}, both from l = 1, and c_L."""

    generative: Weights
    prior: Array


def initial(network, rng, p):
    """Draw the recognition weights; the generative ones start at zero, where all is equally likely."""
    weights = network.initial(rng)
    G, c = [0 * W.T for W in weights.W], [0 * W[0] for W in weights.W]
    return Helmholtz(weights, Weights(G, c), 0 * weights.b[-1])


def wake(network, weights, x, y, rng):
    """Return the samples [h_0 ... h_L], with h_0 = x and h_L = y."""
    h = [x]
    for W, b in list(zip(*weights, strict=True))[:-1]:
        h.append(flip(logistic.value(h[-1] @ W.T + b), rng))
    return [*h, y]


def dream(network, state, size, rng):
    """Return the samples [h_0 ... h_L] of `size` dreams."""
    h = [one_of(np.tile(softmax.value(state.prior), (size, 1)), rng)]
    for G, c in reversed(list(zip(*state.generative, strict=True))):
        h.insert(0, flip(logistic.value(h[0] @ G.T + c), rng))
    return h


def surprises(network, weights, h, reverse=False):
    """Return what each layer's samples differ from the prediction of the layer below, or above."""
    if reverse:
        return [
            below - logistic.value(above @ G.T + c)
            for below, above, (G, c) in zip(h, h[1:], zip(*weights, strict=True), strict=False)
        ]
    return [
        above - network.f(layer).value(below @ W.T + b)
        for layer, (below, above, (W, b)) in enumerate(
            zip(h, h[1:], zip(*weights, strict=True), strict=False), 1
        )
    ]


def update(network, state, x, y, rng, p):
    """Return the change of the recognition weights, from dreams; advance the generative ones, awake."""
    awake, asleep = wake(network, state.weights, x, y, rng), dream(network, state, len(x), rng)
    change = correlate(surprises(network, state.weights, asleep), asleep, p.eta)
    learned = correlate(surprises(network, state.generative, awake, reverse=True), awake[1:], p.eta_G)
    prior = state.prior + p.eta_G * np.mean(y - softmax.value(state.prior), axis=0)
    return change, replace(state, generative=state.generative.plus(learned), prior=prior)


def predict(network, state, x, p):
    """Return for each label minus its description length, given the mean recognised activity."""
    h = network.forward(state.weights, x)[1][-2]
    a = state.generative.W[-1] + state.generative.b[-1][:, None]  # (units, labels)
    return h @ a - np.logaddexp(0, a).sum(axis=0) + state.prior


def macs(sizes, p):
    """Count: samples up and down, predictions of both networks, outer products of both."""
    return 6 * forward_macs(sizes)
