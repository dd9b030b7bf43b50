"""What a program would ignore, or give again with each seed, is refused when it is traced."""

import random

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    magic_network,
    ms,
    mV,
    run,
)

from dendritic_bp import UserError
from dendritic_bp.program import Program

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
        (magic, r"calls run\(\): make a Network"),
    ],
)
def test_what_a_program_would_ignore_is_refused(protocol, message):
    with pytest.raises(UserError, match=message):
        Program(protocol, "refused").trace()


def test_numbers_of_a_generator_of_ones_own_and_parts_of_groups_are_no_fault():
    def protocol():
        cells = group()
        cells[1:].v = np.random.default_rng(1).random(2) * mV
        return network(cells, duration=3 * 0.1 * ms)

    assert Program(protocol, "accepted").trace().duration == pytest.approx(3e-4)
