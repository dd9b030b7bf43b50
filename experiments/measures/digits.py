"""Measures of a finished run of `digits.py`: accuracies, angles to the gradient, costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import xarray as xr
from brian2 import second
from sklearn.linear_model import LogisticRegression

from dendritic_bp.analysis import Alignment, alignment, answers
from dendritic_bp.rate_network import RateNetwork, measure_fi
from dendritic_bp.runs import Run
from dendritic_bp.tasks import Dataset
from dendritic_bp.trials import Schedule
from networks.digits import CLASSES, LOOKS, READ_S, TRIAL, VOTERS, Design
from networks.layers import COUNTERS, probes

OWNER = np.repeat(np.arange(CLASSES), VOTERS)  # class of each output cell


@dataclass(frozen=True)
class Session:
    """A finished run together with what was asked of it."""

    run: Run
    design: Design
    schedule: Schedule
    data: Dataset

    @property
    def layers(self) -> list[str]:
        """Return the names of the layers, inputs first."""
        return ["inputs", *self.hidden, "output"]

    @property
    def hidden(self) -> list[str]:
        """Return the names of the hidden layers."""
        return [f"hidden{k + 1}" for k in range(len(self.design.hidden))]

    @cached_property
    def labels(self) -> np.ndarray:
        """Return the class shown in each trial."""
        return self.data.labels[self.schedule.sample]

    def counts(self, layer: str, what: str = "n_event") -> np.ndarray:
        """Return what each cell did while each trial was read; shape (trials, cells)."""
        return self._counts[layer, what]

    @cached_property
    def _counts(self) -> dict[tuple[str, str], np.ndarray]:
        clock, pairs = self.design.clock, product(self.layers, COUNTERS)
        return {(a, b): clock.counts(self.run, f"{a}.{b}").astype(np.int16) for a, b in pairs}

    @cached_property
    def votes(self) -> np.ndarray:
        """Return the events of the output cells of each class; shape (trials, classes)."""
        return self.counts("output").reshape(-1, CLASSES, VOTERS).sum(axis=2)

    def predicted(self, phase: str, presentations: int = 1) -> np.ndarray:
        """Return the class with most events over the successive presentations of each image, or NO_ANSWER."""
        votes = self.votes[self.schedule.phase == phase]
        return answers(votes.reshape(-1, presentations, CLASSES).sum(axis=1))

    def accuracy(self, phase: str, presentations: int = 1) -> float:
        """Return the share of images whose class gets most events."""
        labels = self.labels[self.schedule.phase == phase][::presentations]
        return float((self.predicted(phase, presentations) == labels).mean())

    def curve(self, phase: str) -> np.ndarray:
        """Return the accuracy in each epoch."""
        of = self.schedule.phase == phase
        right, epoch = self.predicted(phase) == self.labels[of], self.schedule.epoch[of]
        return np.bincount(epoch, right) / np.bincount(epoch)

    def weights(self, projection: str, k: int) -> np.ndarray:
        """Return the weights (A), target by source, at the begin of window k."""
        return self._weights[projection][:, k].reshape(self._ends(projection)).T

    @cached_property
    def _weights(self) -> dict[str, np.ndarray]:
        names = [f"forward{k}" for k in self._forward()] + [f"feedback{k}" for k in self._forward()[:-1]]
        return {name: self.run[f"{name}_w.w"] for name in names}

    def _ends(self, projection: str) -> tuple[int, int]:
        sizes = [self.counts(layer).shape[1] for layer in self.layers]
        k = int(projection[-1])
        return (sizes[k - 1], sizes[k]) if projection.startswith("forward") else (sizes[k + 1], sizes[k])

    def matched(self, k: int, homeostatic: bool) -> tuple[RateNetwork, np.ndarray, np.ndarray]:
        """Return the rate network at the begin of epoch k, its input rates (Hz) and targets (Hz)."""
        shown = (self.schedule.phase == "train") & (self.schedule.epoch == k)
        measured = [self.counts(layer)[shown] / READ_S for layer in self.layers]
        weights, biases, curves, rates = [], [], [], measured[0]
        for layer, name in enumerate(self.layers[1:], start=1):
            w = self.weights(f"forward{layer}", k) * self.run[f"{name}.tau_basal"]
            bias = self.run[f"{name}_I_bias.I_bias"][:, k]
            current = rates @ w.T + bias
            curve = measure_fi(current, measured[layer])
            weights, biases, curves, rates = [*weights, w], [*biases, bias], [*curves, curve], curve(current)
        network = RateNetwork(weights, biases, curves, OWNER, homeostatic)
        low, high = self.run["teacher.r_low"], self.run["teacher.r_high"]
        return network, measured[0], np.where(self.labels[shown][:, None] == np.arange(CLASSES), high, low)

    def alignment(self, k: int, homeostatic: bool = True) -> list[Alignment]:
        """Compare the weight changes of epoch k with the gradient, layer by layer."""
        gradients = RateNetwork.gradient(*self.matched(k, homeostatic))
        changes = [
            self.weights(f"forward{n}", k + 1) - self.weights(f"forward{n}", k) for n in self._forward()
        ]
        return [alignment(change, gradient) for change, gradient in zip(changes, gradients, strict=True)]

    @cached_property
    def alignments(self) -> dict[str, list[list[Alignment]]]:
        """Return the alignment of each epoch and layer, to the gradient with slaved and with fixed biases."""
        epochs = range(int(self.schedule.epoch.max()))
        return {
            "": [self.alignment(k, homeostatic=True) for k in epochs],
            "_fixed_bias": [self.alignment(k, homeostatic=False) for k in epochs],
        }

    def _forward(self) -> range:
        return range(1, len(self.layers))

    def feedback_angle(self) -> float:
        """Return the mean angle (deg) between the forward and the feedback weights at the end."""
        last = int(self.schedule.epoch.max())
        pairs = [
            (self.weights(f"feedback{k}", last), self.weights(f"forward{k + 1}", last))
            for k in self._forward()[:-1]
        ]
        return _mean([alignment(back, -forward.T).angle_deg for back, forward in pairs])

    @cached_property
    def shown_from(self) -> float:
        """Return when the trials begin (s) whose spikes are recorded, one per class."""
        return float((self.schedule.phase != "show").sum() * TRIAL / second)

    def show(self, layer: str, event: str) -> tuple[np.ndarray, np.ndarray]:
        """Return times (s, from the first recorded trial) and cells of the events or bursts of a layer."""
        name = f"{layer}_{event}s"
        return self.run[f"{name}.t"] - self.shown_from, self.run[f"{name}.i"]


def summary(main: Session, controls: Mapping[str, Session]) -> dict[str, float]:
    """Return the numbers of a run, by name."""
    result = {
        "test_accuracy": main.accuracy("test", LOOKS),
        "validation_accuracy": main.accuracy("end", LOOKS),
        "train_accuracy_taught": float(main.curve("train")[-1]),
        "linear_classifier_test_accuracy": _linear_classifier(main.data),
    }
    for name, session in controls.items():
        result[f"test_accuracy_{_key(name)}"] = session.accuracy("test", LOOKS)
        result[f"gain_over_{_key(name)}"] = result["test_accuracy"] - session.accuracy("test", LOOKS)
    return result | _angles(main) | _activity(main) | _cost(main)


def _linear_classifier(data: Dataset) -> float:
    """Return the test accuracy of a logistic regression on the pixels: what no hidden layer can do."""
    model = LogisticRegression(max_iter=1000).fit(data.images[data.train], data.labels[data.train])
    return float(model.score(data.images[data.test], data.labels[data.test]))


def _key(name: str) -> str:
    return name.replace(" ", "_")


def _angles(session: Session) -> dict[str, float]:
    """Return angles (deg) and the like, as means over the epochs after the first."""
    names = [*session.hidden, "output"]
    result = {}
    for suffix, every in session.alignments.items():
        rows = every[1:]
        for layer, name in enumerate(names):
            result[f"angle_{name}{suffix}_deg"] = _mean([row[layer].angle_deg for row in rows])
        hidden = [a for row in rows for a in row[:-1]]
        result[f"angle_hidden{suffix}_deg"] = _mean([a.angle_deg for a in hidden])
        if not suffix:
            result["cosine_hidden"] = _mean([a.cosine for a in hidden])
            result["sign_agreement_hidden"] = _mean([a.sign_agreement for a in hidden])
    result["angle_feedback_deg"] = session.feedback_angle()
    return {name: value for name, value in result.items() if np.isfinite(value)}


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else np.nan


def _activity(session: Session) -> dict[str, float]:
    """Return rates (Hz) and burst probabilities in the test."""
    tested, result = session.schedule.phase == "test", {}
    for layer in session.layers:
        events, bursts = (session.counts(layer, what)[tested].sum() for what in COUNTERS)
        cells = session.counts(layer).shape[1]
        result[f"rate_{layer}_hz"] = float(events / (cells * tested.sum() * READ_S))
        result[f"burst_probability_{layer}"] = float(bursts / max(events, 1))
    return result


def _cost(session: Session) -> dict[str, float]:
    run, simulated = session.run, float(len(session.labels) * TRIAL / second)
    return {
        "simulated_s": simulated,
        "run_s": run.run_s,
        "build_s": run.build_s,
        "cpu_s_per_simulated_s": run.cpu_s / simulated,
        "spikes": float(sum(run[f"{layer}_total.N"] for layer in session.layers)),
        "peak_rss_mb": run.peak_rss_mb,
    }


def dataset(main: Session, controls: Mapping[str, Session]) -> xr.Dataset:
    """Return all that the figures draw, and what a reader may want to look into."""
    sessions = {"learning": main, **controls}
    arrays = {
        "validation_accuracy": (("run", "epoch"), np.array([s.curve("validate") for s in sessions.values()])),
        "train_accuracy_taught": (("run", "epoch"), np.array([s.curve("train") for s in sessions.values()])),
        "events": (("trial", "class"), main.votes.astype(np.int32)),
        "label": ("trial", main.labels),
        "image": ("trial", main.schedule.sample),
        "phase": ("trial", main.schedule.phase.astype(str)),
        "test_predicted": ("test_image", main.predicted("test", LOOKS)),
        "test_label": ("test_image", main.labels[main.schedule.phase == "test"][::LOOKS]),
    }
    arrays |= _alignment_arrays(main) | _weight_arrays(main) | _show_arrays(main)
    arrays["cells"] = ("population", _sizes(main))
    arrays["taught_from"] = ((), float(main.design.gates["teaching"].start / second), {"units": "s"})
    result = xr.Dataset(arrays, {"run": list(sessions), "layer": main.layers[1:], "population": main.layers})
    for array in result.data_vars.values():
        array.attrs.setdefault("units", "1")
    return result


def _sizes(session: Session) -> list[int]:
    return [session.counts(layer).shape[1] for layer in session.layers]


def _alignment_arrays(session: Session) -> dict[str, tuple]:
    result = {}
    for suffix, rows in session.alignments.items():
        for field, unit in (
            ("angle_deg", "deg"),
            ("cosine", "1"),
            ("sign_agreement", "1"),
            ("relative_size", "A2 s2"),
        ):
            values = np.array([[getattr(a, field) for a in row] for row in rows]).T
            result[field + suffix] = (("layer", "epoch"), values, {"units": unit})
    return result


def _weight_arrays(session: Session) -> dict[str, tuple]:
    last, names = int(session.schedule.epoch.max()), session.layers
    return {
        f"w_forward{k}": ((names[k], names[k - 1]), session.weights(f"forward{k}", last), {"units": "A"})
        for k in range(1, len(names))
    }


def _show_arrays(session: Session) -> dict[str, tuple]:
    """Return the spikes of the last trials as flat (time, cell), and the voltages of a few cells."""
    result, run = {}, session.run
    for layer, size in zip(session.layers, _sizes(session), strict=True):
        for event in ("event", "burst"):
            (times, cells), spike = session.show(layer, event), f"{layer}_{event}"
            result |= {f"{spike}_t": (spike, times, {"units": "s"}), f"{spike}_cell": (spike, cells)}
        for name in ("v_s", "v_d"):
            result[f"{layer}_{name}"] = ((f"{layer}_probe", "time"), run[f"{layer}_v.{name}"], {"units": "V"})
        result[f"{layer}_probed"] = (f"{layer}_probe", list(probes(size)))
    return result | {"time": ("time", run["inputs_v.t"] - session.shown_from, {"units": "s"})}
