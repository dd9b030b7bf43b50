"""One ensemble sends two messages at once: event rate tells of the soma, burst probability of the dendrite.

Question   How well do event rate and burst probability of an ensemble follow two independent inputs, how many
           bits per second do they tell of each, and can synapses read the two apart?
Method     4,000 cells (1,000 with --quick) with independent noise of 450 pA in both compartments; the same
           current into all somata (300 pA) and another into all dendrites (0 pA), varied by sines of 150 pA
           (2 and 0.89 Hz), steps of 150 pA, or noise (100 pA, 50 ms), each for 20 s at 0.1 ms. The ensemble
           drives 500 PV cells by depressing and 500 SOM cells by facilitating synapses. Steady currents as
           in fi_curves.py.
Prediction Correlations of at least 0.90 on target, at most 0.20 across; event rate tells at least 5 times
           more of the soma than of the dendrite, burst probability 1.8 times more of the dendrite. Depressing
           synapses pass on 2.2 times more of an event than of the later spikes of a burst, facilitating ones
           2.5 times less: a preference, not a separation.
Published  Naud & Sprekeler 2018, PNAS 115 (the values beside ours are not printed there: its equations gave
           them in an independent program); Payeur et al. 2021, Nat Neurosci 24, Fig. S11.
Command    python experiments/multiplexing.py [--quick]      (five minutes)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import replace

import numpy as np
from brian2 import EventMonitor, Network, SpikeMonitor, TimedArray, defaultclock, ms, pA, second
from scipy.signal import lfilter

import fi_curves
from dendritic_bp.models.microcircuit import CELLS, Projection, microcircuit
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.short_term import RELEASE
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.sweep import sweep
from dendritic_bp.variants import with_changes
from figures.multiplexing import figures
from measures.multiplexing import dataset, summary

STEP = 1 * ms  # of the inputs
SETTLE, DURATION = 0.5, 20.5  # s
MEAN = dict(soma=300, dendrite=0)  # pA
PERIOD = dict(soma=0.5, dendrite=0.5 * 5**0.5)  # s
N_PV = N_SOM = 500
PC = two_compartment.with_equations(**background).with_equations(RELEASE)
PC = PC.with_input(("soma", "dendrite"), I_soma="soma(t)", I_apical="dendrite(t)")
READERS = (
    Projection("pc_pv", "pc", "pv", 0, "g_exc_s", 0.05, "depressed_pre"),  # [P21]
    Projection("pc_som", "pc", "som", 0, "g_exc_s", 0.3, "facilitated_pre"),  # [P21]
)


def protocol(n: int):
    """Return the protocol with an ensemble of `n` cells."""

    def build() -> Network:
        defaultclock.dt = 0.1 * ms
        samples = np.zeros(round(DURATION * second / STEP))
        waves = {name: TimedArray(samples * pA, dt=STEP, name=name) for name in ("soma", "dendrite")}
        cells = CELLS | dict(pc=PC)
        readers = [replace(each, p=200 / n) for each in READERS]
        circuit = microcircuit([dict(pc=n, pv=N_PV, som=N_SOM)], readers, cells, namespace=waves)
        circuit["pv1"].I_soma = 205 * pA  # [P21]
        released = ["depressed", "facilitated"]
        spikes = EventMonitor(circuit["pc1"], "spike", variables=released, when="end", name="spikes")
        others = [SpikeMonitor(circuit[name], name=f"{name}_spikes") for name in ("pv1", "som1")]
        network = Network(*circuit.values(), spikes, *others)
        network.run(DURATION * second, namespace={})
        return network

    return build


def inputs(kind: str, seed: int) -> dict[str, np.ndarray]:
    """Return the currents (pA) into soma and dendrite, one sample a step."""
    times = np.arange(round(DURATION * second / STEP)) * float(STEP / second)
    generator = np.random.default_rng(seed)
    return {name: MEAN[name] + WAVES[kind](times, PERIOD[name], generator) for name in MEAN}


def noise(times: np.ndarray, period: float, generator: np.random.Generator) -> np.ndarray:
    """Return an Ornstein-Uhlenbeck process of 100 pA and 50 ms."""
    keep = np.exp(-float(STEP / second) / 0.05)
    kicks = 100 * np.sqrt(1 - keep**2) * generator.standard_normal(times.size)
    return lfilter([1], [1, -keep], kicks)


WAVES = {
    "sines": lambda times, period, generator: 150 * np.sin(2 * np.pi * times / period),
    "steps": lambda times, period, generator: 150 * np.sign(np.sin(2 * np.pi * times / period)),
    "noise": noise,
}


def simulate(args: argparse.Namespace) -> Record:
    """Run the three kinds of input, and the plane of steady currents."""
    n = 1000 if args.quick else 4000
    given = {kind: inputs(kind, args.seed) for kind in WAVES}
    waves = {kind: {name: wave * pA for name, wave in each.items()} for kind, each in given.items()}
    asked = [dict(seed=args.seed, values=values) for values in with_changes(waves, args.set).values()]
    program = Program(protocol(n), f"multiplexing-{n}")
    runs = dict(zip(given, sweep(program, asked, workers=1), strict=True))
    data = dataset(runs, given, n)
    same = argparse.Namespace(quick=args.quick, seed=args.seed, set={}, neuron=fi_curves.DEFAULT)
    plane = fi_curves.simulate(same).data
    names = dict(soma="plane_soma", dendrite="plane_dendrite")
    data = data.merge(plane.rename(names | {str(name): f"plane_{name}" for name in plane.data_vars}))
    main = runs["sines"]
    return Record(data, summary(data) | dict(run_s=main.run_s, peak_rss_mb=main.peak_rss_mb), main.provenance)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
