"""What cannot be is refused with its name, value and remedy: when it is made, built, set, and in a run."""

import numpy as np
import pytest
from brian2 import Hz, Network, TimedArray, defaultclock, kHz, ms, mV, nA, second, us
from simulate import DT, simulate

from dendritic_bp import ModelError, NeuronModel, SynapseModel, UserError, neurons, synapses
from dendritic_bp.electrode import inject, pulses
from dendritic_bp.models.neurons.poisson import poisson
from dendritic_bp.models.neurons.poisson_background import soma_poisson_background
from dendritic_bp.models.neurons.poisson_sources import poisson_sources
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.short_term import depressing
from dendritic_bp.names import reserved
from dendritic_bp.program import Program

cell = NeuronModel("cell", "v : 1\nk : integer\nb : boolean\nx : 1", threshold="v > 0.5", reset="v = 0")
sends = SynapseModel("sends", "w : 1", on_pre={"spike": "v_post += w"})


@pytest.fixture
def pair():
    defaultclock.dt = DT
    return neurons(cell, 2, "a"), neurons(cell, 3, "b")


MASKED = np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0])


def cells(**changes):
    return NeuronModel("cell", "dv/dt = -v/(10*ms) : 1", threshold="v > 1", **changes)


# --- values ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cells(refractory=True), "refractory = True: give a period"),
        (lambda: cells(refractory=3), "refractory = 3: has the unit 1"),
        (lambda: cells(refractory=-2 * ms), "refractory = -2. ms"),
        (lambda: cells(refractory=[1, 2] * ms), "is not one period"),
        (lambda: cells(refractory="T", parameters=dict(T=-1 * ms)), "needs T >= 0.*has T = -1. ms"),
        (lambda: SynapseModel("s", delay=-1 * ms), "delay = -1. ms"),
        (lambda: SynapseModel("s", delay=[1, 2] * ms), "is not one delay"),
        (lambda: neurons(cell, 0, "c"), "n = 0: a group needs a whole number of cells, 1 or more"),
        (lambda: neurons(cell, 2.5, "c"), "n = 2.5"),
        (lambda: neurons(cell, True, "c"), "n = True"),
        (lambda: neurons(cell, 2, "c", k=1.5), "k = 1.5: must be whole numbers"),
        (lambda: neurons(cell, 2, "c", k=[1, 2.5]), "k = .*: must be whole numbers"),
        (lambda: neurons(cell, 2, "c", k=3e9), "k = .*: must be whole numbers below 2"),
        (lambda: neurons(cell, 2, "c", b=0.3), "b = 0.3: must be True or False"),
        (lambda: neurons(cell, 2, "c", k="i/2"), r"`i / 2` may be a fraction; write int\(...\)"),
        (lambda: cell.with_equations(initial=dict(k=0.5)), "k = 0.5: must be whole"),
        (lambda: NeuronModel("c", "n : integer", threshold="n > 1", reset="n += 0.5"), "may be a fraction"),
        (lambda: neurons(poisson, 2, "c", drive=-1 * Hz), "needs drive >= 0"),
        (lambda: neurons(poisson, 2, "c", drive=[1, 11] * kHz), r"needs drive\*dt <= 1 .*lower the rate"),
        (lambda: poisson_sources("c", 2, 11 * kHz, 0.1 * ms), r"'c' needs frequency\*dt <= 1"),
        (lambda: poisson_sources("c", 2, -1 * Hz, 0.1 * ms), "'c' needs frequency >= 0"),
        (lambda: depressing.with_equations(parameters=dict(U=1.2)), "needs U <= 1"),
        (lambda: neurons(cell, 2**31, "c"), "n = 2,147,483,648: a program counts to 2,147,483,647"),
        (lambda: neurons(cell, 3, "c", x=MASKED), "x: 1 of 3 values are masked"),
    ],
)
def test_values_are_refused_where_they_are_given(make, message):
    defaultclock.dt = DT
    with pytest.raises(ModelError, match=message):
        make()


