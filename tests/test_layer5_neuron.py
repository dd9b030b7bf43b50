"""Compare the layer-5 cell with NEURON, an implementation that is not ours: `pip install neuron`."""

import shutil

import neuron_channels
import numpy as np
import pytest
from brian2 import SpikeMonitor, StateMonitor, cm, ms, mV, nA, nS, ohm, siemens, uF, um
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp.cable import varied
from dendritic_bp.models.neurons.layer5 import SECTIONS, layer5, membrane, where

pytestmark = pytest.mark.neuron
DT = 0.025  # ms
CHANNELS = (*neuron_channels.BY_RATES, *neuron_channels.BY_TAU)

stimulated = membrane.with_equations(
    """
    I_electrode = height*int(i == 0 and t >= t_on - dt/2 and t < t_off - dt/2) : amp (constant over dt)
    g_syn = g_peak*int(i == 8 and alpha > 0)*alpha*exp(1 - alpha) : siemens (constant over dt)
    alpha = (t - t_syn)/tau_syn : 1
    """,
    parameters=dict(height=0 * nA, t_on=10 * ms, t_off=15 * ms, g_peak=0 * nS, t_syn=15 * ms, tau_syn=1 * ms),
)


@pytest.fixture(scope="module")
def h(tmp_path_factory):
    h = pytest.importorskip("neuron").h
    if not shutil.which("nrnivmodl"):
        pytest.skip("NEURON's compiler of channels, nrnivmodl, is not on the path")
    h.nrn_load_dll(str(neuron_channels.compiled(tmp_path_factory.mktemp("channels"))))
    h.load_file("stdrun.hoc")
    return h


def neuron_cell(h, cables):
    """Build the cables in NEURON, each with the axial resistivity that it is given."""
    sections = {}
    for name, cable in ((name, cables[name]) for name in where):
        section = sections[name] = h.Section(name=name)
        section.nseg, section.L = cable.n, float(cable.length / um)
        section.Ra, section.cm = float(cable.R_a / (ohm * cm)), float(cable.C_m / (uF / cm**2))
        add_channels(h, section, cable)
        ends = np.linspace(*np.broadcast_to(np.asarray(cable.diameter / um), 2), cable.n + 1)
        for k, segment in enumerate(section):
            segment.diam = (ends[k] + ends[k + 1]) / 2
        if cable.parent:
            section.connect(sections[cable.parent](1), 0)
    return sections


def add_channels(h, section, cable):
    """Set leak and channels of every compartment (S/cm**2)."""
    section.insert("pas")
    for channel in CHANNELS:
        section.insert(f"x{channel}")
    section.insert("xpool")
    h.ion_style("ca_ion", 3, 1, 0, 0, 0, sec=section)  # a fixed reversal potential
    section.ena, section.ek, section.eca = 55, -80, 140
    shift = number(cable, "shift_nat", mV)
    for k, segment in enumerate(section):
        segment.pas.e, segment.pas.g = -83.68, number(cable, "g_leak", siemens / cm**2)[k]
        for channel in CHANNELS:
            getattr(segment, f"x{channel}").gbar = number(cable, f"g_{channel}", siemens / cm**2)[k]
        segment.xnat.shift, segment.xsca.shift = shift[k], 2.35


def number(cable, name, unit):
    """Return the values of a cable as numbers, 0 if it has none."""
    value = np.asarray(cable.values[name] / unit) if name in cable.values else 0.0
    return np.broadcast_to(value, cable.n)


def theirs(h, changes, duration, height=0.0, width=5, g_peak=0.0):
    """Return time (ms), voltages (mV) of all compartments and spike times (ms) of NEURON."""
    cables = varied(membrane, SECTIONS, changes)
    sections = neuron_cell(h, cables)
    electrode, synapse = h.IClamp(sections["soma"](0.5)), h.AlphaSynapse(sections["tuft"](0.75))
    electrode.delay, electrode.dur, electrode.amp = 10, width, height
    synapse.onset, synapse.tau, synapse.gmax, synapse.e = 15, 1, g_peak / 1000, 0
    traces = [h.Vector().record(segment._ref_v) for name in where for segment in sections[name]]
    counter, spikes = h.APCount(sections["soma"](0.5)), h.Vector()
    counter.thresh = 0
    counter.record(spikes)
    h.dt, h.steps_per_ms = DT, 1 / DT
    for name in where:
        for k, segment in enumerate(sections[name]):
            segment.v = number(cables[name], "v", mV)[k]
    h.finitialize()
    h.continuerun(duration)
    return np.array([trace.to_python() for trace in traces])[:, : round(duration / DT)], spikes.to_python()


def ours(changes, duration, height=0.0, width=5, g_peak=0.0):
    """Return the same of Brian2."""
    cell = layer5("cell", model=stimulated, **changes)
    cell.height, cell.t_off, cell.g_peak = height * nA, (10 + width) * ms, g_peak * nS
    seen, spikes = StateMonitor(cell, "v", record=True, name="seen"), SpikeMonitor(cell, name="spikes")
    simulate(duration * ms, cell, seen, spikes, dt=DT * ms)
    return seen.v / mV, spikes.t / ms


@pytest.mark.parametrize(("used", "height"), [([], 0.3), (["ih"], -0.3), (["kfast", "ih"], 1.0)])
def test_cable_and_single_channels_give_the_same_voltages(h, used, height):
    kept = {"g_leak", *(f"g_{name}" for name in used)}
    changes = {
        name: {key: (key in kept) * value for key, value in cable.values.items()} | {"v": -70 * mV}
        for name, cable in SECTIONS.items()
    }
    stimulus = dict(duration=60, height=height, width=40)
    (v, _), (v_neuron, _) = ours(changes, **stimulus), theirs(h, changes, **stimulus)
    assert np.ptp(v_neuron) > 5
    each_ms = slice(None, None, 40)  # away from the edges of the pulse, where a step lies between the two
    assert_allclose(v[:, each_ms], v_neuron[:, each_ms], atol=0.1)


@pytest.mark.parametrize(("height", "g_peak", "n"), [(1.5, 0, 1), (0, 20, 0), (1.5, 20, 3)])
def test_whole_cell_gives_the_same_spikes_and_plateau(h, height, g_peak, n):
    stimulus = dict(duration=90, height=height, g_peak=g_peak)
    (v, spikes), (v_neuron, spikes_neuron) = ours({}, **stimulus), theirs(h, {}, **stimulus)
    assert len(spikes) == n
    assert_allclose(spikes, spikes_neuron, atol=0.1)
    tuft, middle = where["tuft"], where["apical"].start + 2
    assert_allclose(v[tuft].max(axis=1), v_neuron[tuft].max(axis=1), atol=0.5)
    assert_allclose(v[middle].max(), v_neuron[middle].max(), atol=0.5)
    above, above_neuron = ((each[tuft.stop - 1] > -40).sum() * DT for each in (v, v_neuron))
    assert_allclose(above, above_neuron, atol=0.5)
