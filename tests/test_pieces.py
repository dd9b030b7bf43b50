"""A training in pieces goes on where it was stopped, and keeps no more than it needs."""

from concurrent.futures import CancelledError

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, StateMonitor, TimedArray, ms

from dendritic_bp import chain, kept
from dendritic_bp.chain import Chain, train
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program


def protocol():
    """Let a cell add up what a table says, and random numbers."""
    added = TimedArray(np.zeros(4), dt=1 * ms, name="added")
    cell = NeuronGroup(1, "x : 1\nnoise : 1", name="cell", namespace=dict(added=added))
    cell.run_regularly("x += added(t); noise += rand()", dt=1 * ms, name="add")
    network = Network(cell, StateMonitor(cell, "x", record=True, dt=1 * ms, name="trace"))
    network.run(4 * ms)
    return network


@pytest.fixture(scope="module")
def program(build_cache):
    return Program(protocol, "pieces").build()


def values(step):
    return {"added": np.full(4, float(step))}


def read(run):
    return {"x": run["cell.x"], "noise": run["cell.noise"]}


def x(result):
    return float(result["x"][0])


def forbid(*arguments, **keywords):
    raise AssertionError("a piece that was kept is run again")


def test_a_chain_goes_on_looks_and_goes_back(program):
    pieces = Chain(program, seed=1)
    assert x(pieces.go_on(values(1), read)) == 4
    pieces.remember()
    assert [x(pieces.look(values(step), read)) for step in (5, 5, 0)] == [24, 24, 4]
    assert x(pieces.go_on(values(2), read)) == 12
    pieces.recall()
    assert x(pieces.look(values(0), read)) == 4
    assert pieces.spent.pieces == 6 and pieces.spent.cpu_s > 0


def test_a_branch_goes_on_for_several_pieces_and_comes_back(program, tmp_path):
    with kept.keeping(tmp_path):
        pieces = Chain(program, seed=1)
        pieces.go_on(values(1), read)
        with pieces.branch():
            assert [x(pieces.go_on(values(1), read)) for _ in range(2)] == [8, 12]
        assert len(list(tmp_path.glob("*/state.bin"))) == 1
        assert [x(pieces.go_on(values(2), read)) for _ in range(2)] == [12, 20]
        assert len(list(tmp_path.glob("*/state.bin"))) == 1


def three(program, folder, **keywords):
    """Make three pieces and a look within a folder; return what was read, and the chain."""
    with kept.keeping(folder):
        pieces = Chain(program, seed=1, **keywords)
        results = [pieces.go_on(values(step), read) for step in (1, 2, 3)]
        results.append(pieces.look(values(4), read))
    return results, pieces


def test_pieces_that_are_done_are_read_and_the_next_goes_on(program, tmp_path, monkeypatch):
    first, chained = three(program, tmp_path)
    assert [x(each) for each in first] == [4, 12, 24, 40]
    assert len(list(tmp_path.glob("*/state.bin"))) == 1  # older states are not needed
    with monkeypatch.context() as patch:
        patch.setattr(program, "run", forbid)
        again, resumed = three(program, tmp_path)
    assert [each["noise"] for each in again] == [each["noise"] for each in first]
    assert resumed.spent == chained.spent
    with kept.keeping(tmp_path):
        later = resumed.go_on(values(0), read)
    long = Chain(program, seed=1)
    for step in (1, 2, 3, 0):
        unbroken = long.go_on(values(step), read)
    assert later["noise"] == unbroken["noise"] and x(later) == 24


def test_a_piece_that_was_stopped_is_made_again(program, tmp_path, monkeypatch):
    """Stopped after the run, before what was read of it is on disk."""
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_store", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            three(program, tmp_path)
    results, _ = three(program, tmp_path)
    assert [x(each) for each in results] == [4, 12, 24, 40]


def test_the_remembered_state_stays_until_another_takes_its_place(program, tmp_path):
    with kept.keeping(tmp_path):
        pieces = Chain(program, seed=1)
        for step, remembered in ((1, True), (2, False), (3, False)):
            pieces.go_on(values(step), read)
            if remembered:
                pieces.remember()
        assert len(list(tmp_path.glob("*/state.bin"))) == 2
        pieces.remember()
        assert len(list(tmp_path.glob("*/state.bin"))) == 1
        assert x(pieces.go_on(values(0), read)) == 24


def test_pieces_of_another_training_are_refused(program, tmp_path):
    three(program, tmp_path)
    with kept.keeping(tmp_path), pytest.raises(UserError, match=r"00000.npz is of another training"):
        Chain(program, seed=2).go_on(values(1), read)


def test_a_damaged_piece_is_refused(program, tmp_path):
    three(program, tmp_path)
    file = sorted(tmp_path.glob("*.npz"))[1]
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(UserError, match=r"Cannot read the piece .*00001.npz.* afresh with --overwrite"):
        three(program, tmp_path)


def test_a_full_disk_loses_nothing(program, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    with kept.keeping(tmp_path):
        pieces = Chain(program, seed=1)
        pieces.go_on(values(1), read)
        with monkeypatch.context() as patch:
            patch.setattr(chain, "write_whole", full)
            with pytest.raises(UserError, match="No space left on device; make room, and start the same"):
                pieces.go_on(values(2), read)
    results, _ = three(program, tmp_path)
    assert x(results[-1]) == 40


def test_trainings_run_side_by_side_and_one_that_fails_is_named(program, tmp_path):
    def ends_at(step):
        return lambda pieces: [x(pieces.go_on(values(step), read)) for _ in range(2)]

    assert train(program, 1, {"a": ends_at(1), "b": ends_at(2)}, pieces=2) == {"a": [4, 8], "b": [8, 16]}
    with pytest.raises(UserError, match="no 'nothing'"):
        train(program, 1, {"a": ends_at(1), "b": lambda pieces: pieces.go_on({"nothing": 1}, read)}, 2)


def test_errors_come_before_what_was_stopped_because_of_them():
    class Done:
        def __init__(self, error):
            self.exception = lambda: error

    with pytest.raises(ValueError, match="the cause"):
        chain._results({"a": Done(CancelledError()), "b": Done(ValueError("the cause"))})


def test_a_run_can_do_without_a_monitor(program):
    quiet = program.run(values=values(1) | {"trace.active": 0}, progress=False)
    told = program.run(values=values(1), progress=False)
    assert quiet["trace.t"].size == 0 and told["trace.t"].size == 4
    assert quiet["cell.noise"] == told["cell.noise"]
    with pytest.raises(UserError, match=r"no 'cell.active'"):
        program.run(values={"cell.active": 0}, progress=False)
