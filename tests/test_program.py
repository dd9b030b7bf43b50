import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import brian2
import numpy as np
import protocols
import pytest
from brian2 import Network, NeuronGroup, Synapses, ms, mV, network_operation, nS, pA, second, volt
from brian2.codegen.translation import make_statements
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from processes import binaries, environment, gone, wait_until
from simulate import DT, told_cells

from dendritic_bp import standalone, synapses
from dendritic_bp.arrays import FILE
from dendritic_bp.errors import UserError
from dendritic_bp.models.synapses.transmission import centred_feedback
from dendritic_bp.process import execute
from dendritic_bp.program import Program


@pytest.fixture(scope="module")
def run(program):
    return program.run(seed=1, progress=False)


def results(run):
    return {name: run[name] for name in run.stored}


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a.stored)


# --- seeds and values ---


def test_seed_governs_noise_initial_values_and_wiring(program, run):
    again, other = program.run(seed=1, progress=False), program.run(seed=2, progress=False)
    assert same(run, again)
    for name in ("spikes.t", "cells.v_0", "weights.i"):
        assert not np.array_equal(run[name], other[name])


def test_seed_must_be_a_whole_number(program):
    for seed in (-1, 2**32, 1.5, "1", True):
        with pytest.raises(UserError, match="seed must be a whole number"):
            program.run(seed=seed)


def test_value_comes_before_initial_values_and_stays(program):
    run = program.run(
        values={"cells.E_L": -70 * mV, "cells.offset": 0 * mV, "cells.sigma": 0 * mV}, progress=False
    )
    assert run["cells.E_L"] == -0.07
    assert np.all(run["cells.v_0"] == -0.07)


def test_value_of_synapses_comes_after_connect(program):
    run = program.run(values={"weights.w": 3 * nS, "weights.eta": 0 * nS}, progress=False)
    assert len(run["weights.w"]) == len(run["weights.i"]) > 0
    assert np.all(run["weights.w"] == float(3 * nS))


def test_shared_value_of_synapses_reaches_initial_strings(program):
    run = program.run(seed=1, values={"weights.eta": 5 * nS}, progress=False)
    assert run["weights.w"].max() > 5e-9
    assert run["weights.eta"] == 0  # assigned between the two runs of the protocol


def test_array_values_for_cells_and_synapses(program, run):
    offset = np.linspace(0, 1, protocols.CELLS) * mV
    w = np.linspace(1, 2, len(run["weights.w"])) * nS
    quiet = {"cells.E_L": -100 * mV, "cells.sigma": 0 * mV}
    other = program.run(seed=1, values={"cells.offset": offset, "weights.w": w, **quiet}, progress=False)
    assert np.array_equal(other["cells.offset"], np.asarray(offset))
    assert np.array_equal(other["weights.w"], np.asarray(w))


@pytest.mark.parametrize("late", ["pre", "echo"])
def test_each_pathway_has_its_own_delay(program, late):
    values = {"weights.w": 3 * nS, f"weights_{late}.delay": 1 * second}  # longer than the run
    run = program.run(seed=1, values=values, progress=False)
    arrived = {"pre": np.any(run["weights.w"] > 3.01e-9), "echo": np.any(run["weights.echoes"] > 0)}
    assert arrived == {"pre": late != "pre", "echo": late != "echo"}


def test_timed_array_value(program):
    drive = np.zeros((protocols.STEPS, protocols.CELLS))
    drive[:, 3] = 0.1
    run = program.run(
        values={"drive": drive * volt, "cells.sigma": 0 * mV, "cells.offset": 0 * mV}, progress=False
    )
    assert run["spikes.i"][0] == 3  # nothing else makes a cell fire; the others follow through the synapses


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cels.E_L": 0 * mV}, r"'cels.E_L': did you mean 'cells.E_L'"),
        ({"cells.E_L": -60}, r"cells.E_L: expected a quantity in V, got -60 \(in no unit\)"),
        ({"cells.E_L": np.zeros(3) * mV}, r"cells.E_L: expected a single number, got shape \(3,\)"),
        (
            {"cells.offset": np.zeros(3) * mV},
            r"cells.offset: expected a number or shape \(20,\), got shape \(3,\)",
        ),
        ({"drive": np.zeros(3) * mV}, r"drive: expected a number or shape \(10, 20\), got shape \(3,\)"),
        ({"cells.E_L": np.nan * mV}, r"cells.E_L: all values must be finite, got nan"),
        ({"weights.w": [1, np.inf] * nS}, r"weights.w: all values must be finite, got inf at \[1\]"),
        ({"weights.w": [1, 2, np.nan] * nS}, r"weights.w: all values must be finite, got nan at \[2\]"),
        ({"drive": np.ma.masked_less(np.arange(200.0).reshape(10, 20), 3) * mV}, "no quantity|3 of 200"),
        ({"weights_echo.delay": 3 * mV}, r"weights_echo.delay: expected a quantity in s"),
        ({"weights.delay": 3 * ms}, r"'weights.delay'"),
        ({"cells.E_L": "-60*mV"}, r"cells.E_L: '-60\*mV' is not a quantity"),
    ],
)
def test_values_are_checked(program, values, message):
    with pytest.raises(UserError, match=message):
        program.run(values=values)


