"""Protocols for cells with branches: glutamate onto a basal branch, pulses into a dendritic tree."""

from math import inf

import numpy as np
from brian2 import Network, SpikeGeneratorGroup, StateMonitor, defaultclock, mmolar, ms, mV, pA, prefs, volt

from dendritic_bp import neurons, synapses
from dendritic_bp.electrode import inject, pulses
from dendritic_bp.models.neurons.basal_branch import basal_branch
from dendritic_bp.models.neurons.dendritic_tree import dendritic_tree
from dendritic_bp.models.synapses.glutamate import glutamate
from dendritic_bp.program import Program
from dendritic_bp.voltage import amplitude, folds, half_width, smallest, time_above

START, INTERVAL = 20, 20  # ms
DEPOLARISED = -40e-3  # V: the branch is in a plateau
DSPIKE = -35e-3  # V: threshold of dendritic spikes
CURRENTS = np.geomspace(50, 800, 1400)  # pA, in steps of 0.2 %
PORTS = {"dist": "I_apical", "prox": "I_prox", "trunk": "I_trunk"}
VOLTAGES = ("v_soma", "v_trunk", "v_prox", "v_dist")


class Glutamate:
    """Release glutamate onto the branch: a trial is (synapses, pulses at 50 Hz, share blocked by APV)."""

    def __init__(self, trials, duration=600 * ms):
        self.trials, self.duration = list(trials), duration
        self.program = Program(self.protocol, f"nmda-{len(self.trials)}")

    def protocol(self):
        """Build a cell and a glutamate source for each trial."""
        defaultclock.dt = 0.025 * ms
        n_synapses, n_pulses, apv = np.array(self.trials).T
        cells = neurons(basal_branch, len(self.trials), "cells")
        source = np.repeat(np.arange(len(self.trials)), n_pulses.astype(int))
        times = np.concatenate([START + INTERVAL * np.arange(n) for n in n_pulses])
        release = SpikeGeneratorGroup(len(self.trials), source, times * ms, name="release")
        wires = synapses(glutamate, release, cells, "wires", connect="i == j", w=n_synapses, apv=apv)
        recorded = ["v_s", "v_d", "I_ampa", "I_nmda"]
        trace = StateMonitor(cells, recorded, record=True, dt=0.1 * ms, name="trace")
        network = Network(cells, release, wires, trace)
        network.run(self.duration, namespace={})
        return network

    def run(self, values=None):
        """Run all trials."""
        return self.program.run(values=values)


def rises(run):
    """Return the amplitude (V) at the soma of each trial."""
    return np.array([amplitude(v) for v in run["trace.v_s"]])


def plateaus(run):
    """Return for how long (s) the branch of each trial stays depolarised."""
    return np.array([time_above(run["trace.t"], v, DEPOLARISED) for v in run["trace.v_d"]])


def steepest(counts, run):
    """Return the number of synapses at which the amplitude at the soma grows fastest."""
    return counts[np.diff(rises(run)[: len(counts)]).argmax()] + 0.5


def measure_branch():
    """Measure NMDA spikes: what grows with synapses, pulses and the decay of the receptors."""
    counts, trains = np.arange(2, 41), (1, 2, 3, 5, 8)
    trials = [(n, 1, 0) for n in counts] + [(18, 1, 1)] + [(20, n, 0) for n in trains]
    program = Glutamate(trials)
    run = program.run()
    rise, eighteen = rises(run), int(np.flatnonzero(counts == 18)[0])
    slow = [plateaus(program.run({"cells.tau_nmda": tau * ms}))[20 - 2] for tau in (25, 50, 100, 200, 300)]
    depolarised = program.run({"cells.E_L": -67 * mV})
    ampa, nmda = (run[f"trace.{name}"][eighteen].sum() for name in ("I_ampa", "I_nmda"))
    return {
        "nmda_spike_mv": rise[eighteen] * 1e3,
        "nmda_half_width_ms": half_width(run["trace.t"], run["trace.v_s"][eighteen]) * 1e3,
        "nmda_charge": nmda / (ampa + nmda),
        "nmda_to_blocked": rise[eighteen] / rise[len(counts)],
        "nmda_threshold_synapses": steepest(counts, run),
        "nmda_threshold_fall_synapses": steepest(counts, run) - steepest(counts, depolarised),
        "plateau_grows_with_pulses": int(np.sum(np.diff(plateaus(run)[-len(trains) :]) > 0)),
        "plateau_grows_with_tau": int(np.sum(np.diff(slow) > 0)),
    }