def test_a_delay_is_a_whole_number_of_steps(pair):
    late = SynapseModel("late", "w : 1", on_pre=sends.on_pre, delay=0.25 * ms)
    with pytest.raises(
        ModelError, match=r"'s': model 'late' needs abs.*whole number of time steps; round it"
    ):
        synapses(late, *pair, "s")
    defaultclock.dt = 0.05 * ms
    synapses(late, neurons(cell, 2, "c"), pair[1], "s2")


def test_rate_zero_is_silence():
    defaultclock.dt = DT
    model = cells().with_equations("drive : Hz\nu = rand() : 1 (constant over dt)")
    group, silent = neurons(poisson, 3, "group", drive=0 * Hz), poisson_sources("silent", 3, 0 * Hz, 1 * ms)
    simulate(20 * ms, group, silent)
    assert np.isfinite(silent.t_next[:]).all() and (silent.t_next[:] > 1e100 * second).all()
    assert (group.x[:] == 0).all() and "drive" in model.settable
    assert soma_poisson_background["limits"]


# --- wiring ---


@pytest.mark.parametrize(
    ("connect", "message"),
    [
        ({}, "connect = {}: give True"),
        ("", "connect = ''"),
        (None, "connect = None"),
        (False, "connect = False"),
        (1, "connect = 1"),
        (dict(prob=0.1), "connect has no 'prob'; .*'p'|connect has no 'prob'"),
        (dict(p=1.5), "p needs p <= 1"),
        (dict(p=-0.1), "p needs p >= 0"),
        (dict(p=np.nan), "p needs p >= 0"),
        (dict(p=[0.1, 0.2]), "is not one number"),
        (dict(p="0.6*(i + 1)"), r"p = `0.6\*\(i \+ 1\)` needs p <= 1"),
        (dict(p="-0.1*j"), "needs p >= 0"),
        (dict(condition="i != j", p=2), "needs p <= 1"),
        (dict(n=-1), "n needs n >= 0"),
        (dict(n=1.5), "n needs n == n//1"),
        (dict(i=[0, 1], j=[0, 1, 2]), "i and j must be as many"),
        (dict(i=[0, 2], j=[0, 1]), "i: reaches from 0 to 2; cells are 0 to 1"),
        (dict(i=[0], j=[-1]), "j: reaches from -1"),
        (dict(i=[0.5], j=[1]), "must be whole numbers"),
        (dict(i=np.ma.masked_array([0, 1], mask=[0, 1]), j=[0, 1]), "i: 1 of 2 values are masked"),
    ],
)
def test_wiring_that_cannot_be_is_refused(pair, connect, message):
    with pytest.raises(ModelError, match=message):
        synapses(sends, *pair, "s", connect)


@pytest.mark.parametrize(
    ("connect", "number"),
    [
        (dict(i=[], j=[]), 0),
        ("i==j", 2),
        (" j == i ", 2),
        (dict(condition="i==j"), 2),
        (dict(i=0, j=[1, 2]), 2),
        (dict(i=np.array([1.0]), j=2), 1),
        (True, 6),
    ],
)
def test_wiring_in_other_words_is_the_same(pair, connect, number):
    built = synapses(sends, *pair, "s", connect, w=np.arange(number))
    np.testing.assert_array_equal(built.w[:], np.arange(number))


# --- names ---


@pytest.mark.parametrize("name", ["class", "operator", "xor", "EOF", "M_PI", "INFINITY", "_v", "µ", "v_1é"])
def test_names_that_cpp_does_not_take_are_refused_everywhere(name):
    with pytest.raises(ModelError):
        NeuronModel("c", f"{name} : 1", threshold="False")
    with pytest.raises(ModelError):
        NeuronModel("c", "v : 1", threshold="v > 1", parameters={name: 1})
    with pytest.raises(ModelError):
        NeuronModel("c", "v : 1", threshold="v > 1", reset=f"{name} = v; v = {name}")
    with pytest.raises(ModelError):
        NeuronModel("c", "v : 1", threshold="v > 1", namespace=(name,))
    with pytest.raises(ModelError):
        NeuronModel("c", "v : 1", threshold="v > 1", events={name: "v > 2"})


