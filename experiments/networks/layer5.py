"""Stimuli of `layer5.py` and what is measured: one compiled program, values given at run time."""

from dataclasses import dataclass

import numpy as np
from brian2 import Hz, Network, SpikeMonitor, StateMonitor, ms, nA, nS

from dendritic_bp import ModelError
from dendritic_bp.models.neurons.layer5 import layer5, membrane, where
from dendritic_bp.program import Program
from dendritic_bp.runs import Run
from dendritic_bp.sweep import sweep
from dendritic_bp.toolchain import cache_folder
from dendritic_bp.voltage import has_burst, smallest, time_above, window

ONSET = 200 * ms  # of the somatic pulse: until then the cell is at rest
BRIEF, LONG = 450 * ms, 1250 * ms
STEP = 1000 * ms
AXIS = [where["soma"].start, *range(where["apical"].start, where["tuft"].stop)]  # from soma to tuft
SOMA, MIDDLE, TUFT_25, TUFT_75 = 0, 3, 6, 7  # places in AXIS; the synapse is at 0.75 of the tuft
CURRENTS = ["I_sca", "I_kca", "I_ih", "I_leak"]
CALCIUM = -40e-3  # V: the tuft above is in a plateau
PLATEAU = 20e-3  # s: a calcium spike lasts longer
GRID = {"alone": 5, "paired": 5, "delay": 2.5, "train": 10}  # nS, nS, ms, Hz: steps of the reference

stimulated = membrane.with_equations(
    """
    I_electrode = here_soma*I_pulse*int(on) : amp (constant over dt)
    on = turn >= 0 and turn < n_pulse and since < steps(T_pulse, dt) : boolean
    since = steps(t, dt) - steps(t_pulse + turn/f_pulse, dt) : 1
    turn = floor((t + 0.499999*dt - t_pulse)*f_pulse) : 1 # half a step is rounded up
    g_syn = here_synapse*g_peak*alpha*exp(1 - alpha)*int(alpha > 0) : siemens (constant over dt)
    alpha = (t - t_syn)/tau_syn : 1                       # alpha function
    here_soma : 1 (constant)                              # 1 in the compartment of the electrode
    here_synapse : 1 (constant)                           # 1 in the compartment of the synapse
    """,
    parameters=dict(
        I_pulse=0 * nA,
        t_pulse=ONSET,
        T_pulse=5 * ms,
        f_pulse=0.1 * Hz,
        n_pulse=1.0,
        g_peak=0 * nS,
        t_syn=ONSET,
        tau_syn=1 * ms,
    ),
)


def program(duration):
    """Return the program of one stimulated cell; those of other durations share its build."""

    def protocol():
        cell = layer5("cell", model=stimulated)
        cell.here_soma[AXIS[SOMA]] = 1
        cell.here_synapse[AXIS[TUFT_75]] = 1
        voltage = StateMonitor(cell, "v", record=AXIS, name="voltage")
        currents = StateMonitor(cell, CURRENTS, record=[AXIS[TUFT_75]], dt=0.1 * ms, name="currents")
        network = Network(cell, voltage, currents, SpikeMonitor(cell, name="spikes"))
        network.run(duration)
        return network

    return Program(protocol, f"layer5_{duration / ms:.0f}_ms", folder=cache_folder() / "layer5")


def pulse(height=1.5 * nA, width=5 * ms, **more):
    """Return the values of current pulses into the soma."""
    return {"cell.I_pulse": height, "cell.T_pulse": width, **more}


def epsp(peak=20 * nS, delay=0 * ms):
    """Return the values of one synaptic conductance at the tuft, `delay` after the onset of the pulse."""
    return {"cell.g_peak": peak, "cell.t_syn": ONSET + delay}


def train(f):
    """Return the values of four short pulses at a frequency."""
    return pulse(3 * nA, 2 * ms, **{"cell.f_pulse": f * Hz, "cell.n_pulse": 4})


def brief_trials(quick):
    """Return the values of every brief run, by protocol and by what is varied in it."""
    finer = 1 if quick else 5
    conductances = np.arange(5, 46, GRID["alone"] / finer)
    delays = np.arange(-10, 15.1, GRID["delay"] / finer)
    rates = np.arange(50, 161, GRID["train"] / finer)
    return {
        "bac": {0: pulse(), 1: epsp(delay=5 * ms), 2: pulse() | epsp(delay=5 * ms)},
        "alone": {g: epsp(g * nS) for g in conductances},
        "paired": {g: pulse() | epsp(g * nS, 5 * ms) for g in conductances},
        "delay": {d: pulse() | epsp(delay=d * ms) for d in delays},
        "train": {f: train(f) for f in rates},
    }


