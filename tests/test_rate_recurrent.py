"""Rules that compare fixed points, phases or samples are exact where theory says so."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numerical
import numpy as np
import pytest

from dendritic_bp.models.rate import (
    almeida_pineda,
    boltzmann,
    contrastive_hebbian,
    equilibrium_propagation,
    error_neurons,
    generec,
    predictive_coding,
    wake_sleep,
)
from dendritic_bp.models.rate._network import Network, Weights, logistic, softmax, squared, values
from dendritic_bp.models.rate._settling import free, symmetric
from dendritic_bp.models.rate.backprop import gradient

SIZES = (4, 5, 4, 3)
SETTLED = 200


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def trials(rng):
    return rng.standard_normal((6, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], 6)]


def update(rule, network, state, trials, **changed):
    """Return the change for a learning rate of 1, and the new state."""
    p = values(rule.parameters, **(dict(eta=1.0) | changed))
    return rule.update(network, state, *trials, np.random.default_rng(0), p)


def inside(state):
    """Return weights with which a hard sigmoid has units between its two ends."""
    W, b = state.weights
    return replace(state, weights=Weights([0.5 * each for each in W], [each + 0.4 for each in b]))


def descent(weights):
    return Weights([-W for W in weights.W], [-b for b in weights.b])


def test_settling_finds_a_fixed_point(rng, trials):
    network = Network(SIZES)
    weights = network.initial(rng)
    h = free(network, weights, symmetric(weights, 0.5), trials[0], SETTLED)
    a = h[1] @ weights.W[1].T + weights.b[1] + 0.5 * h[3] @ weights.W[2]
    np.testing.assert_allclose(h[2], np.tanh(a), atol=1e-12)


def test_almeida_pineda_is_the_gradient_of_the_loss_at_the_fixed_point(rng, trials):
    p = values(almeida_pineda.parameters)
    network = almeida_pineda.network(SIZES)
    state = almeida_pineda.initial(network, rng, p)

    def loss(weights, back=None):
        h = free(network, weights, back or state.back, trials[0], SETTLED)
        return network.loss.value(h[-1], trials[1]).mean()

    change, after = update(almeida_pineda, network, state, trials, eta_B=1.0, sweeps=SETTLED)
    assert numerical.distance(descent(change), numerical.gradient(loss, state.weights)) < 1e-7
    back = Weights(state.back, [np.zeros(0)] * 2)
    of_back = numerical.gradient(lambda moved: loss(state.weights, moved.W), back)
    moved = Weights([new - old for new, old in zip(after.back, state.back, strict=True)], back.b)
    assert numerical.distance(descent(moved), of_back) < 1e-7


def test_almeida_pineda_solves_the_adjoint_equation(rng, trials):
    """One hidden layer: (1 - J^T F') z = direct error, with all units in one matrix J."""
    p = values(almeida_pineda.parameters)
    network = almeida_pineda.network((4, 5, 3))
    state = almeida_pineda.initial(network, rng, p)
    x, y = trials[0][:1], trials[1][:1]
    h = free(network, state.weights, state.back, x, SETTLED)
    z = almeida_pineda.adjoint(network, state.weights, state.back, h, y, SETTLED)
    J = np.block([[np.zeros((5, 5)), state.back[0]], [state.weights.W[1], np.zeros((3, 3))]])
    slope = np.concatenate([1 - h[1][0] ** 2, h[2][0] * (1 - h[2][0])])
    error = np.concatenate([np.zeros(5), h[2][0] - y[0]])
    u = np.linalg.solve(np.eye(8) - J.T * slope, error)
    np.testing.assert_allclose(np.concatenate([each[0] for each in z]), slope * u, atol=1e-12)


@pytest.mark.parametrize("rule", [contrastive_hebbian, equilibrium_propagation, boltzmann])
def test_true_gradient_of_symmetric_networks(rule, rng, trials):
    p = values(rule.parameters)
    network = rule.network(SIZES)
    state = inside(rule.initial(network, rng, p))
    gamma = getattr(p, "gamma", 1.0)

    def loss(weights):
        h = free(network, weights, symmetric(weights, gamma), trials[0], SETTLED)
        return network.loss.value(h[-1], trials[1]).mean()

    true = rule.true_gradient(network, state, *trials, p)
    assert numerical.distance(true, numerical.gradient(loss, state.weights)) < 1e-6


def test_contrastive_hebbian_learning_becomes_backpropagation_as_feedback_weakens(rng, trials):
    network = contrastive_hebbian.network(SIZES)
    state = contrastive_hebbian.initial(network, rng, values(contrastive_hebbian.parameters))
    true = gradient(network, state.weights, *trials)
    errors = [
        numerical.distance(descent(update(contrastive_hebbian, network, state, trials, gamma=g)[0]), true)
        for g in (1e-2, 1e-3, 1e-4)
    ]
    assert errors[-1] < 1e-3
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 10, rtol=0.05)


