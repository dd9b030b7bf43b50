"""Train a rule of `models/rate` on labelled images, and measure it while it learns."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import xarray as xr

import models.rate
from dendritic_bp.errors import UserError, suggest
from models.rate._network import values
from models.rate.backprop import gradient

ORDER = ("none", "scalar", "vector", "exact")  # the review's order of feedback
EVALUATIONS, ANGLES, PROBES = 40, 12, 5  # moments of measuring, evenly on a log scale; mini-batches per angle


@dataclass(frozen=True)
class Task:
    """Hold inputs and targets, (examples, units), for training, validation and test."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Budget:
    """Say how long to train: epochs, and examples per mini-batch."""

    epochs: int
    batch: int = 20


def rule(name):
    """Return the module of a rule; raise UserError for an unknown one."""
    if name not in rule_names():
        raise UserError(f"There is no rule '{name}' in models/rate: {suggest(name, rule_names())}")
    return import_module(f"models.rate.{name}")


def rule_names():
    """Return the names of all rules."""
    files = Path(models.rate.__file__).parent.glob("[!_]*.py")
    return sorted(path.stem for path in files)


def in_order(names):
    """Sort rules as the review does: by the precision of their feedback, then by name."""
    return sorted(names, key=lambda name: (ORDER.index(rule(name).feedback), name))


def labelled(dataset, dtype=np.float32):
    """Turn images and labels into inputs and one-hot targets."""
    x, y = dataset.images.astype(dtype), np.eye(dataset.n_classes, dtype=dtype)[dataset.labels]
    return Task(*((x[rows], y[rows]) for rows in (dataset.train, dataset.validation, dataset.test)))


def train(name, task, hidden, budget, seed, changed=None, dtype=np.float32):
    """Train one network; return its errors, angles and costs at some moments of training."""
    learner = rule(name)
    p = values(learner.parameters, **(changed or {}))
    sizes = (task.train[0].shape[1], *hidden, task.train[1].shape[1])
    network = replace(learner.network(sizes), dtype=dtype)
    order, noise, probe = (np.random.default_rng([seed, stream]) for stream in range(3))
    state = learner.initial(network, noise, p)
    moments = schedule(len(task.train[0]), budget)
    rows = [measure(learner, network, state, task, p, probe, budget, 0, True)]
    for step, batch in enumerate(batches(task.train, budget, order), 1):
        change, state = learner.update(network, state, *batch, noise, p)
        state = state.learned(change)
        if step in moments:
            rows.append(measure(learner, network, state, task, p, probe, budget, step, moments[step]))
    return course(rows, learner.macs(sizes, p), len(task.train[0]), budget)


def batches(examples, budget, order):
    """Yield the mini-batches of all epochs, each epoch in a new order."""
    x, y = examples
    for _ in range(budget.epochs):
        shuffled = order.permutation(len(x))
        for start in range(0, len(x) - budget.batch + 1, budget.batch):
            rows = shuffled[start : start + budget.batch]
            yield x[rows], y[rows]


def schedule(n, budget):
    """Return {update: whether to measure angles too}, evenly on a log scale, the last one included."""
    last = budget.epochs * (n // budget.batch)
    angles = set(np.geomspace(1, last, ANGLES).round().astype(int))
    errors = set(np.geomspace(1, last, EVALUATIONS).round().astype(int))
    return {step: step in angles for step in errors | angles}


def measure(learner, network, state, task, p, probe, budget, step, angles):
    """Return the errors, and the mean angle of each layer over some mini-batches (NaN if not asked for)."""
    row = {"update": step}
    for part in ("validation", "test"):
        x, y = getattr(task, part)
        scores = learner.predict(network, state, x, p)
        row[f"{part}_error"] = float(np.mean(scores.argmax(axis=1) != y.argmax(axis=1)))
    layers = len(network.sizes) - 1
    row["angle"] = np.full(layers + 1, np.nan)
    if angles:
        probes = [probe.choice(len(task.train[0]), budget.batch, replace=False) for _ in range(PROBES)]
        batches = [[part[rows] for part in task.train] for rows in probes]
        row["angle"] = np.mean(
            [angle(learner, network, state, *batch, probe, p) for batch in batches], axis=0
        )
    return row


def angle(learner, network, state, x, y, rng, p):
    """Return the angles (rad) between what the rule changes and the negative gradient on one mini-batch.

    One for the weights of each layer, and one for the weights of all hidden layers together.
    """
    change, _ = learner.update(network, state, x, y, rng, p)
    true = getattr(
        learner, "true_gradient", lambda network, state, x, y, p: gradient(network, state.weights, x, y)
    )
    downhill = [-g for g in true(network, state, x, y, p).W]
    hidden = [
        np.concatenate([each.ravel() for each in W[:-1]] or [W[0].ravel()]) for W in (change.W, downhill)
    ]
    return [between(*pair) for pair in zip([*change.W, hidden[0]], [*downhill, hidden[1]], strict=True)]


def backpropagated(network, state, x, y, p):
    """Return the gradient of a network whose prediction is one forward pass."""
    return gradient(network, state.weights, x, y)


def between(u, v):
    """Return the angle (rad) between two arrays of one shape; a right angle if one of them is zero."""
    u, v = (each.ravel().astype(float) for each in (u, v))
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    return np.arccos(np.clip(u @ v / lengths, -1, 1)) if lengths > 0 else np.pi / 2


def course(rows, macs, n, budget):
    """Return the measured rows as labelled arrays over the moments of training."""
    updates = np.array([row["update"] for row in rows])
    epochs = updates / (n // budget.batch)
    angles = np.array([row["angle"] for row in rows])
    unitless = {"units": "1"}
    return xr.Dataset(
        {
            "epochs": ("moment", epochs, unitless),
            "macs": ("moment", macs * budget.batch * updates.astype(float), unitless),
            "validation_error": ("moment", [row["validation_error"] for row in rows], unitless),
            "test_error": ("moment", [row["test_error"] for row in rows], unitless),
            "angle": (("moment", "layer"), angles[:, :-1], {"units": "rad"}),
            "angle_hidden": ("moment", angles[:, -1], {"units": "rad"}),
        }
    )
