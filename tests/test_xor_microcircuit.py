"""The schedule of the microcircuit teaches what and when it should, and learning is measured as it was."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import StateMonitor, TimedArray, ms, pA
from simulate import DT, simulate, told, told_cells

from dendritic_bp import SynapseModel, neurons, synapses
from models.synapses.short_term import RELEASE, depressing, facilitating

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import xor_microcircuit
from xor_microcircuit_network import FEEDBACK, N_INPUT, PATTERNS, TARGETS, TESTS, Microcircuit

DESIGN = Microcircuit(3)


@pytest.fixture(scope="module")
def values():
    return DESIGN.values(seed=1)


def test_every_epoch_shows_all_patterns_to_on_and_off_cells(values):
    order = DESIGN.order(1).reshape(-1, 4)
    assert order.shape == (3 + 2 * TESTS, 4)
    assert (np.sort(order, axis=1) == np.arange(4)).all()
    assert (values["bits"][:, :2] == PATTERNS[order.ravel()]).all()
    assert (values["bits"][:, :2] + values["bits"][:, 2:] == 1).all()
    assert (values["target"] == TARGETS[order.ravel()]).all()


def test_teacher_and_learning_are_on_in_the_last_window_of_training_trials_alone(values):
    teaching, learning = (values[name].reshape(-1, 3) for name in ("teaching", "learning"))
    assert not teaching[:, :2].any() and not learning[:, :2].any()
    trained = np.zeros(DESIGN.trials, bool)
    trained[4 * TESTS : -4 * TESTS] = True
    assert (teaching[:, 2] == trained).all()
    assert (np.diff(learning[trained, 2]) < 0).all() and not learning[~trained].any()
    assert (values["predicting"].reshape(-1, 3) == [0, 1, 0]).all()


def test_cells_start_with_one_weight_for_each_kind_of_input(values):
    w = np.reshape(values["inputs_hidden1.w"] / pA, (4, N_INPUT, -1))
    assert (w == w[:, :1]).all()
    assert w.std() == pytest.approx(100, rel=0.2)
    assert DESIGN.values(1, hidden_plasticity=False)["inputs_hidden2.eta"] == 0 * pA


@pytest.mark.parametrize(("name", "model"), [("bursts_excite", facilitating), ("events_excite", depressing)])
def test_routes_of_the_feedback_tell_bursts_from_events(name, model):
    """The second spike of a burst releases more at facilitating synapses than the first, less at others."""
    orders = np.zeros((300, 1))
    orders[[100, 200]] = 1  # 10 ms apart
    table = TimedArray(orders, dt=DT)
    source = neurons(told.with_equations(RELEASE), 1, "source", dict(orders=table))
    target = told_cells("target", [[]], 300)
    _, _, port, sign, released, w = FEEDBACK[name]
    code = {"spike": f"{port}_post {sign}= w*{released}"}
    wires = synapses(SynapseModel("wire", on_pre=code, parameters=dict(w=w * pA)), source, target, "wires")
    terminals = synapses(model, source, source, "terminals", "i == j")
    trace = StateMonitor(target, "I_top", record=0, name="trace")
    simulate(30 * ms, source, target, terminals, wires, trace)
    first, second = np.diff(np.asarray(trace.I_top[0] / pA))[[100, 200]]
    assert first > 0 and (second > 2 * first if model is facilitating else second < 0.6 * first)


def test_criterion_lasts_to_the_end():
    assert xor_microcircuit.lasting([False, True, False, True, True]) == 3
    assert np.isnan(xor_microcircuit.lasting([True, False]))
    assert xor_microcircuit.smooth(np.arange(4.0), 2) == pytest.approx([0, 0.5, 1.5, 2.5])