@pytest.mark.parametrize("name", ["array", "less", "gamma", "my_t", "string", "default"])
def test_a_table_is_not_called_like_what_cpp_has(name):
    model = NeuronModel("c", "v = table(t) : 1", threshold="v > 1", namespace=("table",))
    with pytest.raises(ModelError, match=f"'{name}'"):
        neurons(model, 1, "c", {"table": TimedArray([1.0], dt=DT, name=name)})


def test_reserved_words_are_those_of_cpp():
    words = reserved()
    assert {"class", "template", "xor", "int"} <= words["keywords"]
    assert {"NAN", "EOF", "errno", "NULL"} <= words["macros"]
    usual = {"v", "w", "tau", "E_L", "I", "C", "rate", "images", "order"}
    assert not usual & set.union(*map(set, words.values()))


# --- tables ---


def table(shape, name="table", value=1.0):
    return TimedArray(np.full(shape, value), dt=1 * ms, name=name)


@pytest.mark.parametrize(
    ("equation", "shape", "message"),
    [
        (
            "table(t, i)",
            (2, 3),
            "columns 0 to 4, but the table has 0 to 2: give it one for each cell",
        ),
        ("table(t, i//2 + 1)", (2, 3), "columns 1 to 3"),
        ("table(t, i - 1)", (2, 5), "columns -1 to 3"),
        ("table(t, N)", (2, 5), "columns 5 to 5"),
        ("table(t)", (2, 5), "needs 2"),
        ("table(t, i)", (5,), "needs 1"),
    ],
)
def test_a_table_has_a_column_for_every_cell(equation, shape, message):
    model = NeuronModel("c", f"v = {equation} : 1", threshold="v > 1", namespace=("table",))
    with pytest.raises(ModelError, match=f"'c': .*{message}"):
        neurons(model, 5, "c", {"table": table(shape)})


def test_a_table_of_synapses_has_a_column_for_both_ends(pair):
    model = SynapseModel("s", "w : 1", on_pre={"spike": "v_post += w*table(t, j)"}, namespace=("table",))
    synapses(model, *pair, "s", namespace={"table": table((2, 3))})
    with pytest.raises(ModelError, match="columns 0 to 2, but the table has 0 to 1"):
        synapses(model, *pair, "s2", namespace={"table": table((2, 2))})


def test_a_table_holds_numbers():
    model = NeuronModel("c", "v = table(t) : 1", threshold="v > 1", namespace=("table",))
    with pytest.raises(ModelError, match="'table' holds 2 values that are not finite"):
        neurons(model, 1, "c", {"table": table(2, value=np.nan)})


# --- pulses ---

GOOD = dict(height=1 * nA)


