import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import (
    EventMonitor,
    SpikeMonitor,
    StateMonitor,
    ms,
    mV,
    nS,
    pA,
    second,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from simulate import DT, simulate, told, told_cells

from dendritic_bp import neurons
from dendritic_bp.analysis import detect_events
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.burst_signed import burst_signed
from dendritic_bp.models.neurons.conductances import conductances
from dendritic_bp.models.neurons.poisson import poisson
from dendritic_bp.models.neurons.pyramidal import pyramidal

CELLS = [pyramidal, burst_poisson]
by_name = pytest.mark.parametrize("model", CELLS, ids=lambda model: model.name)


def steps(times):
    return np.rint(np.asarray(times / DT)).astype(int)


@by_name
def test_ports_are_the_same_in_all_models(model):
    ports = {"I_soma", "I_apical", "I_basal", "I_top", "I_bias", "x", "E_bar", "B_bar"}
    assert ports <= model.settable
    assert {"P_bar", "rate"} <= set(model.parsed)
    assert set(model.events) == {"event", "burst"} == set(poisson.events)


@pytest.mark.parametrize(
    ("I_soma", "I_apical", "published"),
    [(700, 0, [172, 474, 1073, 1764]), (700, 300, [163, 230, 294, 370]), (0, 500, [])],
)
def test_pyramidal_spikes_when_the_published_program_does(I_soma, I_apical, published):
    # [P21], the published program: it injects current after the threshold test of a step, hence `when="end"`.
    cell = neurons(pyramidal, 1, "cell")
    cell.run_regularly(
        f"v_s += dt*{I_soma}*pA/C_s; v_d += dt*{I_apical}*pA/C_d", dt=DT, when="end", name="electrode"
    )
    spikes = SpikeMonitor(cell, name="spikes")
    simulate(200 * ms, cell, spikes)
    assert_allclose(steps(spikes.t)[:4], published, atol=1)


@by_name
def test_passive_compartments_decay_exponentially(model):
    still = {name: 0 * model.parameters[name] for name in ("a_d", "g_s", "g_d") if name in model.parameters}
    cell = neurons(model, 1, "cell", v_s=-60 * mV, v_d=-65 * mV, w_d=0 * pA, **still)
    trace = StateMonitor(cell, ["v_s", "v_d"], record=0, dt=1 * ms, name="trace")
    simulate(30 * ms, cell, trace)
    assert_allclose((trace.v_s[0] / mV + 70), 10 * np.exp(-trace.t / (16 * ms)), atol=0.02)
    assert_allclose((trace.v_d[0] / mV + 70), 5 * np.exp(-trace.t / (7 * ms)), atol=0.02)


@by_name
def test_synaptic_currents_decay_and_charge_their_compartment(model):
    cell = neurons(model, 2, "cell", I_basal=[100, 0] * pA, I_top=[0, 100] * pA)
    simulate(5 * ms, cell)
    assert_allclose(cell.I_basal / pA, [100 * np.exp(-1), 0], rtol=0.02)
    assert_allclose(cell.I_top / pA, [0, 100 * np.exp(-1)], rtol=0.02)
    assert cell.v_s[0] > cell.v_s[1] + 0.5 * mV and cell.v_d[1] > cell.v_d[0] + 1 * mV


def test_pyramidal_plateau_turns_events_into_bursts():
    cell = neurons(pyramidal, 2, "cell", I_soma=500 * pA, I_apical=[0, 400] * pA)
    events, bursts = EventMonitor(cell, "event", name="events"), EventMonitor(cell, "burst", name="bursts")
    simulate(1 * second, cell, events, bursts)
    assert bursts.count[0] == 0 < events.count[0]
    assert bursts.count[1] > 0.5 * events.count[1] > 0


@pytest.fixture(scope="module")
def population():
    """Simulate 400 burst-Poisson cells with dendrites at 0 or 300 pA for 2 s."""
    cells = neurons(
        burst_poisson, 400, "cells", I_soma="(650 + 100*rand())*pA", I_apical="300*pA*int(i >= 200)"
    )
    monitors = {"spike": SpikeMonitor(cells, name="spikes")}
    monitors |= {event: EventMonitor(cells, event, name=f"{event}s") for event in burst_poisson.events}
    # the probability that the coin of each event was thrown with
    odds = EventMonitor(cells, "event", variables=["p_burst"], name="odds")
    simulate(2 * second, cells, odds, *monitors.values())
    return cells, monitors, odds


def test_burst_poisson_intervals(population):
    intervals = np.concatenate(
        [np.diff(train / ms) for train in population[1]["spike"].spike_trains().values()]
    )
    inside = intervals[intervals < 16]
    assert inside.min() + 1e-6 >= 5 and inside.max() - 1e-6 <= 15.1
    assert np.mean(inside) == pytest.approx(10.05, abs=4 * 2.9 / np.sqrt(inside.size))
    assert np.std(inside) == pytest.approx(10 / np.sqrt(12), rel=0.1)
    assert intervals[intervals > 16].min() > 20 - 1e-6


def test_burst_probability_is_that_of_the_dendrite(population):
    _, monitors, odds = population
    for half in (slice(0, 200), slice(200, 400)):
        members = np.isin(odds.i, np.arange(400)[half])
        p = np.asarray(odds.p_burst)[members]
        bursts = monitors["burst"].count[half].sum()
        cut_off = 5  # by the end of the run, at most
        assert abs(bursts - p.sum()) < 4 * np.sqrt(np.sum(p * (1 - p))) + cut_off
    assert_allclose(population[0].p_burst[:200], 1 / (1 + np.exp(13 / 6)), rtol=0.05)


def test_burst_poisson_spikes_are_events_and_bursts(population):
    _, monitors, _ = population
    assert monitors["spike"].num_spikes == monitors["event"].num_events + monitors["burst"].num_events


def test_bursts_of_two_kinds_tell_size_and_sign_of_the_apical_current():
    current = [-200, -100, 0, 100, 200] * pA
    cells = neurons(burst_signed, 500, "cells", I_soma="(650 + 100*rand())*pA", w_d=0 * pA)
    cells.tau_avg = 1000 * second
    cells.I_apical = np.repeat(current, 100)
    events, bursts = (EventMonitor(cells, e, variables=["kind"], name=f"{e}s") for e in ("event", "burst"))
    simulate(1500 * ms, cells, events, bursts, dt=1 * ms)
    kinds = {k: np.bincount(bursts.i[bursts.kind == k] // 100, minlength=5) for k in (1, -1)}
    each = events.count[:].reshape(5, 100).sum(axis=1)
    signed = (kinds[1] - kinds[-1]) / each
    depolarised = current / (170 / 7 + 13) / nS / (6 * mV)  # the leak and the restoring current
    assert_allclose(signed, np.tanh(depolarised), atol=4 / np.sqrt(each.min()))
    assert kinds[1][:3].sum() == kinds[-1][2:].sum() == 0
    mean = (cells.P_bar[:].reshape(5, 100) * events.count[:].reshape(5, 100)).sum(axis=1) / each
    assert_allclose(mean, signed, rtol=0.01, atol=1e-9)


@pytest.mark.parametrize("memory", [0.0, 1.0])
def test_online_detection_equals_offline_detection(population, memory):
    cells = neurons(pyramidal, 50, "cells", memory=memory, I_soma=600 * pA, I_apical="10*pA*i")
    monitors = [SpikeMonitor(cells, name="spikes")]
    monitors += [EventMonitor(cells, event, name=f"{event}s") for event in ("event", "burst")]
    simulate(500 * ms, cells, *monitors)
    check_detection(*monitors, memory)
    if memory == 0:
        check_detection(*population[1].values(), memory)


def check_detection(spikes, events, bursts, memory):
    """Compare what the cells found, spike by spike, with the definition."""
    found = detect_events(np.asarray(spikes.t), np.asarray(spikes.i), memory=memory)
    for online, offline in ((events, found.event), (bursts, found.burst)):
        expected = sorted(zip(spikes.i[offline], steps(spikes.t)[offline], strict=True))
        assert sorted(zip(online.i, steps(online.t), strict=True)) == expected


trains = st.lists(st.sets(st.integers(0, 999), max_size=40), min_size=1, max_size=8)


@settings(max_examples=10, deadline=None)
@given(trains, st.sampled_from([0.0, 0.5, 1.0]))
def test_online_detection_equals_offline_detection_on_random_trains(trains, memory):
    cells = told_cells("cells", trains, 1000, memory=memory)
    monitors = [SpikeMonitor(cells, name="spikes")]
    monitors += [EventMonitor(cells, event, name=f"{event}s") for event in ("event", "burst")]
    simulate(100 * ms, cells, *monitors)
    check_detection(*monitors, memory)


def test_detection_of_a_pair_and_of_what_follows_a_burst():
    trains = [[0, 160], [0, 161], [0, 50, 100], [0, 50, 250]]  # 160 steps are 16 ms
    window = 16 * (1 + np.log(1 + np.exp(-5 / 16)))  # published, after a pair 5 ms apart: 24.8 ms
    for memory, last_is_event in ((0.0, True), (1.0, window < 20)):  # so that an event 20 ms later is lost
        cells = told_cells("cells", trains, 300, memory=memory)
        events, bursts = (EventMonitor(cells, name, name=f"{name}s") for name in ("event", "burst"))
        simulate(30 * ms, cells, events, bursts)
        assert_array_equal(events.count, [1, 2, 1, 1 + last_is_event])
        assert_array_equal(bursts.count, [1, 0, 1, 1])


def test_averages_count_events_and_bursts():
    cells = told_cells("cells", [[0, 50, 500], []], 1001)
    simulate(100.1 * ms, cells)
    decay = np.exp(-np.array([100, 95, 50]) / 2000)
    assert_allclose(cells.E_bar, [decay[0] + decay[2], 0], rtol=1e-3)
    assert_allclose(cells.B_bar, [decay[1], 0], rtol=1e-3)
    assert_allclose(cells.P_bar, [decay[1] / (decay[0] + decay[2]), 1], rtol=1e-3)
    assert_allclose(cells.rate * second, [(decay[0] + decay[2]) / 2, 0], rtol=1e-3)
    assert_allclose(cells.x, [np.exp(-1) + np.exp(-0.5), 0], rtol=2e-3)
    assert set(told.events) == set(pyramidal.events)


@by_name
def test_closed_gate_keeps_the_averages(model):
    cells = neurons(model, 2, "cells", I_soma=900 * pA, I_apical=500 * pA, E_bar=8, B_bar=2, averaging=0)
    events, bursts = (EventMonitor(cells, name, name=f"{name}s") for name in ("event", "burst"))
    simulate(200 * ms, cells, events, bursts)
    assert events.num_events > 0 and bursts.num_events > 0
    for name, value in (("E_bar", 8), ("B_bar", 2), ("P_bar", 0.25)):
        assert_allclose(getattr(cells, name), value, rtol=1e-12)
    assert (cells.x > 0).all()  # the trace goes on


def test_slow_trace_approaches_the_mean_of_the_trace():
    train = range(0, 6000, 200)  # an event each tau_x = 20 ms: the trace is 1 on average
    cells = told_cells("cells", [train, []], 6000, tau_x=20 * ms, tau_x_bar=100 * ms)
    trace = StateMonitor(cells, "x_bar", record=True, dt=20 * ms, name="trace")
    simulate(600 * ms, cells, trace)
    assert_allclose(trace.x_bar[0], 1 - np.exp(-np.asarray(trace.t / (100 * ms))), atol=0.2)
    assert trace.x_bar[0][-1] == pytest.approx(1, abs=0.06)
    assert_array_equal(trace.x_bar[1], 0)


@by_name
def test_bias_pulls_the_event_rate_to_its_target(model):
    cells = neurons(
        model,
        20,
        "cells",
        I_soma="(300 + 30*i)*pA",
        eta_bias=15 * pA,
        rate_target=8 / second,
        tau_avg=1 * second,
    )
    simulate(10 * second, cells, dt=1 * ms)
    assert_allclose(cells.rate * second, 8, atol=2)
    assert cells.I_bias[0] > 0 * pA > cells.I_bias[19]


@by_name
@pytest.mark.parametrize("dt", [0.1 * ms, 1 * ms], ids=str)
def test_background_has_its_deviation_and_its_time_constant(model, dt):
    cells = neurons(model.with_equations(**background), 100, "cells", v_s=-200 * mV)
    trace = StateMonitor(cells, ["I_noise_s", "I_noise_d"], record=True, dt=2 * ms, name="trace")
    simulate(200 * ms, cells, trace, dt=dt)
    soma, dendrite = trace.I_noise_s[:, 10:] / pA, trace.I_noise_d[:, 10:] / pA
    assert_allclose([soma.std(), dendrite.std()], 450, rtol=0.05)
    lag = (1 - dt / (2 * ms)) ** (2 * ms / dt)  # exp(-1), by the Euler method
    assert np.mean(soma[:, 1:] * soma[:, :-1]) / soma.var() == pytest.approx(lag, abs=0.05)
    assert np.mean(soma * dendrite) / soma.var() == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("quirk", "drive"), [(None, 70), ("v_drive = v_s : volt", 60)])
def test_conductances_drive_towards_their_reversal(quirk, drive):
    model = pyramidal.with_equations(**conductances)
    model = model.with_equations(quirk) if quirk else model
    cell = neurons(model, 1, "cell", v_s=-60 * mV, v_d=-70 * mV, g_exc_s=0.5, g_exc_d=0.5, g_inh_d=0.1)
    assert_allclose(cell.I_basal / pA, 370 / 16 * 0.5 * 60)
    assert_allclose(cell.I_top / pA, 170 / 7 * (0.5 * drive + 0.1 * (drive - 80)))
    simulate(5 * ms, cell)
    assert_allclose([cell.g_exc_s[0] / 0.5, cell.g_inh_d[0] / 0.1], np.exp([-1, -0.5]), rtol=0.02)


def test_poisson_cells_fire_at_their_drive():
    cells = neurons(poisson, 1000, "cells", drive="i*Hz")
    spikes, events = SpikeMonitor(cells, name="spikes"), EventMonitor(cells, "event", name="events")
    bursts = EventMonitor(cells, "burst", name="bursts")
    simulate(0.5 * second, cells, spikes, events, bursts)
    assert_array_equal(events.count, spikes.count)
    assert bursts.num_events == 0
    assert spikes.num_spikes == pytest.approx(500 * 500, rel=0.01)
    assert_allclose(cells.x[900:].mean(), 0.95 * 100 * (1 - np.exp(-5)), rtol=0.05)


GENERATE = """
import hashlib, pathlib, sys
from brian2 import Network, ms, set_device, device
from dendritic_bp import neurons
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.pyramidal import pyramidal
set_device("cpp_standalone", build_on_run=False)
models = (pyramidal, burst_poisson)
Network([neurons(model.with_equations(**background), 2, model.name) for model in models]).run(1*ms)
device.build(compile=False, directory=sys.argv[1])
for path in sorted(pathlib.Path(sys.argv[1], "code_objects").glob("*.cpp")):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_generated_code_does_not_depend_on_the_hash_seed(tmp_path):
    root = Path(__file__).parents[1]
    listings = {
        subprocess.check_output(
            [sys.executable, "-c", GENERATE, tmp_path / seed],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "HOME": str(tmp_path)},
            text=True,
        )
        for seed in ("1", "2")
    }
    assert len(listings) == 1 and "pyramidal_stateupdater" in listings.pop()
