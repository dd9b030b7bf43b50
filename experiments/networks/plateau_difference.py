"""The network of `plateau_difference.py`: what is compiled, and the weights with which it starts.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901, and the authors' program
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, defaultclock, ms, mV

from dendritic_bp import neurons
from dendritic_bp.models.neurons.segregated import segregated_hidden, segregated_input, segregated_output
from dendritic_bp.models.synapses.phase_difference import phase_difference, phase_feedback
from dendritic_bp.tasks import Dataset
from dendritic_bp.trials import Schedule, Trials
from networks.projections import all_to_all

PIECE = 500  # trials in a run; chosen here
INPUTS = 256  # input cells, about: small images have several for each pixel; chosen here
PHASE = 52 * ms  # [G17] 50 ms and a random part of 2 ms on average
TRIAL = 2 * PHASE
EVERY = 50  # trials after which the weights are looked at; chosen here
R_MAX = 0.2  # 1/ms [G17]
V_MEAN, V_SD, B_MEAN, B_SD = 3.0, 3.0, 0.8, 0.001  # mV [G17]: of potentials and excitabilities at the start
UNIFORM = 3.465  # [G17] from a standard deviation to a width
DENSITY = 0.2  # [G17] share of sparse feedback
# [G17]'s program sums postsynaptic potentials over their first 10 ms: they come 5.7 ms late on average, not
# 13 as their formula says, and are half as large. So they are here: time constants and weights are smaller.
BRIEF = dict(tau_L=3.5 * ms, tau_s=2.2 * ms)  # chosen here, for this delay
WHOLE = float(sum((np.exp(-k / 10) - np.exp(-k / 3)) / 7 for k in range(1, 11)))
ETA = {0: (0.19,), 1: (0.21, 0.21), 2: (0.23, 0.23, 0.12)}  # [G17], by the number of hidden layers
BELOW = (784, 500, 100)  # [G17] cells from which layers read: from fewer, the output takes larger steps
FASTER = {0: (1,), 1: (10, 2), 2: (3, 10, 1)}  # times [G17], where training is longer; chosen here
NAMES = ("since", "free", "taught", "learning", "end")
COUNTED = dict(hidden=("V_1", "A_1", "A_2", "psp_1"), output=("V_1", "r_2"))


@dataclass(frozen=True)
class Condition:
    """Say how a network differs: its hidden layers, the kind of its feedback, and values of a run."""

    layers: int = 1
    feedback: str = "random"
    values: dict[str, Any] = field(default_factory=dict)


CONDITIONS = dict(
    none=Condition(layers=0),
    one=Condition(),
    two=Condition(layers=2),
    rates=Condition(values={"output.ticking": 1}),
    sparse=Condition(feedback="sparse"),
    symmetric=Condition(feedback="symmetric"),
    noisy=Condition(feedback="symmetric", values={"feedback1.sd_noise": 0.05 * WHOLE * mV * ms}),
    desynchronised=Condition(values={"hidden1.sd_early": 3**0.5 * ms}),
    leak_low=Condition(values={"hidden1.g_A": 0.05 / ms}),
    leak_high=Condition(values={"hidden1.g_A": 0.6 / ms}),
)


@dataclass(frozen=True)
class Design:
    """What is compiled: the sizes of the hidden layers, pixels and classes."""

    hidden: tuple[int, ...]
    pixels: int = 64
    classes: int = 10

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        return "-".join(["plateau_difference", *map(str, (self.pixels, *self.hidden, self.classes))])

    @property
    def copies(self) -> int:
        """Return the number of input cells for each pixel."""
        return max(1, round(INPUTS / self.pixels))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of cells of each layer, inputs first."""
        return (self.pixels * self.copies, *self.hidden, self.classes)

    @property
    def clock(self) -> Trials:
        """Return the trial clock of one piece."""
        return Trials(PIECE, TRIAL, 1 * ms)

    def values(self, piece: Schedule, data: Dataset) -> dict[str, Any]:
        """Return the run-time values that make the network follow a piece of the schedule.

        Where nobody teaches, the free phase takes the whole trial.
        """
        taught = piece.during("train")
        in_trial = np.arange(round(float(TRIAL / ms)))
        half = in_trial.size // 2
        second = taught[:, None] & (in_trial >= half)
        gates = dict(
            since=np.where(taught[:, None], in_trial % half, in_trial),
            free=~second,
            taught=second,
            learning=np.repeat(piece.step[:, None], in_trial.size, axis=1),
            end=taught[:, None] & (in_trial == in_trial[-1]),
        )
        shown = dict(images=data.brightness(piece.sample), label=data.labels[piece.sample].astype(float))
        return shown | {name: each.astype(float).ravel() for name, each in gates.items()}

    def protocol(self) -> Network:
        """Build the network, and run one piece of its training or test."""
        defaultclock.dt = 1 * ms
        clock = self.clock
        tables = clock.tables(dict(images=(self.pixels,), label=()), NAMES)

        def cells(model, n, name):
            return neurons(model, n, name, {word: tables[word] for word in model.namespace}, **BRIEF)

        source = cells(segregated_input.with_equations(namespace=("images",)), self.sizes[0], "inputs")
        shown = f"images(t, i//{self.copies})*{R_MAX}/ms"
        source.run_regularly(
            f"rate = {shown}; psp_1 = 0*Hz", dt=TRIAL, when="start", order=1, name="stimulus"
        )
        layers = [cells(segregated_hidden, n, f"hidden{k}") for k, n in enumerate(self.hidden, start=1)]
        layers = [source, *layers, cells(segregated_output, self.classes, "output")]
        plastic = phase_difference.with_input(("learning",), plastic="learning(t)")
        learned = dict(learning=tables["learning"])
        forward = [
            all_to_all(plastic, low, high, f"forward{k}", learned)
            for k, (low, high) in enumerate(pairwise(layers), start=1)
        ]
        back = phase_feedback.with_input(("learning",), plastic="learning(t)")
        feedback = [
            all_to_all(back, layers[-1], layer, f"feedback{k}", learned)
            for k, layer in enumerate(layers[1:-1], start=1)
        ]
        return clock.run([*layers, *forward, *feedback, *self._records(layers, forward)])

    def _records(self, layers: list, forward: list) -> list:
        """Keep the means of each trial, and the weights above the first layer from time to time."""
        result = [self.clock.counters(each, COUNTED["hidden"]) for each in layers[1:-1]]
        result.append(self.clock.counters(layers[-1], COUNTED["output"]))
        for wire in forward[1:]:
            every = np.arange(len(wire.source) * len(wire.target))
            result.append(self.clock.snapshots(wire, "w", EVERY, every))
        return result


