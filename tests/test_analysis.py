"""Events and bursts found offline are those of the definition, and counting counts."""

import numpy as np
import pytest
from brian2 import ms
from hypothesis import given
from hypothesis import strategies as st

from dendritic_bp.analysis import (
    NO_ANSWER,
    T_BURST,
    alignment,
    answers,
    bins_of,
    burst_probability,
    count,
    detect_events,
    rates,
)
from dendritic_bp.errors import UserError

SMALL, LARGE = 5e-3, 50e-3


def detect(*times, memory=0.0):
    event, burst = detect_events(times, np.zeros(len(times), int), memory=memory)
    return "".join("E" if e else "B" if b else "." for e, b in zip(event, burst, strict=True))


@pytest.mark.parametrize("memory", [0, 1])
def test_events_and_bursts_of_a_short_train(memory):
    isolated, pair, triple = [0.1], [0.2, 0.205], [0.4, 0.405, 0.410]
    assert detect(*isolated, *pair, *triple, memory=memory) == "E" + "EB" + "EB."


@pytest.mark.parametrize("memory", [0, 1])
@pytest.mark.parametrize(("interval", "found"), [(15.9e-3, "EB"), (16e-3, "EB"), (16.1e-3, "EE")])
def test_the_interval_that_divides_an_isolated_pair(memory, interval, found):
    assert detect(0.1, 0.1 + interval, memory=memory) == found


@pytest.mark.parametrize("interval", [2e-3, 5e-3, 15e-3])
def test_memory_delays_the_next_event_by_as_much_as_derived(interval):
    """After a burst the trace is below 1/e when T_BURST*(1 + ln(1 + exp(-interval/T_BURST))) has passed."""
    silence = T_BURST * (1 + np.log(1 + np.exp(-interval / T_BURST)))
    assert detect(0, interval, interval + silence - 1e-5, memory=1) == "EB."
    assert detect(0, interval, interval + silence + 1e-5, memory=1) == "EBE"
    assert detect(0, interval, interval + T_BURST + 1e-5, memory=0) == "EBE"


def stepwise(times, cells, memory):
    """Run the published detector spike by spike."""
    trace, last, bursting, marks = {}, {}, {}, []
    for t, cell in zip(times, cells, strict=True):
        x = trace.get(cell, 0.0) * np.exp(-(t - last.get(cell, t)) / T_BURST)
        event = x < np.exp(-1) * (1 - 1e-6)
        marks.append((event, not event and not bursting[cell]))
        bursting[cell] = not event
        trace[cell], last[cell] = 1 + memory * x, t
    return np.array(marks, bool).reshape(-1, 2).T


trains = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3)), max_size=60)


@given(trains, st.sampled_from([0, 1]))
def test_any_trains_of_several_cells(train, memory):
    times = np.cumsum([gap * 1e-4 for gap, _ in train])
    cells = np.array([cell for _, cell in train], int)
    event, burst = detect_events(times, cells, memory=memory)
    expected = stepwise(times, cells, memory)
    np.testing.assert_array_equal([event, burst], expected)
    assert not (event & burst).any()
    assert burst.sum() <= event.sum()


@given(trains, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(train, random):
    times = np.cumsum([gap * 1e-4 for gap, _ in train])
    cells = np.array([cell for _, cell in train], int)
    mix = np.array(random.sample(range(len(train)), len(train)), int)
    mixed = detect_events(times[mix], cells[mix])
    for marks, expected in zip(mixed, detect_events(times, cells), strict=True):
        np.testing.assert_array_equal(marks, expected[mix])


def test_a_million_spikes_take_no_time():
    generator = np.random.default_rng(0)
    times, cells = generator.uniform(0, 100, 1_000_000), generator.integers(0, 1000, 1_000_000)
    event, burst = detect_events(times, cells)
    # In Poisson trains at 10 Hz, an interval is longer than T_BURST with this probability.
    alone = np.exp(-10 * T_BURST)
    assert event.mean() == pytest.approx(alone, rel=5e-3)
    assert burst.sum() / event.sum() == pytest.approx(1 - alone, rel=2e-2)


MASKED = np.ma.masked_array([1.0, 2.0], mask=[0, 1])


def test_counts_and_rates_per_bin():
    times, cells = [0.0, 0.05, 0.1, 0.15, 0.3], [0, 1, 1, 1, 2]
    edges = [0, 0.1, 0.3]
    np.testing.assert_array_equal(count(times, cells, 3, edges), [[1, 1, 0], [0, 2, 0]])
    np.testing.assert_allclose(rates(times, 3, edges), [2 / 3 / 0.1, 2 / 3 / 0.2])


def test_burst_probability_is_undefined_without_events():
    np.testing.assert_array_equal(burst_probability([1, 0, 0], [2, 4, 0]), [0.5, 0, np.nan])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: detect_events([0.1, 0.2], [0]), r"shapes \(2,\) and \(1,\)"),
        (lambda: detect_events([np.nan], [0]), "not finite"),
        (lambda: detect_events([0.1], [0.5]), "whole numbers"),
        (lambda: count([0.1], [3], 3, [0, 1]), r"0\.\.2"),
        (lambda: rates([0.1], 3, [1, 0]), "increasing"),
        (lambda: rates([0.1], -2, [0, 1]), "1 or more, not -2"),
        (lambda: bins_of([np.nan], [0, 1]), "not finite"),
        (lambda: detect_events([0.1], [0], memory=np.nan), "from 0 to 1, not nan"),
        (lambda: detect_events(MASKED, [0, 1]), "times: 1 of 2 values are masked"),
        (lambda: answers(np.ma.masked_greater([[1, 9]], 5)), "votes: 1 of 2 values are masked"),
        (lambda: alignment([1, 2], MASKED), "gradient: 1 of 2 values are masked"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(UserError, match=message):
        call()


@pytest.mark.parametrize("dt", [1e-4, 2.5e-5, 1 / 3 * 1e-4])
@pytest.mark.parametrize("shift", [0, 0.7, -123.4])
def test_every_bin_holds_its_steps_however_times_and_edges_are_rounded(dt, shift):
    times = np.arange(30_000) * dt + shift
    for edges in (
        np.arange(31) * (1000 * dt),
        np.linspace(0, 30_000 * dt, 31),
        np.cumsum(np.r_[0, np.full(30, 1000 * dt)]),
    ):
        found = count(times, np.zeros(times.size, int), 1, edges + shift)
        np.testing.assert_array_equal(found[:, 0], 1000)


def test_no_class_has_most_without_a_vote_or_with_a_tie():
    votes = [[0, 0, 0], [1, 0, 0], [2, 2, 1], [0, 1, 3], [5, 5, 5]]
    np.testing.assert_array_equal(answers(votes), [NO_ANSWER, 0, NO_ANSWER, 2, NO_ANSWER])
    for wrong in ([1, 2], [[np.nan, 1]], np.zeros((3, 0))):
        with pytest.raises(UserError, match="trials, classes"):
            answers(wrong)


@pytest.mark.parametrize("t_burst", [16 * ms, 0.0, -1.0, np.nan, np.ones(2)])
def test_the_definition_of_a_burst_is_a_positive_number(t_burst):
    with pytest.raises(UserError, match="t_burst is a plain number of seconds, more than 0"):
        detect_events([0.1, 0.2], [0, 0], t_burst=t_burst)
