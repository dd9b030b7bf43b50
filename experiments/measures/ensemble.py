"""How far an ensemble keeps its two messages apart: event rates and bursts over a plane of currents."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LOW, MIDDLE, HIGH = 0.1, 0.35, 0.6  # burst probabilities between which the cells are read
RATES = (5, 10, 18)  # Hz, at P = LOW: where the change of the event rate is measured
RANGE = (4, 20)  # Hz: over which the current for P = MIDDLE should stay
LOWEST = 1  # Hz: cells that fire less are silent
UNSEEN = np.inf


class Row(NamedTuple):
    """Hold what one somatic current shows: at P = LOW, while P goes to HIGH, at P = MIDDLE."""

    rate: float  # Hz, at P = LOW
    change: float  # largest, relative to that
    current: float  # pA into the dendrite for P = MIDDLE
    span: float  # pA from P = LOW to P = HIGH
    spikes: float  # in a burst, at most


@dataclass(frozen=True)
class Plane:
    """Hold event rate (Hz), burst probability P and spikes a burst, as (soma, dendrite)."""

    dendrite: np.ndarray  # pA
    rate: np.ndarray
    burst: np.ndarray
    spikes: np.ndarray

    @classmethod
    def of(cls, dendrite, events, bursts, spikes, seconds):
        """Return the plane of these counts, taken over so many seconds of a cell."""
        later = (spikes - events) / np.maximum(bursts, 1)
        return cls(np.asarray(dendrite), events / seconds, bursts / np.maximum(events, 1), 1 + later)

    def rows(self):
        """Return what each somatic current shows, by event rate, if P goes from below LOW to HIGH."""
        return sorted(row for k in range(len(self.rate)) if (row := self._row(k)))

    def _row(self, k):
        """Read one somatic current; None if P does not pass from below LOW to HIGH, or cells are silent."""
        ends = [self.crossing(k, p) for p in (LOW, MIDDLE, HIGH)]
        if None in ends:
            return None
        low, middle, high = ends
        inner = self.dendrite[(self.dendrite > low) & (self.dendrite < high)]
        rate, spikes = (
            np.interp([low, *inner, high], self.dendrite, each[k]) for each in (self.rate, self.spikes)
        )
        if rate[0] < LOWEST:
            return None
        return Row(rate[0], np.abs(rate / rate[0] - 1).max(), middle, high - low, spikes[1:].max())

    def crossing(self, k, p):
        """Return the current (pA) at which P first reaches p, or None."""
        above = np.flatnonzero(self.burst[k] >= p)
        if not above.size or above[0] == 0:
            return None
        two = slice(above[0] - 1, above[0] + 1)
        return float(np.interp(p, self.burst[k, two], self.dendrite[two]))


def apart(rows):
    """Return how far the messages are apart, as numbers that should be small; UNSEEN without two rows.

    `changes` of the event rate at RATES, `shift` of the current for P = MIDDLE over RANGE, relative to the
    `span` (pA), the `spikes` in a burst; `missing` is above 0 if the rows do not reach the ends of RATES.
    """
    if len(rows) < 2:
        return dict(
            changes=np.full(len(RATES), UNSEEN), shift=UNSEEN, spikes=UNSEEN, span=UNSEEN, missing=UNSEEN
        )
    rate, change, current, span, spikes = np.array(rows).T
    span = np.interp(RATES[1], rate, span)
    inside = np.interp(np.linspace(*np.clip(RANGE, rate[0], rate[-1]), 17), rate, current)
    return dict(
        changes=np.interp(RATES, rate, change),
        shift=np.ptp(inside) / span,
        spikes=spikes.max(),
        span=span,
        missing=max(0, rate[0] / RATES[0] - 1) + max(0, 1 - rate[-1] / RATES[-1]),
    )
