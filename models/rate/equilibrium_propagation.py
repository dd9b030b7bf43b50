"""Equilibrium propagation, [S17]: settle, nudge the output towards its target, and compare.

    E = |h|^2/2 - sum_l h_l^T (W_l h_{l-1} + b_l),  0 <= h <= 1       each layer in turn goes to its lowest E:
    h_l = rho(W_l h_{l-1} + W_{l+1}^T h_{l+1} + b_l)                  rho(a) = a, cut off at 0 and 1
    h_L = rho((W_L h_{L-1} + b_L + beta y)/(1 + beta))                lowest E + beta loss
    one-sided:  dW_l = eta/beta (h_l h_{l-1}^T at beta - h_l h_{l-1}^T at 0)
    symmetric:  dW_l = eta/(2 beta) (h_l h_{l-1}^T at beta - h_l h_{l-1}^T at -beta)                   [L21]

As beta -> 0, dW becomes -eta times the gradient of the squared error of the free fixed point, to which it is
compared, with an error of order beta (one-sided) or beta^2 (symmetric). The sign of a one-sided beta is drawn
for each mini-batch, as in [S17], or the errors of one sign add up and undo what was learned. [S17] descend E
by small steps in all layers at once, from the last fixed point of the image; here the layers take turns,
from a forward pass. Feedback: a vector, as a difference of activities between two phases.

[S17] Scellier & Bengio 2017, Front Comput Neurosci 11:24. [L21] Laborieux et al. 2021, Front Neurosci 15.
"""

from functools import partial

from dendritic_bp.models.rate import almeida_pineda
from dendritic_bp.models.rate._network import Network, Parameter, State, forward_macs, hard_sigmoid, squared
from dendritic_bp.models.rate._settling import free, settle, settling_macs, symmetric
from dendritic_bp.models.rate.contrastive_hebbian import contrast

feedback = "vector"
parameters = dict(
    eta=Parameter(0.2, "1", "selected on the digits' validation split"),
    beta=Parameter(0.3, "1", "selected on the digits' validation split"),
    symmetric=Parameter(1, "1", "[L21]; 0 for the one-sided nudge"),
    sweeps=Parameter(6, "1", "chosen here: per hidden layer"),
    nudged_sweeps=Parameter(4, "1", "[S17], per hidden layer"),
    gain=Parameter(0.5, "1", "chosen here: W_l starts from N(0, gain^2/units below)"),
)
network = partial(Network, nonlinearity=hard_sigmoid, output=hard_sigmoid, loss=squared)


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng, p.gain))


def nudged(network, weights, h, y, beta, sweeps):
    """Return the fixed point of E + beta loss that the network reaches from h."""

    def respond(layer, a):
        return network.f(layer).value((a + beta * y) / (1 + beta) if layer == len(h) - 1 else a)

    return settle(weights, symmetric(weights), h, respond, sweeps)


def update(network, state, x, y, rng, p):
    """Return the change, from two or three fixed points."""
    weights = state.weights
    at_rest = free(network, weights, symmetric(weights), x, p.sweeps)
    if p.symmetric:
        there, back = (nudged(network, weights, at_rest, y, b, p.nudged_sweeps) for b in (p.beta, -p.beta))
        return contrast(there, back, p.eta / (2 * p.beta)), state
    beta = p.beta * (1 if rng.random() < 0.5 else -1)
    there = nudged(network, weights, at_rest, y, beta, p.nudged_sweeps)
    return contrast(there, at_rest, p.eta / beta), state


def true_gradient(network, state, x, y, p):
    """Return the gradient of the loss at the free fixed point."""
    return almeida_pineda.gradient(network, state.weights, symmetric(state.weights), x, y, 40, tied=1.0)


def predict(network, state, x, p):
    """Return the output at the free fixed point."""
    return free(network, state.weights, symmetric(state.weights), x, p.sweeps)[-1]


def macs(sizes, p):
    """Count: a free phase, one or two nudged ones, and the outer products of two of them."""
    nudges = p.nudged_sweeps * (2 if p.symmetric else 1)
    return settling_macs(sizes, p.sweeps + nudges) + 2 * forward_macs(sizes)
