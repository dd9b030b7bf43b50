"""Pair and triplet rules against their definitions, and the experiments that tell the rules apart."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import TimedArray, ms, second
from simulate import simulate

from dendritic_bp import neurons, synapses
from dendritic_bp.models.neurons.prescribed import prescribed
from dendritic_bp.models.synapses.stdp_pair import stdp_pair
from dendritic_bp.models.synapses.stdp_triplet import stdp_triplet

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import frequency_dependence


def change(model, before, after):
    """Run one synapse between cells that fire at these times (ms); return the change of its weight."""
    source, cell = (
        neurons(prescribed, 1, name, dict(train=TimedArray(np.array([[*each, 1e9]]).T * ms, dt=1 * second)))
        for name, each in (("source", before), ("cell", after))
    )
    wire = synapses(model, source, cell, "wire")
    simulate((max(*before, *after) + 1) * ms, source, cell, wire)
    return wire.w[0] - 1


def kernel(first, second, tau):
    """Return exp(-lag/tau), summed over all pairs in which `first` comes before `second` (ms)."""
    lags = np.subtract.outer(second, first)
    return np.exp(-lags[lags >= 0] / tau).sum()


def triplet(before, after):
    """Return what the triplet rule says, as sums over pairs and triplets."""
    before, after = np.array(before), np.array(after)
    change = -7.1e-3 * kernel(after, before, 33.7)
    for time in after:
        r1, o2 = kernel(before, np.array([time]), 16.8), kernel(after[after < time], np.array([time]), 114)
        change += 6.5e-3 * r1 * o2
    return change


def test_pair_rule_counts_all_pairs():
    before, after = [5, 25, 65], [10, 20.1, 80]
    expected = 0.005 * kernel(before, after, 20) - 0.00525 * kernel(after, before, 20)
    assert change(stdp_pair, before, after) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("lag", [10, -10], ids=["pre-post", "post-pre"])
@pytest.mark.parametrize("hz", [20, 50])
def test_triplet_rule_is_a_sum_over_triplets(lag, hz):
    before = 20 + np.arange(6) * 1e3 / hz
    expected = triplet(before, before + lag)
    assert change(stdp_triplet, before, before + lag) == pytest.approx(expected, rel=1e-6)


def test_simultaneous_spikes_count_as_pre_before_post():
    assert change(stdp_pair, [5], [5]) == pytest.approx(0.005)
    assert change(stdp_triplet, [5], [5]) == 0


def test_triplet_rule_explains_the_slices_it_was_fitted_to():
    """Post before pre depresses at 0.1 Hz; at 50 Hz both orders potentiate (Sjöström et al. 2001)."""
    single = triplet([0.0], [-10.0]) * 60
    assert single == pytest.approx(-0.29, abs=0.08)
    at_50_hz = np.arange(60) * 20.0
    assert triplet(at_50_hz, at_50_hz + 10) == pytest.approx(0.56, abs=0.26)
    assert triplet(at_50_hz, at_50_hz - 10) == pytest.approx(0.75, abs=0.19)


def test_conditions_have_sixty_pairs_in_the_order_asked_for():
    seen = {}
    for name, before, after in frequency_dependence.conditions():
        seen[name] = seen.get(name, 0) + 1
        if name == "pairs":
            assert len(before) == len(after) == 60
            assert abs(after - before) == pytest.approx(np.full(60, 0.01))
    assert seen == {"pairs": 24, "synchronous": 12, "timing": 49, "bursts": 6}
    trains = frequency_dependence.trains(20)
    assert len(trains) == 75 and np.diff(trains).max() == pytest.approx(10.05)
