"""Burst-dependent plasticity of ensembles, [P21]: event rates go up, burst probabilities come down.

A unit is an ensemble of event rate e and burst probability p: the coarse-grained model, with the dendrites
settled in the phase without teacher (p_bar) and again in the phase with it (p):

    events       e_l = exp(W_l e_{l-1} + b_l), and softmax at the output
    output       p_bar = 1/2,  p = (1 + tanh((y - e)/e))/2
    hidden       p = logistic(u),  u_l = B_{l+1} (p_{l+1} * e_{l+1}): the burst rates of the layer above
    plasticity   dW_l = eta ((p_l - p_bar_l) * e_l) e_{l-1}^T
                        - eta kappa (e_l > e_max) e_{l-1}^T, heterosynaptic: it keeps exponentials in range

Feedback: a vector per layer, the change of the burst rates above, through fixed random weights B, drawn like
the transposes of other forward weights, times `gain`. For small errors it is that of feedback alignment.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24:1010, coarse-grained model.
"""

import numpy as np

from models.rate._network import (
    Network,
    Parameter,
    correlate,
    exponential,
    feedforward_scores,
    forward_macs,
    logistic,
)
from models.rate.feedback_alignment import Feedback, random_feedback

feedback = "vector"
parameters = dict(
    eta=Parameter(0.1, "1", "selected on the digits' validation split"),
    gain=Parameter(3.0, "1", "selected on the digits' validation split"),
    kappa=Parameter(1.0, "1", "selected on the digits' validation split"),  # 0.05 in [P21], at smaller steps
    e_max=Parameter(5.0, "1", "[P21]"),
)
predict = feedforward_scores


def network(sizes):
    """Return a network of exponential ensembles below a softmax."""
    return Network(sizes, nonlinearity=exponential)


def initial(network, rng, p):
    """Draw the forward and the feedback weights."""
    weights = network.initial(rng, gain=0.3)  # chosen here: events near 1 to begin with
    return Feedback(weights, [p.gain * B for B in random_feedback(network, rng)])


def burst_probabilities(e, B, p_output):
    """Return [p_1 ... p_L], dendrites settled, for event rates [e_0 ... e_L]."""
    p = [p_output]
    for layer in range(len(B), 0, -1):
        u = (p[0] * e[layer + 1]) @ B[layer - 1].T
        p.insert(0, logistic.value(u))
    return p


def update(network, state, x, y, rng, p):
    """Return the change by the burst probabilities with and without teacher."""
    e = network.forward(state.weights, x)[1]
    without = burst_probabilities(e, state.B, np.full_like(y, 0.5))
    taught = burst_probabilities(e, state.B, 0.5 + 0.5 * np.tanh((y - e[-1]) / e[-1]))
    change = [
        (P - P_bar) * rate - p.kappa * (rate > p.e_max).astype(rate.dtype)
        for P, P_bar, rate in zip(taught, without, e[1:], strict=True)
    ]
    return correlate(change, e, p.eta), state


def macs(sizes, p):
    """Count: forward, two passes of bursts, and the outer products."""
    return 2 * forward_macs(sizes) + 2 * forward_macs(sizes[1:])
