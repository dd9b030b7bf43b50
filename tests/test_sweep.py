import signal
import subprocess
import sys

import numpy as np
import protocols
import pytest
from brian2 import mV, second
from processes import environment

from dendritic_bp.errors import UserError
from dendritic_bp.sweep import sweep

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
            assert run.stored == alone.stored
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
