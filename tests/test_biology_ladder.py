"""The ladder from a coin and wires to plateaus, synapses and interneurons: steps, data and figure."""

import argparse
import sys
from io import BytesIO
from itertools import pairwise
from operator import ne
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import biology_ladder
from dendritic_bp import long_names
from dendritic_bp.source import folder
from networks.digits import Design

PROBES = [0.5, 1.0, 8.0]


def seen(design, data, epochs, args, name):
    """Stand for a step: numbers that tell it from the others."""
    rank = [*biology_ladder.STEPS].index(name)
    numbers = dict(test_accuracy=0.9 - 0.1 * rank, test_accuracy_feedback_zero=0.4, v_min_mv=-75.0 - rank)
    return biology_ladder.Step(
        numbers, np.full((2, epochs), 0.5), PROBES, np.full((2, len(PROBES)), 60.0 + rank), f"hash {name}"
    )


@pytest.fixture(scope="module")
def record():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(biology_ladder, "climb", seen)
        return biology_ladder.simulate(argparse.Namespace(quick=True, seed=1, set={}))


def test_each_step_is_a_metric_and_has_its_place_in_the_data(record):
    assert record.summary["plateaus_test_accuracy"] == pytest.approx(0.8)
    assert record.summary["coin_routed_v_min_mv"] == -80
    steps = record.data.step.values.tolist()
    assert steps == [*biology_ladder.STEPS]
    np.testing.assert_allclose(
        record.data.angle_deg.sel(layer="hidden1", probe=0), 60 + np.arange(len(steps))
    )
    long_names.fill(record.data, "biology_ladder", folder("experiments"))
    assert long_names.missing(record.data) == []


def test_the_figure_is_drawn_from_the_data(record):
    (figure,) = biology_ladder.figures(record.data, record.summary).values()
    left, right = figure.axes
    heights = [bar.get_height() for bar in left.patches]
    np.testing.assert_allclose(heights[: record.data.sizes["step"]], record.data.test_accuracy)
    np.testing.assert_allclose(right.lines[0].get_ydata(), 60)
    figure.savefig(image := BytesIO(), format="png")
    assert image.getbuffer().nbytes > 5000


def test_neighbouring_steps_differ_in_one_thing():
    steps = [*biology_ladder.STEPS.values()]
    assert [sum(map(ne, a, b)) for a, b in pairwise(steps[:-1])] == [1] * (len(steps) - 2)
    names = {Design((3,), neuron, 64, 10, routing, dale=dale).name for neuron, routing, dale in steps}
    assert len(names) == len(steps)
