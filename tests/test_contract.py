"""A cell that lacks something is told what, and what to add, before anything is compiled."""

import re
from pathlib import Path

import numpy as np
import pytest
from brian2 import NeuronGroup, amp, ms, mV, nS, pA, pF, second
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel, neurons, synapses
from dendritic_bp.analysis import T_BURST
from dendritic_bp.blocks import BLOCKS, averages, detector, joined, ports
from dendritic_bp.contract import Need, asked_by, dead_end, lacks, remedy, require
from dendritic_bp.electrode import Recording, inject
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.error_pair import error_pair
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.neurons.multiplexing import multiplexing
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.receptors import receptors
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.signed_bursts import signed_gradient
from dendritic_bp.models.synapses.static import static

SOMA = "dv_s/dt = (E_L - v_s)/tau + (I_s + g*(v_d - v_s))/C : volt\n"
DENDRITE = "dv_d/dt = (E_L - v_d)/tau + I_d/C : volt\n"
FIRES = "fires = v_s > theta : boolean\n"
VALUES = dict(E_L=-70 * mV, theta=-50 * mV, tau=10 * ms, C=100 * pF, g=2 * nS)
PASSIVE = "dv_s/dt = (E_L - v_s)/tau : volt\ndv_d/dt = (E_L - v_d)/tau : volt\n"
OWN = dict(threshold="fires", reset="v_s = E_L", parameters=VALUES, initial=dict(v_s="E_L", v_d="E_L"))
RULE = asked_by(bursts.forward, bursts.feedback)

GUIDE = Path(__file__).parents[1] / "docs" / "bring_your_own_neuron.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.mark.parametrize("snippet", range(len(SNIPPETS)))
def test_each_snippet_of_the_guide_runs_by_itself(snippet):
    exec(SNIPPETS[snippet], {})


def cell(*blocks, equations=SOMA + DENDRITE + FIRES):
    return NeuronModel.of("mine", *blocks, equations=equations, **OWN)


whole = cell(ports, detector, averages)


def broken(name):
    """Return a cell that lacks one thing."""
    if name == "averages":
        return cell(ports, detector)
    if name == "unit":
        return cell(ports, detector, averages, equations=SOMA + DENDRITE + FIRES + "P_bar = 0*Hz : Hz\n")
    if name == "dead dendrite":
        deaf = DENDRITE.replace("I_d", "I_apical")
        return cell(ports, detector, averages, equations=SOMA + deaf + FIRES)
    if name == "expression":
        return whole.with_equations(**receptors)
    return NeuronModel.of("mine", detector, **OWN, equations=PASSIVE + FIRES)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("averages", ["no 'P_bar', which is read by", "'burst_gradient'", "add the block `averages`"]),
        ("unit", ["'P_bar'", "in hertz: give it the unit 1"]),
        ("dead dendrite", ["'I_top'", "ends in 'I_d', and nothing reads that", "dv_d/dt = (... + I_d)/C_d"]),
        ("expression", ["'I_basal'", "an expression, to which nothing can be added", "block `ports`"]),
        (
            "ports",
            ["no 'I_basal', which is added to by", "block `ports`", "dI_basal/dt = -I_basal/tau_basal"],
        ),
    ],
)
def test_what_a_rule_misses_is_named_with_its_remedy(name, words):
    with pytest.raises(ModelError, match="model 'mine' is not yet a cell for bursts") as error:
        require(broken(name), RULE, "bursts")
    for word in words:
        assert word in str(error.value)


def test_a_name_that_synapses_have_too_is_to_be_renamed():
    adapting = whole.with_equations("dw/dt = -w/tau : amp")
    with pytest.raises(ModelError, match="a variable 'w', as model 'burst_gradient' has: rename it .*'w_s'"):
        require(adapting, RULE, "bursts")
    with pytest.raises(ModelError, match="'wires': group 'a' has a variable 'w', as model 'static' has"):
        synapses(static, neurons(adapting, 1, "a"), neurons(whole, 1, "b"), "wires")


def test_each_thing_is_named_once():
    with pytest.raises(ModelError) as error:
        require(broken("averages"), RULE, "bursts")
    lines = str(error.value).splitlines()[1:]
    assert [line.split("'")[1] for line in lines] == ["x", "x_bar", "P_bar"]


def test_a_cell_of_blocks_and_the_cells_of_the_models_are_whole():
    for model in (whole, pyramidal, burst_poisson, two_compartment, error_pair):
        require(model, RULE, "bursts")
    assert lacks(multiplexing, Need("I_top", "added to", "a synapse")) == ""  # by way of conductances


