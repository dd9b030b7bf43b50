"""Thousands of cells are drawn as an image in which every spike and every silent cell is seen."""

import time

import numpy as np
from matplotlib.colors import to_rgba

from dendritic_bp import plotting
from dendritic_bp.raster import BURST, EVENT
from dendritic_bp.spike_image import spike_image

WINDOW = (1.0, 2.0)


def where(image, colour):
    return {tuple(map(int, pixel)) for pixel in np.argwhere((image == to_rgba(colour)).all(axis=2))}


def test_spikes_are_where_they_belong_and_the_most_active_cell_at_the_bottom():
    events = ([1.05, 1.55, 1.15, 0.5, 2.0], [2, 2, 0, 1, 1])  # the last two are outside
    image = spike_image([(*events, "blue"), ([1.65], [2], "red")], 4, WINDOW, (4, 10), "grey")
    assert where(image, "blue") == {(0, 0), (0, 5), (1, 1)}
    assert where(image, "red") == {(0, 6)}
    assert {row for row, _ in where(image, "grey")} == {2, 3}
    assert (image[:2, 9] == 0).all()  # transparent


def test_rows_may_hold_several_cells():
    image = spike_image([([1.0] * 50, range(50), "blue")], 100, WINDOW, (10, 5), "grey")
    assert where(image, "blue") == {(row, 0) for row in range(5)}
    assert {row for row, _ in where(image, "grey")} == set(range(5, 10))


def test_later_spikes_are_drawn_over_earlier_ones():
    image = spike_image([([1.5], [0], "blue"), ([1.5], [0], "red")], 1, WINDOW, (1, 1), "grey")
    assert where(image, "red") == {(0, 0)}


def test_a_window_without_spikes_is_silent():
    assert len(where(spike_image([((), (), "blue")], 3, WINDOW, (3, 4), "grey"), "grey")) == 12


def test_a_dense_raster_of_ten_thousand_cells_is_drawn_at_once():
    generator = np.random.default_rng(0)
    spikes = generator.uniform(0, 1, 100_000), generator.integers(0, 10_000, 100_000)
    axes = plotting.panels(plotting.figure(plotting.PAGE, 4))[0, 0]
    layers = [
        plotting.Layer("many", 10_000, spikes, ([0.5], [0]), dense=True),
        plotting.Layer("few", 3, ([0.2], [1])),
    ]
    start = time.perf_counter()
    plotting.raster(axes, layers, (0, 1))
    axes.figure.canvas.draw()
    assert time.perf_counter() - start < 5
    (image,) = axes.images
    assert {EVENT, BURST} <= {c for c in (EVENT, BURST) if where(image.get_array().data, c)}
    _, _, bottom, top = image.get_extent()
    assert 0 <= bottom < top < axes.get_ylim()[1]
    few = [line for line in axes.lines if line.get_color() == EVENT]
    assert few[0].get_ydata()[0] > top
