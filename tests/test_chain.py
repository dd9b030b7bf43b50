import gc
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import chained
import numpy as np
import pytest
from brian2 import Network, NeuronGroup, TimedArray, ms
from processes import HERE, environment, wait_until

from dendritic_bp.errors import UserError
from dendritic_bp.process import execute
from dendritic_bp.program import Program
from dendritic_bp.runs import read_record
from dendritic_bp.state import State, read_state
from dendritic_bp.sweep import sweep

PIECES = 4
QUICK = ["-O1"]  # compiles in less time


def build(flags):
    """Compile a long program, and one of a quarter of its length: only the main program differs."""
    lengths = (chained.TRIALS, chained.TRIALS // PIECES)
    return [Program(chained.protocol(trials), "chained", flags=flags).build() for trials in lengths]


def run_in_one(program):
    return program.run(seed=3, values=chained.tables(slice(None)), keep_state=True, progress=False)


def run_in_pieces(program):
    """Run the pieces, each from the state of the one before."""
    runs, trials = [], chained.TRIALS // PIECES
    for k in range(PIECES):
        start = {"state": runs[-1].state} if runs else {"seed": 3}
        values = chained.tables(slice(k * trials, (k + 1) * trials))
        runs.append(program.run(values=values, keep_state=True, progress=False, **start))
    return runs


@pytest.fixture(scope="module")
def programs(build_cache):
    return build(QUICK)


@pytest.fixture(scope="module")
def long(programs):
    return run_in_one(programs[0])


@pytest.fixture(scope="module")
def chain(programs):
    return run_in_pieces(programs[1])


def contents(state):
    """Return what a state file holds but for its header and its sum."""
    return state.path.read_bytes().split(b"\n", 2)[2][:-8]


def require_same(long, chain):
    assert contents(chain[-1].state) == contents(long.state)
    for name in ("spikes.t", "spikes.i", "spikes.x", "trials.t", "trials.count", "trials.v"):
        assert np.array_equal(np.concatenate([run[name] for run in chain], axis=-1), long[name])
    assert np.array_equal(sum(run["spikes.count"] for run in chain), long["spikes.count"])
    assert len(long["spikes.t"]) > 1000


def test_a_chain_is_one_long_run_bit_for_bit(long, chain):
    require_same(long, chain)


@pytest.mark.slow  # vectorised loops, whose sums might depend on where arrays lie in memory
def test_a_chain_is_one_long_run_with_the_usual_flags():
    long, piece = build(None)
    require_same(run_in_one(long), run_in_pieces(piece))


def go_on(programs, state, **changed):
    """Run one more piece from a state."""
    asked = {"values": chained.tables(slice(0, 100)), "progress": False} | changed
    return programs[1].run(state=state, **asked)


def test_a_state_serves_any_number_of_runs_in_any_process(programs, chain, tmp_path):
    path = tmp_path / "copy.bin"
    path.write_bytes(chain[0].state.path.read_bytes())
    other = Program(programs[1].protocol, "chained", flags=QUICK)  # as another process makes it
    run = other.run(values=chain[1].values, state=path, progress=False)
    assert np.array_equal(run["spikes.t"], chain[1]["spikes.t"])
    assert (run.seed, read_state(path).time) == (3, 0.5)
    with pytest.raises(UserError, match="kept no state: make it with keep_state=True"):
        _ = run.state


def test_a_state_keeps_the_results_of_its_run(programs):
    state = go_on(programs, None, keep_state=True).state
    gc.collect()
    assert go_on(programs, state)["spikes.t"][0] >= 0.5


def test_values_replace_what_the_state_holds(programs, chain):
    run = go_on(
        programs, chain[0].state, values=chain[1].values | {"plastic.w": 0.25, "plastic_pre.delay": 1 * ms}
    )
    for name in ("plastic.i", "plastic.j", "cells.tau"):
        assert np.array_equal(run[name], chain[1][name])
    assert np.all(run["plastic_pre.delay"] == 1e-3)
    assert not np.array_equal(run["spikes.t"], chain[1]["spikes.t"])


def test_seed_is_that_of_the_chain(programs, chain):
    assert np.array_equal(
        go_on(programs, chain[0].state, values=chain[1].values, seed=3)["spikes.t"], chain[1]["spikes.t"]
    )
    with pytest.raises(UserError, match=r"go on from the state .* \(of seed 3\): leave out the seed 4"):
        go_on(programs, chain[0].state, seed=4)


def test_runs_between_which_a_protocol_assigns_are_repeated(program):
    first = program.run(seed=1, keep_state=True, progress=False)
    second = program.run(state=first.state, progress=False)
    assert np.allclose(second["traces.t"], 0.1 + first["traces.t"])
    assert second["spikes.t"].min() >= 0.1
    assert second["spikes.t"].max() < 0.2
    assert np.array_equal(second["cells.v_0"], first["cells.v_0"])


def test_trials_keep_their_length_after_hours(programs, chain):
    late = replace(
        chain[0].state, pieces=20_000
    )  # 10,000 s, of which the 1e-14 s that Brian2 allows are no part
    run = go_on(programs, late)
    starts = run["trials.t"]
    spikes = [run["spikes.t"][run["spikes.i"] == cell] for cell in (0, 20)]
    counted = [np.histogram(t, [*starts, np.inf])[0] for t in spikes]
    assert np.array_equal(run["trials.count"][:, 1:], np.array(counted)[:, :-1])


def test_sweep_of_runs_that_go_on(programs, chain, tmp_path):
    asked = [
        {"values": chain[1].values | change, "state": chain[0].state} for change in ({}, {"plastic.w": 0.1})
    ]
    for _ in range(2):  # the second time from the folder
        runs = sweep(programs[1], asked, folder=tmp_path, progress=False)
        assert np.array_equal(runs[0]["spikes.t"], chain[1]["spikes.t"])
        assert runs[1]["plastic.w"].mean() < chain[1]["plastic.w"].mean()
    assert len(list(tmp_path.iterdir())) == 2
    elsewhere = [{"values": chain[1].values, "state": chain[1].state}]
    assert not np.array_equal(
        sweep(programs[1], elsewhere, folder=tmp_path, progress=False)[0]["spikes.t"], runs[0]["spikes.t"]
    )


# --- what is refused ---


def changed(state, path, change):
    path.write_bytes(change(state.path.read_bytes()))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-3], "is incomplete: take a copy of it, or go on from an earlier one"),
        (lambda data: data[: len(data) // 2], "is incomplete"),
        (lambda data: data[:20], "is incomplete"),
        (lambda data: b"", "is incomplete"),
        (lambda data: b"#" + data, "is not a state: give the state of a run"),
        (lambda data: data[:5000] + bytes([data[5000] ^ 4]) + data[5001:], "is damaged: take a copy of it"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is damaged"),
        (lambda data: data[:5000] + data[5008:], "is damaged"),
        (lambda data: data.replace(b'"pieces"', b'"pieves"'), "header .* is damaged"),
        (lambda data: data.replace(b'"pieces": 1', b'"pieces": 2'), "is damaged"),
        (
            lambda data: data.replace(b"state 1\n", b"state 9\n", 1),
            "is of the format 'dendritic_bp state 9', not 'dendritic_bp state 1'",
        ),
    ],
)
def test_a_damaged_state_is_refused(programs, chain, tmp_path, change, message):
    path = changed(chain[0].state, tmp_path / "state.bin", change)
    with pytest.raises(UserError, match=message) as error:
        go_on(programs, path)
    assert str(path) in str(error.value)


def test_a_missing_state_is_refused(programs, tmp_path):
    for path, message in ((tmp_path / "none.bin", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(UserError, match=f"No state can be read from {path}: {message}"):
            go_on(programs, path)


def test_a_state_of_another_program_is_refused(programs, long, program, chain):
    for stranger in (programs[1], program):
        with pytest.raises(
            UserError, match="left by program 'chained' with sources .* but these are sources"
        ):
            stranger.run(
                state=long.state, values=chain[0].values if stranger is programs[1] else {}, progress=False
            )


def test_tables_that_were_given_must_be_given_again(programs, chain):
    with pytest.raises(UserError, match="was given gate, order: a state does not hold TimedArrays"):
        go_on(programs, chain[0].state, values={"images": chain[0].values["images"]})


@pytest.mark.parametrize(
    ("read", "dt", "message"),
    [
        ("a(t - 1*ms)", 1 * ms, "TimedArray 'a' is read at t - "),
        ("a(earlier)", 1 * ms, "TimedArray 'a' is read at earlier"),
        ("a(t) + a(x*ms)", 1 * ms, "TimedArray 'a' is read at an index and t"),
        ("a(t)", 3 * ms, r"its 0\.01 s are not a number of rows of TimedArray 'a', of 0\.003 s each"),
    ],
)
def test_a_table_without_a_beginning_is_refused(read, dt, message):
    def protocol():
        table = TimedArray(np.zeros(9), dt=dt, name="a")
        cell = NeuronGroup(
            1, f"x : 1\nearlier = t - 1*ms : second\ny = {read} : 1", name="cell", namespace={"a": table}
        )
        cell.run_regularly("x = y")
        network = Network(cell)
        network.run(10 * ms)
        return network

    program = Program(protocol, "read")
    program.trace()
    state = State(Path("state.bin"), "read", program.source_hash, 0, 1, 0.01, (), {}, "")
    with pytest.raises(UserError, match=message):
        program.run(state=state)


# --- in pieces that may be cut: the example of docs/chains.md ---

EXAMPLE = re.search(r"```python\n(.*?)```", (HERE.parent / "docs" / "chains.md").read_text(), re.DOTALL)[1]


def pieces(folder):
    """Return the spikes, weights and state in which each piece has ended."""
    runs = [read_record(folder / "pieces" / str(k), {}) for k in range(6)]
    results = [[run[name].tobytes() for name in ("spikes.t", "spikes.i", "synapses.w")] for run in runs]
    return results, [contents(run.state) for run in runs]


def test_a_killed_chain_goes_on_bit_for_bit(tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    monkeypatch.chdir(whole)
    exec(EXAMPLE, {})
    monkeypatch.chdir(cut)
    python = subprocess.Popen([sys.executable, "-c", EXAMPLE], env=environment(), stderr=subprocess.DEVNULL)
    wait_until(lambda: python.poll() is not None or (cut / "pieces" / "1").exists(), seconds=120)
    python.kill()
    assert python.wait() == -signal.SIGKILL
    assert not (cut / "pieces" / "5").exists()
    exec(EXAMPLE, {})
    assert pieces(cut) == pieces(whole)
    assert sorted(each.name for each in (cut / "pieces").iterdir()) == list(
        "012345"
    )  # what the killed process left is gone


def test_a_full_disk_is_a_message_and_leaves_the_state_before(programs, chain, tmp_path):
    before, full = contents(chain[0].state), tmp_path / "state.bin"
    full.symlink_to("/dev/full")
    arguments = ["seed=3", f"state={chain[0].state.path}", "begin=0.5", f"keep_state={full}", "header={}"]
    with pytest.raises(
        UserError, match=f"chained failed: The state cannot be written to {full}: No space left"
    ):
        execute(programs[1].build()._binary, arguments, tmp_path, lambda now: None, "chained")
    assert contents(chain[0].state) == before
