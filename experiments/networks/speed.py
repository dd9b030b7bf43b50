"""What `speed.py` times: cells by themselves, layer-5 cells, and trials of learning networks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from brian2 import Network, SpikeMonitor, defaultclock, nA, pA, second

from dendritic_bp import neurons
from dendritic_bp.models.neurons.conductances import conductances
from dendritic_bp.models.neurons.injection import injected, injection
from dendritic_bp.models.neurons.layer5 import layer5
from dendritic_bp.models.neurons.poisson_arrivals import arrivals, poisson_arrivals
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.tasks import Dataset
from dendritic_bp.trials import Schedule
from networks import xor
from networks.digits import PIECE, Design

ALONE = 2500  # cells, each with four Poisson inputs, without synapses
KINDS = {
    "burst_poisson": (xor.cell, xor.INPUT),
    "pyramidal": (
        pyramidal.with_equations(**conductances).with_equations(**poisson_arrivals).with_equations(injected),
        injection + arrivals,
    ),
}
PIXELS, HIDDEN, BRIGHTNESS = 784, 500, 0.13  # of images as large, and as bright, as those of MNIST


def cells(kind: str, seconds: float, n: int = ALONE) -> Callable[[], Network]:
    """Return the protocol of `n` cells with background alone, which fire at some 5 events/s."""

    def protocol() -> Network:
        defaultclock.dt = xor.DT
        model, drive = KINDS[kind]
        group = neurons(model, n, "cells", v_s="E_L + 5*mV*randn()", I_soma=100 * pA, I_apical=100 * pA)
        group.run_regularly(drive, when="before_groups", name="cells_background")
        network = Network(group, SpikeMonitor(group, record=False, name="spikes"))
        network.run(seconds * second)
        return network

    return protocol


def tall_cells(n: int, seconds: float) -> Callable[[], Network]:
    """Return the protocol of `n` layer-5 cells that fire regularly."""

    def protocol() -> Network:
        group = layer5("cells", n=n)
        group.I_electrode[:n] = 1 * nA
        network = Network(group, SpikeMonitor(group, name="spikes"))
        network.run(seconds * second)
        return network

    return protocol


def trials(design: Design, seed: int, data: Dataset) -> dict[str, Any]:
    """Return the run-time values of a piece of training, without records of spikes and traces."""
    rows = np.random.default_rng(seed).choice(data.train, PIECE)
    piece = Schedule.of((rows, "train", 0, 1))
    return design.values(piece, data) | design.feedback_values("learned") | design.recorded()


def as_large_as_mnist(seed: int) -> Dataset:
    """Return images drawn at random, of which a fifth is bright; their labels mean nothing."""
    rng = np.random.default_rng(seed)
    images = rng.random((PIECE, PIXELS)) * (rng.random((PIECE, PIXELS)) < 0.2)
    rows, none = np.arange(PIECE), np.arange(0)
    return Dataset(images, rows % 10, rows, none, none, mean=BRIGHTNESS)
