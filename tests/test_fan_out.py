"""Synapses of regular wiring are gone through cell by cell, and do what Brian2 does for them one by one."""

import numpy as np
import pytest
from brian2 import Hz, Network, NeuronGroup, defaultclock, linked_var, ms

from dendritic_bp import NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.fan_out import TEMPLATE, spacing
from dendritic_bp.program import Program

N, M = 7, 5
BY_SOURCE = tuple(x.ravel() for x in np.indices((N, M)))
BY_TARGET = tuple(x.T.ravel() for x in np.indices((N, M)))
EVEN, SIDE = "even", "side by side"
WIRINGS = {  # the cells at both ends, and how synapses are spaced for events of the source and of the target
    "by_target": (*BY_TARGET, EVEN, SIDE),
    "in_part": (np.repeat([0, 4], 3), np.tile([0, 1, 2], 2), SIDE, None),
}
cell = NeuronModel(
    "cell",
    equations="dx/dt = -x/(20*ms) : 1\ndv/dt = speed : 1\nspeed : Hz\ny : 1\nsent : 1",
    threshold="v > 1",
    reset="v -= 1; x += 1",
)
rule = SynapseModel(
    "rule",
    "w : 1\nz : 1",
    on_pre={"spike": "y_post += w*x_pre; sent_pre += w; z = x_post/(1 + x_pre)"},
    on_post={"spike": "w = clip(w + 0.1*eta*x_pre/(1 + x_post) - 0.01*exp(-x_post)*z, -1, 1)"},
    parameters=dict(eta=0.3),
    delay=3 * ms,
)
sending = SynapseModel("sending", "w : 1", on_pre={"spike": "y_post += w; w += 0.01*x_post"})


def _cells(name: str, n: int, speed: float):
    return neurons(cell, n, name, speed=(speed + 9.1 * np.arange(n)) * Hz, v=np.linspace(0, 0.9, n))


def _pair(name: str, i: np.ndarray, j: np.ndarray, order: np.ndarray, among: bool = False) -> list:
    """Return cells and synapses in this order, of which the weights depend on the cells at their ends."""
    groups = [_cells(f"{name}_source", N, 31), *([] if among else [_cells(f"{name}_target", M, 23)])]
    source, target = groups[0], groups[-1]
    if name.startswith("in_part"):
        source, target = source[1:], target[1:]
    wires = synapses(rule, source, target, name, dict(i=i[order], j=j[order]), w="0.1*sin(i + 3*j)")
    late = synapses(
        sending, source, target, f"{name}_late", dict(i=i[order], j=j[order]), w="0.1*cos(i + 3*j)"
    )
    return [*groups, wires, late]


def protocol() -> Network:
    """Wire each way twice: in its order, and in one of which nothing is known."""
    defaultclock.dt = 1 * ms
    objects = []
    for name, (i, j, *_) in WIRINGS.items():
        objects += _pair(name, i, j, np.arange(len(i)))
        objects += _pair(f"{name}_mixed", i, j, _mixed(len(i)))
    i, j = (x.ravel() for x in np.indices((N, N)))
    objects += _pair("recurrent", i, j, np.arange(len(i)), among=True)
    objects += _pair("recurrent_mixed", i, j, _mixed(len(i)), among=True)
    network = Network(objects)
    network.run(150 * ms)
    network.run(150 * ms)
    return network


def _mixed(n: int) -> np.ndarray:
    return np.random.default_rng(5).permutation(n)


@pytest.fixture(scope="module")
def program(build_cache):
    return Program(protocol, "fan-out").build()


def _uses(program: Program, name: str) -> bool:
    """Tell whether the sources of a pathway are those of this package."""
    (source,) = program.folder.glob(f"sources/code_objects/{name}_codeobject.cpp")
    return "_fan.number" in source.read_text()


