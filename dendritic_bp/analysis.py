"""Events, bursts, rates and the alignment of a weight change with a gradient: arrays in, arrays out.

Spikes come as two flat arrays, `times` (s) and `cells` (integers from 0). Nothing here knows a simulator.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dendritic_bp.errors import UserError, require_unmasked

T_BURST = 16e-3  # s [P21]: spikes closer than this belong together
MARGIN = 1e-6  # relative, for rounding: spikes exactly T_BURST apart still belong together
EDGE = 1e-8  # s, for rounding: a spike this little before the edge of a bin is on it
NO_ANSWER = -1  # in place of a class, where none has most

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Detected(NamedTuple):
    """Mark, for each spike, whether it is an event or the second spike of a burst; later ones are neither."""

    event: Bools
    burst: Bools


def detect_events(
    times: ArrayLike, cells: ArrayLike, t_burst: float = T_BURST, memory: float = 0.0
) -> Detected:
    """Find the events and the bursts in spike trains.

    An event is an isolated spike or the first of a burst: one that comes more than `t_burst` (s) after the
    cell's last spike. The next spike, if it is no event, marks a burst. With `memory` = 1 all earlier spikes
    count, as a trace that decays with `t_burst`, and an event finds it below 1/e [P21].

    [P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
    """
    if isinstance(t_burst, np.ndarray) or not t_burst > 0:  # a quantity is an array, too
        raise UserError(f"t_burst is a plain number of seconds, more than 0, not {t_burst!r}.")
    if not 0 <= memory <= 1:
        raise UserError(f"memory is the share of the trace that stays, from 0 to 1, not {memory!r}.")
    times, cells = _spikes(times, cells)
    order = np.lexsort((times, cells))
    event = np.empty(times.size, bool)
    event[order] = _trace(times[order], cells[order], t_burst, memory) < np.exp(-1) * (1 - MARGIN)
    burst = np.zeros(times.size, bool)
    burst[order[1:]] = event[order[:-1]] & ~event[order[1:]]
    return Detected(event, burst)


def _trace(times: Floats, cells: NDArray[np.int64], tau: float, memory: float) -> Floats:
    """Return the trace of the cell's earlier spikes at each spike; spikes are sorted by cell, then time."""
    decay = np.zeros(times.size)  # nothing is carried over from one cell to the next
    same = cells[1:] == cells[:-1]
    decay[1:][same] = np.exp(-np.diff(times)[same] / tau)
    return np.fromiter(accumulate(decay.tolist(), lambda x, d: (memory * x + 1) * d), float, times.size)


def count(times: ArrayLike, cells: ArrayLike, n_cells: int, edges: ArrayLike) -> NDArray[np.int64]:
    """Count the spikes of each cell in the bins between `edges` (s); shape (bins, n_cells)."""
    times, cells = _spikes(times, cells)
    if cells.size and (cells.min() < 0 or cells.max() >= n_cells):
        raise UserError(f"cells must be in 0..{n_cells - 1}, but reach from {cells.min()} to {cells.max()}")
    bins, shape = bins_of(times, edges), (np.size(edges) - 1, n_cells)
    inside = (bins >= 0) & (bins < shape[0])
    flat = np.ravel_multi_index((bins[inside], cells[inside]), shape)
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)


def bins_of(times: ArrayLike, edges: ArrayLike) -> NDArray[np.int64]:
    """Return the bin of each time: -1 before the first of the `edges` (s), the number of bins after the last.

    A time on an edge is in the bin that begins there, whichever way the two are rounded.
    """
    require_unmasked("times", times)
    times = np.asarray(times, float)
    if not np.isfinite(times).all():
        raise UserError("times holds values that are not finite, which are in no bin")
    return np.searchsorted(_edges(edges) - EDGE, times, side="right") - 1


def rates(times: ArrayLike, n_cells: int, edges: ArrayLike) -> Floats:
    """Return the mean rate of a population (Hz per cell) in the bins between `edges` (s)."""
    if n_cells < 1:
        raise UserError(f"n_cells is the size of the population, 1 or more, not {n_cells!r}.")
    edges = _edges(edges)
    total = count(times, np.zeros(np.shape(times), np.int64), 1, edges)[:, 0]
    return total / (n_cells * np.diff(edges))


