"""Coherence and linear information agree with what is known of Gaussian channels."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dendritic_bp.errors import UserError
from dendritic_bp.information import coherence, linear_information

STEP, SIZE = 1e-3, 200_000
GENERATOR = np.random.default_rng(0)
SIGNAL = GENERATOR.normal(size=SIZE)


@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
def test_information_of_a_white_channel_is_shannons(ratio):
    response = 3 * (SIGNAL + GENERATOR.normal(size=SIZE) / np.sqrt(ratio)) + 7
    _, share = coherence(SIGNAL, response, STEP)
    assert share.mean() == pytest.approx(ratio / (1 + ratio), abs=0.01)
    bits = 500 * np.log2(1 + ratio)  # up to the Nyquist frequency
    assert linear_information(SIGNAL, response, STEP) == pytest.approx(bits, rel=0.03)
    assert linear_information(SIGNAL, response, STEP, highest=100) == pytest.approx(bits / 5, rel=0.06)


def test_a_filter_without_noise_loses_nothing():
    _, share = coherence(SIGNAL, lfilter([0.1], [1, -0.9], SIGNAL), STEP)
    assert share[1:].min() > 0.98


def test_independent_series_share_nothing_in_the_mean():
    other = GENERATOR.normal(size=SIZE)
    short = slice(20_000)
    frequencies, share = coherence(SIGNAL[short], other[short], STEP)
    assert share.mean() < 0.02  # 0.05 without the correction
    assert frequencies[-1] == 500
    assert linear_information(SIGNAL[short], other[short], STEP) < 500 * np.log2(1 / (1 - 0.02))


@pytest.mark.parametrize("top", [10, 100, 500])
def test_information_of_a_slow_signal_is_that_of_its_spectrum(top):
    slow = lfilter([0.05], [1, -0.95], SIGNAL)
    noisy = slow + 0.1 * GENERATOR.normal(size=SIZE)
    frequencies = np.arange(1, top + 1)
    ratio = np.abs(0.05 / (1 - 0.95 * np.exp(-2j * np.pi * frequencies * STEP))) ** 2 / 0.1**2
    expected = np.log2(1 + ratio).sum()
    assert linear_information(slow, noisy, STEP, highest=top) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("signal", "response"),
    [(SIGNAL, SIGNAL[1:]), (SIGNAL[:1500], SIGNAL[:1500]), (SIGNAL, np.full(SIZE, np.nan))],
    ids=["lengths", "too short", "not finite"],
)
def test_series_that_cannot_be_compared_are_refused(signal, response):
    with pytest.raises(UserError, match="two windows|finite"):
        linear_information(signal, response, STEP)


@pytest.mark.parametrize("numbers", [dict(step=0), dict(step=np.nan), dict(window=-1.0), dict(highest=0.1)])
def test_times_and_frequencies_that_cannot_be_are_refused(numbers):
    with pytest.raises(UserError, match="are times|tell frequencies from 1 Hz on|: times"):
        linear_information(SIGNAL, SIGNAL, **(dict(step=STEP) | numbers))