def test_regular_wiring_is_recognised(program):
    for name, (i, j, pre, post) in WIRINGS.items():
        assert (spacing(i, j), spacing(j, i)) == (pre, post)
        assert _uses(program, f"{name}_pre_spike") == bool(pre)
        assert _uses(program, f"{name}_post_spike") == bool(post)
    assert not _uses(program, "in_part_mixed_pre_spike")
    assert spacing(*BY_SOURCE) == SIDE and spacing(*BY_SOURCE[::-1]) == EVEN
    assert spacing(np.array([0, 0, 0]), np.array([0, 2, 3])) is None
    assert spacing(np.array([0, 0, 1, 0]), np.array([0, 1, 0, 2])) is None  # 0, 1, 3: spaced unevenly


@pytest.mark.parametrize("delays", ["one", "one for each"])
def test_results_are_those_of_brian2(program, delays):
    values = {}
    for name, (i, j, *_) in WIRINGS.items():
        if delays == "one for each":
            late = (1 + (3 * i + 5 * j) % 7) * ms
            values |= {f"{name}_late_pre_spike.delay": late}
            values |= {f"{name}_mixed_late_pre_spike.delay": late[_mixed(len(i))]}
    run = program.run(values=values)
    for name in (*WIRINGS, "recurrent"):
        for variable in (".w", ".z", "_late.w"):
            one, other = run[f"{name}{variable}"], run[f"{name}_mixed{variable}"]
            np.testing.assert_allclose(one[_mixed(len(one))], other, rtol=1e-9)
            assert np.abs(one).sum() > 0
        assert np.abs(run[f"{name}_source.sent"]).sum() > 0
        np.testing.assert_allclose(run[f"{name}_source.sent"], run[f"{name}_mixed_source.sent"], rtol=1e-9)
    for name in WIRINGS:
        np.testing.assert_allclose(run[f"{name}_target.y"], run[f"{name}_mixed_target.y"], rtol=1e-9)
        assert np.abs(run[f"{name}_target.y"]).sum() > 0


def test_what_depends_on_one_cell_is_computed_before_the_loop(program):
    (source,) = program.folder.glob("sources/code_objects/by_target_post_spike_codeobject.cpp")
    before, loop = source.read_text().split("for (int _k")
    assert "exp(" in before and "exp(" not in loop
    assert "x_post = " in before and "x_pre = " in loop


def test_more_synapses_take_brian2_code():
    def twice() -> Network:
        objects = _pair("wires", *BY_SOURCE, np.arange(N * M))
        wires = objects[2]
        assert wires.pre_spike.template == TEMPLATE
        wires.connect(i=0, j=0)
        assert wires.pre_spike.template == "synapses"
        network = Network(objects)
        network.run(1 * ms)
        return network

    Program(twice, "fan-out-twice").trace()


def test_loops_that_write_each_cell_alone_are_vectorised():
    """GCC cannot know that what is read of other cells is not what is written, and asks at each call."""

    def looks() -> Network:
        shown = NeuronGroup(2, "c : 1", name="shown")
        seen = NeuronGroup(10, "dx/dt = (c - x)/(10*ms) : 1\nc : 1 (linked)", method="euler", name="seen")
        own = NeuronGroup(10, "dx/dt = -x/(10*ms) : 1", method="euler", name="own")
        seen.c = linked_var(shown, "c", index=np.arange(10) // 5)
        ring = NeuronGroup(
            10, "dx/dt = (left - x)/(10*ms) : 1\nleft : 1 (linked)", method="euler", name="ring"
        )
        ring.left = linked_var(ring, "x", index=np.roll(np.arange(10), 1))
        network = Network(shown, seen, own, ring)
        network.run(1 * ms)
        return network

    program = Program(looks, "looks")
    program.trace()
    code = {
        name: (program._sources / "code_objects" / f"{name}_stateupdater_codeobject.cpp").read_text()
        for name in ("seen", "own", "ring")
    }
    assert "GCC ivdep" in code["seen"] and "GCC ivdep" in code["own"] and "GCC ivdep" not in code["ring"]
