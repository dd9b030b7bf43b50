"""Settle a layered network with feedback connections: shared by the rules that compare its fixed points.

    h_l = f(W_l h_{l-1} + B_l h_{l+1} + b_l)     B_l (units, units above); no feedback to the last layer

Layers are updated one after the other, downwards and upwards in turn, so that news from the output reaches
all layers in the first sweep. Where B_l = W_{l+1}^T each update lowers an energy: the network settles.
"""

from collections.abc import Callable, Sequence

from dendritic_bp.models.rate._network import Array, Network, Weights, forward_macs


def settle(
    weights: Weights,
    back: Sequence[Array],
    h: Sequence[Array],
    respond: Callable[[int, Array], Array],
    sweeps: float,
) -> list[Array]:
    """Return [h_0 ... h_L] after so many sweeps per hidden layer; h_l = respond(l, input to layer l)."""
    h, top = list(h), len(h) - 1
    from_input = h[0] @ weights.W[0].T + weights.b[0]
    for sweep in range(int(sweeps) * depth(h)):
        layers = range(1, top + 1)
        for layer in layers if sweep % 2 else reversed(layers):
            a = from_input if layer == 1 else h[layer - 1] @ weights.W[layer - 1].T + weights.b[layer - 1]
            if layer < top:
                a = a + h[layer + 1] @ back[layer - 1].T
            h[layer] = respond(layer, a)
    return h


def depth(layers: Sequence[object]) -> int:
    """Count the hidden layers, of sizes or activities from the input on; at least 1."""
    return max(len(layers) - 2, 1)


def free(network: Network, weights: Weights, back: Sequence[Array], x: Array, sweeps: float) -> list[Array]:
    """Return the fixed point that the network reaches from the activities of a forward pass."""
    start = network.forward(weights, x)[1]
    return settle(weights, back, start, lambda layer, a: network.f(layer).value(a), sweeps)


def clamped(
    network: Network, weights: Weights, back: Sequence[Array], h: Sequence[Array], y: Array, sweeps: float
) -> list[Array]:
    """Return the fixed point that the network reaches from `h` when the output is held at y."""

    def respond(layer: int, a: Array) -> Array:
        return y if layer == len(h) - 1 else network.nonlinearity.value(a)

    return settle(weights, back, [*h[:-1], y], respond, sweeps)


def symmetric(weights: Weights, gamma: float = 1.0) -> list[Array]:
    """Return the feedback B_l = gamma W_{l+1}^T of hidden layers 1 ... L-1."""
    return [gamma * W.T for W in weights.W[1:]]


def settling_macs(sizes: Sequence[int], sweeps: float) -> float:
    """Count: the drive from the input once, and two products per weight above it in every sweep."""
    return sizes[0] * sizes[1] + sweeps * depth(sizes) * 2 * forward_macs(sizes[1:])
