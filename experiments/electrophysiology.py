"""Measure the pyramidal cells like cells: every protocol, the published value, the tolerance, ours.

Question   Do the cells back-propagate, make plateaus, detect coincidence and burst as published?
Method     Each protocol is a set of trials, each trial a cell of one group, without noise: current pulses
           into soma and dendrite of the two-compartment cell (tests 1-6, at steps of 0.1 and 0.025 ms) and
           into a tree (23), glutamate onto a basal branch (15-16), steady states (17), and the cost. The
           layer-5 cell (18-19) is measured as in layer5.py; --quick leaves it out. The cell that multiplexes
           (24-26) has noise: it is measured in ensembles, at 1 ms and a finer step.
Prediction Every value lies within its tolerance: "lit" rows are numbers from experiments, "ref" rows what the
           published equations give. One somatic spike halves the dendritic current that makes a burst.
Published  Naud & Sprekeler 2018, PNAS 115 (the cell); Larkum, Zhu & Sakmann 1999, Nature 398 (coincidence);
           Larkum, Kaiser & Sakmann 1999, PNAS 96 (critical frequency); Schaefer et al. 2003 (threshold).
Command    python experiments/electrophysiology.py                     (two minutes)
           python experiments/electrophysiology.py --neuron my_cell.py (tests 1-6, 24-26: your own)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np
from brian2 import Hz, Network, defaultclock, ms, nA, pA, second

import layer5
from dendritic_bp import NeuronModel, battery, neurons, plotting
from dendritic_bp.battery import Row
from dendritic_bp.electrode import Recording, inject, pulses
from dendritic_bp.load import neuron_model
from dendritic_bp.models.neurons.multiplexing import multiplexing
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.voltage import (
    amplitude,
    first_interval,
    half_width,
    smallest,
    time_above,
    window,
)
from networks import branches, ensemble
from networks.scales import scales

MODELS = Path(__file__).parents[1] / "models/neurons"
DEFAULT = "two_compartment"
CELLS = 10_000
CALCIUM = -38e-3  # V: a dendrite above is in a plateau
PLATEAU = 20e-3  # s: a plateau lasts longer
SPIKE = pulses(2 * nA, 50 * ms, 5 * ms)  # one action potential
HEIGHTS = np.arange(0, 1501, 20)  # pA
DELAYS = np.arange(-20, 20.1, 0.5)  # ms, from the onset at the soma to that at the dendrite
RATES = np.arange(40, 201, 5)  # Hz
INHIBITION = (-100, -200)  # pA
DURATION = 250 * ms


def dendritic(height, delay=0, hold=0):
    """Describe 10 ms of current (pA) into the dendrite, `delay` ms after the somatic pulse."""
    return pulses(height * pA, (50 + delay) * ms, 10 * ms, hold=hold * pA)


@dataclass(frozen=True)
class Protocol:
    """Hold the trials of a protocol and what is measured on them."""

    trials: list[dict]
    measure: Callable[[Recording], dict[str, float]]


def spike_alone(seen):
    """Measure the back-propagating spike."""
    v_d = seen["v_d"][0]
    return {
        "bap_spikes": len(seen.spikes[0]),
        "bap_amplitude_mv": amplitude(v_d) * 1e3,
        "bap_box_mv": amplitude(v_d) * 1e3,
        "bap_half_width_ms": half_width(seen.times, v_d) * 1e3,
    }


def dendrite_alone(seen):
    """Count the spikes that dendritic current makes by itself."""
    counts = np.array([len(train) for train in seen.spikes])
    return {
        "alone_spikes_to_900_pa": counts[HEIGHTS <= 900].max(),
        "alone_spikes_at_1000_pa": counts[HEIGHTS == 1000][0],
        "alone_threshold_pa": smallest(HEIGHTS, seen.bursting),
    }


def paired(seen):
    """Measure the burst that a somatic spike and dendritic current make together."""
    trial = int(np.flatnonzero(HEIGHTS == 600)[0])
    return {
        "paired_spikes": len(seen.spikes[trial]),
        "paired_interval_ms": first_interval(seen.spikes[trial]) * 1e3,
        "paired_plateau_ms": time_above(seen.times, seen["v_d"][trial], CALCIUM) * 1e3,
        "paired_threshold_pa": smallest(HEIGHTS, seen.bursting),
    }


def delayed(seen):
    """Measure the window of coincidence."""
    first, last = window(DELAYS, seen.bursting)
    return {"window_first_ms": first, "window_last_ms": last}


def trains(seen):
    """Measure above which frequency of back-propagating spikes the dendrite makes a plateau."""
    long = np.array([time_above(seen.times, v, CALCIUM) > PLATEAU for v in seen["v_d"]])
    lowest = smallest(RATES, long)
    highest_without = RATES[~long].max() if not long.all() else np.nan
    return {
        "critical_frequency_hz": lowest,
        "critical_width_hz": highest_without - lowest + 2 * np.diff(RATES)[0],
    }


def inhibited(seen):
    """Count the spikes that are left under dendritic inhibition."""
    return {
        f"inhibited_spikes_{-pa}_pa": len(train) for pa, train in zip(INHIBITION, seen.spikes, strict=True)
    }


PROTOCOLS = [
    Protocol([{"I_soma": SPIKE}], spike_alone),
    Protocol([{"I_apical": dendritic(height)} for height in HEIGHTS], dendrite_alone),
    Protocol([{"I_soma": SPIKE, "I_apical": dendritic(height)} for height in HEIGHTS], paired),
    Protocol([{"I_soma": SPIKE, "I_apical": dendritic(600, delay)} for delay in DELAYS], delayed),
    Protocol([{"I_soma": pulses(5 * nA, 50 * ms, 2 * ms, 5, 1 / (rate * Hz))} for rate in RATES], trains),
    Protocol([{"I_soma": SPIKE, "I_apical": dendritic(600, hold=hold)} for hold in INHIBITION], inhibited),
]

# key: test, protocol, kind, unit, reference, lowest and highest accepted
EXPECTED = {
    "bap_spikes": ("1", "spike of 2 nA x 5 ms: spikes", "ref", "", 1, 1, 1),
    "bap_amplitude_mv": ("1", "back-propagating spike: amplitude", "ref", "mV", 27.9, 26.9, 28.9),
    "bap_box_mv": ("1", "... at least that of a passive box", "ref", "mV", 26.6, 26.6, inf),
    "bap_half_width_ms": ("1", "... half-width", "ref", "ms", 7.6, 7.1, 8.1),
    "alone_spikes_to_900_pa": ("2", "dendritic pulse <= 900 pA: spikes", "ref", "", 0, 0, 0),
    "alone_spikes_at_1000_pa": ("2", "dendritic pulse of 1000 pA: spikes", "ref", "", 2, 2, inf),
    "paired_spikes": ("3", "spike + 600 pA: spikes", "ref", "", 2, 2, inf),
    "paired_interval_ms": ("3", "... first interval", "ref", "ms", 12, 10.5, 13.5),
    "paired_plateau_ms": ("3", "... dendrite above -38 mV", "ref", "ms", 26, 23, 29),
    "paired_to_alone": ("3", "burst threshold, paired to alone", "lit", "", 0.4, -inf, 0.5),
    "window_first_ms": ("4", "coincidence window: first delay", "lit", "ms", -5, -7.5, -2.5),
    "window_last_ms": ("4", "coincidence window: last delay", "lit", "ms", 7.5, 5, 10),
    "critical_frequency_hz": ("5", "5 spikes: critical frequency", "lit", "Hz", 90, 70, 120),
    "critical_width_hz": ("5", "... width of the transition, at most", "lit", "Hz", 20, -inf, 20),
    "inhibited_spikes_100_pa": ("6", "test 3 with -100 pA: spikes", "lit", "", 2, 2, inf),
    "inhibited_spikes_200_pa": ("6", "test 3 with -200 pA: spikes", "lit", "", 1, -inf, 1),
}


def measure(seen):
    """Return all numbers of the recorded trials of all protocols."""
    numbers, first = {}, 0
    for protocol in PROTOCOLS:
        last = first + len(protocol.trials)
        numbers |= protocol.measure(seen.part(slice(first, last)))
        first = last
    return numbers | {"paired_to_alone": numbers["paired_threshold_pa"] / numbers["alone_threshold_pa"]}


def rows_of(expected, numbers, model, dt=None):
    """Put what was measured beside what was expected; `dt` belongs to the key if a test has several."""
    step = "" if dt is None else f"_dt_{dt / ms:g}"
    label = model if dt is None else f"{model}, {dt / ms:g} ms"
    return [
        Row(key + step, test, text, label, kind, unit, *map(float, (*limits, numbers[key])))
        for key, (test, text, kind, unit, *limits) in expected.items()
    ]


def single_cell(model: NeuronModel, dt, values=None):
    """Run tests 1-6 on a model and return the rows, and the run."""
    trials = [trial for protocol in PROTOCOLS for trial in protocol.trials]
    seen, run = inject(model, trials, DURATION, dt=dt, values=values)
    return rows_of(EXPECTED, measure(seen), model.name, dt), run


def branching(steps):
    """Run the tests of cells with branches and return the rows."""
    rows = rows_of(branches.EXPECTED_BRANCH, branches.measure_branch(), "basal_branch")
    rows += rows_of(branches.EXPECTED_BLOCK, branches.measure_block(), "basal_branch")
    for dt in steps:
        rows += rows_of(branches.EXPECTED_TREE, branches.measure_tree(dt), "dendritic_tree", dt)
    return rows


def population():
    """Build and run the 10,000 cells whose cost is measured."""
    defaultclock.dt = 0.1 * ms
    cells = neurons(two_compartment, CELLS, "cells", I_soma="800*pA*rand()", I_apical="400*pA*rand()")
    network = Network(cells)
    network.run(1 * second, namespace={})
    return network


def messages(model, quick, grid=()):
    """Run the tests of cells that multiplex, at the steps of networks, and return the rows."""
    rows = []
    for dt in (ensemble.DT,) if quick else (ensemble.DT, ensemble.DT / 4):
        rows += rows_of(ensemble.EXPECTED, ensemble.measure(model, dt, *grid), model.name, dt)
    return rows


def measured_currents(model):
    """Return somatic and apical currents (pA) between which a cell of one's own shows its messages."""
    found = scales(model)
    soma = np.unique([found.current(rate) for rate in np.linspace(3, 24, len(ensemble.SOMA))])
    ends = found.low - found.span / 2, found.high + found.span / 2
    return soma, np.linspace(*ends, len(ensemble.DENDRITE))


