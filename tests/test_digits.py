"""A network is taught and learns when it should, it is local, and its training is measured as it was."""

import argparse
import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, ms, mV, pA, second

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import digits
from dendritic_bp import SynapseModel, cli, long_names, tasks, trains
from dendritic_bp.analysis import NO_ANSWER
from dendritic_bp.chain import Spent
from dendritic_bp.errors import ModelError
from dendritic_bp.program import Program
from dendritic_bp.source import folder
from dendritic_bp.trials import Schedule, Trials
from measures.digits import (
    Meter,
    _feedback_angle,
    _pixels,
    accuracy,
    curve,
    dataset,
    linear_classifier,
    predicted,
    reliability,
    summary,
)
from networks import digits as digits_network
from networks.cells import CELLS
from networks.digits import PIECE, VOTERS, Design
from networks.layers import COUNTERS, START, inputs, probes
from networks.mechanisms import MECHANISMS
from networks.projections import FEEDBACK, all_to_all, between, feedback_values, higher, shrink
from networks.training import HALVED, LOOKS, PROBE, SMALL, Plan, Training
from networks.training import probes as probed

OWNER = np.repeat(np.arange(10), VOTERS)  # class of each output cell


@pytest.fixture(scope="module")
def data():
    return tasks.digits(seed=0)


def design(neuron="burst_signed", hidden=(30,)):
    return Design(hidden, neuron)


# --- the trials ---


def by_trial(data, neuron="burst_signed"):
    """Return the gates (trials, bins) of a piece that trains, tests and shows."""
    thirds = PIECE // 3
    schedule = Schedule.of(
        (data.train[:thirds], "train", 0, 0.5),
        (data.test[:thirds], "test", 0, 0),
        (data.test[:thirds], "show", 0, 0),
    )
    values = design(neuron).values(schedule, data)
    np.testing.assert_array_equal(values["images"], data.images[schedule.sample])
    np.testing.assert_array_equal(values["label"], data.labels[schedule.sample])
    gates = {name: values[name].reshape(PIECE, -1) for name in design(neuron).gates}
    return schedule, gates


def test_a_trial_is_taught_learned_and_read_once_it_has_settled(data):
    schedule, gates = by_trial(data)
    settled = np.arange(10) >= 3  # bins of 20 ms, from 60 ms on
    np.testing.assert_array_equal(gates["reading"], np.tile(settled, (PIECE, 1)))
    np.testing.assert_array_equal(gates["learning"], np.outer(0.5 * schedule.during("train"), settled))
    np.testing.assert_array_equal(gates["teaching"], np.outer(schedule.during("train", "show"), settled))
    assert gates["opened"].all()


def test_cells_with_plateaus_are_taught_late_and_adapt_before(data):
    _, gates = by_trial(data, "pyramidal")
    late = np.arange(10) >= 7  # from 140 ms on
    np.testing.assert_array_equal(gates["teaching"][0], late)
    np.testing.assert_array_equal(gates["opened"], gates["teaching"])
    assert not (gates["adapting"] * gates["teaching"]).any()
    assert (gates["adapting"].any(axis=1) == gates["teaching"].any(axis=1)).all()


@pytest.mark.parametrize("name", ["plateau_difference", "targets", "contrastive", "pyramidal"])
def test_a_matched_network_fires_as_cells_do_before_a_teacher_moves_them(data, name):
    asked = design(name)
    schedule = Schedule.of((data.train[:PIECE], "train", 0, 1))
    values = asked.values(schedule, data, free=True)
    free, taught = (values[gate].reshape(PIECE, -1) for gate in ("reading", "teaching"))
    bins = round(asked.free_s / 20e-3)
    assert (free.sum(axis=1) == bins).all() and (taught.sum(axis=1) == 3 * asked.cell.stretch).all()
    assert not (free * taught).any()
    usual = design("signed_bursts")  # a teacher of dendrites
    assert usual.free == usual.gates["reading"] and usual.free_s == usual.read_s


# --- the network ---


KINDS = [("burst_signed", (3, 2)), ("pyramidal", (3, 2)), ("multiplexing", (2,))]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def traced(request, data):
    """Write the sources of a small network, for a schedule of one epoch."""
    neuron, hidden = request.param
    asked = design(neuron, hidden)
    program = Program(asked.protocol, asked.name)
    program.trace()
    return program, asked


