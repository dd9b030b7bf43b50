"""Tasks without labels for `ngrad_signals.py`: each makes inputs and targets of its own signal, and a score.

`ends` are the output nonlinearity and the loss, `rates` the rates of learning (chosen here), `known` and
`reference()` what the score is compared with.
"""

from types import MappingProxyType

import numpy as np

from dendritic_bp.models.rate._network import cross_entropy, linear, softmax, squared
from dendritic_bp.tasks import digits

BATCH, STATES, HIDDEN_CODE, BASELINE_TAU = 20, 19, 16, 20.0


class Reconstruction:
    """Show images as their own targets; the score is the share of variance that it misses in test images."""

    ends, label = (linear, squared), "Variance missed (test)"
    known, top = f"{HIDDEN_CODE} principal components", 1.05
    rates = MappingProxyType(
        dict(
            backprop=0.05, predictive_coding=0.03, difference_target_propagation=0.01, node_perturbation=0.004
        )
    )

    def __init__(self, seed):
        """Split the digits."""
        data = digits(seed)
        self.train, self.test = data.images[data.train], data.images[data.test]
        self.sizes = (self.train.shape[1], HIDDEN_CODE, self.train.shape[1])

    def experience(self, predict, rng, network):
        """Return a mini-batch of images, twice."""
        x = self.train[rng.integers(len(self.train), size=BATCH)]
        return x, x

    def score(self, predict):
        """Return the mean squared error over the variance."""
        return np.mean((predict(self.test) - self.test) ** 2) / np.mean(
            (self.test - self.train.mean(axis=0)) ** 2
        )

    def reference(self):
        """Return what as many principal components miss."""
        mean = self.train.mean(axis=0)
        axes = np.linalg.svd(self.train - mean, full_matrices=False)[2][:HIDDEN_CODE]
        return self.score(lambda x: mean + (x - mean) @ axes.T @ axes)


class TemporalDifference:
    """Let walkers walk; the score is the root mean square error of the values."""

    ends, label, sizes = (linear, squared), "Error of values (r.m.s.)", (STATES, 20, 1)
    known, top = "always 1/2", None
    rates = MappingProxyType(
        dict(backprop=0.2, predictive_coding=0.2, difference_target_propagation=0.2, node_perturbation=0.1)
    )

    def __init__(self, seed):
        """Put all walkers in the middle."""
        self.at, self.states = np.full(BATCH, STATES // 2), np.eye(STATES)

    def experience(self, predict, rng, network):
        """Return states, and rewards plus predictions a step later; who has left starts in the middle."""
        here, there = self.at, self.at + rng.choice([-1, 1], BATCH)
        left = (there < 0) | (there == STATES)
        self.at = np.where(left, STATES // 2, there)
        later = np.where(left, there == STATES, predict(self.states[self.at])[:, 0])
        return self.states[here], later[:, np.newaxis]

    def score(self, predict):
        """Compare with the known values."""
        known = np.arange(1, STATES + 1) / (STATES + 1)
        return np.sqrt(np.mean((predict(self.states)[:, 0] - known) ** 2))

    def reference(self):
        """Return the error of knowing nothing but the mean."""
        return self.score(lambda states: np.full((STATES, 1), 0.5))


class PolicyGradient:
    """Reward the right action for an image; the score is the expected reward on test images."""

    ends, label = (softmax, cross_entropy), "Expected reward (test)"
    known, top = "chance", 1.05
    rates = MappingProxyType(
        dict(
            backprop=0.2,
            predictive_coding=0.1,
            difference_target_propagation=0.2,
            node_perturbation=0.03,
            reinforce=0.2,
        )
    )

    def __init__(self, seed):
        """Split the digits; no reward yet."""
        self.data, self.R_bar = digits(seed), 0.0
        self.sizes = (self.data.images.shape[1], 100, 10)

    def experience(self, predict, rng, network):
        """Return images, and targets by the reward of one random action for each."""
        rows = self.data.train[rng.integers(len(self.data.train), size=BATCH)]
        x, rewards = self.data.images[rows], np.eye(10)[self.data.labels[rows]]
        if network.loss is not cross_entropy:  # REINFORCE draws its own action
            return x, rewards
        pi = predict(x)
        action = np.eye(10)[(pi.cumsum(axis=1) < rng.random((BATCH, 1))).sum(axis=1).clip(max=9)]
        R = np.sum(rewards * action, axis=1, keepdims=True)
        y = pi + (R - self.R_bar) * (action - pi)
        self.R_bar += (R.mean() - self.R_bar) / BASELINE_TAU
        return x, y

    def score(self, predict):
        """Return the mean probability of the right action."""
        rows = self.data.test
        return predict(self.data.images[rows])[np.arange(len(rows)), self.data.labels[rows]].mean()

    def reference(self):
        """Return the reward of a random action."""
        return 0.1


TASKS = {
    "reconstruction": Reconstruction,
    "temporal_difference": TemporalDifference,
    "policy_gradient": PolicyGradient,
}
