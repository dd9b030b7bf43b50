"""The microcircuit is wired as published, and its cells are driven as published."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import Hz, Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, ms, mV, pA, pF
from numpy.testing import assert_allclose
from simulate import DT, simulate

from dendritic_bp import neurons
from dendritic_bp.errors import ModelError
from dendritic_bp.models.microcircuit import CELLS, CHAIN, microcircuit
from dendritic_bp.models.neurons.conductances import conductances
from dendritic_bp.models.neurons.interneurons import POWER
from dendritic_bp.models.neurons.poisson_background import poisson_background
from dendritic_bp.models.neurons.pyramidal import pyramidal

TWO_AREAS = [dict(pc=40, som=10), dict(pc=40, pv=10)]
PUBLISHED = {"forward_1_2", "forward_pv_1_2", "pv_pc_2_2", "back_2_1", "back_som_2_1", "som_pc_1_1"} | {
    "lateral_1_1",
    "lateral_2_2",
}


def test_two_areas_are_wired_as_published():
    circuit = microcircuit(TWO_AREAS)
    wires = {name: each for name, each in circuit.items() if isinstance(each, Synapses)}
    terminals = {name for name in wires if name.endswith("ing")}
    assert set(wires) - terminals == PUBLISHED
    assert terminals == {f"pc{k}_{kind}" for k in (1, 2) for kind in ("depressing", "facilitating")}
    assert (wires["back_2_1"].source.name, wires["back_2_1"].target.name) == ("pc2", "pc1")
    assert not np.any(np.asarray(wires["lateral_1_1"].i) == np.asarray(wires["lateral_1_1"].j))
    Network(*circuit.values())  # plain Brian2 objects


def test_longer_chains_repeat_the_middle_area():
    circuit = microcircuit([dict(pc=4, som=2), dict(pc=4, pv=2, som=2, vip=2), dict(pc=4, pv=2)])
    groups = {name for name, each in circuit.items() if isinstance(each, NeuronGroup)}
    assert groups == {"pc1", "pc2", "pc3", "som1", "som2", "pv2", "pv3", "vip2"}
    assert {"forward_2_3", "back_som_3_2", "vip_som_2_2"} <= set(circuit)
    assert not {"forward_3_4", "back_1_0", "forward_1_3"} & set(circuit)
    Network(*circuit.values())  # plain Brian2 objects


def test_unknown_kinds_of_cells_are_refused():
    with pytest.raises(ModelError, match="'basket'.*pc"):
        microcircuit([dict(basket=5)])


def test_bursts_reach_the_dendrite_below_and_events_the_soma_above():
    circuit = microcircuit(TWO_AREAS, [replace(each, p=1) for each in CHAIN])
    for each in circuit.values():
        if isinstance(each, NeuronGroup):
            each.rate_exc = each.rate_inh = 0 * Hz
    circuit["pc1"].v_s = [-40, *[-70] * 39] * mV  # one cell of area 1 fires once
    circuit["pc2"].v_s = [-40, *[-70] * 39] * mV
    simulate(1.1 * ms, *circuit.values())
    up, down = circuit["pc2"].g_exc_s[1], circuit["pc1"].g_exc_d[1]
    assert up == pytest.approx(
        0.05 * 0.9 * np.exp(-2 * DT / (5 * ms)), rel=1e-3
    )  # sent 0.8 ms after the spike
    assert down == pytest.approx(0.37 * 0.02 * np.exp(-2 * DT / (5 * ms)), rel=1e-3)
    assert circuit["pv2"].g_exc_s[0] == pytest.approx(up)
    assert circuit["som1"].g_exc_s[0] == pytest.approx(down * 0.3 / 0.37)
    assert circuit["pc1"].g_inh_d[1] == pytest.approx(0.1 * 0.02 * np.exp(-2 * DT / (10 * ms)), rel=1e-3)


def test_background_has_the_mean_and_variance_of_poisson_spikes():
    model = pyramidal.with_equations(**conductances).with_equations(**poisson_background)
    cells = neurons(model, 500, "cells", v_s=-70 * mV)
    names = ["g_exc_s", "g_inh_s", "g_exc_d", "g_inh_d"]
    trace = StateMonitor(cells, names, record=True, dt=10 * ms, name="trace")
    simulate(300 * ms, cells, trace)
    weights, taus = np.array([0.35, 0.35, 0.05, 0.05]), np.array([5e-3, 10e-3, 5e-3, 10e-3])
    values = np.array([np.asarray(getattr(trace, name))[:, 10:] for name in names])  # settled
    decay = np.exp(-1e-4 / taus)
    mean = weights * 0.05 / (1 - decay)
    variance = weights**2 * 0.05 * 0.95 / (1 - decay**2)
    assert_allclose(mean, weights * 500 * taus, rtol=0.011)  # that of continuous time, but for the step
    assert_allclose(values.mean(axis=(1, 2)), mean, rtol=0.03)
    assert_allclose(values.var(axis=(1, 2)), variance, rtol=0.06)
    correlations = np.corrcoef(values.reshape(4, -1))
    assert np.abs(correlations - np.eye(4)).max() < 0.05  # one random number serves four trains


@pytest.mark.parametrize(
    ("kind", "current", "steps"),
    [("pv", 250 * pA, [272, 554, 836]), ("som", 100 * pA, [205, 452, 727])],
    ids=["pv", "som"],
)
def test_interneurons_fire_when_those_of_the_published_program_do(kind, current, steps):
    model = CELLS[kind].with_equations(**POWER)
    held = dict(T_ref=CELLS[kind].parameters["T_ref"] + DT, V_r=-70 * mV + current * DT / (100 * pF))
    cell = neurons(model, 1, "cell", I_soma=current, rate_exc=0 * Hz, rate_inh=0 * Hz, **held)
    spikes = SpikeMonitor(cell, name="spikes")
    simulate(90 * ms, cell, spikes)
    assert_allclose(np.asarray(spikes.t / DT)[:3], steps, atol=0.1)
