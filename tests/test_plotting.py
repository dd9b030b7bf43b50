"""Figures show what the arrays hold, in legible type and with units on the axes."""

import os
import subprocess
import sys
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

from dendritic_bp import backend, plotting, trains
from dendritic_bp.errors import UserError
from dendritic_bp.figure_files import _noted
from dendritic_bp.raster import BURST, EVENT, FURTHER, MOST, OPPOSITE
from dendritic_bp.style import PINK

GENERATOR = np.random.default_rng(0)
LAYERS = [
    plotting.Layer("input", 5, ([0.01, 0.05, 0.9], [0, 1, 2])),
    plotting.Layer("output", 3, ([0.02, 0.06], [0, 2]), ([0.025], [0])),
]


def draw_raster(axes):
    plotting.raster(axes, LAYERS, (0, 0.1), teaching=[(0.05, 0.1)], trials={0.0: "digit 3"})


def draw_traces(axes):
    voltage = GENERATOR.normal(-0.06, 0.01, (1, 100))
    plotting.traces([axes], np.linspace(0, 0.3, 100), voltage, voltage, ["cell 1"], [[0.1]], [(0.1, 0.2)])


def draw_learning(axes):
    plotting.learning_curves(
        axes, range(5), {"all": GENERATOR.uniform(0, 1, (3, 5)), "frozen": np.zeros(5)}, {"published": 0.97}
    )


def draw_angles(axes):
    plotting.angles(axes, range(5), {"hidden": GENERATOR.uniform(40, 90, (3, 5))})


def draw_fields(axes):
    plotting.receptive_fields(axes, GENERATOR.normal(0, 1e-11, (7, 64)))


def draw_confusion(axes):
    plotting.confusion(axes, GENERATOR.integers(0, 10, 100), GENERATOR.integers(0, 10, 100))


PANELS = [draw_raster, draw_traces, draw_learning, draw_angles, draw_fields, draw_confusion]


def panel(draw):
    drawing = plotting.figure(plotting.COLUMN, 3)
    axes = plotting.panels(drawing)[0, 0]
    draw(axes)
    drawing.savefig(BytesIO(), format="png")
    return axes


@pytest.mark.parametrize("draw", PANELS)
def test_type_is_legible_in_print(draw):
    texts = panel(draw).figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text())
    small = [text.get_text() for text in texts if text.get_visible() and text.get_fontsize() < 7]
    assert texts
    assert not small


@pytest.mark.parametrize(
    ("draw", "x", "y"),
    [
        (draw_raster, "Time (ms)", ""),
        (draw_traces, "Time (ms)", "Voltage (mV)"),
        (draw_learning, "Epoch", "Test accuracy"),
        (draw_angles, "Epoch", "Angle to gradient descent (°)"),
        (draw_confusion, "Network's answer", "True class"),
    ],
)
def test_axes_name_quantity_and_unit(draw, x, y):
    axes = panel(draw)
    assert (axes.get_xlabel(), axes.get_ylabel()) == (x, y)


def drawn(axes, colour):
    lines = [line for line in axes.lines if line.get_color() == colour and line.get_marker() == "|"]
    return sorted(time for line in lines for time in line.get_xdata())


def test_the_raster_holds_the_events_and_bursts_of_the_window():
    axes = panel(draw_raster)
    np.testing.assert_allclose(drawn(axes, EVENT), [10, 20, 50, 60])  # ms; the event at 0.9 s is outside
    np.testing.assert_allclose(drawn(axes, BURST), [25])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["input\n5 cells", "output\n3 cells"]


def trains_of(spikes, events, bursts=((), ()), signs=None):
    kinds = {
        k: tuple(map(np.array, each)) for k, each in dict(spike=spikes, event=events, burst=bursts).items()
    }
    return trains.Trains(4, (0, 0.1), kinds, signs)


def test_a_cell_that_fires_fast_is_not_silent_and_every_spike_is_drawn():
    fast = np.arange(0.005, 0.1, 0.01)  # less than 16 ms apart: one event, one burst, and eight that go on
    layer = plotting.Layer.of("cells", trains_of((fast, [2] * 10), ([0.005], [2]), ([0.015], [2])))
    late = (0.05, 0.1)  # neither event nor burst
    assert layer.silent(late).tolist() == [0, 1, 3]
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.raster(axes, [layer], (0, 0.1))
    shown = {colour: drawn(axes, colour) for colour in (EVENT, BURST, FURTHER)}
    np.testing.assert_allclose(np.concatenate([*shown.values()]), fast * 1e3)
    assert [len(times) for times in shown.values()] == [1, 1, 8]


