"""Dendritic microcircuit, [S18]: interneurons cancel expected top-down input; the rest is the error.

    v_B,l = W_l r_{l-1} + b_l,  r_l = phi(v_B,l)                        a forward pass; then, from the output:
    u_L   = (1 - lambda) v_B,L + lambda u_trgt                          teaching; phi(u_trgt) is 0.1 or 0.8
    v_I,l = W_IP,l r_l + b_I,l                                          interneurons, one per cell above
    u_I,l = (1 - lambda_I) v_I,l + lambda_I u_{l+1}
    v_A,l = W_td,l phi(u_{l+1}) + W_PI,l phi(u_I,l)                     apical dendrites
    u_l   = v_B,l + lambda v_A,l                                        pyramidal cells
    dW_l    = eta_l (phi(u_l) - phi(v_B,l)) r_{l-1}^T
    dW_IP,l = eta_I/n_l (phi(u_I,l) - phi(v_I,l)) r_l^T
    dW_PI,l = eta_PI (0 - v_A,l) phi(u_I,l)^T

The two-step steady state by which [S18] train on MNIST. W_l holds the attenuation of basal input, so that v_B
is what basal dendrites predict of u. Where W_PI = -W_td and W_IP,l = W_{l+1}, v_A vanishes without teaching:
the self-predicting state, where learning starts. W_td is fixed and random. Each layer dilutes the error, and
eta_l = eta/(lambda (lambda (1 - lambda_I))^(L-l)) makes up for it; eta_L = out eta_1/(n_{L-1} lambda).
The more cells n_l there are below, the smaller are the steps onto the output and the interneurons: rates are
never negative, and add up. The interneurons must follow the output faster than the hidden cells learn.
The rule is compared to the gradient of the squared error of the rates from their targets.
Feedback: a vector, top-down input minus its prediction.

[S18] Sacramento, Costa, Bengio & Senn 2018, NeurIPS, arXiv:1810.11393.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from dendritic_bp.models.rate._network import (
    Array,
    Loss,
    Network,
    Parameter,
    State,
    Weights,
    by_layer,
    correlate,
    feedforward_scores,
    forward_macs,
    linear,
    logistic,
)

LOW, HIGH = 0.1, 0.8  # target rates, [S18]


def rate(y):
    """Return the rates that the output should have."""
    return LOW + (HIGH - LOW) * y


def voltage(y):
    """Return u_trgt."""
    return logit(rate(y))


feedback = "vector"
parameters = dict(
    eta=Parameter(6.0, "1", "selected on validation images of the digits and MNIST"),
    out=Parameter(2.5, "1", "selected on validation images of the digits and MNIST"),
    eta_I=Parameter(200.0, "1", "selected on the digits' validation split"),
    eta_PI=Parameter(0.01, "1", "selected on the digits' validation split"),
    lambda_=Parameter(0.6, "1", "selected on validation images of the digits and MNIST"),
    lambda_I=Parameter(0.1, "1", "chosen here"),
    gain=Parameter(1.0, "1", "selected as eta: W_l starts from N(0, gain^2/units below)"),
    gain_td=Parameter(1.0, "1", "chosen here: W_td is from N(0, gain_td^2/units above)"),
)
to_targets = Loss(
    "squared_to_targets",
    lambda h, y: 0.5 * np.sum((h - rate(y)) ** 2, axis=-1),
    lambda h, y: h - rate(y),
    linear,
)
network = partial(Network, nonlinearity=logistic, output=logistic, loss=to_targets)
predict = feedforward_scores


@dataclass(frozen=True)
class Circuit(State):
    """Add, for each hidden layer, W_td and W_PI (units, units above), and W_IP, b_I onto the interneurons."""

    td: list[Array]
    PI: list[Array]
    IP: Weights


class Voltages(NamedTuple):
    """Hold the rates of the forward pass, and voltages by layer: (batch, cells)."""

    r: list[Array]
    basal: list[Array]
    soma: list[Array]
    apical: list[Array]
    interneuron_dendrite: list[Array]
    interneuron: list[Array]


def initial(network, rng, p):
    """Draw forward and top-down weights, and start in the self-predicting state."""
    weights = network.initial(rng, p.gain)
    td = Network(network.sizes[:0:-1], dtype=network.dtype).initial(rng, p.gain_td).W[::-1]
    return Circuit(weights, td, [-W for W in td], Weights(weights.W[1:], weights.b[1:]))


def settle(network, state, x, u_trgt, p) -> Voltages:
    """Return all voltages, with teaching unless u_trgt is None."""
    phi = network.nonlinearity.value
    basal, r = network.forward(state.weights, x)
    top = basal[-1] if u_trgt is None else (1 - p.lambda_) * basal[-1] + p.lambda_ * u_trgt
    soma, apical, dendrite, interneuron = [top], [], [], []
    for k in reversed(range(len(state.td))):
        dendrite.insert(0, r[k + 1] @ state.IP.W[k].T + state.IP.b[k])
        interneuron.insert(0, (1 - p.lambda_I) * dendrite[0] + p.lambda_I * soma[0])
        apical.insert(0, phi(soma[0]) @ state.td[k].T + phi(interneuron[0]) @ state.PI[k].T)
        soma.insert(0, basal[k] + p.lambda_ * apical[0])
    return Voltages(r, basal, soma, apical, dendrite, interneuron)


def update(network, state, x, y, rng, p):
    """Return the change; advance the synapses onto and from the interneurons."""
    phi, top = network.nonlinearity.value, len(network.sizes) - 1
    v = settle(network, state, x, voltage(y), p)
    steps = [float(eta) for eta in by_layer(p.eta, v.basal)]
    eta = [
        eta / (p.lambda_ * (p.lambda_ * (1 - p.lambda_I)) ** above)
        for eta, above in zip(steps, reversed(range(top)), strict=True)
    ]
    eta[-1] = p.out * steps[0] / network.sizes[-2] / p.lambda_
    moved = [each * (phi(u) - phi(b)) for each, u, b in zip(eta, v.soma, v.basal, strict=True)]
    return correlate(moved, v.r, 1), interneurons_learned(network, state, v, p)


def interneurons_learned(network, state, v, p):
    """Return the state after a step of W_IP, b_I and W_PI."""
    phi = network.nonlinearity.value
    cells = zip(v.interneuron, v.interneuron_dendrite, network.sizes[1:], strict=False)
    missed = [(phi(u) - phi(predicted)) / n for u, predicted, n in cells]
    onto = state.IP.plus(correlate(missed, v.r[1:], p.eta_I))
    dPI = correlate(v.apical, [phi(u) for u in v.interneuron], -p.eta_PI).W
    return replace(state, IP=onto, PI=[W + dW for W, dW in zip(state.PI, dPI, strict=True)])


def macs(sizes, p):
    """Count: forward, outer products; per weight above, W_IP, W_PI and W_td, and two more outer products."""
    return 2 * forward_macs(sizes) + 5 * forward_macs(sizes[1:])
