"""What `instructive_signals.py` measures: the analysis that one would do on imaging data, and nothing else.

For each cell and session the signal of the dendrite is regressed on that of the soma, over all frames; what
is left is the residual. It is regressed on error and reward, seen through the same slow calcium.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from brian2 import second
from numpy.typing import NDArray
from scipy.signal import lfilter

from dendritic_bp.chain import Arrays
from networks.instructive_sessions import FRAMES
from networks.instructive_signals import FRAME, GREY, REST, TRIAL

Floats = NDArray[np.float64]
NOISE = 0.5  # chosen here: SD of a frame, in units of the calcium of a spike
TAU = 0.5  # s, of the calcium
RIDGE = 30.0  # chosen here
FOLDS = 5
SHOWN = slice(0, 12 * FRAMES)  # frames after the rest that are kept for the figure
GROUPS = dict(plus=1, minus=-1, other=0)
GREY_FRAMES = round(float(GREY / FRAME))
SEEN_S = float((TRIAL - GREY) / second)
FRAME_S = float(FRAME / second)
LAGS = np.arange(-20, 21)  # frames around a hit


def residuals(soma: Floats, dendrite: Floats) -> tuple[Floats, Floats]:
    """Return what of each dendrite (cell, frame) its soma does not say, and the share of its variance."""
    soma, dendrite = (x - x.mean(axis=1, keepdims=True) for x in (soma, dendrite))
    slope = (soma * dendrite).sum(axis=1) / (soma**2).sum(axis=1)
    left = dendrite - slope[:, None] * soma
    return left, (left**2).sum(axis=1) / (dendrite**2).sum(axis=1)


def slopes(signals: Floats, *regressors: Floats) -> Floats:
    """Return how much, in SDs, each signal (cell, frame) follows each regressor; shape (regressor, cell)."""
    table = np.column_stack([np.ones(signals.shape[1]), *regressors])
    found = np.linalg.lstsq(table, signals.T, rcond=None)[0][1:]
    return found / signals.std(axis=1)


def decoded(signals: Floats, target: Floats, folds: NDArray[np.integer]) -> float:
    """Return the share of the variance of a target that cells (cell, frame) tell in frames held out."""
    x = (signals - signals.mean(axis=1, keepdims=True)).T / signals.std(axis=1)
    guess = np.empty_like(target)
    for fold in np.unique(folds):
        seen, mean = folds != fold, target[folds != fold].mean()
        gram = x[seen].T @ x[seen] + RIDGE * np.eye(x.shape[1])
        guess[~seen] = mean + x[~seen] @ np.linalg.solve(gram, x[seen].T @ (target[seen] - mean))
    return float(1 - ((guess - target) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def slow(series: Floats) -> Floats:
    """Return a series of frames as calcium would show it."""
    keep = np.exp(-FRAME_S / TAU)
    return lfilter([1 - keep], [1, -keep], series)


def around(signals: Floats, at: NDArray[np.integer]) -> Floats:
    """Return the mean of each signal (cell, frame) around some frames, in SDs; shape (cell, lag)."""
    inside = at[(at + LAGS[0] >= 0) & (at + LAGS[-1] < signals.shape[1])]
    if not inside.size:
        return np.full((len(signals), LAGS.size), np.nan)
    return signals[:, inside[:, None] + LAGS].mean(axis=1) / signals.std(axis=1, keepdims=True)


def session(read: Arrays, generator: np.random.Generator) -> dict[str, Floats]:
    """Analyse the frames of one session, its rest left out."""
    begin = REST * FRAMES
    soma, dendrite = (
        each + NOISE * generator.standard_normal(each.shape)
        for each in (read[name][:, begin:] for name in ("Ca_s", "Ca_d"))
    )
    residual, unexplained = residuals(soma, dendrite)
    error, reward = (slow(read[name][begin:]) for name in ("error", "reward"))
    frame = np.arange(error.size)
    seen = frame % FRAMES >= GREY_FRAMES
    folds = (frame // FRAMES)[seen] * FOLDS // (frame[-1] // FRAMES + 1)
    by_error, by_reward = slopes(residual, error, reward)
    task = residual[:, seen].mean(axis=1) - residual[:, ~seen].mean(axis=1)
    sources = dict(soma=soma, residual=residual, both=np.vstack([soma, residual]))
    return dict(
        unexplained=unexplained,
        residual_error=by_error,
        residual_reward=by_reward,
        residual_task=task / residual.std(axis=1),
        told=np.array([decoded(each[:, seen], error[seen], folds) for each in sources.values()]),
        around_hit=around(residual, read["hits"].astype(int) - begin),
        soma=soma[:, SHOWN],
        dendrite=dendrite[:, SHOWN],
        residual=residual[:, SHOWN],
    )


def dataset(trained: Mapping[str, list[Arrays]], group: Floats, feedback: Floats, seed: int) -> xr.Dataset:
    """Return what was measured with each teacher, by session (0: without a teacher) and cell."""
    noise = np.random.default_rng(seed)
    analysed = {name: [session(each, noise) for each in reads[1:]] for name, reads in trained.items()}

    def stacked(name: str) -> Floats:
        return np.array([[each[name] for each in sessions] for sessions in analysed.values()])

    arrays = {
        "group": ("cell", group),
        "feedback": ("cell", feedback, {"units": "A"}),
        "rate": (("teacher", "session", "cell"), _each(trained, _rates), {"units": "Hz"}),
        "hits": (("teacher", "session"), _each(trained, _hits)),
        "told": (("teacher", "taught", "source"), stacked("told")),
        "around_hit": (("teacher", "taught", "cell", "lag"), stacked("around_hit")),
    }
    for name in ("unexplained", "residual_error", "residual_reward", "residual_task"):
        arrays[name] = (("teacher", "taught", "cell"), stacked(name))
    arrays |= _shown(trained["vector"][1], analysed["vector"][0])
    n = len(trained["vector"])
    coords = {"teacher": list(trained), "session": range(n), "taught": range(1, n)}
    coords |= {"source": ["soma", "residual", "both"]}
    coords |= {"lag": ("lag", LAGS * FRAME_S, {"units": "s"})}
    data = xr.Dataset(arrays, coords)
    for each in data.data_vars.values():
        each.attrs.setdefault("units", "1")
    return data


def _each(trained: Mapping[str, list[Arrays]], measure: Callable[[Arrays], Any]) -> Floats:
    return np.array([[measure(read) for read in reads] for reads in trained.values()])


def _rates(read: Arrays) -> Floats:
    """Return the event rate (Hz) of each cell while the grating is seen."""
    return read["events"][REST:].mean(axis=0) / SEEN_S


def _hits(read: Arrays) -> float:
    """Return the share of trials in which the target was reached."""
    return float(read["hits"].size / (len(read["events"]) - REST))


def _shown(read: Arrays, analysed: Mapping[str, Floats]) -> dict[str, tuple]:
    """Return what is drawn of the first trials of the task."""
    cells = {name: (("cell", "frame"), analysed[name]) for name in ("soma", "dendrite", "residual")}
    begin = REST * FRAMES
    screen = {name: read[name][begin:][SHOWN] for name in ("theta", "error", "reward")}
    return cells | {name: ("frame", each) for name, each in screen.items()}


def summary(data: xr.Dataset) -> dict[str, float]:
    """Return the five signs, for each teacher, and what it learned; NaN is left out."""
    numbers = {}
    for teacher in data.teacher.values:
        one = data.sel(teacher=teacher)
        found = _learned(one) | _signs(one) | _predicts(one)
        numbers |= {f"{teacher}_{name}": value for name, value in found.items() if np.isfinite(value)}
    return numbers | _feedback(data)


def _mean(values: xr.DataArray, group: xr.DataArray, name: str) -> float:
    return float(values.where(group == GROUPS[name]).mean())


def _learned(one: xr.Dataset) -> dict[str, float]:
    change = one.rate.isel(session=-1) - one.rate.isel(session=0)
    hits = dict(hits_before=one.hits[0], hits_first=one.hits[1], hits_last=one.hits[-1])
    rates = {f"rate_change_{name}_hz": _mean(change, one.group, name) for name in GROUPS}
    return {name: float(value) for name, value in (hits | rates).items()}


def _signs(one: xr.Dataset) -> dict[str, float]:
    """Return what residuals carry, with their sign, in the first half of the sessions."""
    early = one.sel(taught=one.taught <= max(1, one.taught.size // 2)).mean("taught")
    numbers = {f"told_by_{name}": float(early.told.sel(source=name)) for name in early.source.values}
    numbers["unexplained"] = float(early.unexplained.mean())
    for what in ("error", "reward", "task"):
        values = early[f"residual_{what}"]
        numbers |= {f"residual_{what}_{name}": _mean(values, one.group, name) for name in GROUPS}
    chosen = one.group != 0
    right = np.sign(early.residual_error) == one.group
    return numbers | dict(right_sign=float(right.where(chosen).mean()))


def _predicts(one: xr.Dataset) -> dict[str, float]:
    """Return how well a cell's residual in the first session with a teacher tells how its rate changes."""
    residual, change = (each.values for each in foretold(one))
    chosen = one.group.values != 0
    return dict(
        predicts_all=_correlation(residual, change),
        predicts_chosen=_correlation(residual[chosen], change[chosen]),
        predicts_other=_correlation(residual[~chosen], change[~chosen]),
        same_way=float((residual * change > 0)[chosen].mean()),
    )


def foretold(one: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the residual of each cell in the first session with a teacher, and its later change of rate."""
    change = one.rate.isel(session=-1) - one.rate.isel(session=1)
    return one.residual_task.isel(taught=0), change


def _correlation(a: Floats, b: Floats) -> float:
    """Return Pearson's correlation; NaN if one of them does not vary."""
    if not (np.ptp(a) and np.ptp(b)):
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])


def _feedback(data: xr.Dataset) -> dict[str, float]:
    """Return what the feedback measured in the first session."""
    w = data.feedback * 1e12
    sizes = {f"feedback_{name}_pa": _mean(w, data.group, name) for name in GROUPS}
    return sizes | dict(feedback_sd_other_pa=float(w.where(data.group == 0).std()))
