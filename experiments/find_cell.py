"""Find the parameters of a cell that multiplexes, by a search over populations.

Question   For which parameters does a plateau cell tell two things at once: event rate follows the soma
           alone, burst probability P the dendrite alone?
Method     Candidates for `models/neurons/multiplexing.py` differ in 11 parameters, drawn from wide ranges; in
           later rounds they are mixtures of the best, with jitter. Each is an ensemble under a plane of
           steady currents (5 somatic, aimed at 2.5 to 28 Hz, and 13 dendritic, of 4 cells), 3 s at 1 ms. The
           score is to be small: change of the event rate while P goes from .1 to .6 (at 5, 10 and 18 Hz;
           mean, and half of the largest), shift of the current for P = .35 between 4 and 20 Hz relative to
           the span .1 to .6, spikes a burst above 2.3, and a little for a span above 500 pA. The best 20 are
           measured again, longer and at a finer step too: that wins whose worse score is best.
Prediction Random cells undo by rates what bursts tell (above 30 %); the best change by less than 10 %.
Published  Nobody: Naud & Sprekeler 2018, PNAS 115, show multiplexing where noise is strong (450 pA).
Command    python experiments/find_cell.py      (ten minutes of one core; --quick: two minutes)
           To search other ranges, or another model, change SEARCHED, or MODEL, below. To use what was found:
           replace(multiplexing, parameters=multiplexing.parameters | dict(g_s=... * nS, ...)).
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import dataclass
from math import prod

import numpy as np
import xarray as xr
from brian2 import Quantity, ms, mV, nS, pA, second

from dendritic_bp.errors import UserError
from dendritic_bp.language import unit_text
from dendritic_bp.models.neurons.multiplexing import multiplexing as MODEL
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from figures.find_cell import figures
from measures.ensemble import RATES, Plane, apart
from networks.ensemble import COUNTED, ensemble

SEARCHED = dict(  # lowest, highest, unit
    g_s=(8, 60, nS),
    g_d=(6, 60, nS),
    g_bap=(15, 70, nS),
    g_K=(5, 150, nS),
    tau_q=(8, 60, ms),
    D_d=(2, 6, mV),
    b_s=(4, 30, nS),
    spared=(0.02, 0.9, 1),
    d_theta=(2, 12, mV),
    sigma_d=(80, 400, pA),
    tau_noise_d=(2, 15, ms),
)
AIMED = np.array([2.5, 6, 11, 18, 28])  # Hz
DENDRITE = np.arange(-200, 1001, 100)  # pA
TOGETHER = 20  # candidates in one run: more do not fit the cache of a processor
FINALISTS = 20


@dataclass(frozen=True)
class Arena:
    """How candidates are measured: cells for each pair of currents, step, duration."""

    copies: int
    dt: Quantity
    duration: Quantity

    @property
    def shape(self):
        """Return the shape of the cells of a run: candidate, soma, dendrite, copy."""
        return (TOGETHER, len(AIMED), len(DENDRITE), self.copies)

    def program(self):
        """Compile an ensemble of all candidates of a run."""
        lines = [f"{name} : {unit_text(MODEL.parsed[name])} (constant)" for name in SEARCHED]
        values = {name: high * unit for name, (_, high, unit) in SEARCHED.items()}
        still = np.zeros(prod(self.shape)) * pA
        protocol = ensemble(
            MODEL.with_equations("\n".join(lines)), still, still, self.dt, self.duration, **values
        )
        return Program(protocol, f"find_cell-{self.copies}-{self.dt / ms:g}".replace(".", "-"))

    def measure(self, program, candidates, seed):
        """Return the plane of each candidate (rows of numbers in the units of SEARCHED)."""
        planes = []
        for k in range(0, len(candidates), TOGETHER):
            some = candidates[k : k + TOGETHER]
            planes += self._run(program, np.resize(some, (TOGETHER, len(SEARCHED))), seed + k)[: len(some)]
        return planes

    def _run(self, program, candidates, seed):
        cells = prod(self.shape[1:])
        soma = np.broadcast_to(somatic(candidates)[:, :, None, None], self.shape)
        dendrite = np.broadcast_to(DENDRITE[:, None], self.shape)
        values = {"cells.I_soma": soma.ravel() * pA, "cells.I_apical": dendrite.ravel() * pA}
        for (name, (*_, unit)), numbers in zip(SEARCHED.items(), candidates.T, strict=True):
            values[f"cells.{name}"] = np.repeat(numbers, cells) * unit
        run = program.run(seed=seed, values=values, progress=False)
        counts = [run[f"{name}.count"].reshape(self.shape).sum(axis=3) for name in COUNTED]
        seconds = self.copies * float(self.duration / second)
        return [Plane.of(DENDRITE, *each, seconds) for each in zip(*counts, strict=True)]


def somatic(candidates):
    """Return the currents (pA) that bring each candidate near the rates aimed at, against adaptation."""
    adaptation = 3 * candidates[:, [list(SEARCHED).index("b_s")]]  # pA for each Hz
    return 470 + AIMED * (8 + adaptation)


def score(measures):
    """Return how bad a cell is."""
    changes = measures["changes"]
    long = max(0, measures["spikes"] - 2.3) + 0.2 * max(0, measures["span"] / 500 - 1)
    return changes.mean() + changes.max() / 2 + measures["shift"] + long + 3 * measures["missing"]


def judged(planes):
    """Return the score of each plane; the fewer somatic currents show anything, the worse."""
    rows = [plane.rows() for plane in planes]
    return np.array([min(score(apart(each)), 100) + len(AIMED) - len(each) for each in rows])


def children(candidates, scores, n, generator):
    """Mix the best candidates in pairs, parameter by parameter, and jitter them; all on a log scale."""
    low, high = limits()
    parents = np.log(candidates[np.argsort(scores)[: max(FINALISTS, n // 8)]])
    one, other = parents[generator.integers(len(parents), size=(2, n))]
    share = generator.random(one.shape)
    jitter = (0.5 * parents.std(axis=0) + 0.02) * generator.standard_normal(one.shape)
    return np.exp(np.clip(share * one + (1 - share) * other + jitter, low, high))


def limits():
    """Return the logarithms of the lowest and the highest values."""
    return np.log([each[:2] for each in SEARCHED.values()]).T


def search(n, rounds, seed):
    """Return all candidates (round, candidate, parameter) and their scores (round, candidate)."""
    generator, arena = np.random.default_rng(seed), Arena(4, 1 * ms, 3 * second)
    program, (low, high) = arena.program(), limits()
    candidates = [np.exp(low + (high - low) * generator.random((n, len(SEARCHED))))]
    scores = []
    for k in range(rounds):
        scores.append(judged(arena.measure(program, candidates[-1], seed=1000 * k)))
        print(f"round {k + 1} of {rounds}: best score {np.min(scores):.3f}", flush=True)
        candidates.append(children(np.concatenate(candidates), np.concatenate(scores), n, generator))
    return np.array(candidates[:-1]), np.array(scores)


def options(parser):
    """Add the flags of this experiment."""
    parser.add_argument("--candidates", type=int, metavar="N", help="in each round (160)")
    parser.add_argument("--rounds", type=int, metavar="N", help="of selection (12)")


def simulate(args: argparse.Namespace) -> Record:
    """Search, measure the best again, and print the winner."""
    if args.set:
        raise UserError("find_cell has no values to --set: it searches for them.")
    n, rounds = args.candidates or (40 if args.quick else 160), args.rounds or (3 if args.quick else 12)
    candidates, scores = search(n, rounds, args.seed)
    best = candidates.reshape(-1, len(SEARCHED))[np.argsort(scores.ravel())[:FINALISTS]]
    arenas = [Arena(20, 1 * ms, 5 * second), Arena(10, 0.25 * ms, 5 * second)]
    programs = [arena.program() for arena in arenas]
    planes = [
        arena.measure(program, best, seed=10**6) for arena, program in zip(arenas, programs, strict=True)
    ]
    again = np.array([judged(each) for each in planes])
    winner = int(again.max(axis=0).argmin())
    found = dict(zip(SEARCHED, best[winner], strict=True))
    print(*(f"{name}={value:.4g} * {SEARCHED[name][2]}," for name, value in found.items()), sep="\n")
    arrays = dict(
        score=(("round", "candidate"), scores, {"units": "1"}),
        final_score=(("step", "finalist"), again, {"units": "1"}),
        finalists=(("finalist", "parameter"), best, {"units": "those of SEARCHED"}),
        event_rate=(("soma", "dendrite"), planes[0][winner].rate, {"units": "Hz"}),
        burst_probability=(("soma", "dendrite"), planes[0][winner].burst, {"units": "1"}),
    )
    data = xr.Dataset(
        arrays, dict(parameter=list(SEARCHED), dendrite=("dendrite", DENDRITE * 1e-12, {"units": "A"}))
    )
    measures = apart(planes[0][winner].rows())
    return Record(data, summary(measures, found, again[:, winner]), dict(source_hash=programs[0].source_hash))


def summary(measures, found, scores):
    """Return the numbers of the winner."""
    changes = {f"rate_change_at_{hz}_hz": x for hz, x in zip(RATES, measures["changes"], strict=True)}
    rest = dict(current_shift=measures["shift"], spikes_a_burst=measures["spikes"], span_pa=measures["span"])
    named = {f"{name}{_unit(u)}": found[name] for name, (*_, u) in SEARCHED.items()}
    return changes | rest | dict(score=scores[0], score_fine_step=scores[1]) | named


def _unit(unit):
    """Return the ending of the name of a number in this unit."""
    return "" if str(unit) == "1" else f"_{unit}".lower()


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
