from dataclasses import replace

import numpy as np
import pytest
from brian2 import EventMonitor, StateMonitor, TimedArray, ms, nA, pA, second
from numpy.testing import assert_allclose, assert_array_equal
from simulate import DT, simulate, told_cells

from dendritic_bp import neurons, synapses
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.poisson import poisson
from dendritic_bp.models.synapses.burst_dependent import burst_dependent, burst_dependent_published
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.signed_bursts import signed_feedback, signed_gradient
from dendritic_bp.models.synapses.static import static
from dendritic_bp.models.synapses.transmission import burst_transmission, centred_feedback, event_transmission

W, ETA = 100 * pA, 1 * pA
PRE, POST = [0, 120], [100, 180]  # steps of 0.1 ms; the second presynaptic spike is no event
X = (1 - 1e-3) ** 100  # the trace of an event at step 0 when step 100 reads it


def pair(model, pre, post, steps, post_values=None, pre_values=None, **values):
    """Run one synapse between two cells told to fire at given steps."""
    source = told_cells("source", [pre], steps, **(pre_values or {}))
    target = told_cells("target", [post], steps, **(post_values or {}))
    wires = synapses(model, source, target, "wires", w=W, **values)
    simulate(steps * DT, source, target, wires)
    return wires, target


def change(*args, **values):
    """Return the change of the weight, in units of the learning rate."""
    return float((pair(*args, **values)[0].w[0] - W) / ETA)


@pytest.mark.parametrize(("P_bar", "E_bar"), [(0.25, 8), (0.7, 1)])
def test_event_depresses_by_exactly_eta_P_bar_x(P_bar, E_bar):
    averages = dict(E_bar=E_bar, B_bar=P_bar * E_bar)
    assert change(burst_dependent, PRE, POST[:1], 150, averages) == pytest.approx(-P_bar * X, rel=1e-9)
    assert change(burst_dependent_published, PRE, POST[:1], 150, averages, r_min=0 / second) == pytest.approx(
        -P_bar * X, rel=1e-9
    )


def test_burst_potentiates_by_exactly_eta_x_of_its_event():
    for P_bar in (0, 0.5):
        averages = dict(E_bar=8, B_bar=8 * P_bar)
        assert change(burst_dependent, PRE, POST, 200, averages) == pytest.approx((1 - P_bar) * X, rel=1e-9)


def test_published_burst_reads_the_trace_that_has_changed_meanwhile():
    late = [0, 170]  # 17 ms after the first: an event, between the postsynaptic event and its burst
    averages = dict(E_bar=8, B_bar=0)
    kept = change(burst_dependent, late, POST, 200, averages)
    read = change(burst_dependent_published, late, POST, 200, averages, r_min=0 / second)
    assert kept == pytest.approx(X, rel=1e-9)
    assert read == pytest.approx((1 - 1e-3) ** 180 + (1 - 1e-3) ** 10, rel=1e-9)


def test_gradient_rule_steps_by_the_centred_trace_over_the_postsynaptic_rate():
    for P_bar, x_bar, x_0 in ((0.25, 0.4, 1), (0.7, 1.5, 0.2)):
        averages, mean = dict(E_bar=8, B_bar=8 * P_bar, x=x_0), dict(x_bar=x_bar, tau_x_bar=1e9 * second)
        term = (X - x_bar) / (1 + x_0 * (1 - 1e-3) ** 101 / 0.5)
        event = change(burst_gradient, PRE, POST[:1], 150, averages, mean)
        both = change(burst_gradient, PRE, POST, 200, averages, mean)
        assert event == pytest.approx(-P_bar * term, rel=1e-9)
        assert both - event == pytest.approx(term, rel=1e-9)


@pytest.mark.parametrize(("kind", "P_bar"), [(1, 0.25), (-1, 0.25)])
def test_a_burst_of_either_kind_steps_with_its_sign(kind, P_bar):
    averages, mean = dict(E_bar=8, B_bar=8 * P_bar, kind=kind), dict(x_bar=0.4, tau_x_bar=1e9 * second)
    term = (X - 0.4) / 1  # the postsynaptic trace is 0
    lost = 0.01  # of what a burst adds, at the event
    for events, end, gained in ((POST[:1], 150, 0), (POST, 200, kind * term)):
        learned = change(signed_gradient, PRE, events, end, averages, mean, w_far=W / lost)
        assert learned == pytest.approx(gained - P_bar * term - lost)


