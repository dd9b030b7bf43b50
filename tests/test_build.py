import numpy as np
import pytest
from brian2 import NeuronGroup, SpikeMonitor, Synapses, TimedArray, ms, mV, nA, nan, pA
from numpy.testing import assert_allclose, assert_array_equal
from simulate import simulate

from dendritic_bp import ModelError, NeuronModel, SynapseModel, neurons, synapses

cell = NeuronModel(
    "cell",
    equations="dv/dt = (E_L - v)/tau : volt\nI_basal : amp\nk : 1",
    threshold="v > theta",
    reset="v = E_L",
    events={"event": "v > theta and k < 1"},
    on_event={"event": "k += 1"},
    parameters=dict(E_L=-70 * mV, tau=10 * ms, theta=-50 * mV),
    initial=dict(v="E_L + 5*mV"),
)
link = SynapseModel(
    "link",
    "w : amp\nlast : second",
    on_pre={"spike": "I_basal_post += w*g; last = t"},
    parameters=dict(g=1.0),
)
FIRING = -40 * mV  # above threshold at the first step


def wired(n_source=3, n_target=2, model=link, **how):
    source, target = neurons(cell, n_source, "source", v=FIRING), neurons(cell, n_target, "target")
    return source, target, synapses(model, source, target, "wires", **how)


def test_objects_are_plain_brian2_and_carry_their_names():
    source, _, wires = wired()
    assert type(source) is NeuronGroup and type(wires) is Synapses
    assert (source.name, wires.name) == ("source", "wires")


def test_building_twice_leaves_the_model_as_it_was():
    neurons(cell, 2, "a"), neurons(cell, 2, "b")
    assert cell.events == {"event": "v > theta and k < 1"}


def test_start_values_see_the_parameters_that_override_the_model():
    group = neurons(cell, 2, "group", E_L=-60 * mV)
    assert_allclose(group.v / mV, [-55, -55])
    group = neurons(cell, 2, "group", v=[-1, -2] * mV, k="i")
    assert_allclose(group.v / mV, [-1, -2])
    assert_allclose(group.k, [0, 1])


def test_events_run_their_code():
    group = neurons(cell, 2, "group", v=FIRING, k=[0, 1])
    spikes = SpikeMonitor(group)
    simulate(1 * ms, group, spikes)
    assert_allclose(group.k, [1, 1])
    assert spikes.num_spikes == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (dict(vv=3), ["'vv'", "'v'"]),
        (dict(v=3 * nA), ["v = 3. nA", "unit A", "V is needed"]),
        (dict(v="3*nA"), ["3*nA", "unit A"]),
        (dict(v="E_LL"), ["'E_LL'", "'E_L'"]),
        (dict(v=[-70, nan] * mV), ["v", "not finite"]),
        (dict(v=[1, 2, 3] * mV), ["v", "(3,)", "one value or (2,)"]),
        (dict(E_L=[1, 2] * mV), ["E_L", "(2,)", "one value"]),
    ],
)
def test_wrong_values_are_refused_with_the_name_of_the_group(values, words):
    with pytest.raises(ModelError) as error:
        neurons(cell, 2, "group", **values)
    for word in ("'group'", *words):
        assert word in str(error.value)


def test_namespace_is_demanded_and_its_units_are_checked():
    driven = cell.with_input(("orders",), I_basal="orders(t, i)")
    with pytest.raises(ModelError, match=r"'group'.*'orders'.*did you mean 'order'"):
        neurons(driven, 2, "group", namespace=dict(order=3))
    with pytest.raises(ModelError, match=r"orders\(t, i\).*unit V, where A is needed"):
        neurons(driven, 2, "group", namespace=dict(orders=TimedArray([[1, 2]] * mV, dt=1 * ms)))
    group = neurons(driven, 2, "group", namespace=dict(orders=TimedArray([[1, 2]] * nA, dt=1 * ms)))
    simulate(1 * ms, group)
    assert_allclose(group.I_basal / nA, [1, 2])


def test_a_second_object_of_the_same_name_is_refused():
    with pytest.raises(ValueError, match="unique names.*group"):
        simulate(1 * ms, neurons(cell, 2, "group"), neurons(cell, 2, "group"))


