import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import EventMonitor, NeuronGroup, SpikeMonitor, StateMonitor, defaultclock, ms, mV, nA, nS, pA
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import neurons, synapses
from dendritic_bp.electrode import pulse_values, pulses, with_pulses
from dendritic_bp.errors import ModelError
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.multiplexing import multiplexing
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.receptors import receptors
from dendritic_bp.models.synapses.signed_conductances import conductance_feedback, conductance_gradient

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from networks.cells import CELLS

SPIKE, APICAL = pulses(2 * nA, 10 * ms, 5 * ms), pulses(700 * pA, 5 * ms, 30 * ms)
QUIET = dict(sigma_s=0 * pA, sigma_d=0 * pA)


def test_it_has_the_ports_and_events_of_the_other_cells():
    ports = {"I_soma", "I_apical", "I_basal", "I_top", "I_bias", "x", "E_bar", "B_bar"}
    assert ports <= multiplexing.settable and set(multiplexing.events) == set(pyramidal.events)
    assert {"P_bar", "rate"} <= set(multiplexing.parsed)


@pytest.mark.parametrize("dt", [1 * ms, 0.1 * ms], ids=str)
def test_no_input_drives_a_voltage_beyond_the_reversal_potentials(dt):
    soma, apical = (grid.ravel() * nA for grid in np.meshgrid([-9, -1, 1, 9], [-9, -1, 1, 9]))
    cells = neurons(multiplexing, 16, "cells", I_soma=soma, I_apical=apical)
    cells.g_inh_s = cells.g_exc_d = 500 * nS
    trace = StateMonitor(cells, ["v_s", "v_d"], record=True, name="trace")
    simulate(60 * ms, cells, trace, dt=dt)
    for v in (trace.v_s, trace.v_d):
        assert np.min(np.asarray(v)) > -90e-3 and np.max(np.asarray(v)) < 20e-3


def pair(**values):
    """Count the spikes after a somatic pulse, an apical one, and both."""
    ports, trials = (
        ("I_soma", "I_apical"),
        [dict(I_soma=SPIKE), dict(I_apical=APICAL), dict(I_soma=SPIKE, I_apical=APICAL)],
    )
    cells = neurons(
        with_pulses(multiplexing, ports), 3, "cells", **pulse_values(trials, ports), **QUIET, **values
    )
    spikes = SpikeMonitor(cells, name="spikes")
    simulate(100 * ms, cells, spikes)
    return spikes.count[:].tolist()


def test_coincidence_makes_a_pair_which_calcium_dependent_potassium_ends():
    assert pair() == [1, 0, 2]
    assert pair(g_K=0 * nS)[2] > 3


def test_two_spikes_that_input_drives_are_no_burst_where_it_takes_a_plateau():
    ports = ("I_soma", "I_apical")
    twice = pulses(2 * nA, 10 * ms, 5 * ms, count=2, period=12 * ms)
    trials = [dict(I_soma=twice), dict(I_soma=SPIKE, I_apical=APICAL)]
    model = with_pulses(multiplexing, ports)
    groups = [
        neurons(model, 2, f"cells{k}", **pulse_values(trials, ports), **QUIET, m_burst=m_burst)
        for k, m_burst in enumerate((0, 0.1))
    ]
    spikes = [SpikeMonitor(group) for group in groups]
    bursts = [EventMonitor(group, "burst") for group in groups]
    simulate(100 * ms, *groups, *spikes, *bursts)
    assert [each.count[:].tolist() for each in spikes] == [[2, 2], [2, 2]]
    assert [np.bincount(each.i, minlength=2).tolist() for each in bursts] == [[1, 1], [0, 1]]