def test_events_that_a_cell_lacks_are_named():
    silent = NeuronModel("mine", "dv/dt = -v/tau : 1", threshold="v > 1", parameters=dict(tau=10 * ms))
    fault = lacks(silent, Need("burst", "event", "digits.py"))
    assert "no event 'burst', which is asked for by digits.py: add the block `detector`" in fault


def test_an_electrode_needs_ports_and_voltages():
    with pytest.raises(ModelError, match="no 'v_d'.*needs a second one, such as `dv_d/dt"):
        inject(pv, [{}], 1 * ms)
    with pytest.raises(ModelError, match="no 'I_soma', which is set by the electrode: add the block `ports`"):
        inject(broken("ports"), [{}], 1 * ms)


def test_blocks_say_what_they_need_of_the_cell():
    with pytest.raises(ModelError, match="'mine' lacks 'fires', which a block reads: .*boolean"):
        cell(ports, detector, averages, equations=SOMA + DENDRITE)
    with pytest.raises(ModelError, match="'mine' lacks the event 'event', .*: add the block `detector`"):
        cell(ports, averages)
    with pytest.raises(ModelError, match="a block has no 'equation'; did you mean 'equations'"):
        cell(dict(equation=""))


def test_own_definitions_and_values_replace_those_of_blocks():
    mine = cell(ports, detector, averages, equations=SOMA + DENDRITE + FIRES + "x_bar = 0 : 1\n")
    assert str(mine.parsed["x_bar"].expr) == "0" and mine.parsed["P_bar"].expr == whole.parsed["P_bar"].expr
    parts = joined("mine", [detector], dict(equations=FIRES, parameters=dict(T_burst=9 * ms)))
    assert parts["parameters"]["T_burst"] == 9 * ms and parts["parameters"]["memory"] == 0


def test_all_that_happens_at_an_event_happens():
    counting = dict(threshold="fires", parameters=VALUES, on_event={"event": "\nn += 1\n"})
    text = SOMA + DENDRITE + FIRES + "n : 1\n"
    doubled = NeuronModel.of("mine", ports, detector, averages, equations=text, **counting)
    cells = neurons(doubled, 2, "cells", I_soma=[0, 2000] * pA, v_s=-70 * mV)
    simulate(100 * ms, cells)
    assert cells.n[:].tolist() == [0, 1]  # the soma is not reset: it fires in each step, in one burst
    assert cells.x[1] == pytest.approx(1, abs=1) and cells.x[1] > 0 == cells.x[0]


def test_remedies_quote_the_blocks():
    assert remedy("P_bar").endswith("`P_bar = clip((B_bar + 1e-12)/(E_bar + 1e-12), 0, 1) : 1`")
    assert remedy("tau_avg").endswith("your own parameters=dict(tau_avg=2*second)")
    for block in BLOCKS.values():
        for name in (*block["parameters"], *block.get("events", {})):
            assert "add the block" in remedy(name)


def test_ways_through_a_cell():
    assert dead_end(whole, "I_apical") == "" and dead_end(whole, "I_bias") == ""
    assert dead_end(broken("dead dendrite"), "I_noise_d") == "I_d"
    stepped = NeuronModel("mine", "v : 1\nu : 1\nu_0 : 1", threshold="v > u_0", reset="v = 0; u += 1")
    assert dead_end(stepped, "u_0") == "" and dead_end(stepped, "u") == "u"


def test_synapses_name_what_their_cells_lack():
    events = dict(event="False", burst="False")
    plain = NeuronGroup(1, "x : 1\nx_bar : 1\nI_basal : amp", events=events, name="plain")
    with pytest.raises(ModelError, match="'wires': .*'P_bar_post' is read, but group 'plain'.*`averages`"):
        synapses(burst_gradient, plain, plain, "wires")
    with pytest.raises(ModelError, match="'kind_post' is read.*which sign a burst has"):
        synapses(signed_gradient, *both("a", "b"), "wires")
    with pytest.raises(ModelError, match="no event 'event'.*add the block `detector`"):
        synapses(static, NeuronGroup(1, "v : 1", name="source"), plain, "wires", w=1 * amp)


def test_the_definition_of_a_burst_is_that_of_the_cell():
    trains = [np.array([0.1, 0.112]), np.array([0.1, 0.105])]
    assert Recording(np.zeros(1), {}, trains).bursting == [True, True]
    assert Recording(np.zeros(1), {}, trains, T_burst=0.01).bursting == [False, True]
    assert detector["parameters"]["T_burst"] == pyramidal.parameters["T_burst"] == T_BURST * second


def both(*names):
    return [neurons(whole, 1, name) for name in names]
