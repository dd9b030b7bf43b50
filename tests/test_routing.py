"""Feedback by synapses tells bursts from events, and interneurons take off what events foretell."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import SpikeMonitor, StateMonitor, TimedArray, ms, mV, pA
from simulate import DT, simulate, told

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from dendritic_bp import neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.receptors import CONDUCTANCES, REVERSAL
from dendritic_bp.models.synapses.routed_feedback import (
    depressing_briefly,
    facilitating_briefly,
    routed_conductance_feedback,
    routed_feedback,
)
from dendritic_bp.models.synapses.short_term import RELEASE
from dendritic_bp.program import Program
from networks import routing
from networks.cells import CELLS
from networks.digits import Design
from networks.projections import FEEDBACK
from networks.relays import relays, repeated
from networks.routing import routed

BURST, LATER = [100, 200], [100, 200, 700]  # steps of 0.1 ms
W, GAIN = 10.0, 2.0  # pA
PARTS = dict(per_event=0.1, per_burst=0.2, expected=0.05)
ports = dict(equations=CONDUCTANCES, parameters=REVERSAL | dict(tau_basal=1e9 * ms, tau_top=1e9 * ms))


def network(trains, steps, dt, **added):
    """Return cells that fire as told, with all that they release and drive."""
    model = told.with_equations(RELEASE)
    cell = repeated(replace(CELLS["multiplexing"], model=model), ("event", "burst"), added)
    orders = np.zeros((steps, len(trains)))
    for k, train in enumerate(trains):
        orders[train, k] = 1
    names = dict(orders=TimedArray(orders, dt=dt))
    cells = neurons(model.with_equations(**cell), len(trains), "cells", namespace=names)
    return cells, [*routing.terminals([cells]), *relays([cells], routing.router, routing.DRIVES)]


def received(train, w, model=routed_conductance_feedback, **values):
    """Return what each spike brings, excitation and the inhibition that follows, by gain and weight."""
    steps = train[-1] + 80
    cells, made = network([train], steps, DT)
    names = dict(orders=TimedArray(np.zeros((1, 1)), dt=DT))
    target = neurons(told.with_equations(**ports), 1, "target", namespace=names)
    wire = synapses(model, cells, target, "wire", w=w * pA, gain=GAIN, eta=0 * pA, **PARTS | values)
    trace = StateMonitor(target, ["g_exc_d", "g_inh_d"], record=True, name="trace")
    simulate(steps * DT, cells, *made, target, wire, trace)
    opened = (trace.g_exc_d[0] * 55 * mV, trace.g_inh_d[0] * 25 * mV)
    ends = np.append(np.array(train) + 70, steps - 1)[: len(train)]
    return [np.diff(np.asarray(x / (GAIN * W * pA))[ends], prepend=0) for x in opened]


def test_a_positive_weight_brings_facilitation_less_what_the_pv_cell_takes_off_at_events():
    excites, inhibits = received(LATER, W)
    U, f, tau_F, tau_D = 0.02, 0.5, 8, 100
    u = U + f * (1 - U) * np.exp(-10 / tau_F)
    np.testing.assert_allclose(excites[:2], [U, u * (1 - U * np.exp(-10 / tau_D))], rtol=1e-3)
    assert excites[1] > 5 * excites[2]  # the second spike of a burst, and an event
    np.testing.assert_allclose(inhibits, [0.1, 0, 0.1], atol=1e-6)


def test_a_negative_weight_brings_depression_less_what_the_som_cell_takes_off_at_bursts():
    excites, inhibits = received(LATER, -W)
    first = 0.05 * 0.7
    np.testing.assert_allclose(excites[:2], [first, first * (1 - 0.7 * np.exp(-10 / 12))], rtol=1e-3)
    np.testing.assert_allclose(inhibits, [0, 0.2, 0], atol=1e-6)


def test_currents_bring_what_conductances_do():
    for w in (W, -W):
        cells, made = network([BURST], BURST[-1] + 80, DT)
        names = dict(orders=TimedArray(np.zeros((1, 1)), dt=DT))
        below = neurons(told, 1, "below", namespace=names)
        wire = synapses(routed_feedback, cells, below, "wire", w=w * pA, gain=GAIN, eta=0 * pA, **PARTS)
        simulate((BURST[-1] + 80) * DT, cells, *made, below, wire)
        excites, inhibits = received(BURST, w)
        both = excites.sum() - inhibits.sum()
        assert float(below.I_top[0] / (GAIN * W * pA)) == pytest.approx(both, rel=1e-4)


def test_nothing_arrives_while_it_is_shut():
    for w in (W, -W):
        np.testing.assert_array_equal(received(BURST, w, arriving=0), 0)


@pytest.mark.parametrize(("intervals", "P"), [((5, 15), 0.5), ((7, 10), 0.35)])  # as below
@pytest.mark.parametrize("rate", [5, 20])
def test_interneurons_fire_once_at_events_or_at_bursts_and_never_by_themselves(intervals, P, rate):
    generator, n, each = np.random.default_rng(1), 20, 12
    orders = [trains(generator, rate, P, intervals, each) for _ in range(n)]
    orders = [np.round(1e3 * np.array(times)).astype(int).tolist() for times in orders]
    last = max(steps[-1] for steps in orders) + 20
    cells, made = network(orders, last, 1 * ms)
    count = [SpikeMonitor(made[k], record=False, name=f"count{k}") for k in (2, 4)]  # of PV and SOM cells
    simulate(last * ms, cells, *made, *count, dt=1 * ms)
    bursts = sum(map(len, orders)) - n * each
    assert [int(sum(c.count)) for c in count] == pytest.approx([n * each, bursts], rel=0.05)


@pytest.mark.parametrize(("intervals", "P"), [((5, 15), 0.5), ((8, 9), 0.35)])  # of bursts, ms: coin, plateau
def test_what_both_release_foretells_bursts_at_any_rate(intervals, P):
    """At 5 and 20 Hz alike; with the published constants, 20 Hz look as if half as many bursts again came."""
    generator = np.random.default_rng(1)
    slow, fast = (foretold(trains(generator, rate, P, intervals)) for rate in (5, 20))
    assert fast == pytest.approx(slow, rel=0.08)


def trains(generator, rate, P, intervals, number=4000):
    """Return spikes (s) of events with a pause of 20 ms, of which a share P is followed by a second spike."""
    times, now = [], 0.0
    for pause, burst in zip(
        generator.exponential(1 / rate - 0.03, number), generator.random(number) < P, strict=True
    ):
        now += 0.02 + pause
        times.append(now)
        if burst:
            now += generator.uniform(*intervals) * 1e-3
            times.append(now)
    return times


def foretold(times):
    """Return what facilitating synapses release, for each unit that depressing ones do."""
    return np.divide(*(released(model, times) for model in (facilitating_briefly, depressing_briefly)))


def released(model, times):
    """Return what is released in all, by hand."""
    U, f, tau_F, tau_D = (float(model.parameters[name]) for name in ("U", "f", "tau_F", "tau_D"))
    u, x, total = U, 1.0, 0.0
    for gap in np.diff(times, prepend=-10):
        u, x = U + (u - U) * np.exp(-gap / tau_F), 1 + (x - 1) * np.exp(-gap / tau_D)
        total += u * x
        u, x = u + f * (1 - u), x - u * x
    return total


@pytest.mark.parametrize("name", ["burst_poisson", "multiplexing"])
def test_what_interneurons_take_off_cancels_the_feedback_of_a_cell_that_bursts_as_usual(name):
    cell = routed(CELLS[name], "synapses")
    P, (first, second_), (single, later) = cell.burst_probability, routing.FACILITATED, routing.DEPRESSED
    ours = cell.credit.feedback.parameters
    assert first + P * second_ == pytest.approx(ours["per_event"])
    assert ours["expected"] * (single + P * later) == pytest.approx(P * ours["per_burst"])
    assert cell.hidden.get("I_tonic", cell.I_tonic) == CELLS[name].hidden.get("I_tonic", CELLS[name].I_tonic)


@pytest.mark.parametrize("name", ["burst_poisson", "multiplexing"])
def test_what_depressing_synapses_take_off_themselves_cancels_the_feedback_too(name):
    cell = routed(CELLS[name], "direct")
    P, (first, second_), (single, later) = cell.burst_probability, routing.FACILITATED, routing.DEPRESSED
    taken = cell.credit.feedback.parameters["expected"] * (single + P * later)
    assert taken == pytest.approx(first + P * second_)
    assert cell.hidden.get("I_tonic", cell.I_tonic) == CELLS[name].hidden.get("I_tonic", CELLS[name].I_tonic)


def test_cells_of_two_kinds_of_burst_are_refused():
    with pytest.raises(
        UserError, match="--routing synapses needs cells with bursts of one kind.*not burst_signed"
    ):
        _ = Design((3,), "burst_signed", routing="synapses").cell


def test_without_interneurons_the_network_has_none():
    asked = Design((2,), "burst_poisson", routing="direct")
    program = Program(asked.protocol, asked.name)
    program.check(asked.feedback_values("learned"))
    assert "feedback1.expected" in program.values
    assert not any("repeat" in name for name in program.values)


def test_a_routed_network_can_be_run_with_all_kinds_of_feedback():
    asked = Design((2,), "multiplexing", routing="synapses")
    assert asked.name == "digits-multiplexing-routed-64-2-10"
    program = Program(asked.protocol, asked.name)
    for kind in FEEDBACK:
        program.check(asked.feedback_values(kind))
    assert {"output_repeats_event.I_soma", "output_repeated_burst.w"} <= set(program.values)


def test_routed_feedback_and_all_that_goes_forward_can_obey_dale():
    asked = Design((2,), "multiplexing", routing="synapses", dale=True)
    assert asked.name == "digits-multiplexing-routed-dale-64-2-10"
    program = Program(asked.protocol, asked.name)
    program.check(asked.feedback_values("zero"))
    assert {"inputs_repeated_event.w", "hidden1_depressing.U", "feedback1.per_event"} <= set(program.values)


def test_feedback_of_depressing_synapses_alone_does_not_obey_dale():
    for kind in "multiplexing", "burst_signed":
        with pytest.raises(UserError, match="--dale and --routing direct exclude each other.* --routing syn"):
            _ = Design((2,), kind, routing="direct", dale=True).cell
