"""A study makes each of its runs once, says what failed, and writes one table."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from brian2 import mV
from processes import environment, wait_until

from dendritic_bp import UserError, cli, limits, listing, provenance, study_table, workers
from dendritic_bp.endings import IN_USE, PARENT
from dendritic_bp.provenance import code_of
from dendritic_bp.scratch import locked
from dendritic_bp.storage import Record
from dendritic_bp.study import LOCK
from dendritic_bp.study_plan import parse_grid, parse_seeds, points

LIMITS = {"abs(E_L) <= 1*volt": "mV?"}


def require_limits(values):
    limits.require("cells", LIMITS, {name.removeprefix("cells."): value for name, value in values.items()})


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that makes a study of a small experiment, with all runs in this process."""
    monkeypatch.chdir(tmp_path)

    def options(parser):
        parser.add_argument("--hidden", type=int, nargs="+", default=[3])
        parser.add_argument("--controls", action="store_true")

    def simulate(args):
        listing.offer(lambda: {"cells.E_L": ((), mV)}, require_limits)
        study.made.append((args.seed, *args.hidden, args.controls, str(args.set.get("cells.E_L"))))
        if args.seed in study.failing:
            raise UserError("cells.v is inf")
        time_s = 1.0 if args.quick else 2.0
        return Record(xr.Dataset(), {"accuracy": args.seed + 0.1 * sum(args.hidden), "time_s": time_s}, {})

    def study(*arguments):
        cli.main(
            None, simulate, lambda data, summary: {}, options, "toy", arguments, published={"accuracy": 1}
        )

    def make(command, folder, paths, share):
        try:
            study(*command[1:])
        except SystemExit as stopped:
            return str(stopped.code)
        return ""

    monkeypatch.setattr(workers, "make", make)
    study.made, study.failing = [], set()
    return study


def table(folder):
    with (Path(folder) / "study.csv").open() as file:
        return list(csv.DictReader(file))


def refused(study, *arguments):
    with pytest.raises(SystemExit) as stopped:
        study(*arguments)
    return str(stopped.value.code)


def test_every_run_is_made_once_and_stands_in_the_table(study, capsys):
    grid = ["--grid", "hidden=10 20,30", "cells.E_L=-70*mV,-65*mV"]
    study("--seeds", "0-1,5", *grid, "--workers", "2", "--out", "all")
    assert len(study.made) == len(set(study.made)) == 12
    rows = table("all")
    assert len(rows) == 12 and not any(row["error"] for row in rows)
    assert len({row.pop("code") for row in rows}) == 1
    assert rows[0] == {
        "run": "seed-0_hidden-10-20_cells.E_L=-70mV",
        "seed": "0",
        "hidden": "10 20",
        "cells.E_L": "-70*mV",
        "accuracy": "3.0",
        "time_s": "2.0",
        "error": "",
    }
    data = xr.load_dataset("all/study.nc", engine="h5netcdf")
    assert data.accuracy.sizes == {"run": 12}
    assert data.time_s.attrs["units"] == "s"
    assert data.accuracy.where(data.seed == 5, drop=True).values.max() == 8
    assert Path("all/study.png").stat().st_size > 5000
    study("--seeds", "0-1,5", *grid, "--out", "all")
    assert len(study.made) == 12
    assert "12 of 12 runs are there" in capsys.readouterr().err


@pytest.mark.parametrize("flags, note", [([], ""), (["--quick"], "reduced runs (--quick)")])
def test_the_figure_tells_reduced_runs(study, monkeypatch, flags, note):
    notes = []
    monkeypatch.setattr(study_table, "write_figures", lambda folder, draw, note: notes.append(note) or [])
    study("--seeds", "0,1", *flags, "--out", "some")
    assert notes == [note]