def test_wrong_number_of_synapses_is_noticed_at_run_time(program):
    with pytest.raises(UserError, match=r"noisy \(seed 0\) failed: .*does not match expected size"):
        program.run(values={"weights.w": np.ones(3) * nS}, progress=False)


def test_values_lists_names_shapes_and_units(program):
    assert program.values["cells.E_L"] == ((), volt)
    assert program.values["cells.offset"] == ((20,), volt)
    assert program.values["weights.w"][0] == (None,)
    assert program.values["drive"] == ((10, 20), volt)
    assert program.values["weights_pre.delay"] == program.values["weights_echo.delay"] == ((), second)
    assert "spikes.t" not in program.values


def test_each_pathway_of_a_synapse_model_lists_its_delay():
    model = replace(centred_feedback, delay=0 * ms)

    def protocol():
        source, target = told_cells("source", [[0]], 1), told_cells("target", [[]], 1)
        network = Network(source, target, synapses(model, source, target, "wires", w=0 * pA))
        network.run(DT)
        return network

    listed = Program(protocol, "delays").values
    assert {name for name in listed if name.endswith(".delay")} == {
        "wires_pre_event.delay",
        "wires_pre_burst.delay",
    }


# --- results ---


def test_results_agree_with_each_other(run):
    times, cells = run["spikes.t"], run["spikes.i"]
    assert len(times) == len(cells) == run["spikes.N"]
    assert np.array_equal(np.bincount(cells, minlength=protocols.CELLS), run["spikes.count"])
    assert np.all(np.diff(times) >= 0)
    assert run["traces.v"].shape == (2, 100)
    assert np.array_equal(run["traces.v"][:, 0], run["cells.v_0"][[0, 3]])
    assert (run["weights.i"].max(), run["weights.j"].min()) <= (19, 0)
    assert run["weights.j"].max() < 15  # a subgroup counts its own cells


def test_results_have_units_and_cost(run):
    assert (run.unit("traces.v"), run.unit("spikes.t"), run.unit("cells.u")) == ("V", "s", "1")
    assert 0 < run.cpu_s < run.run_s * 2 < 60
    assert 1 < run.peak_rss_mb < 50
    assert run.build_s > 0


def test_unknown_result(run):
    with pytest.raises(UserError, match="no result 'spike.t': did you mean 'spikes.t'"):
        run["spike.t"]
    with pytest.raises(UserError, match="no result 0: valid: "):
        run[0]


def test_folder_of_a_run_is_kept_or_goes_with_the_run(program, tmp_path):
    kept = program.run(progress=False, folder=tmp_path / "kept")
    assert json.loads((tmp_path / "kept" / "record.json").read_text())["seed"] == 0
    with pytest.raises(UserError, match="exists already"):
        program.run(progress=False, folder=tmp_path / "kept")
    passing = program.run(progress=False)
    assert same(kept, passing)
    folder = passing.folder
    del passing
    assert not folder.exists()


def test_the_names_of_a_run_are_those_of_a_table(run):
    assert list(run) == [*run.keys()] == [*run.stored] and "spikes.t" in run and "spikes" not in run
    assert (dict(run)["cells.v"] == run["cells.v"]).all()


# --- failures ---


def test_divergence_names_the_variable(program):
    with pytest.raises(
        UserError, match=r"noisy \(seed 4\) failed: cells\.u\[\d+\] is -?(nan|inf) at t = 0\.\d+ s"
    ):
        program.run(seed=4, values={"cells.growth": 1e9 / second}, progress=False)


def test_a_number_too_large_to_be_squared_is_a_divergence(program):
    program.run(seed=4, values={"cells.v_0": 1e153 * volt}, progress=False)
    with pytest.raises(UserError, match=r"cells\.v_0\[0\] is 1e\+160 at t = 0 s"):
        program.run(seed=4, values={"cells.v_0": 1e160 * volt}, progress=False)


