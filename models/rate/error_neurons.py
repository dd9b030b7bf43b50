"""Error neurons: a second population carries errors down, through feedback weights of its own.

    du_l/dt = -u_l + W_l f(u_{l-1}) + b_l + lambda e_l     representation, nudged by its error neurons
    de_l/dt = -e_l + f'(u_l)*(B_l e_{l+1})                 error neurons; at the output e_L = -dloss/du_L
    dW_l = eta (e_l f(u_{l-1})^T - decay W_l)
    dB_l = eta (f(u_l) e_{l+1}^T - decay B_l)              so B_l -> W_{l+1}^T (Kolen-Pollack), [A19]

Euler steps in units of the time constant of both populations. In the steady state, where B_l = W_{l+1}^T,
e_l is the error of predictive coding, [W17], with the variance lambda of hidden units; where also lambda = 0,
that of backpropagation, to whose gradient the rule is compared.
Feedback: a vector, carried by learned weights.

[W17] Whittington & Bogacz 2017, Neural Comput 29:1229. [A19] Akrout et al. 2019, NeurIPS, arXiv:1904.05391.
"""

from dataclasses import dataclass, replace

from dendritic_bp.models.rate._network import (
    Array,
    Network,
    Parameter,
    State,
    Weights,
    by_layer,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"),
    lambda_=Parameter(0.2, "1", "selected on the digits' validation split"),
    decay=Parameter(1e-4, "1", "selected on validation images of the digits and MNIST"),
    step=Parameter(0.5, "1", "chosen here"),
    steps=Parameter(6, "1", "chosen here: per hidden layer"),
)
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class WithErrorNeurons(State):
    """Add the weights B_l (units, units above) between the error neurons of the hidden layers."""

    B: list[Array]


def initial(network, rng, p):
    """Draw forward and feedback weights."""
    return WithErrorNeurons(network.initial(rng), [W.T for W in network.initial(rng).W[1:]])


def relax(network, weights, B, x, y, p):
    """Return the error rates [e_1 ... e_L] and the rates [h_0 ... h_{L-1}] after all steps."""
    f = network.nonlinearity
    u, h = network.forward(weights, x)
    basal, u, h = list(u), u[:-1], h[:-1]
    e = [0 * each for each in u]
    for _ in range(int(p.steps) * len(u)):
        top = -network.output_error(network.output.value(basal[-1]), y)
        apical = [above @ b.T for above, b in zip([*e[1:], top], B, strict=True)]
        u = [at + p.step * (v - at + p.lambda_ * own) for at, v, own in zip(u, basal, e, strict=False)]
        e = [own + p.step * (f.pull_back(r, v) - own) for own, r, v in zip(e, h[1:], apical, strict=True)]
        h = [x, *map(f.value, u)]
        upper = zip(h[1:], weights.W[1:], weights.b[1:], strict=True)
        basal = [basal[0], *(rates @ W.T + b for rates, W, b in upper)]
    return [*e, -network.output_error(network.output.value(basal[-1]), y)], h


def update(network, state, x, y, rng, p):
    """Return the change; advance the feedback weights by its transpose, with the same decay."""
    W, b = correlate(*relax(network, state.weights, state.B, x, y, p), p.eta)
    shrink = [float(eta) * p.decay for eta in by_layer(p.eta, W)]
    B = [(1 - s) * old + dW.T for s, old, dW in zip(shrink[1:], state.B, W[1:], strict=True)]
    W = [dW - s * old for s, dW, old in zip(shrink, W, state.weights.W, strict=True)]
    return Weights(W, b), replace(state, B=B)


def macs(sizes, p):
    """Count: forward, per step both populations above the first layer, outer products for W and B."""
    steps = p.steps * (len(sizes) - 2)
    return 2 * forward_macs(sizes) + (2 * steps + 1) * forward_macs(sizes[1:])
