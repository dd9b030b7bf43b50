import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, StateMonitor, TimedArray, ms, pA
from numpy.testing import assert_allclose
from simulate import DT, simulate, told

from dendritic_bp import NeuronModel, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.poisson_arrivals import arrivals, poisson_arrivals
from dendritic_bp.models.synapses.conductance_synapses import burst_dependent_xor, slow_rate
from dendritic_bp.program import Program

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
import xor
from measures.xor import Activity, Course, summary
from networks import xor as xor_network
from networks import xor_fast

RECEPTORS = ("g_exc_s", "g_inh_s", "g_exc_d", "g_inh_d")
TAU = dict(tau_exc=5 * ms, tau_inh=10 * ms)
receiver = NeuronModel(
    "receiver",
    equations="\n".join(f"d{g}/dt = -{g}/tau_{g[2:5]} : 1" for g in RECEPTORS),
    threshold="False",
    parameters=TAU,
).with_equations(**poisson_arrivals)


def received(n, duration, **values):
    """Return the conductances (receptor, cell, ms) of cells that get nothing but background."""
    cells = neurons(receiver, n, "cells", **values)
    cells.run_regularly(arrivals, when="before_groups", name="background")
    trace = StateMonitor(cells, RECEPTORS, record=True, dt=1 * ms, name="trace")
    simulate(duration, cells, trace)
    return np.stack([getattr(trace, g) for g in RECEPTORS])


def test_random_numbers_are_those_of_the_lehmer_generator():
    cells = neurons(receiver, 1, "cells", z=1)
    cells.run_regularly(arrivals, when="before_groups", name="background")
    simulate(2500 * DT, cells)
    assert cells.z[0] == pow(48271, 10_000, 2**31 - 1) == 399268537  # the check of Park et al. 1993


def test_background_has_the_statistics_of_independent_poisson_trains():
    n, rate, w = 800, np.array([150, 150, 500, 500]), np.array([0.385, 0.49, 0.05, 0.05])
    names = ("w_exc_s", "w_inh_s", "w_exc_d", "w_inh_d")
    g = received(n, 350 * ms, rate_s=150 * Hz, **dict(zip(names, w, strict=True)))[:, :, 50:]
    tau, p = np.array([5e-3, 10e-3, 5e-3, 10e-3]), rate * 1e-4
    keep = 1 - 1e-4 / tau
    assert_allclose(g.mean(axis=(1, 2)), w * p * keep / (1 - keep), rtol=0.02)
    assert_allclose(g.var(axis=(1, 2)), w**2 * p * (1 - p) * keep**2 / (1 - keep**2), rtol=0.05)
    z = (g - g.mean(axis=(1, 2), keepdims=True)) / g.std(axis=(1, 2), keepdims=True)
    for k in range(4):
        lag = round(tau[k] * 1e3)
        assert np.mean(z[k, :, lag:] * z[k, :, :-lag]) == pytest.approx(np.exp(-1), abs=0.03)
    pairs = [
        (z[k, :, lag:], z[m, :, : 300 - lag]) for k in range(4) for m in range(4) for lag in (0, 3) if k != m
    ]
    assert max(abs(np.mean(a * b)) for a, b in pairs) < 0.02  # 5 standard errors
    neighbours = [np.mean(z[k, 1:] * z[k, :-1]) for k in range(4)]
    assert np.abs(neighbours).max() < 0.03


def learned(pre, post, steps, post_values=None, **values):
    """Return the change of one weight, in units of the learning rate, and the conductance that it made."""
    model = told.with_equations("g_exc_s : 1").with_equations(**slow_rate)
    orders = {name: np.zeros((steps, 1)) for name in ("pre", "post")}
    orders["pre"][pre], orders["post"][post] = 1, 1
    source, target = (
        neurons(model, 1, name, dict(orders=TimedArray(orders[name], dt=DT)), **extra)
        for name, extra in (("pre", {}), ("post", post_values or {}))
    )
    wires = synapses(burst_dependent_xor, source, target, "wires", eta=0.01, w=0.5, **values)
    simulate(steps * DT, source, target, wires)
    return float(wires.w[0] - 0.5) / 0.01, float(target.g_exc_s[0])