@pytest.mark.parametrize(
    ("trials", "options", "message"),
    [
        ([], {}, "there is no trial"),
        ([{"I_som": pulses()}], {}, "no port 'I_som' is driven; did you mean 'I_soma'"),
        ([{"I_soma": pulses(count=2.5)}], {}, "count needs|needs count == count//1"),
        ([{"I_soma": pulses(count=-1)}], {}, "needs count >= 0"),
        ([{"I_soma": pulses(period=0 * ms)}], {}, "needs period > 0"),
        ([{"I_soma": pulses(width=-1 * ms)}], {}, "needs width >= 0"),
        ([{"I_soma": pulses(count=2, width=9 * ms, period=8 * ms)}], {}, "width <= period"),
        ([{"I_soma": pulses(height=1 * mV)}], {}, "height = 1. mV: has the unit V"),
        ([{"I_soma": pulses(height=np.nan * nA)}], {}, "is not finite"),
        ([{"I_soma": pulses(height=[1, 2] * nA)}], {}, "is not one value"),
        ([{"I_soma": dict(height=1 * nA)}], {}, "describe a train by pulses"),
        ([{"I_soma": pulses(start=-1 * ms)}], {}, "needs start >= 0"),
        ([{"I_soma": pulses(1 * nA)}], {}, "needs start < duration .* start = 50. ms, duration = 10. ms"),
        ([{"I_soma": pulses(1 * nA, 5 * ms, 10 * us)}], {}, r"steps\(width, dt\) >= 1"),
        ([{"I_soma": pulses()}], dict(dt=-0.1 * ms), "dt must be a time"),
        ([{"I_soma": pulses()}], dict(sample=0.15 * ms), "whole numbers of time steps"),
        (
            [{"I_soma": pulses()}],
            dict(variables=["v_x"]),
            "no 'v_x', which is read by the electrode: did you mean",
        ),
    ],
)
def test_pulses_that_cannot_be_are_refused(trials, options, message):
    with pytest.raises(UserError, match=message):
        inject(two_compartment, trials, 10 * ms, **options)


# --- while it runs ---


def program(kind):
    """Compile cells whose drive a table, an expression, a switch or a logarithm sets."""
    drives = dict(
        table=poisson.with_input(("rates",), drive="rates(t, i)"),
        switched=poisson,
        unknown=poisson.with_equations("drive = log(hot - t/second)*Hz : Hz", parameters=dict(hot=1.0)),
    )

    def protocol():
        defaultclock.dt = DT
        rates = TimedArray(np.zeros((2, 3)) * Hz, dt=5 * ms, name="rates")
        group = neurons(drives[kind], 3, "group", {"rates": rates})
        objects = [group]
        if kind == "switched":
            group.run_regularly("drive = 50*kHz*int(t > 5*ms)*i", dt=1 * ms, name="switch")
            slow = SynapseModel("slow", "w : 1", on_pre={"spike": "x_post += w*x_pre"}, delay=0.2 * ms)
            objects += [
                synapses(slow, group, group, "kept", "i == j"),
                synapses(sends_x, group, group, "read"),
            ]
        network = Network(*objects)
        network.run(10 * ms)
        return network

    return Program(protocol, f"refused-{kind}")


sends_x = SynapseModel("sends_x", "w : 1", on_pre={"spike": "x_post += w*x_pre"})


def test_a_table_that_asks_too_much_ends_the_run():
    compiled = program("table")
    high = np.zeros((2, 3))
    compiled.run(progress=False, values={"rates": high * Hz})
    high[1, 2] = 11_000
    with pytest.raises(UserError, match=r"'group': .* needs drive\*dt <= 1 .*not so is cell 2"):
        compiled.run(progress=False, values={"rates": high * Hz})


def test_what_code_sets_is_held_to_its_limits_and_delays_too():
    compiled = program("switched")
    for name in ("read_pre_spike.delay", "kept_pre_spike.delay"):
        with pytest.raises(ModelError, match="a delay is a whole number"):
            compiled.check({name: 0.17 * ms})
        with pytest.raises(ModelError, match="nothing arrives before"):
            compiled.check({name: -0.1 * ms})
    compiled.check({"kept_pre_spike.delay": 0.1 * ms})
    with pytest.raises(ModelError, match="delay <= longest .*build it with this delay.*longest = 200. us"):
        compiled.check({"kept_pre_spike.delay": 0.3 * ms})
    with pytest.raises(ModelError, match="delay <= longest .*longest = 0. s"):
        compiled.check({"read_pre_spike.delay": 0.1 * ms})
    with pytest.raises(UserError, match=r"needs drive\*dt <= 1 .*not so is cell 1"):
        compiled.run(progress=False)


def test_an_expression_that_is_no_number_is_not_silence():
    compiled = program("unknown")
    with pytest.raises(UserError, match=r"group.drive\[0\] is .*nan"):
        compiled.run(progress=False, values={"group.hot": 0.0})
