"""Each mechanism learns the digits, and bursts and plateaus along the gradient: half an hour."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import environment

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
LEAST = dict(
    signed_bursts=0.93,
    error_cells=0.93,
    bursts=0.93,
    single_phase_bursts=0.93,
    plateau_difference=0.93,
    dendritic_error=0.90,
    contrastive=0.90,
    targets=0.90,
)
MOST = dict(signed_bursts=65, error_cells=65, bursts=65, single_phase_bursts=65)
MOST |= dict(
    plateau_difference=68
)  # 64.5 and 64.9 degrees with seeds 154 and 156: some seeds will be above 65

pytestmark = pytest.mark.slow


def summary(name, folder, *arguments):
    """Run an experiment with a command line and return its summary."""
    command = [sys.executable, EXPERIMENTS / f"{name}.py", "--out", folder, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def credit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credit") / "run"
    return summary("credit", folder, "--no-controls", "--precision", "single")


@pytest.mark.parametrize("name", LEAST)
def test_the_test_images_are_recognised(credit, name):
    assert credit[f"{name}_test_accuracy"] >= LEAST[name]


@pytest.mark.parametrize("name", MOST)
def test_hidden_weights_follow_the_gradient(credit, name):
    assert credit[f"{name}_angle_hidden_deg"] <= MOST[name]


def test_one_number_for_all_tells_little(credit):
    assert credit["scalar_test_accuracy"] < 0.5
    assert credit["scalar_angle_hidden_deg"] == pytest.approx(90, abs=3)


def test_plateaus_teach_a_hidden_layer(tmp_path):
    flags = ("--neuron", "multiplexing", "--epochs", 6, "--precision", "single")
    assert summary("digits", tmp_path / "large", *flags)["test_accuracy"] >= 0.93
    small = summary("digits", tmp_path / "small", *flags, "--hidden", 30, "--controls")
    assert small["angle_hidden_deg"] <= 60
    for control in ("hidden_frozen", "feedback_zero", "feedback_shuffled", "feedback_scalar"):
        assert small[f"gain_over_{control}"] >= 0.06
