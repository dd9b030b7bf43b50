"""What the teacher sends to the output, with target rates and with classes that compete."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, NeuronGroup, StateMonitor, TimedArray, ms, pA
from simulate import simulate

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from networks.teacher import teacher

RATES = np.array([3.0, 5.0, 2.0])  # Hz, of three classes; the second is right
SLOW = dict(tau_r=1e9 * ms, gain=10 * pA / Hz)


def sent(taught=1.0, **values):
    """Return the currents (pA) into six output cells, two for each class."""
    cells = NeuronGroup(6, "I_teacher : amp (linked)\nI : amp", events={"event": "False"}, name="cells")
    cells.run_regularly("I = I_teacher", when="end", name="read")
    tables = {
        name: TimedArray([x], dt=100 * ms, name=name) for name, x in (("teaching", taught), ("label", 1))
    }
    group, *others = teacher(cells, 3, tables, **SLOW, **values)
    group.r = RATES * Hz
    simulate(2 * ms, cells, group, *others, dt=1 * ms)
    return cells.I / pA


def test_target_rates_are_compared_class_by_class():
    expected = 10 * (np.array([4.0, 30.0, 4.0]) - RATES)
    np.testing.assert_allclose(sent(), np.repeat(expected, 2))


@pytest.mark.parametrize("softness", [0.5, 2.0])
def test_classes_that_compete_are_taught_what_their_share_lacks(softness):
    powers = np.exp(RATES / softness)
    expected = 10 * softness * (np.array([0.0, 1.0, 0.0]) - powers / powers.sum())
    found = sent(rivals=True, r_soft=softness * Hz)
    np.testing.assert_allclose(found, np.repeat(expected, 2), rtol=1e-5)
    assert abs(found.sum()) < 1e-5  # what one class gains, others lose


def test_nothing_is_sent_while_nobody_teaches():
    np.testing.assert_array_equal(sent(taught=0.0, rivals=True), 0)


@pytest.mark.parametrize("prompt", [True, False])
def test_a_prompt_pool_sees_what_classes_do_at_once(prompt):
    """All cells of the right class fire in the second step: what is sent still adds up to nothing."""
    told = "t > 0.5*ms and t < 1.5*ms and i > 1 and i < 4"
    cells = NeuronGroup(6, "I_teacher : amp (linked)\nI : amp", events={"event": told}, name="cells")
    cells.run_regularly("I = I_teacher", when="end", name="read")
    sums = StateMonitor(cells, "I", record=True, when="end", order=1)
    tables = {name: TimedArray([1], dt=100 * ms, name=name) for name in ("teaching", "label")}
    values = dict(rivals=True, prompt=prompt, tau_r=50 * ms, gain=10 * pA / Hz, r_soft=2 * Hz)
    group, *others = teacher(cells, 3, tables, **values)
    group.r = RATES * Hz
    simulate(5 * ms, cells, sums, group, *others, dt=1 * ms)
    total = abs((sums.I / pA).sum(axis=0)).max()
    assert total < 1e-5 if prompt else total > 1e4  # exp(20 Hz/r_soft) times its share, for a step


# --- errors that are no labels ---


def answered(label=1, taught=1.0, steps=3, rates=RATES, **values):
    """Return the currents (pA) into six cells, and classes and their judge, after answers each 20 ms."""
    cells = NeuronGroup(6, "I_teacher : amp (linked)\nI : amp", events={"event": "False"}, name="cells")
    cells.run_regularly("I = I_teacher", when="end", name="read")
    tables = {
        name: TimedArray([x], dt=1e6 * ms, name=name)
        for name, x in (("teaching", taught), ("label", label), ("deciding", 1))
    }
    values = dict(rivals=True, chooses=True, r_soft=2 * Hz) | values
    group, *others = teacher(cells, 3, tables, **SLOW, **values)
    group.r = rates * Hz
    chosen = StateMonitor(group, "chosen", record=True, when="end", order=1)
    simulate(steps * 20 * ms, cells, group, *others, chosen, dt=20 * ms)
    judge = next(each for each in others if each.name == "judge")
    return cells.I / pA, chosen.chosen[:, 1:], judge


SHARES = np.exp(RATES / 2) / np.exp(RATES / 2).sum()


def test_a_right_answer_tells_all_classes_what_a_label_would():
    sent, chosen, judge = answered(label=1, r_explore=0 * Hz, p_explore=0)
    np.testing.assert_array_equal(chosen[:, -1], [0, 1, 0])
    np.testing.assert_allclose(sent, np.repeat(10 * 2 * ([0, 1, 0] - SHARES), 2), rtol=1e-4)
    assert judge.R[0] == judge.n_reward[0] == 1


def test_a_wrong_answer_tells_the_chosen_class_alone_to_give_up_its_share():
    sent, chosen, judge = answered(label=0, r_explore=0 * Hz, p_explore=0)
    np.testing.assert_array_equal(chosen[:, -1], [0, 1, 0])
    np.testing.assert_allclose(sent, np.repeat([0, -10 * 2 * SHARES[1], 0], 2), rtol=1e-4)
    assert judge.R[0] == judge.n_reward[0] == 0


def test_an_answer_that_is_sure_and_right_and_one_that_nobody_judges_send_nothing():
    sure = np.array([0.0, 100.0, 0.0])
    np.testing.assert_allclose(answered(rates=sure, p_explore=0)[0], 0, atol=1e-3)
    np.testing.assert_array_equal(answered(label=0, taught=0.0)[0], 0)


@pytest.mark.parametrize("p_explore", [0, 0.6])
def test_each_class_answers_as_often_as_its_share_says_and_by_chance(p_explore):
    _, chosen, _ = answered(steps=3000, r_explore=2 * Hz, p_explore=p_explore)
    assert (chosen.sum(axis=0) == 1).all()
    expected = (1 - p_explore) * SHARES + p_explore / 3
    np.testing.assert_allclose(chosen.mean(axis=1), expected, atol=0.03)


def test_reconstruction_asks_each_pixel_for_its_brightness():
    shown = np.array([0.0, 0.5, 1.2])
    names = "I_teacher : amp (linked)\nr_asked : Hz (linked)\nI : amp\nasked : Hz"
    cells = NeuronGroup(6, names, events={"event": "False"}, name="cells")
    cells.run_regularly("I = I_teacher; asked = r_asked", when="end", name="read")
    tables = {
        "teaching": TimedArray([1], dt=100 * ms, name="teaching"),
        "images": TimedArray(shown[None], dt=100 * ms, name="images"),
    }
    told = dict(wanted="images(t, i)", r_low=4 * Hz, r_high=24 * Hz)
    group, *others = teacher(cells, 3, tables, **SLOW, **told)
    group.r = [6, 14, 20] * Hz  # more than asked, as much, less
    simulate(2 * ms, cells, group, *others, dt=1 * ms)
    np.testing.assert_allclose(cells.asked / Hz, np.repeat([4, 14, 28], 2))
    np.testing.assert_allclose(cells.I / pA, np.repeat([-20, 0, 80], 2), atol=1e-6)
