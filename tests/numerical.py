"""Gradients by central differences and counts of multiplications, for the tests of the rate rules."""

import numpy as np

from dendritic_bp.models.rate._network import Weights

STEP = 1e-5


def gradient(loss, weights):
    """Return d loss(weights)/d weights, one weight at a time."""
    return Weights(*([_one(loss, weights, part, k) for k in range(len(weights.W))] for part in range(2)))


def _one(loss, weights, part, k):
    result = np.zeros_like(weights[part][k])
    for index in np.ndindex(result.shape):
        values = []
        for sign in (1, -1):
            moved = Weights([W.copy() for W in weights.W], [b.copy() for b in weights.b])
            moved[part][k][index] += sign * STEP
            values.append(loss(moved))
        result[index] = (values[0] - values[1]) / (2 * STEP)
    return result


def flat(weights):
    """Return all numbers in one vector."""
    return np.concatenate([each.ravel() for part in weights for each in part])


def distance(u, v):
    """Return |u - v|/|v| over all weights and biases."""
    return np.linalg.norm(flat(u) - flat(v)) / np.linalg.norm(flat(v))


class Counted(np.ndarray):
    """Count the multiply-accumulates of every matrix product that an array, or what becomes of it, is in."""

    total = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        plain = [np.asarray(each) for each in inputs]
        if ufunc is np.matmul:
            Counted.total += plain[0].size * plain[1].shape[-1]
        return np.asarray(getattr(ufunc, method)(*plain, **settings)).view(Counted)


def macs(rule, network, p, batch=10):
    """Return the multiply-accumulates per example of one update, counted while it happens."""
    rng, sizes = np.random.default_rng(0), network.sizes
    x, y = rng.random((batch, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], batch)]
    state = rule.initial(network, rng, p)
    Counted.total = 0
    rule.update(network, state, x.view(Counted), y.view(Counted), rng, p)
    return Counted.total / batch
