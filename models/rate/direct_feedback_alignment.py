"""Direct feedback alignment, [N16]: the output error reaches every layer through fixed random weights.

    delta_L = dloss/da_L
    delta_l = (B_l delta_L) * f'(a_l)
    dW_l    = -eta delta_l h_{l-1}^T

Feedback: a vector per layer. B_l ~ N(0, 1/units of layer l).

[N16] Nøkland 2016, NeurIPS, arXiv:1609.01596.
"""

from dendritic_bp.models.rate._network import Network, Parameter, correlate, feedforward_scores, forward_macs
from dendritic_bp.models.rate.feedback_alignment import Feedback

feedback = "vector"
parameters = dict(eta=Parameter(0.8, "1", "selected on validation images of the digits and MNIST"))
network = Network
predict = feedforward_scores


def initial(network, rng, p):
    """Draw the forward weights, and B_l (units of layer l, outputs) for every hidden layer."""
    *hidden, outputs = network.sizes[1:]
    B = [rng.standard_normal((n, outputs), dtype=network.dtype) * network.dtype(n**-0.5) for n in hidden]
    return Feedback(network.initial(rng), B)


def update(network, state, x, y, rng, p):
    """Return the change by errors that came straight from the output."""
    h = network.forward(state.weights, x)[1]
    error = network.output_error(h[-1], y)
    hidden = [
        network.nonlinearity.pull_back(each, error @ B.T) for each, B in zip(h[1:-1], state.B, strict=True)
    ]
    return correlate([*hidden, error], h, -p.eta), state


def macs(sizes, p):
    """Count: forward, outer products, and one product with B_l for every hidden layer."""
    return 2 * forward_macs(sizes) + sum(sizes[1:-1]) * sizes[-1]
