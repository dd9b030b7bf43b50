import dataclasses
import pickle

import pytest
from brian2 import Mohm, Quantity, ms, mV, nA, nan, pA

from dendritic_bp import ModelError, NeuronModel, SynapseModel
from dendritic_bp.equations import definitions

tau_script = 10 * ms  # a name of the calling script, which models must not see

leaky = NeuronModel(
    "leaky",
    equations="""
    dv/dt = (E_L - v + R*I_soma)/tau : volt   # membrane
    I_soma : amp
    due : boolean
    """,
    threshold="v > theta",
    reset="v = E_L",
    events={"event": "v > theta and due"},
    on_event={"event": "due = False"},
    parameters=dict(E_L=-70 * mV, tau=10 * ms, R=100 * Mohm, theta=-50 * mV),
    initial=dict(v="E_L"),
)
plastic = SynapseModel(
    "plastic", "w : amp", on_pre={"spike": "w += a; I_soma_post += w"}, parameters=dict(a=1 * pA)
)


def refused(*words, model=leaky, **changes):
    """Check that the changed model is refused with a message that has all `words` and the model's name."""
    with pytest.raises(ModelError) as error:
        dataclasses.replace(model, **changes)
    for word in (model.name, *words):
        assert word in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        dict(equations="dv/dt = (E_L - vv)/tau : volt\ndue : boolean"),
        dict(threshold="vv > theta"),
        dict(reset="v = vv"),
        dict(reset="v += vv"),
        dict(reset="vv = E_L"),  # a misspelt target would become a temporary variable that nobody reads
        dict(events={"event": "vv > theta"}),
        dict(on_event={"event": "v = vv"}),
        dict(initial=dict(v="vv")),
        dict(initial=dict(vv="E_L")),
        dict(refractory="vv*second/volt"),
    ],
)
def test_undeclared_name_is_refused_with_a_close_match(changes):
    refused("'vv'", "'v'", **changes)


def test_names_of_the_calling_script_are_not_seen():
    refused("tau_script", equations="dv/dt = (E_L - v)/tau_script : volt\ndue : boolean")


def test_names_of_the_namespace_and_of_the_cells_come_later():
    dataclasses.replace(leaky, namespace=("images",), reset="v = images(t, i)")
    dataclasses.replace(plastic, on_pre={"spike": "w += anything_pre*another_post"})
    refused("'images'", reset="v = images(t, i)")


def test_last_spike_exists_only_with_a_refractory_period():
    refused("lastspike", threshold="t - lastspike > 3*ms")
    dataclasses.replace(leaky, threshold="t - lastspike > 3*ms", refractory=2 * ms)


def test_temporary_variables_are_allowed_when_read():
    dataclasses.replace(leaky, reset="jump = E_L - v; v += jump  # reset\ndue = jump > 3*mV")


@pytest.mark.parametrize(
    ("changes", "quoted"),
    [
        (dict(equations="dv/dt = E_L - v : volt\ndue : boolean"), "E_L - v"),
        (dict(equations="dv/dt = (E_L - v + I)/tau : volt\nI : amp\ndue : boolean"), "E_L - v + I"),
        (dict(equations="dv/dt = (E_L - v)/tau*exp(v) : volt\ndue : boolean"), "exp(v)"),
        (dict(threshold="v > 3*pA"), "v > 3*pA"),
        (dict(threshold="v"), "`v`"),
        (dict(threshold="v/theta"), "not a condition"),
        (dict(events={"event": "v"}), "event 'event'"),
        (dict(reset="v = 3*nA"), "v = 3*nA"),
        (dict(reset="v += 3"), "v + 3"),
        (dict(reset="u = 3*nA; v = u"), "u = 3*nA; v = u"),
        (dict(on_event={"event": "v = 3"}), "on_event 'event'"),
        (dict(initial=dict(v="3*pA")), "3*pA"),
        (dict(initial=dict(v=3 * pA)), "3. pA"),
        (dict(refractory="3*mV"), "refractory"),
    ],
)
def test_wrong_unit_is_refused_with_the_text_quoted(changes, quoted):
    refused(quoted, **changes)


