import itertools

import numpy as np
import pytest
from numerical import flat, gradient, macs

from dendritic_bp.models.rate import _network as rate
from dendritic_bp.models.rate import (
    autoencoder,
    backprop,
    burst_ensemble,
    burst_single_phase,
    direct_feedback_alignment,
    error_neurons,
    feedback_alignment,
    generec,
    hebbian,
    kolen_pollack,
    node_perturbation,
    reinforce,
    weight_perturbation,
)
from dendritic_bp.models.rate._network import Network, values

SIZES, EXAMPLES = (4, 5, 3, 3), 6
DRAWS, PATIENCE = 4000, 4  # draws of noise; standard errors


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def examples(rng, sizes=SIZES, n=EXAMPLES):
    """Return random inputs, from 0 to 1, and one-hot targets."""
    return rng.random((n, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=n)]


def setting(rule, rng, sizes=SIZES, **changed):
    p = values(rule.parameters, **changed)
    network = rule.network(sizes)
    return network, rule.initial(network, rng, p), p


def angle(u, v):
    u, v = (np.concatenate([each.ravel() for each in part]) for part in (u, v))
    return np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))


def assert_unbiased(draws, expected):
    """Assert that the mean over draws is within some standard errors of what is expected, for each weight.

    With as many comparisons as there are weights the largest of them all may be as far off as that.
    """
    error = draws.std(axis=0, ddof=1) / len(draws) ** 0.5
    far = np.abs(draws.mean(axis=0) - expected) / error
    assert far.max() < PATIENCE
    assert (np.abs(expected) > 3 * error).mean() > 0.2  # else any estimate would pass


OUTPUTS = [
    (rate.softmax, rate.cross_entropy),
    (rate.linear, rate.squared),
    (rate.softmax, rate.squared),
    (rate.softmax, rate.mistakes),
    (rate.logistic, rate.squared),
]


@pytest.mark.parametrize("hidden", [rate.tanh, rate.logistic, rate.linear, rate.hard_sigmoid])
@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids=lambda each: each.name)
def test_backprop_is_the_numerical_gradient(hidden, output, loss, rng):
    network = Network(SIZES, hidden, output, loss)
    weights, (x, y) = network.initial(rng), examples(rng)
    expected = gradient(lambda moved: network.loss.value(network.forward(moved, x)[1][-1], y).mean(), weights)
    assert flat(backprop.gradient(network, weights, x, y)) == pytest.approx(flat(expected), abs=1e-6)


def test_losses_stay_finite_where_outputs_saturate():
    sure = np.array([[1.0, 0.0]], np.float32)
    assert np.isfinite(rate.cross_entropy.value(sure, sure[:, ::-1])).all()
    assert np.isfinite(rate.cross_entropy.gradient(sure, sure[:, ::-1])).all()


@pytest.mark.parametrize("rule", [weight_perturbation, node_perturbation], ids=lambda rule: rule.__name__)
def test_perturbation_is_unbiased(rule, rng):
    network, state, p = setting(rule, rng, eta=1.0, sigma=1e-4)
    x, y = examples(rng)
    draws = np.array([flat(rule.update(network, state, x, y, rng, p)[0]) for _ in range(DRAWS)])
    assert_unbiased(draws, -flat(backprop.gradient(network, state.weights, x, y)))


def test_the_noise_of_each_example_is_independent_normal(rng):
    """The trick of shared noise and random signs leaves the noise of an example as it should be."""
    network, state, p = setting(weight_perturbation, rng, sizes=(3, 2), eta=1.0, sigma=1e-4)
    x, y = examples(rng, (3, 2), 1)
    draws = np.array(
        [flat(weight_perturbation.update(network, state, x, y, rng, p)[0]) for _ in range(DRAWS)]
    )
    true = flat(backprop.gradient(network, state.weights, x, y))
    variance = true**2 + true @ true  # of g.xi xi/sigma^2 with normal xi
    assert draws.var(axis=0) == pytest.approx(variance, rel=0.25)