def test_what_failed_is_told_and_a_second_call_makes_only_that(study):
    study.failing = {1}
    said = refused(study, "--seeds", "0-2", "--out", "all")
    assert "1 of 3 runs failed" in said and "- seed-1: toy: cells.v is inf" in said
    assert [row["error"] for row in table("all")] == ["", "toy: cells.v is inf", ""]
    assert xr.load_dataset("all/study.nc", engine="h5netcdf").accuracy.isnull().sum() == 1
    study.failing, study.made = set(), []
    study("--seeds", "0-2", "--out", "all")
    assert [made[0] for made in study.made] == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "x"], "--seeds x: write numbers and ranges"),
        (["--seeds", "3-1"], "name each seed once"),
        (["--seeds", "1,1"], "name each seed once"),
        (["--seeds", "0", "--seed", "3"], "exclude each other"),
        (["--seeds", str(2**32)], "2"),
        (["--seeds", "0-1000000000"], "more than 100,000 runs"),
        (["--grid", "seed=1,2"], "--seeds"),
        (["--grid", "out=a,b"], "does not change what a run gives"),
        (["--grid", "hidden=1,2", "--hidden", "9"], "--grid hidden and --hidden exclude each other"),
        (["--grid", "hiden=1,2"], "no such flag; did you mean 'hidden'"),
        (["--grid", "hidden=a"], "2"),
        (["--grid", "hidden"], "write NAME=VALUE"),
        (["--grid", "hidden=1,1"], "each once"),
        (["--grid", "hidden=1", "hidden=2"], "given twice"),
        (["--grid", "controls=yes"], "write controls=off,on"),
        (["--grid", "cells.E_L=-70*mv"], "no unit 'mv'; did you mean mV"),
        (["--grid", "cells.E_L=-70*mV,1*pA"], "'cells.E_L' is a quantity in mV, not 1. pA"),
        (["--seeds", "0-1", "--set", "cells.E_l=-70*mV"], "no 'cells.E_l' to set: did you mean 'cells.E_L'?"),
        (["--grid", "cells.E_L=-70*mV,-70*volt"], "cells needs abs(E_L) <= 1*volt (mV?), but has E_L = -70"),
        (["--workers", "2"], "are for a study"),
        (["--seeds", "0", "--workers", "0"], "--workers must be 1 or more"),
        (["--seeds", "0", "--overwrite"], "leave out --overwrite"),
    ],
)
def test_a_study_that_cannot_be_made_is_refused_before_anything_runs(study, arguments, message):
    assert message in refused(study, *arguments)
    assert not study.made and not list(Path().iterdir())


def test_a_second_study_in_one_folder_is_refused(study):
    Path("all").mkdir()
    with locked(Path("all") / LOCK):
        assert "Another process is making the study" in refused(study, "--seeds", "0", "--out", "all")


def test_a_damaged_run_is_made_again(study, capsys):
    study("--seeds", "0-2", "--out", "all")
    Path("all/seed-1/data.nc").write_bytes(b"")
    Path("all/seed-2/summary.json").write_text("{")
    study.made = []
    study("--seeds", "0-2", "--out", "all")
    assert sorted(made[0] for made in study.made) == [1, 2]
    assert "1 of 3 runs are there, 2 are damaged" in capsys.readouterr().err
    assert not any(row["error"] for row in table("all"))


def test_runs_of_other_code_are_told(study, capsys, monkeypatch):
    study("--seeds", "0-1", "--out", "all")
    monkeypatch.setattr(cli, "code_of", lambda *places: "edited")
    study("--seeds", "0-2", "--out", "all")
    assert "2 of them were made by other code" in capsys.readouterr().err
    assert [row["code"] == "edited" for row in table("all")] == [False, False, True]
    study("--seed", "0", "--out", "all/seed-0", "--resume")
    assert "all/seed-0 was made by other code than that of now" in capsys.readouterr().err


def test_code_is_that_of_the_files(tmp_path):
    cell = tmp_path / "cell.py"
    cell.write_text("a = 1")
    assert code_of() != code_of(cell)
    before = code_of(cell)
    provenance._checksum.cache_clear()
    assert code_of(cell) == before
    cell.write_text("a = 2")
    provenance._checksum.cache_clear()
    assert code_of(cell) != before


def test_a_study_takes_no_folder_of_other_things(study):
    study("--seed", "1", "--out", "one")
    assert "one holds a run, not a study" in refused(study, "--seeds", "0", "--out", "one")
    Path("file").touch()
    assert "file is a file" in refused(study, "--seeds", "0", "--out", "file")


def test_seeds_and_grids_are_read():
    assert parse_seeds("0-2, 7") == [0, 1, 2, 7]
    axes = parse_grid(["a=1,2", "b.c=x, y"])
    assert points(axes) == [{"a": a, "b.c": c} for a in "12" for c in "xy"]
    assert points({}) == [{}]


