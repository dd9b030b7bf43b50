"""The schedule teaches and learns when it should, the network is local, and a run is measured as it was."""

import argparse
import re
import sys
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from brian2 import second

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

import digits
from dendritic_bp import cli, tasks
from dendritic_bp.analysis import NO_ANSWER
from dendritic_bp.program import Program
from figures import digits as digits_figures
from measures.digits import OWNER, Session, dataset, summary
from networks import digits as digits_network
from networks.digits import CLASSES, COPIES, LOOKS, TRIAL, VOTERS, Design
from networks.layers import probes
from networks.projections import FEEDBACK

EPOCHS = 3


@pytest.fixture(scope="module")
def data():
    return tasks.digits(seed=0)


@pytest.fixture(scope="module")
def schedule(data):
    return digits_network.schedule(data, EPOCHS, seed=0)


# --- the schedule ---


def test_each_epoch_shows_each_training_image_once(data, schedule):
    for epoch in range(EPOCHS):
        shown = schedule.sample[(schedule.phase == "train") & (schedule.epoch == epoch)]
        np.testing.assert_array_equal(np.sort(shown), data.train)


def test_phases_follow_each_other(schedule):
    found = [(str(phase), len(list(trials))) for phase, trials in groupby(schedule.phase)]
    epoch = [("train", 1077), ("validate", 360)]
    assert found == [*epoch * EPOCHS, ("end", 360 * LOOKS), ("test", 360 * LOOKS), ("show", 10)]
    assert (np.diff(schedule.epoch) >= 0).all() and (schedule.epoch == 0).sum() == 1437


def test_no_image_is_in_two_parts(data, schedule):
    train, validation, end, test = (
        set(schedule.sample[schedule.phase == phase]) for phase in ("train", "validate", "end", "test")
    )
    assert train | validation | test == set(range(1797))
    assert len(train) + len(validation) + len(test) == 1797
    assert end == validation
    assert set(schedule.sample[schedule.phase == "show"]) <= test
    np.testing.assert_array_equal(data.labels[schedule.sample[schedule.phase == "show"]], range(10))


def test_images_after_training_come_several_times_in_a_row(schedule):
    for phase in ("end", "test"):
        first, *again = schedule.sample[schedule.phase == phase].reshape(-1, LOOKS).T
        for later in again:
            np.testing.assert_array_equal(first, later)


def design(schedule, neuron="burst_poisson", hidden=(30,)):
    return Design(hidden, neuron, len(schedule), int((schedule.epoch == 0).sum()))


def by_trial(schedule, data):
    """Return teaching, learning and reading, each (trials, bins)."""
    values = design(schedule).values(schedule, data)
    return (values[name].reshape(len(schedule), -1) for name in ("teaching", "learning", "reading"))


def test_held_out_images_are_never_learned(data, schedule):
    teaching, learning, _ = by_trial(schedule, data)
    trained = schedule.phase == "train"
    held_out = ~np.isin(schedule.sample, data.train)
    np.testing.assert_array_equal(held_out, ~trained)
    assert not learning[held_out].any()
    assert not teaching[held_out & (schedule.phase != "show")].any()
    assert learning[trained].any(axis=1).all() and teaching[trained].any(axis=1).all()


def test_the_teacher_is_shown_only_once_all_is_measured(data, schedule):
    teaching, learning, _ = by_trial(schedule, data)
    assert teaching[-10:].any() and not learning[-10:].any()
    assert (schedule.phase[-10:] == "show").all()


def test_a_trial_is_taught_learned_and_read_once_it_has_settled(data, schedule):
    teaching, learning, reading = by_trial(schedule, data)
    settled = np.arange(10) >= 3  # bins of 20 ms, from 60 ms on
    np.testing.assert_array_equal(reading, np.tile(settled, (len(reading), 1)))
    assert not teaching[:, ~settled].any() and not learning[:, ~settled].any()
    np.testing.assert_array_equal(teaching[0], settled)


