"""The dendritic microcircuit predicts itself without teaching, and carries the gradient with it."""

from dataclasses import replace

import numerical
import numpy as np
import pytest

from dendritic_bp.models.rate import dendritic_microcircuit as rule
from dendritic_bp.models.rate._network import Weights, correlate, values
from dendritic_bp.models.rate.backprop import gradient

SIZES = (5, 6, 4, 3)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def circuit(rng):
    network = rule.network(SIZES)
    return network, rule.initial(network, rng, values(rule.parameters))


@pytest.fixture
def trials(rng):
    return rng.random((20, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], 20)]


def apical(network, state, x, **changed):
    """Return the largest apical voltage without teaching."""
    v = rule.settle(network, state, x, None, values(rule.parameters, **changed))
    return max(np.max(np.abs(each)) for each in v.apical)


def test_in_the_self_predicting_state_apical_dendrites_are_silent(circuit, trials):
    network, state = circuit
    assert apical(network, state, trials[0]) < 1e-6
    p = values(rule.parameters)
    v = rule.settle(network, state, trials[0], None, p)
    for u, basal in zip(v.soma, v.basal, strict=True):
        np.testing.assert_allclose(u, basal, atol=1e-12)
    taught = rule.settle(network, state, trials[0], rule.voltage(trials[1]), p)
    assert all(np.max(np.abs(each)) > 1e-3 for each in taught.apical)


def test_interneurons_learn_the_self_predicting_state(rng):
    """From random weights onto and from interneurons, without teaching, apical voltages vanish."""
    network = rule.network((4, 3, 2))
    state = rule.initial(network, rng, values(rule.parameters))
    weights = state.weights
    random = [rng.standard_normal(W.shape) for W in (state.IP.W[0], state.PI[0])]
    state = replace(state, IP=Weights([random[0]], [np.zeros(2)]), PI=[random[1]])
    x = 3 * rng.standard_normal((40, 4))
    p = values(rule.parameters, eta_I=15.0, eta_PI=1.0, lambda_I=0.5)
    assert apical(network, state, x) > 0.1
    for _ in range(8000):
        v = rule.settle(network, state, x, None, p)
        state = rule.interneurons_learned(network, state, v, p)
    assert apical(network, state, x) < 1e-6
    np.testing.assert_allclose(state.IP.W[0], weights.W[1], atol=1e-4)
    np.testing.assert_allclose(state.PI[0], -state.td[0], atol=1e-4)


def test_without_error_no_synapse_changes(circuit, trials, monkeypatch):
    """When the teacher asks for what the output does, nothing is left to learn."""
    network, state = circuit
    p = values(rule.parameters)
    reached = network.forward(state.weights, trials[0])[0][-1]
    monkeypatch.setattr(rule, "voltage", lambda y: reached)
    change, after = rule.update(network, state, *trials, None, p)
    assert np.max(np.abs(numerical.flat(change))) < 1e-12
    for old, new in zip([*state.IP.W, *state.PI], [*after.IP.W, *after.PI], strict=True):
        np.testing.assert_allclose(old, new, atol=1e-12)


def test_with_weak_nudging_and_transposed_feedback_the_circuit_backpropagates(circuit, trials):
    """As lambda -> 0 hidden layers get the gradient of the loss with the output error phi'*(u_trgt - v)."""
    network, state = circuit
    state = replace(state, td=[W.T for W in state.weights.W[1:]], PI=[-W.T for W in state.weights.W[1:]])
    x, y = trials
    a, h = network.forward(state.weights, x)
    delta = [h[3] * (1 - h[3]) * (rule.voltage(y) - a[-1])]
    for layer in (2, 1):
        delta.insert(0, network.nonlinearity.pull_back(h[layer], delta[0] @ state.weights.W[layer]))
    backpropagated = correlate(delta, h, 1)
    errors = []
    for lambda_ in (1e-1, 1e-2, 1e-3):
        p = values(rule.parameters, lambda_=lambda_, eta=1.0, out=float(SIZES[-2]))
        change, _ = rule.update(network, state, x, y, None, p)
        errors.append(numerical.distance(change, backpropagated))
    assert errors[-1] < 2e-3
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 10, rtol=0.1)


def test_changes_go_downhill_on_the_loss(circuit, trials):
    network, state = circuit
    state = replace(state, td=[W.T for W in state.weights.W[1:]], PI=[-W.T for W in state.weights.W[1:]])
    change, _ = rule.update(network, state, *trials, None, values(rule.parameters))
    for dW, g in zip(change.W, gradient(network, state.weights, *trials).W, strict=True):
        assert -np.sum(dW * g) > 0.5 * np.linalg.norm(dW) * np.linalg.norm(g)