def test_events_go_on_in_the_digits_however_strong_the_drive():
    """Hidden cells get up to 2.5 nA; as found, bursts of the soma alone would not end there."""
    I_soma = np.repeat([1, 1.5, 2, 2.5], 20) * nA
    values = {name: CELLS["multiplexing"].hidden[name] for name in ("sigma_d", "lasting")}
    groups = [
        neurons(multiplexing, 80, name, I_soma=I_soma, **(values | changes))
        for name, changes in {"ending": {}, "lasting": dict(lasting=1)}.items()
    ]
    events = [EventMonitor(group, "event") for group in groups]
    simulate(400 * ms, *groups, *events, dt=0.5 * ms)
    late = [np.bincount(each.i[each.t > 200 * ms] // 20, minlength=4) / (20 * 0.2) for each in events]
    assert (np.diff(late[0]) > 5).all() and late[0][3] > 40
    assert (late[1][2:] < 2).all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (dict(E_inh=-50 * mV), "'cells': model 'multiplexing' needs E_inh < V_s .inhibition .* E_inh = -50"),
        (dict(E_exc=-60 * mV), "needs E_exc > V_s"),
        (dict(E_K=-60 * mV), "needs E_K < E_L"),
        (dict(g_d=-1 * nS), "needs g_d >= 0.nS .no conductance is negative.*g_d = -1"),
        (dict(tau_m=0.05 * ms), "needs dt <= tau_m .*the rise of a plateau.*dt = "),
        (dict(T_bap=0.15 * ms), "needs 2.dt <= T_bap"),
    ],
)
def test_numbers_that_cannot_be_are_refused(values, words):
    defaultclock.dt = 0.1 * ms
    with pytest.raises(ModelError, match=words):
        neurons(multiplexing, 1, "cells", **values)


def test_receptors_have_limits_in_any_cell():
    with pytest.raises(ModelError, match="model 'pyramidal' needs E_inh < V_d"):
        neurons(pyramidal.with_equations(**receptors), 1, "cells", E_inh=-40 * mV, V_s=-30 * mV)


sender = """
P_bar : 1
x : 1
x_bar : 1
"""


@pytest.mark.parametrize("cell", [multiplexing, burst_poisson.with_equations(**receptors)], ids=str)
def test_a_weight_is_the_current_that_its_conductance_passes_at_the_reference(cell):
    events = {"event": "t < dt", "burst": "t < dt"}
    source = NeuronGroup(1, sender, threshold="False", events=dict(events), name="source")
    source.P_bar = 0.25
    cells = neurons(cell, 2, "cells", tau_basal=1e6 * ms, tau_top=1e6 * ms)
    forward = synapses(conductance_gradient, source, cells, "forward", w=[30, -30] * pA)
    back = synapses(conductance_feedback, source, cells, "back", w=[40, -40] * pA, gain=2)
    simulate(0.1 * ms, source, cells, forward, back)
    exc, inh = (cells.E_exc - cells.V_s), (cells.E_inh - cells.V_s)
    assert_allclose(cells.g_exc_s * exc / pA, [30, 0], rtol=1e-6)
    assert_allclose(cells.g_inh_s * inh / pA, [0, -30], rtol=1e-6)
    # A burst adds gain*w, and its event takes gain*P_bar*w, through the other receptor.
    assert_allclose(cells.g_exc_d * exc / pA, [80, 20], rtol=1e-6)
    assert_allclose(cells.g_inh_d * inh / pA, [-20, -80], rtol=1e-6)


def bursting(V_d, pair):
    """Return the burst probability of 400 cells while AMPA and GABA pass `pair` of either sign at V_d."""
    start = dict(v_s="E_L + 20*mV*rand()", I_soma=700 * pA, I_apical=125 * pA, V_d=-55 * mV, tau_top=1e6 * ms)
    cells = neurons(multiplexing, 400, "cells", **start)
    cells.g_exc_d, cells.g_inh_d = pair / (0 * mV - V_d), pair / (V_d + 80 * mV)
    counts = [EventMonitor(cells, event, record=False, name=f"{event}s") for event in ("event", "burst")]
    simulate(800 * ms, cells, *counts, dt=1 * ms)
    events, bursts = (sum(each.count) for each in counts)
    return bursts / events


def test_in_networks_receptors_that_pass_the_same_current_leave_the_burst_probability_alone():
    hidden = CELLS["multiplexing"].hidden["V_d"]
    alone = bursting(hidden, 0 * pA)
    assert bursting(hidden, 150 * pA) == pytest.approx(alone, abs=0.05)  # standard errors of 0.01
    assert bursting(-55 * mV, 150 * pA) < 0.6 * alone
