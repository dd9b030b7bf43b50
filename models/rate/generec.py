"""GeneRec, [O96]: two phases of a recurrent network carry the error, and each synapse uses what it sees.

    h_l = f(W_l h_{l-1} + B_l h_{l+1} + b_l)         settles freely, h^-, then with h_L = y, h^+
    dW_l = eta (h^+_l - h^-_l) h^-_{l-1}^T           dB_l = eta (h^+_l - h^-_l) h^-_{l+1}^T
    midpoint:   the sender's h^- becomes (h^+ + h^-)/2
    symmetric:  B_l starts at W_{l+1}^T, and both get the sum of the two changes

The symmetric midpoint rule is contrastive Hebbian learning, [O96]: its changes are identical.
The true gradient is that of the loss of the free fixed point.
Feedback: a vector, as a difference of activities between two phases.

[O96] O'Reilly 1996, Neural Comput 8:895.
"""

from dataclasses import replace

from dendritic_bp.models.rate import almeida_pineda
from dendritic_bp.models.rate._network import Network, Parameter, Weights, by_layer, correlate, forward_macs
from dendritic_bp.models.rate._settling import clamped, free, settling_macs, symmetric
from dendritic_bp.models.rate.almeida_pineda import predict

__all__ = ["predict"]
feedback = "vector"
parameters = dict(
    eta=Parameter(0.5, "1", "selected on validation images of the digits and MNIST"),
    sweeps=Parameter(6, "1", "chosen here: per hidden layer"),
    gain=Parameter(0.5, "1", "chosen here: B_l starts from N(0, gain^2/units above)"),
    midpoint=Parameter(0, "1", "chosen here: 1 for the midpoint rule"),
    symmetric=Parameter(0, "1", "chosen here: 1 for the symmetric rule"),
)
network = Network


def initial(network, rng, p):
    """Draw forward weights, and feedback weights unless they are symmetric."""
    state = almeida_pineda.initial(network, rng, p)
    return replace(state, back=symmetric(state.weights)) if p.symmetric else state


def update(network, state, x, y, rng, p):
    """Return the change; advance the feedback weights."""
    minus = free(network, state.weights, state.back, x, p.sweeps)
    plus = clamped(network, state.weights, state.back, minus, y, p.sweeps)
    senders = [m + p.midpoint / 2 * (q - m) for q, m in zip(plus, minus, strict=True)]
    moved = [q - m for q, m in zip(plus[1:], minus[1:], strict=True)]
    eta = by_layer(p.eta, moved)
    up, down = correlate(moved, senders, eta), correlate(moved[:-1], senders[2:], eta[1:]).W
    if p.symmetric:
        up = Weights([up.W[0], *(dW + dB.T for dW, dB in zip(up.W[1:], down, strict=True))], up.b)
        down = symmetric(up)
    return up, replace(state, back=[B + dB for B, dB in zip(state.back, down, strict=True)])


def true_gradient(network, state, x, y, p):
    """Return the gradient of the loss at the free fixed point."""
    return almeida_pineda.gradient(network, state.weights, state.back, x, y, 40, tied=float(p.symmetric))


def macs(sizes, p):
    """Count: two phases settle, then the outer products of forward and feedback weights."""
    return 2 * settling_macs(sizes, p.sweeps) + 2 * forward_macs(sizes) - sizes[0] * sizes[1]
