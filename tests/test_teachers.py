"""Errors that are no labels: what networks are told, what is read out of hidden cells, and the figures."""

import json
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from test_digits import FakeChain, data  # noqa: F401

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import teachers
from dendritic_bp import cli, long_names
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.source import folder
from dendritic_bp.trials import Schedule
from measures.digits import Meter
from measures.teachers import Result, dataset, explained, own, read_out, rebuilt, summary
from networks.digits import PIECE, Design
from networks.layers import COUNTERS
from networks.teachers import DENDRITIC, TEACHERS
from networks.training import Plan, Training

LOW, HIGH = 4.0, 24.0  # Hz
RUNS = ("learning", "hidden frozen", "feedback zero")


class Fake(FakeChain):
    """Stand in for the runs: hidden cells see single pixels, the output does what the teacher asks for."""

    def piece(self, kind, values, read):
        self.images = values["images"]
        return super().piece(kind, values | {"label": values.get("label", np.zeros(PIECE))}, read)

    def counts(self, answers):
        events = {n: self.generator.poisson(3, (PIECE, size)) for n, size in self.design.sizes.items()}
        seen = np.resize(np.arange(20, 64, 3), self.design.hidden[0])
        events["hidden1"] = np.round(10 * self.images[:, seen]).astype(int)
        if self.design.teacher == "reconstruction":
            rate = LOW + (HIGH - LOW) * self.images
            events["output"] = np.repeat(rate * self.design.read_s, self.design.voters, axis=1)
        else:
            owner = np.repeat(np.arange(10), 10)
            events["output"] = (answers[:, None] == owner).astype(int)
        self.fired = [*events.values()]
        run = {"judge_counts.n_reward": np.full((1, PIECE), 0.25), "judge.n_reward": np.array([0.25])}
        for name, each in events.items():
            for counter, x in zip(COUNTERS, (each, each // 2), strict=True):
                run[f"{name}_counts.{counter}"] = np.vstack([np.full(x.shape[1], 99), x[:-1]]).T
                run[f"{name}.{counter}"] = x[-1]
            run[f"{name}_total.N"] = each.sum()
        return run

    def network(self):
        """Return weights as Hebb's rule gives them: the more current a cell has, the more it fires."""
        fired = [each - each.mean(axis=0) for each in self.fired]
        learned = {f"forward{k}.w": (fired[k].T @ fired[k - 1]).ravel() * 1e-10 for k in (1, 2)}
        return super().network() | learned | {"teacher.r_low": LOW, "teacher.r_high": HIGH}


def trained(data, teacher, hidden=15):  # noqa: F811
    asked = Design((hidden,), "signed_bursts", teacher=teacher)
    meter = Meter(asked, data)
    runs = {
        name: Training(asked, data, Plan(2, 0, 1.0), {}, None if k else meter, cells=True)(Fake(asked))
        for k, name in enumerate(RUNS)
    }
    return Result(runs, meter)


@pytest.fixture(scope="module")
def results(data):  # noqa: F811
    return {teacher: trained(data, teacher) for teacher in TEACHERS}


def test_pixels_are_read_from_rates_and_what_is_explained_is_told(results, data):  # noqa: F811
    training = results["reconstruction"].runs["learning"]
    block = training.held_out["test"]
    images = data.brightness(data.test)
    np.testing.assert_allclose(rebuilt(training, block, 3), images, atol=0.15)  # votes are whole numbers
    assert own(training, block, 3) > 0.95
    mean = images.mean(axis=0)
    assert (
        explained(images, images, mean) == 1 and explained(np.tile(mean, (len(images), 1)), images, mean) == 0
    )


def test_read_outs_find_in_hidden_cells_what_is_there(results):
    for result in results.values():
        found = read_out(result.runs["learning"])
        assert 0.6 < found.classes < 1 and 0.3 < found.pixels < 1  # 15 of 64 pixels


def test_the_summary_has_each_teacher_by_its_own_metric(results):
    numbers = summary(results)
    assert numbers["label_test_accuracy"] == numbers["reward_test_accuracy"] == 1
    assert numbers["reward_reward_last_epoch"] == 0.25 and "label_reward_last_epoch" not in numbers
    assert numbers["reconstruction_explained_variance"] > 0.95
    assert "reconstruction_test_accuracy" not in numbers
    for teacher in TEACHERS:
        for key in ("read_out_test_accuracy", "read_out_explained_variance"):
            assert {f"{teacher}_{key}{end}" for end in ("", "_hidden_frozen", "_feedback_zero")} <= set(
                numbers
            )
        assert f"{teacher}_angle_hidden_deg" in numbers
    assert all(np.isfinite(value) for value in numbers.values())


@pytest.mark.parametrize("names", [TEACHERS, ("label",)])
def test_all_figures_are_drawn_from_the_data_alone(results, names):
    some = {name: results[name] for name in names}
    kept = dataset(some)
    assert all("units" in array.attrs for array in kept.data_vars.values())
    long_names.fill(kept, "teachers", folder("experiments"))
    assert long_names.missing(kept) == []
    drawn = teachers.figures(kept, summary(some))
    assert ("reconstructions" in drawn) == ("reconstruction" in names)
    for name in drawn:
        drawn[name].savefig(image := BytesIO(), format="png")
        assert image.getbuffer().nbytes > 5000


def test_no_label_enters_the_program_that_rebuilds_and_it_answers_only_for_reward(data):  # noqa: F811
    piece = Schedule.of((np.resize(data.train, PIECE), "train", 0, 1))
    for teacher in TEACHERS:
        design = Design((3,), "signed_bursts", teacher=teacher)
        values = design.values(piece, data)
        assert ("label" in values) == (teacher != "reconstruction")
        assert ("deciding" in values) == design.answers == (teacher == "reward")
        if teacher != "label":
            known = Program(design.protocol, design.name).check(values | design.recorded())
            assert set(values) <= set(known)
    gates = Design((3,), "signed_bursts", teacher="reward").values(piece, data)
    asked, told = (gates[name].reshape(PIECE, -1)[0] for name in ("deciding", "teaching"))
    assert asked.sum() == 1 and asked.argmax() < told.argmax()  # the answer is given once, and judged after


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--hidden", "0"], "--hidden must be 1 or more"),
        (["--epochs", "0"], "--epochs must be 1 or more"),
        (["--limit", "-1"], "--limit must be 0 (all) or more"),
        (["--teacher", "oracle"], "invalid choice: 'oracle'"),
        (["--credit", "contrastive"], "invalid choice: 'contrastive'"),
    ],
)
def test_wrong_flags_are_refused(flags, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(teachers, "train", None)  # were they not refused, the test would fail at once
    with pytest.raises(SystemExit) as stopped:
        cli.main(teachers.__doc__, teachers.simulate, teachers.figures, teachers.options, arguments=flags)
    assert words in f"{stopped.value.code} {capsys.readouterr().err}"


@pytest.mark.parametrize("neuron", ["contrastive", "multiplexing"])
def test_cells_that_cannot_be_taught_so_say_what_is_needed(neuron):
    with pytest.raises(UserError, match=f"needs a mechanism with one phase.*{', '.join(DENDRITIC)}"):
        assert Design((3,), neuron, teacher="reward").cell
    with pytest.raises(UserError, match="no teacher 'oracle'; there are label, reward, reconstruction"):
        assert Design((3,), "signed_bursts", teacher="oracle").cell


def test_a_run_is_written_whole(tmp_path, monkeypatch):
    """From flags to folder, with networks that are faked."""

    class Traced:
        source_hash = "0" * 16

        def __init__(self, *args, **kwargs):
            pass

        def check(self, values):
            assert values == {}

    def train(program, seed, trainings, pieces):
        assert seed == 3
        return {name: each(Fake(each.design)) for name, each in trainings.items()}

    monkeypatch.setattr(teachers, "Program", Traced)
    monkeypatch.setattr(teachers, "train", train)
    flags = [
        "--quick",
        "--seed",
        "3",
        "--teacher",
        "reward",
        "reconstruction",
        "--out",
        str(tmp_path / "run"),
    ]
    cli.main(teachers.__doc__, teachers.simulate, teachers.figures, teachers.options, arguments=flags)
    run = tmp_path / "run"
    assert {"run.json", "summary.json", "data.nc"} <= {path.name for path in run.iterdir()}
    assert {path.stem for path in run.glob("*.png")} == {"ladder", "learning", "angles", "reconstructions"}
    kept = json.loads((run / "summary.json").read_text())
    assert "reward_read_out_test_accuracy" in kept and "label_test_accuracy" not in kept
