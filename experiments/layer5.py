"""Measure the layer-5 cell with calcium spikes, beside the published program run in NEURON.

Question   Does our SpatialNeuron do what the published cell does: back-propagate spikes, make calcium spikes
           in the tuft, and fire bursts when a somatic spike meets distal input (BAC firing)?
Method     One cell of 20 compartments, dt 0.025 ms, no noise. Soma: current pulses, steps. Tuft (0.75): one
           alpha conductance (1 ms). A calcium spike is > 20 ms above -40 mV at 0.75 of the tuft. About 200
           runs of one compiled program; `--quick` takes coarser grids, for the same table.
Prediction Every row lies within its tolerance: one spike 0 to 7.5 ms before the input turns a subthreshold
           potential into a burst of three, and cuts the synaptic threshold to less than half. On the fine
           grid (0.5 ms) the window is -3.5 to 9.5 ms; the rows take the grid of the reference (2.5 ms).
Published  Bahl et al. 2012, J Neurosci Methods 210 (the cell, ModelDB 146026, init_model7 with calcium; the
           reference column is that program in NEURON 9); Larkum, Zhu & Sakmann 1999, Nature 398 (BAC firing);
           Larkum, Kaiser & Sakmann 1999, PNAS 96 (critical frequency).
Command    python experiments/layer5.py   (two minutes; --quick: one; half of it compiles)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from math import inf

import xarray as xr

from dendritic_bp import battery
from dendritic_bp.battery import Row
from dendritic_bp.storage import Record
from figures.layer5 import agreement, bac_firing, calcium_spike, coincidence, morphology
from measures.layer5 import curves, geometry, traces
from networks.layer5 import BRIEF, LONG, brief_trials, long_trials, measure, run_all

# key: test, protocol, kind, unit, reference (NEURON), lowest and highest accepted. Rows of window, thresholds
# and frequency are measured on the coarse grid of the reference, and their tolerance is one step of it.
# Not among the rows: how long a train keeps the tuft above -40 mV. The reference says 62 to 64 ms, not where;
# ours are 55 to 56 ms at 0.75 of the tuft and 58 to 62 ms at 0.25.
EXPECTED = {
    "rest_soma_mv": ("18", "rest, soma", "ref", "mV", -69.54, -69.8, -69.2),
    "rest_tuft_mv": ("18", "... tuft", "ref", "mV", -65.6, -65.9, -65.3),
    "input_resistance_mohm": ("18", "input resistance (-0.1 nA)", "ref", "Mohm", 49.9, 48, 52),
    "sag_ratio": ("18", "sag, peak to steady state", "ref", "", 1.12, 1.10, 1.14),
    "bap_spikes": ("18", "1.5 nA x 5 ms: spikes", "ref", "", 1, 1, 1),
    "bap_middle_mv": ("18", "... spike at apical 0.5", "ref", "mV", 107.3, 106.3, 108.3),
    "bap_tuft_25_mv": ("18", "... at tuft 0.25", "ref", "mV", 27.4, 26.4, 28.4),
    "bap_tuft_75_mv": ("18", "... at tuft 0.75", "ref", "mV", 16.5, 15.5, 17.5),
    "epsp_spikes": ("19", "20 nS at the tuft: spikes", "lit", "", 0, 0, 0),
    "epsp_soma_mv": ("19", "... peak at the soma", "ref", "mV", -67.4, -67.7, -67.1),
    "epsp_tuft_mv": ("19", "... peak at the tuft", "ref", "mV", -43.2, -44.2, -42.2),
    "bac_spikes": ("19", "both, 5 ms apart: spikes", "lit", "", 3, 3, 3),
    "bac_interval_1_ms": ("19", "... first interval", "ref", "ms", 11.4, 9, 13),
    "bac_interval_2_ms": ("19", "... second interval", "ref", "ms", 12.2, 9, 13),
    "bac_plateau_ms": ("19", "... tuft above -40 mV", "ref", "ms", 59.4, 54, 62),
    "window_first_ms": ("19", "window: first delay", "lit", "ms", 0, -2.5, 2.5),
    "window_last_ms": ("19", "... last delay", "lit", "ms", 7.5, 5, 10),
    "threshold_alone_ns": ("19", "calcium threshold alone", "ref", "nS", 35, 30, 35),
    "threshold_paired_ns": ("19", "... paired", "ref", "nS", 15, 10, 15),
    "threshold_ratio": ("19", "... ratio", "lit", "", 2.5, 2, inf),
    "critical_frequency_hz": ("19", "4 pulses: critical frequency", "lit", "Hz", 120, 110, 120),
    "step_300_pa_spikes": ("19", "step of 0.3 nA x 1 s: spikes", "ref", "", 1, 1, 1),
    "step_500_pa_spikes": ("19", "... 0.5 nA", "ref", "", 17, 17, 18),
    "step_1000_pa_spikes": ("19", "... 1.0 nA", "ref", "", 38, 38, 41),
}


def rows(numbers):
    """Set what was measured beside what was expected."""
    return [
        Row(key, test, text, "layer5", kind, unit, *map(float, bounds), ours=float(numbers[key]))
        for key, (test, text, kind, unit, *bounds) in EXPECTED.items()
    ]


def measured(quick, values):
    """Run all protocols; return the rows of the table, and the trials."""
    long = run_all(LONG, long_trials(), values)
    seen = long | run_all(BRIEF, brief_trials(quick), values)
    return rows(measure(seen)), seen


def simulate(args: argparse.Namespace) -> Record:
    """Run all protocols and print the table."""
    table, seen = measured(args.quick, args.set)
    print(battery.table(table))
    data = xr.merge([battery.to_dataset(table), geometry(), traces(seen["bac"]), curves(seen)])
    return Record(data, battery.summary(table), seen["bac"][2].run.provenance)


def figures(data, summary):
    """Draw the cell, its bursts, its calcium spike, and every value within its tolerance."""
    return {
        "morphology": morphology(data),
        "bac_firing": bac_firing(data),
        "calcium_spike": calcium_spike(data),
        "coincidence": coincidence(data),
        "agreement": agreement(battery.from_dataset(data)),
    }


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
