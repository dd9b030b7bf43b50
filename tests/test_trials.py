"""The trial clock shows, opens and counts in each trial what it is told to."""

import numpy as np
import pytest
from brian2 import SpikeMonitor, TimedArray, defaultclock, ms
from simulate import DT

from dendritic_bp import NeuronModel, neurons
from dendritic_bp.errors import UserError
from dendritic_bp.trials import Gate, Schedule, Trials

SCHEDULE = Schedule.of(([5, 6], "train", 0, [1.0, 0.5]), ([7], "test", 1, 0))


def test_blocks_of_a_schedule_follow_each_other():
    assert len(SCHEDULE) == 3
    np.testing.assert_array_equal(SCHEDULE.sample, [5, 6, 7])
    np.testing.assert_array_equal(SCHEDULE.phase, ["train", "train", "test"])
    np.testing.assert_array_equal(SCHEDULE.epoch, [0, 0, 1])
    np.testing.assert_array_equal(SCHEDULE.step, [1, 0.5, 0])
    np.testing.assert_array_equal(SCHEDULE.during("test", "other"), [False, False, True])


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (Gate(), [1, 1, 1, 1] * 3),
        (Gate(60 * ms), [0, 0, 0, 1] * 3),
        (Gate(20 * ms, 60 * ms), [0, 1, 1, 0] * 3),
        (Gate(40 * ms, phases=("train",)), [0, 0, 1, 1] * 2 + [0] * 4),
        (Gate(40 * ms, scaled=True), [0, 0, 1, 1, 0, 0, 0.5, 0.5, 0, 0, 0, 0]),
        (Gate(scaled=True, phases=("test",)), [0] * 12),
        (Gate(60 * ms, odd=Gate(stop=20 * ms)), [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1]),
        (Gate(80 * ms, odd=Gate(60 * ms, phases=("test",))), [0] * 12),
    ],
    ids=str,
)
def test_gates_open_in_their_part_of_their_trials(gate, expected):
    clock = Trials(3, 80 * ms, 20 * ms)
    np.testing.assert_array_equal(clock.values(SCHEDULE, dict(gate=gate))["gate"], expected)


def test_tables_have_a_row_for_each_trial_and_a_number_for_each_bin():
    clock = Trials(3, 80 * ms, 20 * ms)
    tables = clock.tables(dict(order=(), bits=(2,)), ["gate"])
    assert {name: table.values.shape for name, table in tables.items()} == {
        "order": (3,), "bits": (3, 2), "gate": (12,)
    }  # fmt: skip
    np.testing.assert_allclose(clock.times, np.arange(12) * 0.02)


def test_trials_are_made_of_whole_bins():
    with pytest.raises(UserError, match="50. ms is not a whole number of bins of 20. ms"):
        Trials(3, 50 * ms, 20 * ms)
    with pytest.raises(UserError, match="30. ms is not a whole number of bins"):
        Trials(3, 80 * ms, 20 * ms).values(SCHEDULE, dict(gate=Gate(30 * ms)))
    with pytest.raises(UserError, match="The number of trials must be 1 or more, not 0"):
        Trials(0, 80 * ms, 20 * ms)
    with pytest.raises(UserError, match="The schedule has 3 trials, but the clock 4"):
        Trials(4, 80 * ms, 20 * ms).values(SCHEDULE, dict(gate=Gate()))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Trials(2.5, 80 * ms, 20 * ms), "1 or more, not 2.5"),
        (lambda: Trials(2, -80 * ms, -20 * ms), "The length of a trial must be a time"),
        (lambda: Trials(2, 80 * ms, 0 * ms), "The bin of a trial must be a time"),
        (lambda: gated(Gate(60 * ms, 20 * ms)), "A gate from 60. ms to 20. ms is not within a trial"),
        (lambda: gated(Gate(20 * ms, 100 * ms)), "to 100. ms is not within a trial of 80. ms"),
        (lambda: gated(Gate(-20 * ms)), "A gate from -20. ms"),
        (lambda: Gate(phases="train"), r"name them in a tuple, as in \('train',\)"),
        (lambda: Schedule.of(([0, 1], "train", 0, np.nan)), "finite"),
        (lambda: Schedule.of(([0, -1], "train", 0, 1)), "the indices of what is shown, from 0"),
        (lambda: Schedule.of(([0.5], "train", 0, 1)), "the indices of what is shown"),
    ],
)
def test_what_no_clock_can_do_is_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()


def gated(gate):
    return Trials(3, 80 * ms, 20 * ms).values(SCHEDULE, dict(gate=gate))


def test_counts_and_snapshots_are_of_single_trials_and_the_last_ones_are_shown():
    """A cell fires in the first and last step of trial 0, not in trial 1, and twice in trial 2."""
    defaultclock.dt = DT
    clock, orders = Trials(3, 4 * DT, DT), np.array([1, 0, 0, 1] + [0] * 4 + [0, 1, 1, 0], float)
    model = NeuronModel("told", "n : 1", threshold="orders(t) > 0", reset="n += 1", namespace=("orders",))
    cells = neurons(model, 1, "cells", dict(orders=TimedArray(orders, dt=DT)))
    spikes, counts = SpikeMonitor(cells, name="spikes"), clock.counters(cells, ["n"])
    kept = clock.snapshots(cells, "n", every=2)
    network = clock.run([cells, counts, kept], [spikes], last=1)
    results = {f"{monitor.name}.n": np.asarray(monitor.n) for monitor in (counts, kept)}
    results["cells.n"] = np.asarray(cells.n)  # of the last trial
    np.testing.assert_array_equal(clock.counts(results, "cells.n"), [[2], [0], [2]])
    np.testing.assert_array_equal(results["cells_n.n"], [[0, 0]])  # before trials 0 and 2
    np.testing.assert_allclose(spikes.t / DT, [9, 10])
    assert network.t / DT == pytest.approx(12)


def test_pieces_are_of_equal_size_and_the_last_is_filled_up():
    first, second = SCHEDULE.pieces(2)
    np.testing.assert_array_equal(first.sample, [5, 6])
    np.testing.assert_array_equal(second.sample, [7, 5])
    np.testing.assert_array_equal(second.phase, ["test", "idle"])
    np.testing.assert_array_equal(second.step, [0, 0])
    assert [len(piece) for piece in SCHEDULE.pieces(3)] == [3]
