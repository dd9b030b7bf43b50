"""A cell from a file goes into networks that learn, with values that were measured of it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import EventMonitor, Hz, ms, pA
from scipy.special import expit, logit

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from simulate import simulate

from dendritic_bp import neurons
from dendritic_bp.errors import UserError
from dendritic_bp.load import neuron_model
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.multiplexing import multiplexing
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.program import Program
from dendritic_bp.rate_network import FICurve
from measures.ensemble import HIGH, LOW, MIDDLE, Plane
from networks import own, xor_fast
from networks import scales as measuring
from networks.cells import CELLS
from networks.digits import Design
from networks.own import Carried, cell_of, own_model
from networks.scales import Scales, _Bench, is_quiet
from networks.xor_fast import Fast

EXAMPLE = str(Path(__file__).parents[1] / "docs/neurons/adex_apical.py")
GRID = np.linspace(0, 4000, 401)
SCALES = Scales(FICurve(GRID, np.maximum(0, (GRID - 300) / 40)), 92.5, 100, 250, 400, 0.1, 0.0)


class Bench(_Bench):
    """Stand in for the runs: rates rise from a threshold on, P is a sigmoid of the apical current."""

    threshold, per_hz, half, width = 300.0, 40.0, 250.0, 60.0

    def _plane(self, soma, dendrite):
        rate = np.maximum(0, (soma - self.threshold) / self.per_hz)[:, None] * np.ones(len(dendrite))
        p = expit((dendrite - self.half) / self.width) * np.ones((len(soma), 1))
        return Plane(dendrite, rate, p, 2 * p)


def bench(**numbers):
    return type("Bench", (Bench,), numbers)(burst_poisson, 0).scales()


@pytest.mark.parametrize("size", [0.02, 1.0, 3.0])
def test_scales_are_found_whatever_the_size_of_currents(size):
    found = bench(threshold=300 * size, per_hz=40 * size, half=250 * size + 5, width=60 * size)
    assert found.current(10) == pytest.approx(700 * size, rel=0.05)
    assert found.slope == pytest.approx(40 * size, rel=0.05)
    for value, p in ((found.low, LOW), (found.middle, MIDDLE), (found.high, HIGH)):
        assert value == pytest.approx(250 * size + 5 + 60 * size * logit(p), abs=8 * size)
    assert found.change == pytest.approx(0, abs=1e-9)


def test_cells_that_do_not_fire_or_burst_are_told_so():
    with pytest.raises(
        UserError, match="'burst_poisson' makes 0 events a second at most.*let I_s charge v_s"
    ):
        bench(threshold=1e6)
    with pytest.raises(UserError, match="0.00 to 0.00 of its events are bursts.*let I_d charge v_d"):
        bench(half=1e6)


def test_background_is_for_cells_in_which_nothing_fluctuates():
    assert is_quiet(pyramidal)
    assert not is_quiet(burst_poisson)  # a coin
    assert not is_quiet(multiplexing) and not is_quiet(pyramidal.with_equations(**background))


def test_the_least_noise_that_makes_bursting_gradual_is_taken(monkeypatch):
    class Sharp(Bench):
        @property
        def width(self):
            return 1 + self.sigma / 4

    monkeypatch.setattr(measuring, "_Bench", Sharp)
    found = measuring.scales(pyramidal)
    assert found.noise == 100 and found.span >= measuring.GRADUAL * found.high


# --- carried over ---


def carried(**changes):
    return Carried(CELLS["multiplexing_short"], SCALES, replace(SCALES, **changes), {})


def numbers(cell):
    """Return the values of a cell in a row: those of its hidden cells, its synapses and its teacher."""
    told = {**cell.hidden, **{f"out_{k}": v for k, v in cell.output.items()}, **cell.teacher, **cell.inputs}
    told |= dict(I=cell.I_tonic, step=cell.step, weights=cell.weights, gain_back=cell.feedback_gain)
    return {name: float(value) for name, value in told.items()}


def test_carried_over_to_itself_a_cell_keeps_its_values():
    old, new = CELLS["multiplexing_short"], carried().cell(multiplexing, own.centred)
    kept = numbers(new)
    for name, value in numbers(old).items():
        if name == "V_d":
            continue  # of conductances
        assert kept[name] == pytest.approx(value, rel=1e-3), name
    assert new.first["w"] == "1*15*pA*randn()" and new.feedback == old.feedback


def test_a_cell_of_other_currents_gets_other_values():
    twice = FICurve(2 * GRID, SCALES.curve.rate)  # twice the current for each rate
    mine = dict(curve=twice, low=400.0, middle=850.0, high=1300.0)  # three times the span
    new, old = carried(**mine).cell(multiplexing, own.centred), CELLS["multiplexing_short"]
    assert new.step / old.step == pytest.approx(2) and new.weights / old.weights == pytest.approx(2)
    assert new.feedback_gain / old.feedback_gain == pytest.approx(1.5)
    assert new.teacher["gain"] / old.teacher["gain"] == pytest.approx(3)
    assert float(new.hidden["I_bias"] / old.hidden["I_bias"]) == pytest.approx(2, rel=1e-3)
    assert float(new.I_tonic / pA) == pytest.approx(400 + 3 * (125 - 100))
    assert new.credit.forward.parameters["w_max"] / bursts.forward.parameters["w_max"] == pytest.approx(2)


def test_nobody_asks_for_more_than_the_cell_can_do():
    slow = carried(highest=10.0).cell(multiplexing, own.centred)
    assert slow.teacher["r_high"] == 8 * Hz and slow.hidden["rate_target"] == 8 * Hz
    assert float(slow.inputs["I_off"] + slow.inputs["I_on"]) == pytest.approx(620e-12, rel=1e-3)  # 8 Hz


# --- from a file into a network ---


@pytest.fixture
def measured(monkeypatch):
    """Take the scales for measured."""
    for module in (own, xor_fast):
        monkeypatch.setattr(module, "scales", lambda model: SCALES)
    yield
    own.own_cell.cache_clear()
    xor_fast.kind_of.cache_clear()


def test_a_file_becomes_a_network_that_learns_images(measured):
    design = Design((3,), EXAMPLE)
    assert design.name == "digits-adex_apical-64-3-10" and cell_of(EXAMPLE).model.name == "adex_apical"
    program = Program(design.protocol, design.name)
    assert {"hidden1.b", "output.g_s", "inputs.V_T", "teacher.gain"} <= set(program.values)


def test_a_file_becomes_a_network_that_learns_xor(measured):
    design = Fast(1, neuron=EXAMPLE)
    assert design.name == "xor-fast-published-adex_apical"
    program = Program(design.protocol, design.name)
    program.check(design.values(0, "opposite", True))
    assert {"hidden.b", "output.g_s"} <= set(program.values)


def test_what_is_no_file_of_python_is_refused_as_such(tmp_path):
    (tmp_path / "cell.txt").write_text("burst_poisson")
    for path in (tmp_path / "cell.txt", tmp_path):
        with pytest.raises(UserError, match="is no file of Python, whose name ends in .py"):
            neuron_model(str(path))


def test_a_neuron_of_the_models_can_be_named(measured):
    assert cell_of("two_compartment").model.name == "two_compartment"
    assert cell_of("burst_poisson") is CELLS["burst_poisson"]
    with pytest.raises(UserError, match="No neuron model 'two_compartmant'.*did you mean 'two_compartment'"):
        cell_of("two_compartmant")


def test_a_cell_that_lacks_something_is_refused_before_it_is_measured():
    with pytest.raises(UserError, match="'pv' is not yet a cell for networks that learn") as error:
        own_model("pv", [bursts.forward, bursts.feedback])
    for word in ("no 'v_d'", "no 'P_bar'", "no 'I_bias'", "the block `averages`", "the block `ports`"):
        assert word in str(error.value)


def test_the_example_has_its_own_noise_and_all_that_is_asked():
    model = neuron_model(EXAMPLE)
    assert not is_quiet(model)
    own.require(model, own.asked([own.centred.forward, own.centred.feedback], own.centred), "digits")


def test_bursts_of_the_example_end_and_are_made_by_its_dendrite():
    """However strong the drive is, events go on, and without apical current they are single spikes."""
    soma, apical, copies = [986, 1600, 2500] * pA, [0, 820] * pA, 40
    pairs = [np.repeat(np.tile(soma, 2), copies), np.repeat(apical, 3 * copies)]
    cells = neurons(neuron_model(EXAMPLE), 6 * copies, "cells", I_soma=pairs[0], I_apical=pairs[1])
    seen = [EventMonitor(cells, name) for name in ("event", "burst")]
    simulate(600 * ms, cells, *seen, dt=1 * ms)
    late = [(each.t > 100 * ms) for each in seen]  # what an onset makes is over
    events, bursts = (
        np.bincount(each.i[late[k]] // copies, minlength=6).reshape(2, 3) for k, each in enumerate(seen)
    )
    assert (np.diff(events[0]) > 0).all() and (events[0] / (copies * 0.5) > [8, 18, 30]).all()
    assert (bursts[0] / events[0] < 0.15).all() and (bursts[1] / events[1] > 0.5).all()


@pytest.mark.slow
def test_the_example_learns_images_and_xor(tmp_path):
    import digits
    import xor
    from dendritic_bp import cli
    from dendritic_bp.storage import read_run

    for script, least in ((digits, dict(test_accuracy=0.3)), (xor, {})):
        out = tmp_path / script.__name__
        arguments = ["--quick", "--neuron", EXAMPLE, "--out", str(out)]
        cli.main("", script.simulate, script.figures, script.options, script.__name__, arguments)
        summary = read_run(out).summary
        assert all(summary[name] >= number for name, number in least.items())
