"""Measures of `credit.py`: each mechanism beside its controls, its rate twin and what is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from dendritic_bp.tasks import Dataset
from measures import digits
from measures.digits import Meter
from measures.ngrad import angle_learning, verdict
from networks.layers import probes
from networks.ngrad_training import DIVERGING, Budget, Job, task
from networks.ngrad_training import train as train_rates
from networks.training import Plan, Training, looks

LEVEL = 0.1  # of error, to which epochs are counted
SECOND_FROZEN, ONE_LAYER = "second frozen", "one layer"  # beside two hidden layers
CONTROLS = (
    *("hidden frozen", "feedback zero", "feedback shuffled", "feedback scalar"),
    *(SECOND_FROZEN, ONE_LAYER),
)
SHOWN = ("hidden1", "output")  # layers of which one cell is drawn

TWINS = dict(  # rules of models/rate: the nearest there is
    bursts="burst_ensemble",
    signed_bursts="burst_ensemble",
    single_phase_bursts="burst_single_phase",
    error_cells="error_neurons",
    plateau_difference="kolen_pollack",
    dendritic_error="dendritic_microcircuit",
    targets="difference_target_propagation",
    contrastive="generec",
    scalar="node_perturbation",
)


class Published(NamedTuple):
    """Hold the best published result that was found: NaN where there is none on images."""

    accuracy: float
    kind: str  # of network: spiking or rate
    task: str
    source: str


# "abstract": the number was read there, not in the text
PUBLISHED = dict(
    bursts=Published(np.nan, "spiking", "XOR (solved)", "Payeur et al. 2021, Nat Neurosci 24"),
    signed_bursts=Published(
        np.nan, "spiking", "MNIST (as BPTT, no number in the abstract)", "Stuck, Wang & Naud 2025"
    ),
    single_phase_bursts=Published(np.nan, "spiking", "XOR (solved)", "Greedy et al. 2022, NeurIPS 35"),
    error_cells=Published(0.981, "spiking", "MNIST", "Lan et al. 2022 (PC-SNN; abstract)"),
    plateau_difference=Published(0.968, "spiking", "MNIST", "Guerguiev et al. 2017, eLife 6:e22901"),
    dendritic_error=Published(
        np.nan, "spiking", "MNIST, 14 x 14 (at chance); bars (solved)", "Gille 2023 (NEST)"
    ),
    targets=Published(0.9841, "spiking", "MNIST", "desire backpropagation (abstract)"),
    contrastive=Published(0.976, "spiking", "MNIST", "EqSpike (abstract)"),
    scalar=Published(0.972, "spiking", "MNIST", "convolutional R-STDP (abstract)"),
)


@dataclass(frozen=True)
class Result:
    """Hold what was trained for a mechanism: the network, small ones (itself and controls), the twin."""

    main: Training
    meter: Meter
    small: Mapping[str, Training]
    twin: xr.Dataset
    source_hash: str
    build_s: float

    @property
    def run_s(self) -> float:
        """Return how long all of its networks took."""
        trainings = {id(each): each for each in (self.main, *self.small.values())}
        return sum(each.spent.run_s for each in trainings.values())


def twin(name: str, hidden: tuple[int, ...], data: Dataset, plan: Plan, anneal: bool) -> xr.Dataset:
    """Train the rate network that stands for a mechanism on the same images."""
    with np.errstate(**DIVERGING):
        budget = Budget(plan.epochs, anneal=anneal)
        return train_rates(Job(TWINS[name], hidden, budget, plan.seed), task(data))


def epochs_to(error: np.ndarray, epochs: np.ndarray, level: float = LEVEL) -> float:
    """Return the epochs after which the error is at a level, linearly between those measured, or NaN."""
    below = np.flatnonzero(np.asarray(error) <= level)
    if not below.size:
        return np.nan
    k = below[0]
    if k == 0:
        return float(epochs[0])
    return float(np.interp(level, [error[k], error[k - 1]], [epochs[k], epochs[k - 1]]))


def test_accuracy(training: Training) -> float:
    """Return the accuracy on the test images."""
    return digits.accuracy(training.held_out["test"], training.data, looks(training.data))


def summary(results: Mapping[str, Result]) -> dict[str, float]:
    """Return the numbers of all mechanisms, by name; what was not reached is left out."""
    one = next(iter(results.values())).main
    numbers = {"linear_classifier_test_accuracy": digits.linear_classifier(one.data)}
    for name, result in results.items():
        each = _spiking(result) | _gains(result) | _rates(result.twin)
        each |= {f"twin_{failed.replace(' ', '_')}": 1} if (failed := fate(result.twin)) else {}
        numbers |= {f"{name}_{key}": value for key, value in each.items() if np.isfinite(value)}
    return numbers


def _spiking(result: Result) -> dict[str, float]:
    """Return the numbers of the network itself."""
    main = result.main
    known = digits.summary(main, result.meter, {})
    kept = ["test_accuracy", "validation_accuracy", "spikes_per_image", "simulated_s", "ms_per_trial"]
    kept += [key for key in known if key.startswith(("angle_", "cosine_", "reliability_"))]
    epochs = epochs_to(1 - digits.curve(main.validate, main.data), _epochs(main))
    costs = {"cpu_s": main.spent.cpu_s, "run_s": main.spent.run_s}
    reached = {"epochs_to_10pct": epochs, "images_to_10pct": epochs * len(main.data.train)}
    return {key: known[key] for key in kept} | costs | reached


def _epochs(training: Training) -> np.ndarray:
    return np.arange(1, len(training.validate) + 1)


def _gains(result: Result) -> dict[str, float]:
    """Return what the small networks reach, and by how much more than their controls."""
    if not result.small:
        return {}
    whole = test_accuracy(result.small[""])
    numbers = {"small_test_accuracy": whole}
    for label, training in result.small.items():
        if label:
            key = label.replace("hidden ", "").replace(" ", "_")
            numbers[f"small_test_accuracy_{key}"] = test_accuracy(training)
            numbers[f"gain_over_{key}"] = whole - test_accuracy(training)
    return numbers


def _rates(course: xr.Dataset) -> dict[str, float]:
    """Return the numbers of the rate twin."""
    return {
        "twin_test_accuracy": float(1 - course.test_error[-1]),
        "twin_angle_hidden_deg": float(np.degrees(angle_learning(course))),
        "twin_epochs_to_10pct": epochs_to(course.validation_error.values, course.epochs.values),
    }


def fate(course: xr.Dataset) -> str:
    """Return how a rate twin failed, "at chance" or "diverged", or ""."""
    return verdict(course.expand_dims("seed"))


def failures(results: Mapping[str, Result]) -> list[str]:
    """Return a line for each rate twin that failed."""
    fates = {name: fate(result.twin) for name, result in results.items()}
    return [f"rate twin of {name}, {TWINS[name]}: {each}" for name, each in fates.items() if each]


def dataset(results: Mapping[str, Result]) -> xr.Dataset:
    """Return all that the figures draw."""
    names, mains = list(results), [result.main for result in results.values()]
    main, data = mains[0], mains[0].data
    variants = ["", *CONTROLS]
    rows = [results[name].small for name in names]
    tests = [[test_accuracy(row[label]) if label in row else np.nan for label in variants] for row in rows]
    twins = [_rates(results[name].twin) for name in names]
    published = [PUBLISHED[name] for name in names]
    arrays: dict[str, Any] = {
        "validation_accuracy": (
            ("mechanism", "epoch"),
            [digits.curve(each.validate, each.data) for each in mains],
        ),
        "test_accuracy": ("mechanism", [test_accuracy(each) for each in mains]),
        "small_test_accuracy": (("mechanism", "variant"), tests),
        "probe_epoch": ("probe", results[names[0]].meter.epochs),
        "rule": ("mechanism", [TWINS[name] for name in names]),
        **{key: ("mechanism", [each[key] for each in twins]) for key in twins[0]},
        "twin_failed": ("mechanism", [fate(results[name].twin) for name in names]),
        **{
            f"published_{key}": ("mechanism", [getattr(each, key) for each in published])
            for key in Published._fields
        },
        "trial": ("mechanism", [float(each.design.trial) for each in mains], {"units": "s"}),
        "taught_from": ("mechanism", [float(_gate(each)) for each in mains], {"units": "s"}),
        "chance_error": ((), 1 - np.bincount(data.labels[data.test]).max() / len(data.test)),
    }
    arrays |= _alignments(results) | _trials(results)
    coordinates = {"mechanism": names, "layer": [*main.design.sizes][1:], "variant": ["whole", *CONTROLS]}
    kept = xr.Dataset(arrays, coordinates | {"epoch": _epochs(main), "shown": list(SHOWN)})
    kept["twin_angle_hidden_deg"].attrs["units"] = "deg"
    for array in kept.data_vars.values():
        array.attrs.setdefault("units", "1")
    return kept


def _gate(training: Training) -> float:
    return training.design.gates["teaching"].start


def _alignments(results: Mapping[str, Result]) -> dict[str, tuple]:
    """Return angles and the like of all probes (mechanism, layer, probe)."""
    place, arrays = ("mechanism", "layer", "probe"), {}
    for key, unit in (("angle_deg", "deg"), ("cosine", "1")):
        rows = [[[getattr(a, key) for a in row] for row in each.meter.slaved] for each in results.values()]
        arrays[key] = (place, np.array(rows).swapaxes(1, 2), {"units": unit})
    shares = [each.meter.reliable for each in results.values()]
    return arrays | {"reliability": (place, np.array(shares).swapaxes(1, 2))}


def _trials(results: Mapping[str, Result]) -> dict[str, tuple]:
    """Return the voltages of a cell of each layer in one trial with the teacher, and its spikes.

    Voltages are not a number after the end of a trial that is shorter than another's.
    """
    place = ("mechanism", "shown", "time")
    v_s, v_d, spikes = [], [], []
    for row, result in enumerate(results.values()):
        main, trial = result.main, taught_trial(result.main)
        soma, apical = zip(*(_cell(main, layer, trial) for layer in SHOWN), strict=True)
        v_s += [trace for trace, _ in soma]
        v_d += [trace for trace, _ in apical]
        spikes += [(t, row, k) for k, (_, times) in enumerate(soma) for t in times]
    t, mechanism, shown = np.array(spikes, float).reshape(-1, 3).T
    length = max(float(result.main.design.trial) for result in results.values())
    steps = max(map(len, v_s))
    return {
        "time": ("time", np.arange(steps) * length / steps, {"units": "s"}),
        "v_s": (place, _filled(v_s, steps), {"units": "V"}),
        "v_d": (place, _filled(v_d, steps), {"units": "V"}),
        "spike_t": ("spike", t, {"units": "s"}),
        "spike_mechanism": ("spike", mechanism.astype(int)),
        "spike_shown": ("spike", shown.astype(int)),
    }


def _filled(traces: Sequence[np.ndarray], steps: int) -> np.ndarray:
    """Return the traces of all mechanisms and layers as one array, filled up to a number of steps."""
    rows = [np.pad(trace, (0, steps - len(trace)), constant_values=np.nan) for trace in traces]
    return np.reshape(rows, (-1, len(SHOWN), steps))


def _by_trial(training: Training, layer: str, name: str) -> np.ndarray:
    """Return traces (cell, trial, step) of the trials that were recorded."""
    traces = training.show[f"{layer}_{name}"]
    return traces.reshape(len(traces), len(training.shown), -1)


def _swing(training: Training, layer: str) -> np.ndarray:
    """Return how far each apical potential moves in each trial, (cell, trial), in V."""
    return np.ptp(_by_trial(training, layer, "v_d"), axis=2)


def taught_trial(training: Training) -> int:
    """Return the trial in which the apical potentials of the output move most."""
    return int(_swing(training, "output").max(axis=0).argmax())


def _cell(training: Training, layer: str, trial: int) -> tuple[tuple, tuple]:
    """Return soma and dendrite, each (trace, spikes), of the cell whose apical potential moves most."""
    cell = int(_swing(training, layer)[:, trial].argmax())
    v_s, v_d = (_by_trial(training, layer, name)[cell, trial] for name in ("v_s", "v_d"))
    length = float(training.design.clock.length)
    t, i = (training.show[f"{layer}_event_{x}"] for x in ("t", "cell"))
    own = t[i == probes(training.design.sizes[layer])[cell]] - trial * length
    return (v_s, own[(own >= 0) & (own < length)]), (v_d, ())
