import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, SpikeMonitor, StateMonitor, TimedArray, ms, mV, nA, nS, um
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import ModelError
from dendritic_bp.models.neurons.layer5 import CHANNELS, CORE, SECTIONS, S, layer5, membrane, where

EXPERIMENTS = Path(__file__).parents[1] / "experiments"

# By hand, from the published formulas: (variable or rate, at mV, value in SI units).
BY_HAND = [
    ("a_m_nat", -28, 1638.0),  # 0.182*9 /ms, where x/(1 - exp(-x)) is 0/0
    ("b_m_nat", -28, 1116.0),
    ("a_m_nat", -60, 171.2),  # 0.182*(-32)/(1 - exp(32/9)) = -5.824/(1 - 35.01) /ms
    ("a_h_nat", -60, 37.56),  # 0.024*(-10)/(1 - exp(2)) /ms
    ("b_h_nat", -60, 7.152),  # -0.0091*15/(1 - exp(3)) /ms
    ("h_inf_nat", -55, 0.5),
    ("a_n_kfast", 25, 180.0),
    ("b_n_kfast", -65, 180.0),  # -0.002*(-90)/(1 - exp(-10)) /ms
    ("a_a_kslow", 11.1, 68.12),
    ("b_a_kslow", -1.27, 14.08),
    ("b_inf_kslow", -58, 0.5),
    ("tau_b_kslow", -75, 0.8723),  # 360 + 1010 - 23.7*21 ms
    ("tau_b1_kslow", 0, 3.52),  # 2350 + 1380 - 210 ms
    ("tau_b1_kslow", -130, 1e-3),  # the published formula gives -3 s
    ("m_inf_nap", -48, 0.5),
    ("tau_m_nap", -50, 7.650e-5),  # 0.025 + 0.14/e ms
    ("tau_m_nap", -40, 1.650e-4),  # 0.02 + 0.145 ms
    ("m_inf_km", -35, 0.5),
    ("tau_m_km", -35, 0.21398),  # 1000/2.3**0.1/4.3 ms
    ("a_q_ih", -154.9, 76.52),
    ("b_q_ih", 0, 193.0),
    ("a_m_sca", -27, 209.0),
    ("b_m_sca", -75, 940.0),
    ("a_h_sca", -13, 0.15233),
    ("b_h_sca", -15, 1.08333),
]


@pytest.fixture(scope="module")
def cell():
    return layer5("rates")


@pytest.mark.parametrize(("name", "millivolt", "value"), BY_HAND)
def test_rates_equal_numbers_computed_by_hand(cell, name, millivolt, value):
    cell.shift_nat, cell.shift_sca = 0 * mV, 0 * mV
    cell.v = millivolt * mV
    assert_allclose(float(getattr(cell, name)[0]), value, rtol=5e-4)


def test_temperature_factors(cell):
    names = ("q_nat", "q_kfast", "q_sca", "q_kca", "q_kslow", "q_km")
    factors = [np.asarray(getattr(cell, name)).item() for name in names]
    assert_allclose(factors, [3.2094] * 4 + [3.7911, 1.0869], rtol=1e-4)


def test_calcium_enters_with_its_current_and_is_pumped_out():
    # I_Ca/(2 F depth): 1 A/m**2 makes 51.8 mM/s; the pump takes (0.1 - 0.0001) mM/0.2 s.
    text = str(membrane.parsed["Ca"].expr.code)
    names = {name: float(np.asarray(value)) for name, value in membrane.parameters.items()}
    for I_sca, rate in [(1, 51.82), (0, 0.0), (-1, 0.0)]:
        known = names | dict(I_sca=I_sca, Ca=0.1, inward=I_sca > 0, int=int)
        assert_allclose(eval(text, {}, known), rate - 0.4995, rtol=1e-3)


def test_cell_has_twenty_compartments_and_nine_channels():
    assert sum(section.n for section in SECTIONS.values()) == 20 and len(CHANNELS) == 9
    assert where["tuft"] == slice(7, 9) and where["iseg"] == slice(14, 19)


