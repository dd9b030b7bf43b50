import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from brian2 import mV, second
from matplotlib.figure import Figure
from processes import environment

from dendritic_bp import arrays, claims, cli
from dendritic_bp.endings import IN_USE
from dendritic_bp.errors import UserError
from dendritic_bp.figure_files import Drawings
from dendritic_bp.quantities import parse_quantity
from dendritic_bp.storage import Record, read_run

DOC = "Count spikes of noisy cells."


@pytest.fixture
def experiment(program, tmp_path, monkeypatch):
    """Return a function that runs a small experiment with a command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def options(parser):
        parser.add_argument("--hidden", type=int, default=100)
        parser.add_argument("--trial", type=parse_quantity, default=0.15 * second)

    def simulate(args):
        experiment.calls += 1
        experiment.args = args
        if args.hidden == 30:  # the only size for which --quick has an effect
            assert args.quick in (True, False)
        run = program.run(seed=args.seed, values=args.set)
        data = xr.Dataset({"t": ("spike", run["spikes.t"], {"units": "s"})})
        return Record(data, {"spikes": len(run["spikes.t"])}, run.provenance)

    def figures(data, summary):
        figure = Figure()
        figure.subplots().plot(data["t"])
        return {"times": figure}

    def experiment(*arguments):
        cli.main(DOC, simulate, figures, options, "noise", arguments)

    experiment.calls = 0
    return experiment


def refused(experiment, *arguments):
    """Return the message with which the experiment exits."""
    with pytest.raises(SystemExit) as stopped:
        experiment(*arguments)
    return str(stopped.value.code)


def test_run_is_written_and_shown(experiment, capsys):
    experiment("--seed", "3", "--set", "cells.E_L=-70*mV", "cells.sigma=5*mV")
    folder = Path("results/noise/seed-3_cells.E_L=-70mV_cells.sigma=5mV")
    assert {each.name for each in folder.iterdir()} == {"run.json", "data.nc", "summary.json", "times.png"}
    assert experiment.args.set == {"cells.E_L": -70 * mV, "cells.sigma": 5 * mV}
    shown = capsys.readouterr().out
    assert shown.startswith(f"spikes  {json.loads((folder / 'summary.json').read_text())['spikes']}\n")
    assert f"-> {folder / 'times.png'}" in shown


def test_run_json_tells_how_to_repeat_the_run(experiment, program):
    experiment("--quick", "--hidden", "30", "--set", "cells.E_L=-70*mV", "--out", "here")
    run = json.loads(Path("here/run.json").read_text())
    assert (run["experiment"], run["seed"], run["set"]) == ("noise", 0, {"cells.E_L": "-70*mV"})
    assert run["settings"] == {"quick": True, "seed": 0, "hidden": 30, "trial": "150. ms"}
    assert set(run["versions"]) == {"python", "brian2", "numpy", "dendritic_bp"}
    assert run["source_hash"] == program.source_hash
    assert run["run_s"] > 0 and run["build_s"] > 0
    about = read_run("here").data.attrs
    assert (about["title"], about["experiment"], about["seed"]) == ("noise, seed 0", "noise", 0)
    assert about["source"] == f"dendritic_bp {run['versions']['dendritic_bp']}"
    assert about.get("git_commit", "")[:40] == (run["git"] or {}).get("commit", "")
    assert run["git"] is None or (len(run["git"]["commit"]) == 40 and run["git"]["changed"] in (True, False))


def test_folder_is_named_after_what_was_changed(experiment):
    experiment("--quick", "--hidden", "30", "--set", "weights.eta=0.1*nS/um**2*um**2")
    assert Path("results/noise/seed-0_quick_hidden-30_weights.eta=0.1nS_per_um-2um-2/run.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("cells.E_l=-70*mV", "Program 'noisy' has no 'cells.E_l': did you mean 'cells.E_L'"),
        ("cells.E_L=-70*pA", "cells.E_L: expected a quantity in V, got -70. pA (in A)"),
        ("cells.E_L=-70*mv", "--set cells.E_L: '-70*mv': no unit 'mv'; did you mean mV"),
        ("cells.E_L=nan", "--set cells.E_L: 'nan': no unit 'nan'"),
        ("cells.E_L=1e999*mV", "cells.E_L: all values must be finite"),
        ("cells.E_L=open('x')", "only numbers, units and"),
        ("cells.E_L", "write OBJECT.NAME=VALUE"),
        ("=3", "write OBJECT.NAME=VALUE"),
    ],
)
def test_wrong_set_is_refused(experiment, change, message):
    said = refused(experiment, "--set", change)
    assert said.startswith("noise: ") and message in said
    assert not list(Path().rglob("seed-*"))


def test_value_set_twice_is_refused(experiment):
    assert "cells.E_L is set twice" in refused(
        experiment, "--set", "cells.E_L=1*mV", "--set", "cells.E_L=2*mV"
    )


def test_finished_run_is_not_overwritten_unasked(experiment):
    experiment("--out", "here")
    first = Path("here/run.json").read_text()
    Path("here/old.png").touch()
    assert "here holds a finished run" in refused(experiment, "--out", "here")
    assert experiment.calls == 1  # refused before simulating
    assert "no 'x'" in refused(experiment, "--out", "here", "--overwrite", "--set", "x=1")
    assert Path("here/run.json").read_text() == first  # a failure does not cost the old run
    experiment("--out", "here", "--overwrite", "--seed", "1")
    assert json.loads(Path("here/run.json").read_text())["seed"] == 1
    assert Path("here/old.png").exists()  # nothing says that a run wrote it


def test_overwriting_removes_the_figures_that_the_old_run_wrote(experiment):
    experiment("--out", "here")
    content = json.loads(Path("here/run.json").read_text())
    content["files"].append("outdated.png")
    Path("here/run.json").write_text(json.dumps(content))
    Path("here/outdated.png").touch()
    experiment("--out", "here", "--overwrite")
    assert not Path("here/outdated.png").exists() and Path("here/times.png").exists()


def test_other_folders_are_left_alone(experiment):
    Path("home").mkdir()
    Path("home/photo.png").touch()
    assert "holds files that are not of a run" in refused(experiment, "--out", "home", "--overwrite")
    Path("file").touch()
    assert "file" in refused(experiment, "--out", "file/below")
    assert Path("home/photo.png").exists()


def test_replot_draws_without_simulating(experiment, capsys):
    experiment("--out", "here")
    Path("here/times.png").unlink()
    experiment("--replot", "here")
    assert experiment.calls == 1
    assert Path("here/times.png").exists()


def test_figures_come_in_other_formats_too_and_go_with_their_run(experiment):
    experiment("--out", "here", "--format", "svg,pdf")
    figures = {path.name for path in Path("here").glob("times.*")}
    assert figures == {"times.png", "times.svg", "times.pdf"}
    assert Path("here/times.pdf").read_bytes().startswith(b"%PDF")
    before = Path("here/times.svg").read_bytes()
    experiment("--replot", "here", "--format", "svg")
    assert Path("here/times.svg").read_bytes() == before  # the same figure is the same file
    experiment("--out", "here", "--overwrite")
    assert {path.name for path in Path("here").glob("times.*")} == {"times.png"}
    experiment("--replot", "here", "--format", "pdf")
    assert Path("here/times.pdf").exists()
    experiment("--out", "here", "--overwrite")
    assert {path.name for path in Path("here").glob("times.*")} == {"times.png"}


@pytest.mark.parametrize(("flags", "reduced"), [(["--hidden", "30"], True), ([], False)])
def test_figures_of_a_reduced_run_say_so(experiment, flags, reduced, capsys):
    experiment("--quick", "--out", "here", "--format", "svg", *flags)
    assert (b"reduced run (--quick)" in Path("here/times.svg").read_bytes()) == reduced
    assert ("--quick changes nothing here" in capsys.readouterr().err) != reduced


def test_names_for_set_are_listed_without_simulating(experiment, capsys):
    experiment("--list")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("cells.sigma")] == [["cells.sigma", "V"]]
    assert any(line.startswith("cells.v ") and "values, or one for all" in line for line in lines)
    assert not list(Path().rglob("run.json"))


def test_replot_of_a_damaged_run_is_told(experiment):
    experiment("--out", "here")
    Path("here/data.nc").write_bytes(b"no data")
    assert "here/data.nc" in refused(experiment, "--replot", "here")
    assert "no run folder nowhere" in refused(experiment, "--replot", "nowhere")


def test_interrupt_leaves_no_run(experiment, program, monkeypatch):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "run", interrupted)
    assert "interrupted" in refused(experiment, "--out", "here")
    assert not Path("here").exists()


SCRIPT = '''
"""Run for ever, or for a moment."""
import protocols, xarray
from brian2 import second
from dendritic_bp import cli
from dendritic_bp.program import Program
from dendritic_bp.storage import Record, read_run

def simulate(args):
    duration = 0.01*second if args.quick else 1e6*second
    program = Program(protocols.counter(duration=duration), "endless")
    run = program.run(progress=lambda now: print("on", flush=True))
    return Record(xarray.Dataset(), {"x": run["cell.x"][0]}, run.provenance)

cli.main(__doc__, simulate, lambda data, summary: {})
'''


def test_killed_run_leaves_no_run_and_the_next_is_clean(tmp_path):
    (tmp_path / "ever.py").write_text(SCRIPT)
    command = [sys.executable, "ever.py", "--out", "here"]
    python = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, env=environment())
    assert python.stdout.readline() == b"on\n"
    python.kill()
    python.communicate()
    assert not (tmp_path / "here/run.json").exists()
    (tmp_path / "here/data.nc").write_text("half")
    done = subprocess.run(
        [*command, "--quick"], cwd=tmp_path, capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 0, done.stderr
    assert "x  10" in done.stdout
    assert {each.name for each in (tmp_path / "here").iterdir()} == {"run.json", "data.nc", "summary.json"}


def test_interrupted_script_exits_with_a_line(tmp_path):
    (tmp_path / "ever.py").write_text(SCRIPT)
    python = subprocess.Popen(
        [sys.executable, "ever.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert python.stdout.readline() == "on\n"
    python.send_signal(signal.SIGINT)
    first, *_, last = python.communicate(timeout=30)[1].splitlines()
    assert (first, last) == ("ever -> results/ever/seed-0", "ever: interrupted, no run was written.")
    assert python.returncode == 1
    assert list((tmp_path / "results/ever").iterdir()) == []


@pytest.mark.parametrize("ignored", [True, False])
def test_a_script_that_was_started_to_ignore_interrupts_goes_on(ignored):
    script = "import os, signal, dendritic_bp; os.kill(os.getpid(), signal.SIGINT); print('went on')"
    words = ["sh", "-c", 'trap "" INT; "$@"' if ignored else '"$@"', "sh", sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, env=environment())
    assert (done.returncode == 0) is (done.stdout == "went on\n") is ignored


def test_help_shows_the_question_of_the_experiment(experiment, capsys):
    assert refused(experiment, "--help") == "0"
    assert DOC in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "2"),
        (["--seed", str(2**32)], "2"),
        (["--out", ""], "--out needs the name of a folder"),
        (["--out", "taken"], "taken is a file"),
        (["--out", "x" * 300], "File name too long"),
        (["--replot", "here", "--seed", "3"], "ignores --seed: leave out"),
    ],
)
def test_wrong_flags_are_told_before_anything_runs(experiment, arguments, message):
    Path("taken").touch()
    assert message in refused(experiment, *arguments)
    assert experiment.calls == 0
    assert [path.name for path in Path().iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hiden", "30"], "unrecognized arguments: --hiden 30; did you mean '--hidden'"),
        (["--seed", "x"], "argument --seed: must be a whole number from 0"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(experiment, arguments, message, capsys):
    assert refused(experiment, *arguments) == "2"
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_names_with_spaces_and_odd_letters_are_names(experiment, capsys):
    name = b"my runs/\xff\xc3\xa9 1".decode(errors="surrogateescape")
    experiment("--out", name)
    experiment("--replot", name)
    assert (Path(name) / "run.json").exists()


def test_a_run_of_another_experiment_is_not_drawn(experiment):
    experiment("--out", "here")
    content = json.loads(Path("here/run.json").read_text())
    Path("here/run.json").write_text(json.dumps(content | {"experiment": "other"}))
    assert "holds a run of other" in refused(experiment, "--replot", "here")


# --- what is finished stays ---


@pytest.fixture
def failing(program, tmp_path, monkeypatch):
    """Return an experiment of two simulations whose measures and figures fail as often as is asked for."""
    monkeypatch.chdir(tmp_path)
    execute = program._execute

    def simulate(args):
        runs = [program.run(args.seed + k, args.set, progress=False) for k in (0, 1)]
        if failing.measures:
            raise failing.measures.pop()
        data = xr.Dataset({"t": ("spike", runs[1]["spikes.t"], {"units": "s"})})
        return Record(data, {"spikes": len(data.t)}, {})

    def broken():
        raise IndexError("index -1 is out of bounds")

    def figures(data, summary):
        if failing.figures:
            raise failing.figures.pop()
        return Drawings({"good": Figure, "bad": broken if failing.bad else Figure})

    def failing(*arguments):
        cli.main(DOC, simulate, figures, None, "two", arguments)

    def counted(*arguments):
        failing.simulations += 1
        return execute(*arguments)

    monkeypatch.setattr(program, "_execute", counted)
    failing.simulations, failing.measures, failing.figures, failing.bad = 0, [], [], False
    return failing


@pytest.mark.parametrize("flags", [[], ["--resume"]])
@pytest.mark.parametrize("error", [ValueError("measured wrongly"), UserError("too few"), KeyboardInterrupt()])
def test_after_an_error_in_the_measures_the_simulations_are_not_made_again(failing, error, flags, capsys):
    failing("--out", "whole")
    failing.measures = [error]
    failing.simulations = 0
    with pytest.raises((SystemExit, ValueError)) as stopped:
        failing("--out", "here")
    said = str(stopped.value.code) if isinstance(stopped.value, SystemExit) else stopped.value.__notes__[0]
    assert "Kept of this run: 2 finished simulations, in here/raw" in said
    failing("--out", "here", *flags)
    assert "Going on with 2 finished simulations" in capsys.readouterr().out
    assert failing.simulations == 2
    names = {"run.json", "data.nc", "summary.json", "good.png", "bad.png"}
    assert {path.name for path in Path("here").iterdir()} == names
    whole, here = (Path(name, "summary.json").read_text() for name in ("whole", "here"))
    assert whole == here


def test_a_folder_that_cannot_be_written_any_more_does_not_hide_what_went_wrong(tmp_path, monkeypatch):
    def forbidden(*arguments):
        raise PermissionError(13, "Permission denied")

    with (
        pytest.raises(UserError, match="the first error"),
        claims.claimed(tmp_path / "here", {}, False, False),
    ):
        monkeypatch.setattr(claims, "_clean", forbidden)
        raise UserError("the first error")
    assert not (tmp_path / "here" / "run.json").exists()


def test_an_unfinished_run_of_other_settings_is_refused_and_can_be_replaced(failing):
    failing.measures = [UserError("too few")]
    refused(failing, "--out", "here")
    message = refused(failing, "--out", "here", "--seed", "5")
    assert "other settings (seed 0 instead of 5), with 2 finished simulations" in message
    assert "--resume" not in message  # it would not help
    failing("--out", "here", "--seed", "5", "--overwrite")
    assert failing.simulations == 4
    assert "finished run of other settings (seed 5 instead of 0)" in refused(
        failing, "--out", "here", "--resume"
    )
    failing("--out", "here", "--seed", "5", "--resume")  # there is nothing left to do
    assert failing.simulations == 4


def test_a_run_that_replaces_another_goes_on_too(failing, capsys):
    failing("--out", "here")
    failing.measures, failing.simulations = [UserError("too few")], 0
    assert "The same command with --resume goes on" in refused(failing, "--out", "here", "--overwrite")
    failing("--out", "here", "--overwrite", "--resume")
    assert "Going on with 2 finished simulations" in capsys.readouterr().out
    assert failing.simulations == 2 and not Path("here/raw").exists()


def stop(folder, seed, *simulations, overwrite=False, resume=False):
    """Finish these simulations, then fail; return what the error says of what is kept."""
    with (
        pytest.raises(UserError, match="no such cell") as caught,
        claims.claimed(folder, {"seed": seed}, overwrite, resume),
    ):
        for name in simulations:
            (folder / "raw" / name).mkdir(parents=True)
            (folder / "raw" / name / "record.json").touch()
        raise UserError("no such cell")
    return "".join(getattr(caught.value, "__notes__", []))


def test_a_refused_command_does_not_cost_the_unfinished_run_that_it_was_to_replace(tmp_path, capsys):
    folder = tmp_path / "here"
    kept = {folder / "raw" / name / "record.json" for name in "ab"}
    stop(folder, 0, "a", "b")
    assert "as it was, with 2 finished simulations" in stop(folder, 1, overwrite=True)
    assert {*folder.rglob("record.json")} == kept
    claims._put_away(folder)  # and then it is killed
    stop(folder, 0, resume=True)
    assert "Going on with 2 finished simulations" in capsys.readouterr().out
    assert {*folder.rglob("record.json")} == kept
    assert "Kept of this run: 1 finished simulation," in stop(folder, 1, "c", overwrite=True)
    assert {*folder.rglob("record.json")} == {folder / "raw" / "c" / "record.json"}


def test_a_damaged_simulation_is_made_again(failing):
    failing.measures = [UserError("too few")]
    refused(failing, "--out", "here")
    file = next(Path("here/raw").glob(f"*seed-1*/{arrays.FILE}"))
    file.write_bytes(file.read_bytes()[:-8])
    failing("--out", "here", "--resume")
    assert failing.simulations == 3


def test_a_figure_that_fails_is_named_and_costs_nothing_else(failing, capsys):
    failing.bad = True
    said = refused(failing, "--out", "here")
    assert "bad.png: IndexError: index -1 is out of bounds in broken, test_cli.py" in said
    assert "--replot here" in said
    assert {path.name for path in Path("here").iterdir()} == {
        "run.json",
        "data.nc",
        "summary.json",
        "good.png",
    }
    assert "spikes " in capsys.readouterr().out
    assert "bad.png" in refused(failing, "--replot", "here")
    failing.bad = False
    failing("--replot", "here")
    assert Path("here/bad.png").exists()


def test_a_run_stopped_while_it_draws_is_stored_and_goes_on_from_there(failing):
    failing.figures = [KeyboardInterrupt()]
    refused(failing, "--out", "here")
    assert not Path("here/run.json").exists()
    failing.measures = [AssertionError("measured again")]
    failing("--out", "here", "--resume")
    assert Path("here/good.png").exists() and Path("here/run.json").exists()


TWO = """
import sys
from pathlib import Path
import xarray
from dendritic_bp import cli
from dendritic_bp.storage import Record, read_run

def simulate(args):
    print("on", flush=True)
    sys.stdin.readline()
    return Record(xarray.Dataset(), {"seed": args.seed}, {})

cli.main(None, simulate, lambda data, summary: {}, name="two")
"""


def test_the_second_of_two_processes_in_one_folder_is_refused(tmp_path):
    (tmp_path / "two.py").write_text(TWO)
    command = [sys.executable, "two.py"]
    pipes = dict(cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = subprocess.Popen([*command, "--out", "here"], **pipes, text=True, env=environment())
    assert first.stdout.readline() == "on\n"
    second = subprocess.run(
        [*command, "--out", "here", "--overwrite"],
        input="\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert second.returncode == IN_USE
    assert f"Another process ({first.pid} on" in second.stderr
    first.send_signal(signal.SIGTERM)
    assert "interrupted, no run was written" in first.communicate(timeout=30)[1]
    assert not (tmp_path / "here").exists()