def test_cells_with_plateaus_are_taught_late_and_adapt_before(data, schedule):
    values = design(schedule, "pyramidal").values(schedule, data)
    by_bin = {name: table.reshape(-1, 10) for name, table in values.items() if table.size % 10 == 0}
    late = np.arange(10) >= 7  # from 140 ms on
    np.testing.assert_array_equal(by_bin["teaching"][0], late)
    np.testing.assert_array_equal(by_bin["opened"], by_bin["teaching"])
    assert not (by_bin["adapting"] * by_bin["teaching"]).any()
    assert (by_bin["adapting"].any(axis=1) == by_bin["teaching"].any(axis=1)).all()
    always_open = design(schedule).values(schedule, data)["opened"]
    assert always_open.all()


def test_steps_shrink_from_epoch_to_epoch(schedule):
    trained = schedule.phase == "train"
    steps = [np.unique(schedule.step[trained & (schedule.epoch == epoch)]) for epoch in range(EPOCHS)]
    assert [step.size for step in steps] == [1] * EPOCHS
    np.testing.assert_allclose(np.ravel(steps), np.exp(-np.arange(EPOCHS) / EPOCHS))
    assert not schedule.step[~trained].any()


def test_values_name_image_and_label_of_each_trial(data, schedule):
    values = design(schedule).values(schedule, data)
    np.testing.assert_array_equal(values["order"], schedule.sample)
    np.testing.assert_array_equal(values["label"], data.labels[schedule.sample])
    np.testing.assert_array_equal(values["images"], data.images)


# --- the network ---


@pytest.fixture(scope="module", params=[("burst_poisson", (3,)), ("pyramidal", (3, 2))], ids=str)
def traced(request, data):
    """Write the sources of a small network, for a schedule of one epoch."""
    neuron, hidden = request.param
    schedule = digits_network.schedule(data, 1, seed=0)
    asked = design(schedule, neuron, hidden)
    program = Program(asked.protocol, asked.name)
    program.trace()
    return program, asked, schedule


def test_all_kinds_of_feedback_can_be_asked_of_the_program(traced, data):
    program, asked, schedule = traced
    hidden, common = asked.hidden, asked.values(schedule, data)
    for kind in FEEDBACK:
        values = asked.feedback_values(kind)
        assert set(program.check(common | values)) == set(common) | set(values)
        assert {f"feedback{k + 1}.gain" for k in range(len(hidden))} <= set(values)
    frozen = digits._frozen(hidden)
    assert list(program.check(frozen)) == [f"forward{k + 1}.eta" for k in range(len(hidden))]


def sources(program):
    """Return the text of each generated piece of code, by its file, which begins with its object."""
    return {path.stem: path.read_text() for path in (program._sources / "code_objects").glob("*.cpp")}


def test_only_the_teacher_reads_the_label(traced):
    program, *_ = traced
    readers = {file for file, text in sources(program).items() if re.search(r"\b(_namespace)?label", text)}
    assert readers and all(file.startswith("teacher_") for file in readers)
    told = {file for file, text in sources(program).items() if "_array_teacher_" in text}
    assert all(file.startswith(("teacher_", "watch_", "output_")) for file in told)


def test_no_code_reads_the_weights_of_other_synapses(traced):
    program, asked, _ = traced
    names = [f"forward{k + 1}" for k in range(len(asked.hidden) + 1)]
    names += [f"feedback{k + 1}" for k in range(len(asked.hidden))]
    for name in names:
        readers = {f for f, text in sources(program).items() if re.search(rf"_array_{name}_w\b", text)}
        assert readers and all(file.startswith(f"{name}_") for file in readers)


def test_no_synapse_or_learning_cell_reads_the_image_or_its_number(traced):
    program, *_ = traced
    for word in ("images", "order"):
        readers = {f for f, text in sources(program).items() if f"_namespace{word}_values" in text}
        assert readers and all(file.startswith("stimulus_") for file in readers)