def test_somatic_current_makes_one_spike_and_rest_is_rest():
    cell = layer5("cell")
    spikes = SpikeMonitor(cell, name="spikes")
    cell.I_electrode[where["soma"]] = 1.5 * nA
    simulate(5 * ms, cell, spikes, dt=0.025 * ms)
    assert list(spikes.i) == [0]
    still = layer5("still")
    simulate(5 * ms, still, dt=0.025 * ms)
    assert_allclose(still.v[[0, 7]] / mV, [-69.5, -65.6], atol=0.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(dt=0.1 * ms), "dt = 100. us: the sodium activation m_nat needs 25. us, at most 50. us"),
        (dict(dt=0 * ms), "dt = 0"),
        (dict(tuff=dict(g_sca=0 * S)), "no section 'tuff'; did you mean 'tuft'"),
        (dict(tuft=dict(g_sca=-1 * S)), "section 'tuft', g_sca = .*: a conductance cannot be negative"),
        (dict(tuft=dict(length=0 * um)), "section 'tuft', length = 0.*: must be positive"),
        (dict(axon=dict(g_nap=1 * mV)), "section 'axon': model 'layer5', g_nap = 1. mV: has the unit"),
    ],
)
def test_bad_input_is_refused_with_model_and_parameter(changes, message):
    with pytest.raises(ModelError, match=f"model 'layer5'.*{message}"):
        layer5("bad", **changes)


def test_negative_conductance_at_run_time_is_refused(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from networks.layer5 import BRIEF, run_all

    with pytest.raises(ModelError, match="model 'layer5', cell.g_nat = .*: a conductance cannot be negative"):
        run_all(BRIEF, {}, {"cell.g_nat": -1 * S})


def test_core_resistivity_is_that_of_the_soma():
    assert SECTIONS["soma"].R_a == CORE["R_a"]


def test_stimulus_of_the_experiment_is_what_it_says(monkeypatch):
    monkeypatch.syspath_prepend(EXPERIMENTS)
    from networks.layer5 import stimulated

    cell = layer5("cell", model=stimulated)
    cell.here_soma[0], cell.here_synapse[8] = 1, 1
    cell.I_pulse, cell.T_pulse, cell.f_pulse, cell.n_pulse = 1 * nA, 2 * ms, 200 * Hz, 3
    cell.t_pulse, cell.t_syn, cell.g_peak = 1 * ms, 2 * ms, 20 * nS
    seen = StateMonitor(cell, ["I_electrode", "g_syn"], record=[0, 8], name="seen")
    simulate(14 * ms, cell, seen, dt=0.025 * ms)
    current, conductance = seen.I_electrode / nA, seen.g_syn / nS
    starts = seen.t[1:][np.diff(current[0]) > 0.5] / ms
    assert_allclose(starts, [1, 6, 11])
    assert_allclose(current[0].sum(), 3 * 80)
    assert not current[1].any() and not conductance[0].any()
    assert_allclose([conductance[1].max(), seen.t[conductance[1].argmax()] / ms], [20, 3])


@pytest.mark.slow
def test_every_measurement_of_the_experiment_lies_within_its_tolerance(tmp_path):
    command = [sys.executable, EXPERIMENTS / "layer5.py", "--quick", "--out", tmp_path / "run"]
    subprocess.run(command, check=True, capture_output=True)
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["rows_passed"] == summary["rows_total"] == 24


def test_current_can_be_given_as_an_expression():
    model = membrane.with_input(("stimulus",), I_electrode="stimulus(t)*int(i == 0)")
    stimulus = TimedArray([0, 1.5] * nA, dt=1 * ms)
    cell = layer5("cell", model=model, namespace=dict(stimulus=stimulus))
    simulate(2 * ms, cell, dt=0.025 * ms)
    assert cell.v[0] > cell.v[1] + 5 * mV
    with pytest.raises(ModelError, match="'bad': model 'layer5' needs 'stimulus' in the namespace"):
        layer5("bad", model=model)