def test_all_kinds_of_feedback_can_be_asked_of_the_program(traced, data):
    program, asked = traced
    hidden, piece = asked.hidden, Schedule.of((np.resize(data.train, PIECE), "train", 0, 1))
    common = asked.values(piece, data) | asked.recorded()
    for kind in FEEDBACK:
        values = asked.feedback_values(kind)
        assert set(program.check(common | values)) == set(common) | set(values)
        assert {f"feedback{k + 1}.gain" for k in range(len(hidden))} <= set(values)
    frozen = asked.frozen
    assert list(program.check(frozen)) == [f"forward{k + 1}.eta" for k in range(len(hidden))]


def test_inhibition_that_would_excite_is_refused_before_anything_is_compiled(traced):
    program, asked = traced
    if asked.neuron == "multiplexing":
        with pytest.raises(ModelError, match="'hidden1': model 'multiplexing' needs E_inh < V_s.*= -20"):
            program.check({"hidden1.E_inh": -20 * mV})


def sources(program):
    """Return the text of each generated piece of code, by its file, which begins with its object."""
    return {path.stem: path.read_text() for path in (program._sources / "code_objects").glob("*.cpp")}


def test_only_the_teacher_reads_the_label(traced):
    program, *_ = traced
    readers = {file for file, text in sources(program).items() if re.search(r"\b(_namespace)?label", text)}
    assert readers and all(file.startswith("teacher_") for file in readers)
    told = {file for file, text in sources(program).items() if "_array_teacher_" in text}
    assert all(file.startswith(("teacher_", "watch_", "pooling_", "output_")) for file in told)


def test_no_code_reads_the_weights_of_other_synapses(traced):
    program, asked = traced
    names = [f"forward{k + 1}" for k in range(len(asked.hidden) + 1)]
    names += [*asked.skips, *(f"feedback{k + 1}" for k in range(len(asked.hidden)))]
    for name in names:
        readers = {f for f, text in sources(program).items() if re.search(rf"_array_{name}_w\b", text)}
        assert readers and all(file.startswith(f"{name}_") for file in readers)


def test_all_that_is_shown_and_every_gate_begins_anew_with_a_piece(traced):
    program, asked = traced
    tables = program.trace().tables
    assert set(tables) == {"images", "label", *asked.gates} and all(t.is_timed for t in tables.values())


def test_no_synapse_or_learning_cell_reads_the_image_or_its_number(traced):
    program, *_ = traced
    readers = {f for f, text in sources(program).items() if "_namespaceimages_values" in text}
    assert readers and all(file.startswith("stimulus_") for file in readers)


@pytest.mark.parametrize("kind", FEEDBACK)
def test_kinds_of_feedback(kind):
    asked = design()
    values, learned = asked.feedback_values(kind), asked.feedback_values("learned")
    changed = {name for name in values if name not in learned or values[name] != learned[name]}
    assert (
        changed
        == {
            "learned": set(),
            "random": {"feedback1.w_0", "feedback1.eta"},
            "zero": {"feedback1.gain"},
            "shuffled": {"feedback1_pre_event.delay", "feedback1_pre_burst.delay"},
            "scalar": {"feedback1.w", "feedback1.eta"},
        }[kind]
    )
    assert float(values["feedback1_pre_burst.delay"] / second) == (0.2 if kind == "shuffled" else 0)


def test_one_number_to_all_is_cancelled_by_events_as_any_other_feedback():
    values = design("single_phase_bursts").feedback_values("scalar")
    np.testing.assert_allclose(values["feedback1.q"], -0.5 * values["feedback1.w"])


def variants(hidden, *arguments):
    """Return the values of the run and its controls that a command line asks for."""
    parser = argparse.ArgumentParser()
    digits.options(parser)
    return digits._variants(parser.parse_args(arguments), design(hidden=hidden))


def test_each_control_differs_from_the_run_in_one_thing():
    main, *controls = variants((30, 20), "--controls").items()
    assert main == ("", design(hidden=(30, 20)).feedback_values("learned"))
    different = {
        name: {key for key in values if key not in main[1] or np.any(values[key] != main[1][key])}
        for name, values in controls
    }
    assert different == {
        "hidden frozen": {"forward1.eta", "forward2.eta"},  # and not forward3, onto the output
        "feedback zero": {"feedback1.gain", "feedback2.gain"},
        "feedback scalar": {f"feedback{k}.{x}" for k in (1, 2) for x in ("w", "eta")},
        "feedback shuffled": {f"feedback{k}_pre_{e}.delay" for k in (1, 2) for e in ("event", "burst")},
    }


