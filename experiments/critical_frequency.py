"""Trains of somatic spikes make a calcium plateau in the dendrite above a critical frequency.

Question   Above which frequency of back-propagating spikes does the dendrite make a plateau?
Method     Deterministic cells, one a trial: 2 to 5 pulses (5 nA x 2 ms) at 40 to 200 Hz; time step
           0.1 ms. A plateau: the dendrite stays above -38 mV for more than 20 ms.
Prediction Two spikes never suffice. Five do above 80 to 90 Hz, and the transition is sharper than 20 Hz.
Published  Larkum, Kaiser & Sakmann 1999, PNAS 96:14600: 60 to 200 Hz over cells, 10 to 20 Hz wide.
Command    python experiments/critical_frequency.py [--neuron NAME_OR_FILE]      (15 s)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
from pathlib import Path

import numpy as np
import xarray as xr
from brian2 import Hz, ms, nA

from dendritic_bp import plotting
from dendritic_bp.electrode import inject, pulses
from dendritic_bp.load import neuron_model
from dendritic_bp.storage import Record
from dendritic_bp.style import COLOURS, LINE, SHADE, SMALL, level
from dendritic_bp.voltage import smallest, time_above

MODELS = Path(__file__).parents[1] / "models/neurons"
RATES = np.arange(40, 201, 2)  # Hz
COUNTS = (2, 3, 4, 5)
CALCIUM, PLATEAU = -38e-3, 20e-3  # V, s
SHOWN = (80, 100)  # Hz


def options(parser):
    """Add the flags of this experiment."""
    parser.add_argument(
        "--neuron", "--model", default="two_compartment", help="a neuron of models/neurons, or a file"
    )


def simulate(args):
    """Inject all trains and measure the plateaus."""
    pairs = [(count, rate) for count in COUNTS for rate in RATES]
    trials = [{"I_soma": pulses(5 * nA, 50 * ms, 2 * ms, count, 1 / (rate * Hz))} for count, rate in pairs]
    seen, run = inject(neuron_model(args.neuron, MODELS), trials, 250 * ms, values=args.set)
    plateaus = [time_above(seen.times, v, CALCIUM) for v in seen["v_d"]]
    plateaus = np.reshape(plateaus, (len(COUNTS), len(RATES)))
    shown = [pairs.index((COUNTS[-1], rate)) for rate in SHOWN]
    spikes = [(trial, time) for trial, cell in enumerate(shown) for time in seen.spikes[cell]]
    data = xr.Dataset(
        {
            "plateau": (("count", "rate"), plateaus, {"units": "s"}),
            "v_s": (("trial", "time"), seen["v_s"][shown], {"units": "V"}),
            "v_d": (("trial", "time"), seen["v_d"][shown], {"units": "V"}),
            "spike_trial": ("spike", [trial for trial, _ in spikes]),
            "spike_time": ("spike", [time for _, time in spikes], {"units": "s"}),
        },
        coords={
            "time": ("time", seen.times, {"units": "s"}),
            "rate": ("rate", RATES * 1.0, {"units": "Hz"}),
            "count": list(COUNTS),
        },
    )
    return Record(data, measure(plateaus), run.provenance)


def measure(plateaus):
    """Return the critical frequency for each number of spikes that has one."""
    lowest = {count: smallest(RATES, row > PLATEAU) for count, row in zip(COUNTS, plateaus, strict=True)}
    return {f"critical_frequency_{n}_spikes_hz": rate for n, rate in lowest.items() if np.isfinite(rate)}


def figures(data, summary):
    """Draw the voltages below and above the critical frequency, and the plateaus at all of them."""
    voltages, plateaus = plotting.figure(plotting.COLUMN, 3.2), plotting.figure(plotting.COLUMN, 2.4)
    names = [f"{COUNTS[-1]} pulses at {rate} Hz" for rate in SHOWN]
    shown = data.sel(time=slice(0.04, 0.17))
    axes = plotting.panels(voltages, 2, 1, sharex=True, sharey=True)[:, 0]
    spikes = [data["spike_time"].values[data["spike_trial"].values == trial] for trial in range(len(SHOWN))]
    plotting.traces(axes, shown["time"], shown["v_s"], shown["v_d"], names, spikes)
    draw_plateaus(plotting.panels(plateaus)[0, 0], data)
    return {"voltages": voltages, "critical_frequency": plateaus}


def draw_plateaus(axes, data):
    """Draw the length of the plateau over the frequency of the spikes."""
    axes.axvspan(60, 200, color=SHADE, linewidth=0)
    level(axes, PLATEAU * 1e3, "plateau", "left")
    axes.annotate("published range", (198, 1), ha="right", va="bottom", fontsize=SMALL)
    for colour, count in zip(COLOURS, data["count"].values, strict=False):
        plateau = data["plateau"].sel(count=count) * 1e3
        axes.plot(data["rate"], plateau, color=colour, linewidth=LINE, label=f"{count} pulses")
    axes.set(xlabel="Frequency of the somatic pulses (Hz)", ylabel="Dendrite above −38 mV (ms)")
    plotting.legend(axes, loc="upper left")


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