@pytest.mark.parametrize(
    ("open_at", "learned"), [([1.0, 0.0], 1 - 0.25), ([0.0, 1.0], 0)], ids=["event", "burst"]
)
def test_gate_of_the_gradient_rule_is_read_at_the_event(open_at, learned):
    gated = burst_gradient.with_input(("lesson",), plastic="lesson(t)")
    lesson = TimedArray(open_at, dt=15 * ms)  # the event comes at 10 ms, its burst at 18 ms
    averages = dict(E_bar=8, B_bar=2)
    namespace = dict(lesson=lesson)
    steady = dict(tau_x_bar=1e9 * second)
    assert change(gated, PRE, POST, 200, averages, steady, namespace=namespace) == pytest.approx(learned * X)


def test_third_spike_of_a_burst_changes_nothing():
    assert change(burst_dependent, PRE, [*POST, 200], 250) == change(burst_dependent, PRE, POST, 250)


def test_nothing_is_learned_without_presynaptic_events_or_with_the_gate_closed():
    assert change(burst_dependent, [], POST, 200) == 0
    assert change(burst_dependent, PRE, POST, 200, plastic=0) == 0


def test_gate_may_depend_on_time():
    gated = burst_dependent.with_input(("lesson",), plastic="lesson(t)")
    lesson = TimedArray([1.0, 0.0], dt=15 * ms)  # learns the event at 10 ms, not the burst at 18 ms
    averages = dict(E_bar=8, B_bar=2)
    assert change(gated, PRE, POST, 200, averages, namespace=dict(lesson=lesson)) == pytest.approx(-0.25 * X)


@pytest.mark.parametrize("model", [burst_dependent, burst_dependent_published], ids=lambda model: model.name)
def test_weights_stay_within_their_limits(model):
    busy = dict(E_bar=8, B_bar=8)  # above r_min
    assert change(model, PRE, POST[:1], 150, busy, w_min=W - 0.1 * ETA) == pytest.approx(-0.1)
    assert change(model, PRE, POST, 200, dict(E_bar=8), w_max=W + 0.1 * ETA) == pytest.approx(0.1)


def test_published_rate_limits_are_soft():
    quiet, busy = dict(E_bar=0, B_bar=0), dict(E_bar=40, B_bar=0)  # 0 and 20 Hz
    assert change(burst_dependent_published, [0], [], 10, quiet) == pytest.approx(2)  # r_min - rate, in Hz
    rate = 20 * (1 - DT / (2 * second)) ** 101
    shrink = change(burst_dependent_published, PRE, POST[:1], 150, busy)
    assert shrink == pytest.approx(-(1 - 10 / rate) * X, rel=1e-6)


@pytest.mark.parametrize("model", [burst_dependent, burst_gradient], ids=lambda model: model.name)
def test_weights_do_not_drift_while_cells_burst_as_usual(model):
    # 200 independent synapses; P_bar is slow and has settled, so that the mean change is zero up to its error
    averaged = poisson.with_equations("x_bar : 1  # has settled")
    sources = neurons(averaged, 200, "sources", drive=10 / second, x_bar=1)
    cells = neurons(burst_poisson, 200, "cells", I_soma=700 * pA, E_bar=200, tau_avg=20 * second)
    cells.B_bar = "E_bar*p_burst"
    wires = synapses(model, sources, cells, "wires", connect="i == j", w=0 * pA)
    events = EventMonitor(cells, "event", record=False, name="events")
    simulate(4 * second, sources, cells, wires, events, dt=0.5 * ms)
    learned = wires.w / pA
    drift, error = learned.mean(), learned.std() / np.sqrt(200)
    assert events.num_events > 200 * 4 * 5 and learned.std() > 0.5
    assert abs(drift) < 3 * error < 1


@pytest.fixture
def sent():
    """Return a function that sends an event at 0 ms, its burst at 5 ms and a third spike at 10 ms."""

    def send(model, variable, kind=1):
        source = told_cells("source", [[0, 50, 100]], 150, E_bar=8, B_bar=2, kind=kind)
        target = told_cells("target", [[]], 150)
        wires = synapses(model, source, target, "wires", w=W)
        trace = StateMonitor(target, variable, record=0, name="trace")
        simulate(15 * ms, source, target, wires, trace)
        return np.diff(np.append(trace[0].__getattr__(variable) / W, getattr(target, variable)[0] / W))

    return send