def expected_reward(network, weights, x, y):
    """Return the mean reward over all states of one layer of binary hidden units."""
    states = np.array(list(itertools.product([0.0, 1.0], repeat=network.sizes[1])))
    h = rate.logistic.value(x @ weights.W[0].T + weights.b[0])[:, np.newaxis]
    chance = np.prod(np.where(states == 1, h, 1 - h), axis=2)
    policy = rate.softmax.value(states @ weights.W[1].T + weights.b[1])
    return np.mean(np.sum(chance * (y @ policy.T), axis=1))


def test_reinforce_is_unbiased(rng):
    network, state, p = setting(reinforce, rng, sizes=(3, 4, 3), eta=1.0)
    x, y = examples(rng, (3, 4, 3))
    draws = np.array([flat(reinforce.update(network, state, x, y, rng, p)[0]) for _ in range(4 * DRAWS)])
    expected = gradient(lambda weights: expected_reward(network, weights, x, y), state.weights)
    assert_unbiased(draws, flat(expected))


def test_the_baseline_of_reinforce_follows_the_reward(rng):
    network, state, p = setting(reinforce, rng, tau=10.0)
    x = examples(rng)[0]
    always = np.ones((EXAMPLES, SIZES[-1]))
    for _ in range(3):
        _, state = reinforce.update(network, state, x, always, rng, p)
    assert state.R_bar == pytest.approx(1 - 0.9**3)


def test_feedback_alignment_is_backprop_where_feedback_is_symmetric(rng):
    network, state, p = setting(feedback_alignment, rng, eta=1.0)
    x, y = examples(rng)
    symmetric = feedback_alignment.Feedback(state.weights, [W.T for W in state.weights.W[1:]])
    change, _ = feedback_alignment.update(network, symmetric, x, y, rng, p)
    true = backprop.gradient(network, state.weights, x, y)
    assert flat(change) == pytest.approx(-flat(true), abs=1e-12)
    change, _ = feedback_alignment.update(network, state, x, y, rng, p)
    assert change.W[-1] == pytest.approx(-true.W[-1], abs=1e-12)
    assert angle(change.W[:1], [-true.W[0]]) > 10


def test_direct_feedback_is_backprop_where_it_skips_nothing(rng):
    """With one hidden layer, or linear layers and the product of the weights above."""
    x, y = examples(rng)
    network = Network(SIZES, nonlinearity=rate.linear)
    weights = network.initial(rng)
    B = [weights.W[1].T @ weights.W[2].T, weights.W[2].T]
    state, p = feedback_alignment.Feedback(weights, B), values(direct_feedback_alignment.parameters, eta=1.0)
    change, _ = direct_feedback_alignment.update(network, state, x, y, rng, p)
    assert flat(change) == pytest.approx(-flat(backprop.gradient(network, weights, x, y)), abs=1e-12)


def test_kolen_pollack_feedback_becomes_the_transpose(rng):
    network, state, p = setting(kolen_pollack, rng, eta=0.5, lambda_=0.02)
    x, y = examples(rng)
    start = [W - B.T for W, B in zip(state.weights.W[1:], state.B, strict=True)]
    for _ in range(1000):
        change, state = kolen_pollack.update(network, state, x, y, rng, p)
        state = state.learned(change)
    left = [W - B.T for W, B in zip(state.weights.W[1:], state.B, strict=True)]
    assert left[0] == pytest.approx(start[0] * 0.99**1000, abs=1e-12)  # 1 - eta*lambda in each update
    assert angle(state.weights.W[1:], [B.T for B in state.B]) < 0.1


