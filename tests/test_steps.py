"""Whole steps are counted alike wherever a time is compared, and half a step is rounded up."""

import numpy as np
import pytest
from brian2 import NeuronGroup, SpikeMonitor, StateMonitor, TimedArray, defaultclock, ms, mV, nA, pA, second
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate import simulate

from dendritic_bp import neurons
from dendritic_bp.electrode import pulse_values, pulses, with_pulses
from dendritic_bp.models.neurons.dendritic_tree import dendritic_tree
from dendritic_bp.models.neurons.prescribed import prescribed
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.steps import STEPS, steps

dts = st.sampled_from([1e-4, 2.5e-5, 1e-3, 1e-4 / 3])


@given(dts, st.integers(-1_000, 10_000_000))
def test_a_time_is_as_many_steps_as_it_was_made_of(dt, n):
    assert steps(n * dt, dt) == n
    assert steps((n + 0.5) * dt, dt) == n + 1
    assert steps((n + 0.49) * dt, dt) == n == steps((n - 0.49) * dt, dt)


def test_models_count_as_python_does():
    times = np.array([0, 0.05, 0.15, 0.25, 0.349, 6.25, 18.75, -0.15]) * ms
    group = NeuronGroup(len(times), "T : second\nn = steps(T, dt) : 1", name="group")
    group.T = times
    defaultclock.dt = 0.1 * ms
    np.testing.assert_array_equal(group.n[:], [0, 1, 2, 3, 3, 63, 188, -1])
    np.testing.assert_array_equal(STEPS(times, 0.1 * ms), steps(np.asarray(times), 1e-4))


@settings(max_examples=8, deadline=None)
@given(st.floats(0.01, 3), st.floats(2, 12), st.floats(0, 5), st.sampled_from([0.1, 0.05, 0.03]))
def test_pulses_of_a_train_have_as_many_steps_and_start_at_the_nearest(width, period, start, dt):
    width = min(width, period - 2 * dt)
    trials = [
        {"I_soma": pulses(height=1 * pA, start=(start + k * dt / 2) * ms, width=width * ms, count=4,
                          period=period * ms)}
        for k in range(4)
    ]  # fmt: skip
    defaultclock.dt = dt * ms
    cells = neurons(with_pulses(two_compartment), 4, "cells", **pulse_values(trials, ("I_soma", "I_apical")))
    trace = StateMonitor(cells, "I_soma", record=True, name="trace")
    simulate(60 * ms, cells, trace, dt=dt * ms)
    for k, row in enumerate(np.asarray(trace.I_soma) > 0):
        edges = np.flatnonzero(np.diff(np.r_[0, row.astype(int), 0]))
        expected = steps(start + k * dt / 2 + np.arange(4) * period, dt)
        if steps(width, dt):
            np.testing.assert_array_equal(edges[::2], expected)
        assert set(edges[1::2] - edges[::2]) == ({int(steps(width, dt))} - {0})


@pytest.mark.parametrize("T_peak", [0.8, 0.85, 0.849, 0.75, 0.05])
def test_every_spike_of_the_tree_repolarises(T_peak):
    cell = neurons(dendritic_tree, 1, "cell", I_soma=1 * nA, T_peak=T_peak * ms)
    trace, spikes = StateMonitor(cell, "v_soma", record=True, name="m"), SpikeMonitor(cell, name="s")
    simulate(60 * ms, cell, trace, spikes)
    voltage, first = trace.v_soma[0] / mV, steps(float(spikes.t[0] / second), 1e-4)
    high = np.flatnonzero(voltage[first + 1 :] > -30)
    assert spikes.num_spikes >= 2
    assert high.size and np.all(np.diff(high[: int(steps(T_peak, 0.1))]) == 1)
    assert voltage[first + 1 + int(steps(T_peak, 0.1))] < -50


@pytest.mark.parametrize("T_ref", [2.95, 3, 3.05, 3.1])
def test_refractory_steps_are_those_of_the_nearest_number(T_ref):
    cell = neurons(two_compartment, 1, "cell", I_soma=60 * nA, T_ref=T_ref * ms)
    spikes = SpikeMonitor(cell, name="spikes")
    simulate(100 * ms, cell, spikes)
    intervals = set(steps(np.diff(spikes.t / second), 1e-4).tolist())
    assert len(intervals) == 1
    assert intervals.pop() - int(steps(T_ref, 0.1)) in (0, 1, 2)


@pytest.mark.parametrize(("T_bap", "T_delay"), [(2, 0.5), (2.05, 0.55), (1.95, 0), (2, 0.05)])
def test_the_back_propagating_spike_lasts_as_many_steps_after_every_spike(T_bap, T_delay):
    cell = neurons(pyramidal, 1, "cell", I_soma=1500 * pA, T_bap=T_bap * ms, T_delay=T_delay * ms)
    trace, spikes = StateMonitor(cell, "bap", record=True, name="m"), SpikeMonitor(cell, name="s")
    simulate(120 * ms, cell, trace, spikes)
    edges = np.flatnonzero(np.diff(np.r_[0, np.asarray(trace.bap[0]).astype(int), 0]))
    assert len(edges) // 2 >= 3
    assert set((edges[1::2] - edges[::2])[:-1]) == {int(steps(T_bap, 0.1))}
    delays = edges[::2][: spikes.num_spikes] - steps(spikes.t / second, 1e-4)[: len(edges[::2])]
    assert set(delays.tolist()) == {int(steps(T_delay, 0.1)) + 1}


def test_prescribed_spikes_come_at_the_nearest_step():
    times = np.array([[1.0], [2.05], [3.3], [4.949], [1e9]])
    train = TimedArray(times * ms, dt=1 * second)
    cell = neurons(prescribed, 1, "cell", dict(train=train))
    spikes = SpikeMonitor(cell, name="spikes")
    simulate(8 * ms, cell, spikes)
    np.testing.assert_array_equal(steps(spikes.t / second, 1e-4), [10, 21, 33, 49])
