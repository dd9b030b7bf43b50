import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

import find_cell
from measures.ensemble import Plane, apart

DENDRITE = np.arange(-100, 501, 20)
SIGMOID = 1 / (1 + np.exp(-(DENDRITE - 200) / 60))


def plane(rate, burst, spikes=2.0):
    shape = (len(rate), len(DENDRITE))
    return Plane(
        DENDRITE, np.broadcast_to(rate, shape), np.broadcast_to(burst, shape), np.full(shape, spikes)
    )


def test_counts_become_rates_probabilities_and_spikes_a_burst():
    seen = Plane.of([0, 1], np.array([[10, 0]]), np.array([[4, 0]]), np.array([[18, 0]]), seconds=2)
    assert_allclose(seen.rate, [[5, 0]])
    assert_allclose(seen.burst, [[0.4, 0]])
    assert_allclose(seen.spikes, [[3, 1]])


def test_a_perfect_cell_keeps_its_messages_apart():
    found = apart(plane(np.array([[4], [10], [20]]), SIGMOID).rows())
    assert_allclose(found["changes"], 0, atol=1e-12)
    assert found["shift"] == pytest.approx(0) and found["missing"] == 0 and found["spikes"] == 2
    assert found["span"] == pytest.approx(60 * (np.log(0.6 / 0.4) - np.log(0.1 / 0.9)), rel=0.02)


def test_a_rate_that_falls_while_bursts_rise_is_seen():
    rates = np.array([[4], [10], [20]]) * (1 - 0.4 * SIGMOID)
    found = apart(plane(rates, SIGMOID).rows())
    assert_allclose(found["changes"], 1 - (1 - 0.4 * 0.6) / (1 - 0.4 * 0.1), atol=0.01)


def test_a_bursting_that_follows_the_rate_is_seen():
    later = np.stack([np.interp(DENDRITE - 40 * k, DENDRITE, SIGMOID) for k in range(3)])
    found = apart(plane(np.array([[4], [10], [20]]), later).rows())
    assert found["shift"] * found["span"] == pytest.approx(80, abs=5)


def test_cells_that_do_not_reach_the_rates_or_do_not_burst_are_judged_worse():
    good, slow = plane(np.array([[4], [10], [20]]), SIGMOID), plane(np.array([[4], [6], [8]]), SIGMOID)
    silent = plane(np.array([[4], [10], [20]]), np.zeros(len(DENDRITE)))
    assert silent.rows() == []
    scores = find_cell.judged([good, slow, silent])
    assert list(np.argsort(scores)) == [0, 1, 2]


def test_children_stay_within_the_limits_and_come_from_the_best():
    generator, (low, high) = np.random.default_rng(0), find_cell.limits()
    candidates = np.exp(low + (high - low) * generator.random((100, len(low))))
    scores = np.arange(100.0)
    born = np.log(find_cell.children(candidates, scores, 60, generator))
    assert np.all(born >= low - 1e-9) and np.all(born <= high + 1e-9)
    same = np.tile(candidates[:1], (100, 1))
    assert_allclose(np.log(find_cell.children(same, scores, 9, generator)), np.log(same[:9]), atol=0.15)
