"""The shared noise has the statistics of Poisson trains at random synapses; weights learn only in lessons."""

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, StateMonitor, TimedArray, ms, second
from simulate import simulate, told_cells

from dendritic_bp import SynapseModel, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.poisson_sources import poisson_sources

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import plasticity_population as population

RATE, SHARE, TAU, N_SOURCES, N_CELLS, DURATION = 20, 0.2, 5, 300, 60, 4000  # Hz, 1, ms, 1, 1, ms


@pytest.fixture(scope="module")
def conductances():
    """Return what shared sources give to 60 cells: (cell, time), each half millisecond, after 50 ms."""
    group = poisson_sources("sources", N_SOURCES, RATE * Hz, 1 * ms)
    cells = told_cells("cells", [[]] * N_CELLS, 1)
    model = SynapseModel("add", on_pre={"spike": "x_post += 1"})  # a trace of TAU stands for a conductance
    wires = synapses(model, group, cells, "wires", dict(p=SHARE))
    cells.tau_x = TAU * ms
    trace = StateMonitor(cells, "x", record=True, dt=0.5 * ms, name="trace")
    simulate(DURATION * ms, group, cells, wires, trace, dt=0.5 * ms)
    return np.asarray(trace.x)[:, 100:], np.bincount(wires.j, minlength=N_CELLS)


def test_noise_has_the_mean_and_the_variance_of_poisson_trains(conductances):
    x, fan_in = conductances
    assert x.mean() == pytest.approx(fan_in.mean() * RATE * TAU * 1e-3, rel=0.05)
    variance = fan_in.mean() * RATE * TAU * 1e-3 / 2
    assert x.var(axis=1).mean() == pytest.approx(variance, rel=0.15)


def test_noise_is_correlated_as_the_sources_are_shared_and_as_long_as_the_synapse_lasts(conductances):
    x = conductances[0][
        :, ::2
    ]  # once a millisecond: the ripple of the grid, at 1 kHz, is common to all cells
    pairs = np.corrcoef(x)[np.triu_indices(N_CELLS, 1)]
    assert pairs.mean() == pytest.approx(SHARE, abs=0.03)
    shifted = [np.mean([np.corrcoef(row[:-lag], row[lag:])[0, 1] for row in x]) for lag in (5, 25)]
    assert shifted[0] == pytest.approx(np.exp(-1), abs=0.05)
    assert shifted[1] == pytest.approx(0, abs=0.05)


def test_each_phase_has_its_place():
    factor = population.schedule(1, population.FACTORS)
    values = [float(factor(time * second)) for time in (0, 19, 21, 46, 71, 96, 121, 146, 169)]
    assert values == [1, 1, 1, 1.5, 1, 0.55, 1, 1, 1]


@pytest.mark.parametrize(("lesson", "change"), [(1, (1 - 0.5) * 0.99), (0, 0)])
def test_weights_learn_only_in_lessons(lesson, change):
    source = told_cells("source", [[0]], 200, tau_x=1e6 * ms)
    cell = told_cells("cell", [[100, 180]], 200, E_bar=100, B_bar=50, tau_avg=1e6 * second, x=0)
    model = replace(population.plastic_synapse, on_pre={})
    names = dict(lesson=TimedArray([lesson], dt=1 * second))
    wire = synapses(model, source, cell, "wire", namespace=names, eta=1e-3, r_min=0 * Hz)
    simulate(20 * ms, source, cell, wire)
    assert (wire.w[0] - population.W_START) / 1e-3 == pytest.approx(change, abs=0.02)


@pytest.mark.parametrize("grid", [0, 0.25, 20, float("inf"), float("nan")])
def test_sources_fire_on_whole_steps(grid):
    with pytest.raises(UserError, match=f"whole steps of 0.1 ms, from 0.1 to 10 ms, not {grid:g} ms"):
        population.simulate(Namespace(quick=True, source_grid=grid))
