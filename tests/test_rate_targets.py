"""Rules that learn to send targets down are exact where theory says so; so is the autoencoder."""

from dataclasses import replace

import numerical
import numpy as np
import pytest

from dendritic_bp.models.rate import (
    autoencoder,
    dendritic_microcircuit,
    difference_target_propagation,
    direct_difference_target_propagation,
    predictive_coding,
    target_propagation,
)
from dendritic_bp.models.rate._network import Network, State, Weights, linear, tanh, values
from dendritic_bp.models.rate.backprop import gradient

SIZES = (6, 5, 4, 3)
RULES = [target_propagation, difference_target_propagation, direct_difference_target_propagation]


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def trials(rng, sizes, n=7):
    return rng.standard_normal((n, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)]


@pytest.mark.parametrize("tied", [0, 1])
@pytest.mark.parametrize("layer", [1, 2])
def test_autoencoder_descends_the_reconstruction_error(layer, tied, rng):
    network = Network(SIZES, nonlinearity=tanh)
    clean = rng.standard_normal((8, SIZES[layer - 1]))
    noisy = clean + 0.3 * rng.standard_normal(clean.shape)
    W, V = (rng.standard_normal((SIZES[layer], SIZES[layer - 1])) for _ in range(2))
    start = Weights([W, V], [rng.standard_normal(SIZES[layer]), rng.standard_normal(SIZES[layer - 1])])

    def loss(weights):
        (W, V), (b, c) = weights
        r = np.tanh(noisy @ W.T + b) @ (W if tied else V) + c
        r = r if layer == 1 else np.tanh(r)
        return 0.5 * np.mean(np.sum((r - clean) ** 2, axis=1))

    decoder = (W.T if tied else V.T), start.b[1]
    of_W, of_V = autoencoder.reconstruction_gradient(network, layer, (W, start.b[0]), decoder, clean, noisy)
    own = Weights([of_W.W[0], of_V.W[0].T], [of_W.b[0], of_V.b[0]])
    if tied:
        own = Weights([own.W[0] + own.W[1], 0 * V], own.b)
    assert numerical.distance(own, numerical.gradient(loss, start)) < 1e-8


@pytest.mark.parametrize("tied", [0, 1])
def test_autoencoder_learns_to_reconstruct_and_to_classify(tied, rng):
    p = values(autoencoder.parameters, tied=tied, sigma=0, eta_r=0.4)
    network = Network((8, 4, 2))
    x = rng.standard_normal((200, 2)) @ rng.standard_normal((2, 8)) / 3
    y = np.eye(2)[(x[:, 0] > 0).astype(int)]
    state = autoencoder.initial(network, rng, p)
    for _ in range(1500):
        change, state = autoencoder.update(network, state, x, y, rng, p)
        state = state.learned(change)
    h = np.tanh(x @ state.weights.W[0].T + state.weights.b[0])
    r = h @ (state.weights.W[0] if tied else state.decoder.W[0].T) + state.decoder.b[0]
    assert np.mean((r - x) ** 2) < 0.1 * np.var(x)
    scores = autoencoder.predict(network, state, x, p)
    assert np.mean(scores.argmax(axis=1) == y.argmax(axis=1)) > 0.95


def invertible(rng, n=4, layers=3):
    """Return a square linear network with the exact inverses of its upper layers."""
    network = Network((n,) * (layers + 1), nonlinearity=linear)
    W = [np.linalg.qr(rng.standard_normal((n, n)))[0] * rng.uniform(0.5, 2, n) for _ in range(layers)]
    weights = Weights(W, [rng.standard_normal(n) for _ in range(layers)])
    Q = [np.linalg.inv(each) for each in W[1:]]
    d = [-q @ b for q, b in zip(Q, weights.b[1:], strict=True)]
    return network, weights, Weights(Q, d)


