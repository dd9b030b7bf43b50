"""The targets that stand for signals other than labels are what theory says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dendritic_bp.models.rate import backprop


@pytest.fixture(scope="module")
def signals():
    folder = str(Path(__file__).parents[1] / "experiments")
    sys.path.insert(0, folder)
    import ngrad_signals
    from networks import ngrad_tasks

    yield type("Modules", (), dict(vars(ngrad_tasks), learn=staticmethod(ngrad_signals.learn)))
    sys.path.remove(folder)


def test_true_values_are_the_fixed_point_of_temporal_differences(signals):
    """From the true values on, the mean target of a state is its value."""
    task, rng = signals.TemporalDifference(seed=0), np.random.default_rng(0)
    known = np.arange(1, signals.STATES + 1) / (signals.STATES + 1)
    drawn = [[] for _ in known]
    for _ in range(5000):
        x, y = task.experience(lambda states: states @ known[:, np.newaxis], rng, None)
        for state, target in zip(x.argmax(axis=1), y[:, 0], strict=True):
            drawn[state].append(target)
    for value, targets in zip(known, drawn, strict=True):
        assert abs(np.mean(targets) - value) < 4 * np.std(targets) / len(targets) ** 0.5
    assert task.score(lambda states: states @ known[:, np.newaxis]) == pytest.approx(0)


def test_the_target_of_an_action_is_the_policy_gradient_in_the_mean(signals):
    """E[y - pi] = pi (r - pi r) for rewards r, the gradient of the expected reward by the logits."""
    task, rng = signals.PolicyGradient(seed=0), np.random.default_rng(0)
    task.data = replace(task.data, train=task.data.train[:1])  # one image
    pi, draws = np.full(10, 0.08), []
    pi[3] = 0.28
    for _ in range(500):
        _, y = task.experience(lambda x: np.tile(pi, (len(x), 1)), rng, backprop.network(task.sizes))
        draws.append((y - pi).mean(axis=0))
    r = np.eye(10)[task.data.labels[task.data.train[0]]]
    error = np.std(draws, axis=0) / len(draws) ** 0.5
    expected = pi * (r - pi @ r)
    assert np.all(np.abs(np.mean(draws, axis=0) - expected) < 4 * error)
    assert np.all(np.abs(expected) > 4 * error)


def test_principal_components_are_the_reference_of_reconstruction(signals):
    task = signals.Reconstruction(seed=0)
    assert task.score(lambda x: x) == 0
    assert task.score(lambda x: np.tile(task.train.mean(axis=0), (len(x), 1))) == pytest.approx(1)
    assert 0.1 < task.reference() < 0.2


def test_backprop_learns_by_signals_that_are_no_labels(signals):
    scores = {name: signals.learn("backprop", task(0), 400, seed=0) for name, task in signals.TASKS.items()}
    assert scores["reconstruction"][-1] < 0.5 * scores["reconstruction"][0]
    assert scores["temporal_difference"][-1] < 0.8 * scores["temporal_difference"][0]
    assert scores["policy_gradient"][-1] > 0.4
