import numpy as np
import pytest
from brian2 import (
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    cm,
    ms,
    mV,
    nS,
    ohm,
    pA,
    siemens,
    uF,
    um,
    uS,
)
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel, neurons, synapses
from dendritic_bp.compartments import Cylinder, coupled
from dendritic_bp.electrode import inject, pulses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.basal_branch import basal_branch
from dendritic_bp.models.neurons.dendritic_tree import dendritic_tree
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.glutamate import glutamate
from dendritic_bp.voltage import amplitude, folds

SOMA = Cylinder(20 * um, 20 * um)
DENDRITE = Cylinder(200 * um, 2 * um, "soma", folds=1.5)


def ball_and_stick(**sizes):
    """Return a passive model of two compartments."""
    tree = coupled("two", dict(soma=SOMA, dend=DENDRITE) | sizes)
    membrane = dict(E_L=-70 * mV, c_m=1 * uF / cm**2, g_leak=50 * uS / cm**2, R_a=150 * ohm * cm)
    ports = "I_into_soma : amp\nI_into_dend : amp"
    return NeuronModel(
        "two",
        tree["equations"] + ports,
        threshold="v_soma > 0*mV",
        parameters=tree["parameters"] | membrane,
        initial=dict(v_soma="E_L", v_dend="E_L"),
    )


def test_text_of_a_compartment_can_be_read():
    lines = ball_and_stick().equations.splitlines()
    assert "g_soma_dend = 2/(r_soma + r_dend) : siemens" in lines
    membrane = "g_leak*area_dend*(E_L - v_dend) + g_soma_dend*(v_soma - v_dend) + I_into_dend"
    assert f"dv_dend/dt = ({membrane})/C_dend : volt" in lines


def test_conductances_follow_from_geometry():
    cells = neurons(ball_and_stick(), 1, "cells")
    half = 4 * 1.5 * 200e-6 / (np.pi * 4e-12) / 2 + 4 * 1.5 * 20e-6 / (np.pi * 400e-12) / 2
    assert_allclose(cells.g_soma_dend / siemens, 1 / half)
    assert_allclose(cells.C_dend / uF, np.pi * 200 * 2 * 1.5 * 1e-8)


def test_steady_attenuation_between_two_compartments():
    cells = neurons(ball_and_stick(), 2, "cells", I_into_soma=[50, 0] * pA, I_into_dend=[0, 50] * pA)
    simulate(300 * ms, cells)
    g = float(cells.g_soma_dend / nS)
    leak = [50e-6 * 1e9 * 1e-8 * np.pi * area for area in (400, 600)]  # nS
    soma, dendrite = (np.asarray(v / mV) + 70 for v in (cells.v_soma, cells.v_dend))
    assert_allclose(dendrite[0] / soma[0], g / (g + leak[1]), rtol=1e-4)
    assert_allclose(soma[1] / dendrite[1], g / (g + leak[0]), rtol=1e-4)
    assert_allclose(soma[0], 50 / (leak[0] + g * leak[1] / (g + leak[1])), rtol=1e-3)


