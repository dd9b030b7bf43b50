import numpy as np
import pytest
from brian2 import EventMonitor, SpikeMonitor, StateMonitor, ms, mV, nA, pA, second
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import neurons
from dendritic_bp.electrode import pulse_values, pulses, with_pulses
from dendritic_bp.models.neurons.interneurons import pv, som, vip
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.voltage import amplitude

SPIKE = pulses(2 * nA, 10 * ms, 5 * ms)
BOX = 2600 * pA * 7 * ms / (170 * pA * ms / mV) * (1 - np.exp(-2 / 7))  # 26.6 mV, without calcium


def record(trials, duration, dt=0.1 * ms, model=two_compartment, **values):
    ports = ("I_soma", "I_apical")
    cells = neurons(with_pulses(model, ports), len(trials), "cells", **pulse_values(trials, ports), **values)
    trace = StateMonitor(cells, ["v_s", "v_d", "I_soma"], record=True, name="trace")
    spikes = SpikeMonitor(cells, name="spikes")
    simulate(duration, cells, trace, spikes, dt=dt)
    return trace, spikes


def test_two_compartment_has_the_ports_and_events_of_the_pyramidal_cell():
    assert two_compartment.settable == pyramidal.settable | {"T_ref"}
    assert set(two_compartment.events) == set(pyramidal.events)


def test_pulses_have_the_same_number_of_steps_wherever_they_start():
    trials = [dict(I_soma=pulses(1 * nA, start * ms, 2 * ms, 5, second / 90)) for start in (0, 10, 10.03)]
    trials.append(dict(I_soma=pulses(hold=1 * nA)))
    trace, _ = record(trials, 70 * ms)
    injected = np.asarray(trace.I_soma) * 1e9
    assert_allclose(injected.sum(axis=1), [100, 100, 100, 700])
    assert np.all((injected[:3, 1:] > injected[:3, :-1]).sum(axis=1) == [4, 5, 5])


def test_back_propagating_spike_is_a_box_that_the_plateau_helps():
    assert BOX / mV == pytest.approx(26.6, abs=0.05)
    passive, _ = record([dict(I_soma=SPIKE)], 30 * ms, 0.025 * ms, g_d=0 * pA, a_d=0 * pA / mV)
    active, spikes = record([dict(I_soma=SPIKE)], 30 * ms, 0.025 * ms)
    assert amplitude(passive.v_d[0]) * 1e3 == pytest.approx(BOX / mV, abs=0.1)
    assert amplitude(active.v_d[0]) * 1e3 == pytest.approx(27.9, abs=0.3)
    rises = active.t[np.flatnonzero(np.asarray(active.v_d[0] / mV) > -69)[0]] - spikes.t[0]
    assert 0.5 * ms < rises < 0.7 * ms


@pytest.mark.parametrize("dt", [0.1 * ms, 0.025 * ms], ids=str)
def test_coincidence_makes_a_burst(dt):
    apical = pulses(600 * pA, 10 * ms, 10 * ms)
    trials = [dict(I_soma=SPIKE), dict(I_apical=apical), dict(I_soma=SPIKE, I_apical=apical)]
    _, spikes = record(trials, 50 * ms, dt)
    assert spikes.count[:].tolist() == [1, 0, 2]
    assert np.diff(spikes.spike_trains()[2] / ms)[0] == pytest.approx(12, abs=1.5)


def test_soma_is_held_after_a_spike_and_the_threshold_is_fixed():
    trace, spikes = record([dict(I_soma=pulses(hold=20 * nA))], 20 * ms)
    assert_allclose(np.diff(spikes.t / ms), np.diff(spikes.t / ms)[0], atol=0.11)
    assert np.diff(spikes.t / ms).min() > 3
    assert np.asarray(trace.v_s[0] / mV).max() < -48


@pytest.mark.parametrize(("model", "rheobase"), [(pv, 200), (som, 20.8), (vip, 65)], ids=str)
def test_interneurons_fire_from_their_rheobase_on(model, rheobase):
    model_values = dict(b=0 * pA, a=0 * pA / mV)  # adaptation takes that of SOM cells to the published 25 pA
    cells = neurons(model, 2, "cells", I_soma=[0.95 * rheobase, 1.05 * rheobase] * pA, **model_values)
    events, bursts = EventMonitor(cells, "event", name="events"), EventMonitor(cells, "burst", name="bursts")
    simulate(1 * second, cells, events, bursts)
    assert events.count[0] == 0 < events.count[1]
    assert bursts.num_events == 0


def test_som_cells_adapt():
    cells = neurons(som, 1, "cells", I_soma=200 * pA)
    spikes = SpikeMonitor(cells, name="spikes")
    simulate(1 * second, cells, spikes)
    intervals = np.diff(spikes.t / ms)
    assert intervals[-1] > 2 * intervals[0]
