"""Compare the cell, spikes left out, with NEURON, which is not ours: `pip install neuron`."""

import numpy as np
import pytest
from brian2 import StateMonitor, cm, ms, mV, nA, ohm, siemens, uF, um
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp.cable import varied
from models.neurons.layer5 import SECTIONS, S, layer5, membrane, where

pytestmark = pytest.mark.neuron
START, ONSET, WIDTH, END, DT = -70, 10, 40, 60, 0.025  # mV, ms, ms, ms, ms
EXPONENTIAL, LINEAR = 2, 3  # rates of a KSChan: A exp(x) and A x/(1 - exp(-x)), with x = k (v - d)
GATES = {  # name: reversal (mV), opening and closing rate as (form, A (1/ms), k (1/mV), d (mV))
    "kfast": (-80, (LINEAR, 0.18 * 2.3**1.4, 1 / 9, 25), (LINEAR, 0.018 * 2.3**1.4, -1 / 9, 25)),
    "ih": (-47, (LINEAR, 0.00643 * 11.9, -1 / 11.9, -154.9), (EXPONENTIAL, 0.193, 1 / 33.1, 0)),
}
SCALE = {"kfast": 2.3**1.4, "ih": 1}  # of the densities, by temperature


@pytest.fixture(scope="module")
def h():
    h = pytest.importorskip("neuron").h
    h.load_file("stdrun.hoc")
    known = [channel(h, name) for name in GATES]
    yield h
    known.clear()  # not before: NEURON forgets a channel that nobody holds


def channel(h, name):
    """Define a channel with one gate in NEURON."""
    reversal, opening, closing = GATES[name]
    built = h.KSChan()
    built.name(name)
    built.ion("NonSpecific")
    built.iv_type(0)
    built.erev(reversal)
    built.add_hhstate("n")
    gate = built.trans(0)
    gate.type(0)
    for side, (form, *numbers) in enumerate((opening, closing)):
        gate.set_f(side, form, h.Vector(numbers))
    return built


def neuron_cell(h, cables, channels):
    """Build the cables in NEURON, each with the axial resistivity that it is given."""
    sections = {}
    for name, cable in ((name, cables[name]) for name in where):
        section = sections[name] = h.Section(name=name)
        section.nseg, section.L = cable.n, float(cable.length / um)
        section.Ra, section.cm = float(cable.R_a / (ohm * cm)), float(cable.C_m / (uF / cm**2))
        ends = np.linspace(*np.broadcast_to(np.asarray(cable.diameter / um), 2), cable.n + 1)
        section.insert("pas")
        for used in channels:
            section.insert(used)
        for k, segment in enumerate(section):
            segment.diam = (ends[k] + ends[k + 1]) / 2
            segment.pas.e, segment.pas.g = -83.68, density(cable, "leak", k)
            for used in channels:
                getattr(segment, used).gmax = SCALE[used] * density(cable, used, k)
        if cable.parent:
            section.connect(sections[cable.parent](1), 0)
    return sections


def density(cable, name, k):
    value = cable.values.get(f"g_{name}", 0 * S) / (siemens / cm**2)
    return float(np.broadcast_to(np.asarray(value), cable.n)[k])


def neuron_voltages(h, sections, height):
    stimulus = h.IClamp(sections["soma"](0.5))
    stimulus.delay, stimulus.dur, stimulus.amp = ONSET, WIDTH, height
    traces = [h.Vector().record(segment._ref_v, 1) for name in where for segment in sections[name]]
    h.dt, h.steps_per_ms = DT, 1 / DT
    h.finitialize(START)
    h.continuerun(END)
    return np.array(traces)[:, :END]


def brian_voltages(changes, height):
    """Run the same in Brian2."""
    pulse = membrane.with_equations(
        "I_electrode = height*int(i == 0 and t >= t_on - dt/2 and t < t_off - dt/2) : amp (constant over dt)",
        parameters=dict(height=height * nA, t_on=ONSET * ms, t_off=(ONSET + WIDTH) * ms),
    )
    cell = layer5("cell", dt=DT * ms, model=pulse, **changes)
    seen = StateMonitor(cell, "v", record=True, dt=1 * ms, name="seen")
    simulate(END * ms, cell, seen, dt=DT * ms)
    return seen.v / mV


@pytest.mark.parametrize(("used", "height"), [([], 0.3), (["ih"], -0.3), (["kfast", "ih"], 1.0)])
def test_voltages_equal_those_of_neuron(h, used, height):
    kept = {"g_leak", *(f"g_{name}" for name in used)}
    changes = {
        name: {key: (key in kept) * value for key, value in cable.values.items()} | {"v": START * mV}
        for name, cable in SECTIONS.items()
    }
    ours = brian_voltages(changes, height)
    theirs = neuron_voltages(h, neuron_cell(h, varied(membrane, SECTIONS, changes), used), height)
    assert np.ptp(theirs) > 5
    assert_allclose(ours, theirs, atol=0.1)
