"""Currents and channels that are added to cells of a few compartments."""

import numpy as np
import pytest
from brian2 import Network, StateMonitor, metre, ms, mV, nS, pA, pF, psiemens, um
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel, neurons
from dendritic_bp.currents import with_channel, with_current
from dendritic_bp.models.channels.ih import ih
from dendritic_bp.models.channels.kca import kca
from dendritic_bp.models.channels.kfast import kfast
from dendritic_bp.models.channels.km import km
from dendritic_bp.models.channels.nat import nat
from dendritic_bp.models.channels.sca import sca
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.neurons.pyramidal import pyramidal

AREA = 1e-8 * metre**2
S = psiemens / um**2
point = NeuronModel(
    "point",
    "dv_s/dt = (g_L*(E_L - v_s) + I_s)/C : volt\nI_s = I_soma : amp\nI_soma : amp",
    threshold="v_s > 0*mV",
    parameters=dict(g_L=10 * nS, E_L=-70 * mV, C=100 * pF),
    initial=dict(v_s="E_L"),
)
KM = dict(g_km=20 * S, E_K=-80 * mV, T_celsius=36.0)


def steady(model, duration=500 * ms, **values):
    """Return the voltages (mV) in the end."""
    cells = neurons(model, 2, "cells", I_soma=[0, 300] * pA, **values)
    simulate(duration, cells)
    return np.asarray(cells.v_s / mV)


def test_a_current_charges_the_soma():
    coupled = with_current(point, "I_x = g_x*(E_x - v_s) : amp", parameters=dict(g_x=10 * nS, E_x=-50 * mV))
    assert_allclose(steady(coupled), [-60, -45], atol=1e-6)  # two equal conductances: in the middle
    assert_allclose(steady(coupled, g_x=0 * nS), steady(point), atol=1e-9)


def test_a_current_has_a_place_to_go():
    with pytest.raises(ModelError, match="has no 'I_d' to add a current to: add the block `ports`"):
        with_current(point, "I_x = 1*pA : amp", into="I_d")
    with pytest.raises(ModelError, match="'I_soma' is no expression; name one that adds up currents"):
        with_current(point, "I_x = 1*pA : amp", into="I_soma")
    with pytest.raises(ModelError, match="defines no current"):
        with_current(point, "g_x*v_s")
    with pytest.raises(ModelError, match="unit|units"):
        with_current(point, "I_x = 1*mV : volt")


def test_a_channel_in_a_soma_settles_where_its_current_and_the_leak_cancel():
    cell = with_channel(point, km, AREA, **KM)
    for v, injected in zip(steady(cell, 2000 * ms), (0, 300), strict=True):
        m = 1 / (1 + np.exp(-(v + 35) / 10))
        potassium = 20e-12 / 1e-12 * 1e-8 * m * (-80 - v) * 1e-3 * 1e12  # pA
        assert 10 * (-70 - v) + potassium + injected == pytest.approx(0, abs=0.01)
    assert steady(cell, 2000 * ms)[1] < steady(point)[1] - 3


def test_a_gate_starts_at_its_steady_state():
    cell = neurons(with_channel(point, ih, AREA, g_ih=5 * S), 1, "cell")
    a, b = float(cell.a_q_ih_s[0]), float(cell.b_q_ih_s[0])
    assert cell.q_ih_s[0] == pytest.approx(a / (a + b))
    Network(cell)


def test_channels_that_read_each_other_and_the_same_channel_twice():
    both = with_channel(with_channel(pyramidal, km, AREA, **KM), km, AREA, "d", **KM)
    assert {"m_km_s", "m_km_d", "g_km_s", "g_km_d", "area_s", "area_d"} <= both.parsed.names
    assert "I_km_d" in str(both.parsed["I_d"].expr) and "I_km_s" in str(both.parsed["I_s"].expr)
    calcium = with_channel(pyramidal, sca, AREA, "d", g_sca=1 * S, T_celsius=37.0)
    ended = with_channel(calcium, kca, AREA, "d", g_kca=1 * S, E_K=-80 * mV)
    assert "I_sca_d" in str(ended.parsed["Ca_d"].expr)


def test_what_a_channel_lacks_is_named():
    with pytest.raises(ModelError, match="channel nat: give g_nat=..., shift_nat=..."):
        with_channel(point, nat, AREA)
    with pytest.raises(ModelError, match="'E_K' is not declared"):
        with_channel(point, km, AREA, g_km=1 * S, T_celsius=36.0)
    with pytest.raises(ModelError, match="channel km: the cell has no 'v_d'; did you mean 'v_s'"):
        with_channel(point, km, AREA, "d", **KM)
    with pytest.raises(ModelError, match="area_s = 2. metre2|area_s = .*: the channels before have"):
        with_channel(with_channel(point, km, AREA, **KM), ih, 2 * AREA, g_ih=1 * S)
    with pytest.raises(ModelError, match="area_s = 1.0? *pF|area_s = .*has the unit"):
        with_channel(point, km, 1 * pF, **KM)
    with pytest.raises(ModelError, match="no 'I_s' to add a current to"):
        with_channel(pv, km, AREA, **KM)


def test_sodium_and_potassium_in_a_point_soma_make_action_potentials():
    """Nothing resets the voltage: the channels do."""
    cell = with_channel(point, nat, AREA, g_nat=500 * S, shift_nat=10 * mV, T_celsius=37.0)
    cells = neurons(with_channel(cell, kfast, AREA, g_kfast=50 * S), 2, "cells", I_soma=[0, 400] * pA)
    trace = StateMonitor(cells, "v_s", record=True, name="trace")
    simulate(20 * ms, cells, trace, dt=0.025 * ms)
    v = np.asarray(trace.v_s / mV)
    assert v[0].max() < -65 and 40 < v[1].max() < 60
    assert -80 < v[1, v[1].argmax() :].min() < -70  # potassium ends it