def test_full_disk_is_noticed(program, run, tmp_path):
    (tmp_path / FILE).symlink_to("/dev/full")
    with pytest.raises(UserError, match="noisy failed: its results cannot be written to .*: No space left"):
        execute(program._binary, ["seed=1"], tmp_path, print, "noisy")


def test_a_run_writes_one_file_of_results(program, tmp_path):
    execute(program._binary, ["seed=1"], tmp_path, print, "noisy")
    assert {path.name for path in tmp_path.iterdir()} == {FILE, "stderr.txt"}


def test_the_profile_of_a_run_is_kept():
    def profiled():
        cells = NeuronGroup(1, "dv/dt = 1/second : 1", method="euler", name="cells")
        network = Network(cells)
        network.run(1 * ms, profile=True)
        return network

    kept = Program(profiled, "profiled").run(progress=False)
    assert (kept.folder / "profiling_info.txt").read_text().startswith("cells_stateupdater_codeobject\t")


def test_results_that_are_not_whole_are_told(program):
    cut = program.run(seed=1, progress=False)
    file = cut.folder / FILE
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"holds \d+ bytes, but \d+ were written"):
        cut["spikes.t"]
    with pytest.raises(UserError, match="it is not whole"):
        replace(cut, sizes={})["spikes.t"]


def test_a_limit_on_the_size_of_files_is_told(tmp_path, monkeypatch):
    def limited(*arguments):
        raise OSError("20100 requested and 12800 written")  # as NumPy says it

    monkeypatch.setattr(CPPStandaloneDevice, "write_static_arrays", limited)
    with pytest.raises(UserError, match="Cannot write .*: 20100 requested .*; name another place in"):
        Program(protocols.noisy, "large", tmp_path).trace()