def cost():
    """Return the row of the processor time for each cell and step."""
    nanoseconds = min(Program(population, "cost").run(seed=k).cpu_s for k in range(3)) / (CELLS * 1e4) * 1e9
    expected = {"cost_ns": ("cost", "10,000 cells: per cell and step", "ref", "ns", 5, -inf, 12)}
    return rows_of(expected, {"cost_ns": nanoseconds}, "two_compartment")


def layer5_cell():
    """Return the rows of layer5.py, on its coarse grids."""
    rows, _ = layer5.measured(quick=True, values={})
    return [replace(row, key=f"layer5_{row.key}") for row in rows]


def options(parser):
    """Add the flags of this experiment."""
    words = "a neuron of models/neurons, or the path of a file that holds one"
    parser.add_argument("--neuron", "--model", default=DEFAULT, help=words)


def simulate(args: argparse.Namespace) -> Record:
    """Run the battery and print its table."""
    model = neuron_model(args.neuron, MODELS)
    rows, run = [], None
    steps = (0.1 * ms,) if args.quick else (0.1 * ms, 0.025 * ms)
    for dt in steps:
        more, run = single_cell(model, dt, args.set)
        rows += more
    if args.neuron == DEFAULT:
        rows += branching(steps) + messages(multiplexing, args.quick) + cost()
        rows += [] if args.quick else layer5_cell()
    else:
        rows += messages(model, args.quick, () if args.neuron.isidentifier() else measured_currents(model))
    print(battery.table(rows))
    return Record(battery.to_dataset(rows), battery.summary(rows), run.provenance)


def figures(data, summary):
    """Draw every value within its tolerance."""
    rows = battery.from_dataset(data)
    drawings = {}
    for model in dict.fromkeys(row.model for row in rows):
        mine = [row for row in rows if row.model == model]
        drawing = plotting.figure(plotting.PAGE, 0.9 + 0.19 * len(mine))
        axes = plotting.panels(drawing)[0, 0]
        battery.deviations(axes, mine)
        plotting.title(axes, f"{model}: {sum(row.passed for row in mine)} of {len(mine)} pass")
        drawings[f"battery_{model.replace(', ', '_').replace(' ', '')}"] = drawing
    return drawings


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