def test_one_run_is_made_unless_controls_are_asked_for():
    (frozen,) = variants((30,), "--feedback", "random", "--hidden-plasticity", "off").values()
    assert frozen == design().feedback_values("random") | design().frozen
    (first,) = variants((30, 20), "--hidden-plasticity", "first").values()
    assert first == design(hidden=(30, 20)).feedback_values("learned") | {"forward2.eta": 0 * pA}


def test_a_second_hidden_layer_is_driven_strongly():
    cell, up = CELLS["burst_signed"], between(100, CELLS["burst_signed"])
    assert up["eta"] / shrink(100, cell) / pA == pytest.approx(30)
    assert "w_far" not in up and "w_far" in higher(100, cell)  # weights between hidden layers hardly fade
    assert (up["w"], higher(100, cell)["w"]) == tuple(f"{w}*pA/sqrt(100)*randn()" for w in (10000, 30))
    assert between(100, CELLS["burst_poisson"]) == higher(100, CELLS["burst_poisson"])


def test_the_output_of_a_deep_network_hears_longer_currents_of_the_same_charge():
    one, two = (design(hidden=hidden).cell for hidden in ((30,), (30, 20)))
    assert one == CELLS["burst_signed"] and two.hidden == one.hidden and two.first == one.first
    longer = two.output["tau_basal"] / START["tau_basal"]
    assert [one.step / two.step, one.weights / two.weights] == pytest.approx([longer, longer])
    assert two.feedback_gain * two.step / pA == pytest.approx(one.feedback_gain * one.step / pA)


@pytest.mark.parametrize(
    ("hidden", "pixels", "kind"),
    [((500,), 784, "burst_graded"), ((500, 100), 784, "burst_signed"), ((200,), 64, "burst_signed")],
)
def test_large_images_have_graded_cells_where_one_layer_learns_them(hidden, pixels, kind):
    assert digits._usual(hidden, pixels) == kind


def test_graded_cells_answer_further_to_a_current_and_to_an_error_as_far():
    """Adaptation, b_s tau_ws at each spike, is what a rate has to be paid with."""
    graded, plain = (design(neuron).cell for neuron in ("burst_graded", "burst_signed"))
    assert {each["b_s"] / pA for each in (graded.inputs, graded.hidden, graded.output)} == {-50}
    assert graded.model.parameters["b_s"] / pA == -200 and "b_s" not in plain.hidden
    most = [cell.teacher["gain"] * cell.teacher["r_soft"] / pA for cell in (graded, plain)]
    assert most == pytest.approx([300, 300], rel=0.01)
    assert shrink(500, graded) == shrink(200, plain) == 1


def test_plateaus_for_large_images_take_larger_steps_at_first_on_less_feedback():
    large, usual = (CELLS[neuron] for neuron in ("multiplexing_large", "multiplexing_short"))
    assert large.model is usual.model and large.credit is usual.credit
    assert large.anneal is None and shrink(200, large) == 1
    assert shrink(500, large) == shrink(80, large) == pytest.approx(0.4**0.5)
    larger = [float(large.step / usual.step), float(large.first["eta"] / usual.first["eta"])]
    assert larger == pytest.approx([6, 6])
    assert (large.stretch, usual.stretch) == (3, 1)
    assert large.inputs == usual.inputs | dict(lasting=0)
    assert large.feedback_gain < usual.feedback_gain / 2 and large.hidden["V_d"] == usual.hidden["V_d"]


def test_what_is_said_of_the_rule_reaches_all_synapses_that_learn(monkeypatch):
    cell = replace(CELLS["multiplexing"], rule=dict(x_half=0.2))
    assert higher(30, cell)["x_half"] == between(30, cell)["x_half"] == 0.2
    assert feedback_values("learned", (30, 100), cell, 200 * ms)["feedback1.x_half"] == 0.2
    monkeypatch.setattr(Trials, "run", lambda self, objects: Network(*objects))
    built = design("multiplexing", (3,)).protocol()
    for wire in ("forward1", "forward2", "feedback1"):
        assert float(np.max(built[wire].x_half[:])) == 0.1


