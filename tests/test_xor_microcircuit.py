"""The schedule of the microcircuit teaches what and when it should, and learning is measured as it was."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from brian2 import StateMonitor, TimedArray, ms, pA
from simulate import DT, simulate, told, told_cells

from dendritic_bp import SynapseModel, neurons, synapses
from dendritic_bp.models.synapses.short_term import RELEASE, depressing, facilitating

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import xor_microcircuit
from measures.xor import PATTERNS, TARGETS
from networks.xor_microcircuit import (
    BIN,
    FEEDBACK,
    GATES,
    N_HIDDEN,
    N_INPUT,
    PREDICT,
    SPREAD,
    TEACH,
    TESTS,
    TRIAL,
    W_OFF,
    W_ON,
    Microcircuit,
)

DESIGN = Microcircuit(3)


@pytest.fixture(scope="module")
def values():
    return DESIGN.values(seed=1)


def test_every_epoch_shows_all_patterns_to_on_and_off_cells(values):
    order = DESIGN.schedule(1).sample.reshape(-1, 4)
    assert order.shape == (3 + 2 * TESTS, 4)
    assert (np.sort(order, axis=1) == np.arange(4)).all()
    assert (values["bits"][:, :2] == PATTERNS[order.ravel()]).all()
    assert (values["bits"][:, :2] + values["bits"][:, 2:] == 1).all()
    assert (values["target"] == TARGETS[order.ravel()]).all()


def test_teacher_and_learning_are_on_in_the_last_window_of_training_trials_alone(values):
    times = (np.arange(round(float(TRIAL / BIN))) + 0.5) * BIN
    predicting, teaching, learning = (values[name].reshape(-1, times.size) for name in GATES)
    assert (predicting == ((times > PREDICT) & (times < TEACH))).all()
    trained = np.zeros(DESIGN.trials, bool)
    trained[4 * TESTS : -4 * TESTS] = True
    assert (teaching == np.outer(trained, times > TEACH)).all()
    assert ((learning > 0) == (teaching > 0)).all()
    assert (np.diff(learning[trained, -1]) < 0).all()


def test_hidden_cells_start_nearly_alike(values):
    """All get about the same from on-cells, and nothing from off-cells."""
    w = np.reshape(values["inputs_hidden1.w"] / pA, (4, N_INPUT, N_HIDDEN))
    assert (w == w[:, :1]).all()
    assert w[:, 0].mean(axis=1) == pytest.approx([W_ON, W_ON, W_OFF, W_OFF], abs=SPREAD / 3)
    assert w[:, 0].std(axis=1) == pytest.approx(np.full(4, SPREAD), rel=0.3)
    assert W_ON >= 4 * SPREAD


def test_controls_change_what_they_are_called_after(values):
    cut, frozen = DESIGN.values(1, "zero"), DESIGN.values(1, hidden_plasticity=False)
    assert {k: v / pA for k, v in cut.items() if k not in values} == {
        "bursts_excite.w": 0, "pv_inhibits.w": 0, "som_inhibits.w": 0, "events_excite.w": 0
    }  # fmt: skip
    assert {k: v / pA for k, v in frozen.items() if k not in values} == {
        "inputs_hidden1.eta": 0, "inputs_hidden2.eta": 0
    }  # fmt: skip


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


def test_cost_is_smoothed_over_the_last_epochs():
    assert xor_microcircuit.smooth(np.arange(4.0), 2) == pytest.approx([0, 0.5, 1.5, 2.5])


@pytest.mark.parametrize("sign", [1, -1])
def test_hidden_pools_follow_the_gradient_with_opposite_signs(sign):
    rate = np.random.default_rng(0).uniform(2, 10, (60, 4))
    error = np.where(TARGETS, 10, 2) - rate
    signal = np.stack([sign * error, -sign * error])
    data = xr.Dataset(
        {"signal": (("pool", "epoch", "pattern"), signal), "output_rate": (("epoch", "pattern"), rate)},
        {"pool": ["hidden1", "hidden2"], "epoch": np.arange(60) + 1},
    )
    found = xor_microcircuit.gradient_correlations(data)
    assert found == pytest.approx({"hidden1_gradient_r": sign, "hidden2_gradient_r": sign})
