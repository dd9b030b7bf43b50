import numpy as np
import pytest
from numpy.testing import assert_allclose

from dendritic_bp.errors import UserError
from dendritic_bp.voltage import (
    amplitude,
    first_interval,
    folds,
    half_width,
    has_burst,
    smallest,
    time_above,
    window,
)

TIMES = np.arange(0, 100e-3, 1e-4)
TRIANGLE = -70e-3 + 20e-3 * np.clip(1 - np.abs(TIMES - 50e-3) / 20e-3, 0, 1)  # 20 mV high, 40 ms wide


def test_measures_of_a_triangle():
    assert amplitude(TRIANGLE) == pytest.approx(20e-3)
    assert half_width(TIMES, TRIANGLE) == pytest.approx(20e-3)
    assert time_above(TIMES, TRIANGLE, -55e-3) == pytest.approx(10e-3, abs=2e-4)
    assert time_above(TIMES, TRIANGLE, 0) == 0


def test_what_is_not_there_is_nan():
    assert np.isnan(half_width(TIMES, TIMES))
    assert np.isnan(first_interval([0.1]))
    assert np.isnan(smallest([1, 2], [False, False]))
    assert np.isnan(window([-1, 0, 1], [True, False, True])).all()


def test_bursts_and_thresholds():
    assert has_burst([0, 20e-3, 30e-3]) and not has_burst([0, 17e-3]) and not has_burst([])
    assert has_burst([0.3, 0.3 + 16e-3]), (
        "16 ms sharp still belong together, as for the detector of the cells"
    )
    assert first_interval([0.1, 0.15, 0.2]) == pytest.approx(0.05)
    assert smallest([3, 1, 2], [True, False, True]) == 2
    assert window([-2, -1, 0, 1, 2], [True, False, True, True, True]) == (0, 2)


def test_folds_of_a_cubic():
    v = np.linspace(-2, 2, 4001)
    assert_allclose(folds(v, v**3 - v), np.array([-1, 1]) * 2 / np.sqrt(27), atol=1e-4)
    assert folds(v, v).size == 0


@pytest.mark.parametrize(
    "measure",
    [
        lambda: time_above([0.0], [1.0], 0.0),
        lambda: half_width([0.0, 1.0], [1.0, 2.0, 3.0]),
        lambda: amplitude([]),
    ],
)
def test_what_is_no_trace_is_told(measure):
    with pytest.raises(UserError, match="A trace needs"):
        measure()