def test_units_are_named_in_full():
    refused("has the unit V, where V/s is needed", equations="dv/dt = E_L - v : volt\ndue : boolean")
    refused("has units V", equations="dv/dt = (E_L - v)/tau*exp(v) : volt\ndue : boolean")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (dict(reset="E_L = v"), ["'E_L'", "constant"]),
        (dict(reset="t = 3*ms"), ["'t'", "constant"]),
        (dict(reset="v == E_L"), ["variable = expression"]),
        (dict(threshold="v > "), ["cannot be parsed"]),
        (dict(equations="dv/dt = (E_L - v/tau : volt"), ["dv/dt = (E_L - v/tau : volt"]),
        (dict(equations="dv/dt = (E_L - v)/tau"), ["`dv/dt = (E_L - v)/tau`", "unit is missing", ": volt"]),
        (dict(equations="dv/dt = (E_L - v)*2^2/tau : volt"), ["^ is no power; write **"]),
        (dict(equations="dv/dt = (E_L - v)*(2&3)/tau : volt"), ["& is not known; write and"]),
        (
            dict(equations="dv/dt = (E_L - v + g_new)/tau : volt"),
            ["give it a value, parameters=dict(g_new=...)"],
        ),
        (dict(equations="dv/dt = (E_L - v + I_s*ohm)/tau : volt"), ["'I_s'", "comes with the block `ports`"]),
        (dict(equations="v : vlt"), ["`v : vlt`", "vlt"]),
        (dict(equations="v : volt\nv : amp"), ["Duplicate"]),
        (dict(equations="E_L : volt"), ["E_L"]),
        (dict(equations="v_pre : volt"), ["'v_pre'"]),
        (dict(parameters=dict(tau_post=3 * ms)), ["'tau_post'"]),
        (dict(equations="dv/dt = (xi_a + xi_b)*mV*second**-0.5 : volt"), ["xi_a, xi_b", "randn()"]),
        (dict(parameters=dict(tau=nan * ms)), ["tau", "not finite"]),
        (dict(parameters=dict(tau=[1, 2] * ms)), ["tau", "not a single number"]),
        (dict(initial=dict(v=nan * mV)), ["v", "not finite"]),
        (dict(events={"spike": "due"}), ["'spike'", "threshold"]),
        (dict(on_event={"evnt": "v = E_L"}), ["'evnt'", "'event'"]),
        (dict(method="eulr"), ["'eulr'", "'euler'"]),
        (dict(threshold=""), ["has no threshold", "as in threshold='v > -50*mV'"]),
        (dict(threshold=None), ["threshold = None: must be text"]),
        (dict(reset={"v": "E_L"}), ["reset = {'v': 'E_L'}: must be text"]),
        (dict(events={"event": True}), ["events, 'event': must be text, not True"]),
        (dict(on_event="v = E_L"), ["on_event = 'v = E_L': must be a table"]),
        (dict(parameters=["tau"]), ["parameters = ['tau']: must be a table"]),
        (dict(limits={"tau > 0*ms": None}), ["limits, 'tau > 0*ms': must be text"]),
        (dict(namespace="images"), ["must be several names, as in ('images',)"]),
    ],
)
def test_other_mistakes_are_refused(changes, words):
    refused(*words, **changes)


def test_synapse_mistakes_are_refused():
    refused("'b'", model=plastic, on_pre={"spike": "w += b"})
    refused("on_post 'burst'", "w = 3", model=plastic, on_post={"burst": "w = 3"})
    refused("delay", model=plastic, delay=3 * mV)
    refused("delay", "not finite", model=plastic, delay=nan * ms)
    refused("on_pre = 'w = 3': must be a table", model=plastic, on_pre="w = 3")
    refused("order = 'first': must be a whole number", model=plastic, order="first")


def test_fields_that_are_missing_or_misspelt_are_named():
    with pytest.raises(ModelError, match="model 'mine' has no threshold"):
        NeuronModel("mine", "dv/dt = -v/(10*ms) : volt")
    with pytest.raises(ModelError, match="needs a name, as text, not 3"):
        NeuronModel(3, threshold="t > 1*second")
    with pytest.raises(ModelError, match="'mine' has no field 'thresold'; did you mean 'threshold'"):
        NeuronModel.of("mine", equations="dv/dt = -v/(10*ms) : volt", thresold="v > 1*mV")


def test_input_replaces_a_port_or_a_parameter_and_keeps_its_unit():
    driven = leaky.with_input(("images",), I_soma="images(t, i)", tau="(10 + i)*ms")
    assert driven.parsed["I_soma"].expr.code == "images(t, i)"
    assert driven.parsed["tau"].dim == ms.dim
    assert "tau" not in driven.parameters and driven.namespace == ("images",)
    assert "dv/dt" in driven.equations and "due" in driven.parsed
    silent = dataclasses.replace(leaky, on_event={})
    assert silent.with_input(due="v > E_L").parsed["due"].var_type == "boolean"


def test_wrong_input_is_refused():
    with pytest.raises(ModelError, match="no input 'I_som'; did you mean 'I_soma'"):
        leaky.with_input(I_som="1*nA")
    with pytest.raises(ModelError, match="no input 'v'"):
        leaky.with_input(v="E_L")
    with pytest.raises(ModelError, match="has the unit V, where A is needed"):
        leaky.with_input(I_soma="1*mV")


def test_equations_are_added_or_replaced_by_name():
    model = leaky.with_equations("I_soma = g*v : amp", parameters=dict(g=1 * nA / mV), initial=dict(due=True))
    assert model.parsed["I_soma"].expr.code == "g*v"
    assert model.parameters["tau"] == 10 * ms and model.initial == dict(v="E_L", due=True)
    assert "I_soma : amp" in leaky.equations


def test_parameters_are_added_or_replaced_without_equations():
    model = leaky.with_equations(parameters=dict(theta=-40 * mV, g=1 * nA / mV))
    assert model.parameters == leaky.parameters | dict(theta=-40 * mV, g=1 * nA / mV)
    assert list(definitions(model.equations)) == list(definitions(leaky.equations))
    assert set(model.parsed) == {*leaky.parsed, "g"}
    refused("'g'", initial=dict(v="g*volt"))
    with pytest.raises(ModelError, match="tau.*not finite"):
        leaky.with_equations(parameters=dict(tau=nan * ms))


def test_definitions_may_span_lines_and_hold_comparisons():
    text = "dv/dt = -v/tau\n  + 3*mV/ms : volt\na = b == 2 : boolean\n# remark\nb : 1 (shared)\n"
    assert list(definitions(text)) == ["v", "a", "b"]
    assert "".join(definitions(text).values()) == text


def test_models_are_frozen_and_can_be_sent_to_another_process():
    with pytest.raises(dataclasses.FrozenInstanceError):
        leaky.reset = ""
    assert pickle.loads(pickle.dumps(leaky)) == leaky
    assert isinstance(leaky.parameters["tau"], Quantity)