@pytest.mark.parametrize("kind", FEEDBACK)
def test_kinds_of_feedback(kind):
    asked = Design((30,), "burst_poisson", 10, 1)
    values, learned = asked.feedback_values(kind), asked.feedback_values("learned")
    changed = {name for name in values if values[name] != learned[name]}
    assert (
        changed
        == {
            "learned": set(),
            "random": {"feedback1.w_0", "feedback1.eta"},
            "zero": {"feedback1.gain"},
            "shuffled": {"feedback1_pre_event.delay", "feedback1_pre_burst.delay"},
        }[kind]
    )
    assert float(values["feedback1_pre_burst.delay"] / second) == (0.2 if kind == "shuffled" else 0)


def variants(hidden, *arguments):
    """Return the values of the run and its controls that a command line asks for."""
    parser = argparse.ArgumentParser()
    digits.options(parser)
    return digits._variants(parser.parse_args(arguments), Design(hidden, "burst_poisson", 10, 1))


def test_each_control_differs_from_the_run_in_one_thing():
    main, *controls = variants((30, 20), "--controls").items()
    assert main == ("", Design((30, 20), "burst_poisson", 10, 1).feedback_values("learned"))
    different = {
        name: {key for key in values if key not in main[1] or values[key] != main[1][key]}
        for name, values in controls
    }
    assert different == {
        "hidden frozen": {"forward1.eta", "forward2.eta"},  # and not forward3, onto the output
        "feedback zero": {"feedback1.gain", "feedback2.gain"},
        "feedback shuffled": {f"feedback{k}_pre_{e}.delay" for k in (1, 2) for e in ("event", "burst")},
    }


def test_one_run_is_made_unless_controls_are_asked_for():
    (frozen,) = variants((30,), "--feedback", "random", "--hidden-plasticity", "off").values()
    assert frozen == Design((30,), "burst_poisson", 10, 1).feedback_values("random") | digits._frozen((30,))


# --- the command line ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "0"], "--hidden needs one or two numbers of cells from 1 on, not [0]"),
        (["--hidden", "30", "-1"], "not [30, -1]"),
        (["--hidden", "30", "20", "10"], "not [30, 20, 10]"),
        (["--epochs", "0"], "--epochs must be 1 or more, not 0"),
        (["--epochs", "-2"], "--epochs must be 1 or more, not -2"),
    ],
)
def test_wrong_sizes_are_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(digits, "sweep", None)  # were they not refused, the test would fail at once
    monkeypatch.setattr(digits_network, "inputs", None)
    with pytest.raises(SystemExit) as stopped:
        cli.main(digits.__doc__, digits.simulate, digits.figures, digits.options, arguments=arguments)
    said = str(stopped.value.code)
    assert said.startswith("digits: ") and message in said
    assert not list(tmp_path.rglob("*.nc"))


# --- measures and figures ---


class FakeRun(dict):
    """What a run leaves, given rather than simulated."""

    run_s = build_s = cpu_s = peak_rss_mb = 1.0


