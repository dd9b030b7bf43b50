"""Measure a network while it learns: errors, angles to the true gradient, and what it has cost."""

import numpy as np
import xarray as xr

from dendritic_bp.analysis import answers
from dendritic_bp.models.rate.backprop import gradient

ENOUGH = 2_000  # examples for an error in the course of training, about; at its end all are taken
FORGOTTEN = 0.1  # by so much more validation error than at its best a network has diverged; chosen here
FAILED = ("diverged", "at chance")
LEVELS = {"10pct": 0.10, "5pct": 0.05}  # of test error, to which epochs and MACs are counted


def moments(n, budget):
    """Return {update: whether to measure angles too}, evenly on a log scale, the last one included."""
    last = budget.epochs * (n // budget.batch)
    errors, angles = (
        set(np.geomspace(last, 1, number).round().astype(int)) for number in (budget.moments, budget.angles)
    )
    return {step: step in angles for step in errors | angles}


def measure(network, learner, state, task, p, rng, budget, with_angles=True, final=False):
    """Return the errors and, if asked for, the mean angle of each layer over some mini-batches, else NaN."""
    row = {}
    for part in ("validation", "test"):
        x, y = getattr(task, part)
        x, y = (each if final else each[:: max(1, len(each) // ENOUGH)] for each in (x, y))
        scores = learner.predict(network, state, x, p)
        known = np.where(np.isfinite(scores).all(axis=1, keepdims=True), scores, 0)  # else it is no answer
        row[f"{part}_error"] = np.mean(answers(known) != y.argmax(axis=1))
    row["angles"] = np.full(len(network.sizes), np.nan)
    if with_angles:
        x, y = task.train
        rows = [rng.choice(len(x), budget.batch, replace=False) for _ in range(budget.probes)]
        each = [angles(learner, network, state, x[probe], y[probe], rng, p) for probe in rows]
        row["angles"] = np.ma.masked_invalid(each).mean(axis=0).filled(np.nan)
    return row


def angles(learner, network, state, x, y, rng, p):
    """Return the angles (rad) between what the rule changes and the negative gradient on one mini-batch.

    One for the weights of each layer, and one for the weights of all hidden layers together.
    """
    change, _ = learner.update(network, state, x, y, rng, p)
    true = getattr(learner, "true_gradient", _backpropagated)(network, state, x, y, p)
    return [
        *(between(dW, -g) for dW, g in zip(change.W, true.W, strict=True)),
        between(_joined(change.W[:-1] or change.W), -_joined(true.W[:-1] or true.W)),
    ]


def between(u, v):
    """Return the angle (rad) between a change u and a direction v: pi/2 without change, NaN if v is zero."""
    u, v = (each.ravel().astype(float) for each in (u, v))
    if not v.any():
        return np.nan
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    return np.arccos(np.clip(u @ v / lengths, -1, 1)) if u.any() else np.pi / 2


def course(rows, epochs, macs):
    """Return the measured rows as labelled arrays over the moments of training."""
    pure = {"units": "1"}
    measured = np.array([row["angles"] for row in rows])
    return xr.Dataset(
        {
            "epochs": ("moment", np.array(epochs, float), pure),
            "macs": ("moment", np.array(macs, float), pure),
            "validation_error": ("moment", [row["validation_error"] for row in rows], pure),
            "test_error": ("moment", [row["test_error"] for row in rows], pure),
            "angle": (("moment", "layer"), measured[:, :-1], {"units": "rad"}),
            "angle_hidden": ("moment", measured[:, -1], {"units": "rad"}),
        }
    )


def chance(y):
    """Return the test error from which on a network knows no more than the commonest class (3 sd)."""
    share = np.mean(y, axis=0).max()
    return 1 - share - 3 * np.sqrt(share * (1 - share) / len(y))


def verdicts(one):
    """Return for each seed of a rule "diverged", "at chance", or "" where it learned."""
    lost = one.validation_error[:, -1] - one.validation_error.min("moment") > FORGOTTEN
    failed = [~one.finite | lost, one.test_error[:, -1] >= one.chance_error]
    return np.select([each.values for each in failed], FAILED, "")


def verdict(one):
    """Return the first failure among the networks of a rule, or ""."""
    return next((str(each) for each in verdicts(one) if each), "")


def failures(data):
    """Return a line for each rule of which networks failed."""
    found = {name: verdicts(data.sel(rule=name)) for name in data.rule.values}
    return [
        f"{name}: {kind} in {np.sum(each == kind)} of {len(each)} networks"
        for name, each in found.items()
        for kind in FAILED
        if np.any(each == kind)
    ]


def summary(data):
    """Return accuracy, angle and cost of each rule: means over the seeds; what is not reached is left out.

    A rule of which a network failed has no accuracy, but the number of networks that did.
    """
    numbers = {}
    for name in data.rule.values:
        one = data.sel(rule=name)
        numbers |= {f"{name}_{key}": value for key, value in _accuracy(one).items()}
        if np.isfinite(angle := float(angle_learning(one))):
            numbers[f"{name}_angle_deg"] = float(np.degrees(angle))
        for label, level in LEVELS.items():
            epochs = epochs_to(one, level)
            if np.isfinite(epochs):
                numbers[f"{name}_epochs_to_{label}"] = epochs
                numbers[f"{name}_macs_to_{label}"] = epochs * float(one.macs[0, -1] / one.epochs[-1])
        numbers[f"{name}_epoch_s"] = float(one.epoch_s.mean())
    return numbers


def _accuracy(one):
    failed = verdicts(one)
    if any(failed):
        counts = {f"networks_{kind.replace(' ', '_')}": int(np.sum(failed == kind)) for kind in FAILED}
        return {key: count for key, count in counts.items() if count}
    accuracy = 1 - one.test_error[:, -1]
    worst = {"test_accuracy_worst": float(accuracy.min())} if accuracy.size > 1 else {}
    return {"test_accuracy": float(accuracy.mean()), **worst}


def angle_learning(one):
    """Return the angle (rad) of all hidden layers: mean over seeds and moments from the first epoch on."""
    return one.angle_hidden.where(one.epochs >= 1).mean()


def epochs_to(one, level):
    """Return the epochs to a test error, the mean over seeds; NaN if a seed does not reach it."""
    return float(np.mean([_first_below(error, one.epochs.values, level) for error in one.test_error.values]))


def _first_below(error, at, level):
    """Return where an error measured `at` some moments reaches a level, linearly between them, or NaN."""
    below = np.flatnonzero(error <= level)
    if not below.size or below[0] == 0:
        return at[0] if below.size else np.nan
    k = below[0]
    return np.interp(level, [error[k], error[k - 1]], [at[k], at[k - 1]])


def _backpropagated(network, state, x, y, p):
    return gradient(network, state.weights, x, y)


def _joined(arrays):
    return np.concatenate([each.ravel() for each in arrays])