def test_interrupt_leaves_nothing(program, tmp_path):
    def interrupt(now):
        raise KeyboardInterrupt

    endless = Program(protocols.counter(duration=1e6 * second), "endless")
    with pytest.raises(KeyboardInterrupt):
        endless.run(progress=interrupt, folder=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    assert binaries(os.getpid()) == []


def test_killed_run_is_a_failure(tmp_path):
    endless = Program(protocols.counter(duration=1e6 * second), "endless")
    with pytest.raises(UserError, match=r"endless \(seed 0\) was killed by SIGKILL"):
        endless.run(
            progress=lambda now: os.kill(binaries(os.getpid())[0], signal.SIGKILL), folder=tmp_path / "run"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_run_ends_with_its_python_and_is_cleaned_up(build_cache):
    script = (
        "import protocols; from brian2 import second; from dendritic_bp.program import Program;"
        "endless = Program(protocols.counter(duration=1e6*second), 'endless');"
        "endless.run(progress=lambda now: print(now, flush=True))"
    )
    python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment())
    python.stdout.readline()
    (binary,) = binaries(python.pid)
    python.kill()
    python.communicate()
    wait_until(lambda: gone(binary))
    runs = build_cache / "endless" / "runs"
    assert len(list(runs.iterdir())) == 1
    with pytest.raises(KeyboardInterrupt):
        Program(protocols.counter(duration=1e6 * second), "endless").run(progress=interrupted)
    assert list(runs.iterdir()) == []


def interrupted(now):
    raise KeyboardInterrupt


# --- what a compiled program cannot do ---


def test_network_operation_is_refused():
    def protocol():
        @network_operation(name="peek")
        def peek():
            pass

        network = Network(NeuronGroup(1, "x : 1", name="cell"), peek)
        network.run(1 * ms)
        return network

    with pytest.raises(UserError, match="Network operation 'peek' of 'operation' cannot be compiled"):
        Program(protocol, "operation").trace()


def test_seed_and_missing_network_are_refused():
    def seeded():
        brian2.seed(1)
        return protocols.counter()()

    for protocol, message in ((seeded, "calls seed()"), (lambda: None, "must build, run and return one")):
        with pytest.raises(UserError, match=message):
            Program(protocol, "wrong").trace()


def test_a_protocol_takes_no_arguments():
    def many(n, step, name="cells"):
        pass

    with pytest.raises(UserError, match=r"'wrong', many\(n, step\), takes arguments: .*lambda: many\("):
        Program(many, "wrong")
    for protocol in protocols.counter, lambda *numbers, **names: None, partial(lambda n: None, 3):
        Program(protocol, "accepted")


def test_assignment_after_compilation_is_refused(program):
    held = []

    def protocol():
        held.append(NeuronGroup(1, "x : 1", name="cell"))
        held.append(Synapses(held[0], held[0], "w : 1", name="weights"))
        held[1].connect()
        network = Network(*held)
        network.run(1 * ms)
        return network

    Program(protocol, "frozen").trace()
    for assign in (
        lambda: setattr(held[0], "x", 1),
        lambda: setattr(held[0], "x", "i + 1"),
        lambda: setattr(held[1], "w", 1),
        lambda: held[0].x[:],
    ):
        with pytest.raises(UserError, match="compiled into program 'frozen': give values to run"):
            assign()


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Cannot build in .*Not a directory.*DENDRITIC_BP_CACHE"):
        Program(protocols.counter(), "counter", tmp_path / "file" / "below").trace()


def test_name_of_a_program_is_checked():
    with pytest.raises(UserError, match="'my net' cannot name a program"):
        Program(protocols.counter(), "my net")
    with pytest.raises(UserError, match="5 cannot name a program"):
        Program(protocols.counter(), 5)


def test_protocols_and_values_are_of_their_kind(program):
    with pytest.raises(UserError, match="A protocol is a function that builds and runs a network, not 3"):
        Program(3, "three")
    with pytest.raises(UserError, match="Values come as a dictionary"):
        program.check("cells.E_L=1*mV")


# --- the device ---


def numpy_count():
    cell = NeuronGroup(1, "x : 1", name="cell")
    cell.run_regularly("x += 1", dt=1 * ms)
    brian2.Network(cell).run(10 * ms)
    return cell.x[0]


def test_two_programs_and_the_runtime_device_in_one_process(program, run):
    assert numpy_count() == 10
    brian2.defaultclock.dt = 0.5 * ms
    second_program = Program(protocols.counter(), "counter")
    assert second_program.run(progress=False)["cell.x"] == [10]
    assert brian2.defaultclock.dt == 0.5 * ms
    brian2.defaultclock.dt = 0.1 * ms
    assert same(run, program.run(seed=1, progress=False))
    assert numpy_count() == 10


def test_trace_does_not_depend_on_objects_alive_in_the_process(program):
    alive = [protocols.counter()(), protocols.counter()()]
    assert Program(protocols.noisy, "noisy").build().source_hash == program.source_hash
    assert alive


def test_short_cut_of_code_generation_gives_brian2_sources(program, monkeypatch):
    monkeypatch.setattr("dendritic_bp.standalone._statements", make_statements)
    traced = Program(protocols.noisy, "noisy")
    traced.trace()
    assert traced.source_hash == program.source_hash


HASHED = (
    "import protocols, hashlib; from dendritic_bp.program import Program;"
    "p = Program(protocols.noisy, 'noisy'); r = p.run(seed=1, progress=False);"
    "print(p.source_hash, hashlib.md5(r['spikes.t'].tobytes()).hexdigest())"
)


def test_hash_seed_changes_neither_sources_nor_spikes(program, run):
    said = {
        subprocess.check_output(
            [sys.executable, "-c", HASHED], env=environment(PYTHONHASHSEED=seed), text=True
        )
        for seed in ("1", "3", "4")
    }
    assert len(said) == 1
    assert said.pop().split()[0] == program.source_hash


def test_sources_do_not_depend_on_what_was_written_before():
    def summing(order):
        def protocol():
            parts = [f"{name} = 2*{of} : 1" for name, of in order]
            equations = "\n".join([*parts, "z = x + y : 1", "a : 1", "b : 1", "c : 1"])
            cells = NeuronGroup(2, equations, threshold="z > c", reset="c = z", name="cells")
            network = Network(cells)
            network.run(1 * ms)
            return network

        return protocol

    orders = [("x", "a"), ("y", "b")], [("y", "b"), ("x", "a")]
    one, other = (Program(summing(order), "summing") for order in orders)
    again = Program(summing(orders[1]), "summing")
    for each in (one, other, again):
        each.trace()
    assert again.source_hash == other.source_hash
    standalone._kept_statements.__wrapped__._cache.clear()
    alone = Program(summing(orders[1]), "summing")
    alone.trace()
    assert alone.source_hash == other.source_hash


def test_threads_of_python_make_programs_in_turn(tmp_path):
    made = [Program(protocols.counter(), "counter", tmp_path / str(k % 2), flags=["-O0"]) for k in range(3)]
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda each: each.run(1, progress=False), made))
    assert all(np.array_equal(results(run)[name], x) for run in runs for name, x in results(runs[0]).items())


# --- progress ---


def test_progress_is_one_line_without_a_terminal(program, capfd):
    program.run(seed=7)
    assert capfd.readouterr().err.startswith("noisy (seed 7): 0.1 s simulated in ")


def test_progress_is_a_bar_on_a_terminal(program, capfd, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    program.run(seed=7)
    assert "s simulated [" in capfd.readouterr().err
