"""How the networks of `plateau_difference.py` are trained and tested, and what is read of them."""

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from dendritic_bp.analysis import answers
from dendritic_bp.chain import Arrays, Chain, Spent
from dendritic_bp.runs import Run
from dendritic_bp.tasks import Dataset, trial_order
from dendritic_bp.trials import Schedule
from measures.plateau_difference import MV, angles_by_image
from networks.plateau_difference import CONDITIONS, COUNTED, EVERY, PIECE, Design, start

LOOKS = 3  # trials for which each test image is shown: an answer is read for 222 ms ([G17]'s program: 220 ms)
CHECKED = 1_000  # validation images after each epoch, at most; chosen here


@dataclass
class Training:
    """Train one network and test it. What was read is left in the attributes, for each image."""

    design: Design
    data: Dataset
    condition: str
    epochs: int
    seed: int
    changes: dict[str, Any]  # --set
    right: list[np.ndarray] = field(default_factory=list)  # before an image was learned, epoch by epoch
    angles: list[np.ndarray] = field(default_factory=list)  # (hidden layers, images)
    validation: list[float] = field(default_factory=list)  # share that is right, after each epoch
    test: float = 0.0
    spent: Spent = field(default_factory=Spent)

    def __call__(self, chain: Chain) -> "Training":
        """Train, with a look at validation images after each epoch; then test."""
        kind, first = CONDITIONS[self.condition], True
        for epoch, order in enumerate(trial_order(len(self.data.train), self.epochs, self.seed)):
            read, step = [], 1 - (epoch + np.arange(order.size) / order.size) / self.epochs
            for piece in Schedule.of((self.data.train[order], "train", epoch, step)).pieces(PIECE):
                values = self.design.values(piece, self.data)
                if first:
                    values |= start(self.design, kind.feedback, self.seed) | kind.values | self.changes
                    first = False
                read.append(chain.go_on(values, partial(self._learned, piece)))
            self.right.append(np.concatenate([each["right"] for each in read]))
            self.angles.append(np.concatenate([each["angles"] for each in read], axis=1))
            checked = np.random.default_rng(self.seed).permutation(self.data.validation)[:CHECKED]
            self.validation.append(self._look(chain, checked, 1))
        self.test = self._look(chain, self.data.test, LOOKS)
        self.spent = chain.spent
        return self

    @property
    def pieces(self) -> int:
        """Return the number of pieces."""
        checked = min(CHECKED, len(self.data.validation))
        per_epoch = -(-len(self.data.train) // PIECE) - (-checked // PIECE)
        return self.epochs * per_epoch - (-LOOKS * len(self.data.test) // PIECE)

    def _learned(self, piece: Schedule, run: Run) -> Arrays:
        """Return which images were right before they were learned, and the angles of what was learned."""
        real = ~piece.during("idle")
        means = self._means(run)
        weights = [
            run[f"forward{k}_w.w"].reshape(*shape, -1) / MV
            for k, shape in enumerate(pairwise(self.design.sizes[1:]), start=2)
        ]
        right = answers(means["output"]["V_1"]) == self.data.labels[piece.sample]
        return dict(right=right[real], angles=angles_by_image(means, weights, EVERY)[:, real])

    def _means(self, run: Run) -> dict[str, Arrays]:
        """Return the means of each layer and trial, (trials, cells), by name."""
        layers = [f"hidden{k}" for k in range(1, len(self.design.hidden) + 1)]
        names = dict.fromkeys(layers, COUNTED["hidden"]) | dict(output=COUNTED["output"])
        return {x: {n: self.design.clock.counts(run, f"{x}.{n}") for n in names[x]} for x in names}

    def _look(self, chain: Chain, samples: np.ndarray, looks: int) -> float:
        """Return the share of images, each shown for some trials, that the highest mean potential tells."""
        pieces = Schedule.of((np.repeat(samples, looks), "look", 0, 0.0)).pieces(PIECE)
        means = [chain.look(self.design.values(p, self.data), partial(self._potentials, p)) for p in pieces]
        V = np.concatenate([each["V"] for each in means]).reshape(len(samples), looks, -1).mean(axis=1)
        return float((answers(V) == self.data.labels[samples]).mean())

    def _potentials(self, piece: Schedule, run: Run) -> Arrays:
        return dict(V=self.design.clock.counts(run, "output.V_1")[~piece.during("idle")])
