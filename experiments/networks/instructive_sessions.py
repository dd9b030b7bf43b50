"""The sessions of `instructive_signals.py`: which cells turn the grating, and what each kind of teacher is.

The first session is the experimenter's and the animal's own: the grating turns, nobody teaches, and the
feedback measures which way each cell turns it. Then the task begins. All values chosen here.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2 import Hz, pA, second

from dendritic_bp.chain import Arrays, Chain, Spent
from dendritic_bp.runs import Run
from networks.instructive_signals import CELLS, FRAME, GATES, GROUP, NDNF, REST, SENDERS, TRIAL, Interface

FRAMES = round(float(TRIAL / FRAME))  # a trial
LIGHT = 150 * pA  # into the interneurons that inhibit dendrites
TEACHERS = {
    "vector": "a number for each cell",
    "silenced": "the same, dendrites inhibited",
    "scalar": "one number to all dendrites",
    "reward": "one number, with what each cell tried",
    "none": "no plasticity",
}


def groups(seed: int) -> np.ndarray:
    """Return the group of each cell, drawn by lot: 1 for P+, -1 for P-, 0 for all others."""
    drawn = np.random.default_rng(seed).permutation(CELLS)
    group = np.zeros(CELLS)
    group[drawn[:GROUP]], group[drawn[GROUP : 2 * GROUP]] = 1, -1
    return group


def wired(feedback: np.ndarray) -> np.ndarray:
    """Return what each cell gets (A): mean weight of the senders for "on", less those for "away", halved."""
    on, away = feedback.reshape(2, SENDERS // 2, CELLS).mean(axis=1)
    return (on - away) / 2


def same_for_all(weight: float) -> Any:
    """Return the feedback weights with which all cells get one number, of this size (A)."""
    return np.repeat([weight, -weight], SENDERS // 2 * CELLS) / 1e-12 * pA


def teachers(one: float) -> dict[str, dict[str, Any]]:
    """Return the run-time values that make each teacher; `one` is the size (A) of one number for all."""
    alike = {"feedback.w": same_for_all(one)}
    scalar = {"forward.eta": 0 * pA, "forward.eta_scalar": 0.25 * pA}
    return dict(
        vector={},
        silenced={"ndnf.I_soma": np.full(NDNF, LIGHT / pA) * pA},
        scalar=alike,
        reward=alike | scalar,
        none={"forward.eta": 0 * pA},
    )


@dataclass
class Training:
    """Let one animal learn with one teacher for so many sessions; return what was read in each."""

    design: Interface
    group: np.ndarray
    teacher: str
    sessions: int
    changes: dict[str, Any]  # from the first session on (--set)
    spent: Spent = field(default_factory=Spent)

    def __call__(self, chain: Chain) -> list[Arrays]:
        """Go through the first session, and the sessions of the task."""
        watch = self._values("watch") | {"decoder.d": self.group / GROUP} | self.changes
        first = chain.go_on(watch, self._read)
        teacher = teachers(float(abs(wired(first["feedback"])[self.group != 0]).mean()))[self.teacher]
        new = teacher | {"grating.r_rest": first["r"][REST * FRAMES :].mean() * Hz}
        task = self._values("task")
        later = [chain.go_on(task | (new if k == 0 else {}), self._read) for k in range(self.sessions)]
        self.spent = chain.spent
        return [first, *later]

    def _values(self, phase: str) -> dict[str, Any]:
        return self.design.clock.values(self.design.session(phase), GATES)

    def _read(self, run: Run) -> Arrays:
        """Return what is seen in a session: frames of cells and screen, frames of hits, events of trials."""
        seen = {name: run[f"screen.{name}"][0] for name in ("theta", "error", "reward", "r")}
        imaged = {name: run[f"imaging.{name}"].astype(np.float32) for name in ("Ca_s", "Ca_d")}
        hits = (run["hits.t"] - run["screen.t"][0]) / float(FRAME / second)
        events = self.design.clock.counts(run, "cells.n_event")
        return seen | imaged | dict(hits=hits, events=events, feedback=run["feedback.w"])