def test_symmetric_midpoint_generec_is_contrastive_hebbian_learning(rng, trials):
    network = Network(SIZES, nonlinearity=logistic, output=logistic, loss=squared)
    p = values(generec.parameters, symmetric=1)
    state = generec.initial(network, rng, p)
    change, after = update(generec, network, state, trials, symmetric=1, midpoint=1)
    contrast, _ = update(contrastive_hebbian, network, state, trials, gamma=1.0, sweeps=p.sweeps)
    assert numerical.distance(change, contrast) < 1e-14
    learned = state.weights.plus(change)
    for B, expected in zip(after.back, symmetric(learned), strict=True):
        np.testing.assert_allclose(B, expected, atol=1e-14)


def test_generec_follows_the_gradient_where_feedback_is_weak_and_symmetric(rng, trials):
    """With B = gamma W^T the output learns by the delta rule, a hidden layer by gamma times backprop."""
    network = Network((4, 5, 3))
    p = values(generec.parameters)
    state = generec.initial(network, rng, p)
    weak = type(state)(state.weights, symmetric(state.weights, 1e-5))
    change, _ = update(generec, network, weak, trials)
    true = gradient(network, state.weights, *trials)
    np.testing.assert_allclose(-change.W[0] / 1e-5, true.W[0], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(-change.W[1], true.W[1], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("two_sided", "order"), [(0, 1), (1, 2)])
def test_equilibrium_propagation_approaches_the_gradient(two_sided, order, rng, trials):
    """The error falls as beta (one-sided nudge) or as beta^2 (symmetric nudge)."""
    network = equilibrium_propagation.network(SIZES)
    state = equilibrium_propagation.initial(network, rng, values(equilibrium_propagation.parameters))
    state = inside(state)
    true = equilibrium_propagation.true_gradient(network, state, *trials, None)
    settings = dict(symmetric=two_sided, sweeps=SETTLED, nudged_sweeps=SETTLED)
    betas = np.array([0.02, 0.01, 0.005])
    errors = [
        numerical.distance(
            descent(update(equilibrium_propagation, network, state, trials, beta=b, **settings)[0]), true
        )
        for b in betas
    ]
    assert errors[-1] < (2e-2, 1e-3)[two_sided]
    np.testing.assert_allclose(np.diff(np.log(errors)) / np.diff(np.log(betas)), order, atol=0.1)


def test_each_sweep_of_equilibrium_propagation_lowers_the_energy(rng, trials):
    network = equilibrium_propagation.network(SIZES)
    weights = network.initial(rng)

    def energy(h):
        into = [a @ W.T + b for a, W, b in zip(h, *weights, strict=False)]
        return sum(
            np.sum(each**2, axis=1) / 2 - np.sum(each * a, axis=1)
            for each, a in zip(h[1:], into, strict=True)
        )

    energies = [energy(free(network, weights, symmetric(weights), trials[0], n)) for n in range(8)]
    assert np.all(np.diff(energies, axis=0) < 1e-12)
    assert np.any(np.diff(energies, axis=0) < -1e-3)


def test_predictive_coding_becomes_backpropagation_as_the_variance_vanishes(rng, trials):
    network = predictive_coding.network(SIZES)
    state = predictive_coding.initial(network, rng, None)
    true = gradient(network, state.weights, *trials)
    errors = [
        numerical.distance(
            descent(update(predictive_coding, network, state, trials, Sigma=s, steps=40)[0]), true
        )
        for s in (1e-2, 1e-3, 1e-4)
    ]
    assert errors[-1] < 1e-3
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 10, rtol=0.2)