@pytest.mark.parametrize(
    ("connect", "pairs"),
    [
        (True, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]),
        ("i == j", [(0, 0), (1, 1)]),
        ("i != j and v_pre > v_post", [(0, 1), (1, 0), (2, 0), (2, 1)]),
        (dict(i=[0, 2], j=[1, 1]), [(0, 1), (2, 1)]),
        (dict(p=1.0), [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]),
        (dict(condition="i > j", p="0.5 + 0.5"), [(1, 0), (2, 0), (2, 1)]),
    ],
)
def test_connections(connect, pairs):
    wires = wired(connect=connect)[2]
    assert list(zip(wires.i, wires.j, strict=True)) == pairs


def test_matrix_of_weights_is_source_by_target():
    weights = np.arange(6).reshape(3, 2) * pA
    source, target, wires = wired(w=weights)
    assert wires.w[2, 1] == weights[2, 1]
    simulate(0.1 * ms, source, target, wires)
    assert_allclose(target.I_basal, weights.sum(axis=0))
    assert_array_equal(wires.last, 0)


def test_weights_may_be_listed_or_computed():
    assert_allclose(wired(connect=dict(i=[0, 2], j=[1, 1]), w=[5, 6] * pA)[2].w / pA, [5, 6])
    assert_allclose(wired(connect="i == j", w=[5, 6] * pA)[2].w / pA, [5, 6])
    assert_allclose(wired(connect=dict(p=1), w="(10*i + j)*pA")[2].w / pA, [0, 1, 10, 11, 20, 21])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (dict(w=nan * pA), ["w", "not finite"]),
        (dict(w=[1, 2] * pA), ["(2,)", "one value or (6,) or (3, 2)"]),
        (dict(w=[1, 2] * pA, connect=dict(p=0.5)), ["(2,)", "one value"]),
        (dict(g=[1, 2, 3, 4, 5, 6]), ["g", "(6,)", "one value"]),
        (dict(w=3), ["w = 3", "A is needed"]),
        (dict(ww=3 * pA), ["'ww'", "'w'"]),
        (dict(w="v_pre"), ["v_pre", "unit V"]),
        (dict(connect="i = j"), ["connect", "i = j"]),
        (dict(connect="i"), ["connect", "not a condition"]),
        (dict(connect="i == jj"), ["'jj'", "'j'"]),
        (dict(connect=dict(p="0.5*v_pre")), ["0.5*v_pre", "unit V"]),
        (dict(model=SynapseModel("m", on_pre={"burst": ""})), ["'source'", "'burst'", "event, spike"]),
        (dict(model=SynapseModel("m", on_post={"evnt": ""})), ["'target'", "'evnt'", "'event'"]),
        (
            dict(model=SynapseModel("m", on_pre={"spike": "I_basl_post += 1*pA"})),
            ["'I_basl_post'", "'I_basal_post'"],
        ),
        (dict(model=SynapseModel("m", on_pre={"spike": "I_basal_post += x_pre"})), ["'x_pre'"]),
        (dict(model=SynapseModel("m", on_pre={"spike": "v_post += 1*pA"})), ["v_post += 1*pA", "unit V"]),
        (dict(model=SynapseModel("m", on_pre={"spike": "E_L_post = v_post"})), ["'E_L_post'", "constant"]),
    ],
)
def test_wrong_synapses_are_refused_with_their_name(how, words):
    with pytest.raises(ModelError) as error:
        wired(**how)
    for word in ("'wires'", *words):
        assert word in str(error.value)


def test_delay_holds_for_the_presynaptic_pathways():
    late = SynapseModel("late", "w : amp", on_pre={"spike": "I_basal_post += w"}, delay=1 * ms)
    source, target, wires = wired(model=late, w=1 * pA)
    simulate(1 * ms, source, target, wires)
    assert_allclose(target.I_basal / pA, 0)
    assert_allclose(wires.pre_spike.delay / ms, 1)


@pytest.mark.parametrize("value", [None, [[1], [1, 2]], {}, object])
def test_a_value_that_is_no_number_is_named(value):
    with pytest.raises(ModelError, match=r"'c': model 'cell', k = .*: is no quantity, number or array"):
        neurons(cell, 2, "c", k=value)
