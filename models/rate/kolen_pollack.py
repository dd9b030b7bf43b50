"""Kolen-Pollack learning, [K94, A19]: feedback weights learn, without weight transport.

    delta_l as in feedback alignment
    dW_l = -eta (delta_l h_{l-1}^T + lambda W_l)
    dB_l = -eta (h_{l-1} delta_l^T + lambda B_l)

Feedback: a vector per layer. W_l - B_l^T gets no input but decays by a factor 1 - eta*lambda in every update:
the feedback weights become the transposed forward weights, and the rule backpropagation with weight decay.

[K94] Kolen & Pollack 1994, IEEE ICNN. [A19] Akrout et al. 2019, NeurIPS, arXiv:1904.05391.
"""

from dataclasses import replace

from dendritic_bp.models.rate._network import (
    Network,
    Parameter,
    Weights,
    by_layer,
    correlate,
    feedforward_scores,
)
from dendritic_bp.models.rate.feedback_alignment import deltas, initial, macs

__all__ = ["feedback", "initial", "macs", "network", "parameters", "predict", "update"]

feedback = "vector"
parameters = dict(
    eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"),
    lambda_=Parameter(1e-4, "1", "selected on validation images of the digits and MNIST"),
)
network = Network
predict = feedforward_scores


def update(network, state, x, y, rng, p):
    """Return the change of the forward weights; B changes by its transpose and decays alike."""
    h = network.forward(state.weights, x)[1]
    W, b = correlate(deltas(network, state.B, h, y), h, -p.eta)
    shrink = [float(eta) * p.lambda_ for eta in by_layer(p.eta, W)]
    B = [(1 - s) * B + dW.T for s, B, dW in zip(shrink[1:], state.B, W[1:], strict=True)]
    decayed = [dW - s * old for s, dW, old in zip(shrink, W, state.weights.W, strict=True)]
    return Weights(decayed, b), replace(state, B=B)