def test_each_hidden_layer_hears_the_output_if_feedback_is_direct_and_else_the_layer_above():
    direct, stepwise = design("burst_signed", (100, 60)), design("burst_poisson", (100, 60))
    senders = [[asked.wires[f"feedback{k}"] for k in (1, 2)] for asked in (direct, stepwise)]
    assert senders == [
        [("output", "hidden1"), ("output", "hidden2")],
        [("hidden2", "hidden1"), ("output", "hidden2")],
    ]
    assert direct.wires["skip1"] == ("hidden1", "output") and "skip1" not in stepwise.wires
    assert design("burst_signed", (9, 8, 7)).skips == ["skip1", "skip2"] and not design("burst_signed").skips
    sizes = [
        [asked.feedback_values("scalar")[f"feedback{k}.w"].size for k in (1, 2)]
        for asked in (direct, stepwise)
    ]
    assert sizes == [[100 * 100, 60 * 100], [100 * 60, 60 * 100]]
    assert [direct.feedback_values("learned")[f"feedback{k}.gain"] for k in (1, 2)] == pytest.approx([3, 1.8])


# --- the command line ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "0"], "--hidden needs one to three numbers of cells from 1 on, not [0]"),
        (["--hidden", "30", "-1"], "not [30, -1]"),
        (["--hidden", "30", "20", "10", "5"], "not [30, 20, 10, 5]"),
        (["--patience", "0"], "--patience must be 1 or more, not 0"),
        (["--feedback", "zero", "--controls"], "--feedback zero is one of the --controls"),
        (["--hidden-plasticity", "off", "--controls"], "--hidden-plasticity off is one of the --controls"),
        (["--limit", "-1"], "--limit must be 0 (all) or more, not -1"),
        (["--limit", "1078"], "--limit 1078 is more than the 1077 images"),
        (["--images", "a"], "--images needs --labels too"),
        (["--images", "a", "--labels", "b", "--test-labels", "c"], "--test-labels needs --test-images too"),
        (["--test-images", "a", "--test-labels", "b"], "--test-images needs --images"),
        (["--data", "mnist", "--images", "a", "--labels", "b"], "Give --data mnist or files, not both"),
        (["--epochs", "0"], "--epochs must be 1 or more, not 0"),
        (["--epochs", "-2"], "--epochs must be 1 or more, not -2"),
    ],
)
def test_wrong_sizes_are_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(digits, "train", None)  # were they not refused, the test would fail at once
    monkeypatch.setattr(digits_network, "inputs", None)
    with pytest.raises(SystemExit) as stopped:
        cli.main(digits.__doc__, digits.simulate, digits.figures, digits.options, arguments=arguments)
    said = str(stopped.value.code)
    assert said.startswith("digits: ") and message in said
    assert not list(tmp_path.rglob("*.nc"))


# --- training, measures and figures ---


