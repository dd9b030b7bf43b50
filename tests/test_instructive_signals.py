"""The brain-machine interface: feedback measures, the loop closes, the analysis finds what is there."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from brian2 import Hz, StateMonitor, TimedArray, ms, pA
from simulate import DT, simulate, told_cells

from dendritic_bp import neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.calcium import with_calcium
from dendritic_bp.models.synapses.measured_feedback import measured_feedback
from dendritic_bp.program import Program

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from simulate import told

from measures import instructive_signals as measures
from networks import instructive_signals as network
from networks.instructive_sessions import groups, same_for_all, teachers, wired

# --- feedback that measures ---


def feedback(trains, x, x_bar, **values):
    """Return the synapse of a sender that fires in these steps onto a cell whose trace stays as it is."""
    still = dict(tau_x=1e9 * ms, tau_x_bar=1e9 * ms)
    sender = told_cells("sender", [trains], 200)
    receiver = told_cells("receiver", [[]], 200, x=x, x_bar=x_bar, **still)
    wires = synapses(measured_feedback, sender, receiver, "wires", w=20 * pA, **values)
    simulate(200 * DT, sender, receiver, wires)
    return wires, receiver


def test_each_spike_of_the_sender_moves_the_weight_to_the_centred_trace_of_the_receiver():
    wires, receiver = feedback([5], x=0.9, x_bar=0.4, eta=0.1, w_1=100 * pA)
    assert wires.w[0] / pA == pytest.approx(20 + 0.1 * (100 * 0.5 - 20))
    assert receiver.I_top[0] / pA == pytest.approx(20)  # what it was when it arrived


@pytest.mark.parametrize(("x", "sign"), [(0.9, 1), (0.1, -1)])
def test_the_weight_takes_the_sign_of_what_the_receiver_does(x, sign):
    wires, _ = feedback(range(5, 200, 20), x=x, x_bar=0.5, eta=1.0, w_1=100 * pA)
    assert wires.w[0] / pA == pytest.approx(sign * 40)


@pytest.mark.parametrize("closed", [dict(eta=0), dict(plastic=0)], ids=str)
def test_feedback_that_does_not_measure_stays(closed):
    assert feedback([5, 50], 0.9, 0.1, **closed)[0].w[0] / pA == pytest.approx(20)


# --- calcium ---


def test_spikes_add_to_both_signals_and_a_burst_to_that_of_the_dendrite_alone():
    steps = 800
    cells_model = with_calcium(told)
    orders = np.zeros((steps, 1))
    orders[[100, 200], 0] = 1  # 10 ms apart: an event, and a burst
    cells = neurons(cells_model, 1, "cells", dict(orders=TimedArray(orders, dt=DT)))
    simulate(steps * DT, cells)
    decay = [np.exp(-(steps - at) * 0.1 / 500) for at in (100, 200)]
    assert cells.Ca_s[0] == pytest.approx(sum(decay), rel=1e-3)
    assert cells.Ca_d[0] == pytest.approx(0.5 * sum(decay) + 2 * decay[1], rel=1e-3)


# --- the loop ---


def turned(difference, seconds=1.0, **values):
    """Let P+ fire by so many Hz more than P-, all the time; return the grating and what it told."""
    gates = dict(shown=1.0, watching=0.0, teaching=1.0) | values
    tables = {name: TimedArray([value], dt=100 * 1000 * ms, name=name) for name, value in gates.items()}
    group = neurons(network.grating, 1, "grating", tables, r=difference * Hz, tau_r=1e9 * ms)
    group.run_regularly(network.EACH_STEP, dt=1 * ms, when="end", name="each_step")
    seen = StateMonitor(group, ["theta", "told", "reward"], record=True, dt=10 * ms, name="seen")
    simulate(seconds * 1000 * ms, group, seen, dt=1 * ms)
    return group, seen


def test_the_grating_turns_by_the_difference_of_the_groups():
    group, seen = turned(2.0)
    assert group.theta[0] == pytest.approx(8 * 2.0, rel=1e-2)
    assert seen.told[0][1] == pytest.approx(1, abs=0.01)  # the error of a grating that has hardly turned
    assert seen.told[0][-1] == pytest.approx(1 - 16 / 45, abs=0.01)


def test_at_the_target_it_stops_and_a_reward_comes_once():
    group, seen = turned(20.0)
    assert group.done[0] == 1 and 45 <= group.theta[0] < 46
    assert seen.reward[0].max() == pytest.approx(1, abs=0.05)
    assert seen.told[0][-1] == pytest.approx(3 * seen.reward[0][-1], abs=1e-6)  # no error is left


def test_it_turns_no_further_than_it_can():
    assert turned(-20.0)[0].theta[0] == -90


def test_without_a_teacher_the_turning_is_told_and_no_reward_comes():
    group, seen = turned(20.0, teaching=0.0, watching=1.0)
    assert seen.told[0][2] == pytest.approx(20 * 8 / 40)
    assert group.done[0] == 1 and seen.reward[0].max() == 0


def test_in_the_dark_nothing_turns_and_nothing_is_told():
    group, seen = turned(20.0, shown=0.0)
    assert group.theta[0] == 0 and not seen.told[0].any()


# --- teachers ---


def test_groups_are_drawn_by_lot():
    first, again, other = groups(1), groups(1), groups(2)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and first.sum() == 0 and (first != 0).sum() == 10


def test_one_number_is_the_same_for_all_cells():
    w = same_for_all(5e-12)
    np.testing.assert_allclose(wired(np.asarray(w)), 5e-12)


def test_each_teacher_is_a_variant_of_one_program():
    design = network.Interface(10)
    program = Program(design.protocol, design.name)
    for values in teachers(5e-12).values():
        program.check(values)
    gates = design.clock.values(design.session("task"), network.GATES)
    program.check(gates)
    assert gates["learning"].sum() == (10 - 6) * 40 and gates["homing"].sum() == 0
    with pytest.raises(UserError, match="forward.eta_scale"):
        program.check({"forward.eta_scale": 1})


# --- the analysis ---


@pytest.fixture
def generator():
    return np.random.default_rng(3)


def test_the_residual_is_what_the_soma_does_not_say(generator):
    soma, own = generator.standard_normal((2, 3, 5000))
    found, unexplained = measures.residuals(soma, 2 * soma + 0.5 * own + 7)
    assert abs((found * (soma - soma.mean(axis=1, keepdims=True))).mean(axis=1)).max() < 1e-12
    assert [np.corrcoef(a, b)[0, 1] for a, b in zip(found, own, strict=True)] == pytest.approx(
        [1] * 3, abs=1e-3
    )
    np.testing.assert_allclose(unexplained, 0.25 / 4.25, rtol=0.1)


def test_slopes_are_told_apart_and_have_a_sign(generator):
    error, reward, noise = generator.standard_normal((3, 5000))
    signals = np.array([3 * error - reward + noise, -3 * error + noise])
    by_error, by_reward = measures.slopes(signals, error, reward) * signals.std(axis=1)
    np.testing.assert_allclose(by_error, [3, -3], atol=0.05)
    np.testing.assert_allclose(by_reward, [-1, 0], atol=0.05)


def test_what_is_told_is_judged_on_frames_held_out(generator):
    target = generator.standard_normal(2000)
    folds = np.arange(2000) * 5 // 2000
    others = generator.standard_normal((80, 2000))
    assert measures.decoded(others, target, folds) < 0.02  # 80 cells of noise explain nothing
    one = np.vstack([others, target + generator.standard_normal(2000)])
    assert measures.decoded(one, target, folds) == pytest.approx(0.5, abs=0.05)


def test_signals_are_averaged_around_frames_that_are_inside():
    signals = np.zeros((2, 100))
    signals[0, 50] = signals[1, 47] = 1
    around = measures.around(signals, np.array([3, 50, 99]))  # the first and the last have no room
    assert around.argmax(axis=1).tolist() == [20, 17]
    assert np.isnan(measures.around(signals, np.array([3]))).all()


def test_calcium_makes_a_step_slow():
    seen = measures.slow(np.ones(50))
    np.testing.assert_allclose(seen, 1 - np.exp(-np.arange(1, 51) * 0.1 / 0.5))


def measured(residual, change):
    """Return what would have been measured if residuals and changes of rates of 10 cells were these."""
    group = np.repeat([1.0, -1.0, 0.0], [4, 4, 2])
    cells = np.stack([residual, residual])[None]
    rate = 10 + np.stack([0 * change, 0 * change, change])[None]
    arrays = dict.fromkeys(
        ("residual_error", "residual_reward", "residual_task", "unexplained"),
        (("teacher", "taught", "cell"), cells),
    )
    arrays |= {
        "group": ("cell", group),
        "feedback": ("cell", 1e-12 * group),
        "rate": (("teacher", "session", "cell"), rate),
        "hits": (("teacher", "session"), [[0.1, 0.2, 0.9]]),
        "told": (("teacher", "taught", "source"), np.full((1, 2, 3), 0.5)),
    }
    coords = dict(teacher=["vector"], session=[0, 1, 2], taught=[1, 2], source=["soma", "residual", "both"])
    return measures.summary(xr.Dataset(arrays, coords))


def test_a_vector_and_a_scalar_differ_in_sign_and_in_what_they_predict():
    group, wobble = np.repeat([1.0, -1.0, 0.0], [4, 4, 2]), 0.01 * np.cos(np.arange(10))
    vector = measured(group + wobble, 2 * group)
    assert vector["vector_residual_error_plus"] == pytest.approx(1, abs=0.02)
    assert vector["vector_residual_error_minus"] == pytest.approx(-1, abs=0.02)
    assert vector["vector_right_sign"] == 1 and vector["vector_same_way"] == 1
    assert vector["vector_predicts_all"] > 0.99
    assert vector["vector_rate_change_minus_hz"] == pytest.approx(-2)
    scalar = measured(1 + wobble, 2 * group)
    assert scalar["vector_right_sign"] == 0.5 and scalar["vector_same_way"] == 0.5
    assert abs(scalar["vector_predicts_all"]) < 0.5