@pytest.mark.parametrize(
    ("model", "variable", "jumps"),
    [
        (static, "I_basal", {0: 1}),
        (replace(static, on_pre={"spike": "I_basal_post += w"}), "I_basal", {0: 1, 50: 1, 100: 1}),
        (burst_dependent, "I_basal", {0: 1}),
        (event_transmission, "I_top", {0: 1}),
        (burst_transmission, "I_top", {50: 1}),
        (centred_feedback, "I_top", {0: -0.25, 50: 1}),
        (mirrored_feedback, "I_top", {0: -0.25, 50: 1}),
        (mirrored_feedback.with_equations(parameters=dict(gain=0.5)), "I_top", {0: -0.125, 50: 0.5}),
        (burst_gradient, "I_basal", {0: 1}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_each_synapse_transmits_and_when(sent, model, variable, jumps):
    expected = np.zeros(150)
    expected[list(jumps)] = list(jumps.values())
    assert_allclose(sent(model, variable), expected, atol=1e-9)


@pytest.mark.parametrize("kind", [1, -1])
def test_feedback_of_a_burst_has_the_sign_of_its_kind(sent, kind):
    jumps = sent(signed_feedback, "I_top", kind)
    assert_allclose(jumps[[0, 50, 100]], [-0.25, kind, 0], atol=1e-5)  # a weight fades by 1e-6 at the event


@pytest.mark.parametrize("model", [centred_feedback, mirrored_feedback], ids=lambda model: model.name)
def test_feedback_is_zero_on_average_while_the_sender_bursts_as_usual(model):
    senders = neurons(burst_poisson, 200, "senders", I_soma=700 * pA, E_bar=200, tau_avg=20 * second)
    senders.B_bar = "E_bar*p_burst"
    target = told_cells("target", [[]], 1)
    wires = synapses(model, senders, target, "wires", w=W)
    simulate(3 * second, senders, target, wires, dt=0.5 * ms)
    events = 200 * 3 * 5  # at least
    assert abs(target.I_top[0] / W) < 3 * np.sqrt(events * 2 * 0.1)
    assert_array_equal(target.I_basal / pA, 0)


def random_trains(seed, cells, steps):
    """Draw trains of events and bursts: 20 spikes in each 100 ms."""
    generator = np.random.default_rng(seed)
    return [np.flatnonzero(generator.random(steps) < 0.02) for _ in range(cells)]


def loop(steps=1500, rules=(burst_gradient, mirrored_feedback), w_far=1e6 * nA, **values):
    """Run cells with plastic forward and feedback synapses; return the weights of both, before and after."""
    averages = dict(E_bar=8, B_bar=2, x_bar=0.5)
    low = told_cells("low", random_trains(1, 4, steps), steps, **averages)
    high = told_cells("high", random_trains(2, 3, steps), steps, kind=[1, -1, 1], **averages)
    forward = synapses(rules[0], low, high, "forward", w="(10*i - 5*j)*pA")
    back = synapses(rules[1], high, low, "back", w="(50 - 7*i*j)*pA", **values)
    for wires in (forward, back):
        if "w_far" in rules[0].parameters:
            wires.w_far = w_far
    start = np.reshape(forward.w / pA, (4, 3)), np.reshape(back.w / pA, (3, 4))
    simulate(steps * DT, low, high, forward, back)
    end = np.reshape(forward.w / pA, (4, 3)), np.reshape(back.w / pA, (3, 4))
    return list(zip(start, end, strict=True)), low


@pytest.mark.parametrize(
    "rules",
    [(burst_gradient, mirrored_feedback), (signed_gradient, signed_feedback)],
    ids=["one kind", "two"],
)
def test_feedback_changes_exactly_as_its_forward_partner(rules):
    ((forward, forward_end), (back, back_end)), _ = loop(rules=rules)
    learned = forward_end - forward
    assert (learned > 0.1).any() and (learned < -0.1).any()
    assert_allclose(back_end - back, learned.T, atol=1e-6)
    assert_allclose(back_end - forward_end.T, back - forward.T, atol=1e-6)


def test_weights_that_fade_make_feedback_equal_to_its_forward_partner():
    rules = signed_gradient, signed_feedback
    ((forward, forward_end), (back, back_end)), _ = loop(rules=rules, w_far=1 * nA)
    before, after = back - forward.T, back_end - forward_end.T
    assert (np.abs(after) < np.abs(before))[before != 0].all()
    assert (np.sign(after) == np.sign(before)).all()


def test_gain_scales_the_current_and_not_the_learning():
    (_, once), low = loop()
    (_, thrice), low_thrice = loop(gain=3)
    assert_array_equal(once, thrice)
    assert_allclose(low_thrice.I_top / pA, 3 * low.I_top / pA)
    assert np.abs(low.I_top / pA).min() > 0


def test_fixed_random_feedback_stays_as_it_starts():
    (_, (before, after)), _ = loop(eta=0 * pA)
    assert_array_equal(before, after)