def words(axes):
    return [text.get_text() for text in axes.figure.legends[0].get_texts()]


def test_bursts_of_two_kinds_have_two_colours():
    bursts = ([0.02, 0.04, 0.06], [0, 1, 2])
    events = ([0.01, 0.03, 0.05, 0.07], [0, 1, 2, 3])
    spikes = tuple(np.concatenate(each) for each in zip(events, bursts, strict=True))
    layer = plotting.Layer.of("cells", trains_of(spikes, events, bursts, np.array([1, -1, 1])))
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.raster(axes, [layer], (0, 0.1))
    assert (drawn(axes, BURST), drawn(axes, OPPOSITE)) == ([20, 60], [40])
    assert words(axes) == [
        "event",
        "burst, potentiating",
        "burst, depressing",
    ]  # no cell is silent, and none goes on


def test_the_legend_names_what_is_there_and_no_more():
    axes = plotting.panels(plotting.figure())[0, 0]
    interneurons = plotting.Layer("PV", 2, ([0.01, 0.02], [0, 1]), colour=PINK, what="PV spike")
    plotting.raster(axes, [LAYERS[0], interneurons], (0, 0.1))
    assert words(axes) == ["event", "PV spike", "silent cell"]


@pytest.mark.parametrize(("teaching", "told"), [([(0.1, 0.2)], ["teacher on"]), ([(0.5, 0.6)], []), ([], [])])
def test_the_legend_of_voltages_names_the_teacher_where_it_is_shaded(teaching, told):
    axes = plotting.panels(plotting.figure(plotting.COLUMN, 2))[0, 0]
    plotting.traces([axes], np.linspace(0, 0.3, 9), np.zeros((1, 9)), np.ones((1, 9)), ["a"], None, teaching)
    assert words(axes) == ["apical dendrite", "soma", *told]


@pytest.mark.parametrize(("n", "vectors"), [(100, True), (MOST + 1, False)])
def test_spikes_are_vectors_unless_there_are_many(n, vectors):
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.raster(axes, [plotting.Layer("a", 10, (np.linspace(0, 0.9, n), np.arange(n) % 10))], (0, 1))
    axes.figure.savefig(drawing := BytesIO(), format="svg")
    assert (b"<image" not in drawing.getvalue()) == vectors


def test_silent_cells_are_seen():
    tints = [len(rows.get_segments()) for rows in panel(draw_raster).collections]
    assert tints == [3, 1]


def test_layers_of_very_different_size_stay_apart_and_visible():
    axes = plotting.panels(plotting.figure())[0, 0]
    everyone = [plotting.Layer("a", n, ([0.5] * n, range(n))) for n in (5000, 10)]
    plotting.raster(axes, everyone, (0, 1))
    big, small = [line.get_ydata() for line in axes.lines if line.get_color() == EVENT]
    assert 0 < big.min() < big.max() < small.min() < small.max() < 1
    assert small.max() - small.min() > 0.1


def test_the_teacher_is_shaded_while_it_is_on():
    spans = panel(draw_raster).patches
    assert [(span.get_x(), span.get_x() + span.get_width()) for span in spans] == [(50, 100)]


def test_curves_are_the_mean_and_the_range_over_seeds():
    axes = plotting.panels(plotting.figure())[0, 0]
    values = GENERATOR.uniform(0, 1, (3, 5))
    plotting.learning_curves(axes, range(5), {"all": values})
    np.testing.assert_allclose(axes.lines[0].get_ydata(), values.mean(axis=0))
    low, high = axes.collections[0].get_paths()[0].get_extents().get_points()[:, 1]
    np.testing.assert_allclose([low, high], [values.min(), values.max()])


def test_a_single_epoch_is_a_point_that_is_seen():
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.learning_curves(axes, [1], {"all": [0.3]})
    assert axes.lines[0].get_marker() == "o"
    assert axes.get_xlim() == (0, 2)


def test_angles_that_are_not_defined_are_left_out_and_said_to_be():
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.angles(axes, [1, 2], {"hidden": [np.nan, 80.0]})
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [np.nan, 80])
    assert not axes.texts[0].get_text().startswith("not defined")
    plotting.angles(axes := plotting.panels(plotting.figure())[0, 0], [1, 2], {"hidden": [np.nan] * 2})
    assert axes.texts[0].get_text() == "not defined: nothing was learned"


