"""One search for all events finds what Brian2's searches find, one for each event."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from brian2 import EventMonitor, Hz, Network, NeuronGroup, TimedArray, ms

from dendritic_bp import NeuronModel, neurons
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.program import Program
from dendritic_bp.toolchain import HEADERS, VECTORISE

CELLS, EVENTS = 21, ("spike", "early", "late", "gated")  # 21: the last word of eight cells is not full
model = NeuronModel(
    "counter",
    equations="dx/dt = speed : 1\nspeed : Hz\nn : 1\nlate_now = x > 0.7 and x < 0.8 : boolean",
    threshold="x > 1",
    reset="x -= 1",
    events={"early": "x < 0.1", "late": "late_now", "gated": "late_now and gate(t) > 0"},
    on_event={"late": "n += 1"},
    namespace=("gate",),
)
SPEED = (10 + 7.3 * np.arange(CELLS)) * Hz


def protocol():
    gate = TimedArray([0, 1, 0, 1], dt=20 * ms, name="gate")
    once = neurons(model, CELLS, "once", dict(gate=gate), speed=SPEED)
    plain = NeuronGroup(
        CELLS,
        model.parsed,
        method="euler",
        threshold=model.threshold,
        reset=model.reset,
        events=dict(model.events),
        namespace=dict(gate=gate),
        name="plain",
    )
    plain.run_on_event("late", "n += 1")
    plain.speed = SPEED
    groups = (once, plain)
    monitors = [EventMonitor(each, e, name=f"{each.name}_{e}s") for each in groups for e in EVENTS]
    network = Network(*groups, *monitors)
    network.run(40 * ms)
    network.run(40 * ms)
    return network


@pytest.fixture(scope="module")
def compiled():
    program = Program(protocol, "events", flags=["-O1"])
    return program, program.run(progress=False)


@pytest.mark.parametrize("event", EVENTS)
def test_all_events_are_found_in_the_order_of_brian2(compiled, event):
    _, run = compiled
    expected = run[f"plain_{event}s.i"], run[f"plain_{event}s.t"]
    assert len(np.unique(expected[0])) > CELLS // 2
    assert np.array_equal(run[f"once_{event}s.i"], expected[0])
    assert np.array_equal(run[f"once_{event}s.t"], expected[1])


def test_what_follows_an_event_follows(compiled):
    assert compiled[1]["once.n"].sum() > 0
    assert np.array_equal(compiled[1]["once.n"], compiled[1]["plain.n"])


def test_there_is_one_search(compiled):
    main = (compiled[0].folder / "sources" / "main.cpp").read_text()
    assert "_run_once_event_search_codeobject" in main and "once_spike_thresholder" not in main
    assert "_run_plain_late_thresholder_codeobject);" in main


def test_search_for_what_bursts_is_vectorised(tmp_path):
    """The conditions of `burst_poisson` read truth values, which Brian2 writes as case distinctions."""

    def protocol():
        network = Network(neurons(burst_poisson, 1000, "cells"))
        network.run(1 * ms)
        return network

    program = Program(protocol, "bursting", tmp_path / "build")
    program.trace()
    (program._sources / "headers.h").write_text(HEADERS)
    file = program._sources / "code_objects" / "cells_event_search_codeobject.cpp"
    flags = ["-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", *VECTORISE, "-fopt-info-vec"]
    command = ["g++", *flags, "-I.", "-include", "headers.h", "-c", file, "-o", tmp_path / "x.o"]
    done = subprocess.run(command, cwd=program._sources, check=True, capture_output=True, text=True)
    loop = next(k for k, line in enumerate(file.read_text().splitlines(), 1) if "_idx < _end" in line)
    assert any(f"{file.name}:{loop}:" in line and "vectorized" in line for line in done.stderr.splitlines())


TOO_MANY = dict(events={f"e{k}": "x > 0" for k in range(8)}, on_event={})


def code_objects(schedule=False, **changes):
    """Return the names of the code objects of one cell."""

    def protocol():
        gate = TimedArray([1], dt=1 * ms, name="gate")
        cells = neurons(replace(model, **changes), 1, "cells", dict(gate=gate))
        if schedule:
            cells.set_event_schedule("late", when="end")
        network = Network(cells)
        network.run(1 * ms)
        return network

    program = Program(protocol, "apart")
    program.trace()
    return {path.stem for path in (program._sources / "code_objects").iterdir()}


@pytest.mark.parametrize("changes", [dict(threshold="x > rand()"), dict(refractory=2 * ms), TOO_MANY])
def test_searches_that_depend_on_each_other_stay_apart(changes):
    names = code_objects(**changes)
    assert "cells_spike_thresholder_codeobject" in names and "cells_event_search_codeobject" not in names


def test_events_with_a_schedule_of_their_own_are_searched_by_themselves():
    assert "cells_event_search_codeobject" in code_objects()
    names = code_objects(schedule=True)
    assert "cells_late_thresholder_codeobject" in names and "cells_event_search_codeobject" not in names
