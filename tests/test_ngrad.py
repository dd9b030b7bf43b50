"""The meter of the rules is right, and every rule of the folder offers what the trainer needs."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from test_layers import imported

from dendritic_bp import cli
from dendritic_bp.errors import UserError
from dendritic_bp.models.rate import backprop, feedback_alignment, node_perturbation
from dendritic_bp.models.rate._network import Parameter, Weights, values
from dendritic_bp.storage import read_run

EXPERIMENTS = Path(__file__).parents[1] / "experiments"


@pytest.fixture(scope="module")
def ngrad():
    """Import the modules of the experiment."""
    sys.path.insert(0, str(EXPERIMENTS))
    import ngrad
    from measures import ngrad as ngrad_meter
    from networks import ngrad_training

    yield type("Modules", (), dict(main=ngrad, meter=ngrad_meter, training=ngrad_training))
    sys.path.remove(str(EXPERIMENTS))


def rules():
    return sorted(p.stem for p in (EXPERIMENTS.parent / "models" / "rate").glob("[!_]*.py"))


@pytest.mark.parametrize("name", rules())
def test_every_rule_keeps_the_contract(ngrad, name):
    """Parameters have units and sources; an update changes nothing in place and fits the weights."""
    rule = ngrad.training.rule(name)
    assert rule.__doc__ and rule.feedback in ngrad.training.ORDER and "eta" in rule.parameters
    assert all(isinstance(row, Parameter) and row.unit and row.source for row in rule.parameters.values())
    p, rng = values(rule.parameters), np.random.default_rng(0)
    network = rule.network((6, 5, 4, 3))
    state = rule.initial(network, rng, p)
    x, y = rng.random((4, 6)), np.eye(3)[[0, 1, 2, 0]]
    before = [each.copy() for each in (*state.weights.W, *state.weights.b)]
    change, after = rule.update(network, state, x, y, rng, p)
    for old, now, later, d in zip(
        before,
        (*state.weights.W, *state.weights.b),
        (*after.weights.W, *after.weights.b),
        (*change.W, *change.b),
        strict=True,
    ):
        assert np.array_equal(old, now) and np.array_equal(old, later) and d.shape == old.shape
    assert rule.predict(network, after, x, p).shape == (4, 3)
    assert rule.macs((6, 5, 4, 3), p) >= 62  # a forward pass


def test_the_rules_need_no_simulator_and_no_library():
    for path in (EXPERIMENTS.parent / "models" / "rate").glob("*.py"):
        names = {name for name in imported(path) if not name.startswith("dendritic_bp.models")}
        tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
        assert tops <= {"numpy", "scipy"}, path


@pytest.mark.parametrize("name", rules())
def test_single_precision_stays_single(ngrad, name):
    """A draw or a number in double precision would halve the speed of everything after it."""
    rule, rng = ngrad.training.rule(name), np.random.default_rng(0)
    p, network = values(rule.parameters), ngrad.training.replace(rule.network((6, 5, 3)), dtype=np.float32)
    state = rule.initial(network, rng, p)
    x, y = rng.random((4, 6), dtype=np.float32), np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    for _ in range(2):
        change, state = rule.update(network, state, x, y, rng, p)
        state = state.learned(change)
    kinds = {each.dtype for part in (change, state.weights) for each in (*part.W, *part.b)}
    assert kinds == {np.dtype(np.float32)}


def test_angles_are_those_of_layers_and_of_all_hidden_ones(ngrad):
    p, rng = values(backprop.parameters), np.random.default_rng(0)
    network = backprop.network((4, 5, 5, 3))
    state = backprop.initial(network, rng, p)
    x, y = rng.random((6, 4)), np.eye(3)[rng.integers(3, size=6)]
    assert ngrad.meter.angles(backprop, network, state, x, y, rng, p) == pytest.approx(np.zeros(4), abs=1e-6)

    class Orthogonal:
        """Go at right angles to the gradient, against it, and along it, layer by layer."""

        @staticmethod
        def update(network, state, x, y, rng, p):
            g = backprop.gradient(network, state.weights, x, y).W
            aside = rng.standard_normal(g[0].shape)
            aside -= g[0] * np.sum(aside * g[0]) / np.sum(g[0] ** 2)
            return Weights([aside, g[1], -g[2]], state.weights.b), state

    found = ngrad.meter.angles(Orthogonal, network, state, x, y, rng, p)
    assert found[:3] == pytest.approx([np.pi / 2, np.pi, 0], abs=1e-6)
    assert np.pi / 2 < found[3] < np.pi


def test_no_change_is_at_a_right_angle_and_no_gradient_has_none(ngrad):
    u, zero = np.ones(3), np.zeros(3)
    assert ngrad.meter.between(zero, u) == pytest.approx(np.pi / 2)
    assert np.isnan(ngrad.meter.between(u, zero))


def test_random_feedback_starts_at_right_angles_and_perturbation_is_off_by_its_noise(ngrad):
    rng = np.random.default_rng(0)
    x, y = rng.random((20, 64)), np.eye(10)[rng.integers(10, size=20)]
    for rule, expected in ((feedback_alignment, 90), (node_perturbation, 86)):
        p = values(rule.parameters)
        network = rule.network((64, 300, 10))
        state = rule.initial(network, rng, p)
        each = [ngrad.meter.angles(rule, network, state, x, y, rng, p)[0] for _ in range(20)]
        assert np.degrees(np.mean(each)) == pytest.approx(expected, abs=5)


def test_the_first_time_below_a_level_is_interpolated(ngrad):
    epochs = ("moment", [0.0, 1.0, 2.0, 4.0])
    one = xr.Dataset(
        {"test_error": (("seed", "moment"), [[0.9, 0.2, 0.05, 0.2], [0.9, 0.3, 0.2, 0.1]]), "epochs": epochs}
    )
    assert ngrad.meter.epochs_to(one, 0.1) == pytest.approx(np.mean([1 + 2 / 3, 4]))
    assert np.isnan(ngrad.meter.epochs_to(one, 0.06))  # one seed never gets there


def courses(validation, test, finite=True):
    """Return the courses of one rule, a row of errors per seed."""
    one = xr.Dataset({"epochs": ("moment", np.arange(len(test[0]), dtype=float))})
    for name, rows in (("validation_error", validation), ("test_error", test)):
        one[name] = (("seed", "moment"), rows)
    one["macs"] = 10 * one.test_error
    one["angle_hidden"] = 0 * one.test_error + 0.5
    return one.assign(
        finite=("seed", [finite] * len(test)),
        chance_error=("seed", [0.87] * len(test)),
        epoch_s=("seed", [1.0] * len(test)),
    )


def test_a_rule_that_fails_says_so_and_has_no_accuracy(ngrad):
    good, lost, chance = [0.9, 0.2, 0.1], [0.9, 0.2, 0.31], [0.9, 0.9, 0.88]
    data = xr.concat(
        [
            courses([good, good], [good, good]),
            courses([good, lost], [good, lost]),
            courses([chance, chance], [chance, chance]),
            courses([good, good], [good, good], finite=False),
        ],
        "rule",
    ).assign_coords(rule=["learns", "forgets", "guesses", "bursts"])
    assert [ngrad.meter.verdict(data.sel(rule=name)) for name in data.rule.values] == [
        "", "diverged", "at chance", "diverged",
    ]  # fmt: skip
    numbers = ngrad.meter.summary(data)
    assert [key for key in numbers if "test_accuracy" in key] == [
        "learns_test_accuracy", "learns_test_accuracy_worst",
    ]  # fmt: skip
    assert numbers["forgets_networks_diverged"] == 1 and numbers["guesses_networks_at_chance"] == 2
    assert ngrad.meter.failures(data) == [
        "forgets: diverged in 1 of 2 networks",
        "guesses: at chance in 2 of 2 networks",
        "bursts: diverged in 2 of 2 networks",
    ]


def test_chance_is_the_commonest_class_within_its_scatter(ngrad):
    y = np.eye(2)[np.repeat([0, 1], [75, 25])]
    assert ngrad.meter.chance(y) == pytest.approx(0.25 - 3 * np.sqrt(0.75 * 0.25 / 100))


def test_a_run_that_cannot_learn_is_marked_in_numbers_print_and_figures(ngrad, tmp_path, capsys):
    record = run(ngrad, tmp_path / "run", "--rules", "backprop", "--epochs", 1, "--no-scaling",
                 "--set", "backprop.eta=1e39")  # fmt: skip
    assert record.summary["backprop_networks_diverged"] == 1
    assert "backprop_test_accuracy" not in record.summary
    assert "backprop: diverged in 1 of 1 networks" in capsys.readouterr().out
    texts = [text.get_text() for text in ngrad.main.figures(record.data, {})["angles"].findobj(is_text)]
    assert "backprop\ndiverged" in texts


def is_text(artist):
    return hasattr(artist, "get_text")


def test_every_epoch_shows_every_example_once(ngrad):
    x = np.arange(12.0)[:, np.newaxis]
    shown = list(ngrad.training.batches((x, -x), ngrad.training.Budget(2, 4), np.random.default_rng(0)))
    assert len(shown) == 6 and all(np.array_equal(a, -b) for a, b in shown)
    epochs = np.concatenate([a.ravel() for a, _ in shown]).reshape(2, 12)
    assert (np.sort(epochs, axis=1) == np.arange(12)).all() and not (epochs[0] == epochs[1]).all()


def test_the_same_seed_gives_the_same_course(ngrad):
    job = ngrad.training.Job("node_perturbation", (10,), ngrad.training.Budget(1, 20, 3, 2), seed=3)
    one, other = ngrad.training.train(job), ngrad.training.train(job)
    xr.testing.assert_identical(one.drop_vars("epoch_s"), other.drop_vars("epoch_s"))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"backprp.eta": 1.0}, "no rule 'backprp' is trained; did you mean 'backprop'"),
        ({"backprop.etta": 1.0}, "no parameter 'etta'; did you mean 'eta'"),
    ],
)
def test_misspelt_settings_are_named(ngrad, asked, message):
    with pytest.raises(UserError, match=message):
        ngrad.main._changed(asked, ["backprop"])


def test_an_unknown_rule_is_named(ngrad):
    with pytest.raises(UserError, match="no rule 'hebian'.*did you mean 'hebbian'"):
        ngrad.training.in_order(["hebian"])


def run(ngrad, folder, *flags):
    """Run the experiment here, and return what it has left behind."""
    arguments = ["--out", str(folder), *map(str, flags)]
    cli.main(
        ngrad.main.__doc__, ngrad.main.simulate, ngrad.main.figures, ngrad.main.options, "ngrad", arguments
    )
    return read_run(folder)


def test_a_run_on_idx_files_holds_what_it_promises(ngrad, tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    images = (rng.random((3, 4, 5)) * 255)[labels] * rng.random((300, 4, 5))
    for name, array in (("images", images), ("labels", labels)):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (tmp_path / name).write_bytes(header + array.astype(np.uint8).tobytes())
    files = ("--images", tmp_path / "images", "--labels", tmp_path / "labels")
    record = run(
        ngrad, tmp_path / "run", *files, "--rules", "backprop", "--set", "backprop.eta=0.3", "--seed", 2
    )
    assert record.summary["backprop_test_accuracy"] > 0.9
    assert record.summary["backprop_angle_deg"] < 1e-3
    epochs, macs = (record.summary[f"backprop_{what}_to_10pct"] for what in ("epochs", "macs"))
    per_epoch = 180 * (2 * (20 * 100 + 100 * 3) + 100 * 3)  # forward and outer products, and the way back
    assert 0 < epochs < 10 and macs == pytest.approx(epochs * per_epoch)
    assert record.provenance["parameters"]["backprop"]["eta"]["value"] == 0.3
    assert record.data.layer.values.tolist() == ["hidden1", "output"]
    assert {path.stem for path in (tmp_path / "run").glob("*.png")} == {"spectrum", "angles", "compute"}
    nowhere = record.data.copy(deep=True).assign_coords(rule=["kolen_pollack"])
    for name in ("angle", "angle_hidden"):
        nowhere[name][:] = np.nan  # black images have no gradient
    assert set(ngrad.main.figures(nowhere, {})) == {"spectrum", "angles", "compute"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--epochs", "0"], "--epochs must be 1 or more"),
        (["--batch", "5000"], "--batch 5000 is more than the 1077 examples"),
        (["--images", "somewhere"], "--images and --labels go together"),
        (["--test-labels", "somewhere"], "--test-images and --test-labels go together"),
        (["--test-images", "a", "--test-labels", "b"], "--test-images need --images"),
        (["--rules", "backprob"], "did you mean 'backprop'"),
        (["--set", "backprop.eta=0.1*mV"], "a number without unit"),
    ],
)
def test_what_cannot_be_run_is_named(ngrad, tmp_path, flags, message):
    with pytest.raises(SystemExit, match=message):
        run(ngrad, tmp_path / "run", "--rules", "backprop", *flags)
    assert not (tmp_path / "run").exists()
