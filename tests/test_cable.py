import numpy as np
import pytest
from brian2 import StateMonitor, cm, meter, ms, mV, nA, ohm, pA, siemens, uF, um, usiemens
from numpy.testing import assert_allclose
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel
from dendritic_bp.cable import Cable, compartments, equivalent, spatial_neuron, varied

R, C, G = ohm * cm, uF / cm**2, usiemens / cm**2
passive = NeuronModel(
    "passive",
    equations="""
    Im = g_leak*(E_leak - v) : amp/meter**2
    v : volt
    I_in = I_electrode : amp (point current)
    I_electrode : amp
    g_leak : siemens/meter**2
    """,
    threshold="v > 0*mV",
    parameters=dict(E_leak=-70 * mV),
    initial=dict(v="E_leak"),
    method="exponential_euler",
)


def cable(parent=None, **changes):
    shape = dict(length=500 * um, diameter=2 * um, R_a=150 * R, C_m=1 * C)
    return Cable(parent, **shape | dict(values=dict(g_leak=50 * G)) | changes)


def built(cables, name="cell"):
    return spatial_neuron(passive, cables, name, R_i=100 * R, dt=0.1 * ms)


def test_equivalent_cable_keeps_area_and_axial_resistance():
    length, diameter = equivalent(cable(R_a=734 * R), 82 * R)
    assert_allclose(length * diameter, 500 * um * 2 * um)
    assert_allclose(82 * R * length / diameter**2, 734 * R * 500 * um / (2 * um) ** 2)


def test_cell_has_the_areas_capacitances_and_values_of_its_cables():
    taper = cable("root", length=20 * um, diameter=[3.5, 2.0] * um, n=5, C_m=2 * C)
    cell = built(dict(root=cable(values=dict(g_leak=3 * G)), taper=taper))
    middle = np.array([3.35, 3.05, 2.75, 2.45, 2.15])
    assert_allclose(cell.area / um**2, np.pi * np.array([500 * 2, *(4 * middle)]), rtol=1e-3)
    assert_allclose(cell.Cm / C, [1] + [2] * 5)
    assert_allclose(cell.g_leak / G, [3] + [50] * 5)


@pytest.mark.parametrize("split", [1, 4])
def test_steady_state_of_a_passive_cable(split):
    # Sealed cable with current at one end: V(x) = I r_i lambda cosh((L - x)/lambda)/sinh(L/lambda).
    pieces = {"s0": cable(length=1000 * um / split, n=100 // split)}
    pieces |= {f"s{k}": cable(f"s{k - 1}", length=1000 * um / split, n=100 // split) for k in range(1, split)}
    cell = built(pieces)
    cell.I_electrode[0] = 50 * pA
    simulate(250 * ms, cell, dt=0.1 * ms)
    r_i = 4 * 150 * R / (np.pi * (2 * um) ** 2)
    space = float(np.sqrt(2 * um / (4 * 150 * R * 50 * G)) / um)
    x = 5 + 10 * np.arange(100)
    steady = float(50 * pA * r_i * space * um / mV) * np.cosh((1000 - x) / space) / np.sinh(1000 / space)
    assert_allclose(cell.v / mV + 70, steady, rtol=2e-3)


def test_passive_membrane_decays_exponentially():
    cell = built(dict(only=cable(n=3, values=dict(g_leak=100 * G, v=-60 * mV))))
    cell.v = -60 * mV
    trace = StateMonitor(cell, "v", record=0, name="trace")
    simulate(20 * ms, cell, trace)
    assert_allclose(trace.v[0] / mV + 70, 10 * np.exp(-trace.t / (10 * ms)), atol=0.02)


def test_compartments_stand_where_brian_puts_them():
    cables = dict(soma=cable(), tuft=cable("trunk", n=2), axon=cable("soma"), trunk=cable("soma", n=3))
    where = compartments(cables)
    assert where == dict(soma=slice(0, 1), axon=slice(1, 2), trunk=slice(2, 5), tuft=slice(5, 7))
    cell = built(varied(passive, cables, dict(tuft=dict(g_leak=7 * G))))
    assert_allclose(cell.trunk.tuft.g_leak / G, 7)
    assert_allclose(cell.g_leak[:5] / G, 50)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(length=0 * um), "section 'bad', length = 0.* must be positive"),
        (dict(diameter=[1, -1] * um), "section 'bad', diameter .* must be positive"),
        (dict(length=3 * ms), "length .* has the unit s, where m is needed"),
        (dict(R_a=0 * R), "R_a .* must be positive"),
        (dict(C_m=-1 * C), "C_m .* must be positive"),
        (dict(n=0), "n = 0: must be a whole number"),
        (dict(values=dict(g_leak=-1 * G)), "g_leak = .*: a conductance cannot be negative"),
        (dict(values=dict(g_leek=1 * G)), "section 'bad': .*'g_leek' .* did you mean 'g_leak'"),
        (dict(values=dict(g_leak=1 * nA)), "g_leak .* has the unit"),
        (dict(values=dict(g_leak=[1, 2] * G)), "g_leak: 2 values for 1 compartments"),
        (dict(parent="rot"), "section 'bad': no parent 'rot'; did you mean 'root'"),
        (dict(parent="bad"), "section 'bad': its parents form a loop"),
        (dict(parent=None), "exactly one section has no parent, got root, bad"),
    ],
)
def test_bad_cables_are_refused_with_model_section_and_parameter(changes, message):
    with pytest.raises(ModelError, match=f"^model 'passive', ?.*{message}|^model 'passive': {message}"):
        built(dict(root=cable(), bad=cable(**dict(parent="root") | changes)))


def test_unknown_section_is_refused():
    with pytest.raises(ModelError, match="model 'passive': no section 'tuff'; did you mean 'tuft'"):
        varied(passive, dict(tuft=cable()), dict(tuff=dict(g_leak=1 * siemens / meter**2)))


def test_unknown_entry_of_a_section_is_refused():
    for name in ("lenght", "values"):
        with pytest.raises(ModelError, match=f"section 'tuft': model 'passive': no variable '{name}'"):
            built(varied(passive, dict(tuft=cable()), dict(tuft={name: 1 * um})))
