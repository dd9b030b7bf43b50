"""XOR is learned as published, and in a small part of the published time: minutes of simulation, and more."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from processes import environment

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
from measures import xor_published as published

SCRIPTS = Path(__file__).parents[1] / "experiments"
SEEDS = range(10)

pytestmark = pytest.mark.slow


def result(script, folder, *arguments):
    """Run an experiment with a command line and return its summary."""
    command = [sys.executable, SCRIPTS / script, "--out", folder, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def fast(tmp_path_factory):
    """Run the fast protocol with each seed; the first compiles for all."""
    folder = tmp_path_factory.mktemp("fast")
    return [result("xor.py", folder / f"seed-{seed}", "--seed", seed) for seed in SEEDS]


def test_fast_protocol_learns_with_each_seed_within_160_seconds(fast):
    assert all(numbers["solved"] == 1 for numbers in fast)
    assert np.median([numbers["simulated_to_criterion_s"] for numbers in fast]) <= 160
    assert np.mean([numbers["final_epoch_cost"] for numbers in fast]) < 1
    assert np.median([numbers["run_s"] for numbers in fast]) <= 30


@pytest.mark.parametrize(
    "without", [("--hidden-plasticity", "off"), ("--feedback", "zero"), ("--rule", "bursts")], ids=" ".join
)
def test_without_this_it_is_not_learned(tmp_path, without):
    numbers = result("xor.py", tmp_path / "run", *without)
    assert numbers["final_epoch_cost"] > 1.5
    assert "simulated_to_criterion_s" not in numbers


def test_a_modified_rule_learns_it_too(tmp_path):
    numbers = result("xor.py", tmp_path / "run", "--rule", "gradient")
    assert numbers["solved"] == 1
    assert numbers["final_epoch_cost"] < 1


@pytest.mark.parametrize("neuron", ["burst_poisson", "multiplexing"])
def test_feedback_that_synapses_and_interneurons_route_teaches_it(tmp_path, neuron):
    flags = ("--routing", "synapses", "--neuron", neuron)
    cost = {
        kind: [
            result("xor.py", tmp_path / f"{kind}-{k}", "--seed", k, "--feedback", kind, *flags)["test_cost"]
            for k in range(3)
        ]
        for kind in ("opposite", "zero")
    }
    assert np.mean(cost["opposite"]) <= 0.9
    assert np.mean(cost["zero"]) >= 1.9


@pytest.fixture(scope="module", params=[1, 2, 3])
def published_run(request, tmp_path_factory):
    """Run the published protocol to its end, half an hour or more for each seed."""
    folder = tmp_path_factory.mktemp("published") / "run"
    numbers = result("xor.py", folder, "--protocol", "published", "--seed", request.param)
    return numbers, xr.load_dataset(folder / "data.nc")


def test_published_network_before_it_learns(published_run):
    """The rates differ by at most five times the sampling error of 0.03 to 0.05 Hz."""
    _, data = published_run
    for population, rates in published.RATE_HZ["before"].items():
        ours = data.sel(population=population)
        bursts = 100 * ours.burst_probability_before
        np.testing.assert_allclose(ours.rate_before, rates, atol=0.25)
        np.testing.assert_allclose(bursts, published.BURST_PERCENT["before"][population], atol=3)


def test_published_network_learns_as_fast_as_published(published_run):
    numbers, data = published_run
    for epoch in (1, 100, 200):
        assert numbers[f"cost_epoch_{epoch}"] == pytest.approx(published.COST[epoch], rel=0.1)
    late = [epoch for epoch in published.COST if epoch > 200]
    ours = [float(data.cost[epoch - 1]) for epoch in late]
    np.testing.assert_allclose(ours, [published.COST[epoch] for epoch in late], atol=0.2)


def test_published_network_ends_as_published(published_run):
    numbers, data = published_run
    assert numbers["solved"] == 1
    for population, rates in published.RATE_HZ["after"].items():
        np.testing.assert_allclose(data.rate_after.sel(population=population), rates, atol=0.75)
    for population, percent in published.BURST_PERCENT["after"].items():
        bursts = 100 * data.burst_probability_after.sel(population=population)
        np.testing.assert_allclose(bursts, percent, atol=4)
    for name, w in published.WEIGHT_AFTER.items():
        assert numbers[f"weight_{name}"] == pytest.approx(w, abs=0.02)


def test_network_runs_near_the_limit_of_the_machine(tmp_path):
    numbers = result("speed.py", tmp_path / "run", "--case", "xor", "--quick")
    assert numbers["xor_ratio_to_fused"] < 5
    assert numbers["cpu_s_per_simulated_s"] < 0.4  # 0.2 is the goal on an idle machine


def test_cost_grows_in_proportion_to_the_network_at_most(tmp_path):
    numbers = result("speed.py", tmp_path / "run", "--case", "growth", "--quick")
    assert numbers["slope_cells"] <= 1.1
    assert numbers["slope_synapses"] <= 1.1
