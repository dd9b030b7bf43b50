"""What `xor.py` measures, the same for all protocols: rates, cost, criterion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import xarray as xr

from dendritic_bp import trains
from dendritic_bp.runs import Run

PATTERNS = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])  # in the order of all results [P21]
TARGETS = PATTERNS[:, 0] ^ PATTERNS[:, 1]
NAMES = ["00", "10", "01", "11"]
COMPARED = (1, 100, 200, 500)  # epochs whose cost the summary tells
SOLVED = 1.0  # epoch cost below which the task counts as learned; chance is 4 ln 2 = 2.77


@dataclass(frozen=True)
class Activity:
    """Hold event rates (Hz) and burst probabilities (populations, patterns) without teacher and learning."""

    rate: np.ndarray
    burst_probability: np.ndarray


def activity(order: np.ndarray, events: np.ndarray, bursts: np.ndarray, cell_seconds: np.ndarray) -> Activity:
    """Average counts (populations, presentations) over the presentations of each pattern."""
    n_event, n_burst = (
        np.stack([counts[:, order == k].mean(axis=1) for k in range(4)], axis=1)
        for counts in (events, bursts)
    )
    return Activity(n_event / cell_seconds, n_burst / np.maximum(n_event, 1e-9))


@dataclass(frozen=True)
class Course:
    """Hold what a network did: output rates (Hz) in training (epochs, patterns), tests, times."""

    rate: np.ndarray
    tests: Mapping[str, Activity]
    limits: tuple[float, float]  # Hz: the rates that mean 0 and 1
    epoch_s: float
    populations: Mapping[str, int]
    windows: list[tuple[float, int]]  # start (s) and pattern of what the raster shows
    window_s: float
    weights: Mapping[str, float] = field(default_factory=dict)  # means after training, by projection
    after: np.ndarray | None = None  # Hz: as `rate`, in the test after training, where it is read by epoch

    @property
    def middle(self) -> float:
        """Return the rate (Hz) above which the answer is 1."""
        return float(np.mean(self.limits))

    @cached_property
    def cost(self) -> np.ndarray:
        """Return the cross-entropy of each epoch, summed over the patterns [P21]."""
        return self.costs(self.rate)

    def costs(self, rate: np.ndarray) -> np.ndarray:
        """Return the cross-entropy of rates (Hz; epochs, patterns), summed over the patterns [P21]."""
        low, high = self.limits
        y = np.clip((rate - low) / (high - low), 0.01, 0.99)
        return -np.log(np.where(TARGETS, y, 1 - y)).sum(axis=1)

    @cached_property
    def right(self) -> np.ndarray:
        """Tell for each epoch whether all four patterns are decided right."""
        return ((self.rate > self.middle) == TARGETS).all(axis=1)

    def until(self, good: np.ndarray) -> float:
        """Return the time (s) after which every epoch is good; NaN if the last is not."""
        bad = np.flatnonzero(~good)
        first = bad[-1] + 1 if bad.size else 0
        return first * self.epoch_s if first < good.size else np.nan

    @property
    def solved(self) -> bool:
        """Tell whether the test after training decides all four patterns right."""
        return bool(((self.tests["after"].rate[-1] > self.middle) == TARGETS).all())


def summary(course: Course, run: Run, simulated_s: float) -> dict[str, float]:
    """Return the numbers of a run, by name; what it did not reach is left out."""
    rate, after = course.rate, course.tests["after"].rate[-1]
    result = {
        "solved": int(course.solved),
        "final_epoch_cost": float(course.cost[-10:].mean()),
        "simulated_to_criterion_s": course.until(course.right & (course.cost < SOLVED)),
        "simulated_to_all_correct_s": course.until(course.right),
        "first_epoch_all_correct_s": _first(course.right) * course.epoch_s,
    }
    result |= {f"cost_epoch_{n}": float(course.cost[n - 1]) for n in COMPARED if n <= len(rate)}
    if course.after is not None:
        result["test_cost"] = float(course.costs(course.after).mean())
    result |= {f"output_{name}_hz": float(r) for name, r in zip(NAMES, after, strict=True)}
    result |= {f"weight_{name}": w for name, w in course.weights.items()}
    result |= {
        "run_s": run.run_s,
        "build_s": run.build_s,
        "cpu_s_per_simulated_s": run.cpu_s / simulated_s,
        "simulated_s": simulated_s,
        "peak_rss_mb": run.peak_rss_mb,
    }
    return {name: value for name, value in result.items() if np.isfinite(value)}


def _first(good: np.ndarray) -> float:
    """Return the number of epochs up to and with the first good one; NaN if there is none."""
    return float(np.argmax(good)) + 1 if good.any() else np.nan


def dataset(course: Course, run: Run) -> xr.Dataset:
    """Return all that the figures draw."""
    hertz, places = {"units": "Hz"}, ("population", "pattern")
    arrays = {
        "output_rate": (("epoch", "pattern"), course.rate, hertz),
        "cost": ("epoch", course.cost, {"units": "1"}),
        "target": ("pattern", TARGETS),
        "cells": ("population", list(course.populations.values())),
        "decision_rate": ((), course.middle, hertz),
        "epoch_s": ((), course.epoch_s, {"units": "s"}),
        "window_s": ((), course.window_s, {"units": "s"}),
        "shown": ("window", [pattern for _, pattern in course.windows]),
    }
    for when, test in course.tests.items():
        arrays[f"rate_{when}"] = (places, test.rate, hertz)
        arrays[f"burst_probability_{when}"] = (places, test.burst_probability, {"units": "1"})
    if course.weights:
        arrays["weight_after"] = ("projection", list(course.weights.values()), {"units": "1"})
        arrays["projection"] = list(course.weights)
    arrays |= _spikes(course, run)
    return xr.Dataset(arrays, {"pattern": NAMES, "population": list(course.populations)})


def _spikes(course: Course, run: Run) -> dict[str, tuple]:
    """Return all spikes, events and bursts in the windows of the raster, one after the other."""
    result = {}
    for population, size in course.populations.items():
        layer = population.rstrip("12") + "s" * population.startswith("input")
        first = 0 if population.endswith("1") or population == "output" else size
        spikes = {}
        for kind in ("spike", "event", "burst"):
            times, cells = run[f"{layer}_{kind}s.t"], run[f"{layer}_{kind}s.i"] - first
            chosen = [
                (times[inside] - start + k * course.window_s, cells[inside])
                for k, (start, _) in enumerate(course.windows)
                for inside in [
                    (times >= start) & (times < start + course.window_s) & (cells >= 0) & (cells < size)
                ]
            ]
            spikes[kind] = tuple(np.concatenate(parts) for parts in zip(*chosen, strict=True))
        window = (0, len(course.windows) * course.window_s)
        result |= trains.entries(population, size, window, **spikes)
    return result
