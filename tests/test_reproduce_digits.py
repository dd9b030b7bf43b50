"""The digits are learned as well as the README says, and through the feedback: minutes of simulation."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from processes import environment, summary, wait_until

SCRIPT = Path(__file__).parents[1] / "experiments" / "digits.py"
SEEDS = range(70, 75)  # of the README

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    """Run the default settings with each seed; the first compiles for all."""
    folder = tmp_path_factory.mktemp("default")
    return [summary("digits", folder / f"seed-{seed}", "--seed", seed) for seed in SEEDS]


def test_the_test_images_are_recognised(default):
    accuracy = [numbers["test_accuracy"] for numbers in default]
    assert np.mean(accuracy) >= 0.965
    assert min(accuracy) >= 0.95


def test_hidden_weights_follow_the_gradient_of_target_rates(tmp_path):
    """Where classes compete, there is little gradient left once images are learned (docs/digits.md)."""
    numbers = summary("digits", tmp_path / "run", "--neuron", "burst_poisson")
    assert numbers["angle_hidden_deg"] <= 60


def test_feedback_that_tells_of_the_error_makes_the_hidden_layer_learn(tmp_path):
    numbers = summary("digits", tmp_path / "run", "--hidden", 30, "--controls")
    frozen = numbers["test_accuracy_hidden_frozen"]
    assert numbers["gain_over_hidden_frozen"] == pytest.approx(numbers["test_accuracy"] - frozen)
    assert numbers["gain_over_hidden_frozen"] >= 0.08
    for control in ("feedback_zero", "feedback_shuffled"):
        assert numbers[f"test_accuracy_{control}"] - frozen <= 0.05


def test_real_plateaus_learn_too(tmp_path):
    numbers = summary("digits", tmp_path / "run", "--neuron", "pyramidal", "--controls")
    assert numbers["test_accuracy"] >= 0.80
    assert numbers["gain_over_hidden_frozen"] > 0


def test_a_training_that_is_killed_again_and_again_ends_as_an_unbroken_one(tmp_path):
    """Kill the process some time after each of the first pieces; wall time and memory may differ."""
    flags = ["--hidden", 5, "--epochs", 2, "--limit", 360, "--seed", 3]
    whole = summary("digits", tmp_path / "whole", *flags)
    broken, moments = tmp_path / "broken", np.random.default_rng(0)
    for pieces in range(1, 6):
        command = [sys.executable, SCRIPT, "--out", broken, *map(str, flags)]
        child = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
        wait_until(lambda wanted=pieces: len(list(broken.glob("raw/*.npz"))) >= wanted, seconds=300)
        time.sleep(moments.uniform(0, 1))
        child.kill()
        child.wait()
    resumed = summary("digits", broken, *flags, "--resume")
    machine = {"run_s", "build_s", "cpu_s_per_simulated_s", "ms_per_trial", "peak_rss_mb"}
    assert {k: v for k, v in resumed.items() if k not in machine} == {
        k: v for k, v in whole.items() if k not in machine
    }
