"""Chunks of cells go through background, equations and search together; numbers and events stay."""

import re

import numpy as np
import pytest
from brian2 import Hz, Network, NeuronGroup, SpikeMonitor, StateMonitor, linked_var, ms

from dendritic_bp.errors import UserError
from dendritic_bp.passes import CACHE
from dendritic_bp.program import Program

CELLS = 2000
EQUATIONS = """
dv/dt = (drive - v + 0.1*u)*50*Hz : 1
du/dt = (v - u)*20*Hz : 1
drive : 1
kicks : 1
"""
KICK = "v += 0.01*int(v < u + 0.1*drive)\nkicks += 1"


def group(name, kick=KICK, equations=EQUATIONS, n=CELLS, **when):
    cells = NeuronGroup(
        n, equations, threshold="v > 1", reset="v -= 1", method="euler", name=name, namespace=dict(Hz=Hz)
    )
    cells.drive = "1 + i/(1.0*N)"
    cells.run_regularly(kick, **(dict(when="before_groups") | when), name=f"{name}_kick")
    return cells


def protocol():
    """Simulate the same cells twice, once with a record that comes in between."""
    groups = [group("together"), group("apart")]
    watch = StateMonitor(groups[1], "v", record=[0], when="groups", order=-1, name="watch")
    network = Network(*groups, watch, *(SpikeMonitor(each, name=f"{each.name}_spikes") for each in groups))
    network.run(30 * ms)
    network.run(30 * ms)
    return network


@pytest.fixture(scope="module")
def compiled():
    program = Program(protocol, "passes", flags=["-O1"])
    return program, program.run(progress=False)


@pytest.mark.parametrize("variable", ["v", "u", "kicks"])
def test_numbers_stay(compiled, variable):
    run = compiled[1]
    assert len(np.unique(run["together.v"])) > CELLS // 2
    assert np.array_equal(run[f"together.{variable}"], run[f"apart.{variable}"])


def test_spikes_stay(compiled):
    run = compiled[1]
    assert len(np.unique(run["together_spikes.i"])) > CELLS // 2
    for what in ("i", "t"):
        assert np.array_equal(run[f"together_spikes.{what}"], run[f"apart_spikes.{what}"])


def test_chunks_fit_into_a_cache(compiled):
    main = (compiled[0].folder / "sources" / "main.cpp").read_text()
    (chunk,) = {int(size) for size in re.findall(r"first \+= (\d+)\)", main)}
    assert CACHE / 2 < 4 * 8 * chunk < 1.1 * CACHE and chunk % 16 == 0


def many():
    cells = group("cells", n=12 * CELLS)
    cells.v = "i/(1.0*N)"
    network = Network(cells, SpikeMonitor(cells, name="spikes"))
    network.run(20 * ms)
    return network


def test_threads_compute_the_same():
    one, two = (Program(many, "many", flags=["-O1"], threads=n) for n in (1, 2))
    runs = [program.run(progress=False) for program in (one, two)]
    shared = "#pragma omp parallel for schedule(static) num_threads(2)"
    assert [shared in (p.folder / "sources" / "main.cpp").read_text() for p in (one, two)] == [False, True]
    assert len(runs[0]["spikes.t"]) > CELLS
    for what in ("cells.v", "cells.u", "cells.kicks", "spikes.i", "spikes.t"):
        assert np.array_equal(runs[0][what], runs[1][what])


def test_only_large_groups_get_wide_vectors():
    """What follows in a joined file has vectors as before."""

    def protocol():
        network = Network(group("large", n=500), group("small", n=499))
        network.run(1 * ms)
        return network

    program = Program(protocol, "passes-wide")
    program.trace()
    codes = {path.stem: path.read_text() for path in (program._sources / "code_objects").glob("*.cpp")}
    pragmas = {name: re.findall(r"#pragma GCC (\w+_options|target)", text) for name, text in codes.items()}
    assert pragmas["large_stateupdater_codeobject"] == ["push_options", "target", "pop_options"]
    assert pragmas["small_stateupdater_codeobject"] == []


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_number_of_threads_is_checked(threads):
    with pytest.raises(UserError, match="give a number of threads, 1 or more"):
        Program(protocol, "passes", threads=threads)


def together(*arguments, others=lambda cells: [], **changes):
    """Return the code objects that go through the cells together."""

    def protocol():
        cells = group("cells", *arguments, **changes)
        network = Network(cells, *others(cells))
        network.run(1 * ms)
        return network

    program = Program(protocol, "passes-apart")
    program.trace()
    main = (program._sources / "main.cpp").read_text()
    function = re.search(r"void _run_\w+_in_chunks\(\)\n\{.*?\n\}", main, re.DOTALL)
    return re.findall(r"_run_cells_(\w+?)_codeobject\(\);", function[0]) if function else []


def follower(cells):
    """Return a group whose equations read the voltage before those of the cells are solved."""
    other = NeuronGroup(CELLS, "dx/dt = (v - x)*50*Hz : 1\nv : 1 (linked)", method="euler", name="a_follower")
    other.namespace["Hz"] = Hz
    other.v = linked_var(cells, "v")
    return [other]


def test_background_and_equations_go_together():
    assert together() == ["kick", "stateupdater"]


@pytest.mark.parametrize(
    "changes",
    [
        dict(kick="v += 0.01*rand()"),
        dict(equations=EQUATIONS + "w : 1 (shared)", kick="w += 1"),
        dict(others=lambda cells: [StateMonitor(cells, "v", record=[0], when="groups", order=-1)]),
        dict(others=follower),
        dict(dt=0.5 * ms),
        dict(when="end"),
    ],
    ids=[
        "draws numbers",
        "shared",
        "recorded in between",
        "read in between",
        "another clock",
        "the other order",
    ],
)
def test_what_depends_on_the_order_stays_apart(changes):
    kick = changes.pop("kick", KICK)
    assert together(kick, **changes) == []
