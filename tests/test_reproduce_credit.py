"""Each mechanism learns the digits, and bursts and plateaus along the gradient: half an hour."""

import pytest
from processes import summary

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
ALONG = ("signed_bursts", "error_cells", "bursts", "single_phase_bursts", "plateau_difference")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def credit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credit") / "run"
    return summary("credit", folder, "--no-controls", "--seed", 164, "--precision", "single")


@pytest.mark.parametrize("name", LEAST)
def test_the_test_images_are_recognised(credit, name):
    assert credit[f"{name}_test_accuracy"] >= LEAST[name]


@pytest.mark.parametrize("name", ALONG)
def test_hidden_weights_follow_the_gradient(credit, name):
    assert credit[f"{name}_angle_hidden_deg"] <= 65


def test_one_number_for_all_tells_little(credit):
    assert credit["scalar_test_accuracy"] < 0.5
    assert credit["scalar_angle_hidden_deg"] == pytest.approx(90, abs=3)


def test_plateaus_teach_a_hidden_layer(tmp_path):
    flags = ("--neuron", "multiplexing", "--seed", 165, "--precision", "single")
    large = summary("digits", tmp_path / "large", *flags)
    assert large["test_accuracy"] >= 0.92  # of the worst seed
    assert large["angle_hidden_deg"] <= 60
    small = summary("digits", tmp_path / "small", *flags, "--hidden", 30, "--controls")
    assert small["angle_hidden_deg"] <= 60
    for control in ("hidden_frozen", "feedback_zero", "feedback_shuffled", "feedback_scalar"):
        assert small[f"gain_over_{control}"] >= 0.06