class FakeChain:
    """Stand in for the runs: in each trial, the output cells of the class that `answer` gives fire once."""

    def __init__(self, asked, answer=lambda labels, k: labels):
        self.design, self.answer, self.generator = asked, answer, np.random.default_rng(0)
        self.pieces, self.events, self.spent, self.apart = [], [], Spent(1.0, 2.0, 100.0, 10), False

    def go_on(self, values, read):
        return self.piece("probe" if self.apart else "go on", values, read)

    def look(self, values, read):
        return self.piece("look", values, read)

    @contextmanager
    def branch(self):
        self.apart = True
        yield
        self.apart = False

    def remember(self):
        self.events.append("remember")

    def recall(self):
        self.events.append("recall")

    def piece(self, kind, values, read):
        self.pieces.append((kind, values))
        self.events.append(kind)
        answers = self.answer(values["label"].astype(int), len(self.pieces))
        return read(self.counts(answers) | self.network() | self.shown)

    def counts(self, answers):
        run = {}
        for name, n in self.design.sizes.items():
            events = self.generator.poisson(3, (PIECE, n))
            if name == "output":
                events = (answers[:, None] == OWNER).astype(int)
            for counter, each in zip(COUNTERS, (events, events // 2), strict=True):
                run[f"{name}_counts.{counter}"] = np.vstack([np.full(n, 99), each[:-1]]).T
                run[f"{name}.{counter}"] = each[-1]
            run[f"{name}_total.N"] = events.sum()
        return run

    def network(self):
        run = {"teacher.r_soft": 1.4}
        for name, ends in self.design.wires.items():
            run[f"{name}.w"] = self.generator.normal(0, 1e-10, np.prod([self.design.sizes[x] for x in ends]))
            run[f"{name}_w.w"] = run[f"{name}.w"][:, None]
        for name, n in [*self.design.sizes.items()][1:]:
            run[f"{name}.I_bias"] = self.generator.normal(6e-10, 1e-10, n)
            run |= {f"{name}_I_bias.I_bias": run[f"{name}.I_bias"][:, None], f"{name}.tau_basal": 0.01}
        return run

    @cached_property
    def shown(self):
        run = {}
        for name, n in self.design.sizes.items():
            times, cells = np.sort(self.generator.uniform(5, 10, 500)), self.generator.integers(0, n, 500)
            for kind, every in (("spike", 1), ("event", 2), ("burst", 5)):
                run |= {f"{name}_{kind}s.t": times[::every], f"{name}_{kind}s.i": cells[::every]}
            run[f"{name}_bursts.kind"] = self.generator.choice([-1, 1], 100)
            for v in ("v_s", "v_d"):
                run[f"{name}_v.{v}"] = self.generator.normal(-0.06, 0.01, (len(probes(n)), 5000))
            run[f"{name}_v.t"] = 5 + np.arange(5000) / 1000
        return run


def trained(data, hidden=(6,), epochs=2, patience=None, answer=lambda labels, k: labels, observe=None):
    """Return a training whose chain is faked, and the chain."""
    asked = design(hidden=hidden)
    training = Training(asked, data, Plan(epochs, 0, 1.0, patience), {}, observe)
    chain = FakeChain(asked, answer)
    return training(chain), chain


def test_each_epoch_shows_each_training_image_once_and_never_another(data):
    _, chain = trained(data, epochs=3)
    orders = tasks.trial_order(1077, 3, 0)
    learned = [values["images"] for kind, values in chain.pieces if kind == "go on"]
    for k, order in enumerate(orders):
        assert sorted(order) == list(range(1077)) and not np.array_equal(order, orders[k - 1])
        shown = np.concatenate(learned[3 * k : 3 * k + 3])[:1077]
        np.testing.assert_array_equal(shown, data.images[data.train[order]])


def test_nothing_is_learned_or_taught_but_in_training(data):
    _, chain = trained(data)
    *quiet, show = [values for kind, values in chain.pieces if kind == "look"]
    assert len(quiet) == 2 * 1 + 3 + 3  # validation in both epochs, then three looks at 360 images twice
    for values in quiet:
        assert not values["learning"].any() and not values["teaching"].any()
    assert show["teaching"].any() and not show["learning"].any()


def test_steps_shrink_from_trial_to_trial(data):
    _, chain = trained(data)
    largest = [values["learning"].max() for kind, values in chain.pieces if kind == "go on"]
    before = np.ravel(np.arange(2)[:, None] + np.array([0, 360, 720]) / 1077)  # epochs
    np.testing.assert_allclose(largest, np.exp(-before / 2))


def test_all_steps_keep_the_pace_of_the_images(data):
    _, chain = trained(replace(data, pace=0.5))
    assert chain.pieces[0][1]["learning"].max() == 0.5


def test_steps_that_shrink_with_the_trials_do_not_ask_how_long_the_training_is():
    short, long = (np.concatenate([Plan(n, 0, None).steps(e, 1000) for e in range(n)]) for n in (2, 6))
    np.testing.assert_allclose(long[:2000], short)
    assert (
        short[0] == 1 and short[HALVED] == pytest.approx(1 / 2) and long[3 * HALVED] == pytest.approx(1 / 4)
    )


def test_weights_at_the_start_and_spikes_are_recorded_in_one_piece_alone(data):
    _, chain = trained(data)
    for name, expected in (("forward1_w", [0]), ("hidden1_I_bias", [0]), ("output_events", [-1])):
        found = np.array([values[f"{name}.active"] for _, values in chain.pieces])
        assert found[expected] == 1 and found.sum() == 1


def test_training_stops_without_better_validation_and_tests_the_best(data):
    def answer(labels, piece):
        """Answer right in the first validation, and wrong in later ones."""
        return labels if piece <= 4 else (labels + 1) % 10

    training, chain = trained(data, epochs=9, patience=2, answer=answer)
    epoch = ["go on"] * 3 + ["look"]
    assert chain.events[:14] == [*epoch, "remember", *epoch, *epoch, "recall"]
    assert len(training.train) == len(training.validate) == 3
    np.testing.assert_array_equal(curve(training.validate, data), [1, 0, 0])


@pytest.mark.parametrize(
    ("number", "moments"), [(1, [1]), (6, [1, 2, 3, 4, 5, 6]), (72, [1, 2, 3, 6, 12, 21, 39, 72])]
)
def test_probes_are_spread_over_the_training_on_a_log_scale(number, moments):
    assert probed(number) == moments


def test_a_probe_learns_by_little_from_where_the_training_stands_and_does_not_move_it(data):
    seen = []
    _, chain = trained(data, epochs=2, observe=seen.append)
    assert [probe.epoch for probe in seen] == pytest.approx(np.arange(1, 7) / 3)
    probed = [values for kind, values in chain.pieces if kind == "probe"]
    assert len(probed) == 6 * PROBE and all(values["learning"].max() == SMALL for values in probed)
    assert all(values["teaching"].any() for values in probed)
    forgets = [np.all(values.get("forward1.x_event", 1) == 0) for values in probed]
    assert forgets == [True, *[False] * (PROBE - 1)] * 6  # else a burst pays at the training's step
    for probe in seen:
        np.testing.assert_array_equal(np.sort(probe.samples), data.train)
        assert {len(events) for events in probe.events.values()} == {1077}
        assert len(probe.networks) == 1 + PROBE


def test_there_are_no_probes_where_nobody_observes(data):
    _, chain = trained(data, observe=None)
    assert "probe" not in chain.events


@pytest.mark.parametrize(("noise", "wanted"), [(0, 1), (1, 0.75), (3, 0.25)])
def test_the_reliability_is_the_share_of_a_sum_that_is_no_noise(noise, wanted):
    """Three changes of size 1, each with independent noise: the sum has 9 of the one and 3 of the other."""
    generator = np.random.default_rng(0)
    changes = 1 + noise * generator.standard_normal((3, 1000, 100))
    assert reliability(changes) == pytest.approx(wanted, abs=0.01)
    assert np.isnan(reliability(changes[:1])) and np.isnan(reliability(0 * changes))


def test_accuracy_is_the_share_of_right_answers(data):
    training, _ = trained(data, answer=lambda labels, k: np.where(np.arange(PIECE) < 90, labels, labels - 1))
    assert accuracy(training.validate[0], data) == 0.25
    assert accuracy(training.held_out["test"], data, LOOKS) == 0.25
    np.testing.assert_array_equal(curve(training.validate, data), [0.25, 0.25])
    assert training.right(training.validate[0]) == 0.25


def test_votes_of_all_presentations_are_added(data):
    training, _ = trained(data)
    block = training.held_out["test"]
    label = data.labels[block.schedule.sample[0]]
    block.votes[:LOOKS] = 0
    block.votes[0, label], block.votes[0, label - 1], block.votes[1, label] = 2, 3, 2
    assert predicted(block, LOOKS)[0] == label and predicted(block)[0] == (label - 1) % 10


def test_a_silent_trial_and_a_tie_are_no_answer_and_wrong(data):
    training, _ = trained(data)
    block = training.validate[0]
    block.votes[0], block.votes[1] = 0, 1
    np.testing.assert_array_equal(predicted(block)[:2], NO_ANSWER)
    assert accuracy(block, data) == pytest.approx(358 / 360)
    assert training.right(block) == accuracy(block, data)


def test_weights_are_target_by_source(data):
    training, chain = trained(data, hidden=(6, 5))
    ends = dict(forward1=(256, 6), forward2=(6, 5), forward3=(5, 100), feedback1=(100, 6), feedback2=(100, 5))
    ends |= dict(skip1=(6, 100))
    by_synapse = {}
    for name, (n, m) in ends.items():
        w = 1000 * np.arange(n)[:, None] + np.arange(m)
        by_synapse[f"{name}.w"] = (w if name.startswith("feedback") else w.T).ravel()  # as they are stored
    read = training._network(chain.network() | by_synapse, "end")
    for name, (n, m) in ends.items():
        np.testing.assert_array_equal(read[name], np.arange(m)[:, None] + 1000 * np.arange(n))


def driven(asked, probe):
    """Return the events of cells that follow their currents."""
    events = {"inputs": probe.events["inputs"]}
    for k, (below, name) in enumerate(pairwise(asked.sizes), start=1):
        current = events[below] @ probe.networks[0][f"forward{k}"].T
        if name == "output":
            current += sum(events[f"hidden{x[4:]}"] @ probe.networks[0][x].T for x in asked.skips)
        events[name] = np.round(np.clip(3 + 2 * (current - current.mean()) / current.std(), 0, 9))
    return events


@pytest.mark.parametrize("homeostatic", [True, False])
def test_a_step_down_the_gradient_of_the_matched_network_is_at_no_angle(data, homeostatic):
    seen, asked = [], design(hidden=(6, 5))
    trained(data, hidden=(6, 5), epochs=1, observe=seen.append)
    probe = replace(seen[0], events=driven(asked, seen[0]))
    meter = Meter(asked, data)
    network, inputs, targets = meter.matched(probe, homeostatic)
    assert (network.homeostatic, len(inputs), targets.shape) == (homeostatic, 1077, (1077, 10))
    before, *_ = probe.networks
    gradients = network.gradient(inputs, targets)
    steps = {f"forward{k}": 1e-14 * g / np.abs(g).max() for k, g in enumerate(gradients, start=1)}
    course = [before | {name: before[name] - n * step for name, step in steps.items()} for n in range(4)]
    meter(replace(probe, networks=course))
    found = meter.slaved[0] if homeostatic else meter.fixed[0]
    np.testing.assert_allclose([layer.angle_deg for layer in found], 0, atol=0.01)
    np.testing.assert_allclose(meter.reliable[0], 1)


def test_where_a_teacher_always_moves_events_those_of_a_probe_are_of_trials_without_one(data):
    looks = {}
    for name in ("dendritic_error", "burst_signed"):
        seen, asked = [], design(name)
        chain = FakeChain(asked, lambda labels, k: labels)
        Training(asked, data, Plan(1, 0, 1.0), {}, seen.append)(chain)
        looks[name] = chain.events.count("look") / len(seen)
        assert seen[0].events["hidden1"].shape == (1077, 30)
    extra = looks["dendritic_error"] - looks["burst_signed"]
    assert extra == pytest.approx(PROBE)  # as many pieces as a probe has


@pytest.mark.parametrize("neuron", ["burst_signed", "bursts", "burst_poisson"])
def test_feedback_is_compared_with_the_way_forward_to_where_it_comes_from(data, neuron):
    asked, generator = design(neuron, (6, 5)), np.random.default_rng(0)
    second, third, skip = (generator.standard_normal(shape) for shape in ((5, 6), (100, 5), (100, 6)))
    way = dict(burst_signed=skip, bursts=third @ second, burst_poisson=second)[neuron]
    found = dict(forward2=second, forward3=third, skip1=skip, feedback1=way.T, feedback2=third.T)
    main = Training(asked, data, Plan(1, 0, None), {}, network=found)
    assert _feedback_angle(main) == pytest.approx(0, abs=1e-5)


def measured(data, hidden=(6,)):
    meter = Meter(design(hidden=hidden), data)
    main, _ = trained(data, hidden, observe=meter)
    frozen, _ = trained(data, hidden, answer=lambda labels, k: (labels + 1) % 10)
    return main, meter, {"hidden frozen": frozen}


def test_summary_names_what_was_measured(data):
    numbers = summary(*measured(data))
    assert numbers["test_accuracy"] == numbers["validation_accuracy"] == numbers["train_accuracy_taught"] == 1
    assert numbers["test_accuracy_hidden_frozen"] == 0 and numbers["gain_over_hidden_frozen"] == 1
    assert numbers["trials"] == 10 * PIECE and numbers["ms_per_trial"] == pytest.approx(2 / 3.6)
    assert numbers["simulated_s"] == pytest.approx(10 * PIECE * 0.2)
    assert numbers["event_rate_output_hz"] == pytest.approx(0.1 / 0.14)  # the cells of one class in ten, once
    assert numbers["spikes_per_image"] == pytest.approx(3 * (3 * (256 + 6) + 10), rel=0.01)
    costs = {"run_s", "cpu_s_per_simulated_s", "spikes", "peak_rss_mb", "linear_classifier_test_accuracy"}
    assert costs | {"angle_hidden_deg", "angle_output_deg", "angle_feedback_deg"} <= set(numbers)
    assert all(np.isfinite(value) for value in numbers.values())


@pytest.mark.parametrize("hidden", [(6,), (6, 5)], ids=str)
def test_all_figures_are_drawn_from_the_data_alone(data, hidden):
    results = measured(data, hidden)
    kept = dataset(*results)
    assert all("units" in array.attrs for array in kept.data_vars.values())
    long_names.fill(kept, "digits", folder("experiments"))
    assert long_names.missing(kept) == []
    drawn = digits.figures(kept, summary(*results))
    assert set(drawn) == {"raster", "voltages", "learning", "angles", "receptive_fields", "confusion"}
    for figure in drawn.values():
        figure.savefig(image := BytesIO(), format="png")
        assert image.getbuffer().nbytes > 5000


def test_the_raster_holds_all_spikes_and_both_kinds_of_bursts(data):
    known = trains.read(dataset(*measured(data)))["hidden1"]
    spikes, events, bursts = (known.of_kind(kind)[0].size for kind in ("spike", "event", "burst"))
    assert spikes > 150 and (events, bursts) == (-(-spikes // 2), -(-spikes // 5))
    assert known.signs.size == bursts and set(known.signs) == {-1, 1}


def test_the_linear_classifier_is_the_same_on_bytes(data):
    """Their blank pixels are left out, which saves memory and changes nothing."""
    images = (16 * data.images).astype(np.uint8)
    some = replace(data, train=data.train[:100])
    bytes_ = replace(some, images=images, white=16.0)
    np.testing.assert_allclose(_pixels(bytes_, some.test).toarray(), _pixels(some, some.test))
    assert linear_classifier(bytes_) == pytest.approx(linear_classifier(some), abs=0.01)


def test_sizes_follow_from_the_data():
    small, large = Design((30,), "burst_signed", 64, 10), Design((500, 100, 50), "burst_signed", 784, 3)
    assert small.sizes == dict(inputs=256, hidden1=30, output=100)
    assert large.sizes == dict(inputs=784, hidden1=500, hidden2=100, hidden3=50, output=30)
    assert large.wires["forward4"] == ("hidden3", "output")
    assert large.wires["feedback3"] == ("output", "hidden3")


@pytest.mark.parametrize("by_target", [False, True])
def test_synapses_are_stored_by_source_or_by_target(by_target):
    source, target = (NeuronGroup(n, "I_basal : amp", threshold="False", name=f"n{n}") for n in (3, 2))
    model = SynapseModel("wire", "w : 1", on_pre={"spike": "w += 0"})
    wires = all_to_all(model, source, target, "wires", {}, by_target=by_target)
    first, second = (wires.j, wires.i) if by_target else (wires.i, wires.j)
    assert (np.diff(first) >= 0).all() and (np.lexsort((second, first)) == np.arange(6)).all()
    Network(source, target, wires)  # else Brian2 says that they are in none


# --- the mechanisms ---


@pytest.mark.parametrize("name", MECHANISMS)
def test_no_mechanism_learns_or_is_taught_in_a_test(data, name):
    schedule, gates = by_trial(data, name)
    tested = schedule.during("test")
    for gate in ("learning", "teaching", "adapting"):
        assert not gates[gate][tested].any() and gates[gate][schedule.during("train")].any()


def test_input_cells_know_the_phases_that_their_synapses_learn_from():
    """Where a gate of the cell stays a parameter, it is 0, and what the first layer learns from too."""
    asked = design("plateau_difference")
    tables = asked.clock.tables({}, asked.gates)
    told = asked.cell.model.with_equations(**asked.cell.credit.inputs)
    group = inputs(told, 3, "0", asked.clock, tables)
    assert not {"free", "taught", "closing"} & set(group.equations.parameter_names)


def test_a_mechanism_or_cells_can_be_asked_for_but_not_both(capsys):
    parser = argparse.ArgumentParser()
    digits.options(parser)
    assert parser.parse_args(["--credit", "error_cells"]).credit == "error_cells"
    with pytest.raises(SystemExit):
        parser.parse_args(["--credit", "error_cells", "--neuron", "pyramidal"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("name", MECHANISMS)
def test_all_hidden_layers_hear_the_output_as_a_plateau_changes_no_events(name):
    wires = design(name, (3, 2)).wires
    assert [wires[f"feedback{k}"] for k in (1, 2)] == [("output", "hidden1"), ("output", "hidden2")]


def test_interneurons_stand_for_the_cells_that_a_layer_hears(monkeypatch):
    monkeypatch.setattr(Trials, "run", lambda self, objects: Network(*objects))
    built = design("dendritic_error", (3, 2)).protocol()
    for k, below in ((1, "hidden1"), (2, "hidden2")):
        assert built[f"inter{k}"].N == built["output"].N
        assert (built[f"partner{k}"].source.name, built[f"partner{k}"].target.name) == ("output", f"inter{k}")
        assert (built[f"onto{k}"].source.name, built[f"cancel{k}"].target.name) == (below, below)
