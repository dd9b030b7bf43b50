"""BurstCCN, [G22]: bursts against events, so that one phase, the teacher always present, is enough.

    events       e_l = logistic(W_l e_{l-1} + b_l)
    output       p = p_b + p_b (y - e) (1 - e)                     1 - e is f'(a)/e for the logistic
    hidden       u_l = Q_{l+1} e_{l+1} - Y_{l+1} b_{l+1},  b = p * e         events and bursts above
                 p   = logistic(4 u (1 - e)), which is p_b = 1/2 at u = 0
    plasticity   dW_l = eta ((p - p_b) * e_l) e_{l-1}^T
                 dQ_l = -eta_Q u e_{l+1}^T: learns to cancel the bursts that are expected, Q -> p_b Y

Feedback: a vector per layer, the bursts above that events do not explain, through fixed random weights Y. By
the signs above, Y = -W^T gives the gradient.

[G22] Greedy, Zhu, Pemberton, Mellor & Ponte Costa 2022, NeurIPS, arXiv:2206.11769.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from dendritic_bp.models.rate._network import (
    Array,
    Network,
    Parameter,
    State,
    correlate,
    feedforward_scores,
    forward_macs,
    logistic,
    squared,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(2.0, "1", "selected on validation images of the digits and MNIST"),
    eta_Q=Parameter(7.3e-4, "1", "[G22]"),
    sd_Y=Parameter(8.0, "1", "selected on validation images of the digits and MNIST"),
)
P_B = 0.5  # [G22]: burst probability without feedback; the logistic of p fixes it
predict = feedforward_scores


@dataclass(frozen=True)
class Cancelling(State):
    """Add the feedback of bursts Y and of events Q, [l = 2 ... L], each (units below, units)."""

    Y: list[Array] = field(default_factory=list)
    Q: list[Array] = field(default_factory=list)


def network(sizes):
    """Return a network of logistic ensembles with squared loss."""
    return Network(sizes, nonlinearity=logistic, output=logistic, loss=squared)


def initial(network, rng, p):
    """Draw forward weights and Y; Q starts where expected bursts cancel."""
    sizes = network.sizes[1:]
    Y = [p.sd_Y * rng.standard_normal(shape, dtype=network.dtype) for shape in pairwise(sizes)]
    return Cancelling(network.initial(rng), Y, [P_B * each for each in Y])


def dendrites(e, Y, Q, y):
    """Return [u_1 ... u_{L-1}] and [p_1 ... p_L] with the teacher present, for event rates [e_0 ... e_L]."""
    u, p = [], [P_B + P_B * (y - e[-1]) * (1 - e[-1])]
    for layer in range(len(Y), 0, -1):
        above = e[layer + 1]
        u.insert(0, above @ Q[layer - 1].T - (p[0] * above) @ Y[layer - 1].T)
        p.insert(0, logistic.value(4 * u[0] * (1 - e[layer])))
    return u, p


def update(network, state, x, y, rng, p):
    """Return the change by bursts that are not expected, and Q that expects better."""
    e = network.forward(state.weights, x)[1]
    u, bursts = dendrites(e, state.Y, state.Q, y)
    change = correlate([(P - P_B) * rate for P, rate in zip(bursts, e[1:], strict=True)], e, p.eta)
    Q = [Q - (p.eta_Q / len(x)) * each.T @ above for Q, each, above in zip(state.Q, u, e[2:], strict=True)]
    return change, replace(state, Q=Q)


def macs(sizes, p):
    """Count: forward, outer products, feedback of events and of bursts, and the change of Q."""
    return 2 * forward_macs(sizes) + 3 * forward_macs(sizes[1:])
