"""Each mechanism steps as its equations say, on two cells by hand, and not where there is no error."""

import numpy as np
import pytest
from brian2 import EventMonitor, StateMonitor, TimedArray, ms, mV, nA, nS, pA, pF, second
from numpy.testing import assert_allclose, assert_array_equal
from simulate import DT, simulate

from dendritic_bp import NeuronModel, neurons, synapses
from dendritic_bp.models.credit.dendritic_error import cancelling, partner
from dendritic_bp.models.credit.error_cells import error_feedback, error_gradient
from dendritic_bp.models.credit.plateau_difference import plateau_feedback, plateau_gradient
from dendritic_bp.models.credit.scalar import scalar_gradient
from dendritic_bp.models.credit.single_phase_bursts import cancelling_feedback, single_phase_gradient
from dendritic_bp.models.credit.targets import rebuilding_feedback
from dendritic_bp.models.neurons.burst_steady import burst_steady
from dendritic_bp.models.neurons.error_pair import error_pair
from dendritic_bp.models.neurons.one_window import one_window
from dendritic_bp.models.neurons.two_phase import two_phase
from dendritic_bp.models.neurons.two_rates import two_rates

W, ETA = 100 * pA, 1 * pA
NUMBERS = ("x", "x_bar", "x_1", "x_1_bar", "credit", "surprise", "z_bar")
EVENTS = ("event", "burst", "up", "down", "plateau")
acting = NeuronModel(  # it does what it is told, and its numbers stay as they are given
    "acting",
    equations="what = orders(t) : 1 (constant over dt)\nI_basal : amp\nI_top : amp\nI_bias : amp\n"
    + "\n".join(f"{name} : volt" for name in ("v_d", "E_d", "v_1", "v_1_bar"))
    + "\n"
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
    start = dict(I_soma=700 * pA, I_mean=700 * pA, w_d=0 * pA, tau_bar=1e3 * second)
    cells = neurons(error_pair, len(I_apical), "cells", **(start | values))
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


def test_an_error_that_is_always_there_teaches_nothing_in_the_end():
    ups, downs, _ = pairs([-200, 200] * pA, tau_bar=20 * ms)
    wanted = np.array([0, 20 / 80 * 200 / (170 / 7 + 13)])  # mV over theta_e, until v_bar is there
    assert_allclose(ups, wanted, atol=1)
    assert_array_equal(downs, ups[::-1])


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
        wire(cancelling_feedback, cell("pre", does), target, gain=0.3)
        assert float(target.I_top[0] / pA) == pytest.approx(current, abs=1e-9)


@pytest.mark.parametrize("does", [["event"], ["event", "burst"], ["event", "burst", "event"]])
def test_the_cancelling_pathway_takes_the_steps_of_the_other_times_P_0(does):
    wires = wire(cancelling_feedback, cell("pre", does, x=1.0), cell("post", **X), eta=ETA, P_0=0.4)
    w, q = (np.array([wires.w[0], wires.q[0]] / ETA) - np.array([100, -40])).tolist()
    assert q == pytest.approx(-0.4 * w)


@pytest.mark.parametrize("current", [200, 500, 800])
def test_dendrites_become_as_excitable_as_makes_half_of_their_events_bursts(current):
    """What comes with every event teaches nothing in the end: bursts and P_0 events are as many."""
    model = burst_steady.with_equations(parameters=dict(eta_shift=1 * mV))
    cells = neurons(model, 200, "cells", I_soma=900 * pA, I_apical=current * pA)
    simulate(4000 * ms, cells, dt=1 * ms)
    assert np.mean(cells.p_burst) == pytest.approx(0.5, abs=0.03)
    assert model.parameters["P_home"] == cancelling_feedback.parameters["P_0"]


# --- two phases ---


def test_a_plateau_steps_by_the_credit_and_the_centred_mean_trace():
    """It is the rule of `plateau_difference`, `dendritic_error` and `contrastive`."""
    trace = dict(x_1=0.9, x_1_bar=0.4)
    for credit in (0.3, -0.2, 0):
        end = dict(does=["event", "plateau"], credit=credit)
        wanted = pytest.approx(0.5 * credit)
        assert change(plateau_gradient, cell("pre", **trace), cell("post", **end)) == wanted
        assert change(plateau_feedback, cell("pre", **end), cell("post", **trace)) == wanted


KNOWN = ("credit", "v_1", "v_2", "x_1")


def plateaus(first, second):
    """Give a cell apical currents in two phases; return what it knows then, and how often."""
    gates = dict(free="t > 60*ms and t <= 120*ms", taught="t > 120*ms and t <= 180*ms")
    gates["closing"] = "t > 180*ms"
    words = {name: f"int({when})" for name, when in gates.items()}
    currents = dict(I_before=first * pA, I_after=second * pA)
    words["I_apical"] = "I_before + int(t > 120*ms)*(I_after - I_before)"
    model = two_phase.with_equations(parameters=currents).with_input(**words)
    v = first * pA / (170 * pF / (7 * ms) + 13 * nS)  # where the dendrite rests with the first current
    cells = neurons(model, 1, "cells", I_soma=700 * pA, w_d=-13 * nS * v, v_d=-70 * mV + v)
    ends = EventMonitor(cells, "plateau", name="ends")
    seen = StateMonitor(cells, KNOWN, record=True, when="after_thresholds", name="seen")
    simulate(200 * ms, cells, ends, seen, dt=1 * ms)
    at = int(ends.t[0] / ms)
    return {name: float(getattr(seen, name)[0, at]) for name in KNOWN}, len(ends.t)


def mean_rise(current, steps=60):
    """Return the mean potential (V) of a dendrite in the first ms of a current (A), by its equations."""
    v, w, seen = 0.0, 0.0, []
    for _ in range(100 * steps):
        v, w = v + 1e-5 * (-v / 7e-3 + (w + current) / 170e-12), w + 1e-5 * (-13e-9 * v - w) / 30e-3
        seen.append(v)
    return np.mean(seen)


def test_the_credit_is_the_difference_of_the_plateaus_of_both_phases():
    seen, number = plateaus(0, 200)
    assert number == 1 and seen["v_1"] == pytest.approx(0, abs=1e-9)
    assert seen["v_2"] == pytest.approx(mean_rise(200e-12), rel=0.03)
    alpha = 1 / (1 + np.exp(-seen["v_2"] / 3e-3))
    assert seen["credit"] == pytest.approx(seen["x_1"] / (seen["x_1"] + 0.1) * (alpha - 0.5))
    assert plateaus(0, -200)[0]["credit"] == pytest.approx(-seen["credit"], rel=1e-3)


@pytest.mark.parametrize("current", [0, 150, -100])
def test_there_is_no_credit_where_the_second_phase_is_as_the_first(current):
    seen, _ = plateaus(current, current)
    assert abs(seen["v_1"]) == pytest.approx(abs(current) * 1e-12 / 37.3e-9, rel=0.01)
    assert seen["credit"] == pytest.approx(0, abs=1e-6)


# --- targets ---


@pytest.mark.parametrize(("guess", "missing"), [(0, 0.5), (1.5, 0), (3, -0.5)])
def test_the_path_down_learns_what_its_guess_is_missing(guess, missing):
    """The cell below is 0.5 above its mean, which is what 1.5 mV stand for."""
    below = cell("post", x_1=0.9, x_1_bar=0.4, v_1=(2 + guess) * mV, v_1_bar=2 * mV)
    above = cell("pre", ["plateau"], x_1=0.7, x_1_bar=0.3, credit=9)
    learned = change(rebuilding_feedback, above, below, ratio=0.5, v_x=3 * mV)
    assert learned == pytest.approx(0.5 * missing * 0.4, abs=1e-6)
    target = cell("other")
    wire(rebuilding_feedback, cell("sender", ["event"]), target, gain=0.3)
    assert float(target.I_top[0] / pA) == pytest.approx(30)


def test_the_path_down_learns_to_guess_what_the_layer_below_does():
    """Each event of a sender that is 1 above its mean adds w/nS to the guess; the dendrite has no inertia."""
    always, at_once = dict(event="x_1 == 1", plateau="x_1 == 1"), "I_top = 0*pA"
    sender = NeuronModel("sender", "x_1 : 1\nx_1_bar : 1", threshold="x_1 == 1", events=always)
    text = "I_top : amp\nv_1 = I_top/nS : volt\nv_1_bar : volt\nx_1 : 1\nx_1_bar : 1"
    dendrite = NeuronModel("dendrite", text, threshold="x_1 < 1", reset=at_once)
    pre, post = neurons(sender, 1, "pre", x_1=1), neurons(dendrite, 1, "post", x_1=0.5)
    wires = synapses(rebuilding_feedback, pre, post, "wires", w=0 * pA, eta=1 * pA, ratio=1, v_x=10 * mV)
    simulate(100 * DT, pre, post, wires)
    assert_allclose(wires.w / pA, 0.5 * 10, rtol=1e-3)


# --- what is left in the dendrite ---


def test_an_interneuron_learns_from_the_events_of_its_partner_less_its_own():
    for above, own, current in ((["event"], [], 100), ([], ["event"], -100), (["event"], ["event"], 0)):
        target = cell("post", own)
        wires = synapses(partner, source := cell("pre", above), target, "wires", w=W)
        simulate(6 * DT, source, target, wires)
        assert float(target.I_top[0] / pA) == pytest.approx(current)
    for credit in (0.3, -0.2, 0):
        assert change(
            plateau_gradient, cell("pre", x_1=0.9, x_1_bar=0.4), cell("post", ["plateau"], credit=credit)
        ) == pytest.approx(0.5 * credit)


@pytest.mark.parametrize("credit", [0.3, -0.2, 0])
def test_the_excitability_of_an_interneuron_follows_its_credit(credit):
    source, target = cell("pre"), cell("post", ["plateau"], credit=credit)
    wires = synapses(partner, source, target, "wires", eta=10 * pA)
    simulate(6 * DT, source, target, wires)
    assert float(target.I_bias[0] / pA) == pytest.approx(10 * credit)


@pytest.mark.parametrize(("v", "cancels", "learned"), [(3, 1, -3), (-3, 1, 3), (0, 1, 0), (3, 0, 0)])
def test_inhibition_learns_against_the_mean_potential_of_the_dendrite(v, cancels, learned):
    sender, target = cell("pre", ["plateau"], x_1=0.5), cell("post", v_1=v * mV)
    wires = wire(cancelling, sender, target, eta_q=2 * nS, cancels=cancels)
    assert float((wires.w[0] - W) / pA) == pytest.approx(learned)
    below = cell("below")
    wire(cancelling, cell("other", ["event"]), below, gain=0.3)
    assert float(below.I_top[0] / pA) == pytest.approx(30)


def test_inhibition_learns_to_hold_the_dendrite_at_rest():
    """A cell above that always fires, and its interneuron, on a dendrite without inertia."""
    sender = NeuronModel(
        "sender", "x_1 : 1", threshold="x_1 == 1", events=dict(event="x_1 == 1", plateau="x_1 == 1")
    )
    text = "I_top : amp\nI_above : amp\nv_1 = (I_above + I_top)/nS : volt"
    dendrite = NeuronModel("dendrite", text, threshold="I_above > 0*pA", reset="I_top = 0*pA")
    pre, post = neurons(sender, 1, "pre", x_1=1), neurons(dendrite, 1, "post", I_above=50 * pA)
    wires = synapses(cancelling, pre, post, "wires", w=0 * pA, eta_q=0.1 * nS)
    simulate(200 * DT, pre, post, wires)
    assert_allclose(wires.w / pA, -50, rtol=1e-3)


def window_mean(current, **values):
    """Return what a cell knows at the end of a trial whose dendrite gets a current (pA) from 80 ms on."""
    words = dict(seen="int(t > 80*ms and t <= 180*ms)", closing="int(t > 180*ms)")
    words["I_apical"] = "I_new*int(t > 80*ms)"
    model = one_window.with_equations(parameters=dict(I_new=current * pA)).with_input(**words)
    cells = neurons(model, 1, "cells", I_soma=700 * pA, w_d=0 * pA, **values)
    ends = EventMonitor(cells, "plateau", name="ends")
    seen = StateMonitor(cells, ("credit", "v_1", "x_1"), record=True, when="after_thresholds", name="seen")
    spikes = EventMonitor(cells, "event", name="events")
    simulate(200 * ms, cells, ends, seen, spikes, dt=1 * ms)
    assert len(ends.t) == 1
    return *(float(getattr(seen, name)[0, int(ends.t[0] / ms)]) for name in ("credit", "v_1", "x_1")), spikes


@pytest.mark.parametrize("current", [200, -100, 0])
def test_the_credit_is_the_mean_deviation_of_the_dendrite_in_the_window(current):
    credit, v, x, _ = window_mean(current)
    assert v == pytest.approx(np.sign(current) * mean_rise(abs(current) * 1e-12, 100), rel=0.03, abs=1e-9)
    assert credit == pytest.approx(x / (x + 0.1) * np.tanh(v / 6e-3), abs=1e-9)
    assert (credit == pytest.approx(0, abs=1e-9)) == (current == 0)


def test_a_cell_that_looks_ahead_answers_earlier():
    late, early = (window_mean(0, lead=lead)[3].t[0] / ms for lead in (0 * ms, 8 * ms))
    assert early < late - 2


# --- contrast of a free and a nudged phase ---


def contrast(nudge, turned=0, quiet=0.0):
    """Nudge the soma of a cell in one phase of each of three trials; return what it knows at their ends.

    `quiet` (pA) charges it in every late window.
    """
    words = {
        "now": "t + ms/2 - 200*ms*int((t + ms/2)/(200*ms)) : second",  # half a step: no rounding
        "early": "int(now > 80*ms and now < 120*ms) : 1",
        "late": "int(now > 140*ms and now < 180*ms) : 1",
        "closing": "int(now > 180*ms) : 1",
        "nudged": "int(now > 120*ms)*(1 - turned) + int(now < 120*ms)*turned : 1",
        "I_noise_s": "nudged*I_nudge + int(now > 120*ms)*I_quiet : amp",
    }
    text = "\n".join(f"{name} = {word}" for name, word in words.items())
    currents = dict(I_nudge=nudge * pA, I_quiet=quiet * pA)
    model = two_rates.with_equations(text, parameters=currents)
    cells = neurons(model, 1, "cells", I_soma=700 * pA, I_slow=700 * pA, turned=turned, n_bar=1)
    ends = EventMonitor(cells, "plateau", ["credit", "dI", "x_1"], name="ends")
    simulate(600 * ms, cells, ends, dt=1 * ms)
    assert len(ends.t) == 3
    return ends


@pytest.mark.parametrize(("nudge", "turned"), [(200, 0), (200, 1), (-100, 0), (-100, 1)])
def test_the_contrast_is_the_drive_while_nudged_less_that_while_free(nudge, turned):
    ends = contrast(nudge, turned)
    assert_allclose(ends.dI / pA, nudge, rtol=0.2)  # the drive follows with tau_slow
    x = float(ends.x_1[0])
    assert float(ends.credit[0]) == pytest.approx(x / (x + 0.1) * np.tanh(float(ends.dI[0]) / 300e-12))


def test_there_is_no_contrast_without_a_nudge_nor_from_what_comes_in_every_trial():
    assert_allclose(contrast(0).credit, 0, atol=1e-9)
    always = contrast(0, quiet=150.0)
    assert float(always.credit[0]) > 0.1 > 1e-2 > abs(float(always.credit[2]))


# --- one number to all ---


@pytest.mark.parametrize(("surprise", "z_bar"), [(0.5, 0.4), (-0.5, 0.4), (0, 0.4), (0.5, 0)])
def test_the_scalar_steps_by_surprise_times_perturbation(surprise, z_bar):
    post = cell("post", ["event"], surprise=surprise, z_bar=z_bar, x=1.0)
    wanted = pytest.approx(surprise * z_bar * 0.5 / (1 + 1.0 / 0.5))
    assert change(scalar_gradient, cell("pre", **X), post) == wanted
