"""Channels where they are: gates left out, many cells in one group, and functions without branches."""

import re
import subprocess

import numpy as np
import pytest
from brian2 import Network, SpikeMonitor, StateMonitor, cm, ms, mV, nA, ohm, uF, um
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel
from dendritic_bp.cable import Cable, spatial_neuron
from dendritic_bp.channels import blocks
from dendritic_bp.codegen import CLIP, EXPREL
from dendritic_bp.models.channels.kfast import kfast
from dendritic_bp.models.channels.leak import leak
from dendritic_bp.models.channels.nat import nat
from dendritic_bp.models.neurons.layer5 import S, layer5, membrane
from dendritic_bp.program import Program
from dendritic_bp.toolchain import VECTORISE

CELLS, DURATION, DT = 3, 6 * ms, 0.025 * ms
CURRENT = [0, 1.5, 3] * nA
small = NeuronModel(
    "small",
    equations="Im = I_leak + I_nat + I_kfast : amp/meter**2\nv : volt\n"
    "I_in = I_electrode : amp (point current)\nI_electrode : amp\n"
    + "".join(channel["equations"] for channel in (leak, nat, kfast)),
    threshold="v > 0*mV",
    refractory=2 * ms,
    method="exponential_euler",
    parameters=dict(T_celsius=37.0) | leak["parameters"] | nat["parameters"] | kfast["parameters"],
    initial=nat["initial"] | kfast["initial"],
)
SHAPE = dict(R_a=100 * ohm * cm, C_m=1 * uF / cm**2)
LEAK = dict(v=-70 * mV, g_leak=5e-5 * S * 1e4)
CABLES = dict(
    dendrite=Cable("soma", 300 * um, 3 * um, n=5, **SHAPE, values=LEAK),
    soma=Cable(None, 20 * um, 20 * um, **SHAPE, values=LEAK | dict(g_nat=400 * S, g_kfast=40 * S)),
    branch=Cable("soma", 100 * um, [3, 1] * um, n=4, **SHAPE, values=LEAK | dict(g_nat=[0, 99, 0, 0] * S)),
)


def cells(name, n, **changes):
    cables = CABLES | changes
    return spatial_neuron(small, cables, name, SHAPE["R_a"], DT, n=n)


def protocol():
    group = cells("cells", CELLS)
    group.I_electrode[:CELLS] = CURRENT
    seen = StateMonitor(group, ["v", "m_nat"], record=True, name="seen")
    network = Network(group, seen, SpikeMonitor(group, name="spikes"))
    network.run(DURATION)
    return network


@pytest.fixture(scope="module")
def compiled():
    program = Program(protocol, "channels", flags=["-O1", "-march=native", *VECTORISE])
    return program, program.run(progress=False)


@pytest.fixture(scope="module")
def single():
    """Return voltages and spikes of the cells, each simulated by itself with Brian2's numpy code."""
    voltages, spikes = [], []
    for k, current in enumerate(CURRENT):
        cell = cells(f"cell{k}", 1)
        cell.I_electrode[0] = current
        seen = StateMonitor(cell, "v", record=True, name=f"seen{k}")
        fired = SpikeMonitor(cell, name=f"spikes{k}")
        simulate(DURATION, cell, seen, fired, dt=DT)
        voltages.append(np.array(seen.v))
        spikes += [(k, float(t)) for t in fired.t]
    return np.stack(voltages, axis=1), spikes


def test_population_is_many_single_cells(single):
    group = cells("cells", CELLS)
    group.I_electrode[:CELLS] = CURRENT
    seen = StateMonitor(group, "v", record=True, name="seen")
    simulate(DURATION, group, seen, dt=DT)
    assert np.ptp(single[0]) > 0.1
    assert_allclose(np.array(seen.v).reshape(single[0].shape), single[0], atol=1e-9)


def test_compiled_population_is_many_single_cells(compiled, single):
    (_, run), (voltages, spikes) = compiled, single
    assert len(spikes) >= 2 and {cell for cell, _ in spikes} == {1, 2}
    assert_allclose(sorted(zip(run["spikes.i"], run["spikes.t"], strict=True)), spikes)
    assert_allclose(run["seen.v"].reshape(voltages.shape), voltages, atol=1e-8)