def test_published_rule_for_conductances():
    x = (1 - 1e-3) ** 100  # the trace of an event at step 0 when step 100 reads it
    busy = dict(E_bar=8, B_bar=2, H=100)  # 4 Hz, above r_min
    assert learned([0], [], 50, busy) == (0, 0.5)
    assert learned([0], [100], 150, busy)[0] == pytest.approx(-0.25 * x, rel=1e-6)
    both = learned([0], [100, 180], 200, busy)[0]
    assert both == pytest.approx(-0.25 * x + (1 - 1e-3) ** 180, rel=1e-6)


def test_rates_are_limited_softly():
    fast = dict(E_bar=40, B_bar=0, H=1000)  # 20 Hz: h = -(20 - 10)/20
    assert learned([0], [100], 150, fast)[0] == pytest.approx(-0.5 * (1 - 1e-3) ** 100, rel=0.01)
    slow = dict(H=30)  # 1 Hz in 30 s: 1 Hz below r_min
    assert learned([0], [], 50, slow)[0] == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "target", "current"),
    [(2.5, 0, 0), (6, 0, -250), (9.5, 0, -1000), (9.5, 1, 0), (6, 1, 250), (2.5, 1, 1000)],
)
def test_teacher_sends_the_published_current(rate, target, current):
    tables = dict(teaching=TimedArray([1.0], dt=1 * ms), target=TimedArray([float(target)], dt=1 * ms))
    cells = neurons(xor_network.taught, 1, "cells", tables, E_bar=2 * rate)
    cells.namespace |= tables
    cells.run_regularly(xor_network.TEACHER, dt=1 * ms, name="teach")
    simulate(1 * ms, cells)
    assert cells.I_teacher[0] / pA == pytest.approx(current)


def test_published_schedule_teaches_in_the_last_tenth_of_training_examples():
    design = xor_network.Published(epochs=2)
    tables = {name: table.values for name, table in design._tables().items()}
    taught = np.flatnonzero(tables["teaching"])
    assert design.simulated_s == pytest.approx(6.4 + 4 * 4 * 8)
    assert taught.tolist() == [8 + 40 + 10 * k + 9 for k in range(8)]
    assert tables["target"][taught].tolist() == [0, 1, 1, 0] * 2
    assert_allclose(
        tables["stimulus"][taught[:4]] * 1e12, [(-350, -350), (150, -350), (-350, 150), (150, 150)]
    )
    assert np.all(tables["stimulus"][:8] == 0)


@pytest.mark.parametrize("plastic", [True, False])
def test_fast_schedule_learns_in_training_alone(plastic):
    design = xor_fast.Fast(epochs=3)
    values = design.values(1, "opposite", plastic)
    teaching, label = values["teaching"].reshape(-1, 20), values["label"]
    assert np.flatnonzero(teaching.any(axis=1)).tolist() == list(range(20, 32))
    assert np.all(teaching[20, :6] == 0)
    assert np.all(teaching[20, 6:] == 1)
    assert np.all((values["learning"] > 0) == (values["teaching"] > 0))
    assert_allclose(label, values["stimulus"].sum(axis=1) == 1)
    assert np.all(label.reshape(-1, 4).sum(axis=1) == 2)
    assert ("forward1.eta" in values) is not plastic


@pytest.mark.parametrize("rule", ["published", "gradient"])
def test_pools_differ_in_the_sign_of_feedback_alone(rule, tmp_path):
    """Without a compiler: the program is written, and takes the values of each variant."""
    design = xor_fast.Fast(3, rule)
    program = Program(design.protocol, design.name, folder=tmp_path)
    w = {}
    for feedback in ("opposite", "same", "zero"):
        values = program.check(design.values(1, feedback, True))
        w[feedback] = values["feedback.w"].reshape(xor_fast.OUTPUTS, 2, xor_fast.HIDDEN)
    assert np.all(w["opposite"][:, 0] > 0)
    assert_allclose(w["opposite"][:, 1], -w["opposite"][:, 0])
    assert_allclose(w["same"], np.abs(w["opposite"]))
    assert np.all(w["zero"] == 0)
    assert ("feedback.eta" in program.values) is (rule == "gradient")  # otherwise it is fixed