def start(design: Design, feedback: str, seed: int) -> dict[str, Any]:
    """Draw weights and excitabilities: run-time values with which the first piece begins [G17].

    `feedback` is "random", "sparse" (a fifth of the weights, five times as large), or "symmetric" (the
    forward weights, transposed; with one hidden layer alone).
    """
    rng, sizes = np.random.default_rng([seed, 1]), design.sizes
    top = len(sizes) - 1
    values: dict[str, Any] = {}
    back = np.eye(sizes[-1])
    for layer in range(top, 0, -1):
        name = "output" if layer == top else f"hidden{layer}"
        mean, sd = first_weights(sizes[layer - 1])
        forward = mean + sd * _uniform(rng, (sizes[layer - 1], sizes[layer]))
        eta = step(layer, design)
        values |= {
            f"forward{layer}.w": WHOLE * forward.ravel() * mV * ms,
            f"forward{layer}.eta": eta * WHOLE**2 * mV * ms**2,
            f"{name}.b": (B_MEAN + B_SD * _uniform(rng, sizes[layer])) * mV,
            f"{name}.eta_b": eta * mV,
        }
        if layer == 1:
            break
        back = back @ (sd * _uniform(rng, (sizes[layer], sizes[layer - 1])))
        if feedback == "symmetric":
            back = forward.T
            values[f"feedback{layer - 1}.eta"] = values[f"forward{layer}.eta"]
        sent = _sparse(rng, back) if feedback == "sparse" else back
        values[f"feedback{layer - 1}.w"] = WHOLE * sent.ravel() * mV * ms
    return values


def step(layer: int, design: Design) -> float:
    """Return the step of a layer (mV ms^2): larger than in [G17], most if the output reads few cells."""
    hidden = len(design.hidden)
    times = FASTER[hidden][layer - 1]
    if 1 < layer == hidden + 1:
        times = max(times, BELOW[layer - 1] / design.sizes[layer - 1])
    return times * ETA[hidden][layer - 1]


def first_weights(n: int) -> tuple[float, float]:
    """Return mean and SD of weights (mV ms) from n cells, for potentials of V_MEAN and V_SD [G17]."""
    nu, square = R_MAX / 4, V_SD**2 + V_MEAN**2
    mean = (V_MEAN - B_MEAN) / (nu * n * V_MEAN)
    second = square + nu**2 * (n - n**2) * mean**2 * V_MEAN**2 - 2 * n * nu * B_MEAN * V_MEAN * mean
    return mean, float(np.sqrt((second - B_MEAN**2) / (n * nu**2 * square) - mean**2))


def _uniform(rng: np.random.Generator, shape: Any) -> np.ndarray:
    return UNIFORM * (rng.random(shape) - 0.5)


def _sparse(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    kept = rng.permutation(weights.size) < DENSITY * weights.size
    return weights * kept.reshape(weights.shape) / DENSITY