def test_a_run_waits_for_its_folder_and_gets_a_share_of_the_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(workers.time, "sleep", lambda seconds: None)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    code = (
        "import os, sys; f = sys.argv[1]; n = len(os.listdir(f)); open(f + '/' + str(n), 'w'); "
        f"sys.exit({IN_USE}) if n < 2 else "
        "sys.exit(' '.join([*map(os.environ.get, ['DENDRITIC_BP_CORES', 'OPENBLAS_NUM_THREADS']), str(n)]))"
    )
    assert workers.make(["-c", code, str(tmp_path)], str(tmp_path), ["/x"], 3) == "3 3 2"


ALONE = """
import subprocess, sys
from dendritic_bp import workers
workers.make([sys.argv[1], "--out", "here"], ".", [], 1)
"""
ENDLESS = """
import time
from dendritic_bp import cli

def simulate(args):
    open("begun", "w")
    time.sleep(60)

cli.main(None, simulate, None)
"""


def test_a_run_ends_with_the_process_that_asked_for_it(tmp_path):
    (tmp_path / "endless.py").write_text(ENDLESS)
    asker = subprocess.Popen([sys.executable, "-c", ALONE, "endless.py"], cwd=tmp_path, env=environment())
    wait_until((tmp_path / "begun").exists, 300)
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    wait_until(lambda: not (tmp_path / "here").exists(), 100)
    assert PARENT not in os.environ


# --- on a cluster ---

RUN = """
import protocols, xarray
from brian2 import second
from dendritic_bp import cli
from dendritic_bp.program import Program
from dendritic_bp.storage import Record

def simulate(args):
    with open("made", "a") as made:
        made.write(f"{args.seed} {args.set}\\n")
    run = Program(protocols.noisy, "noisy").run(args.seed, args.set)
    return Record(xarray.Dataset(), {"spikes": len(run["spikes.t"])}, {})

cli.main(None, simulate, lambda data, summary: {}, name="noise")
"""
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, *(each.pid for each in cluster.workers.values()), flush=True)
        sys.stdin.readline()
"""


@pytest.mark.slow
def test_a_grid_on_a_cluster_outlives_a_lost_worker_and_a_killed_caller(tmp_path):
    for name, text in {"noise.py": RUN, "cluster.py": CLUSTER}.items():
        (tmp_path / name).write_text(text)
    start = dict(cwd=tmp_path, env=environment(), text=True)
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with subprocess.Popen([sys.executable, "cluster.py"], **start, **pipes) as cluster:
        address, *pids = cluster.stdout.readline().split()
        grid = ["--grid", "cells.sigma=5*mV,10*mV,12*mV,15*mV", "--out", "study"]
        command = [sys.executable, "noise.py", "--seeds", "0-5", *grid, "--cluster", address]
        caller = subprocess.Popen(command, **start)

        def count():
            return len(list((tmp_path / "study").glob("*/run.json")))

        wait_until(lambda: count() >= 3, 1000)
        os.kill(int(pids[0]), signal.SIGKILL)
        wait_until(lambda: count() >= 8, 1000)
        caller.kill()
        caller.wait()
        left = count()
        done = subprocess.run(command, capture_output=True, **start, timeout=1200)
        cluster.communicate("\n")
    assert done.returncode == 0, done.stderr
    assert 8 <= left < 24
    rows = table(tmp_path / "study")
    assert len(rows) == 24 and all(row["spikes"] and not row["error"] for row in rows)
    begun = (tmp_path / "made").read_text().splitlines()
    made = [line for line in begun if not line.endswith("{}")]  # without those that only ask for names
    assert len(set(made)) == 24
    assert len(made) <= 24 + 4  # at most those that were going on at a kill were begun again
    print(f"\n{left} of 24 runs when the caller was killed; {len(made)} begun for 24")


@pytest.mark.parametrize("name", ["a.py", "a.h", "a.cpp"])
def test_code_of_each_kind_makes_another_run(name, tmp_path):
    for text in ("one", "other"):
        (tmp_path / text).mkdir()
        (tmp_path / text / name).write_text(text)
    assert code_of(tmp_path / "one") != code_of(tmp_path / "other")
