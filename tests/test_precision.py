import re
from functools import partial

import numpy as np
import pytest
from brian2 import (
    Network,
    Soma,
    SpatialNeuron,
    SpikeMonitor,
    TimedArray,
    defaultclock,
    ms,
    um,
)

from dendritic_bp import Program, neurons, synapses
from dendritic_bp.errors import ModelError, UserError
from dendritic_bp.model import NeuronModel, SynapseModel
from dendritic_bp.models.neurons.poisson_arrivals import poisson_arrivals
from dendritic_bp.precision import PRECISIONS

# Fires each 20 ms, to the step, whatever the precision: only times decide.
clockwork = NeuronModel(
    "clockwork",
    """
dg/dt = (0.1*gate(t) - g)/(5*ms) : 1
t_last : second
due = steps(t - t_last, dt) >= steps(20*ms, dt) : boolean
""",
    threshold="due",
    reset="t_last = t",
    initial=dict(t_last="-i*ms"),
    namespace=("gate",),
)
plastic = SynapseModel(
    "plastic",
    "w : 1",
    on_pre=dict(spike="g_post += w*(1 + 0.01*g_pre); w = clip(w + 0.1*(0.3 - w) + 1e-3*randn(), 0, 1)"),
    delay=50 * ms,  # rounded up where it has 4 bytes
)
CELLS, PIECE = 8, 200 * ms


def protocol(pieces=1):
    defaultclock.dt = 0.1 * ms
    namespace = dict(gate=TimedArray(np.arange(4.0 * pieces), dt=50 * ms, name="gate"))
    cells = neurons(clockwork, CELLS, "cells", namespace)
    wires = synapses(plastic, cells, cells, "wires", w="rand()")
    network = Network(cells, wires, SpikeMonitor(cells, name="spikes"))
    network.run(pieces * PIECE)
    return network


@pytest.fixture(scope="module")
def programs(build_cache):
    return {each: Program(protocol, "clockwork", precision=each).build() for each in PRECISIONS}


def test_times_are_exact_and_numbers_agree_to_seven_digits(programs):
    double, single = (programs[each].run(seed=1, progress=False) for each in ("double", "single"))
    assert single["spikes.t"].tolist() == double["spikes.t"].tolist()
    for name in ("wires.w", "cells.g"):
        assert single[name] == pytest.approx(double[name], rel=1e-5)
        assert (single[name] != double[name]).any()
    assert single["wires.w"].dtype == np.float64  # for sums


def test_what_takes_four_bytes_are_all_variables_but_times(programs):
    kinds = {name: entry.dtype for name, entry in programs["single"].trace().stored.items()}
    assert {kinds[name] for name in ("cells.g", "wires.w")} == {"float32"}
    assert {kinds[name] for name in ("cells.t_last", "spikes.t")} == {"float64"}
    assert not {"float32"} & {entry.dtype for entry in programs["double"].trace().stored.values()}


def test_no_number_in_double_precision_is_left_in_the_loops(programs):
    folder = programs["single"].folder / "sources" / "code_objects"
    code = (folder / "cells_stateupdater_codeobject.cpp").read_text()
    loop = code[code.index("// vector code") :]
    assert "float(dt)" in code and "double" not in loop and not re.search(r"\d\.\d+(?!\d*f)\b", loop)


def test_a_chain_in_single_precision_equals_one_long_run(programs):
    short = programs["single"]
    long = Program(partial(protocol, 2), "clockwork-long", precision="single")
    whole = long.run(seed=4, progress=False)
    first = short.run(seed=4, keep_state=True, progress=False)
    second = short.run(state=first.state, values={"gate": np.arange(4.0, 8)}, progress=False)
    for name in ("wires.w", "cells.g", "cells.t_last"):
        assert second[name].tolist() == whole[name].tolist() != first[name].tolist()
    late = whole["spikes.t"] >= float(PIECE)
    assert second["spikes.t"].tolist() == whole["spikes.t"][late].tolist()


def test_statements_may_read_a_whole_number_that_is_the_same_for_all_cells():
    def protocol():
        gate = TimedArray(np.arange(4.0), dt=50 * ms, name="gate")
        network = Network(neurons(gated, CELLS, "cells", dict(gate=gate)))
        network.run(PIECE)
        return network

    gated = NeuronModel(
        "gated",
        """
dg/dt = (chosen*g_0 - g)/(5*ms) : 1
chosen = int(i == int(gate(t))) : 1
""",
        threshold="False",
        parameters=dict(g_0=0.1),
        namespace=("gate",),
    )
    one, other = (Program(protocol, "gated", precision="single") for _ in range(2))
    one.trace()
    other.trace()  # of statements that are kept from the first
    assert one.source_hash == other.source_hash


def test_draws_of_the_background_stay_in_double_precision():
    cell = NeuronModel("cell", "g : 1", threshold="False").with_equations(**poisson_arrivals)

    def background():
        network = Network(neurons(cell, 2, "cells"))
        network.run(1 * ms)
        return network

    stored = Program(background, "background", precision="single").trace().stored
    assert {stored[f"cells.{name}"].dtype for name in ("z", "z_factor", "z_modulus")} == {"float64"}
    assert {stored[f"cells.{name}"].dtype for name in ("g", "w_exc_s", "rate_s")} == {"float32"}


def test_a_word_that_is_no_variable_cannot_be_double():
    with pytest.raises(ModelError, match="double: no variable 'zz'"):
        NeuronModel("cell", "z : 1", threshold="False", double=("zz",))
    with pytest.raises(ModelError, match="double: must be several names"):
        NeuronModel("cell", "z : 1", threshold="False", double="z")


def test_unknown_precision_is_refused():
    with pytest.raises(UserError, match="'half'.*double, single"):
        Program(protocol, "half", precision="half")


def test_a_cable_is_refused():
    def cable():
        neuron = SpatialNeuron(Soma(20 * um), "Im = 0*amp/metre**2 : amp/metre**2", name="cable")
        network = Network(neuron)
        network.run(1 * ms)
        return network

    with pytest.raises(UserError, match="'cable' is a cable"):
        Program(cable, "cable-single", precision="single").trace()
