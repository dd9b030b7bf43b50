"""Feedback by synapses tells bursts from events, and interneurons take off what events foretell."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, SpikeMonitor, StateMonitor, TimedArray, ms, pA, second
from simulate import DT, simulate, told

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from dendritic_bp import neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.interneurons import pv
from dendritic_bp.models.synapses.routed_feedback import (
    RISE,
    depressing_briefly,
    facilitating_briefly,
    routed_feedback,
)
from dendritic_bp.models.synapses.short_term import RELEASE
from dendritic_bp.program import Program
from networks import routing
from networks.cells import CELLS
from networks.digits import Design
from networks.projections import FEEDBACK
from networks.routing import PER_CELL, routed, strength

BURST, LATER = [100, 200], [100, 200, 2000]  # steps of 0.1 ms
W, GAIN = 10 * pA, 2.0


def received(train, **values):
    """Return what each spike adds to the dendrite, and to the interneuron, in units of gain and weight."""
    orders = np.zeros((train[-1] + 20, 1))
    orders[train] = 1
    cell = told.with_equations(RELEASE + "I_inter : amp\nI_rise : amp\n")
    source, target = (
        neurons(cell, 1, name, namespace=dict(orders=TimedArray(table, dt=DT)))
        for name, table in (("source", orders), ("target", 0 * orders))
    )
    terminals = [
        synapses(model, source, source, model.name, "i == j")
        for model in (depressing_briefly, facilitating_briefly)
    ]
    wire = synapses(routed_feedback, source, target, "wire", w=W, gain=GAIN, eta=0 * pA, **values)
    trace = StateMonitor(target, ["I_rise", "I_inter"], record=True, name="trace")
    simulate((train[-1] + 10) * DT, source, target, *terminals, wire, trace)
    return [np.diff(np.asarray(x[0] / (GAIN * W)))[train] for x in (trace.I_rise, trace.I_inter)]


def test_the_dendrite_feels_facilitation_and_its_interneuron_depression():
    felt, followed = received(BURST, foretold=0.5)
    U, f, tau_F, tau_D = 0.02, 0.5, 8, 100
    u = U + f * (1 - U) * np.exp(-10 / tau_F)
    np.testing.assert_allclose(felt, [U, u * (1 - U * np.exp(-10 / tau_D))], rtol=1e-6)
    np.testing.assert_allclose(followed, [0.5 * 0.7, 0.5 * 0.7 * (1 - 0.7 * np.exp(-10 / 12))], rtol=1e-6)


def test_what_rises_as_late_as_the_interneuron_is_driven_brings_as_much_in_all():
    slow = told.with_equations(RISE, parameters=dict(tau_top=40 * ms, tau_inter=20 * ms))
    cell = neurons(slow, 1, "cell", namespace=dict(orders=TimedArray([[0]], dt=DT)), I_rise=100 * pA)
    trace = StateMonitor(cell, "I_top", record=True, name="trace")
    simulate(400 * ms, cell, trace)
    current = np.asarray(trace.I_top[0] / pA)
    assert current.sum() * float(DT / ms) == pytest.approx(100 * 40, rel=0.01)
    assert current.argmax() * float(DT / ms) == pytest.approx(40 * np.log(2), abs=0.5)


def test_a_burst_is_told_from_an_event_by_the_dendrite_alone():
    felt, followed = received(LATER)
    assert felt[1] > 5 * felt[2]  # the second spike of a burst, and an event
    assert followed[2] > 1.4 * followed[1]


def test_nothing_arrives_on_either_way_while_it_is_shut():
    np.testing.assert_array_equal(received(BURST, arriving=0), 0)


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


def test_interneurons_fire_as_their_strength_takes_for_granted():
    drive = np.repeat(np.arange(-60.0, 61.0, 10.0), 30)
    start = dict(v_s="E_L + 15*mV*rand()", I_soma=routing.BASELINE)
    cells = neurons(pv, drive.size, "cells", **start)  # `interneuron` has the current that drives it linked
    cells.I_apical = drive * pA
    count = SpikeMonitor(cells, record=False, name="count")
    simulate(1 * second, cells, count, dt=1 * ms)
    rates = np.asarray(count.count).reshape(-1, 30).mean(axis=1)
    assert rates.mean() == pytest.approx(float(routing.RATE / Hz), rel=0.05)
    slope = np.polyfit(np.unique(drive), rates, 1)[0]
    assert slope == pytest.approx(float(routing.SLOPE * pA / Hz), rel=0.1)


@pytest.mark.parametrize("name", ["burst_poisson", "multiplexing"])
def test_what_interneurons_take_off_cancels_the_feedback_of_a_cell_that_bursts_as_usual(name):
    cell = routed(CELLS[name], "synapses")
    hidden, P = cell.credit.hidden, cell.burst_probability
    felt = (routing.FACILITATED[0] + P * routing.FACILITATED[1]) * pA  # for an event, times gain and weight
    foretold = cell.credit.feedback.parameters["foretold"]  # what the synapses pass on
    follows = foretold * (routing.DEPRESSED[0] + P * routing.DEPRESSED[1]) * pA
    spikes = PER_CELL * routing.SLOPE * follows * hidden["parameters"]["tau_inter"]
    assert float(spikes * strength(cell, cell.credit) / felt) == pytest.approx(1)


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
    assert not any("inter" in name.split(".")[0] for name in program.values)


def test_a_routed_network_can_be_run_with_all_kinds_of_feedback():
    asked = Design((2,), "multiplexing", routing="synapses")
    assert asked.name == "digits-multiplexing-routed-64-2-10"
    program = Program(asked.protocol, asked.name)
    for kind in FEEDBACK:
        program.check(asked.feedback_values(kind))
    assert {"hidden1_inter.I_soma", "hidden1_take_off.w"} <= set(program.values)
