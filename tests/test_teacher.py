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
