"""What `speed.py` times: cells by themselves, layer-5 cells, and a learning network as large as for MNIST."""

from collections.abc import Callable

import numpy as np
from brian2 import Network, SpikeMonitor, TimedArray, defaultclock, ms, nA, pA, second

from dendritic_bp import neurons
from dendritic_bp.trials import Schedule, Trials
from models.credit.bursts import bursts
from models.neurons.conductances import conductances
from models.neurons.injection import injected, injection
from models.neurons.layer5 import layer5
from models.neurons.poisson_arrivals import arrivals, poisson_arrivals
from models.neurons.pyramidal import pyramidal
from networks import digits, projections, xor
from networks.cells import CELLS
from networks.layers import inputs, learning_layers
from networks.teacher import teacher

ALONE = 2500  # cells, each with four Poisson inputs, without synapses
KINDS = {
    "burst_poisson": (xor.cell, xor.INPUT),
    "pyramidal": (
        pyramidal.with_equations(**conductances).with_equations(**poisson_arrivals).with_equations(injected),
        injection + arrivals,
    ),
}
PIXELS, HIDDEN, TRAINED = 784, 500, 100  # images are drawn at random: what they show costs nothing


def cells(kind: str, seconds: float) -> Callable[[], Network]:
    """Return the protocol of cells with background alone, which fire at some 5 events/s."""

    def protocol() -> Network:
        defaultclock.dt = xor.DT
        model, drive = KINDS[kind]
        group = neurons(model, ALONE, "cells", v_s="E_L + 5*mV*randn()", I_soma=100 * pA, I_apical=100 * pA)
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


def images() -> Network:
    """Train a network of 784-500-100 cells on random images, without records."""
    defaultclock.dt = 1 * ms
    clock, cell = image_clock(), CELLS["burst_poisson"]
    tables = clock.tables(dict(order=(), label=()), digits_gates())
    shown = TimedArray(np.zeros((TRAINED, PIXELS)), dt=1 * second, name="images")
    read = dict(images=shown, order=tables["order"], reading=tables["reading"])
    sources = inputs(cell.model, PIXELS, "images(order(t)*second, i)", clock, read)
    layers = [sources, *learning_layers(cell, bursts, (HIDDEN,), 100, tables)]
    objects = [*layers, *teacher(layers[-1], digits.CLASSES, tables, **cell.teacher)]
    return clock.run([*objects, *projections.projections(layers, cell, bursts, tables, longest=digits.TRIAL)])


def image_clock() -> Trials:
    """Return the clock of the trials of `images`."""
    return Trials(TRAINED, digits.TRIAL, digits.BIN)


def digits_gates() -> dict:
    """Return when in a trial what is open, as in `digits.py`."""
    return digits.Design((HIDDEN,), "burst_poisson", TRAINED, TRAINED).gates


def image_values(seed: int) -> dict[str, np.ndarray]:
    """Return a schedule of training, and images of which a fifth is bright, as in MNIST."""
    rng = np.random.default_rng(seed)
    pictures = rng.random((TRAINED, PIXELS)) * (rng.random((TRAINED, PIXELS)) < 0.2)
    schedule = Schedule.of((np.arange(TRAINED), "train", 0, 1))
    shown = dict(order=np.arange(TRAINED, dtype=float), label=np.arange(TRAINED) % 10.0)
    return dict(images=pictures) | shown | image_clock().values(schedule, digits_gates())
