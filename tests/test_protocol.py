"""What a program would ignore, or give again with each seed, is refused when it is traced."""

import random

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    kHz,
    magic_network,
    ms,
    mV,
    run,
)

from dendritic_bp import NeuronModel, UserError, neurons
from dendritic_bp.program import Program

leaky = NeuronModel("leaky", "dv/dt = -v/tau : volt", threshold="v > 1*mV", parameters=dict(tau=10 * ms))
LEAK = "dv/dt = -v/(10*ms) : volt"


def group(name="cells", equations=LEAK, **options):
    return NeuronGroup(
        3, equations, threshold="v > 1*mV", reset="v = 0*mV", method="euler", name=name, **options
    )


def network(*objects, duration=10 * ms):
    made = Network(*objects)
    made.run(duration)
    return made


def drawing(numbers):
    def protocol():
        cells = group()
        cells.v = numbers() * mV
        return network(cells)

    return protocol


def forgotten():
    a, b = group("a"), group("b")
    wires = Synapses(a, b, on_pre="v_post += 1*mV", name="wires")
    wires.connect()
    return network(a, b, SpikeMonitor(b, name="spikes"))


def unconnected():
    cells = group()
    return network(cells, Synapses(cells, cells, on_pre="v_post += 1*mV", name="wires"))


def told_nothing():
    return network(SpikeGeneratorGroup(2, [0, 1], [np.nan, 2] * ms, name="told"))


def quick_table():
    table = TimedArray(np.arange(200) * mV, dt=0.05 * ms, name="table")
    return network(group(equations="dv/dt = (table(t) - v)/(10*ms) : volt", namespace=dict(table=table)))


def poisson(rates):
    return lambda: network(PoissonGroup(3, rates, name="p"))


def background(number, rate):
    def protocol():
        cells = group()
        return network(cells, PoissonInput(cells, "v", number, rate, 0.1 * mV))

    return protocol


def whole(x):
    def protocol():
        cells = group(equations=LEAK + "\nx : integer")
        cells.x = x
        return network(cells)

    return protocol


def late(delay):
    def protocol():
        cells = group()
        wires = Synapses(cells, cells, on_pre="v_post += 1*mV", name="wires")
        wires.connect("i == j")
        wires.delay = delay
        return network(cells, wires)

    return protocol


def magic():
    cells = group()
    run(5 * ms)
    return magic_network if cells else None


@pytest.mark.filterwarnings("ignore:invalid value encountered")  # by Brian2, of a time that is NaN
@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (
            drawing(lambda: np.random.rand(3)),
            "draws from numpy.random .* all runs would have the same numbers",
        ),
        (drawing(lambda: random.random()), "draws from numpy.random or random"),
        (forgotten, "Not in the network of 'refused': wires.* list them in Network"),
        (unconnected, r"'wires' of 'refused' is not connected: call wires.connect\("),
        (told_nothing, "'told' of 'refused' have times that are not finite"),
        (lambda: network(group(), duration=0.04 * ms), "0.4 steps of 0.0001 s: run for a whole number"),
        (lambda: network(group(), duration=10.04 * ms), "100.4 steps"),
        (quick_table, "'table' of 'refused' has a row for each 5e-05 s, but steps are 0.0001 s"),
        (poisson(20 * kHz), r"'p' needs rates\*dt <= 1 .*lower the rate"),
        (poisson([-1, 1, 1] * Hz), "'p' needs rates >= 0"),
        (poisson("(i - 1)*20*Hz"), "'p' needs rates >= 0"),
        (background(10, 20 * kHz), r"needs rate\*dt <= 1"),
        (background(10, -1 * Hz), "needs rate >= 0"),
        (background(2.5, 1 * Hz), "needs n == n//1"),
        (whole(2.7), "cells.x: 2.7 is no whole number below 2"),
        (whole([1, 2.5, 3]), "cells.x: 2.5 is no whole number"),
        (whole(2**31), "cells.x: 2.14748e.09 is no whole number"),
        (late(0.25 * ms), "wires.delay: 2.5 steps of 0.0001 s is no whole number"),
        (late([0.2, 0.2, 0.15] * ms), "wires.delay: 1.5 steps"),
        (magic, r"calls run\(\): make a Network"),
    ],
)
def test_what_a_program_would_ignore_is_refused(protocol, message):
    with pytest.raises(UserError, match=message):
        Program(protocol, "refused").trace()


def test_rates_of_a_run_are_in_range():
    program = Program(poisson(20 * Hz), "accepted")
    program.check({"p.rates": [0, 1, 9999] * Hz})
    with pytest.raises(UserError, match="'p' needs rates >= 0"):
        program.check({"p.rates": [0, 1, -1] * Hz})


def test_rates_of_a_table_are_in_range():
    table = TimedArray(np.zeros((3, 3)) * Hz, dt=10 * ms, name="table")
    rates = dict(rates="table(t, i)", name="p", namespace=dict(table=table))
    program = Program(lambda: network(PoissonGroup(3, **rates)), "accepted")
    program.check({"table": np.full((3, 3), 9999) * Hz})
    for wrong in (-1, 1e6):
        with pytest.raises(UserError, match="'p, table' needs rates"):
            program.check({"table": np.full((3, 3), wrong) * Hz})


def test_groups_that_share_a_table_need_rates_for_the_longest_step():
    table = TimedArray(np.zeros((3, 3)) * Hz, dt=10 * ms, name="table")

    def protocol():
        steps = dict(slow=1 * ms, quick=0.1 * ms)
        words = dict(rates="table(t, i)", namespace=dict(table=table))
        return network(*(PoissonGroup(3, name=name, dt=dt, **words) for name, dt in steps.items()))

    with pytest.raises(UserError, match="'slow, table' needs rates"):
        Program(protocol, "accepted").check({"table": np.full((3, 3), 2000) * Hz})


def test_time_does_not_go_back():
    def protocol():
        defaultclock.dt = -1 * ms
        return network(group(), duration=1 * ms)

    with pytest.raises(UserError, match="time steps of -0.001 s: a step is above 0"):
        Program(protocol, "refused").trace()


def test_numbers_of_a_generator_of_ones_own_and_parts_of_groups_are_no_fault():
    def protocol():
        cells = group()
        cells[1:].v = np.random.default_rng(1).random(2) * mV
        return network(cells, duration=3 * 0.1 * ms)

    assert Program(protocol, "accepted").trace().duration == pytest.approx(3e-4)


def built(step="", **parameters):
    """Return the protocol of cells with these parameters more, and an operation on them."""

    def protocol():
        cells = neurons(leaky.with_equations(parameters=parameters), 3, "cells")
        if step:
            cells.run_regularly(step, dt=1 * ms)
        return network(cells)

    return protocol


def test_a_misspelt_parameter_that_nothing_reads_is_refused():
    with pytest.raises(UserError, match="'cells': model 'leaky' has the parameter 'tauu', .* mean 'tau'"):
        Program(built(tauu=5 * ms), "refused").trace()
    one_for_others = built(boost=2.0)  # as in a part of a model that serves several cells
    for protocol in built(tau=5 * ms), built("v += tauu/ms*mV", tauu=5 * ms), one_for_others:
        Program(protocol, "accepted").trace()


def test_a_network_of_nothing_is_no_fault():
    assert Program(lambda: network(), "accepted").trace().tables == {}
