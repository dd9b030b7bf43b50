"""Longer trials: gates, windows and steps of all kinds of cells, and of each teacher."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms
from numpy.testing import assert_allclose

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from dendritic_bp.trials import Schedule
from networks.cells import CELLS
from networks.digits import PIECE, Design
from networks.mechanisms import MECHANISMS
from networks.stretching import once_a_trial

KINDS = [*CELLS, *MECHANISMS]


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_seen_in_a_trial_is_seen_for_as_many_times_as_long(kind):
    usual, long = (Design((10,), kind, stretch=n) for n in (1, 3))
    assert_allclose([float(x.trial) for x in (usual, long)], [0.2, 0.48])
    assert_allclose(long.read_s, 3 * usual.read_s)
    order = Schedule.of((np.zeros(PIECE, int), "train", 0, 1.0))
    shares = {}
    for design in (usual, long):
        opened = design.clock.values(order, design.gates)
        per_trial = {k: x.reshape(PIECE, -1) for k, x in opened.items()}
        assert all((x[:2] == x[2:4]).all() for x in per_trial.values())
        shares[design] = {k: x[:2, 3:].sum(axis=1) for k, x in per_trial.items()}  # after 60 ms
    assert_allclose([*shares[long].values()], [3 * x for x in shares[usual].values()])


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_teaches_as_much_by_more_events_or_by_a_longer_mean(kind):
    usual, long = (Design((10,), kind, stretch=n).cell for n in (1, 3))
    share = 1 if once_a_trial(usual) else 3
    assert_allclose(float(usual.step / long.step), share)
    assert_allclose(float(usual.first["eta"] / long.first["eta"]), share)
    windows = [cell.model.parameters.get("T_mean", 0 * ms) for cell in (usual, long)]
    assert_allclose(float(windows[1] / ms), 3 * float(windows[0] / ms))


@pytest.mark.parametrize("teacher", ["reward", "reconstruction"])
def test_other_teachers_have_trials_of_usual_length(teacher):
    usual, asked = (Design((10,), "signed_bursts", teacher=teacher, stretch=n) for n in (None, 3))
    assert usual.gates == asked.gates and usual.trial == asked.trial <= 300 * ms
