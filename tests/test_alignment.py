"""The meter is right where the answer is known: closed forms, numerical differentiation, chosen angles."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq

from dendritic_bp.analysis import alignment
from dendritic_bp.errors import UserError
from dendritic_bp.rate_network import FICurve, RateNetwork, measure_fi

vectors = arrays(float, 6, elements=st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-3))
sizes = st.floats(1e-9, 1e9)


@pytest.mark.parametrize(
    ("update", "angle", "signs"), [([-3, 0], 0, 1), ([3, 0], 180, 0), ([0, 2], 90, None), ([-1, 1], 45, 1)]
)
def test_known_angles_to_the_negative_gradient(update, angle, signs):
    found = alignment(update, [1, 0])
    assert found.angle_deg == pytest.approx(angle, abs=1e-12)
    assert found.cosine == pytest.approx(np.cos(np.radians(angle)), abs=1e-12)
    assert found.relative_size == pytest.approx(np.linalg.norm(update))
    assert np.isnan(found.sign_agreement) if signs is None else found.sign_agreement == signs


@given(vectors, vectors, sizes, sizes)
def test_the_angle_does_not_depend_on_units(update, gradient, a, b):
    assume(update.any() and gradient.any())
    here, scaled = alignment(update, gradient), alignment(a * update, b * gradient)
    assert scaled.angle_deg == pytest.approx(here.angle_deg, abs=1e-6)
    assert scaled.relative_size == pytest.approx(here.relative_size * a / b)


@given(vectors, vectors, st.integers(0, 100))
def test_the_angle_does_not_depend_on_the_axes(update, gradient, seed):
    assume(update.any() and gradient.any())
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))[0]
    turned = alignment(rotation @ update, rotation @ gradient)
    assert turned.angle_deg == pytest.approx(alignment(update, gradient).angle_deg, abs=1e-6)


@given(vectors)
def test_descent_is_at_0_and_ascent_at_180_degrees(gradient):
    assume(gradient.any())
    assert alignment(-gradient, gradient).angle_deg == 0
    assert alignment(gradient, gradient).angle_deg == 180


def test_a_tiny_angle_is_not_rounded_away():
    assert alignment([-1, -1e-9], [1, 0]).angle_deg == pytest.approx(np.degrees(1e-9), rel=1e-6)


def test_no_change_has_no_direction():
    found = alignment(np.zeros((2, 3)), np.ones((2, 3)))
    assert np.isnan([found.angle_deg, found.cosine, found.sign_agreement]).all()
    assert found.relative_size == 0
    assert np.isnan(alignment([1.0], [0.0]).relative_size)


def test_two_random_directions_are_90_degrees_apart():
    generator = np.random.default_rng(0)
    found = alignment(generator.normal(size=(100, 100)), generator.normal(size=(100, 100)))
    assert found.angle_deg == pytest.approx(90, abs=2)
    assert found.sign_agreement == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("update", "gradient", "message"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), r"\(2, 3\), but gradient \(3, 2\)"),
        ([np.nan, 1], [1, 1], "update holds 1 values that are not finite"),
        ([1, 1], [np.inf, 1], "gradient holds 1 values"),
    ],
)
def test_what_cannot_be_compared_is_named(update, gradient, message):
    with pytest.raises(UserError, match=message):
        alignment(update, gradient)


identity = FICurve(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


def soft(current):
    return 50 / (1 + np.exp(-(current - 2)))


def test_a_curve_is_found_again_in_noisy_pairs():
    generator = np.random.default_rng(1)
    current = generator.uniform(-1, 6, (500, 40))
    curve = measure_fi(current, soft(current) + generator.normal(0, 5, current.shape))
    probe = np.linspace(-0.5, 5.5, 50)
    np.testing.assert_allclose(curve(probe), soft(probe), atol=1)
    np.testing.assert_allclose(curve.slope(probe), soft(probe) * (1 - soft(probe) / 50), atol=2)


@example(np.eye(1, 30, 24)[0] * 91 + np.eye(1, 30, 27)[0] * 100, 9)  # rounding made a slope of -9e-16
@given(arrays(float, 30, elements=st.integers(0, 100)), st.integers(2, 30))
def test_a_measured_curve_never_decreases(rate, bins):
    curve = measure_fi(np.linspace(-1, 1, 30), rate, bins)
    probe = np.linspace(-2, 2, 201)
    assert (np.diff(curve(probe)) >= -1e-9).all()
    assert (curve.slope(probe) >= 0).all()
    assert (curve(probe) >= 0).all()


def test_the_slope_is_the_derivative_inside_and_outside():
    knots = np.array([0.0, 1.0, 2.0, 4.0])
    curve = FICurve(knots, soft(knots))
    probe, h = np.linspace(-3, 6, 90), 1e-6
    np.testing.assert_allclose(curve.slope(probe), (curve(probe + h) - curve(probe - h)) / (2 * h), atol=1e-5)
    assert curve(-100.0) == 0


def test_amperes_are_no_numerical_difficulty():
    current = np.linspace(-1, 6, 1000)
    rate = soft(current)
    volts, amperes = measure_fi(current, rate), measure_fi(current * 1e-10, rate)
    np.testing.assert_allclose(
        amperes.slope(current * 1e-10) * 1e-10, volts.slope(current), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(
    ("current", "rate"), [([1, 1], [0, 2]), ([1, 2], [0]), ([], []), ([1, np.nan], [0, 1])]
)
def test_what_is_no_curve_is_refused(current, rate):
    with pytest.raises(UserError, match="f-I curve needs"):
        measure_fi(current, rate)


def network(seed, sizes=(5, 7, 6), curves=None):
    """Return a network with three classes; its currents lie around 0..4."""
    generator = np.random.default_rng(seed)
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    return RateNetwork(
        weights=[generator.uniform(0.1, 1, shape) / shape[1] for shape in shapes],
        biases=[generator.uniform(0, 1, n) for n, _ in shapes],
        curves=curves or [identity] * len(shapes),
        classes=np.arange(sizes[-1]) % 3,
    )


def trials(seed, n=4, cells=5):
    generator = np.random.default_rng(seed)
    return generator.uniform(0, 3, (n, cells)), generator.uniform(0, 30, (n, 3))


def test_the_gradient_of_a_linear_network_in_closed_form():
    net, (inputs, targets) = network(0), trials(0)
    first, second = net.weights
    pool = (np.arange(6)[:, None] % 3 == np.arange(3)) / 2
    hidden = inputs @ first.T + net.biases[0]
    error = (hidden @ second.T + net.biases[1]) @ pool - targets
    assert net.loss(inputs, targets) == pytest.approx(0.5 * (error**2).sum() / 4)
    by_first, by_second = net.gradient(inputs, targets)
    np.testing.assert_allclose(by_second, pool @ error.T @ hidden / 4)
    np.testing.assert_allclose(by_first, second.T @ pool @ error.T @ inputs / 4)


def numerical_gradient(layers, loss, step=1e-5):
    """Differentiate the loss by every weight with central differences."""
    gradients = [np.zeros_like(w) for w in layers]
    for weights, gradient in zip(layers, gradients, strict=True):
        for index in np.ndindex(weights.shape):
            kept = weights[index]
            weights[index] = kept + step
            above = loss()
            weights[index] = kept - step
            gradient[index] = (above - loss()) / (2 * step)
            weights[index] = kept
    return gradients


@pytest.mark.parametrize("sizes", [(5, 6), (5, 7, 6), (5, 4, 7, 3)])
def test_the_gradient_with_measured_curves_by_numerical_differentiation(sizes):
    net, (inputs, targets) = measured_network(1, sizes), trials(1)
    numerical = numerical_gradient(net.weights, lambda: net.loss(inputs, targets))
    same_gradients(net.gradient(inputs, targets), numerical)


@pytest.mark.parametrize("homeostatic", [False, True])
def test_the_gradient_of_classes_that_compete(homeostatic):
    net, inputs = replace(measured_network(1, (5, 7, 6)), softness=0.5), 3 * trials(1)[0]
    wanted = np.eye(3)[np.arange(len(inputs)) % 3]
    means = [rates.mean(axis=0) for rates in net.forward(inputs)[1:]]
    net = replace(net, homeostatic=homeostatic)

    def loss():
        return held_loss(net, inputs, wanted, means) if homeostatic else net.loss(inputs, wanted)

    same_gradients(net.gradient(inputs, wanted), numerical_gradient(net.weights, loss))


def measured_network(seed, sizes):
    """Return a network whose curves are fitted to noisy pairs."""
    current = np.linspace(-1, 8, 400)
    measured = measure_fi(current, soft(current) + np.random.default_rng(3).normal(0, 1, 400))
    return network(seed, sizes, [measured] * (len(sizes) - 1))


def same_gradients(exact, numerical):
    for a, b in zip(exact, numerical, strict=True):
        assert np.abs(a).max() > 0.1
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(a).max())


def held_loss(net, inputs, targets, means):
    """Return the loss once the bias of every cell, layer by layer, has brought back its mean rate."""
    rates, biases = [inputs], []
    for layer, (weights, curve, held) in enumerate(zip(net.weights, net.curves, means, strict=True)):
        currents = rates[-1] @ weights.T
        for skip, low in zip(net.skips if layer == len(means) - 1 else (), rates[1:], strict=False):
            currents = currents + low @ skip.T
        biases.append([solved(curve, *each) for each in zip(currents.T, held, strict=True)])
        rates.append(curve(currents + biases[-1]))
    return replace(net, biases=[np.array(bias) for bias in biases]).loss(inputs, targets)


def solved(curve, current, mean):
    return brentq(lambda bias: curve(current + bias).mean() - mean, -20, 20, xtol=1e-13)


@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (5, 3, 4, 3)])
def test_the_homeostatic_gradient_is_that_of_biases_which_hold_the_mean_rates(sizes):
    net, (inputs, targets) = replace(measured_network(4, sizes), homeostatic=True), trials(4)
    means = [rates.mean(axis=0) for rates in net.forward(inputs)[1:]]
    held = numerical_gradient(net.weights, lambda: held_loss(net, inputs, targets, means))
    same_gradients(net.gradient(inputs, targets), held)
    assert alignment(held[0], replace(net, homeostatic=False).gradient(inputs, targets)[0]).angle_deg < 175


@pytest.mark.parametrize("homeostatic", [False, True])
def test_the_gradient_where_all_hidden_layers_drive_the_output(homeostatic):
    net, (inputs, targets) = measured_network(5, (5, 4, 7, 3)), trials(5)
    skip = np.random.default_rng(5).uniform(0.1, 0.3, (3, 4))
    net = replace(net, skips=[skip], homeostatic=homeostatic)
    means = [rates.mean(axis=0) for rates in net.forward(inputs)[1:]]

    def loss():
        return held_loss(net, inputs, targets, means) if homeostatic else net.loss(inputs, targets)

    same_gradients(net.gradient(inputs, targets), numerical_gradient(net.weights, loss))
    with pytest.raises(UserError, match=r"skips \[\(4, 3\)\]"):
        replace(net, skips=[skip.T])


@pytest.mark.parametrize("homeostatic", [False, True])
def test_a_cell_that_never_fires_has_no_gradient(homeostatic):
    net, (inputs, targets) = replace(network(0), homeostatic=homeostatic), trials(0)
    net.biases[0][2] = net.biases[1][4] = -100
    first, second = net.gradient(inputs, targets)
    assert not first[2].any() and not second[:, 2].any() and not second[4].any()
    assert np.isfinite(first).all() and np.isfinite(second).all()
    assert np.delete(first, 2, axis=0).all() and np.delete(np.delete(second, 4, axis=0), 2, axis=1).all()


def test_a_step_down_the_gradient_is_aligned_and_lowers_the_loss():
    net, (inputs, targets) = network(2), trials(2)
    steps = [-1e-3 * gradient for gradient in net.gradient(inputs, targets)]
    moved = RateNetwork(
        [w + step for w, step in zip(net.weights, steps, strict=True)], net.biases, net.curves, net.classes
    )
    assert moved.loss(inputs, targets) < net.loss(inputs, targets)
    for step, gradient in zip(steps, net.gradient(inputs, targets), strict=True):
        assert alignment(step, gradient).angle_deg == pytest.approx(0, abs=1e-5)
        assert alignment(step, gradient).relative_size == pytest.approx(1e-3)


def test_layers_that_do_not_fit_are_named():
    good = network(0)
    with pytest.raises(UserError, match=r"Layers do not fit: weights \[\(6, 7\), \(7, 5\)\]"):
        RateNetwork(good.weights[::-1], good.biases, good.curves, good.classes)
    with pytest.raises(UserError, match="needs an output cell"):
        RateNetwork(good.weights, good.biases, good.curves, np.array([0, 0, 0, 2, 2, 2]))
    with pytest.raises(UserError, match=r"inputs need the shape \(trials, 5\), not \(4, 6\)"):
        good.forward(np.ones((4, 6)))
    with pytest.raises(UserError, match=r"targets need the shape"):
        good.loss(*trials(0)[:1], np.ones((4, 6)))
