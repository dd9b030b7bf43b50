"""Each mechanism steps as its equations say, on two cells by hand, and not where there is no error."""

import numpy as np
import pytest
from brian2 import EventMonitor, StateMonitor, TimedArray, amp, ms, mV, nA, nS, pA
from numpy.testing import assert_allclose, assert_array_equal
from simulate import DT, simulate

from dendritic_bp import NeuronModel, neurons, synapses
from dendritic_bp.models.credit.error_cells import error_feedback, error_gradient
from dendritic_bp.models.credit.plateau_difference import plateau_feedback, plateau_gradient
from dendritic_bp.models.credit.scalar import scalar_gradient
from dendritic_bp.models.credit.single_phase_bursts import cancelling_feedback, single_phase_gradient
from dendritic_bp.models.neurons.error_pair import error_pair
from dendritic_bp.models.neurons.two_phase import two_phase

W, ETA = 100 * pA, 1 * pA
NUMBERS = ("x", "x_bar", "x_1", "x_1_bar", "credit", "surprise", "z_bar")
EVENTS = ("event", "burst", "up", "down", "plateau")
acting = NeuronModel(  # it does what it is told, and its numbers stay as they are given
    "acting",
    equations="what = orders(t) : 1 (constant over dt)\nI_basal : amp\nI_top : amp\nv_d : volt\nE_d : volt\n"
    + "\n".join(f"{name} : 1" for name in NUMBERS),
    threshold="what > 0",
    events={name: f"abs(what - {k}) < 0.5" for k, name in enumerate(EVENTS, start=1)},
    namespace=("orders",),
)


def cell(name, does=(), **values):
    """Build a cell that does one thing after the other, one a step."""
    orders = [0, *(EVENTS.index(what) + 1 for what in does), 0, 0, 0]
    return neurons(acting, 1, name, dict(orders=TimedArray(orders, dt=DT)), **values)


def wire(model, pre, post, **values):
    """Run one synapse between two cells; return it."""
    wires = synapses(model, pre, post, "wires", w=W, **values)
    simulate(6 * DT, pre, post, wires)
    return wires


def change(model, pre, post, **values):
    """Return the change of the weight, in units of the learning rate."""
    return float((wire(model, pre, post, eta=ETA, **values).w[0] - W) / ETA)


X = dict(x=0.7, x_bar=0.2)


# --- error cells ---


@pytest.mark.parametrize(
    ("does", "steps"), [(["up"], 1), (["down"], -1), (["up", "up", "down"], 1), (["event"], 0)]
)
def test_an_error_spike_steps_by_the_centred_trace_of_the_other_cell(does, steps):
    assert change(error_gradient, cell("pre", **X), cell("post", does)) == pytest.approx(0.5 * steps)
    assert change(error_feedback, cell("pre", does), cell("post", **X)) == pytest.approx(0.5 * steps)


def test_an_error_spike_reaches_the_dendrite_below_with_its_sign():
    for does, current in ((["up"], 30), (["down"], -30), (["up", "down"], 0), (["event", "burst"], 0)):
        target = cell("post")
        wire(error_feedback, cell("pre", does), target, gain=0.3)
        assert float(target.I_top[0] / pA) == pytest.approx(current)


def pairs(I_apical, **values):
    """Run the pairs of cells with some apical currents for half a second; count what they fire."""
    cells = neurons(
        error_pair, len(I_apical), "cells", I_soma=700 * pA, I_mean=700 * pA, w_d=0 * pA, **values
    )
    cells.I_apical = I_apical
    monitors = [EventMonitor(cells, name, name=f"{name}s") for name in ("up", "down", "burst")]
    simulate(500 * ms, cells, *monitors, dt=0.5 * ms)
    return [np.array(monitor.count) for monitor in monitors]


def test_a_pair_fires_by_the_size_and_the_sign_of_the_error_and_is_silent_without():
    ups, downs, bursts = pairs([-200, -100, 0, 100, 200] * pA)
    wanted = 500 / 80 * np.array([100, 200]) / (170 / 7 + 13)  # mV over theta_e, for 500 ms at tau_e
    assert_allclose(ups[3:], wanted, atol=2)
    assert_array_equal(downs, ups[::-1])
    assert_array_equal([*ups[:3], *bursts], 0)


def test_a_pair_counts_errors_only_within_the_box():
    for limits in (dict(I_min=1 * nA), dict(I_max=0.5 * nA)):
        assert_array_equal(pairs([-200, 200] * pA, **limits), 0)


# --- bursts in a single phase ---


def test_single_phase_bursts_step_by_the_burst_less_P_0_of_its_event():
    post = dict(x=1.0)
    term = 0.5 / (1 + 1.0 / 0.5)
    for does, share in ((["event"], -0.4), (["event", "burst"], 0.6)):
        wanted = pytest.approx(share * term)
        assert change(single_phase_gradient, cell("pre", **X), cell("post", does, **post), P_0=0.4) == wanted
        assert change(cancelling_feedback, cell("pre", does, **post), cell("post", **X), P_0=0.4) == wanted


def test_single_phase_bursts_do_not_learn_where_half_of_the_events_burst():
    usual = ["event", "burst", "event"]
    assert change(single_phase_gradient, cell("pre", **X), cell("post", usual)) == pytest.approx(0, abs=1e-9)


