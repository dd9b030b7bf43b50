"""Direct difference target propagation with learned reconstruction, [M20], or learned transposes, [E22].

    t_L = a_L - eta_hat dloss/da_L
    DRL:    t_l = h_l + Q_l (t_L - a_L)             v_l = a_L(h_l + sigma xi) - a_L
    L-DRL:  t_l = h_l + Q_l (t_{l+1} - h_{l+1})     v_l = h_{l+1}(h_l + sigma xi) - h_{l+1}
    dW_l = eta/eta_hat f'(a_l)*(t_l - h_l) h_{l-1}^T
    DRL:    dQ_l = eta_g/<|v_l|^2> (<(sigma xi - Q_l v_l) v_l^T> - decay sigma^2 Q_l)
    L-DRL:  dQ_l = eta_g/<|zeta|^2> <sigma xi v_l^T - Q_l zeta zeta^T>,  zeta ~ N(0, sigma^2),  xi ~ N(0, 1)

Noise goes up from each hidden layer, to the output (DRL) or the next layer (L-DRL, `local`), and Q_l learns
to undo what arrives. With the Jacobian J of that way, DRL ends at J^T (J J^T + decay)^-1, the damped
pseudo-inverse, and makes Gauss-Newton targets; L-DRL ends at J^T, and makes those of backpropagation.
The rule is compared to the gradient of the loss. Feedback: a vector, carried by learned weights.

[M20] Meulemans et al. 2020, NeurIPS, arXiv:2006.14331 (DDTP-linear). [E22] Ernoult et al. 2022, ICML.
"""

from dataclasses import dataclass, replace

import numpy as np

from dendritic_bp.models.rate._network import (
    Array,
    Network,
    Parameter,
    State,
    feedforward_scores,
    forward_macs,
)
from dendritic_bp.models.rate.target_propagation import change_towards, output_target

feedback = "vector"
parameters = dict(
    eta=Parameter(0.6, "1", "selected on validation images of the digits and MNIST"),
    eta_hat=Parameter(1.0, "1", "chosen here"),
    eta_g=Parameter(0.3, "1", "selected on the digits' validation split"),
    sigma=Parameter(0.1, "1", "chosen here"),
    decay=Parameter(0.1, "1", "selected on the digits' validation split"),
    local=Parameter(0, "1", "chosen here: 1 for L-DRL"),
)
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class WithReconstruction(State):
    """Add Q_l of the hidden layers, each (units, outputs), or (units, units above) if local."""

    Q: list[Array]


def initial(network, rng, p):
    """Draw forward weights and small feedback weights."""
    weights, n = network.initial(rng), network.sizes
    above = n[2:] if p.local else [n[-1]] * (len(n) - 2)
    shapes = zip(n[1:-1], above, strict=True)
    return WithReconstruction(
        weights, [rng.standard_normal(s, dtype=network.dtype) * network.dtype(0.1) for s in shapes]
    )


def upwards(network, weights, layer, h_l, stop):
    """Return what h_l causes in the layer `stop`: h, or a at the output."""
    top = len(weights.W)
    for k in range(layer + 1, stop + 1):
        h_l = h_l @ weights.W[k - 1].T + weights.b[k - 1]
        if k < top:
            h_l = network.nonlinearity.value(h_l)
    return h_l


def learn_feedback(network, weights, Q, a, h, rng, p):
    """Return the feedback weights after a step."""
    at, result = [*h[:-1], a[-1]], []
    for layer, Q_l in enumerate(Q, 1):
        stop = layer + 1 if p.local else len(a)
        noise = p.sigma * rng.standard_normal(h[layer].shape, dtype=network.dtype)
        v = upwards(network, weights, layer, h[layer] + noise, stop) - at[stop]
        seen = p.sigma * rng.standard_normal(v.shape, dtype=network.dtype) if p.local else v
        step = noise.T @ v - (Q_l @ seen.T) @ seen
        if not p.local:
            step -= p.decay * p.sigma**2 * len(v) * Q_l
        result.append(Q_l + p.eta_g / np.sum(seen**2) * step)
    return result


def targets_below(Q, target, a, h, p):
    """Return [t_1 ... t_L] from t_L."""
    at, targets = [*h[:-1], a[-1]], [target]
    for layer in range(len(Q), 0, -1):
        source = layer + 1 if p.local else len(a)
        moved = targets[0] - at[source] if p.local else target - at[source]
        targets.insert(0, h[layer] + moved @ Q[layer - 1].T)
    return targets


def update(network, state, x, y, rng, p):
    """Return the change; advance the feedback weights."""
    a, h = network.forward(state.weights, x)
    targets = targets_below(state.Q, output_target(network, h[-1], a[-1], y, p), a, h, p)
    Q = learn_feedback(network, state.weights, state.Q, a, h, rng, p)
    return change_towards(network, targets, a, h, p), replace(state, Q=Q)


def macs(sizes, p):
    """Count: forward and outer products; per hidden layer the way up, three products with Q, the target."""
    n, layers = sizes, range(1, len(sizes) - 1)
    ends = [layer + 1 if p.local else len(n) - 1 for layer in layers]
    up = sum(forward_macs(n[layer : end + 1]) for layer, end in zip(layers, ends, strict=True))
    return 2 * forward_macs(n) + up + 4 * sum(n[i] * n[end] for i, end in zip(layers, ends, strict=True))
