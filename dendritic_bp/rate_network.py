"""The rate network that matches a spiking one: the same weights, f-I curves as measured, exact gradients.

Rates are in Hz and currents in A, so a weight is in A/Hz; any other consistent units do as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression
from scipy.special import log_softmax, softmax

from dendritic_bp.errors import UserError

Floats = NDArray[np.float64]
TINY = np.finfo(float).tiny  # keeps 0/0 of a cell that never fires at 0


@dataclass(frozen=True)
class FICurve:
    """Interpolate a non-decreasing rate (Hz) between measured points of input current (A).

    Beyond the points the curve goes on straight, but never below zero.
    """

    current: Floats
    rate: Floats

    @cached_property
    def _inside(self) -> PchipInterpolator:
        return PchipInterpolator(self.current, self.rate)

    @cached_property
    def _ends(self) -> Floats:
        return self._inside.derivative()(self.current[[0, -1]])

    def __call__(self, current: ArrayLike) -> Floats:
        """Return the rate at a current."""
        return np.maximum(self._line(np.asarray(current, float)), 0)

    def slope(self, current: ArrayLike) -> Floats:
        """Return the derivative of the rate at a current; 0 where the rate is cut off at zero."""
        current = np.asarray(current, float)
        below, above = current < self.current[0], current > self.current[-1]
        inside = self._inside.derivative()(np.clip(current, *self.current[[0, -1]]))
        slope = np.select([below, above], list(self._ends), inside)
        return np.where(self._line(current) >= 0, np.maximum(slope, 0), 0)  # rounding goes below

    def _line(self, current: Floats) -> Floats:
        """Return the curve with its straight ends, which may run below zero."""
        nearest = np.clip(current, *self.current[[0, -1]])
        low, high = self._ends
        return self._inside(nearest) + np.where(current < nearest, low, high) * (current - nearest)


def measure_fi(current: ArrayLike, rate: ArrayLike, bins: int = 15) -> FICurve:
    """Fit an f-I curve to measured pairs of input current (A) and rate (Hz) of any shape.

    The pairs are sorted by current and averaged in `bins` groups of equal size; the means are then made
    non-decreasing by isotonic regression. Raises UserError when they do not span two different currents.
    """
    current, rate = np.ravel(np.asarray(current, float)), np.ravel(np.asarray(rate, float))
    if current.size != rate.size or not (np.isfinite(current).all() and np.isfinite(rate).all()):
        raise UserError(f"An f-I curve needs finite pairs, not {current.size} currents and {rate.size} rates")
    order = np.argsort(current)
    groups = [group for group in np.array_split(order, bins) if group.size]
    knots = np.array([current[group].mean() for group in groups])
    means = np.array([rate[group].mean() for group in groups])
    sizes = np.array([group.size for group in groups], float)
    return _monotone(knots, means, sizes)


def _monotone(knots: Floats, means: Floats, sizes: Floats) -> FICurve:
    """Merge groups at one current, and fit what never decreases."""
    distinct, where = np.unique(knots, return_inverse=True)
    if distinct.size < 2:
        raise UserError(f"An f-I curve needs at least two different currents, but got {distinct.size}")
    weights = np.bincount(where, sizes)
    merged = np.bincount(where, sizes * means) / weights
    return FICurve(distinct, isotonic_regression(merged, weights=weights).x)


@dataclass(frozen=True)
class RateNetwork:
    """Compute the rates, the loss and the gradient of the matched network.

    Layer by layer: `weights` (n_out, n_in), `biases` (n_out,) and a `curve` for all cells of the layer.
    With `skips` (n_output_cells, n_hidden) the first hidden layers drive the output as the last one does.
    `classes` (n_output_cells,) is the class of each output cell; a class is read as the mean over its cells.
    If `homeostatic`, the gradient is that of a network whose biases follow the weights so that the mean rate
    of each cell over the trials stays what it is. With a `softness` (Hz), classes compete: the loss is not
    the squared error of their rates, but the cross-entropy (times softness) of their shares of
    exp(rate/softness), and targets are shares.
    """

    weights: Sequence[Floats]
    biases: Sequence[Floats]
    curves: Sequence[FICurve]
    classes: NDArray[np.int64]
    homeostatic: bool = False
    softness: float | None = None
    skips: Sequence[Floats] = ()

    def __post_init__(self) -> None:
        """Refuse layers that do not fit together, and classes without cells."""
        shapes, skips = ([np.shape(w) for w in each] for each in (self.weights, self.skips))
        fits = (
            len(shapes) == len(self.biases) == len(self.curves) > 0
            and all(below[0] == above[1] for below, above in pairwise(shapes))
            and all(np.shape(b) == shape[:1] for b, shape in zip(self.biases, shapes, strict=True))
            and np.shape(self.classes) == shapes[-1][:1]
            and (not skips or skips == [(shapes[-1][0], shape[0]) for shape in shapes[:-2]])
        )
        if not fits:
            raise UserError(
                f"Layers do not fit: weights {shapes}, skips {skips}, "
                f"biases {[np.shape(b) for b in self.biases]}, "
                f"{len(self.curves)} curves, {np.size(self.classes)} output cells. Weights are (n_out, n_in)."
            )
        found = np.unique(self.classes)
        if not np.array_equal(found, np.arange(found.size)):
            raise UserError(f"Each of the classes 0, 1, ... needs an output cell, but there are only {found}")

    def currents(self, inputs: ArrayLike) -> list[Floats]:
        """Return the current into each layer for input rates (trials, n_in)."""
        rates, currents = [self._inputs(inputs)], []
        for weights, bias, curve in zip(self.weights, self.biases, self.curves, strict=True):
            currents.append(rates[-1] @ weights.T + bias)
            if len(currents) == len(self.weights):
                for skip, low in zip(self.skips, rates[1:], strict=False):
                    currents[-1] += low @ skip.T
            rates.append(curve(currents[-1]))
        return currents

    def forward(self, inputs: ArrayLike) -> list[Floats]:
        """Return the rates of each layer, inputs first: arrays (trials, cells)."""
        currents = self.currents(inputs)
        return [self._inputs(inputs), *(f(i) for f, i in zip(self.curves, currents, strict=True))]

    def output(self, inputs: ArrayLike) -> Floats:
        """Return the mean rate of each class (trials, classes)."""
        return self.forward(inputs)[-1] @ self._pool

    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """Return half the squared error of the class rates, summed over classes, mean over trials.

        Where classes compete: the cross-entropy of their shares and the targets, times the softness.
        """
        error = self._error(inputs, targets)
        if self.softness is None:
            return float(0.5 * np.square(error).sum(axis=1).mean())
        logs = log_softmax(self.output(inputs) / self.softness, axis=1)
        return float(-self.softness * (np.asarray(targets) * logs).sum(axis=1).mean())

    def gradient(self, inputs: ArrayLike, targets: ArrayLike) -> list[Floats]:
        """Return the derivative of the loss by each weight, layer by layer (backpropagation)."""
        rates, currents = self.forward(inputs), self.currents(inputs)
        back = self._error(inputs, targets) @ self._pool.T / len(rates[0])
        gradients: list[Floats] = []
        deltas: list[Floats] = []
        for layer in reversed(range(len(self.weights))):
            slope = self.curves[layer].slope(currents[layer])
            delta = back * slope
            if self.homeostatic:  # a bias answers a change of the mean rate, in each trial by the slope there
                delta -= slope * (delta.sum(axis=0) / np.maximum(slope.sum(axis=0), TINY))
            gradients.append(delta.T @ rates[layer])
            deltas.append(delta)
            back = delta @ self.weights[layer]
            if 0 < layer <= len(self.skips):
                back = back + deltas[0] @ self.skips[layer - 1]
        return gradients[::-1]

    @cached_property
    def _pool(self) -> Floats:
        """Return the matrix (cells, classes) that takes the mean over the cells of each class."""
        member = np.asarray(self.classes)[:, None] == np.arange(np.max(self.classes) + 1)
        return member / member.sum(axis=0)

    def _error(self, inputs: ArrayLike, targets: ArrayLike) -> Floats:
        output, targets = self.output(inputs), np.asarray(targets, float)
        if output.shape != targets.shape:
            raise UserError(f"targets need the shape (trials, classes) = {output.shape}, not {targets.shape}")
        return (output if self.softness is None else softmax(output / self.softness, axis=1)) - targets

    def _inputs(self, inputs: ArrayLike) -> Floats:
        rates = np.asarray(inputs, float)
        if rates.ndim != 2 or rates.shape[1] != np.shape(self.weights[0])[1]:
            wanted = np.shape(self.weights[0])[1]
            raise UserError(f"inputs need the shape (trials, {wanted}), not {rates.shape}")
        return rates