def test_small_errors_make_the_burst_ensemble_feedback_alignment(rng):
    """The deviation from B delta (1-e) p(1-p) shrinks with the error."""
    network, state, p = setting(burst_ensemble, rng, sizes=(4, 5, 3), eta=1.0, sd_B=1.0)
    x = examples(rng)[0]
    e = network.forward(state.weights, x)[1]
    direction = rng.standard_normal(e[-1].shape)
    output = p.p_0 * direction * (1 - e[-1]) * e[-1]
    p_bar = rate.logistic.value(p.p_0 * e[-1] @ state.B[0].T * (1 - e[1]))
    hidden = p_bar * (1 - p_bar) * (output @ state.B[0].T) * (1 - e[1]) * e[1]
    expected = flat(rate.correlate([hidden, output], e, 1.0))
    for size in (1e-2, 1e-3):
        change, _ = burst_ensemble.update(network, state, x, e[-1] + size * direction, rng, p)
        assert np.abs(flat(change) / size - expected).max() < size


@pytest.mark.parametrize("rule", [burst_ensemble, burst_single_phase], ids=lambda rule: rule.__name__)
def test_bursts_that_are_expected_teach_nothing(rule, rng):
    network, state, p = setting(rule, rng, sizes=(4, 5, 3))
    x = examples(rng)[0]
    e = network.forward(state.weights, x)[1]
    assert flat(rule.update(network, state, x, e[-1], rng, p)[0]) == pytest.approx(0, abs=1e-12)
    assert np.abs(flat(rule.update(network, state, x, 1 - e[-1], rng, p)[0])).max() > 1e-3


LEARNING_BY_LAYER = [
    backprop,
    kolen_pollack,
    generec,
    hebbian,
    autoencoder,
    weight_perturbation,
    error_neurons,
]


@pytest.mark.parametrize("rule", LEARNING_BY_LAYER, ids=lambda rule: rule.__name__)
def test_each_layer_may_have_its_step(rule, rng):
    """What a layer changes is proportional to its own step alone."""
    network, state, p = setting(rule, rng, sizes=(4, 5, 3), eta=0.1)
    x, y = examples(rng, (4, 5, 3))
    one, _ = rule.update(network, state, x, y, np.random.default_rng(1), p)
    p.eta = np.array([0.1, 0.3])
    other, _ = rule.update(network, state, x, y, np.random.default_rng(1), p)
    for of_one, of_other in zip(one, other, strict=True):
        assert of_other[0] == pytest.approx(of_one[0]) and of_other[1] == pytest.approx(3 * of_one[1])


def test_steps_are_as_selected_up_to_a_power_and_fall_with_it():
    assert rate.steps(0.5, (64, 100, 60, 10), 15.0) == pytest.approx([0.5, 0.5, 0.5])
    assert rate.steps(0.5, (784, 500, 200, 10), 400.0) == pytest.approx([0.125, 0.1, 0.25])


def test_steps_are_stable_for_wide_layers(rng):
    """Bursts learn from 500 cells what they learn from 100, and without smaller steps go to chance."""
    x, y = rng.random((400, 10)), np.eye(2)[np.arange(400) % 2]
    x[y[:, 0] == 1, :5] += 0.5

    def error(sizes, eta):
        network, state, p = setting(burst_single_phase, np.random.default_rng(0), sizes, eta=eta)
        for k in range(100):
            rows = slice(20 * (k % 20), 20 * (k % 20) + 20)
            change, state = burst_single_phase.update(network, state, x[rows], y[rows], rng, p)
            state = state.learned(change)
        return np.mean(burst_single_phase.predict(network, state, x, p).argmax(axis=1) != y.argmax(axis=1))

    wide, eta = (10, 2000, 2), burst_single_phase.parameters["eta"].value
    assert error(wide, rate.steps(eta, wide, np.mean(np.sum(x**2, axis=1)))) < 0.1
    assert error(wide, eta) > 0.4