@pytest.mark.parametrize("largest, top", [(100, 120), (150, 180)])
def test_no_angle_is_cut_off(largest, top):
    axes = plotting.panels(plotting.figure(3, 2))[0, 0]
    plotting.angles(axes, [1, 2], {"hidden1": [np.nan, largest]})
    assert axes.get_ylim() == (0, top)


def test_each_field_is_its_own_tile_and_zero_is_white():
    axes = plotting.panels(plotting.figure(4, 2))[0, 0]
    weights = np.arange(-128.0, 192.0).reshape(5, 64)
    plotting.receptive_fields(axes, weights, scale=1)
    image = axes.images[0]
    tiles = image.get_array()
    np.testing.assert_array_equal(tiles[:8, :8], weights[0].reshape(8, 8))
    np.testing.assert_array_equal(tiles[:8, 9:17], weights[1].reshape(8, 8))
    assert tiles.mask[8].all()
    assert image.norm.vmin == -image.norm.vmax


def test_confusion_is_in_percent_of_the_true_class():
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.confusion(axes, labels=[0, 0, 0, 0, 1], predicted=[0, 0, 0, 1, 1], n_classes=3)
    np.testing.assert_array_equal(axes.images[0].get_array(), [[75, 25, 0], [0, 100, 0], [0, 0, 0]])


def test_confusion_of_more_than_ten_classes_keeps_its_names_apart():
    figure = plotting.figure(plotting.COLUMN, 3.2)
    axes = plotting.panels(figure)[0, 0]
    plotting.confusion(axes, labels=range(26), predicted=range(26), n_classes=26)
    figure.canvas.draw()
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        boxes = [each.get_window_extent() for each in ticks]
        assert len(boxes) > 1 and not any(one.overlaps(other) for one, other in pairwise(boxes))


def test_confusion_shows_trials_without_an_answer_apart():
    axes = plotting.panels(plotting.figure())[0, 0]
    plotting.confusion(axes, labels=[0, 0, 1, 1], predicted=[0, -1, -1, 1], n_classes=2, no_answer=-1)
    np.testing.assert_array_equal(axes.images[0].get_array(), [[50, 0, 50], [0, 50, 50]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "none"]


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 1], [0, 2], "predicted .* from 0 to 1, but has 2"),
        ([0, 1], [0, -1], "predicted .* but has -1"),
        ([0, 2], [0, 1], "labels .* but has 2"),
        ([-1, 1], [0, 1], "labels .* but has -1"),
        ([0, 0.5], [0, 1], "labels .* but has 0.5"),
        ([0, 1], [0], "2 labels do not fit 1"),
        ([[0, 1]], [[0, 1]], "the shape"),
    ],
)
def test_confusion_refuses_what_is_no_class(labels, predicted, message):
    with pytest.raises(UserError, match=message):
        plotting.confusion(plotting.panels(plotting.figure())[0, 0], labels, predicted, n_classes=2)


def test_a_figure_shows_itself_in_a_notebook():
    assert plotting.figure()._repr_png_().startswith(b"\x89PNG")


def test_no_figure_is_left_in_the_state_of_pyplot():
    for draw in PANELS:
        panel(draw)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(("asked", "left"), [("module://nowhere", None), ("svg", "svg"), ("", None)])
def test_a_backend_of_another_python_does_not_end_the_import(asked, left):
    code = (
        "import runpy, os, sys; runpy.run_path(sys.argv[1]); import matplotlib.pyplot; "
        "print(os.environ.get('MPLBACKEND'), matplotlib.get_backend())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, Path(backend.__file__)],
        env=os.environ | {"MPLBACKEND": asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(left), asked if left else "agg"]


@pytest.mark.parametrize(
    ("place", "label", "below"),
    [
        ("outside upper center", "", True),
        ("outside lower center", "", False),
        ("outside right", "Time", False),
    ],
)
def test_a_note_is_where_nothing_else_is(place, label, below):
    drawing = plotting.figure()
    drawing.supxlabel(label)
    plotting.panels(drawing)[0, 0].plot([0, 1], label="curve")
    plotting.legend(drawing, loc=place)
    note = _noted(drawing, "reduced").texts[-1]
    drawing.draw_without_rendering()
    boxes = [each.get_window_extent() for each in (note, drawing.legends[0], drawing.axes[0])]
    assert not any(boxes[0].overlaps(other) for other in boxes[1:])
    assert (boxes[0].y1 < boxes[2].y0) == below
