"""The digits are split without overlap, evenly and reproducibly; every epoch shows every trial once."""

import numpy as np
import pytest

from dendritic_bp.tasks import digits, trial_order


def test_every_digit_is_in_exactly_one_part():
    data = digits(seed=0)
    rows = np.concatenate([data.train, data.validation, data.test])
    np.testing.assert_array_equal(np.sort(rows), np.arange(1797))
    assert (data.train.size, data.validation.size, data.test.size) == (1077, 360, 360)


def test_pixels_are_scaled_and_labels_are_classes():
    data = digits(seed=0)
    assert data.images.shape == (1797, 64)
    assert (data.images.min(), data.images.max()) == (0, 1)
    assert data.n_classes == 10


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_parts_hold_the_classes_in_equal_shares(part):
    data = digits(seed=3)
    rows = getattr(data, part)
    expected = np.bincount(data.labels) * rows.size / 1797
    np.testing.assert_allclose(np.bincount(data.labels[rows]), expected, atol=1)


def test_the_seed_decides_the_split():
    np.testing.assert_array_equal(digits(1).test, digits(1).test)
    assert not np.array_equal(digits(1).test, digits(2).test)


def test_each_epoch_is_another_order_of_all_trials():
    order = trial_order(n_train=50, epochs=4, seed=1)
    np.testing.assert_array_equal(np.sort(order, axis=1), np.tile(np.arange(50), (4, 1)))
    assert len({tuple(epoch) for epoch in order}) == 4
    np.testing.assert_array_equal(order, trial_order(50, 4, seed=1))
    assert not np.array_equal(order, trial_order(50, 4, seed=2))
