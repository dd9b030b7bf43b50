"""How a network is trained: epochs of pieces, validation in between, and tests from the state reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from dendritic_bp.analysis import answers
from dendritic_bp.chain import Arrays, Chain
from dendritic_bp.runs import Run
from dendritic_bp.tasks import Dataset, trial_order
from dendritic_bp.trials import Schedule
from networks.digits import PIECE, Design
from networks.layers import COUNTERS, TRAINS, kind
from networks.measuring import is_measured, measure

LOOKS = 3  # trials for which each held-out image is shown after training, if there are few
FEW = 10_000  # test images
HALVED = 1500  # trials after which steps are half of the first, chosen here
PROBE = 3  # pieces in which is seen what would be learned
SMALL = 1e-3  # their steps: the network stays where it is
PROBES = 8  # in a training, evenly on a log scale


@dataclass(frozen=True)
class Plan:
    """Say how long is trained, how the steps shrink, and when to stop early.

    They shrink by exp(-anneal) over the training; without `anneal`, as 1/trials, whatever its length.
    With `patience`, training ends after so many epochs without a better validation, and the best is tested.
    """

    epochs: int
    seed: int
    anneal: float | None
    patience: int | None = None

    def steps(self, epoch: int, trials: int) -> np.ndarray:
        """Return the size of the steps in each trial of an epoch, from 1 at the start of all."""
        done = epoch + np.arange(trials) / trials
        if self.anneal is None:
            return 1 / (1 + done * trials / HALVED)
        return np.exp(-self.anneal * done / self.epochs)

    def pieces(self, data: Dataset, design: Design) -> int:
        """Return the number of pieces, if training is not stopped early."""
        per_epoch = _pieces(len(data.train)) + _pieces(len(data.validation))
        probed = len(probes(self.epochs * _pieces(len(data.train)))) * (1 if design.free_s else 2)
        after = (_pieces(looks(data) * len(rows)) for rows in (data.validation, data.test))
        return self.epochs * per_epoch + probed * min(PROBE, _pieces(len(data.train))) + sum(after) + 1


def looks(data: Dataset) -> int:
    """Return for how many trials each held-out image is shown after training."""
    return LOOKS if len(data.test) <= FEW else 1


def _pieces(trials: int) -> int:
    return -(-trials // PIECE)


def probes(pieces: int) -> list[int]:
    """Return the pieces of a training after which is seen what would be learned."""
    return np.unique(np.geomspace(1, pieces, PROBES).round().astype(int)).tolist()


@dataclass(frozen=True)
class Block:
    """Hold what was read in trials that belong together: the events of each class, and the sums by layer."""

    schedule: Schedule
    votes: np.ndarray  # (trials, classes)
    totals: dict[str, float]  # "layer.counter", and "spikes"
    events: Arrays = field(
        default_factory=dict
    )  # of all cells (trials, cells), by layer, where they are kept
    reward: np.ndarray | None = None  # of each answer, where the network answers

    @classmethod
    def of(cls, pieces: list[Schedule], read: list[Arrays]) -> "Block":
        """Put together what was read from pieces."""
        shown = Schedule.of(*((p.sample, p.phase, p.epoch, p.step) for p in pieces))
        totals = [name for name, array in read[0].items() if array.ndim == 0]
        votes = np.concatenate([each["votes"] for each in read])
        real = ~shown.during("idle")
        schedule = Schedule(*(c[real] for c in (shown.sample, shown.phase, shown.epoch, shown.step)))
        cells = [name for name in read[0] if name.startswith("events/")]
        events = {name.removeprefix("events/"): np.concatenate([x[name] for x in read]) for name in cells}
        reward = np.concatenate([x["reward"] for x in read]) if "reward" in read[0] else None
        sums = {name: float(sum(each[name] for each in read)) for name in totals}
        return cls(schedule, votes, sums, events, reward)


@dataclass(frozen=True)
class Probe:
    """Hold what would be learned at a moment: events of all cells (trials, cells), and the network there.

    Events are those of a time, or else of trials, without a teacher that moves them. Steps are small, and
    the network stays nearly where it is; `networks` are that at the begin and after each piece:
    weights (A, target by source), excitabilities (A) and constants, by name.
    """

    epoch: float  # how many have been trained
    samples: np.ndarray
    events: Arrays
    networks: list[Arrays]


@dataclass
class Training:
    """Train a network; `observe` gets probes of it. What was read is left in the attributes."""

    design: Design
    data: Dataset
    plan: Plan
    values: dict[str, Any]  # of this variant
    observe: Callable[[Probe], None] | None = None
    cells: bool = False  # whether to keep the events of all cells, for training images too, at the end
    train: list[Block] = field(default_factory=list)  # one each epoch
    validate: list[Block] = field(default_factory=list)
    held_out: dict[str, Block] = field(default_factory=dict)  # "end" (validation images) and "test"
    network: Arrays = field(default_factory=dict)  # at the end
    show: Arrays = field(default_factory=dict)

    def __call__(self, chain: Chain) -> "Training":
        """Train and validate, epoch by epoch; then test, and show one trial of each class."""
        orders = trial_order(len(self.data.train), self.plan.epochs, self.plan.seed)
        best = -1
        for epoch, order in enumerate(orders):
            self._epoch(chain, epoch, self.data.train[order])
            self.validate.append(self._look(chain, self.data.validation, "validate", epoch))
            if self.plan.patience is not None:
                right = [self.right(block) for block in self.validate]
                if right[-1] > max(right[:-1], default=-1.0):
                    best, kept = epoch, self.network
                    chain.remember()
                elif epoch - best >= self.plan.patience:
                    break
        if self.plan.patience is not None:
            chain.recall()
            self.network = kept
        times = looks(self.data)
        for phase, rows in {"end": self.data.validation, "test": self.data.test}.items():
            shown = np.repeat(rows, times)
            self.held_out[phase] = self._look(chain, shown, phase, self.plan.epochs, self.cells)
        if self.cells:
            self.held_out["known"] = self._look(chain, self.data.train, "known", self.plan.epochs, True)
        self._show(chain)
        self.spent = chain.spent
        return self

    def right(self, block: Block) -> float:
        """Return the share of trials in which the class with most events is that of the image."""
        return float((answers(block.votes) == self.data.labels[block.schedule.sample]).mean())

    def _measure(self, chain: Chain, epoch: int) -> dict[str, Any]:
        """Measure feedback, if it is of that kind, in a stage of its own; return the weights."""
        if not is_measured(self.values):
            return {}
        values = self.design.stage(epoch) | ({} if self.network else self.values)
        return measure(chain, values, len(self.design.hidden), self.design.cell)

    def _epoch(self, chain: Chain, epoch: int, samples: np.ndarray) -> None:
        """Train on each image once, and see at some moments what would be learned there."""
        step = self.data.pace * self.plan.steps(epoch, len(samples))
        measured = self._measure(chain, epoch)
        pieces, read = Schedule.of((samples, "train", epoch, step)).pieces(PIECE), []
        probed = probes(self.plan.epochs * len(pieces)) if self.observe else []
        for k, piece in enumerate(pieces, start=1):
            done = epoch * len(pieces) + k
            told = measured if k == 1 else {}
            read.append(self._train(chain, piece, done in probed or k == len(pieces), told))
            if done in probed:
                self._probe(chain, done / len(pieces))
        self.train.append(Block.of(pieces, read))

    def _train(self, chain: Chain, piece: Schedule, network: bool, told: dict[str, Any]) -> Arrays:
        first = not self.network
        values = self.design.values(piece, self.data) | self.design.recorded(start=first)
        values |= (self.values if first else {}) | told
        read = chain.go_on(values, partial(self._read, piece, start=first, network=network))
        for where in ("start/", "end/"):
            self.network = _named(read, where) or self.network
        return {name: each for name, each in read.items() if "/" not in name}

    def _probe(self, chain: Chain, epoch: float) -> None:
        """Show training images, let the network learn from them by little, and come back."""
        order = np.random.default_rng([self.plan.seed, round(epoch * PIECE)])
        samples = order.permutation(self.data.train)[: PROBE * PIECE]
        pieces = Schedule.of((samples, "train", int(epoch), SMALL)).pieces(PIECE)
        start, quiet, read = self.design.settled, self.design.recorded(), []
        with chain.branch():
            for piece in pieces:
                reader = partial(self._read, piece, cells=True, network=True)
                values = self.design.values(piece, self.data, free=True)
                read.append(chain.go_on(values | quiet | start, reader))
                start = {}
            if self.design.free_s:
                events = {
                    x: np.concatenate([each[f"events/{x}"] for each in read]) for x in self.design.sizes
                }
            else:  # those are of a teacher
                events = self._look(chain, samples, "validate", int(epoch), cells=True).events
        networks = [self.network, *(_named(each, "end/") for each in read)]
        if self.observe:
            self.observe(Probe(epoch, samples, events, networks))

    def _look(self, chain: Chain, samples: np.ndarray, phase: str, epoch: int, cells: bool = False) -> Block:
        """Show images without a teacher; each piece begins in the state in which training stands."""
        pieces = Schedule.of((samples, phase, epoch, 0)).pieces(PIECE)
        quiet = self.design.recorded()
        reads = [partial(self._read, piece, cells=cells) for piece in pieces]
        values = [self.design.values(piece, self.data) | quiet for piece in pieces]
        read = [chain.look(each, reader) for each, reader in zip(values, reads, strict=True)]
        return Block.of(pieces, read)

    def _show(self, chain: Chain) -> None:
        """Record one trial of each class, with the teacher, but without learning."""
        labels = self.data.labels[self.data.test]
        samples = [self.data.test[labels == k][0] for k in np.unique(labels)]
        (piece,) = Schedule.of((samples, "show", self.plan.epochs, 0)).pieces(PIECE)
        values = self.design.values(piece, self.data) | self.design.recorded(spikes=True)
        self.shown = np.array(samples)
        self.show = chain.look(values, partial(_spikes, self.design, len(samples)))

    def _read(
        self, piece: Schedule, run: Run, cells: bool = False, start: bool = False, network: bool = False
    ) -> Arrays:
        """Return what is kept of a piece: sums, votes, events of cells, and the network before and after."""
        real, clock, sizes = ~piece.during("idle"), self.design.clock, self.design.sizes
        counts = {name: clock.counts(run, name)[real] for name in map(".".join, product(sizes, COUNTERS))}
        result = {name: np.array(each.sum()) for name, each in counts.items()}
        result["spikes"] = np.array(float(sum(run[f"{layer}_total.N"] for layer in sizes)))
        votes = counts["output.n_event"].reshape(int(real.sum()), self.design.groups, -1).sum(axis=2)
        result["votes"] = votes.astype(np.int32)
        if self.design.answers:
            result["reward"] = clock.counts(run, "judge.n_reward")[real, 0]
        if cells:
            result |= {f"events/{x}": counts[f"{x}.n_event"].astype(np.uint8) for x in sizes}
        for where, wanted in (("start", start), ("end", network)):
            if wanted:
                result |= {f"{where}/{name}": x for name, x in self._network(run, where).items()}
        return result

    def _network(self, run: Run, where: str) -> Arrays:
        """Return weights, target by source, excitabilities and what does not change."""
        result = {name: run[name] for name in self.design.wanted}
        for wire, ends in self.design.wires.items():
            w = run[f"{wire}_w.w"][:, 0] if where == "start" else run[f"{wire}.w"]
            source, target = (self.design.sizes[end] for end in ends)
            by_target = not wire.startswith("feedback")
            result[wire] = w.reshape(target, source) if by_target else w.reshape(source, target).T
        for layer in [*self.design.sizes][1:]:
            bias = f"{layer}_I_bias" if where == "start" else layer
            result[f"{layer}.I_bias"] = np.ravel(run[f"{bias}.I_bias"])
            result[f"{layer}.tau_basal"] = run[f"{layer}.tau_basal"]
        return {name: np.asarray(each) for name, each in result.items()}


def _named(arrays: Arrays, start: str) -> Arrays:
    return {name.removeprefix(start): each for name, each in arrays.items() if name.startswith(start)}


def _spikes(design: Design, trials: int, run: Run) -> Arrays:
    """Return spikes (times in s from the first of the trials, cells) and traces of the first trials."""
    start, length = float(run["inputs_v.t"][0]), trials * float(design.clock.length)
    result = {"time": run["inputs_v.t"] - start}
    within = result["time"] < length - 1e-9
    result["time"] = result["time"][within]
    for layer in design.sizes:
        result |= {f"{layer}_{name}": run[f"{layer}_v.{name}"][:, within] for name in ("v_s", "v_d")}
        for train in TRAINS:
            t, i = (run[f"{layer}_{train}s.{x}"] for x in "ti")
            early = t - start < length
            result |= {f"{layer}_{train}_t": t[early] - start, f"{layer}_{train}_cell": i[early]}
        for name in kind(design.cell.model.parsed):
            result[f"{layer}_burst_sign"] = run[f"{layer}_bursts.{name}"][
                early
            ]  # bursts are the last of TRAINS
    return result