def long_trials():
    """Return the values of the steps of current (nA); a negative one measures resistance and sag."""
    heights = [-0.1, *np.round(np.arange(0.1, 1.05, 0.1), 1)]
    return {"step": {height: pulse(height * nA, STEP) for height in heights}}


@dataclass(frozen=True)
class Trial:
    """Read what a run shows of the cell, in SI units."""

    run: Run

    @property
    def spikes(self):
        """Return the spike times."""
        return self.run["spikes.t"]

    @property
    def v(self):
        """Return the voltages along the axis; shape (place, time)."""
        return self.run["voltage.v"]

    @property
    def onset(self):
        """Return the sample at the onset of the stimulus."""
        return int(np.searchsorted(self.run["voltage.t"], ONSET - 0.01 * ms))

    def rise(self, place):
        """Return how far the voltage of a place rises above rest."""
        return self.v[place].max() - self.v[place, self.onset]

    def plateau(self, place=TUFT_75):
        """Return how long the tuft stays above the level of a calcium spike."""
        return time_above(self.run["voltage.t"], self.v[place], CALCIUM)


def run_all(duration, protocols, values):
    """Run all trials of the protocols, and return them in the same places."""
    refuse_negative(values)
    runs = [{"values": trial | values} for trials in protocols.values() for trial in trials.values()]
    done = iter(sweep(program(duration), runs, workers=1))
    return {name: {key: Trial(next(done)) for key in trials} for name, trials in protocols.items()}


def refuse_negative(values):
    """Refuse conductances that run-time values would make negative."""
    for name, value in values.items():
        if name.startswith("cell.g_") and np.any(np.asarray(value) < 0):
            raise ModelError(f"model 'layer5', {name} = {value}: a conductance cannot be negative")


def measure(seen):
    """Return every number of the table, in the units of its name."""
    return at_rest(seen["step"]) | back_propagation(seen["bac"][0]) | burst(seen["bac"]) | coincidence(seen)


def at_rest(steps):
    """Measure rest, input resistance and sag under -0.1 nA, and the spikes of depolarising steps."""
    trial = steps[-0.1]
    v, onset = trial.v[SOMA], trial.onset
    end = int(np.searchsorted(trial.run["voltage.t"], ONSET + STEP)) - 1
    return {
        "rest_soma_mv": v[onset] * 1e3,
        "rest_tuft_mv": trial.v[TUFT_25, onset] * 1e3,
        "input_resistance_mohm": (v[onset] - v[end]) / 0.1e-9 / 1e6,
        "sag_ratio": (v[onset] - v.min()) / (v[onset] - v[end]),
        **{f"step_{pA}_pa_spikes": len(steps[pA / 1000].spikes) for pA in (300, 500, 1000)},
    }


def back_propagation(trial):
    """Measure how high a somatic spike rises along the apical dendrite."""
    places = {"middle": MIDDLE, "tuft_25": TUFT_25, "tuft_75": TUFT_75}
    rises = {f"bap_{name}_mv": trial.rise(place) * 1e3 for name, place in places.items()}
    return {"bap_spikes": len(trial.spikes), **rises}


def burst(bac):
    """Measure the synaptic potential alone, and the burst that it makes with a somatic spike."""
    alone, both = bac[1], bac[2]
    intervals = np.diff(both.spikes) * 1e3
    return {
        "epsp_spikes": len(alone.spikes),
        "epsp_soma_mv": alone.v[SOMA, alone.onset :].max() * 1e3,
        "epsp_tuft_mv": alone.v[TUFT_75, alone.onset :].max() * 1e3,
        "bac_spikes": len(both.spikes),
        "bac_interval_1_ms": intervals[0] if intervals.size else np.nan,
        "bac_interval_2_ms": intervals[1] if intervals.size > 1 else np.nan,
        "bac_plateau_ms": both.plateau() * 1e3,
    }


def coincidence(seen):
    """Measure window, thresholds and critical frequency, on the grid of the reference."""
    coarse = {name: on_grid(seen[name], step) for name, step in GRID.items()}
    bursts = [has_burst(trial.spikes) for trial in coarse["delay"].values()]
    first, last = window(list(coarse["delay"]), bursts, centre=5)
    names = ("alone", "paired", "train")
    alone, paired, rate = (smallest(list(coarse[name]), has_plateau(coarse[name])) for name in names)
    return {
        "window_first_ms": first,
        "window_last_ms": last,
        "threshold_alone_ns": alone,
        "threshold_paired_ns": paired,
        "threshold_ratio": alone / paired,
        "critical_frequency_hz": rate,
    }


def on_grid(trials, step):
    """Return the trials at multiples of a step."""
    return {key: trial for key, trial in trials.items() if np.isclose(key % step, 0)}


def has_plateau(trials):
    """Tell which trials show a calcium spike."""
    return [trial.plateau() > PLATEAU for trial in trials.values()]
