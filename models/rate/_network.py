"""The feedforward network that all rules share: sizes, nonlinearities and a loss; weights live apart.

Layer l of L has a_l = W_l h_{l-1} + b_l and h_l = f(a_l), where h_0 is the input; W_l is `weights.W[l-1]`,
shape (units, units below). The last layer has its own nonlinearity. There is no learning rule here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from scipy.special import expit

Array = np.ndarray


class Parameter(NamedTuple):
    """Give a number its unit and its source: a key of the module's docstring, or how it was chosen."""

    value: float
    unit: str
    source: str


def values(parameters: dict[str, Parameter], **changed: float) -> SimpleNamespace:
    """Return the values as attributes, some of them changed; KeyError for a name that is not declared."""
    unknown = changed.keys() - parameters.keys()
    if unknown:
        raise KeyError(f"no such parameter: {sorted(unknown)}; there are {sorted(parameters)}")
    return SimpleNamespace(**{name: row.value for name, row in parameters.items()} | changed)


class Nonlinearity(NamedTuple):
    """Pair h = f(a) with f'(a), which is written as a function of h."""

    name: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]

    def pull_back(self, h: Array, g: Array) -> Array:
        """Turn g = d(loss)/dh into d(loss)/da, for every example."""
        if self is softmax:
            return h * (g - np.sum(g * h, axis=-1, keepdims=True))
        return g * self.derivative(h)


def _normalised(a: Array) -> Array:
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


linear = Nonlinearity("linear", lambda a: a, lambda h: np.ones_like(h))
tanh = Nonlinearity("tanh", np.tanh, lambda h: 1 - h**2)
logistic = Nonlinearity("logistic", expit, lambda h: h * (1 - h))
hard_sigmoid = Nonlinearity(
    "hard_sigmoid", lambda a: np.clip(a, 0, 1), lambda h: ((h > 0) & (h < 1)).astype(h.dtype)
)
exponential = Nonlinearity("exponential", np.exp, lambda h: h)
softmax = Nonlinearity("softmax", _normalised, lambda h: h * (1 - h))  # its diagonal; see `pull_back`

_TINY = 1e-30  # keeps logarithms finite, in single precision too


class Loss(NamedTuple):
    """Hold a loss per example, its gradient in h, and the output nonlinearity that makes it h - y in a."""

    name: str
    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    link: Nonlinearity | None


squared = Loss("squared", lambda h, y: 0.5 * np.sum((h - y) ** 2, axis=-1), lambda h, y: h - y, linear)
cross_entropy = Loss(
    "cross_entropy",
    lambda h, y: -np.sum(y * np.log(np.maximum(h, _TINY)), axis=-1),
    lambda h, y: -y / np.maximum(h, _TINY),
    softmax,
)
mistakes = Loss(  # 1 - the probability of the right class, or 1 - the expected reward when y holds rewards
    "mistakes", lambda h, y: 1 - np.sum(y * h, axis=-1), lambda h, y: -y, None
)


class Weights(NamedTuple):
    """Hold a matrix (units, units below) and a bias (units,) per layer: the weights, or a change of them."""

    W: list[Array]
    b: list[Array]

    def plus(self, change: Weights, scale: float = 1.0) -> Weights:
        """Return new weights, `self + scale*change`."""
        return Weights(
            [w + scale * dw for w, dw in zip(self.W, change.W, strict=True)],
            [b + scale * db for b, db in zip(self.b, change.b, strict=True)],
        )


@dataclass(frozen=True)
class State:
    """Hold what a rule carries from one update to the next: the weights; rules extend it."""

    weights: Weights

    def learned(self, change: Weights) -> State:
        """Return the same state with `change` added to the weights."""
        return replace(self, weights=self.weights.plus(change))


@dataclass(frozen=True)
class Network:
    """Describe a layered network: units per layer with the input first, nonlinearities, loss."""

    sizes: tuple[int, ...]
    nonlinearity: Nonlinearity = tanh
    output: Nonlinearity = softmax
    loss: Loss = cross_entropy
    dtype: type = np.float64

    def f(self, layer: int) -> Nonlinearity:
        """Return the nonlinearity of layer 1 to L."""
        return self.output if layer == len(self.sizes) - 1 else self.nonlinearity

    def initial(self, rng: np.random.Generator, gain: float = 1.0) -> Weights:
        """Draw W ~ N(0, gain^2 / units below), so that activity keeps its scale; b = 0."""
        shapes = [(units, below) for below, units in pairwise(self.sizes)]
        W = [
            rng.standard_normal(shape, dtype=self.dtype) * self.dtype(gain / shape[1] ** 0.5)
            for shape in shapes
        ]
        return Weights(W, [np.zeros(units, self.dtype) for units in self.sizes[1:]])

    def forward(self, weights: Weights, x: Array) -> tuple[list[Array], list[Array]]:
        """Return [a_1 ... a_L] and [h_0 ... h_L], each (batch, units)."""
        a, h = [], [x]
        for layer, (W, b) in enumerate(zip(*weights, strict=True), 1):
            a.append(h[-1] @ W.T + b)
            h.append(self.f(layer).value(a[-1]))
        return a, h

    def output_error(self, h: Array, y: Array) -> Array:
        """Return d(loss)/da at the output, per example, where the output is `h`."""
        if self.output is self.loss.link:
            return h - y
        return self.output.pull_back(h, self.loss.gradient(h, y))


POWER = 100.0  # mean squared norm up to which no layer needs smaller steps; chosen here


def steps(eta: float, sizes: Sequence[int], power: float) -> Array:
    """Return the step of each layer: eta*min(1, POWER/P), with the power P of what the layer reads.

    P is `power`, the mean squared norm of the inputs, for the first layer, and the number of units below for
    the others: as many changes add up, and what is stable for 100 units is not for 500.
    """
    powers = np.array([power, *sizes[1:-1]], float)
    return eta * np.minimum(1, POWER / np.maximum(powers, POWER))


def by_layer(eta: float | Array, layers: Sequence[object]) -> Array:
    """Return the step of each layer, where they may all have the same."""
    return np.broadcast_to(eta, len(layers))


def correlate(delta: Sequence[Array], h: Sequence[Array], scale: float | Array) -> Weights:
    """Return scale*<delta_l h_{l-1}^T> and scale*<delta_l>, means over a batch; delta from 1, h from 0.

    The scale is one number, or one for each delta.
    """
    factor = [d * d.dtype.type(s / len(d)) for d, s in zip(delta, by_layer(scale, delta), strict=True)]
    return Weights(
        [d.T @ below for d, below in zip(factor, h, strict=False)], [d.sum(axis=0) for d in factor]
    )


def forward_macs(sizes: Sequence[int]) -> int:
    """Count the multiply-accumulates of one forward pass for one example: one per weight."""
    return sum(below * units for below, units in pairwise(sizes))


def feedforward_scores(network: Network, state: State, x: Array, p: SimpleNamespace) -> Array:
    """Return the output of one forward pass: the `predict` of most rules."""
    return network.forward(state.weights, x)[1][-1]
