"""REINFORCE, [W92]: stochastic units, and one reward for all of them.

    hidden:  s_l ~ Bernoulli(h_l), h_l = logistic(W_l s_{l-1} + b_l)
    output:  one action s_L ~ softmax(W_L s_{L-1} + b_L); the reward is R = y[action]: 1 if right, else 0
    dW_l   = eta (R - R_bar) (s_l - h_l) s_{l-1}^T        the score function of either distribution is s - h
    R_bar <- R_bar + (R - R_bar)/tau                      the baseline: mean reward of recent mini-batches

Feedback: one scalar for all. Unbiased for the gradient of the expected reward. The meter compares with the
same network without noise, where units send h instead of s, and so do the scores.

[W92] Williams 1992, Mach Learn 8:229.
"""

from dataclasses import dataclass, replace

import numpy as np

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    Weights,
    correlate,
    feedforward_scores,
    forward_macs,
    logistic,
    mistakes,
)

feedback = "scalar"
parameters = dict(
    eta=Parameter(0.1, "1", "selected on the digits' validation split"),
    tau=Parameter(10.0, "mini-batches", "chosen here"),
    gain=Parameter(12.0, "1", "selected on the digits' validation split"),  # of hidden W
)
predict = feedforward_scores


@dataclass(frozen=True)
class Rewarded(State):
    """Add the baseline, the mean reward of late."""

    R_bar: float = 0.0


def network(sizes):
    """Return a network of logistic units whose loss is the probability of a wrong action."""
    return Network(sizes, nonlinearity=logistic, loss=mistakes)


def initial(network, rng, p):
    """Draw the weights, `gain` times larger below the output; no reward yet."""
    weights = network.initial(rng)
    return Rewarded(Weights([*(p.gain * W for W in weights.W[:-1]), weights.W[-1]], weights.b))


def act(network, weights, x, rng):
    """Return the probabilities [h_1 ... h_L] and the samples [s_0 ... s_L], with s_0 = x and s_L one-hot."""
    h, s = [], [x]
    for layer, (W, b) in enumerate(zip(*weights, strict=True), 1):
        h.append(network.f(layer).value(s[-1] @ W.T + b))
        s.append((rng.random(h[-1].shape, dtype=network.dtype) < h[-1]).astype(network.dtype))
    action = (h[-1].cumsum(axis=1) < rng.random((len(x), 1)) * h[-1].sum(axis=1, keepdims=True)).sum(axis=1)
    s[-1] = np.eye(h[-1].shape[1], dtype=network.dtype)[action]
    return h, s


def update(network, state, x, y, rng, p):
    """Return the change that the reward of one random action per example asks for."""
    h, s = act(network, state.weights, x, rng)
    R = np.sum(y * s[-1], axis=1, keepdims=True)
    delta = [(R - state.R_bar) * (sample - mean) for sample, mean in zip(s[1:], h, strict=True)]
    baseline = state.R_bar + (float(R.mean()) - state.R_bar) / p.tau
    return correlate(delta, s, p.eta), replace(state, R_bar=baseline)


def macs(sizes, p):
    """Count: one forward pass, and the outer products."""
    return 2 * forward_macs(sizes)
