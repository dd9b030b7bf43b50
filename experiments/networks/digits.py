"""The network of `digits.py` and the schedule of its trials."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, SpikeMonitor, TimedArray, defaultclock, ms, second

from dendritic_bp.tasks import Dataset, trial_order
from dendritic_bp.trials import Gate, Schedule, Trials
from models.credit.bursts import bursts
from networks import projections
from networks.cells import CELLS, Cell
from networks.layers import COUNTERS, inputs, learning_layers, shows
from networks.teacher import teacher

CLASSES, PIXELS, IMAGES = 10, 64, 1797
LOOKS = 3  # trials for which each held-out image is shown after training
COPIES = 4  # input cells per pixel
VOTERS = 10  # output cells per class
TRIAL = 200 * ms
BIN = 20 * ms  # resolution of the schedule
SETTLED = 60 * ms  # when reading begins in a trial
READ_S = float((TRIAL - SETTLED) / second)


def schedule(data: Dataset, epochs: int, seed: int, anneal: float = 1.0) -> Schedule:
    """Train and validate in each epoch; then show each held-out image for some trials."""
    blocks = []
    for epoch, order in enumerate(trial_order(len(data.train), epochs, seed)):
        step = np.exp(-anneal * epoch / epochs)
        blocks += [(data.train[order], "train", epoch, step), (data.validation, "validate", epoch, 0)]
    held_out = {"end": data.validation, "test": data.test}
    blocks += [(np.repeat(rows, LOOKS), phase, epochs, 0) for phase, rows in held_out.items()]
    shown = [data.test[data.labels[data.test] == digit][0] for digit in range(CLASSES)]
    return Schedule.of(*blocks, (shown, "show", epochs, 0))


@dataclass(frozen=True)
class Design:
    """What is compiled: the sizes of the hidden layers, the kind of cell, the trials."""

    hidden: tuple[int, ...]
    neuron: str
    trials: int
    window: int  # trials between two records of the weights

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        return "-".join(["digits", self.neuron, *map(str, self.hidden), str(self.trials)])

    @property
    def cell(self) -> Cell:
        """Return the kind of cell, and what is chosen for it."""
        return CELLS[self.neuron]

    @property
    def clock(self) -> Trials:
        """Return the trial clock."""
        return Trials(self.trials, TRIAL, BIN)

    @property
    def gates(self) -> dict[str, Gate]:
        """Return when in a trial what is open."""
        return dict(reading=Gate(SETTLED), **bursts.gates) | self.cell.gates

    def values(self, schedule: Schedule, data: Dataset) -> dict[str, np.ndarray]:
        """Return the run-time values that make the network follow the schedule."""
        shown = dict(order=schedule.sample.astype(float), label=data.labels[schedule.sample].astype(float))
        return dict(images=data.images) | shown | self.clock.values(schedule, self.gates)

    def feedback_values(self, kind: str) -> dict[str, Any]:
        """Return the run-time values that make all feedback of one kind."""
        return projections.feedback_values(kind, self.hidden, self.cell, TRIAL)

    def protocol(self) -> Network:
        """Build the network, train and test it, then show one trial of each class."""
        defaultclock.dt = 1 * ms
        clock, cell = self.clock, self.cell
        tables = clock.tables(dict(order=(), label=()), self.gates)
        images = TimedArray(np.zeros((IMAGES, PIXELS)), dt=1 * second, name="images")
        read = dict(images=images, order=tables["order"], reading=tables["reading"])
        shown = f"images(order(t)*second, i//{COPIES})"
        sources = inputs(cell.model, PIXELS * COPIES, shown, clock, read)
        layers = [sources, *learning_layers(cell, bursts, self.hidden, CLASSES * VOTERS, tables)]
        objects = [*layers, *teacher(layers[-1], CLASSES, tables, **cell.teacher)]
        wires = projections.projections(layers, cell, bursts, tables, longest=TRIAL)
        objects += [*wires, *self._records(layers, wires)]
        return clock.run(objects, shows(layers, ("v_s", "v_d")), last=CLASSES)

    def _records(self, layers: list, wires: list) -> list:
        """Count per trial, and keep the weights and excitabilities of each window."""
        result = [self.clock.counters(layer, COUNTERS) for layer in layers]
        result += [SpikeMonitor(layer, record=False, name=f"{layer.name}_total") for layer in layers]
        result += [self.clock.snapshots(layer, "I_bias", self.window) for layer in layers[1:]]
        for wire in wires:
            every = np.arange(len(wire.source) * len(wire.target))
            result.append(self.clock.snapshots(wire, "w", self.window, every))
        return result