def test_burst_single_phase_is_the_gradient_where_feedback_is_symmetric(rng):
    """With Y = -W^T and small errors all layers learn p_b times the gradient."""
    network, state, p = setting(burst_single_phase, rng, sizes=(4, 5, 3), eta=1.0)
    x = examples(rng)[0]
    Y = [-state.weights.W[1].T]
    symmetric = burst_single_phase.Cancelling(state.weights, Y, [burst_single_phase.P_B * Y[0]])
    e = network.forward(state.weights, x)[1]
    for size in (1e-2, 1e-3):
        y = e[-1] + size * rng.standard_normal(e[-1].shape)
        change, _ = burst_single_phase.update(network, symmetric, x, y, rng, p)
        true = backprop.gradient(network, state.weights, x, y)
        assert flat(change) == pytest.approx(-burst_single_phase.P_B * flat(true), abs=size**2)


def test_events_learn_to_cancel_expected_bursts(rng):
    """Without error, the way of Q to p_b*Y shrinks by 1 - eta_Q <e e^T> in every update."""
    network, state, p = setting(burst_single_phase, rng, sizes=(4, 5, 3), eta_Q=0.3)
    x = examples(rng)[0]
    e = network.forward(state.weights, x)[1]
    goal, left = burst_single_phase.P_B * state.Y[0], np.eye(3) - 0.3 * e[-1].T @ e[-1] / len(x)
    state = burst_single_phase.Cancelling(state.weights, state.Y, [0 * goal])
    for _ in range(100):
        _, state = burst_single_phase.update(network, state, x, e[-1], rng, p)
    assert state.Q[0] == pytest.approx(goal - goal @ np.linalg.matrix_power(left, 100))
    assert max(abs(np.linalg.eigvalsh(left))) < 1


def test_hebbian_unit_finds_the_first_principal_component(rng):
    network, state, p = setting(hebbian, rng, sizes=(4, 5, 3), eta_hidden=0.05)
    network = Network((4, 5, 3), nonlinearity=rate.linear)
    x, y = rng.standard_normal((200, 4)) * [3, 1, 1, 0.5], np.eye(3)[rng.integers(3, size=200)]
    for _ in range(500):
        change, state = hebbian.update(network, state, x, y, rng, p)
        state = state.learned(change)
    first = np.linalg.eigh(np.cov(x.T))[1][:, -1]
    assert np.abs(state.weights.W[0] @ first) == pytest.approx(np.ones(5), abs=1e-6)
    assert np.linalg.norm(state.weights.W[0], axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_hebbian_output_goes_for_the_differences_between_classes(rng):
    network, state, p = setting(hebbian, rng, sizes=(4, 3), eta=0.5)
    x, y = examples(rng, (4, 3), 60)
    for _ in range(1000):
        change, state = hebbian.update(network, state, x, y, rng, p)
        state = state.learned(change)
    expected = [x[c == 1].mean(axis=0) - x[c == 0].mean(axis=0) for c in y.T]
    assert state.weights.W[0] == pytest.approx(np.array(expected))


def test_hebbian_learning_knows_no_error(rng):
    """What it changes in a hidden layer is the same whatever the target."""
    network, state, p = setting(hebbian, rng)
    x, y = examples(rng)
    one, other = (hebbian.update(network, state, x, target, rng, p)[0] for target in (y, y[::-1]))
    assert one.W[0] == pytest.approx(other.W[0]) and not np.allclose(one.W[-1], other.W[-1])


ONE_PRODUCT_PER_WEIGHT = [
    backprop,
    burst_ensemble,
    burst_single_phase,
    direct_feedback_alignment,
    feedback_alignment,
    hebbian,
    kolen_pollack,
    node_perturbation,
    reinforce,
]


@pytest.mark.parametrize("rule", ONE_PRODUCT_PER_WEIGHT, ids=lambda rule: rule.__name__.split(".")[-1])
@pytest.mark.parametrize("sizes", [(9, 8, 3), (9, 8, 7, 6, 3)])
def test_multiplications_are_those_that_are_done(rule, sizes):
    p = values(rule.parameters)
    assert rule.macs(sizes, p) == macs(rule, rule.network(sizes), p)
