"""Stacked denoising autoencoders, [V10]: each hidden layer learns to reconstruct its own input.

    hhat = f(W_l (h_{l-1} + sigma xi) + b_l),  xi ~ N(0, 1)
    r    = t(V_l hhat + c_l)                   t: linear onto the image, else f
    hidden:  dW_l, db_l, dV_l, dc_l = -eta_r/n_l times the gradient of |r - h_{l-1}|^2/2
    output:  dW_L, db_L = -eta times the gradient of the loss

The more units n_l, the smaller the step. Tied weights: V_l = W_l^T. No error of the output reaches a hidden
layer, and yet the rule is compared to the gradient of the loss.
Feedback: a vector, the error of the reconstruction, one layer deep.

[V10] Vincent et al. 2010, J Mach Learn Res 11:3371.
"""

from dataclasses import dataclass, replace

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    State,
    Weights,
    by_layer,
    correlate,
    feedforward_scores,
    forward_macs,
    linear,
)

feedback = "vector"
parameters = dict(
    eta=Parameter(0.3, "1", "selected on the digits' validation split"),
    eta_r=Parameter(3.0, "1", "selected on the digits' validation split"),
    sigma=Parameter(0.1, "1", "selected on the digits' validation split"),
    tied=Parameter(1, "1", "chosen here: 0 for decoders of their own"),
)
network = Network
predict = feedforward_scores


@dataclass(frozen=True)
class WithDecoders(State):
    """Add the decoders [V_1 ... V_{L-1}], each (units below, units), and [c_1 ... c_{L-1}]."""

    decoder: Weights


def initial(network, rng, p):
    """Draw encoders, and decoders like them."""
    weights, other = network.initial(rng), network.initial(rng).W[:-1]
    return WithDecoders(weights, Weights([W.T for W in other], [0 * W[0] for W in other]))


def reconstruction_gradient(network, layer, encoder, decoder, clean, noisy) -> tuple[Weights, Weights]:
    """Return the gradient of the mean of |r - clean|^2/2 in (W_l, b_l) and in (V_l, c_l)."""
    (W, b), (V, c) = encoder, decoder
    t = linear if layer == 1 else network.nonlinearity
    h = network.nonlinearity.value(noisy @ W.T + b)
    r = t.value(h @ V.T + c)
    wrong = t.pull_back(r, r - clean)
    inside = network.nonlinearity.pull_back(h, wrong @ V)
    return correlate([inside], [noisy], 1), correlate([wrong], [h], 1)


def update(network, state, x, y, rng, p):
    """Return the change; advance the decoders."""
    h = network.forward(state.weights, x)[1]
    top = correlate([network.output_error(h[-1], y)], h[-2:], -by_layer(p.eta, h[1:])[-1:])
    change, decoder = Weights([], []), Weights([], [])
    for layer, clean in enumerate(h[:-2], 1):
        encoder = state.weights.W[layer - 1], state.weights.b[layer - 1]
        V = encoder[0].T if p.tied else state.decoder.W[layer - 1]
        c = state.decoder.b[layer - 1]
        noisy = clean + p.sigma * rng.standard_normal(clean.shape, dtype=clean.dtype)
        (dW, db), (dV, dc) = reconstruction_gradient(network, layer, encoder, (V, c), clean, noisy)
        eta = p.eta_r / network.sizes[layer]
        change.W.append(-eta * (dW[0] + (dV[0].T if p.tied else 0)))
        change.b.append(-eta * db[0])
        decoder.W.append(V - eta * dV[0])
        decoder.b.append(c - eta * dc[0])
    return Weights(change.W + top.W, change.b + top.b), replace(state, decoder=decoder)


def macs(sizes, p):
    """Count: forward; per hidden layer encoding, decoding, the way back and two outer products; output."""
    return forward_macs(sizes) + 5 * forward_macs(sizes[:-1]) + sizes[-2] * sizes[-1]
