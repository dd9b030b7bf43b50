"""Predictive coding, [W17]: layers predict each other; the errors move activities first, then weights.

    mu_l = W_l f(x_{l-1}) + b_l                        eps_l = (x_l - mu_l)/Sigma,  eps_L = -dloss/dmu_L
    F = sum_l |x_l - mu_l|^2/(2 Sigma) + loss(mu_L, y)
    dx_l/dt = -dF/dx_l = -eps_l + f'(x_l)*(W_{l+1}^T eps_{l+1})     from x_l = mu_l, in steps of step*Sigma
    dW_l = eta eps_l f(x_{l-1})^T

[W17] have a Gaussian output, eps_L = y - mu_L; with the cross-entropy here, eps_L = y - softmax(mu_L).
As Sigma -> 0, the variance of hidden units, x_l stays at mu_l, and eps becomes the error of backpropagation,
to whose gradient the rule is compared. Feedback: a vector, carried by the transposed forward weights.

[W17] Whittington & Bogacz 2017, Neural Comput 29:1229.
"""

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"),
    Sigma=Parameter(0.2, "1", "selected on the digits' validation split"),
    step=Parameter(0.5, "1", "chosen here"),
    steps=Parameter(6, "1", "chosen here: per hidden layer"),
)
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the weights."""
    return State(network.initial(rng))


def predictions(weights, mu_1, h):
    """Return [mu_1 ... mu_L] from the rates [h_0 ... h_{L-1}]; mu_1 never changes."""
    upper = zip(h[1:], weights.W[1:], weights.b[1:], strict=True)
    return [mu_1, *(rates @ W.T + b for rates, W, b in upper)]


def errors(network, x, mu, y, Sigma):
    """Return [eps_1 ... eps_L]; x holds the hidden layers alone."""
    hidden = [(at - m) / Sigma for at, m in zip(x, mu, strict=False)]
    return [*hidden, -network.output_error(network.output.value(mu[-1]), y)]


def relax(network, weights, image, y, p):
    """Return the errors [eps_1 ... eps_L] and the rates [h_0 ... h_{L-1}] after all steps."""
    f = network.nonlinearity
    mu, h = network.forward(weights, image)
    x, h = mu[:-1], h[:-1]
    eps = errors(network, x, mu, y, p.Sigma)
    for _ in range(int(p.steps) * len(x)):
        layers = zip(x, eps, h[1:], eps[1:], weights.W[1:], strict=False)
        x = [
            at + p.step * p.Sigma * (f.pull_back(rates, above @ W) - own)
            for at, own, rates, above, W in layers
        ]
        h = [image, *map(f.value, x)]
        mu = predictions(weights, mu[0], h)
        eps = errors(network, x, mu, y, p.Sigma)
    return eps, h


def update(network, state, x, y, rng, p):
    """Return the change."""
    return correlate(*relax(network, state.weights, x, y, p), p.eta), state


def macs(sizes, p):
    """Count: forward, per step predictions and errors above the first layer, outer products."""
    steps = p.steps * (len(sizes) - 2)
    return 2 * forward_macs(sizes) + steps * 2 * forward_macs(sizes[1:])
