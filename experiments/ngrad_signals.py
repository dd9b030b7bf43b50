"""The error need not be a label: three other signals teach the same rules.

Methods. A task gives a network inputs x and targets y, made of a signal that is no label. *Reconstruction*:
y is the image itself, a digit, 64-16-64 units. *Temporal difference*: random walks over 19 states, with a
reward of 1 at the right end; x is the state, and y = r + V(next state) is the network's own prediction a step
later, 19-20-1. *Policy gradient*: a contextual bandit; the context is a digit, an action is drawn from the
softmax policy pi, its reward R is 1 if it is the right one of ten, and y = pi + (R - R_bar) (action - pi), so
that y - pi is the policy gradient, 64-100-10. REINFORCE samples its hidden units too and needs no y, only R.
Three seeds (two with --quick), 8,000 updates (2,000) by mini-batches of 20. Rates of learning chosen here.

Prediction. Backprop and rules by differences of activity (predictive coding, difference target propagation)
learn all three about alike; scalar rules (node perturbation, REINFORCE) learn them too, but more slowly.

Published. Values of the random walk are known, k/20 for state k (Sutton & Barto 2018, examples 6.2 and 7.1).
A linear code of 16 units can do no better than 16 principal components, which are drawn beside ours.

    python experiments/ngrad_signals.py [--quick]      (two minutes)
"""

import time
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import xarray as xr
from ngrad_training import rule, source_hash
from tqdm import tqdm

from dendritic_bp import cli, plotting
from dendritic_bp.errors import UserError
from dendritic_bp.storage import Record
from dendritic_bp.style import COLOURS, GREY, LINE
from dendritic_bp.tasks import digits
from models.rate._network import cross_entropy, linear, softmax, squared, values

BATCH, MOMENTS, STATES, HIDDEN_CODE, BASELINE_TAU = 20, 25, 19, 16, 20.0
UPDATES, QUICK_UPDATES = 8_000, 2_000


class Reconstruction:
    """Show images as their own targets; the score is the share of variance that it misses in test images."""

    ends, label = (linear, squared), "Variance missed (test)"
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
        return self.score(lambda x: mean + (x - mean) @ axes.T @ axes), f"{HIDDEN_CODE} principal components"


class TemporalDifference:
    """Let walkers walk; the score is the root mean square error of the values."""

    ends, label, sizes = (linear, squared), "Error of values (r.m.s.)", (STATES, 20, 1)
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
        return self.score(lambda states: np.full((STATES, 1), 0.5)), "always 1/2"


class PolicyGradient:
    """Reward the right action for an image; the score is the expected reward on test images."""

    ends, label = (softmax, cross_entropy), "Expected reward (test)"
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
        return 0.1, "chance"


TASKS = {
    "reconstruction": Reconstruction,
    "temporal_difference": TemporalDifference,
    "policy_gradient": PolicyGradient,
}


def learn(name, task, updates, seed):
    """Return the score of one network at some moments of training."""
    learner, rng = rule(name), np.random.default_rng(seed)
    p = values(learner.parameters, eta=task.rates[name])
    network = learner.network(task.sizes)
    if name != "reinforce":
        network = replace(network, output=task.ends[0], loss=task.ends[1])
    state = learner.initial(network, rng, p)
    wanted, scores = set(moments(updates)), []
    for step in range(updates + 1):
        if step in wanted:
            scores.append(task.score(lambda x, state=state: learner.predict(network, state, x, p)))
        x, y = task.experience(lambda x, state=state: learner.predict(network, state, x, p), rng, network)
        change, state = learner.update(network, state, x, y, rng, p)
        state = state.learned(change)
    return scores


def moments(updates):
    """Return the updates after which scores are taken, evenly on a log scale."""
    return np.unique(np.geomspace(10, updates, MOMENTS).round().astype(int))


def simulate(args):
    """Teach every rule by every signal."""
    if args.set:
        raise UserError("ngrad_signals has no values to --set.")
    updates, seeds = (QUICK_UPDATES, 2) if args.quick else (UPDATES, 3)
    start, data = time.perf_counter(), xr.Dataset(coords={"update": moments(updates)})
    jobs = [(title, name) for title, task in TASKS.items() for name in task.rates]
    for title, name in tqdm(jobs, unit="rule"):
        courses = [
            learn(name, TASKS[title](seed), updates, seed) for seed in range(args.seed, args.seed + seeds)
        ]
        data[f"{title}_{name}"] = (("seed", "update"), courses, {"units": "1"})
    for title, task in TASKS.items():
        data[f"{title}_reference"] = ((), task(args.seed).reference()[0], {"units": "1"})
    summary = {name: float(data[name].mean("seed")[-1]) for name in data if "seed" in data[name].dims}
    return Record(data, summary, {"source_hash": source_hash(), "run_s": time.perf_counter() - start})


def figures(data, summary):
    """Draw the score of each rule over training, one panel per signal."""
    drawing = plotting.figure(plotting.PAGE, 2.4)
    axes = plotting.panels(drawing, 1, 3)[0]
    names = {
        name: colour for task in TASKS.values() for name, colour in zip(task.rates, COLOURS, strict=False)
    }
    for panel, (title, task) in zip(axes, TASKS.items(), strict=True):
        for name in task.rates:
            course = data[f"{title}_{name}"]
            label = name.replace("_", " ")
            panel.plot(data["update"], course.mean("seed"), color=names[name], linewidth=LINE, label=label)
            panel.fill_between(
                data["update"],
                course.min("seed"),
                course.max("seed"),
                color=names[name],
                alpha=0.2,
                linewidth=0,
            )
        panel.axhline(data[f"{title}_reference"], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        panel.set(
            xscale="log",
            xlabel="Update",
            ylabel=task.label,
            ylim=(0, 1.05 if title != "temporal_difference" else None),
        )
        plotting.title(panel, title.replace("_", " ").capitalize())
    handles, labels = axes[-1].get_legend_handles_labels()
    plotting.legend(drawing, handles=handles, labels=labels, loc="outside lower center", ncols=5)
    return {"signals": drawing}


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
