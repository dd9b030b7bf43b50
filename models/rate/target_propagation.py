"""Target propagation, [B14, L15]: learned inverses send the target of the output down, layer by layer.

    t_L     = a_L - eta_hat dloss/da_L                      one step downhill at the output
    t_{l-1} = g_l(t_l),  g_l(v) = f(Q_l v + d_l)            the target of the layer below
    dW_l    = eta/eta_hat f'(a_l)*(t_l - h_l) h_{l-1}^T     downhill on |h_l - t_l|^2/2
    Q_l, d_l: eta_g/n_l downhill on |g_l(f(W_l v + b_l)) - v|^2/2,  v = h_{l-1} + sigma xi,  xi ~ N(0, 1)

The output layer is linear here, a_L, and its soft-max belongs to the loss, as in [M20]. Targets err by what
the inverses fail to reconstruct; the more units n_l these read, the smaller are their steps.
The rule is compared to the gradient of the loss. Feedback: a vector, carried by learned weights.

[B14] Bengio 2014, arXiv:1407.7906. [L15] Lee et al. 2015, ECML, arXiv:1412.7525.
[M20] Meulemans et al. 2020, NeurIPS, arXiv:2006.14331.
"""

from dataclasses import dataclass, replace

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    Weights,
    correlate,
    feedforward_scores,
    forward_macs,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(0.1, "1", "selected on validation images of the digits and MNIST"),
    eta_hat=Parameter(5.0, "1", "selected on validation images of the digits and MNIST"),
    eta_g=Parameter(0.1, "1", "selected on validation images of the digits and MNIST"),
    sigma=Parameter(0.3, "1", "selected on the digits' validation split"),
)
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class WithInverses(State):
    """Add the inverses [Q_2 ... Q_L], each (units below, units), and [d_2 ... d_L]."""

    inverse: Weights


def initial(network, rng, p):
    """Draw forward weights, and inverses of the size of their transposes."""
    weights, other = network.initial(rng), network.initial(rng).W[1:]
    return WithInverses(weights, Weights([W.T for W in other], [0 * W[0] for W in other]))


def invert(network, inverse, layer, v):
    """Return g_l(v), for l from 2 to L."""
    return network.nonlinearity.value(v @ inverse.W[layer - 2].T + inverse.b[layer - 2])


def output_target(network, h, a, y, p):
    """Return t_L."""
    return a - p.eta_hat * network.output_error(h, y)


def change_towards(network, targets, a, h, p) -> Weights:
    """Return the change that moves h_l, and a_L at the output, to their targets [t_1 ... t_L]."""
    moves = [
        network.nonlinearity.pull_back(at, target - at) for at, target in zip(h[1:-1], targets, strict=False)
    ]
    return correlate([*moves, targets[-1] - a[-1]], h, p.eta / p.eta_hat)


def learn_inverses(network, weights, inverse, h, rng, p) -> Weights:
    """Return the inverses after a step on the reconstruction of noisy activities."""
    delta, seen = [], []
    for layer in range(2, len(h)):
        noisy = h[layer - 1] + p.sigma * rng.standard_normal(h[layer - 1].shape, dtype=h[0].dtype)
        up = noisy @ weights.W[layer - 1].T + weights.b[layer - 1]
        seen.append(up if layer == len(h) - 1 else network.nonlinearity.value(up))
        r = invert(network, inverse, layer, seen[-1])
        delta.append(network.nonlinearity.pull_back(r, r - noisy) / network.sizes[layer])
    return inverse.plus(correlate(delta, seen, -p.eta_g))


def update(network, state, x, y, rng, p):
    """Return the change; advance the inverses."""
    a, h = network.forward(state.weights, x)
    targets = [output_target(network, h[-1], a[-1], y, p)]
    for layer in range(len(a), 1, -1):
        targets.insert(0, invert(network, state.inverse, layer, targets[0]))
    inverse = learn_inverses(network, state.weights, state.inverse, h, rng, p)
    return change_towards(network, targets, a, h, p), replace(state, inverse=inverse)


def macs(sizes, p):
    """Count: forward, targets down, outer products; noisy layer up and down, and its outer products."""
    return 2 * forward_macs(sizes) + 4 * forward_macs(sizes[1:])
