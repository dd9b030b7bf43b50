"""Two messages share one spike train as well as docs/multiplexing.md says: minutes of simulation."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import environment

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
SEEDS = range(5)
# The published program, seed 1, and how much one run may differ: three standard deviations over our seeds.
PUBLISHED = dict(
    er1_hz=(5.53, 0.07),
    bp1=(0.239, 0.005),
    er2_hz=(5.66, 0.09),
    bp2=(0.284, 0.005),
    pv_hz=(13.2, 0.22),
    som_hz=(16.6, 0.15),
    corr_bp1_br2=(0.89, 0.03),
    corr_er2_er1=(0.92, 0.02),
    corr_bp2_id=(0.96, 0.02),
    corr_er1_is=(0.94, 0.01),
)

pytestmark = pytest.mark.slow


def summary(name, folder, *arguments):
    """Run an experiment with a command line and return its summary."""
    command = [sys.executable, EXPERIMENTS / f"{name}.py", "--out", folder, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def propagation(tmp_path_factory):
    """Run the network of Fig. 3 with each seed; the first compiles for all."""
    folder = tmp_path_factory.mktemp("propagation")
    return [summary("propagation", folder / f"seed-{seed}", "--seed", seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def multiplexing(tmp_path_factory):
    return summary("multiplexing", tmp_path_factory.mktemp("multiplexing") / "run")


@pytest.fixture(scope="module")
def disinhibition(tmp_path_factory):
    return summary("disinhibition", tmp_path_factory.mktemp("disinhibition") / "run")


@pytest.mark.parametrize("name", PUBLISHED)
def test_propagation_gives_the_published_numbers(propagation, name):
    value, spread = PUBLISHED[name]
    assert np.mean([each[name] for each in propagation]) == pytest.approx(value, abs=spread)


def test_propagation_is_as_fast_and_small_as_promised(propagation):
    assert min(each["cpu_s"] for each in propagation) <= 12
    assert max(each["peak_rss_mb"] for each in propagation) <= 500


def test_each_message_is_in_its_channel(multiplexing):
    assert multiplexing["corr_er_soma"] >= 0.90
    assert multiplexing["corr_bp_dend"] >= 0.90
    assert abs(multiplexing["corr_er_dend"]) <= 0.20
    assert abs(multiplexing["corr_bp_soma"]) <= 0.20


def test_information_is_in_the_right_channel(multiplexing):
    assert multiplexing["info_er_soma_bit_s"] >= 5 * multiplexing["info_er_dend_bit_s"]
    assert multiplexing["info_bp_dend_bit_s"] >= 1.8 * multiplexing["info_bp_soma_bit_s"]
    assert multiplexing["coherence_bp_dend_2_hz"] > 0.9
    assert multiplexing["coherence_bp_dend_20_hz"] < 0.4  # 0.30 here, 0.21 in an independent program


def test_short_term_plasticity_prefers_events_or_bursts(multiplexing):
    expected = dict(std_event=0.900, std_burst=0.409, stf_event=0.061, stf_burst=0.152)
    for name, value in expected.items():
        assert multiplexing[f"efficacy_{name}"] == pytest.approx(value, rel=0.1)
    for reader in ("std", "pv"):
        assert multiplexing[f"corr_{reader}_event_rate"] > multiplexing[f"corr_{reader}_burst_rate"]
    for reader in ("stf", "som"):
        assert multiplexing[f"corr_{reader}_burst_rate"] > multiplexing[f"corr_{reader}_event_rate"]
    assert multiplexing["corr_pv_event_rate"] >= 0.85
    assert multiplexing["corr_som_burst_rate"] >= 0.88


def test_vip_input_raises_burst_probability_and_leaves_the_event_rate(disinhibition):
    expected = {"0_pa": (0.052, 0.133), "minus_50_pa": (0.086, 0.197), "minus_100_pa": (0.127, 0.267)}
    for vip, (at_0, at_150) in expected.items():
        assert disinhibition[f"loop_{vip}_bp_at_0_pa"] == pytest.approx(at_0, abs=0.02)
        assert disinhibition[f"loop_{vip}_bp_at_150_pa"] == pytest.approx(at_150, abs=0.03)
        assert disinhibition[f"loop_{vip}_er_hz"] == pytest.approx(5.4, rel=0.05)