def test_gates_are_followed_from_the_first_to_the_last_compartment_with_the_channel(compiled):
    # Compartments: soma, five of the dendrite, four of the branch; nat is in the soma and in the eighth.
    reach = np.ptp(compiled[1]["seen.m_nat"].reshape(10, CELLS, -1), axis=2)[:, 1]
    assert (reach[:8] > 1e-3).all() and (reach[8:] == 0).all()


def test_blocks_of_the_layer5_cell():
    found = {tuple(sorted(where)): names for where, names in blocks(membrane.parsed, ["v > 0*mV"]).items()}
    assert found == {
        (): ["g_syn"],
        ("g_nat",): ["h_nat", "m_nat"],
        ("g_nap",): ["m_nap"],
        ("g_kfast",): ["n_kfast"],
        ("g_kslow",): ["a_kslow", "b1_kslow", "b_kslow"],
        ("g_km",): ["m_km"],
        ("g_ih",): ["q_ih"],
        ("g_sca",): ["h_sca", "m_sca"],
        ("g_kca",): ["n_kca"],
        ("g_kca", "g_sca"): ["Ca"],
    }
    order = list(found)  # n_kca reads Ca, which reads the gates of sca: each before what it reads is updated
    assert order.index(("g_kca",)) < order.index(("g_kca", "g_sca")) < order.index(("g_sca",))


@pytest.mark.parametrize(
    ("changes", "outside"),
    [
        ({}, ["m_nat > 0.5"]),  # read by the threshold
        ({"g_nat : siemens/meter**2 (constant)": "g_nat : siemens/meter**2"}, []),  # may change in a run
        (
            {"m_nat**3*h_nat*(E_Na - v)": "m_nat**3*h_nat*(E_Na - v) + 0*amp/meter**2 * m_nat"},
            [],
        ),  # no factor
    ],
)
def test_gates_are_followed_everywhere_if_the_density_does_not_decide(changes, outside):
    text = small.equations
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    model = NeuronModel("changed", text, threshold=small.threshold, parameters=small.parameters)
    everywhere = blocks(model.parsed, outside)[frozenset()]
    assert "m_nat" in everywhere and "n_kfast" not in everywhere


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_number_of_cells_must_be_a_whole_number(n):
    with pytest.raises(ModelError, match="'bad', n = .*: must be a whole number of cells, at least 1"):
        layer5("bad", n=n)


PROBE = """
#include <cmath>
#include <cstdio>
#include <cstring>
{}
int main()
{{
    static double x[40001], y[40001], z[40001];
    for (int k = 0; k <= 40000; k++) x[k] = k < 20001 ? (k - 10000)*1e-4 : (k - 30000)*7e-2;
    for (int k = 0; k <= 40000; k++) y[k] = _exprel(x[k]), z[k] = _clip(x[k], -1.5, 2.0);
    fwrite(x, sizeof(x), 1, stdout); fwrite(y, sizeof(y), 1, stdout); fwrite(z, sizeof(z), 1, stdout);
}}
"""


def test_functions_without_branches_are_exact_and_vectorised(tmp_path):
    file = tmp_path / "probe.cpp"
    file.write_text(PROBE.format(EXPREL + CLIP))
    loop = next(
        k for k, line in enumerate(file.read_text().splitlines(), start=1) if "y[k] = _exprel" in line
    )
    flags = ["-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", *VECTORISE, "-fopt-info-vec"]
    command = ["g++", *flags, str(file), "-o", str(tmp_path / "probe")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    assert any(f"probe.cpp:{loop}:" in line and "loop vectorized" in line for line in said.splitlines())
    done = subprocess.run([tmp_path / "probe"], check=True, capture_output=True)
    x, y, z = np.frombuffer(done.stdout).reshape(3, -1)
    with np.errstate(over="ignore", invalid="ignore"):
        assert_allclose(y, np.where(x == 0, 1, np.expm1(x) / x), rtol=1e-14)
    assert np.array_equal(z, np.clip(x, -1.5, 2))


def test_loop_over_steps_does_not_read_the_clock(compiled):
    network = (compiled[0].folder / "sources" / "network.cpp").read_text()
    moved = re.search(r"clock = next_clocks\(\);\s*\}\s*current = std::clock\(\);", network)
    assert moved or "if (should_check_time)" in network  # Brian2 2.11 does not read it there by itself