def burst_probability(bursts: ArrayLike, events: ArrayLike) -> Floats:
    """Divide numbers or rates of bursts by those of events; NaN where there was no event."""
    bursts, events = np.broadcast_arrays(np.asarray(bursts, float), np.asarray(events, float))
    return np.divide(bursts, events, out=np.full(events.shape, np.nan), where=events > 0)


def answers(votes: ArrayLike) -> NDArray[np.int64]:
    """Return the class with most votes in each row (trials, classes).

    NO_ANSWER where no class has: where none has any, and where several have most. Raises UserError.
    """
    require_unmasked("votes", votes)
    table = np.asarray(votes)
    if table.ndim != 2 or not table.shape[1] or not np.isfinite(table).all():
        raise UserError(f"votes need the shape (trials, classes) and finite numbers, not {table.shape}")
    most = table == table.max(axis=1, keepdims=True)
    return np.where(most.sum(axis=1) == 1, most.argmax(axis=1), NO_ANSWER)


@dataclass(frozen=True)
class Alignment:
    """Say how well a weight change follows the negative gradient; NaN stands for what is undefined."""

    angle_deg: float  # 0 is gradient descent, 90 is chance
    cosine: float
    sign_agreement: float  # share of equal signs where both are non-zero; 0.5 is chance
    relative_size: float  # norm of the change / norm of the gradient


def alignment(update: ArrayLike, gradient: ArrayLike) -> Alignment:
    """Compare a weight change with *minus* the gradient of the loss; both of one shape, in any units.

    A zero change or gradient has no direction: its angle and cosine are NaN. Raises UserError for arrays of
    different shapes and for values that are not finite.
    """
    change, descent = _vector(update, "update"), -_vector(gradient, "gradient")
    if np.shape(update) != np.shape(gradient):
        raise UserError(
            f"update has the shape {np.shape(update)}, but gradient {np.shape(gradient)}; both need one row "
            "per postsynaptic and one column per presynaptic cell"
        )
    size, steepness = np.linalg.norm(change), np.linalg.norm(descent)
    both = (change != 0) & (descent != 0)
    signs = np.sign(change[both]) == np.sign(descent[both])
    angle = _angle(change, descent) if size and steepness else np.nan
    return Alignment(
        angle_deg=float(np.degrees(angle)),
        cosine=float(np.cos(angle)),
        sign_agreement=float(signs.mean()) if signs.size else np.nan,
        relative_size=float(size / steepness) if steepness else np.nan,
    )


def _angle(a: Floats, b: Floats) -> float:
    """Return the angle (rad) between two vectors, accurate near 0 and pi too (Kahan)."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return 2 * float(np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))


def _vector(values: ArrayLike, name: str) -> Floats:
    """Return the values as one vector; refuse what is not finite."""
    require_unmasked(name, values)
    vector = np.asarray(values, float).ravel()
    if not np.isfinite(vector).all():
        raise UserError(f"{name} holds {np.sum(~np.isfinite(vector))} values that are not finite")
    return vector


def _spikes(times: ArrayLike, cells: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    require_unmasked("times", times)
    require_unmasked("cells", cells)
    times, cells = np.asarray(times, float), np.asarray(cells)
    if times.ndim != 1 or times.shape != cells.shape:
        raise UserError(
            f"times and cells need one value per spike, but have the shapes {times.shape} and {cells.shape}"
        )
    if not np.isfinite(times).all():
        raise UserError("times holds values that are not finite; spike times are in seconds")
    if cells.size and (cells != np.floor(cells)).any():
        raise UserError("cells must be whole numbers, the indices of the cells")
    return times, cells.astype(np.int64)


def _edges(edges: ArrayLike) -> Floats:
    edges = np.asarray(edges, float)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():
        raise UserError("edges must be two or more increasing times in seconds")
    return edges