@pytest.mark.parametrize("routing", ["prescribed", "synapses"])
def test_synapses_and_interneurons_route_what_else_a_detector_tells(routing):
    design = xor_fast.Fast(1, routing=routing)
    program = Program(design.protocol, design.name)
    program.check(design.values(1, "zero", False))
    routed = {
        "feedback.per_event",
        "output.eta_centre",
        "output_facilitating.U",
        "output_repeats_burst.I_soma",
    }
    assert routed & set(program.values) == (routed if routing == "synapses" else set())
    assert design.name.endswith("-routed") is (routing == "synapses")


def test_routed_feedback_is_fixed_and_reads_no_detector():
    assert set(xor_fast.fixed_routed_feedback.on_pre) == {"spike", "relayed", "relayed_burst"}
    assert not any("w =" in code for code in xor_fast.fixed_routed_feedback.on_pre.values())


def course(rate):
    quiet = Activity(np.zeros((5, 4)), np.zeros((5, 4)))
    return Course(np.array(rate, float), dict(before=quiet, after=quiet), (2, 10), 32, {}, [], 1)


def test_cost_is_the_published_one():
    chance, best = course([[6, 6, 6, 6]]), course([[0, 12, 12, 1]])
    assert chance.cost[0] == pytest.approx(4 * np.log(2))
    assert best.cost[0] == pytest.approx(-4 * np.log(0.99))
    assert not chance.right[0]
    assert best.right[0]
    assert course([[3.75, 4.61, 4.66, 4.98]]).cost[0] == pytest.approx(2.92, abs=0.05)


def test_cost_of_the_test_is_the_mean_over_its_epochs():
    tested = replace(course([[6, 6, 6, 6]]), after=np.array([[6, 6, 6, 6], [0, 12, 12, 1]]))
    run = Namespace(run_s=1, build_s=1, cpu_s=1, peak_rss_mb=1)
    assert summary(tested, run, 1)["test_cost"] == pytest.approx(2 * np.log(2) - 2 * np.log(0.99))


def test_criterion_counts_from_the_last_epoch_that_fails():
    wrong, right = [6, 6, 6, 7], [2, 10, 10, 2]
    assert course([wrong, right, right]).until(np.array([False, True, True])) == 32
    assert course([right, wrong, right]).until(np.array([True, False, True])) == 64
    assert np.isnan(course([right, wrong]).until(np.array([True, False])))


FLAGS = dict(
    quick=False,
    routing="prescribed",
    protocol="fast",
    rule="published",
    feedback="opposite",
    epochs=None,
    precision="double",
    example=8,
    average=2,
)


def test_the_microcircuit_has_a_protocol_and_feedback_of_its_own():
    for flag, value in dict(
        protocol="published", rule="gradient", feedback="same", precision="single", example=4
    ).items():
        given = FLAGS | {"routing": "microcircuit", flag: value}
        with pytest.raises(UserError, match=f"--routing microcircuit has no --{flag} {value}"):
            xor.simulate(Namespace(**given))


def test_the_published_protocol_has_the_published_rule():
    with pytest.raises(UserError, match="--protocol published has no --rule gradient"):
        xor.simulate(Namespace(**FLAGS | dict(protocol="published", rule="gradient")))


@pytest.mark.parametrize(("flag", "value"), [("protocol", "published"), ("rule", "gradient")])
def test_routed_feedback_belongs_to_the_fast_protocol_and_the_published_rule(flag, value):
    with pytest.raises(UserError, match="--routing synapses needs --protocol fast and --rule published"):
        xor.simulate(Namespace(**FLAGS | {"routing": "synapses", flag: value}))


@pytest.mark.parametrize(("flag", "value"), [("epochs", 0), ("example", -8), ("average", 0)])
def test_bad_flags_are_refused(flag, value):
    given = dict(FLAGS, epochs=3) | {flag: value}
    with pytest.raises(UserError, match=f"--{flag} must be more than 0, not {value}"):
        xor.simulate(Namespace(**given))
