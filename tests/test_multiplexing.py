"""The experiments on multiplexing ask for what they say, and measure what is there."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import disinhibition
import propagation
from dendritic_bp.analysis import detect_events
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from measures import disinhibition as disinhibition_measures
from measures import multiplexing as multiplexing_measures
from measures import propagation as propagation_measures
from networks.propagation import Chain, published_forms

TIMES = np.arange(0, 3, 0.05)


@pytest.fixture(scope="module")
def program():
    """Trace, but not compile, a small chain of three areas."""
    chain = Chain(3, scale=0.01)
    return chain, Program(chain.protocol, chain.name)


@pytest.mark.parametrize("flags", [dict(areas=1, feedback=None), dict(areas=3, feedback=-0.5)], ids=str)
def test_chains_that_cannot_be_are_refused(flags):
    with pytest.raises(UserError, match="--areas must be 2|--feedback is a gain"):
        propagation.simulate(argparse.Namespace(**flags))


def test_chain_has_the_published_cells():
    two, three = Chain(2).populations, Chain(3).populations
    assert two == dict(pc1=4000, som1=1000, pc2=4000, pv2=1000)
    assert set(three) - set(two) == {"som2", "pc3", "pv3"}


def test_another_density_keeps_the_mean_input(program):
    chain, compiled = program
    sparse, dense = chain.wiring(compiled.values, 0.1), chain.wiring(compiled.values, 0.4)
    weights = [name for name in sparse if name.endswith(".w")]
    assert len(weights) == 15
    for name in weights:
        assert 0.1 * sparse[name] == pytest.approx(0.4 * dense[name])
    compiled.check(dense)


def test_feedback_is_half_as_strong_in_long_chains(program):
    chain, compiled = program
    values, full = chain.feedback(compiled.values, None), chain.feedback(compiled.values, 1.0)
    assert set(values) == {"back_2_1.w", "back_3_2.w", "som_pc_1_1.w", "som_pc_2_2.w"}
    assert all(values[name] == full[name] / 2 for name in values)
    assert Chain(2, scale=0.01).feedback(values, None) == full


def test_events_cancel_in_chains_that_ask_for_it(program):
    chain, compiled = program
    cancelling = Chain(3, scale=0.01, cancel_events=True)
    assert cancelling.name != chain.name
    assert {each.name for each in cancelling.projections} - {each.name for each in chain.projections} == {
        "cancel"
    }
    inhibits = Program(cancelling.protocol, cancelling.name)
    new = {"cancel_2_1.w", "cancel_3_2.w"}
    assert {name for name in set(inhibits.values) - set(compiled.values) if name.endswith(".w")} == new
    inhibits.check(cancelling.feedback(inhibits.values, None))


def test_forms_change_what_is_there_and_all_four_together(program):
    _, compiled = program
    forms = published_forms(3)
    for values in forms.values():
        compiled.check(values)
    assert forms["as published"] == {}
    assert len(forms["all four"]) == 3 + 6 + 6 + 3 * 4
    with pytest.raises(UserError, match="pc4"):
        compiled.check(published_forms(4)["all four"])


def test_followed_is_the_same_at_any_delay():
    for delay in (0, 0.1, 0.3):
        wave = xr.DataArray(
            3 + np.sin(2 * np.pi * (TIMES - delay) / 0.5), dims="time", coords=dict(time=TIMES)
        )
        assert propagation_measures.followed(wave, 0.5) == pytest.approx(1)
        assert propagation_measures.followed(wave, 1.118) < 0.15


def test_best_correlation_finds_the_lag():
    generator = np.random.default_rng(0)
    driver = xr.DataArray(generator.normal(size=500), dims="time")
    for lag in (-3, 0, 2):  # bins of 20 ms
        found, at = multiplexing_measures.best_correlation(driver.roll(time=lag), driver)
        assert found == pytest.approx(1, abs=0.02)
        assert at == pytest.approx(20 * lag)


def test_shift_and_slope_of_a_burst_probability_curve():
    pa = np.arange(-100, 501, 50)
    curve = xr.Dataset({"bp": ("pa", 1 / (1 + np.exp(-(pa - 200) / 50)))}, {"pa": pa})
    at = 200 - 50 * np.log(4)  # where the probability is 0.2
    assert disinhibition_measures._current_at(curve) == pytest.approx(at, abs=5)
    assert disinhibition_measures._slope(curve) == pytest.approx(1e3 / (4 * 50), rel=0.1)


def test_change_of_an_event_rate_is_its_mean_and_its_largest():
    base = xr.DataArray([8.0, 4.0, 5.0])
    moved = disinhibition_measures._moved(base * [1.01, 0.90, 1.04], base)
    assert moved["event_rate_change_percent"] == pytest.approx(5)
    assert moved["event_rate_largest_change_percent"] == pytest.approx(-10)


@pytest.mark.parametrize("name", disinhibition.NETWORKS)
def test_every_curve_is_asked_for_in_values_that_the_network_has(name):
    protocol, panels, _, stairs = disinhibition.NETWORKS[name]
    program = Program(protocol(100, stairs), f"disinhibition-{name}-100")
    assert program.trace().duration == len(stairs)
    for values in (values for curves in panels(100).values() for values in curves.values()):
        program.check(values)


def test_a_burst_is_dated_at_its_event():
    times = np.array([0.1, 0.11, 0.12, 0.3, 0.11, 0.2, 0.21])
    cells = np.array([0, 0, 0, 0, 1, 1, 1])
    order = np.random.default_rng(0).permutation(times.size)
    times, cells = times[order], cells[order]
    second = detect_events(times, cells).burst
    first = multiplexing_measures.starts(times, cells, second)
    assert sorted(zip(times[second], cells[second], strict=True)) == [(0.11, 0), (0.21, 1)]
    assert sorted(zip(times[first], cells[first], strict=True)) == [(0.1, 0), (0.2, 1)]


def test_the_share_of_events_that_burst_does_not_see_the_event_rate():
    times = np.arange(0, 2, 5e-3)
    events = 5 + 4 * np.sin(2 * np.pi * 8 * times)
    at_event, later = 0.3 * events, 0.3 * np.roll(events, 2)  # bursts, dated at the event, or 10 ms later
    series = dict.fromkeys(multiplexing_measures.SERIES, events)
    series |= dict(start_rate=at_event, burst_rate=later, input_soma=events, input_dendrite=events)
    arrays = {name: (("kind", "time"), [values]) for name, values in series.items()}
    found = multiplexing_measures.decoded(
        xr.Dataset(arrays, {"kind": ["noise"], "time": times}), "noise", coarse=1
    )
    assert found.burst_share.values == pytest.approx(0.3)
    assert np.ptp(found.burst_probability.values) > 0.3