def test_uncoupled_compartment_decays_with_the_time_constant_of_its_membrane():
    model = ball_and_stick(dend=Cylinder(200 * um, 2 * um, "soma", coupling=1e-6 * nS))
    cells = neurons(model, 1, "cells", v_soma=-60 * mV)
    trace = StateMonitor(cells, "v_soma", record=0, name="trace")
    simulate(40 * ms, cells, trace, dt=0.025 * ms)
    assert_allclose(trace.v_soma[0] / mV + 70, 10 * np.exp(-trace.t / (20 * ms)), atol=0.01)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (dict(dend=Cylinder(0 * um, 2 * um, "soma")), "'dend', length = 0. m: must be positive"),
        (dict(dend=Cylinder(9 * um, -2 * um, "soma")), "'dend', diameter = -2. um: must be pos"),
        (dict(dend=Cylinder(9 * um, 2 * um, "soma", coupling=-1 * nS)), "'dend', coupling = -1. nS: must be"),
        (dict(dend=Cylinder(9 * um, 2 * um, "sma")), "parent = 'sma': no such .* did you mean 'soma'"),
        (dict(dend=Cylinder(9 * um, 2 * um)), "'dend', parent: missing"),
        (dict(dend=Cylinder(9 * um, 2 * ms, "soma")), "'dend', diameter = 2. ms: wrong unit, expected m"),
        (dict(soma=Cylinder(20 * um, 20 * um, "dend")), "'soma', parent = 'dend': no such compartment"),
    ],
)
def test_impossible_trees_are_refused(sizes, words):
    with pytest.raises(ModelError, match=f"model 'two', compartment .*{words}"):
        ball_and_stick(**sizes)


@pytest.mark.parametrize("model", [basal_branch, dendritic_tree], ids=lambda model: model.name)
def test_branched_cells_have_the_ports_and_events_of_all_cells(model):
    assert {"I_soma", "I_apical", "I_basal", "I_top", "I_bias", "x", "E_bar", "B_bar"} <= model.settable
    assert {"event", "burst"} <= set(model.events)
    assert {"v_s", "v_d", "P_bar", "rate"} <= set(model.parsed)


def test_dendritic_spike_starts_at_its_published_current():
    cells = neurons(dendritic_tree, 2, "cells", I_apical=[121.7, 124.2] * pA)  # 123 pA, 1 % less and more
    trace = StateMonitor(cells, "v_dist", record=True, name="trace")
    simulate(5 * ms, cells, trace)
    assert (np.asarray(cells.v_dist / mV) > -35).tolist() == [False, True]


def test_clustered_glutamate_adds_more_than_linearly_unless_blocked():
    counts, apv = [1, 9, 18, 18], [0, 0, 0, 1]
    cells = neurons(basal_branch, 4, "cells")
    release = SpikeGeneratorGroup(4, range(4), [5] * 4 * ms, name="release")
    wires = synapses(glutamate, release, cells, "wires", connect="i == j", w=counts, apv=apv)
    trace, spikes = StateMonitor(cells, "v_s", record=True, name="trace"), SpikeMonitor(cells, name="spikes")
    simulate(60 * ms, release, cells, wires, trace, spikes, dt=0.025 * ms)
    unit, few, many, blocked = (amplitude(v) * 1e3 for v in np.asarray(trace.v_s))
    assert unit == pytest.approx(0.236, abs=0.02)
    assert many / (2 * few) > 1.2 and 5 < many < 8
    assert 2 < many / blocked < 3.3
    assert spikes.num_spikes == 0


def block_line(alpha, E_L):
    """Return voltages and the NMDA conductance, relative to the leak, that holds each."""
    cells = neurons(basal_branch, 40000, "cells", alpha_Mg=alpha / mV)
    v = np.linspace(E_L + 0.01, -0.01, 40000)
    cells.v_basal3 = v * mV
    return v, (v - E_L) / (-v * np.asarray(cells.block))


def test_folds_of_the_magnesium_block():
    for E_L in (-75, -70, -65):
        assert folds(*block_line(0.062, E_L)).size == 0
    assert_allclose(folds(*block_line(0.08, -70)), [5.44, 6.56], atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "port", "values", "words"),
    [
        (two_compartment, "I_apical", {"cells.a_d": -1e9 * nS}, "two_compartment-0-1ms .*cells.[vw]_d"),
        (basal_branch, "I_soma", {}, "basal_branch-0-1ms .*cells.v_basal"),  # needs 0.025 ms
    ],
)
def test_divergence_names_the_model_and_the_variable(model, port, values, words):
    with pytest.raises(UserError, match=words):
        inject(model, [{port: pulses(100 * pA)}], 200 * ms, values=values)
