"""Segregated dendrites: potentials, plateaus and the rule on cells by hand; angles; weights at the start."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from brian2 import Hz, StateMonitor, TimedArray, ms, mV
from numpy.testing import assert_allclose
from scipy.special import expit
from simulate import simulate

from dendritic_bp import neurons, synapses
from dendritic_bp.chain import Chain
from dendritic_bp.models.neurons.segregated import segregated_hidden, segregated_input, segregated_output
from dendritic_bp.models.synapses.phase_difference import phase_difference, phase_feedback
from dendritic_bp.program import Program
from dendritic_bp.tasks import digits
from dendritic_bp.trials import Schedule

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from measures import plateau_difference as measures
from networks.plateau_difference import BRIEF, CONDITIONS, PHASE, PIECE, WHOLE, Design, first_weights, start
from networks.plateau_training import Training

STEPS = round(float(PHASE / ms))
SHOWN = ("images", "label")


def gates(learning=1.0, label=0):
    """Return the tables of one trial of two phases, and of a step before the next one."""
    k = np.arange(2 * STEPS)
    rows = dict(since=k % STEPS, free=k < STEPS, taught=k >= STEPS, end=k == k[-1])
    rows["learning"] = np.full(k.size, learning)
    tables = {name: TimedArray(row.astype(float), dt=1 * ms, name=f"{name}_") for name, row in rows.items()}
    return tables | dict(label=TimedArray([float(label)], dt=1000 * ms))


def cells(model, n, name, tables, **values):
    return neurons(model, n, name, {word: tables[word] for word in model.namespace}, **values)


def run(duration, *objects):
    simulate(duration, *objects, dt=1 * ms)


def test_a_spike_is_a_potential_of_area_one_in_the_receiver():
    tables = gates()
    kick = (np.exp(-0.1) - np.exp(-1 / 3)) / 7 / (1 - np.exp(-0.1)) / ms
    sender = cells(segregated_input, 1, "sender", tables, y=kick)  # it has just fired
    receiver = cells(segregated_hidden, 1, "receiver", tables, x_b=2 * mV * ms * kick, r_max=0 * Hz)
    records = [StateMonitor(each, name, record=True) for each, name in ((sender, "psp"), (receiver, "V_b"))]
    run(100 * ms, sender, receiver, *records)
    (psp,), (V_b,) = records[0].psp / Hz / 1000, records[1].V_b / mV  # 1/ms; a weight of 2 mV ms
    assert psp.sum() == pytest.approx(1, rel=0.01)
    assert_allclose(V_b, 2 * psp, rtol=1e-6)
    t = np.arange(100)
    assert_allclose(psp, (np.exp(-t / 10) - np.exp(-t / 3)) / 7, atol=1e-9)


def test_the_soma_follows_the_basal_dendrite_and_not_the_apical_one():
    hidden = cells(segregated_hidden, 1, "hidden", gates(), b=1.4 * mV, v_a=100 * mV)
    run(20 * ms, hidden)
    assert hidden.V[0] / mV == pytest.approx(1.4 * 0.6 / 0.7, rel=1e-4)


def test_a_leak_lets_the_apical_dendrite_reach_the_soma():
    still = dict(tau_L=1e9 * ms, g_A=0.6 / ms)
    hidden = cells(segregated_hidden, 1, "hidden", gates(), v_a=1.3 * mV, **still)
    run(20 * ms, hidden)
    assert hidden.V[0] / mV == pytest.approx(1.3 * 0.6 / 1.3, rel=1e-4)


def test_the_teacher_drives_the_right_cell_up_and_all_others_down():
    output = cells(segregated_output, 2, "output", gates(label=1))
    run(2 * PHASE - 1 * ms, output)
    assert_allclose(output.V / mV, [-8 / 1.7, 8 / 1.7], rtol=1e-3)  # conductances 1, 0.6 and 0.1 [G17]
    assert_allclose(output.r_2, expit([-8 / 1.7, 8 / 1.7]), rtol=0.06)


def learned(learning=1.0, credit=True, **values):
    """Run a trial in which the apical potential of two cells differs between the phases, or does not."""
    tables = gates(learning)
    tables["back"] = TimedArray(np.repeat([0.0, 1.0 if credit else 0.0], STEPS), dt=1 * ms, name="back_")
    sender = cells(segregated_input, 1, "sender", tables, rate=900 * Hz)
    model = segregated_hidden.with_equations("V_a = 0.3*mV*(1 - 2*i)*back(t) : volt", namespace=("back",))
    hidden = cells(model, 2, "hidden", tables, b=[0.2, -1] * mV)
    wires = synapses(phase_difference, sender, hidden, "wires", w=[0.5, 0.7] * mV * ms, **values)
    run(2 * PHASE, sender, hidden, wires)
    return sender, hidden, wires


def test_a_synapse_learns_the_difference_of_plateaus_times_slope_times_potential():
    sender, hidden, wires = learned()
    s = expit(hidden.V_1 / mV)
    # [G17]: dW = eta P_0 k_B r_max s (1 - s) (alpha_2 - alpha_1) PSP, with P_0 = 20/r_max
    credit = 20 * 0.6 / 0.7 * s * (1 - s) * (expit([0.3, -0.3]) - 0.5)
    psp = sender.psp_1[0] / Hz / 1000
    assert psp > 0.5
    assert_allclose(wires.w / (mV * ms), [0.5, 0.7] + 0.21 * credit * psp, rtol=1e-9)
    assert_allclose(hidden.b / mV, [0.2, -1] + 0.21 * credit, rtol=1e-9)


@pytest.mark.parametrize("without", [dict(credit=False), dict(learning=0.0, plastic=0.0)], ids=str)
def test_without_a_difference_or_with_the_gate_closed_nothing_changes(without):
    _, hidden, wires = learned(**without)
    assert_allclose(wires.w / (mV * ms), [0.5, 0.7], rtol=1e-12)
    assert_allclose(hidden.b / mV, [0.2, -1], rtol=1e-12)


def test_output_cells_learn_from_their_rates():
    tables = gates(label=0)
    sender = cells(segregated_input, 1, "sender", tables, rate=900 * Hz)
    output = cells(segregated_output, 1, "output", tables)
    wires = synapses(phase_difference, sender, output, "wires", w=0.1 * mV * ms)
    run(2 * PHASE, sender, output, wires)
    s = expit(output.V_1[0] / mV)
    change = 0.21 * 20 * 0.6 / 0.7 * s * (1 - s) * (output.r_2[0] - s) * sender.psp_1[0] / Hz / 1000
    assert change > 0.1  # the right cell
    assert (wires.w[0] / (mV * ms)) == pytest.approx(0.1 + change)


def test_an_early_plateau_sees_an_early_window():
    tables = gates()
    tables["back"] = TimedArray((np.arange(2 * STEPS) == STEPS - 1) * 22.0, dt=1 * ms, name="back_")
    model = segregated_hidden.with_equations("V_a = back(t)*mV : volt", namespace=("back",))
    hidden = cells(model, 2, "hidden", tables, early_1=[0, 1] * ms)
    run(2 * PHASE, hidden)
    assert_allclose(hidden.A_1 / mV, [1, 0], atol=1e-12)  # the last step of the phase


def sent(**values):
    """Return what arrives at an apical dendrite from an output cell that fires half of the time."""
    tables = gates()
    output = cells(segregated_output, 1, "output", tables, r_max=1000 * Hz, **values)
    hidden = cells(segregated_hidden, 1, "hidden", tables)
    wires = synapses(phase_feedback, output, hidden, "wires", w=2 * mV * ms)
    record = StateMonitor(hidden, "V_a", record=True)
    run(PHASE, output, hidden, wires, record)
    return record.V_a[0, 30:] / mV


def test_feedback_sends_spikes_or_their_rate():
    rates, spikes = sent(ticking=1), sent()
    assert_allclose(rates, 1, rtol=0.25)  # 2 mV ms times 500 Hz; steps of 1 ms
    assert np.ptp(np.diff(rates)) < 0.2 * np.ptp(np.diff(spikes))


def test_feedback_that_follows_stays_the_forward_weight():
    tables = gates()
    hidden = cells(segregated_hidden, 1, "hidden", tables)
    output = cells(segregated_output, 2, "output", tables)
    eta = dict(eta=0.3 * mV * ms**2)
    up = synapses(phase_difference, hidden, output, "up", w=[0.4, -0.2] * mV * ms, **eta)
    down = synapses(phase_feedback, output, hidden, "down", w=[0.4, -0.2] * mV * ms, **eta)
    run(2 * PHASE, hidden, output, up, down)
    assert abs(up.w[0] / (mV * ms) - 0.4) > 1e-3
    assert_allclose(up.w / (mV * ms), down.w / (mV * ms), rtol=1e-12)


# --- weights at the start ---


def test_potentials_are_as_late_and_as_large_as_the_first_10_ms_of_the_published_ones():
    t = np.arange(1, 11)
    published = (np.exp(-t / 10) - np.exp(-t / 3)) / 7
    assert sum(BRIEF.values()) / ms == pytest.approx(np.average(t, weights=published), abs=0.05)
    assert pytest.approx(published.sum()) == WHOLE


def test_first_weights_give_potentials_of_the_published_mean_and_deviation():
    mean, sd = first_weights(500)
    weights = mean + sd * np.random.default_rng(0).standard_normal((4000, 500))
    below = 3 + 3 * np.random.default_rng(1).standard_normal((500, 500))
    V = 0.8 + 0.05 * weights @ below
    assert (V.mean(), V.std()) == (pytest.approx(3, abs=0.3), pytest.approx(3, rel=0.1))


def test_sparse_feedback_is_a_fifth_five_times_as_large_and_symmetric_feedback_the_forward_weights():
    design = Design((30,))
    random, sparse, symmetric = (start(design, kind, 1) for kind in ("random", "sparse", "symmetric"))
    w, few = (each["feedback1.w"] / (mV * ms) for each in (random, sparse))
    assert (few != 0).mean() == pytest.approx(0.2)
    assert_allclose(few[few != 0], 5 * w[few != 0])
    forward = (symmetric["forward2.w"] / (mV * ms)).reshape(30, 10)
    assert_allclose((symmetric["feedback1.w"] / (mV * ms)).reshape(10, 30), forward.T)
    assert symmetric["feedback1.eta"] == symmetric["forward2.eta"]
    assert "feedback1.eta" not in random and 0.4 < WHOLE < 0.6


def test_feedback_to_two_layers_comes_from_the_output():
    values = start(Design((30, 20)), "random", 1)
    assert values["feedback1.w"].shape == (300,) and values["feedback2.w"].shape == (200,)
    assert all(condition.layers in (0, 1, 2) for condition in CONDITIONS.values())


# --- measures ---


def made(seed=0, images=7, hidden=5, outputs=3):
    """Return means of a hidden layer and the output (V), and the weights between them."""
    rng = np.random.default_rng(seed)

    def normal(cells):
        return rng.standard_normal((images, cells))

    output = dict(V_1=normal(outputs) * 1e-3, r_2=expit(normal(outputs)))
    w = rng.standard_normal((hidden, outputs, 2))
    layer = dict(V_1=normal(hidden) * 1e-3, A_1=1e-7 * normal(hidden), psp_1=normal(hidden))
    return layer, output, w


def test_plateaus_that_follow_the_error_through_forward_weights_make_no_angle():
    layer, output, w = made()
    s = expit(output["V_1"] / 1e-3)
    error = s * (1 - s) * (output["r_2"] - s)
    back = np.array([w[:, :, k // 4] @ each for k, each in enumerate(error)])
    layer["A_2"] = layer["A_1"] + 1e-7 * back
    angles = measures.angles_by_image(dict(hidden1=layer, output=output), [w], 4)
    assert angles.shape == (1, 7)
    assert np.degrees(angles).max() < 0.1
    layer["A_2"] = layer["A_1"] - 1e-7 * back
    assert np.degrees(measures.angles_by_image(dict(hidden1=layer, output=output), [w], 4)).min() > 179.9


def test_the_gradient_of_two_layers_is_that_of_differences():
    rng = np.random.default_rng(3)
    W2, W3, x, y = (
        rng.standard_normal((4, 3)),
        rng.standard_normal((3, 2)),
        rng.standard_normal(4),
        expit([1, -1]),
    )

    def loss(first):
        return 0.5 * np.sum((y - expit(expit(expit(first) @ W2) @ W3)) ** 2)

    numeric = [(loss(x + e) - loss(x - e)) / 2e-6 for e in 1e-6 * np.eye(4)]
    V2 = expit(x) @ W2
    V3 = expit(V2) @ W3
    means = {
        "hidden1": dict(V_1=x[None] * 1e-3, A_1=np.zeros((1, 4))),
        "hidden2": dict(V_1=V2[None] * 1e-3, A_1=np.zeros((1, 3)), A_2=np.ones((1, 3))),
        "output": dict(V_1=V3[None] * 1e-3, r_2=y[None]),
    }
    means["hidden1"]["A_2"] = -1e-6 * (np.array(numeric) / measures.slope(x * 1e-3))[None]
    angles = measures.angles_by_image(means, [W2[:, :, None], W3[:, :, None]], 50)
    assert np.degrees(angles[0, 0]) < 0.1


class Trained:
    """What a training leaves, for two epochs of 1,000 images."""

    def __init__(self, layers, angle):
        self.right = [np.arange(1000) % 2 == 0, np.ones(1000, bool)]
        self.angles = [np.full((layers, 1000), np.radians(each)) for each in (90, angle)]
        self.validation, self.test = [0.5, 0.75], 0.7


def test_the_summary_tells_errors_and_late_angles():
    data = measures.dataset(dict(none=Trained(0, 0), two=Trained(2, 30)))
    numbers = measures.summary(data)
    assert isinstance(data, xr.Dataset) and data.images.values.tolist() == [500, 1000, 1500, 2000]
    assert numbers["none_test_error"] == pytest.approx(0.3)
    assert numbers["two_validation_error"] == pytest.approx(0.25)
    assert numbers["two_training_error_late"] == 0
    assert numbers["two_angle_hidden2_deg"] == pytest.approx(30)
    assert not any(name.startswith("none_angle") for name in numbers)


# --- the network ---


def test_a_trial_of_training_has_two_phases_and_a_look_is_one_without_learning():
    data = digits(0)
    samples = np.resize(data.train, PIECE)
    phases = np.where(np.arange(PIECE) == 1, "look", "train")
    schedule = Schedule.of((samples, phases, 0, np.where(phases == "look", 0, 0.5)))
    gates = {n: v.reshape(PIECE, -1) for n, v in Design(()).values(schedule, data).items() if n not in SHOWN}
    (train, look), last = ({n: v[k] for n, v in gates.items()} for k in (0, 1)), 2 * STEPS - 1
    assert (
        train["free"].sum() == train["taught"].sum() == STEPS and not (train["free"] * train["taught"]).any()
    )
    assert train["since"][[0, STEPS - 1, STEPS]].tolist() == [0, STEPS - 1, 0]
    assert train["end"].nonzero()[0].tolist() == [last] and set(train["learning"]) == {0.5}
    assert look["free"].all() and look["since"][-1] == last
    assert not (look["taught"].any() or look["end"].any() or look["learning"].any())


@pytest.mark.slow
def test_hidden_cells_learn_digits_and_come_towards_the_gradient():
    design = Design((40,))
    chain = Chain(Program(design.protocol, design.name), 20)
    training = Training(design, digits(20), "one", 6, 20, {})(chain)
    first, last = (np.degrees(np.nanmean(training.angles[epoch])) for epoch in (0, -1))
    assert training.test > 0.85  # seen: 0.914
    assert first > 75 and last < 68  # seen: 81, 64
    assert training.pieces == chain.spent.pieces