def test_with_exact_inverses_targets_make_the_output_reach_its_target(rng):
    """Plain and difference target propagation agree, and the network maps each target to the next."""
    network, weights, inverse = invertible(rng)
    x, y = trials(rng, network.sizes)
    a, h = network.forward(weights, x)
    p = values(difference_target_propagation.parameters)
    top = target_propagation.output_target(network, h[-1], a[-1], y, p)
    differences = difference_target_propagation.targets_below(network, inverse, top, a, h)
    plain = [top]
    for layer in (3, 2):
        plain.insert(0, target_propagation.invert(network, inverse, layer, plain[0]))
    for one, other in zip(differences, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    for layer in (1, 2):
        reached = differences[layer - 1] @ weights.W[layer].T + weights.b[layer]
        np.testing.assert_allclose(reached, differences[layer], atol=1e-12)


def test_with_orthogonal_weights_difference_targets_follow_the_gradient(rng):
    """There the inverse is the transpose."""
    network, weights, _ = invertible(rng)
    W = [np.linalg.qr(each)[0] for each in weights.W]
    weights, inverse = (
        Weights(W, weights.b),
        Weights([each.T for each in W[1:]], [0 * b for b in weights.b[1:]]),
    )
    x, y = trials(rng, network.sizes)
    p = values(difference_target_propagation.parameters, eta=1.0)
    state = difference_target_propagation.Alternating(weights, inverse)
    change, _ = difference_target_propagation.update(network, state, x, y, rng, p)
    true = gradient(network, weights, x, y, -1)
    assert numerical.distance(change, true) < 1e-12


def test_difference_targets_stay_where_the_output_does_whatever_the_inverse(rng):
    network = Network(SIZES)
    p = values(difference_target_propagation.parameters)
    state = difference_target_propagation.initial(network, rng, p)
    a, h = network.forward(state.weights, rng.standard_normal((5, SIZES[0])))
    targets = difference_target_propagation.targets_below(network, state.inverse, a[-1], a, h)
    for target, at in zip(targets, [*h[1:-1], a[-1]], strict=True):
        np.testing.assert_allclose(target, at, atol=1e-14)
    plain = target_propagation.invert(network, state.inverse, 3, a[-1])
    assert np.max(np.abs(plain - h[2])) > 0.1


def test_inverses_descend_the_reconstruction_error(rng):
    """With sigma = 0 the step is the gradient of |g(f(h)) - h|^2/2, over the units above."""
    network = Network(SIZES)
    p = values(target_propagation.parameters, sigma=0, eta_g=1.0)
    state = target_propagation.initial(network, rng, p)
    a, h = network.forward(state.weights, rng.standard_normal((6, SIZES[0])))

    def loss(inverse):
        r = [target_propagation.invert(network, inverse, layer, up) for layer, up in ((2, h[2]), (3, a[2]))]
        missed = [0.5 * np.mean(np.sum((one - h[k]) ** 2, axis=1)) for k, one in enumerate(r, 1)]
        return missed[0] / SIZES[2] + missed[1] / SIZES[3]

    after = target_propagation.learn_inverses(network, state.weights, state.inverse, h, rng, p)
    step = state.inverse.plus(after, -1)
    assert numerical.distance(step, numerical.gradient(loss, state.inverse)) < 1e-8


def test_a_learned_inverse_of_a_square_linear_layer_is_its_inverse(rng):
    network, weights, inverse = invertible(rng, layers=2)
    p = values(target_propagation.parameters, sigma=1.0, eta_g=0.4)
    learned = Weights([rng.standard_normal((4, 4))], [np.zeros(4)])
    h = network.forward(weights, rng.standard_normal((50, 4)))[1]
    for _ in range(1000):
        learned = target_propagation.learn_inverses(network, weights, learned, h, rng, p)
    assert numerical.distance(learned, inverse) < 1e-6


def test_alternating_trains_inverses_and_weights_by_turns(rng):
    network = Network(SIZES)
    p = values(difference_target_propagation.parameters, alternate=2)
    state = difference_target_propagation.initial(network, rng, p)
    turns = []
    for _ in range(8):
        change, after = difference_target_propagation.update(network, state, *trials(rng, SIZES), rng, p)
        turns.append((np.any(change.W[0] != 0), np.any(after.inverse.W[0] != state.inverse.W[0])))
        state = after.learned(change)
    assert turns == [(False, True)] * 2 + [(True, False)] * 2 + [(False, True)] * 2 + [(True, False)] * 2


def learned_feedback(rng, network, weights, **settings):
    """Return Q of the first hidden layer after many steps, averaged over the last half of them."""
    rule = direct_difference_target_propagation
    p = values(rule.parameters, **settings)
    Q = rule.initial(network, rng, p).Q
    a, h = network.forward(weights, rng.standard_normal((200, network.sizes[0])))
    total, steps = 0, 1000
    for step in range(steps):
        Q = rule.learn_feedback(network, weights, Q, a, h, rng, p)
        total = total + Q[0] * (step >= steps // 2) / (steps // 2)
    return total


@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_difference_reconstruction_learns_the_damped_pseudo_inverse(decay, rng):
    network = Network((4, 8, 3), nonlinearity=linear)
    weights = network.initial(rng)
    Q = learned_feedback(rng, network, weights, decay=decay, eta_g=0.3)
    J = weights.W[1]
    np.testing.assert_allclose(Q, J.T @ np.linalg.inv(J @ J.T + decay * np.eye(3)), atol=0.02)


def test_difference_reconstruction_sees_the_whole_way_to_the_output(rng):
    network = Network((4, 7, 6, 3), nonlinearity=linear)
    weights = network.initial(rng)
    Q = learned_feedback(rng, network, weights, decay=0.1, eta_g=0.3)
    J = weights.W[2] @ weights.W[1]
    np.testing.assert_allclose(Q, J.T @ np.linalg.inv(J @ J.T + 0.1 * np.eye(3)), atol=0.05)


def test_local_difference_reconstruction_learns_the_transposed_jacobian(rng):
    network = Network((4, 7, 6, 3), nonlinearity=linear)
    weights = network.initial(rng)
    Q = learned_feedback(rng, network, weights, local=1, eta_g=0.1)
    np.testing.assert_allclose(Q, weights.W[1].T, atol=0.02)


def test_with_transposed_jacobians_local_targets_follow_the_gradient(rng):
    rule = direct_difference_target_propagation
    network = Network((6, 5, 3))
    weights = network.initial(rng)
    x, y = trials(rng, network.sizes)
    p = values(rule.parameters, eta=1.0, local=1)
    change, _ = rule.update(network, rule.WithReconstruction(weights, [weights.W[1].T]), x, y, rng, p)
    assert numerical.distance(change, gradient(network, weights, x, y, -1)) < 1e-12


@pytest.mark.parametrize("rule", [*RULES, autoencoder])
def test_a_rule_leaves_its_state_alone_and_keeps_single_precision(rule, rng):
    p = values(rule.parameters)
    network = replace(rule.network(SIZES), dtype=np.float32)
    state = rule.initial(network, rng, p)
    before = [W.copy() for W in state.weights.W]
    x, y = (each.astype(np.float32) for each in trials(rng, SIZES))
    change, after = rule.update(network, state, x, y, rng, p)
    assert isinstance(after, State) and after is not state
    for old, same, new in zip(before, state.weights.W, change.W, strict=True):
        np.testing.assert_array_equal(old, same)
        assert new.dtype == np.float32


@pytest.mark.parametrize("rule", [*RULES, autoencoder, dendritic_microcircuit, predictive_coding])
@pytest.mark.parametrize("sizes", [(9, 8, 3), (9, 8, 7, 6, 3)])
def test_multiplications_are_those_that_are_done(rule, sizes):
    p = values(rule.parameters)
    assert rule.macs(sizes, p) == numerical.macs(rule, rule.network(sizes), p)