def test_events_cancel_the_bursts_at_rest_in_the_dendrite_below():
    for does, current in ((["event", "burst", "event"], 0), (["event"], -15), (["event", "burst"], 15)):
        target = cell("post")
        wire(cancelling_feedback, cell("pre", does), target, gain=0.3, eta_q=0 * nS)
        assert float(target.I_top[0] / pA) == pytest.approx(current, abs=1e-9)


@pytest.mark.parametrize(("above", "cancels", "learned"), [(0, 1, 0), (10, 1, -20), (-10, 1, 20), (10, 0, 0)])
def test_the_cancelling_pathway_learns_against_the_potential_of_the_dendrite(above, cancels, learned):
    target = cell("post", v_d=(above - 57) * mV, E_d=-57 * mV)
    wires = wire(cancelling_feedback, cell("pre", ["event"]), target, eta_q=2 * nS, cancels=cancels)
    assert float(wires.q[0] / pA) == pytest.approx(-50 + learned)


def test_the_cancelling_pathway_learns_to_hold_the_dendrite_at_its_threshold():
    """A dendrite without inertia: each event of a sender that always bursts adds w + q."""
    always, at_once = dict(event="x == 1", burst="x == 1"), "I_top = 0*pA"
    sender = NeuronModel("sender", "x : 1\nx_bar : 1", threshold="x == 1", events=always)
    text = "I_top : amp\nE_d : volt\nv_d = E_d + I_top/nS : volt\nx : 1\nx_bar : 1"
    dendrite = NeuronModel("dendrite", text, threshold="x < 1", reset=at_once)
    pre, post = neurons(sender, 1, "pre", x=1), neurons(dendrite, 1, "post")
    wires = synapses(cancelling_feedback, pre, post, "wires", w=W, eta=0 * amp, eta_q=0.1 * nS)
    simulate(100 * DT, pre, post, wires)
    assert_allclose(wires.q / pA, -100, rtol=1e-3)


# --- two phases ---


def test_a_plateau_steps_by_the_credit_and_the_centred_trace_of_the_first_phase():
    trace = dict(x_1=0.9, x_1_bar=0.4)
    for credit in (0.3, -0.2, 0):
        end = dict(does=["event", "plateau"], credit=credit)
        wanted = pytest.approx(0.5 * credit)
        assert change(plateau_gradient, cell("pre", **trace), cell("post", **end)) == wanted
        assert change(plateau_feedback, cell("pre", **end), cell("post", **trace)) == wanted


def plateaus(first, second):
    """Give a cell apical currents in two phases of 100 ms; return what its plateaus say, and their number."""
    gates = dict(free="t > 60*ms and t <= 100*ms", taught="t > 140*ms and t <= 180*ms")
    gates["closing"] = "t > 180*ms"
    words = {name: f"int({when})" for name, when in gates.items()}
    currents = dict(I_1=first * pA, I_2=second * pA)
    words["I_apical"] = "I_1 + int(t > 100*ms)*(I_2 - I_1)"
    model = two_phase.with_equations(parameters=currents).with_input(**words)
    cells = neurons(model, 1, "cells", I_soma=700 * pA, w_d=0 * pA, v_d=-70 * mV)
    ends = EventMonitor(cells, "plateau", name="ends")
    seen = StateMonitor(
        cells, ["credit", "v_1", "v_2", "x_1"], record=True, when="after_thresholds", name="seen"
    )
    simulate(200 * ms, cells, ends, seen, dt=1 * ms)
    at = int(ends.t[0] / ms)
    return {name: float(getattr(seen, name)[0, at]) for name in ("credit", "v_1", "v_2", "x_1")}, len(ends.t)


def test_the_credit_is_the_difference_of_the_plateaus_of_both_phases():
    seen, number = plateaus(0, 200)
    assert number == 1 and seen["v_1"] == pytest.approx(0, abs=1e-9)
    assert seen["v_2"] == pytest.approx(200e-12 / (170e-12 / 7e-3 + 13e-9), rel=0.05)
    alpha = 1 / (1 + np.exp(-seen["v_2"] / 6e-3))
    assert seen["credit"] == pytest.approx(seen["x_1"] / (seen["x_1"] + 0.2) * (alpha - 0.5))
    assert plateaus(0, -200)[0]["credit"] == pytest.approx(-seen["credit"], rel=1e-3)


def test_there_is_no_credit_where_the_second_phase_is_as_the_first():
    assert plateaus(0, 0)[0]["credit"] == 0
    assert plateaus(150, 150)[0]["credit"] == pytest.approx(0, abs=2e-3)


# --- one number to all ---


@pytest.mark.parametrize(("surprise", "z_bar"), [(0.5, 0.4), (-0.5, 0.4), (0, 0.4), (0.5, 0)])
def test_the_scalar_steps_by_surprise_times_perturbation(surprise, z_bar):
    post = cell("post", ["event"], surprise=surprise, z_bar=z_bar, x=1.0)
    wanted = pytest.approx(surprise * z_bar * 0.5 / (1 + 1.0 / 0.5))
    assert change(scalar_gradient, cell("pre", **X), post) == wanted
