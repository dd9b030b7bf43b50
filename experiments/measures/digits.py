"""Measures of `digits.py`: accuracies, angles to the gradient, activity, costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from brian2 import second
from scipy import sparse

from dendritic_bp import trains
from dendritic_bp.analysis import Alignment, alignment, answers
from dendritic_bp.rate_network import RateNetwork, measure_fi
from dendritic_bp.tasks import Dataset
from networks.digits import PIECE, Design
from networks.layers import EVENTS, TRAINS, probes
from networks.training import Block, Probe, Training, looks


@dataclass
class Meter:
    """Compare what would be learned at some moments with the gradient of the matched rate network there."""

    design: Design
    data: Dataset
    epochs: list[float] = field(default_factory=list)  # of each probe
    slaved: list[list[Alignment]] = field(default_factory=list)  # of each probe and layer
    fixed: list[list[Alignment]] = field(default_factory=list)  # with the biases taken as fixed
    reliable: list[list[float]] = field(default_factory=list)  # share of the change that is no noise

    def __call__(self, probe: Probe) -> None:
        """Measure a probe."""
        self.epochs.append(probe.epoch)
        slaved, fixed = (RateNetwork.gradient(*self.matched(probe, how)) for how in (True, False))
        changes = self.changes(probe)
        for rows, gradients in ((self.slaved, slaved), (self.fixed, fixed)):
            summed = zip(changes, gradients, strict=True)
            rows.append([alignment(each.sum(axis=0), gradient) for each, gradient in summed])
        self.reliable.append([reliability(each) for each in changes])

    def changes(self, probe: Probe) -> list[np.ndarray]:
        """Return what each piece has changed: for each layer an array (piece, target, source)."""
        forward = [f"forward{k}" for k in range(1, len(self.design.sizes))]
        return [np.diff([network[name] for network in probe.networks], axis=0) for name in forward]

    def matched(self, probe: Probe, homeostatic: bool) -> tuple[RateNetwork, np.ndarray, np.ndarray]:
        """Return the rate network of a probe, its input rates (Hz) and targets (Hz)."""
        network = probe.networks[0]
        seconds = self.design.free_s or self.design.read_s
        measured = [probe.events[layer] / seconds for layer in self.design.sizes]
        weights, biases, curves, rates = [], [], [], [measured[0]]
        skips = [network[wire] * network["output.tau_basal"] for wire in self.design.skips]
        for k, name in enumerate([*self.design.sizes][1:], start=1):
            w = network[f"forward{k}"] * network[f"{name}.tau_basal"]
            current = rates[-1] @ w.T + network[f"{name}.I_bias"]
            if name == "output":
                current += sum(low @ skip.T for skip, low in zip(skips, rates[1:], strict=False))
            curve = measure_fi(current, measured[k])
            weights.append(w)
            biases.append(network[f"{name}.I_bias"])
            curves.append(curve)
            rates.append(curve(current))
        owner = np.repeat(np.arange(self.design.groups), self.design.voters)
        wanted = [float(network[name]) for name in self.design.wanted]
        softness, (low, high) = (None, wanted) if len(wanted) == 2 else (wanted[0], (0, 1))
        matched = RateNetwork(weights, biases, curves, owner, homeostatic, softness, skips)
        return matched, measured[0], low + (high - low) * self.design.wants(probe.samples, self.data)


def reliability(changes: np.ndarray) -> float:
    """Return the share of the squared size of the sum of `changes` (number, ...) that is no noise.

    They are independent, and so the size of their mean follows from the products of different ones; by
    chance it may be below 0. NaN for a single one, and without any change.
    """
    flat, number = changes.reshape(len(changes), -1), len(changes)
    together, alone = np.square(flat.sum(axis=0)).sum(), np.square(flat).sum()
    if number < 2 or not together:
        return np.nan
    return float((together - alone) * number / (number - 1) / together)


def predicted(block: Block, presentations: int = 1) -> np.ndarray:
    """Return the class with most events over the successive presentations of each image, or NO_ANSWER."""
    return answers(block.votes.reshape(-1, presentations, block.votes.shape[1]).sum(axis=1))


def accuracy(block: Block, data: Dataset, presentations: int = 1) -> float:
    """Return the share of images whose class gets most events."""
    labels = data.labels[block.schedule.sample[::presentations]]
    return float((predicted(block, presentations) == labels).mean())


def curve(blocks: list[Block], data: Dataset) -> np.ndarray:
    """Return the accuracy of each block."""
    return np.array([accuracy(block, data) for block in blocks])


def summary(main: Training, meter: Meter, controls: Mapping[str, Training]) -> dict[str, float]:
    """Return the numbers of a run, by name."""
    times = looks(main.data)
    test = accuracy(main.held_out["test"], main.data, times)
    result = {
        "test_accuracy": test,
        "validation_accuracy": accuracy(main.held_out["end"], main.data, times),
        "train_accuracy_taught": accuracy(main.train[-1], main.data),
        "linear_classifier_test_accuracy": linear_classifier(main.data),
    }
    for name, control in controls.items():
        key = name.replace(" ", "_")
        result[f"test_accuracy_{key}"] = accuracy(control.held_out["test"], main.data, times)
        result[f"gain_over_{key}"] = test - result[f"test_accuracy_{key}"]
    return result | angles(main, meter) | _activity(main) | _voltages(main) | _cost(main)


def linear_classifier(data: Dataset) -> float:
    """Return the test accuracy of a logistic regression on the pixels: what no hidden layer can do."""
    from sklearn.linear_model import LogisticRegression  # here, as it takes two seconds

    train, test = (_pixels(data, rows) for rows in (data.train, data.test))
    model = LogisticRegression(max_iter=1000).fit(train, data.labels[data.train])
    return float(model.score(test, data.labels[data.test]))


def _pixels(data: Dataset, rows: np.ndarray) -> np.ndarray | sparse.csr_matrix:
    """Return the images; those of a byte a pixel, which may be many, without their blank pixels."""
    if data.images.dtype != np.uint8:
        return data.images[rows] / data.white
    parts = np.array_split(rows, max(1, len(rows) // 1000))
    return sparse.vstack([sparse.csr_matrix(data.images[part] / np.float32(data.white)) for part in parts])


def angles(main: Training, meter: Meter) -> dict[str, float]:
    """Return angles (deg) and the like, as means over the probes from the first epoch on."""
    late = [k for k, epoch in enumerate(meter.epochs) if epoch >= 1]
    result = {}
    for suffix, every in {"": meter.slaved, "_fixed_bias": meter.fixed}.items():
        rows = [every[k] for k in late]
        for layer, name in enumerate([*main.design.sizes][1:]):
            result[f"angle_{name}{suffix}_deg"] = _mean([row[layer].angle_deg for row in rows])
        hidden = [a for row in rows for a in row[:-1]]
        result[f"angle_hidden{suffix}_deg"] = _mean([a.angle_deg for a in hidden])
        if not suffix:
            result["cosine_hidden"] = _mean([a.cosine for a in hidden])
            result["sign_agreement_hidden"] = _mean([a.sign_agreement for a in hidden])
    share = _mean([share for k in late for share in meter.reliable[k][:-1]])
    result["reliability_hidden"] = share
    # No estimate where there is nothing but noise, or so little else that chance makes the cosine exceed 1.
    if share > 0 and abs(cosine := result["cosine_hidden"] / np.sqrt(share)) < 1:
        result["angle_hidden_without_noise_deg"] = float(np.degrees(np.arccos(cosine)))
    result["angle_feedback_deg"] = _feedback_angle(main)
    return {name: value for name, value in result.items() if np.isfinite(value)}


def _feedback_angle(main: Training) -> float:
    """Return the mean angle (deg) at the end between feedback and the way forward to where it comes from."""
    last, ways = main.network, {}
    for k in range(len(main.design.hidden), 0, -1):
        up = last[f"forward{k + 1}"]
        ways[k] = ways[k + 1] @ up if ways and main.design.cell.direct else up
        if f"skip{k}" in main.design.skips:  # the shortest
            ways[k] = last[f"skip{k}"]
    return _mean([alignment(last[f"feedback{k}"], -way.T).angle_deg for k, way in ways.items()])


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else np.nan


def _activity(main: Training) -> dict[str, float]:
    """Return event rates (Hz), burst probabilities and spikes of all cells for an image, in the test."""
    block, result = main.held_out["test"], {}
    for layer, cells in main.design.sizes.items():
        events, bursts = (block.totals[f"{layer}.n_{event}"] for event in EVENTS)
        result[f"event_rate_{layer}_hz"] = events / (cells * len(block.schedule) * main.design.read_s)
        result[f"burst_probability_{layer}"] = bursts / max(events, 1)
    shown = PIECE * -(-len(block.schedule) // PIECE)
    return result | {"spikes_per_image": looks(main.data) * block.totals["spikes"] / shown}


def _voltages(main: Training) -> dict[str, float]:
    """Return the lowest and the highest voltage (mV) of the recorded cells of all layers, spikes apart."""
    traces = [main.show[f"{layer}_{name}"] for layer in main.design.sizes for name in ("v_s", "v_d")]
    lowest, highest = (end([end(trace) for trace in traces]) for end in (np.min, np.max))
    return {"v_min_mv": float(lowest) * 1e3, "v_max_mv": float(highest) * 1e3}


def _cost(main: Training) -> dict[str, float]:
    spent, trials = main.spent, main.spent.pieces * PIECE
    simulated = trials * float(main.design.trial / second)
    blocks = [*main.train, *main.validate, *main.held_out.values()]
    return {
        "trials": trials,
        "ms_per_trial": 1e3 * spent.cpu_s / trials,
        "simulated_s": simulated,
        "run_s": spent.run_s,
        "cpu_s_per_simulated_s": spent.cpu_s / simulated,
        "spikes": sum(block.totals["spikes"] for block in blocks),
        "peak_rss_mb": spent.peak_rss_mb,
    }


def dataset(main: Training, meter: Meter, controls: Mapping[str, Training]) -> xr.Dataset:
    """Return all that the figures draw, and what a reader may want to look into."""
    runs, test, data = {"learning": main, **controls}, main.held_out["test"], main.data
    arrays: dict[str, Any] = {
        "validation_accuracy": (("run", "epoch"), _curves([x.validate for x in runs.values()], data)),
        "train_accuracy_taught": (("run", "epoch"), _curves([x.train for x in runs.values()], data)),
        "test_predicted": ("test_image", predicted(test, looks(data))),
        "test_label": ("test_image", data.labels[test.schedule.sample[:: looks(data)]]),
        "probe_epoch": ("probe", np.array(meter.epochs, dtype=float)),
        "shown_label": ("shown", data.labels[main.shown]),
        "cells": ("population", list(main.design.sizes.values())),
        "classes": ((), data.n_classes),
        "copies": ((), main.design.copies),
        **({} if main.data.shape is None else {"image_shape": ("side", list(main.data.shape))}),
        "trial": ((), float(main.design.trial / second), {"units": "s"}),
        "taught_from": ((), float(main.design.gates["teaching"].start / second), {"units": "s"}),
    }
    arrays |= _alignment_arrays(meter) | _weight_arrays(main) | _show_arrays(main)
    names = list(main.design.sizes)
    result = xr.Dataset(arrays, {"run": list(runs), "layer": names[1:], "population": names})
    for array in result.data_vars.values():
        array.attrs.setdefault("units", "1")
    return result


def _curves(runs: list[list[Block]], data: Dataset) -> np.ndarray:
    """Return accuracies (run, epoch); NaN after a training that was stopped early."""
    result = np.full((len(runs), max(map(len, runs))), np.nan)
    for row, blocks in zip(result, runs, strict=True):
        row[: len(blocks)] = curve(blocks, data)
    return result


def _alignment_arrays(meter: Meter) -> dict[str, tuple]:
    result = {}
    for suffix, rows in {"": meter.slaved, "_fixed_bias": meter.fixed}.items():
        for name, unit in dict(
            angle_deg="deg", cosine="1", sign_agreement="1", relative_size="A2 s2"
        ).items():
            values = np.array([[getattr(a, name) for a in row] for row in rows]).T
            result[name + suffix] = (("layer", "probe"), values, {"units": unit})
    result["reliability"] = (("layer", "probe"), np.array(meter.reliable).T)
    return result


def _weight_arrays(main: Training) -> dict[str, tuple]:
    return {
        f"w_{wire}": ((ends[1], ends[0]), main.network[wire], {"units": "A"})
        for wire, ends in main.design.wires.items()
        if wire.startswith("forward")
    }


def _show_arrays(main: Training) -> dict[str, tuple]:
    """Return the spikes of the trials shown as flat (time, cell), and the voltages of a few cells."""
    result: dict[str, tuple] = {"time": ("time", main.show["time"], {"units": "s"})}
    starts = np.arange(len(main.shown)) * float(main.design.trial / second)
    window, labels = (0, starts.size * float(main.design.trial / second)), main.data.labels[main.shown]
    result |= trains.trial_entries(starts, starts + float(main.design.trial / second), label=labels)
    for layer, size in main.design.sizes.items():
        spikes = {k: tuple(main.show[f"{layer}_{k}_{x}"] for x in ("t", "cell")) for k in TRAINS}
        result |= trains.entries(layer, size, window, main.show.get(f"{layer}_burst_sign"), **spikes)
        for name in ("v_s", "v_d"):
            place = (f"{layer}_probe", "time")
            result[f"{layer}_{name}"] = (place, main.show[f"{layer}_{name}"], {"units": "V"})
        result[f"{layer}_probed"] = (f"{layer}_probe", list(probes(size)))
    return result