def spread(sizes, trials, windows, answers, generator):
    """Return the counts, weights and biases of a run in which the cells of each answer fire once a trial."""
    run = {}
    for k, (name, n) in enumerate(sizes.items()):
        counts = generator.poisson(3, (n, trials + 1))
        if name == "output":
            counts[:, 1:] = OWNER[:, None] == answers
        run |= {f"{name}_counts.n_event": counts, f"{name}_counts.n_burst": counts // 2}
        run[f"{name}_total.N"] = counts.sum()
        if k:
            below = list(sizes.values())[k - 1]
            run[f"forward{k}_w.w"] = generator.normal(0, 1e-10, (below * n, windows))
            run[f"{name}_I_bias.I_bias"] = generator.normal(6e-10, 1e-10, (n, windows))
            run[f"{name}.tau_basal"] = 0.01
        if name.startswith("hidden"):
            run[f"feedback{k}_w.w"] = generator.normal(0, 1e-10, (list(sizes.values())[k + 1] * n, windows))
    return run | {"teacher.r_low": 4.0, "teacher.r_high": 30.0}


def shown(name, n, start, generator):
    """Return the spikes and voltages of the last ten trials."""
    times, cells = np.sort(generator.uniform(0, 2, 200)) + start, generator.integers(0, n, 200)
    probed = len(probes(n))
    spikes = {
        f"{name}_{event}s.{x}": y
        for event in ("event", "burst")
        for x, y in zip("ti", (times, cells), strict=True)
    }
    voltages = {f"{name}_v.{v}": generator.normal(-0.06, 0.01, (probed, 2001)) for v in ("v_s", "v_d")}
    return spikes | voltages | {f"{name}_v.t": start + np.arange(2001) / 1000}


def fake(data, hidden=(6,), epochs=2, answers=None):
    """Return the session of a run with known answers in each trial (default: all right)."""
    small = replace(data, train=data.train[:60], validation=data.validation[:30], test=data.test[:40])
    schedule = digits_network.schedule(small, epochs, seed=0)
    labels, generator = small.labels[schedule.sample], np.random.default_rng(0)
    answers = labels if answers is None else answers(schedule, labels)
    sizes = {
        "inputs": 64 * COPIES,
        **{f"hidden{k + 1}": n for k, n in enumerate(hidden)},
        "output": CLASSES * VOTERS,
    }
    run = FakeRun(spread(sizes, len(labels), epochs + 1, answers, generator))
    for name, n in sizes.items():
        run |= shown(name, n, (len(labels) - 10) * 0.2, generator)
    return Session(run, design(schedule, hidden=hidden), schedule, small)


def second_half_wrong(schedule, labels):
    """Answer right, but for the later half of the validation trials in each epoch."""
    wrong = np.zeros(len(labels), bool)
    for epoch in range(2):
        wrong[
            np.flatnonzero((schedule.phase == "validate") & (schedule.epoch == epoch))[15 * (1 + epoch) :]
        ] = True
    return np.where(wrong, (labels + 1) % 10, labels)


def test_accuracy_is_the_share_of_right_answers(data):
    session = fake(data, answers=second_half_wrong)
    assert session.accuracy("test", LOOKS) == session.accuracy("end", LOOKS) == session.accuracy("train") == 1
    assert session.accuracy("validate") == 0.75
    np.testing.assert_array_equal(session.curve("validate"), [0.5, 1])
    np.testing.assert_array_equal(session.curve("train"), [1, 1])
    np.testing.assert_array_equal(session.predicted("test", LOOKS), session.data.labels[session.data.test])
    assert session.counts("hidden1").shape == (len(session.labels), 6)


def test_votes_of_all_presentations_are_added(data):
    session = fake(data)
    tested = np.flatnonzero(session.schedule.phase == "test")
    counts = session.run["output_counts.n_event"]
    counts[:, tested + 1] = 0
    right = session.labels[tested[::LOOKS]]
    counts[right * VOTERS, tested[::LOOKS] + 1] = 2  # in the first trial, one cell of the right class
    counts[(right + 1) % 10 * VOTERS + 3, tested[::LOOKS] + 1] = 3
    counts[right * VOTERS + 9, tested[1::LOOKS] + 1] = 2
    np.testing.assert_array_equal(session.predicted("test", LOOKS), right)
    np.testing.assert_array_equal(session.predicted("test")[::LOOKS], (right + 1) % 10)
    assert session.accuracy("test", LOOKS) == 1


def test_a_silent_trial_and_a_tie_are_no_answer_and_wrong(data):
    session = fake(data)
    tested = np.flatnonzero(session.schedule.phase == "test")
    counts = session.run["output_counts.n_event"]
    counts[:, tested + 1] = 0
    np.testing.assert_array_equal(session.predicted("test", LOOKS), NO_ANSWER)
    assert session.accuracy("test", LOOKS) == 0
    counts[[0, VOTERS], 1 + tested[0]] = 2  # as many for 0 as for 1
    assert session.predicted("test", LOOKS)[0] == NO_ANSWER
    assert set(digits.figures(dataset(session, {}), summary(session, {}))) >= {"confusion"}


def test_weights_are_target_by_source(data):
    session = fake(data, hidden=(6, 5))
    ends = dict(forward1=(256, 6), forward2=(6, 5), forward3=(5, 100), feedback1=(5, 6), feedback2=(100, 5))
    for name, (source, target) in ends.items():
        by_synapse = (
            1000 * np.arange(source)[:, None] + np.arange(target)
        ).ravel()  # i, then j, as Brian2 does
        session.run[f"{name}_w.w"] = np.stack([by_synapse, -by_synapse], axis=1)
    for name, (source, target) in ends.items():
        np.testing.assert_array_equal(
            session.weights(name, 1), -(np.arange(target)[:, None] + 1000 * np.arange(source))
        )


@pytest.mark.parametrize("homeostatic", [True, False])
def test_a_step_down_the_gradient_of_the_matched_network_is_at_no_angle(data, homeostatic):
    start = fake(data, hidden=(6, 5), answers=second_half_wrong)
    network, inputs, targets = start.matched(0, homeostatic)
    assert (network.homeostatic, len(inputs), targets.shape) == (homeostatic, 60, (60, 10))
    moved = fake(data, hidden=(6, 5), answers=second_half_wrong)
    for k, gradient in enumerate(network.gradient(inputs, targets), start=1):
        w = moved.run[f"forward{k}_w.w"]
        w[:, 1] = w[:, 0] - 1e-11 * (gradient / np.abs(gradient).max()).T.ravel()
    found = moved.alignment(0, homeostatic)
    np.testing.assert_allclose([layer.angle_deg for layer in found], 0, atol=0.01)


def test_summary_names_what_was_measured(data):
    main, frozen = fake(data), fake(data, answers=lambda schedule, labels: (labels + 1) % 10)
    numbers = summary(main, {"hidden frozen": frozen})
    assert numbers["test_accuracy"] == numbers["validation_accuracy"] == numbers["train_accuracy_taught"] == 1
    assert numbers["test_accuracy_hidden_frozen"] == 0
    assert numbers["gain_over_hidden_frozen"] == 1
    assert numbers["simulated_s"] == pytest.approx(len(main.labels) * 0.2)
    assert numbers["rate_output_hz"] == pytest.approx(0.1 / 0.14)  # the cells of one class in ten, once
    costs = {"run_s", "build_s", "cpu_s_per_simulated_s", "spikes", "peak_rss_mb"}
    assert costs | {"angle_hidden_deg", "angle_output_deg", "angle_feedback_deg"} <= set(numbers)
    assert all(np.isfinite(value) for value in numbers.values())


@pytest.mark.parametrize("hidden", [(6,), (6, 5)], ids=str)
def test_all_figures_are_drawn_from_the_data_alone(data, hidden):
    main, frozen = fake(data, hidden), fake(data, hidden, answers=second_half_wrong)
    kept = dataset(main, {"hidden frozen": frozen})
    assert all("units" in array.attrs for array in kept.data_vars.values())
    drawn = digits.figures(kept, summary(main, {"hidden frozen": frozen}))
    assert set(drawn) == {"raster", "voltages", "learning", "angles", "receptive_fields", "confusion"}
    for figure in drawn.values():
        figure.savefig(image := BytesIO(), format="png")
        assert image.getbuffer().nbytes > 5000


def test_the_raster_times_are_those_of_the_schedule(data):
    assert TRIAL / second == pytest.approx(digits_figures.TRIAL_S)
    assert digits_figures.SHOWN == CLASSES
    kept = dataset(fake(data, (6,)), {})
    assert digits_figures._teaching(kept)[1] == pytest.approx((0.26, 0.4))
