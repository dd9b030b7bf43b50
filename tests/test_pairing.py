"""The pairing protocols against a plain re-statement of the published program, and the rule step by step."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import TimedArray, ms, second
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import neurons, synapses
from dendritic_bp.models.neurons.prescribed import prescribed
from dendritic_bp.models.synapses.burst_dependent_pairing import burst_dependent_pairing
from dendritic_bp.program import Program

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import pairing

PRINTED = {0: -0.239, 4: -0.433, 12: 0.150}  # by index of the frequency, as published


@pytest.fixture(scope="module")
def run(build_cache):
    """Compile the protocols, with one realisation of the random ones."""
    return Program(pairing.protocol(1), "pairing").run(seed=1, progress=False)


def kinds(times):
    """Tell events (intervals above 16 ms) from bursts (the first that is shorter)."""
    last, inside = -math.inf, False
    for time in times:
        event = time - last > 0.016
        yield "event" if event else "burst" if not inside else "rest"
        last, inside = time, not event


def reference(frequency, dt=1e-4):
    """Return the weight change of the periodic protocol, one step after the other."""
    events, bursts, weight = 5.0, 0.75, 0.0  # Hz, Hz
    times = [0.01 + pair / frequency for pair in range(5)]
    spikes = {int(time / dt): kind for time, kind in zip(times, kinds(times), strict=True)}
    for _ in range(15):
        x = 0.0
        for step in range(int((5 / frequency + 1) / dt)):
            event, burst = spikes.get(step) == "event", spikes.get(step) == "burst"
            x += event - x * dt / 0.05
            weight += 0.1 * (burst - bursts / events * event) * x
            events += (event - events * dt) / 15
            bursts += (burst - bursts * dt) / 15
        events, bursts = events * math.exp(-10 / 15), bursts * math.exp(-10 / 15)
    return weight


def test_periodic_curve_is_that_of_the_published_program(run):
    expected = [reference(frequency) for frequency in pairing.FREQUENCIES]
    assert_allclose(run["periodic_synapses.w"], expected, atol=1e-5)
    assert {i: round(expected[i], 3) for i in PRINTED} == PRINTED


def test_averages_forget_as_fast_as_published(run):
    """The gaps are simulated with Euler steps; the published program multiplies by exp(-10/15)."""
    ratio = run["periodic_cells.B_bar"] / run["periodic_cells.E_bar"]
    assert np.all(ratio[pairing.FREQUENCIES < 62.5] < 0.05)
    assert np.all(ratio[pairing.FREQUENCIES > 62.5] > 0.9)


def test_random_trains_have_the_rates_and_intervals_asked_for(run):
    P_bar = run["poisson_cells.B_bar"] / run["poisson_cells.E_bar"]
    expected = 1 - np.exp(-0.014 * np.tile(pairing.RATES, 2))  # 2 ms of the 16 ms are refractory
    fast = expected > 0.3
    assert_allclose(P_bar[fast].mean(), expected[fast].mean(), atol=0.05)
    P_bar = run["bursting_cells.B_bar"] / run["bursting_cells.E_bar"]
    assert np.corrcoef(P_bar, np.tile(pairing.SHARES, 2))[0, 1] > 0.8


def told(name, times, **values):
    """Build a cell that fires at these times (ms)."""
    train = TimedArray(np.array([[*times, 1e9]]).T * ms, dt=1 * second)
    return neurons(prescribed, 1, name, dict(train=train), **values)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([5], [5], -0.25),  # the event of the same step counts already
        ([5.1], [5], 0),
        ([5], [5, 21], -0.25 + (1 - 0.002) ** 160),  # 16 ms sharp still follows
        ([5], [5, 21.1], -0.25 - 25 / 101 * (1 - 0.002) ** 161),
        ([5, 10], [5, 12], -0.25 + (1 - 0.002) ** 70),  # the second presynaptic spike is no event
        ([5], [5, 12, 19], -0.25 + (1 - 0.002) ** 70),  # the third of a burst is nothing
    ],
)
def test_one_synapse_changes_by_the_rule(before, after, change):
    source = told("source", before, tau_x=50 * ms)
    cell = told("cell", after, E_bar=100, B_bar=25, tau_avg=1e6 * second)
    wire = synapses(burst_dependent_pairing, source, cell, "wire", eta=1)
    simulate(25 * ms, source, cell, wire)
    assert wire.w[0] == pytest.approx(change, abs=1e-6)
