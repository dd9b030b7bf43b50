"""Short-term plasticity passes on events or bursts, by the published recursion."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import StateMonitor, TimedArray, ms, pA
from numpy.testing import assert_allclose
from simulate import DT, simulate, told

from dendritic_bp import neurons, synapses
from dendritic_bp.models.synapses import short_term as library
from dendritic_bp.models.synapses.short_term import RELEASE, depressing, facilitating, short_term
from dendritic_bp.models.synapses.static import static

TRAIN = [100, 220, 330, 900, 1020, 2000]  # steps of 0.1 ms: bursts of three and two, and a single spike
STEPS = 2100
W = 10 * pA
PUBLISHED = [library.depressing_published, library.facilitating_published]


def cells(name, train):
    """Build one cell that fires in these steps, with variables for what it releases."""
    orders = np.zeros((STEPS, 1))
    orders[train] = 1
    return neurons(told.with_equations(RELEASE), 1, name, namespace=dict(orders=TimedArray(orders, dt=DT)))


def received(build, train=TRAIN):
    """Return what each spike delivers, in units of the weight; `build` wires source to target."""
    source, target = cells("source", train), cells("target", [])
    trace = StateMonitor(target, "I_basal", record=True, name="trace")
    simulate((train[-1] + 10) * DT, source, target, *build(source, target), trace)
    return np.diff(np.asarray(trace.I_basal[0] / W))[train]


def shared(model, delay=None):
    """Return how to wire with what the terminals of a cell release together."""
    word = "depressed" if "depress" in model.name else "facilitated"

    def build(source, target):
        deliver = replace(static, on_pre={"spike": f"I_basal_post += w*{word}_pre"}, delay=delay)
        yield synapses(deliver, source, target, "a_first_by_name", w=W)
        yield synapses(model, source, source, "terminals", "i == j")

    return build


def expected(model, train=TRAIN):
    """Return u x at each spike, by the published recursion."""
    U, f, tau_D, tau_F = (float(model.parameters[name]) for name in ("U", "f", "tau_D", "tau_F"))
    u, x, last, result = U if model.initial["u_S"] == "U" else model.initial["u_S"], 1.0, 0.0, []
    for t in np.array(train) * 1e-4:
        u, x = U + (u - U) * np.exp((last - t) / tau_F), 1 + (x - 1) * np.exp((last - t) / tau_D)
        result.append(u * x)
        u, x, last = u + f * (1 - u), x - u * x, t
    return np.array(result)


@pytest.mark.parametrize("model", [depressing, facilitating, *PUBLISHED], ids=lambda model: model.name)
def test_release_follows_the_published_recursion(model):
    assert_allclose(received(shared(model)), expected(model), rtol=1e-9)


@pytest.mark.parametrize(
    "table", [library.DEPRESSING, library.FACILITATING], ids=["depressing", "facilitating"]
)
def test_state_in_each_synapse_is_the_same_as_state_shared_by_a_cell(table):
    model = replace(short_term, parameters=table)
    each = received(lambda source, target: [synapses(model, source, target, "wires", w=W)])
    assert_allclose(each, expected(model), rtol=1e-9)


def test_a_delay_changes_when_and_not_what_is_delivered():
    late = [step + 8 for step in TRAIN]
    source, target = cells("source", TRAIN), cells("target", [])
    trace = StateMonitor(target, "I_basal", record=True, name="trace")
    simulate(STEPS * DT, source, target, *shared(depressing, 0.8 * ms)(source, target), trace)
    jumps = np.diff(np.asarray(trace.I_basal[0] / W))
    assert np.flatnonzero(jumps).tolist() == late
    assert_allclose(jumps[late], expected(depressing), rtol=1e-9)


def test_depressing_synapses_favour_the_first_spike_of_a_burst_and_facilitating_ones_the_later():
    burst = [100, 220, 330]  # 12 and 11 ms
    first, second, third = expected(depressing, burst)
    assert first > 0.85 and max(second, third) < 0.55 * first
    first, second, third = expected(facilitating, burst)
    assert first == pytest.approx(0.02) and second > 4 * first and third > 1.5 * second


def test_ignoring_f_hides_most_of_the_facilitation():
    paper, program = expected(facilitating)[:3], expected(PUBLISHED[1])[:3]
    assert paper[2] > 7 * paper[0]
    assert program[2] < 0.3 * paper[2]


def test_resources_are_never_negative_nor_more_than_whole():
    busy = list(range(10, 500, 20))  # 500 Hz
    for model in (depressing, facilitating):
        release = received(shared(model), busy)
        assert_allclose(release, expected(model, busy), rtol=1e-9)
        assert release.min() > 0 and release.max() <= 1
