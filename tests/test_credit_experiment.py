"""`credit.py` sets each mechanism beside its controls, its rate twin and what is published."""

import argparse
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from brian2 import pA
from test_digits import FakeChain, data  # noqa: F401

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import credit
from dendritic_bp import cli, long_names
from dendritic_bp.images import dataset as images_dataset
from figures.credit import lines
from measures.credit import (
    PUBLISHED,
    TWINS,
    Result,
    dataset,
    epochs_to,
    failures,
    summary,
    taught_trial,
    twin,
)
from measures.digits import Meter
from networks.digits import Design
from networks.mechanisms import MECHANISMS
from networks.ngrad_training import rule_names
from networks.training import Plan, Training


def wrong(labels, piece):
    return (labels + 1) % 10


def right(labels, piece):
    return labels


def result(data, name, answers):  # noqa: F811
    """Return a mechanism whose runs are faked: the whole network, and controls that answer so."""
    asked = Design((6,), name)
    meter = Meter(asked, data)
    small = {}
    for label, answer in {"": right, **answers}.items():
        training = Training(asked, data, Plan(2, 0, 1.0), {}, None if label else meter)
        small[label] = training(FakeChain(asked, answer))
    return Result(
        small[""], meter, small, twin(name, (6,), data, Plan(2, 0, 1.0), anneal=False), "0" * 8, 1.0
    )


@pytest.fixture(scope="module")
def results(data):  # noqa: F811
    kinds = dict.fromkeys(("hidden frozen", "feedback zero", "feedback shuffled", "feedback scalar"), wrong)
    return {
        "signed_bursts": result(data, "signed_bursts", kinds),
        "scalar": result(data, "scalar", {"hidden frozen": right}),
    }


def test_every_mechanism_has_a_twin_and_says_what_is_published():
    assert set(MECHANISMS) <= set(TWINS) and set(TWINS.values()) <= set(rule_names())
    assert set(MECHANISMS) <= set(PUBLISHED)
    for each in PUBLISHED.values():
        assert each.kind in ("spiking", "rate") and each.task and each.source
        assert np.isnan(each.accuracy) or 0.9 < each.accuracy < 1


def test_the_summary_says_what_each_control_costs(results):
    numbers = summary(results)
    for control in ("frozen", "feedback_zero", "feedback_shuffled", "feedback_scalar"):
        assert numbers[f"signed_bursts_gain_over_{control}"] == 1
    assert numbers["scalar_gain_over_frozen"] == 0 and "scalar_gain_over_feedback_zero" not in numbers
    assert numbers["signed_bursts_test_accuracy"] == 1 and numbers["signed_bursts_epochs_to_10pct"] == 1
    assert numbers["signed_bursts_images_to_10pct"] == 1077
    wanted = {"angle_hidden_deg", "cosine_hidden", "spikes_per_image", "simulated_s", "cpu_s"}
    wanted |= {"twin_test_accuracy", "twin_angle_hidden_deg"}
    for name in results:
        assert {f"{name}_{key}" for key in wanted} <= set(numbers)
    assert all(np.isfinite(value) for value in numbers.values())


def test_a_rate_twin_that_stays_at_chance_is_told(results):
    lost = replace(results["scalar"], twin=results["scalar"].twin.assign(chance_error=0.0))
    told = results | {"scalar": lost}
    assert "rate twin of scalar, node_perturbation: at chance" in failures(told)
    assert summary(told)["scalar_twin_at_chance"] == 1
    kept = dataset(told)
    assert str(kept.twin_failed.sel(mechanism="scalar").item()) == "at chance"
    axes = credit.figures(kept, summary(told))["spectrum"].axes[1]
    texts = [text.get_text() for text in axes.texts]
    assert any(text.endswith("†") for text in texts) and texts[-1].endswith("† at chance")


def test_all_figures_are_drawn_from_the_data_alone(results):
    kept = dataset(results)
    assert all("units" in array.attrs for array in kept.data_vars.values())
    long_names.fill(kept, "credit", Path(credit.__file__).parent)
    assert long_names.missing(kept) == []
    assert list(kept.published_kind.values) == ["spiking", "spiking"]
    drawn = credit.figures(kept, summary(results))
    assert set(drawn) == {"spectrum", "learning", "angles", "trials", "controls"}
    for figure in drawn.values():
        figure.savefig(image := BytesIO(), format="png")
        assert image.getbuffer().nbytes > 5000


@pytest.fixture
def asked(monkeypatch):
    """Return what `credit.py` makes of a command line, and the values of each training; runs are faked."""
    seen = {}

    def train(program, seed, trainings, pieces):
        seen.update({name: each.values for name, each in trainings.items()})
        answer = {name: wrong if "frozen" in name else right for name in trainings}
        return {name: each(FakeChain(each.design, answer[name])) for name, each in trainings.items()}

    def run(*arguments):
        seen.clear()
        parser = argparse.ArgumentParser()
        credit.options(parser)
        args = parser.parse_args(["--credit", "signed_bursts", "--epochs", "1", *arguments])
        return credit.simulate(argparse.Namespace(**vars(args), quick=False, seed=0, set={})), seen

    monkeypatch.setattr(credit, "train", train)
    monkeypatch.setattr(
        credit, "Program", lambda *_, precision: argparse.Namespace(source_hash="0" * 8, build_s=1.0)
    )
    return run


