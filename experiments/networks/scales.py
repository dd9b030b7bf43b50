"""The scales of a cell, measured: which somatic current makes which event rate, which apical current bursts.

A population of the cell gets steady currents, at the step of the networks that learn. First the f-I curve,
without apical current, over a range that is doubled or cut until the rates are in it; then event rate and
burst probability P over a plane of somatic and apical currents, which zooms in on where P goes from LOW to
HIGH. A cell whose ports for noise are open gets background, of which the least that makes P gradual is taken.
Each is a run of one compiled program: seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

import numpy as np
from brian2 import ms, pA, second
from brian2.equations.equations import PARAMETER
from brian2.utils.stringtools import get_identifiers

from dendritic_bp import NeuronModel
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.background import background
from dendritic_bp.program import Program
from dendritic_bp.rate_network import FICurve, measure_fi
from measures.ensemble import HIGH, LOW, MIDDLE, Plane
from networks.ensemble import COUNTED, ensemble

# All values chosen here.
CELLS = 1200
DURATION, DT = 3 * second, 1 * ms
POINTS = 60  # of the f-I curve
HIGHEST = 30  # Hz: what the f-I curve has to show, if the cell can
FIRST, STRONGEST = 1000.0, 8000.0  # pA: top of the curve, at first and at most
RATES = (6.0, 9.0, 12.0, 15.0, 18.0)  # Hz: event rates of the plane, if the cell can
COLUMNS = 24  # apical currents of the plane
APICAL = (-500.0, 2000.0)  # pA, at first
ROW = len(RATES) // 2  # where the apical currents are read
WIDENINGS, ZOOMS = 4, 2
PORTS = ("I_soma", "I_apical")
NOISE = (0.0, 50.0, 100.0, 200.0, 400.0)  # pA, in the dendrite; half of it in the soma
GRADUAL = 0.15  # of the apical current: the least span from LOW to HIGH that is not a step


@dataclass(frozen=True)
class Scales:
    """Hold what was measured of a cell; currents in pA, rates in Hz."""

    curve: FICurve  # event rate over somatic current, without apical current
    highest: float  # event rate at the top of the curve
    low: float  # apical current for P = LOW, at the middle rate
    middle: float  # ... MIDDLE
    high: float  # ... HIGH
    change: float  # of the event rate while P goes from LOW to HIGH, at most, relative to that at LOW
    noise: float  # standard deviation of the background in the dendrite

    @property
    def span(self) -> float:
        """Return the apical current from P = LOW to P = HIGH."""
        return self.high - self.low

    def current(self, rate: float) -> float:
        """Return the somatic current for an event rate, or for nine tenths of the highest one."""
        grid = np.linspace(self.curve.current[0], self.curve.current[-1], 2000)
        rates = self.curve(grid)
        return float(np.interp(min(rate, 0.9 * self.highest), rates, grid))

    @property
    def slope(self) -> float:
        """Return the somatic current for each Hz more, between a third of the middle rate and twice it."""
        ends = np.minimum([4.0, 20.0], 0.9 * self.highest)
        one, other = (self.current(rate) for rate in ends)
        return (other - one) / float(ends[1] - ends[0])


def scales(model: NeuronModel, seed: int = 0) -> Scales:
    """Measure a cell. Raises UserError for one that does not fire, or does not burst, in any range."""
    if not is_quiet(model):
        return _Bench(model, seed).scales()
    noisy = model.with_equations(**background)
    for sigma in NOISE:
        best = _Bench(noisy, seed, sigma).scales()
        if best.span >= GRADUAL * abs(best.high):
            break
    return best


def is_quiet(model: NeuronModel) -> bool:
    """Tell whether nothing fluctuates in a cell, and its ports for noise are open: it needs background."""
    ports = [model.parsed[name] for name in ("I_noise_s", "I_noise_d") if name in model.parsed]
    words = set().union(*(get_identifiers(piece.code) for piece in model.pieces()))
    random = words & {"rand", "randn", "poisson"} or model.parsed.stochastic_variables
    return len(ports) == 2 and all(port.type == PARAMETER for port in ports) and not random


@dataclass(frozen=True)
class _Bench:
    """Measure one cell, with background of standard deviation `sigma` (pA) if it has any."""

    model: NeuronModel
    seed: int
    sigma: float | None = None

    def scales(self) -> Scales:
        """Measure the f-I curve, and then the plane around the rates that it has."""
        curve, highest = self._curve()
        found = Scales(curve, highest, nan, nan, nan, nan, self.sigma or 0.0)
        soma = np.array([found.current(rate) for rate in RATES])
        seen = self._bursting(soma, APICAL)
        for _ in range(ZOOMS):
            low, high = (seen.crossing(ROW, p) for p in (LOW, HIGH))
            margin = max(0.5 * (high - low), np.ptp(seen.dendrite) / COLUMNS)
            seen = self._bursting(soma, (low - margin, high + margin))
        low, middle, high = (seen.crossing(ROW, p) for p in (LOW, MIDDLE, HIGH))
        return replace(found, low=low, middle=middle, high=high, change=_change(seen, low, high))

    def _curve(self) -> tuple[FICurve, float]:
        """Return the f-I curve over a range of currents in which it is seen, and the highest event rate."""
        top = FIRST
        rate = self._rates(top)
        while top > 1 and (rate > HIGHEST).mean() > 0.7:  # it is over before it is seen
            top /= 4
            rate = self._rates(top)
        while top < STRONGEST and rate.max() < HIGHEST:
            top *= 2
            rate = self._rates(top)
        if rate.max() < RATES[0]:
            raise UserError(
                f"{self.model} makes {rate.max():.3g} events a second at most, with 0 to {top:g} pA into its "
                f"soma, and needs {RATES[0]:g}: let I_s charge v_s, and check the capacitance and threshold."
            )
        peak = max(2, int(rate.argmax()) + 1)  # beyond, events merge
        return measure_fi(_grid(top)[:peak], rate[:peak], bins=peak), float(rate.max())

    def _rates(self, top: float) -> np.ndarray:
        return self._plane(_grid(top), np.zeros(1)).rate[:, 0]

    def _bursting(self, soma: np.ndarray, ends: tuple[float, float]) -> Plane:
        """Return the plane from end to end of apical currents, or wider, where P goes from LOW to HIGH."""
        for _ in range(WIDENINGS):
            seen = self._plane(soma, np.linspace(*ends, COLUMNS))
            p, width = seen.burst[ROW], ends[1] - ends[0]
            below, above = p[0] < LOW, p.max() >= HIGH
            if below and above:
                return seen
            ends = (ends[0] - (0 if below else width), ends[1] + (0 if above else width))
        raise UserError(
            f"{self.model}: {p.min():.2f} to {p.max():.2f} of its events are bursts, with "
            f"{seen.dendrite[0]:.0f} to {seen.dendrite[-1]:.0f} pA into its dendrite, which has to decide "
            f"about them (less than {LOW} to more than {HIGH}): let I_d charge v_d, and v_d make spikes "
            "that follow within T_burst."
        )

    def _plane(self, soma: np.ndarray, dendrite: np.ndarray) -> Plane:
        """Count what cells do under each pair of currents (pA)."""
        copies = CELLS // (len(soma) * len(dendrite))
        shape = (len(soma), len(dendrite), copies)
        pairs = [np.broadcast_to(x, shape).ravel() for x in (soma[:, None, None], dendrite[:, None])]
        values = {f"cells.{port}": np.resize(x, CELLS) * pA for port, x in zip(PORTS, pairs, strict=True)}
        if self.sigma is not None:
            values |= {"cells.sigma_s": self.sigma / 2 * pA, "cells.sigma_d": self.sigma * pA}
        run = _program(self.model).run(seed=self.seed, values=values, progress=False)
        used = len(pairs[0])
        counts = [run[f"{name}.count"][:used].reshape(shape).sum(axis=2) for name in COUNTED]
        return Plane.of(dendrite, *counts, copies * float(DURATION / second))


def _program(model: NeuronModel) -> Program:
    """Compile the population, whose currents are given to each run."""
    still = np.zeros(CELLS) * pA
    return Program(ensemble(model, still, still, DT, DURATION), f"scales-{model.name}")


def _grid(top: float) -> np.ndarray:
    return np.linspace(0, top, POINTS)


def _change(seen: Plane, low: float, high: float) -> float:
    """Return how much the event rate changes while P goes from LOW to HIGH, as the median over the rates."""
    inner = [low, *seen.dendrite[(seen.dendrite > low) & (seen.dendrite < high)], high]
    rates = np.array([np.interp(inner, seen.dendrite, row) for row in seen.rate])
    return float(np.median(np.abs(rates / rates[:, :1] - 1).max(axis=1)))
