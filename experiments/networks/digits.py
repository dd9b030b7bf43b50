"""The network of `digits.py`: what is compiled, and the values that make it follow a schedule."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from brian2 import Network, Quantity, SpikeMonitor, defaultclock, ms, pA, second

from dendritic_bp.errors import UserError
from dendritic_bp.tasks import Dataset
from dendritic_bp.trials import Gate, Schedule, Trials
from networks import measuring, projections
from networks.cells import Cell
from networks.laterals import laterals
from networks.layers import COUNTERS, START, TRAINS, inputs, learning_layers, shows
from networks.own import cell_of
from networks.relays import dale, relays
from networks.routing import DRIVES, routed, router, terminals
from networks.stretching import SETTLED, stretched, stretched_gates, unhurried
from networks.teacher import reward, teacher
from networks.teachers import LENGTHS, PIXEL_VOTERS, taught

# All values chosen here.
PIECE = 360  # trials in a run
INPUTS = 256  # input cells, about: small images have several for each pixel
VOTERS = 10  # output cells per class
TRIAL = 200 * ms  # of usual length
BIN = 20 * ms  # resolution of the schedule
CONTROLS = ("zero", "shuffled", "scalar")  # kinds of feedback


@dataclass(frozen=True)
class Design:
    """What is compiled: the sizes of the hidden layers, the kind of cell, pixels and classes."""

    hidden: tuple[int, ...]
    neuron: str  # or mechanism
    pixels: int = 64
    classes: int = 10
    routing: str = "wired"  # of feedback; or "synapses", or "direct"
    measured: bool = False  # whether feedback can be measured
    dale: bool = False  # whether cells only excite, and interneurons inhibit
    teacher: str = "label"  # or "reward", or "reconstruction"
    stretch: int | None = None  # of trials with labels; None: as suits the cells

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        kind = self.neuron if self.neuron.isidentifier() else self.cell.model.name
        way = dict(synapses=["routed"], direct=["direct"]).get(self.routing, [])
        way = [*way, *["measured"] * self.measured, *["dale"] * self.dale]
        way += [self.teacher] * (self.teacher != "label")
        way += [f"stretched{self.stretch}"] * bool(self.stretch)
        return "-".join(["digits", kind, *way, *map(str, (self.pixels, *self.hidden, self.classes))])

    @cached_property
    def cell(self) -> Cell:
        """Return the kind of cell, and what is chosen for it."""
        if self.dale and self.routing == "direct":
            raise UserError(
                "--dale and --routing direct exclude each other: without interneurons, feedback has weights "
                "of either sign. Take --routing synapses, with interneurons, or leave out --dale."
            )
        cell = cell_of(self.neuron)
        cell = replace(cell, **cell.deep) if len(self.hidden) > 1 else cell
        cell = replace(cell, stretch=self.stretch or cell.stretch)
        cell = cell if self.routing == "wired" else routed(cell, self.routing)
        cell = dale(cell) if self.dale else cell
        cell = taught(cell, self.teacher)
        cell = measuring.measured(cell) if self.measured else cell
        return unhurried(cell)

    @property
    def copies(self) -> int:
        """Return the number of input cells for each pixel."""
        return max(1, round(INPUTS / self.pixels))

    @property
    def groups(self) -> int:
        """Return what the output stands for: the number of classes, or of pixels."""
        return self.pixels if self.teacher == "reconstruction" else self.classes

    @property
    def voters(self) -> int:
        """Return the number of output cells for each of them."""
        return PIXEL_VOTERS if self.teacher == "reconstruction" else VOTERS

    @property
    def sizes(self) -> dict[str, int]:
        """Return the number of cells of each layer, inputs first."""
        hidden = {f"hidden{k}": n for k, n in enumerate(self.hidden, start=1)}
        return dict(inputs=self.pixels * self.copies) | hidden | dict(output=self.groups * self.voters)

    @property
    def wires(self) -> dict[str, tuple[str, str]]:
        """Return the source and the target of each projection, forward and back."""
        names = list(self.sizes)
        forward = {f"forward{k}": names[k - 1 : k + 1] for k in range(1, len(names))}
        forward |= {wire: [name, names[-1]] for wire, name in zip(self.skips, names[1:], strict=False)}
        senders = names[-1:] * len(self.hidden) if self.cell.direct else names[2:]
        back = {f"feedback{k}": ends for k, ends in enumerate(zip(senders, names[1:], strict=False), start=1)}
        return {name: (a, b) for name, (a, b) in (forward | back).items()}

    @property
    def skips(self) -> list[str]:
        """Return the projections from the first hidden layers onto the output, if there are any."""
        return [f"skip{k}" for k in range(1, len(self.hidden))] if self.cell.skips else []

    @property
    def trial(self) -> Quantity:
        """Return the length of a trial, which is read for as long under all teachers."""
        return stretched(LENGTHS.get(self.teacher, TRIAL), self.cell.stretch)

    @property
    def read_s(self) -> float:
        """Return for how long a trial is read (s)."""
        return float((stretched(TRIAL, self.cell.stretch) - SETTLED) / second)

    @property
    def clock(self) -> Trials:
        """Return the trial clock of one piece."""
        return Trials(PIECE, self.trial, BIN)

    @property
    def gates(self) -> dict[str, Gate]:
        """Return when in a trial what is open."""
        return {name: gate for name, gate in self._gates.items() if name != "free"}

    @property
    def _gates(self) -> dict[str, Gate]:
        usual = dict(reading=Gate(SETTLED, TRIAL), **self.cell.credit.gates) | self.cell.gates
        return stretched_gates(usual, self.cell.stretch)

    @property
    def free(self) -> Gate:
        """Return when in a taught trial cells fire as without a teacher."""
        return self._gates.get("free", self._gates["reading"])

    @property
    def free_s(self) -> float:
        """Return for how long they do (s); 0, if never."""
        return float((self.free.stop - self.free.start) / second)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Name what the teacher compares rates with: two targets, or how softly classes compete."""
        return ("teacher.r_soft",) if self.cell.teacher.get("rivals") else ("teacher.r_low", "teacher.r_high")

    @property
    def answers(self) -> bool:
        """Tell whether the network answers in a trial, and is told whether it was right."""
        return bool(self.cell.teacher.get("chooses"))

    def wants(self, samples: np.ndarray, data: Dataset) -> np.ndarray:
        """Return what is wanted of each class, or pixel, in each trial, from 0 to 1: (trials, groups)."""
        if self.teacher == "reconstruction":
            return data.brightness(samples)
        return (data.labels[samples][:, None] == np.arange(self.classes)).astype(float)

    def values(self, piece: Schedule, data: Dataset, free: bool = False) -> dict[str, Any]:
        """Return the run-time values that make the network follow a piece of the schedule.

        Events are counted while trials are read, or while cells are `free` of the teacher.
        """
        shown = dict(images=data.brightness(piece.sample))
        if self.teacher != "reconstruction":
            shown["label"] = data.labels[piece.sample].astype(float)
        gates = self.gates | (dict(reading=self.free) if free else {})
        return shown | self.clock.values(piece, gates)

    def recorded(self, spikes: bool = False, start: bool = False) -> dict[str, int]:
        """Return the values that say whether spikes and traces are recorded, and the weights at the start."""
        shown = [f"{layer}_{what}" for layer in self.sizes for what in ("v", *(f"{e}s" for e in TRAINS))]
        first = [f"{wire}_w" for wire in self.wires] + [f"{layer}_I_bias" for layer in [*self.sizes][1:]]
        return {f"{name}.active": int(spikes) for name in shown} | {
            f"{name}.active": int(start) for name in first
        }

    def feedback_values(self, kind: str) -> dict[str, Any]:
        """Return the run-time values that make all feedback of one kind."""
        base = "random" if kind == "measured" else kind
        values = projections.feedback_values(base, [*self.sizes.values()][1:], self.cell, self.trial)
        return values | (measuring.feedback_values(kind, len(self.hidden)) if self.measured else {})

    def stage(self, epoch: int) -> dict[str, Any]:
        """Return the run-time values of a stage that measures feedback: in the dark, without a label."""
        dark: dict[str, Any] = dict(images=np.zeros((PIECE, self.pixels)), label=np.zeros(PIECE))
        start = self.cell.hidden.get("I_bias", START["I_bias"])  # for what images brought is missing
        dark |= {f"hidden{k}.I_bias": np.full(n, start / pA) * pA for k, n in enumerate(self.hidden, 1)}
        return dark | self.clock.values(measuring.stage(PIECE, epoch), self.gates) | self.recorded()

    @property
    def settled(self) -> dict[str, Any]:
        """Return the run-time values that forget events of which a burst would still teach, at their step."""
        models = dict.fromkeys(("forward", "skip"), self.cell.credit.forward)
        models["feedback"] = self.cell.credit.feedback
        return {
            f"{wire}.x_event": np.zeros(self.sizes[source] * self.sizes[target])
            for wire, (source, target) in self.wires.items()
            if "x_event" in models[wire.rstrip("0123456789")].parsed
        }

    @property
    def frozen(self) -> dict[str, Any]:
        """Return the run-time values with which the hidden layers do not learn."""
        return {f"forward{k}.eta": 0 * pA for k in range(1, len(self.hidden) + 1)}

    @property
    def frozen_above(self) -> dict[str, Any]:
        """Return the run-time values with which no hidden layer but the first learns."""
        return {name: eta for name, eta in self.frozen.items() if name != "forward1.eta"}

    def controls(self, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the run-time values of the controls of a run with these, each without one thing."""
        kinds = CONTROLS if self.cell.credit.sends else ()
        others = {f"feedback {kind}": values | self.feedback_values(kind) for kind in kinds}
        return {"hidden frozen": values | self.frozen, **others}

    def protocol(self) -> Network:
        """Build the network, and run one piece of its training or test."""
        defaultclock.dt = 1 * ms
        clock, cell = self.clock, self.cell
        tables = clock.tables(dict(images=(self.pixels,), label=()), self.gates)
        read = {
            name: tables[name] for name in ("images", "reading", *cell.credit.inputs.get("namespace", ()))
        }
        told = cell.model.with_equations(**cell.credit.inputs)
        sources = inputs(told, self.sizes["inputs"], f"images(t, i//{self.copies})", clock, read, cell.inputs)
        layers = [sources, *learning_layers(cell, self.hidden, self.sizes["output"], tables)]
        told_by = teacher(layers[-1], self.groups, tables, **cell.teacher)
        if "success" in layers[-1].equations:
            told_by += reward(layers[1:], told_by[0])
        objects = [*layers, *told_by]
        wires = projections.projections(layers, cell, tables, longest=self.trial)
        if self.routing != "wired":
            objects += terminals(layers if self.dale else layers[2:])
        if self.routing == "synapses":
            objects += relays(layers if self.dale else layers[1:], router, DRIVES)
        elif self.dale:
            objects += relays(layers)
        objects += laterals(layers[1:], cell, tables)
        objects += [*wires, *self._records(layers, wires, told_by), *shows(layers, ("v_s", "v_d"))]
        return clock.run(objects)

    def _records(self, layers: list, wires: list, taught: list) -> list:
        """Count per trial, and keep the weights and excitabilities with which a piece begins."""
        result = [self.clock.counters(layer, COUNTERS) for layer in layers]
        result += [self.clock.counters(each, ["n_reward"]) for each in taught if each.name == "judge"]
        result += [SpikeMonitor(layer, record=False, name=f"{layer.name}_total") for layer in layers]
        result += [self.clock.snapshots(layer, "I_bias", PIECE) for layer in layers[1:]]
        for wire in wires:
            every = np.arange(len(wire.source) * len(wire.target))
            result.append(self.clock.snapshots(wire, "w", PIECE, every))
        return result
