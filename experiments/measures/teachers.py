"""Measures of `teachers.py`: what hidden cells tell of the class and of the image, and what is rebuilt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from measures import digits
from measures.digits import Meter
from networks.training import Block, Training, looks

PENALTY = 10.0  # of the ridge regression, for counts of unit variance; chosen here


@dataclass(frozen=True)
class Result:
    """Hold the trainings under one teacher, "learning" and controls, and the meter of the first."""

    runs: Mapping[str, Training]
    meter: Meter


class ReadOut(NamedTuple):
    """Hold what linear read-outs of hidden cells find in test images: classes, and the variance of pixels."""

    classes: float
    pixels: float


def summed(counts: np.ndarray, presentations: int) -> np.ndarray:
    """Return counts (images, cells), summed over the successive presentations of each image."""
    return counts.reshape(-1, presentations, counts.shape[1]).sum(axis=1)


def read_out(training: Training, phase: str = "test") -> ReadOut:
    """Fit both read-outs to single trials of training images, and try them on those of other images."""
    from sklearn.linear_model import LogisticRegression, Ridge  # here, as it takes two seconds
    from sklearn.preprocessing import StandardScaler

    data, known, asked = training.data, training.held_out["known"], training.held_out[phase]
    scale = StandardScaler().fit(_hidden(known))
    x, others = (scale.transform(_hidden(block)) for block in (known, asked))
    rows, samples = known.schedule.sample, asked.schedule.sample
    classes = LogisticRegression(max_iter=2000).fit(x, data.labels[rows])
    pixels = Ridge(alpha=PENALTY).fit(x, data.brightness(rows))
    return ReadOut(
        float(classes.score(others, data.labels[samples])),
        explained(pixels.predict(others), data.brightness(samples), _mean_image(training)),
    )


def _hidden(block: Block) -> np.ndarray:
    """Return the events (trials, cells) of the cells of all hidden layers."""
    return np.hstack([events for name, events in block.events.items() if name.startswith("hidden")])


def _mean_image(training: Training) -> np.ndarray:
    return training.data.brightness(training.data.train).mean(axis=0)


def rebuilt(training: Training, block: Block, presentations: int = 1) -> np.ndarray:
    """Return the brightness (images, pixels) that the rates of the output cells stand for."""
    low, high = (float(training.network[name]) for name in training.design.wanted)
    seconds = training.design.voters * presentations * training.design.read_s
    return (summed(block.votes, presentations) / seconds - low) / (high - low)


def explained(found: np.ndarray, images: np.ndarray, mean: np.ndarray) -> float:
    """Return the share of the squared distance of images (n, pixels) from a mean that is explained."""
    return float(1 - np.square(images - found).sum() / np.square(images - mean).sum())


def own(training: Training, block: Block, presentations: int = 1) -> float:
    """Return what the teacher asks for: the share of right answers, or of the variance that is rebuilt."""
    if training.design.teacher != "reconstruction":
        return digits.accuracy(block, training.data, presentations)
    images = training.data.brightness(block.schedule.sample[::presentations])
    return explained(rebuilt(training, block, presentations), images, _mean_image(training))


def own_name(teacher: str) -> str:
    """Name the metric of a teacher."""
    return "explained_variance" if teacher == "reconstruction" else "test_accuracy"


def summary(results: Mapping[str, Result]) -> dict[str, float]:
    """Return the numbers of all teachers, by name; what is not defined is left out."""
    one = next(iter(results.values())).runs["learning"]
    numbers = {"linear_classifier_test_accuracy": digits.linear_classifier(one.data)}
    for teacher, result in results.items():
        each = _reached(teacher, result) | digits.angles(result.runs["learning"], result.meter)
        numbers |= {f"{teacher}_{key}": value for key, value in each.items() if np.isfinite(value)}
    return numbers


def _reached(teacher: str, result: Result) -> dict[str, float]:
    """Return what the network and its controls reach, each by its own metric and by both read-outs."""
    numbers = {}
    for label, training in result.runs.items():
        key = "" if label == "learning" else f"_{label.replace(' ', '_')}"
        read = read_out(training)
        reached = own(training, training.held_out["test"], looks(training.data))
        numbers[f"{own_name(teacher)}{key}"] = reached
        numbers[f"read_out_test_accuracy{key}"] = read.classes
        numbers[f"read_out_explained_variance{key}"] = read.pixels
    last = result.runs["learning"].train[-1].reward
    return numbers | ({} if last is None else {"reward_last_epoch": float(last.mean())})


def dataset(results: Mapping[str, Result]) -> xr.Dataset:
    """Return all that the figures draw."""
    first = next(iter(results.values()))
    reads = [[read_out(run) for run in each.runs.values()] for each in results.values()]
    curves = [
        [[own(run, b) for b in run.validate] for run in each.runs.values()] for each in results.values()
    ]
    angles = [[[a.angle_deg for a in row] for row in each.meter.slaved] for each in results.values()]
    arrays: dict[str, Any] = {
        "read_out": (("teacher", "run"), [[x.classes for x in row] for row in reads]),
        "pixels": (("teacher", "run"), [[x.pixels for x in row] for row in reads]),
        "own": (("teacher", "run", "epoch"), curves),
        "angle_deg": (("teacher", "layer", "probe"), np.array(angles).swapaxes(1, 2), {"units": "deg"}),
        "probe_epoch": ("probe", first.meter.epochs),
    }
    if "reward" in results:
        blocks = results["reward"].runs["learning"].train
        arrays["rewarded"] = ("epoch", [float(block.reward.mean()) for block in blocks])
    if "reconstruction" in results:
        arrays |= _shown(results["reconstruction"])
    layers = [*first.runs["learning"].design.sizes][1:]
    kept = xr.Dataset(arrays, {"teacher": list(results), "run": list(first.runs), "layer": layers})
    for array in kept.data_vars.values():
        array.attrs.setdefault("units", "1")
    return kept


def _shown(result: Result) -> dict[str, tuple]:
    """Return a test image of each class, and what the network and its controls make of it."""
    data, times = next(iter(result.runs.values())).data, looks(next(iter(result.runs.values())).data)
    first = [np.flatnonzero(data.labels[data.test] == k)[0] for k in range(data.n_classes)]
    made = [rebuilt(run, run.held_out["test"], times)[first] for run in result.runs.values()]
    return {
        "shown_image": (("shown", "pixel"), data.brightness(data.test[first])),
        "shown_rebuilt": (("run", "shown", "pixel"), made),
        "shown_label": ("shown", data.labels[data.test[first]]),
    }
