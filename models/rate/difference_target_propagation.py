"""Difference target propagation, [L15]: a learned inverse need only be right about differences.

    t_L     = a_L - eta_hat dloss/da_L
    t_{l-1} = h_{l-1} + g_l(t_l) - g_l(h_l)              with a_L for h_L; the rest as target propagation

What the inverse gets wrong at h_l cancels: a layer whose target is where it stands changes nothing below.
Parallel: every mini-batch trains the inverses and the forward weights. Alternating: by turns, for `alternate`
mini-batches each; [L15] take turns by epochs. [L15] give the last hidden layer its exact gradient; here, as
in [M20], its target too comes through a learned inverse, so that no weight is transported.
The rule is compared to the gradient of the loss. Feedback: a vector, carried by learned weights.

[L15] Lee et al. 2015, ECML, arXiv:1412.7525. [M20] Meulemans et al. 2020, NeurIPS, arXiv:2006.14331.
"""

from dataclasses import dataclass, replace

from dendritic_bp.models.rate import target_propagation
from dendritic_bp.models.rate._network import Network, Parameter, Weights, feedforward_scores, forward_macs
from dendritic_bp.models.rate.target_propagation import (
    WithInverses,
    change_towards,
    invert,
    learn_inverses,
    output_target,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(0.6, "1", "selected on validation images of the digits and MNIST"),
    eta_hat=Parameter(1.0, "1", "chosen here"),
    eta_g=Parameter(1.0, "1", "selected on the digits' validation split"),
    sigma=Parameter(0.3, "1", "selected on the digits' validation split"),
    alternate=Parameter(0, "mini-batches", "chosen here: 0 for parallel"),
)
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class Alternating(WithInverses):
    """Count the mini-batches, for whose turn it is."""

    seen: int = 0


def initial(network, rng, p):
    """Draw forward weights and inverses."""
    state = target_propagation.initial(network, rng, p)
    return Alternating(state.weights, state.inverse)


def targets_below(network, inverse, target, a, h):
    """Return [t_1 ... t_L] from t_L."""
    targets = [target]
    for layer in range(len(a), 1, -1):
        at = a[-1] if layer == len(a) else h[layer]
        back = invert(network, inverse, layer, targets[0]) - invert(network, inverse, layer, at)
        targets.insert(0, h[layer - 1] + back)
    return targets


def update(network, state, x, y, rng, p):
    """Return the change; advance the inverses, in parallel or by turns."""
    a, h = network.forward(state.weights, x)
    turn = state.seen // int(p.alternate) % 2 if p.alternate else None
    inverse, change = (
        state.inverse,
        Weights([0 * W for W in state.weights.W], [0 * b for b in state.weights.b]),
    )
    if turn != 0:
        targets = targets_below(network, inverse, output_target(network, h[-1], a[-1], y, p), a, h)
        change = change_towards(network, targets, a, h, p)
    if turn != 1:
        inverse = learn_inverses(network, state.weights, inverse, h, rng, p)
    return change, replace(state, inverse=inverse, seen=state.seen + 1)


def macs(sizes, p):
    """Count: forward; targets down, outer products, noisy layer up and down, its outer products: by turns."""
    learning = forward_macs(sizes) + 5 * forward_macs(sizes[1:])
    return forward_macs(sizes) + learning / (2 if p.alternate else 1)
