"""Contrastive Hebbian learning in a mean-field network, [M91]: clamped minus free correlations.

    h_l = f(W_l h_{l-1} + gamma W_{l+1}^T h_{l+1} + b_l)       settles freely, h^-, then with h_L = y, h^+
    dW_l = eta gamma^(l-L) (h^+_l h^+_{l-1}^T - h^-_l h^-_{l-1}^T)                                  [X03]

Forward and feedback weights are symmetric, up to a gain gamma. As gamma -> 0 the rule becomes
backpropagation, [X03]: a clamped output moves layer l by gamma^(L-l) of what backpropagation sends there.
The true gradient is that of the cross-entropy of the free fixed point.
Feedback: a vector, as a difference of activities between two phases.

[M91] Movellan 1991, Connectionist Models 10. [X03] Xie & Seung 2003, Neural Comput 15:441.
"""

from dendritic_bp.models.rate import almeida_pineda
from dendritic_bp.models.rate._network import Network, Parameter, State, Weights, correlate, forward_macs
from dendritic_bp.models.rate._settling import clamped, free, settling_macs, symmetric

feedback = "vector"
parameters = dict(
    eta=Parameter(0.6, "1", "selected on validation images of the digits and MNIST"),
    gamma=Parameter(0.1, "1", "selected on the digits' validation split"),
    sweeps=Parameter(6, "1", "chosen here: per hidden layer"),
    gain=Parameter(0.7, "1", "chosen here: W_l starts from N(0, gain^2/units below)"),
)
network = Network


def initial(network, rng, p):
    """Draw the weights, too small for activity that feeds itself."""
    return State(network.initial(rng, p.gain))


def contrast(plus, minus, scale) -> Weights:
    """Return scale*<h^+_l h^+_{l-1}^T - h^-_l h^-_{l-1}^T>, and the same of h_l."""
    return correlate(plus[1:], plus, scale).plus(correlate(minus[1:], minus, scale), -1)


def phases(network, weights, x, y, p):
    """Return the clamped and the free fixed point."""
    back = symmetric(weights, p.gamma)
    minus = free(network, weights, back, x, p.sweeps)
    return clamped(network, weights, back, minus, y, p.sweeps), minus


def update(network, state, x, y, rng, p):
    """Return the change, larger in the lower layers, which the output moves less."""
    change = contrast(*phases(network, state.weights, x, y, p), p.eta)
    gains = [p.gamma ** (layer - len(network.sizes) + 2) for layer in range(len(network.sizes) - 1)]
    return Weights(*([g * each for g, each in zip(gains, part, strict=True)] for part in change)), state


def true_gradient(network, state, x, y, p):
    """Return the gradient of the loss at the free fixed point."""
    back = symmetric(state.weights, p.gamma)
    return almeida_pineda.gradient(network, state.weights, back, x, y, 40, tied=p.gamma)


def predict(network, state, x, p):
    """Return the output at the free fixed point."""
    return free(network, state.weights, symmetric(state.weights, p.gamma), x, p.sweeps)[-1]


def macs(sizes, p):
    """Count: two phases settle, each with its outer products."""
    return 2 * settling_macs(sizes, p.sweeps) + 2 * forward_macs(sizes)