def test_two_hidden_layers_are_set_beside_a_frozen_second_and_beside_one(asked):
    record, seen = asked("--hidden", "6", "5")
    main, frozen, one = (seen[f"signed_bursts {name}"] for name in ("6-5", "6-5 second frozen", "6"))
    assert len(seen) == 3 and set(one) < set(main)
    assert frozen == main | {"forward2.eta": 0 * pA}
    numbers = record.summary
    assert numbers["signed_bursts_test_accuracy"] == numbers["signed_bursts_small_test_accuracy"] == 1
    assert numbers["signed_bursts_gain_over_second_frozen"] == 1
    assert numbers["signed_bursts_gain_over_one_layer"] == 0
    assert "signed_bursts_gain_over_frozen" not in numbers
    drawn = credit.figures(record.data, numbers)
    panels = drawn["angles"].axes
    assert [axes.get_title(loc="left") or axes.get_title() for axes in panels][:3] == [
        "First hidden layer",
        "Second hidden layer",
        "Output",
    ]
    labels = [text.get_text() for text in drawn["controls"].legends[0].get_texts()]
    assert labels == ["as it learns", "second frozen", "one layer"]


@pytest.mark.parametrize("hidden", ["6", "7", "8"])
def test_controls_are_those_of_small_networks_even_if_these_are_larger(asked, hidden):
    record, seen = asked("--hidden", hidden, "--small", "7")
    controls = ("hidden frozen", "feedback zero", "feedback shuffled", "feedback scalar")
    assert set(seen) == {f"signed_bursts {n}" for n in (hidden, "7")} | {
        f"signed_bursts 7 {control}" for control in controls
    }
    assert record.summary["signed_bursts_gain_over_frozen"] == 1
    alone, seen = asked("--hidden", hidden, "--small", "7", "--no-controls")
    assert list(seen) == [f"signed_bursts {hidden}"]
    assert "signed_bursts_small_test_accuracy" not in alone.summary


def test_numbers_of_mechanisms_that_are_close_stand_above_each_other():
    spots = [(76, 0.2), (77, 0.2), (88, 0.2), (75, 0.2), (76, 2.0)]
    assert lines(spots) == [1, 0, 0, 2, 0]
    assert sorted(lines([(90, 0.1)] * 3)) == [0, 1, 2]


def test_the_angles_of_a_single_probe_are_points_that_are_seen(results):
    panels = credit.figures(dataset(results).isel(probe=[0]), summary(results))["angles"].axes
    assert [axes.lines[0].get_marker() for axes in panels[:2]] == ["o", "o"]
    assert all(np.isfinite(axes.lines[0].get_ydata()).all() for axes in panels[:2])


def test_the_trial_that_is_drawn_is_the_one_in_which_the_output_is_taught_most(results):
    main = results["signed_bursts"].main
    traces = main.show["output_v_d"]
    traces[:] = 0
    length = traces.shape[1] // len(main.shown)
    traces[3, 7 * length + 100] = 1
    assert taught_trial(main) == 7


@pytest.mark.parametrize(
    ("error", "wanted"), [([0.5, 0.3, 0.2], np.nan), ([0.05, 0.2], 1), ([0.3, 0.2, 0.0], 2.5)]
)
def test_epochs_to_a_level_are_between_those_measured(error, wanted):
    np.testing.assert_allclose(epochs_to(np.array(error), np.arange(1, 4)), wanted)


def test_networks_and_twins_take_the_size_and_classes_of_other_images():
    rng, labels = np.random.default_rng(0), np.arange(300) % 3
    images = (labels[:, None] == np.arange(16) % 3) * 200 + rng.integers(0, 50, (300, 16))
    others = images_dataset((images.astype(np.uint8), labels), None, seed=0)
    assert credit._design("bursts", (5,), others).name.endswith("-16-5-3")
    learned = twin("error_cells", (8,), others, Plan(20, 0, 1.0), anneal=True)
    assert learned.test_error[-1] < 0.1 < learned.test_error[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "0"], "--hidden needs one or two numbers of cells from 1 on, not [0]"),
        (["--hidden", "3", "3", "3"], "one or two numbers of cells from 1 on, not [3, 3, 3]"),
        (["--hidden", "3", "3", "--small", "2"], "--small is for one hidden layer"),
        (["--small", "-3"], "--small must be 1 or more, not -3"),
        (["--epochs", "0"], "--epochs must be 1 or more, not 0"),
        (["--stretch", "0"], "--stretch must be 1 or more, not 0"),
        (["--limit", "-1"], "--limit must be 0 (all) or more, not -1"),
        (["--images", "a"], "--images needs --labels too"),
    ],
)
def test_wrong_sizes_are_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(credit, "train", None)  # were they not refused, the test would fail at once
    with pytest.raises(SystemExit) as stopped:
        cli.main(credit.__doc__, credit.simulate, credit.figures, credit.options, arguments=arguments)
    assert message in str(stopped.value.code)