def test_predictive_coding_descends_its_energy_to_rest(rng, trials):
    """At rest eps_l = f'(x_l) W^T eps_{l+1}: dF/dx = 0."""
    network = predictive_coding.network(SIZES)
    weights = network.initial(rng)
    p = values(predictive_coding.parameters, steps=100)
    eps, h = predictive_coding.relax(network, weights, *trials, p)
    for layer in (1, 2):
        rest = (1 - h[layer] ** 2) * (eps[layer] @ weights.W[layer])
        np.testing.assert_allclose(eps[layer - 1], rest, atol=1e-8)


def mirrored(network, rng):
    weights = network.initial(rng)
    return error_neurons.WithErrorNeurons(weights, symmetric(weights))


@pytest.mark.parametrize("lambda_", [0.3, 1.0])
def test_error_neurons_settle_to_the_errors_of_predictive_coding(lambda_, rng, trials):
    network = error_neurons.network(SIZES)
    state = mirrored(network, rng)
    p = values(error_neurons.parameters, lambda_=lambda_, steps=200, step=0.3)
    e, h = error_neurons.relax(network, state.weights, state.B, *trials, p)
    q = values(predictive_coding.parameters, Sigma=lambda_, steps=200, step=0.3)
    eps, rates = predictive_coding.relax(network, state.weights, *trials, q)
    for ours, theirs in zip([*e, *h], [*eps, *rates], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_error_neurons_that_do_not_nudge_settle_to_backpropagation(rng, trials):
    network = error_neurons.network(SIZES)
    state = mirrored(network, rng)
    change, _ = update(error_neurons, network, state, trials, lambda_=0, decay=0, steps=100)
    assert numerical.distance(descent(change), gradient(network, state.weights, *trials)) < 1e-12


def test_error_neurons_learn_to_mirror_the_forward_weights(rng, trials):
    network = error_neurons.network(SIZES)
    state = error_neurons.initial(network, rng, None)

    def gap(state):
        return sum(np.sum((B - W.T) ** 2) for B, W in zip(state.B, state.weights.W[1:], strict=True)) ** 0.5

    before = gap(state)
    for _ in range(100):
        change, state = update(error_neurons, network, state, trials, eta=0.1, decay=0.1)
        state = state.learned(change)
    np.testing.assert_allclose(gap(state), before * (1 - 0.01) ** 100, rtol=1e-9)


BM = (3, 4, 2)
CHAINS = 20000


def exact_moments(weights, x, y=None):
    """Return <h_1>, <h_1 x^T> ... by summing over all states of a small machine with one image."""
    hidden = np.array(list(product([-1.0, 1.0], repeat=BM[1])))
    outputs = np.eye(BM[-1]) if y is None else y
    states = [(h, o) for h in hidden for o in outputs]
    W, b = weights
    goodness = np.array([h @ (W[0] @ x + b[0]) + o @ (W[1] @ h + b[1]) for h, o in states])
    P = np.exp(goodness - goodness.max())
    P /= P.sum()
    mean = [sum(q * s[k] for q, s in zip(P, states, strict=True)) for k in (0, 1)]
    pair = sum(q * np.outer(o, h) for q, (h, o) in zip(P, states, strict=True))
    return mean[0], mean[1], pair


@pytest.mark.parametrize("clamp", [False, True])
def test_boltzmann_moments_are_those_of_the_enumerated_distribution(clamp, rng):
    network = boltzmann.network(BM)
    weights = network.initial(rng)
    x, y = rng.random(BM[0]), np.array([[0.0, 1.0]])
    start = [np.tile(x, (CHAINS, 1)), np.zeros((CHAINS, BM[1])), np.tile(y, (CHAINS, 1))]
    h = boltzmann.sample(network, weights, start, rng, 40, start[-1] if clamp else None)
    pairs = h[2][:, :, np.newaxis] * h[1][:, np.newaxis, :]
    for seen, exact in zip((h[1], h[2], pairs), exact_moments(weights, x, y if clamp else None), strict=True):
        assert np.all(np.abs(seen.mean(axis=0) - exact) < 4 * seen.std(axis=0) / CHAINS**0.5 + 1e-12)


def test_boltzmann_learning_ascends_the_likelihood(rng):
    """The mean change over many chains is the gradient of log P(y|x), within 4 standard errors."""
    network = boltzmann.network(BM)
    state = boltzmann.initial(network, rng, SimpleNamespace(gain=0.5))
    x, y = rng.random(BM[0]), np.array([[0.0, 1.0]])

    def loss(weights):
        W, b = weights
        a = W[0] @ x + b[0]
        score = np.array([np.log(np.cosh(a + W[1][k])).sum() + b[1][k] for k in range(BM[-1])])
        return np.log(np.sum(np.exp(score))) - score[1]

    x, trials = x, (np.tile(x, (CHAINS, 1)), np.tile(y, (CHAINS, 1)))
    change, _ = update(boltzmann, network, state, trials, sweeps=40)
    exact = descent(numerical.gradient(loss, state.weights))
    error = 4 * 2**0.5 / CHAINS**0.5  # no product of units has a larger standard deviation than 1
    assert np.max(np.abs(numerical.flat(change) - numerical.flat(exact))) < error
    assert np.max(np.abs(numerical.flat(exact))) > 5 * error


HM = (4, 3, 2)


def description_length(state, x, y):
    """Return the mean of -log p(x, y), by summing over all hidden states."""
    (G_1, G_2), (c_0, c_1) = state.generative
    result = []
    for image, label in zip(x, y, strict=True):
        total = 0
        for h in np.array(list(product([0.0, 1.0], repeat=HM[1]))):
            above, below = logistic.value(G_2 @ label + c_1), logistic.value(G_1 @ h + c_0)
            total += np.prod(np.where(h, above, 1 - above)) * np.prod(np.where(image, below, 1 - below))
        result.append(-np.log(total * (softmax.value(state.prior) @ label)))
    return np.mean(result)


def test_wake_sleep_lowers_the_description_length(rng):
    network = wake_sleep.network(HM)
    state = wake_sleep.initial(network, rng, None)
    x = np.array([[1.0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1]])
    y = np.eye(2)[[0, 0, 1, 1]]
    lengths = [description_length(state, x, y)]
    p = values(wake_sleep.parameters, eta=0.1, eta_G=0.1)
    for _ in range(5):
        for _ in range(500):
            change, state = wake_sleep.update(network, state, x, y, rng, p)
            state = state.learned(change)
        lengths.append(description_length(state, x, y))
    assert lengths[0] == pytest.approx(np.log(2**5))
    assert lengths[-1] < 0.7 * lengths[0]
    assert np.log(4) <= min(lengths)


def test_a_layer_of_one_hot_units_is_drawn_with_its_probabilities(rng):
    probability = np.array([0.1, 0.6, 0.3])
    drawn = boltzmann.one_of(np.tile(probability, (CHAINS, 1)), rng)
    assert np.all(drawn.sum(axis=1) == 1)
    sd = np.sqrt(probability * (1 - probability) / CHAINS)
    assert np.all(np.abs(drawn.mean(axis=0) - probability) < 4 * sd)
