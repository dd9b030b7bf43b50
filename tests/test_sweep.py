import signal
import subprocess
import sys

import numpy as np
import protocols
import pytest
from brian2 import mV, second
from processes import environment

from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.scratch import locked
from dendritic_bp.sweep import LOCK, sweep

ASKED = [
    {"seed": 1},
    {"seed": 2},
    {"seed": 1, "values": {"cells.sigma": 5 * mV}},
    {"seed": 1, "values": {"cells.offset": np.zeros(protocols.CELLS) * mV}},
]


def test_sweep_gives_what_run_gives(program, tmp_path):
    for folder in (None, tmp_path / "sweep", tmp_path / "sweep"):  # not kept, kept, read again
        runs = sweep(program, ASKED, workers=2, folder=folder, progress=False)
        for run, asked in zip(runs, ASKED, strict=True):
            alone = program.run(**asked, progress=False)
            assert (run.seed, run.values) == (alone.seed, alone.values)
            assert {name: run.unit(name) for name in run.stored} == {
                name: alone.unit(name) for name in alone.stored
            }
            assert all(np.array_equal(run[name], alone[name]) for name in run.stored)


def test_sweep_resumes(program, tmp_path, monkeypatch):
    first = sweep(program, ASKED[:2], folder=tmp_path, progress=False)
    (first[1].folder / "record.json").unlink()  # as if it had never been finished
    first[1].folder.rename(tmp_path / "broken")
    made = []
    run = program.run
    monkeypatch.setattr(program, "run", lambda *args: made.append(args[0]) or run(*args))
    again = sweep(program, ASKED[:2], folder=tmp_path, progress=False)
    assert made == [2]
    assert again[0].folder == first[0].folder


def test_equal_requests_are_run_once(program, tmp_path):
    runs = sweep(program, [{"seed": 3}, {"seed": 3}], folder=tmp_path, progress=False)
    assert runs[0] is runs[1]
    assert len(list(tmp_path.iterdir())) == 1


def test_folders_carry_names_and_a_run_of_another_program_keeps_its_own(program, tmp_path):
    more = [*ASKED, {"seed": 1, "values": {"cells.offset": np.ones(protocols.CELLS) * mV}}]
    first = sweep(program, more, folder=tmp_path, progress=False)
    offset = f"seed-1_cells.offset={protocols.CELLS}-values"
    names = ["seed-1", "seed-2", "seed-1_cells.sigma=5mV", offset, f"{offset}-2"]
    assert [run.folder.name for run in first] == names
    assert [run.folder.name for run in sweep(program, more[::-1], folder=tmp_path, progress=False)] == names[
        ::-1
    ]
    other = Program(protocols.counter(), "counter")
    (tmp_path / "seed-3").mkdir()
    (tmp_path / "seed-3" / "notes.txt").touch()  # of somebody else
    found = sweep(other, [{"seed": 1}, {"seed": 3}], folder=tmp_path, progress=False)
    assert [run.folder.name for run in found] == ["seed-1-2", "seed-3-2"]
    assert sweep(program, more[:1], folder=tmp_path, progress=False)[0].folder == first[0].folder


def test_failure_names_seed_and_values_and_keeps_the_others(program, tmp_path):
    asked = [{"seed": 1}, {"seed": 6, "values": {"cells.growth": 1e9 / second}}]
    with pytest.raises(
        UserError, match=r"1 of 2 runs of 'noisy' failed:\n- seed 6, cells.growth = 1. GHz: .*cells.u"
    ):
        sweep(program, asked, folder=tmp_path, progress=False)
    assert len(list(tmp_path.iterdir())) == 1


def test_values_are_checked_before_anything_runs(program, tmp_path):
    with pytest.raises(UserError, match="did you mean 'cells.E_L'"):
        sweep(program, [{"seed": 1}, {"values": {"cells.E_l": 1 * mV}}], folder=tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_interrupt_ends_all_runs(tmp_path):
    script = (
        "import sys, protocols; from brian2 import second; from dendritic_bp.program import Program;"
        "from dendritic_bp.sweep import sweep;"
        "p = Program(protocols.counter(duration=1e6*second), 'endless');"
        "sys.stderr.isatty = lambda: True; sweep(p, [{'seed': k} for k in range(4)], 2, sys.argv[1])"
    )
    python = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        start_new_session=True,
    )
    while len(list(tmp_path.iterdir())) < 2:
        assert python.poll() is None, python.stderr.read()
    python.send_signal(signal.SIGINT)
    try:
        python.communicate(timeout=30)
    finally:
        python.kill()
    assert python.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_progress_of_a_sweep_is_one_line_without_a_terminal(program, capfd):
    sweep(program, ASKED[:2])
    assert capfd.readouterr().err.startswith("noisy (2 runs): 0.2 s simulated in ")


@pytest.mark.parametrize("damage", ["cut", "flip", "longer", "missing", "record"])
def test_a_damaged_run_is_made_again(program, tmp_path, damage):
    whole = sweep(program, ASKED[:1], folder=tmp_path, progress=False)[0]
    file = whole.folder / ("record.json" if damage == "record" else whole.stored["spikes.t"].file)
    content, times = file.read_bytes(), whole["spikes.t"]
    file.write_bytes(
        {
            "cut": content[: len(content) // 16 * 8],
            "flip": b"\1" + content[1:],
            "longer": content + content[:8],
            "missing": b"",
            "record": content[:500],
        }[damage]
    )
    if damage == "missing":
        file.unlink()
    again = sweep(program, ASKED[:1], folder=tmp_path, progress=False)[0]
    assert np.array_equal(again["spikes.t"], times)
    assert file.read_bytes() == content or damage == "record"  # which holds times of its own


def test_a_file_that_is_damaged_later_is_named(program, tmp_path):
    run = program.run(folder=tmp_path / "run", progress=False)
    file = run.folder / run.stored["spikes.t"].file
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(UserError, match=rf"{file.name} holds \d+ bytes, but \d+ were written"):
        run["spikes.t"]


def test_a_sweep_in_a_relative_folder_is_read_from_anywhere(program, tmp_path, monkeypatch):
    for _ in "made", "resumed":
        monkeypatch.chdir(tmp_path)
        run = sweep(program, ASKED[:1], folder="runs", progress=False)[0]
        monkeypatch.chdir("/")
        assert len(run["spikes.t"])


def test_a_sweep_that_is_there_compiles_nothing(program, tmp_path, monkeypatch):
    sweep(program, ASKED[:2], folder=tmp_path, progress=False)
    again = Program(protocols.noisy, "noisy")
    monkeypatch.setattr(again, "build", None)
    assert len(sweep(again, ASKED[:2], folder=tmp_path, progress=False)) == 2


def test_a_second_sweep_in_one_folder_is_refused(program, tmp_path):
    with locked(tmp_path / LOCK), pytest.raises(UserError, match="Another process is running a sweep in"):
        sweep(program, ASKED[:1], folder=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("runs", "workers", "message"),
    [
        ([{"sed": 1}], None, "no 'sed': did you mean 'seed'"),
        ([{"seed": -1}], None, "seed must be a whole number"),
        ([1], None, "A run of a sweep is dict"),
        ([{}], -1, "workers must be a whole number from 1"),
        ([{}], 1.5, "workers must be a whole number from 1"),
    ],
)
def test_wrong_requests_are_refused(program, runs, workers, message):
    with pytest.raises(UserError, match=message):
        sweep(program, runs, workers=workers, progress=False)