def block_line(**parameters):
    """Return voltages (V), and the NMDA conductance, relative to the leak, that holds each of them."""
    before, prefs.codegen.target = prefs.codegen.target, "numpy"
    cells = neurons(basal_branch, 40000, "cells", **parameters)
    Network(cells).run(0 * ms, namespace={})  # Brian2 warns of objects that never run
    E_L = float(np.asarray(cells.E_L))
    cells.v_basal3 = np.linspace(E_L + 1e-5, -1e-5, 40000) * volt
    v = np.asarray(cells.v_basal3)
    line = (v - E_L) / (-v * np.asarray(cells.block))
    prefs.codegen.target = before
    return v, line


def measure_block():
    """Count the folds of the steady state with the standard block, and find those of a steeper one."""
    standard = [folds(*block_line(E_L=E_L * mV, Mg=1 * mmolar)).size for E_L in (-75, -70, -65, -60)]
    lower, upper = folds(*block_line(E_L=-70 * mV, alpha_Mg=0.08 / mV))
    return {"folds_standard": sum(standard), "fold_lower": lower, "fold_upper": upper}


def measure_tree(dt):
    """Find the currents that start dendritic spikes, and those that back-propagation starts."""
    trials = [{port: pulses(height * pA, 5 * ms, 5 * ms)} for port in PORTS.values() for height in CURRENTS]
    trials.append({"I_soma": pulses(125 * pA, 5 * ms, 300 * ms)})
    ports = ("I_soma", *PORTS.values())
    seen, _ = inject(dendritic_tree, trials, 320 * ms, VOLTAGES, dt, 0.5 * ms, ports)
    peaks = {name: seen[f"v_{name}"].max(axis=1) for name in PORTS}
    started = {name: np.reshape(peaks[name][:-1] > DSPIKE, (len(PORTS), -1)) for name in PORTS}
    numbers = {f"dspike_{name}_pa": smallest(CURRENTS, started[name][k]) for k, name in enumerate(PORTS)}
    return numbers | {f"bap_dspike_{name}": int(peaks[name][-1] > DSPIKE) for name in PORTS}


# key: test, protocol, kind, unit, reference, lowest and highest accepted
EXPECTED_BRANCH = {
    "nmda_spike_mv": ("15", "18 synapses: amplitude at the soma", "lit", "mV", 5.9, 5, 8),
    "nmda_half_width_ms": ("15", "... half-width", "lit", "ms", 64, 45, 85),
    "nmda_charge": ("15", "... share of NMDA in the charge", "lit", "", 0.8, 0.8, 1),
    "nmda_to_blocked": ("15", "... control to APV", "lit", "", 2.26, 2, 3.3),
    "nmda_threshold_synapses": ("16", "synapses at the steepest growth", "lit", "", 16, 14, 18),
    "nmda_threshold_fall_synapses": ("16", "... fewer when depolarised by 5 mV", "lit", "", 1, 1, inf),
    "plateau_grows_with_pulses": ("16", "longer plateau, 1-2-3-5-8 pulses: steps", "lit", "", 4, 4, 4),
    "plateau_grows_with_tau": ("16", "longer plateau, tau 25 to 300 ms: steps", "lit", "", 4, 4, 4),
}
EXPECTED_BLOCK = {
    "folds_standard": ("17", "standard block, E_L -75 to -60 mV: folds", "ref", "", 0, 0, 0),
    "fold_lower": ("17", "alpha 0.08, E_L -70 mV: lower fold", "ref", "", 5.44, 5.39, 5.49),
    "fold_upper": ("17", "... upper fold", "ref", "", 6.56, 6.51, 6.61),
}
EXPECTED_TREE = {
    "dspike_dist_pa": ("23", "5-ms pulse: dendritic spike, dist", "lit", "pA", 123, 121.77, 124.23),
    "dspike_prox_pa": ("23", "... prox", "lit", "pA", 309, 305.91, 312.09),
    "dspike_trunk_pa": ("23", "... trunk", "lit", "pA", 560, 554.4, 565.6),
    "bap_dspike_trunk": ("23", "somatic spikes start it in the trunk", "lit", "", 1, 1, 1),
    "bap_dspike_prox": ("23", "... prox", "lit", "", 1, 1, 1),
    "bap_dspike_dist": ("23", "... not in dist", "lit", "", 0, 0, 0),
}
