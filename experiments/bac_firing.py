"""Back-propagation activates calcium: a somatic spike lets a weak dendritic input make a burst.

Question   How much less dendritic current makes a burst when a somatic spike comes with it, and how precisely
           must the two coincide?
Method     Deterministic cells, one a trial: a spike (2 nA x 5 ms), 10 ms of dendritic current, or both,
           at 31 currents and 81 delays.
Prediction 600 pA alone makes no spike; with a somatic spike a burst of two, within about -5 to +7 ms. The
           dendritic threshold falls by more than a third (Schaefer et al. 2003: 35-60 %).
Published  Larkum, Zhu & Sakmann 1999, Nature 398:338, Fig. 1; Schaefer, Larkum, Sakmann & Roth 2003.
Command    python experiments/bac_firing.py [--neuron NAME_OR_FILE]      (20 s)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
from pathlib import Path

import numpy as np
import xarray as xr
from brian2 import ms, nA, pA
from matplotlib import colormaps
from matplotlib.colors import ListedColormap

from dendritic_bp import plotting
from dendritic_bp.electrode import inject, pulses
from dendritic_bp.load import neuron_model
from dendritic_bp.storage import Record
from dendritic_bp.style import LINE, SMALL, level
from dendritic_bp.voltage import first_interval, smallest, window

MODELS = Path(__file__).parents[1] / "models/neurons"
ONSET = 50  # ms
SPIKE = pulses(2 * nA, ONSET * ms, 5 * ms)
HEIGHTS = np.arange(0, 1501, 50)  # pA
DELAYS = np.arange(-20, 20.1, 0.5)  # ms
SHOWN = 600  # pA
NAMES = ("spike alone", f"dendritic input alone ({SHOWN} pA)", "both")


def dendritic(height, delay=0.0):
    """Describe 10 ms of current (pA) into the dendrite, `delay` ms after the somatic pulse."""
    return {"I_apical": pulses(height * pA, (ONSET + delay) * ms, 10 * ms)}


def options(parser):
    """Add the flags of this experiment."""
    parser.add_argument(
        "--neuron", "--model", default="two_compartment", help="a neuron of models/neurons, or a file"
    )


def simulate(args):
    """Inject all combinations and count the spikes."""
    soma = {"I_soma": SPIKE}
    trials = [soma, dendritic(SHOWN), soma | dendritic(SHOWN)]
    trials += [dendritic(height) for height in HEIGHTS]
    trials += [soma | dendritic(height, delay) for height in HEIGHTS for delay in DELAYS]
    seen, run = inject(neuron_model(args.neuron, MODELS), trials, 150 * ms, values=args.set)
    alone, paired = seen.part(slice(3, 3 + len(HEIGHTS))), seen.part(slice(3 + len(HEIGHTS), None))
    return Record(dataset(seen, paired), measure(seen, alone, paired), run.provenance)


def dataset(seen, paired):
    """Keep the voltages of the first three trials, and the spikes of all pairs."""
    volt, first = {"units": "V"}, seen.part(slice(3))
    counts = np.reshape([len(train) for train in paired.spikes], (len(HEIGHTS), len(DELAYS)))
    spikes = [(trial, time) for trial, train in enumerate(first.spikes) for time in train]
    bursts = np.reshape(paired.bursting, counts.shape)
    return xr.Dataset(
        {
            "v_s": (("trial", "time"), first["v_s"], volt),
            "v_d": (("trial", "time"), first["v_d"], volt),
            "spike_trial": ("spike", [trial for trial, _ in spikes]),
            "spike_time": ("spike", [time for _, time in spikes], {"units": "s"}),
            "n_spikes": (("height", "delay"), counts),
            "burst": (("height", "delay"), bursts.astype("int8")),
        },
        coords={
            "time": ("time", seen.times, {"units": "s"}),
            "height": ("height", HEIGHTS * 1e-12, {"units": "A"}),
            "delay": ("delay", DELAYS * 1e-3, {"units": "s"}),
        },
    )


def measure(seen, alone, paired):
    """Return thresholds and window; what was not seen is left out."""
    bursts = np.reshape(paired.bursting, (len(HEIGHTS), len(DELAYS)))
    alone_pa = smallest(HEIGHTS, alone.bursting)
    paired_pa = smallest(HEIGHTS, bursts[:, DELAYS == 0][:, 0])
    first, last = window(DELAYS, bursts[HEIGHTS == SHOWN][0])
    numbers = {
        "spikes_spike_alone": len(seen.spikes[0]),
        "spikes_input_alone": len(seen.spikes[1]),
        "spikes_both": len(seen.spikes[2]),
        "interval_both_ms": first_interval(seen.spikes[2]) * 1e3,
        "threshold_alone_pa": alone_pa,
        "threshold_paired_pa": paired_pa,
        "threshold_reduction_percent": 100 * (1 - paired_pa / alone_pa),
        "window_first_ms": first,
        "window_last_ms": last,
    }
    return {name: value for name, value in numbers.items() if np.isfinite(value)}


def figures(data, summary):
    """Draw the three voltages, and where in current and delay a burst follows."""
    voltages, coincidence = plotting.figure(plotting.COLUMN, 4.2), plotting.figure(plotting.PAGE, 2.4)
    draw_voltages(plotting.panels(voltages, 3, 1, sharex=True, sharey=True)[:, 0], data)
    draw_window(plotting.panels(coincidence)[0, 0], data, summary)
    return {"voltages": voltages, "window": coincidence}


def draw_voltages(axes, data):
    """Draw the voltages of a spike, of dendritic input, and of both."""
    shown = data.sel(time=slice(0.04, 0.11))
    spikes = [data["spike_time"].values[data["spike_trial"].values == trial] for trial in range(3)]
    plotting.traces(axes, shown["time"], shown["v_s"], shown["v_d"], NAMES, spikes)


def draw_window(axes, data, summary):
    """Draw the number of spikes for each current and delay, and the threshold of the current alone."""
    heights, delays = data["height"] * 1e12, data["delay"] * 1e3
    most = int(data["n_spikes"].max())
    colours = ListedColormap(colormaps["Blues"](np.linspace(0.05, 0.6, most + 1)))  # black is legible on all
    image = axes.pcolormesh(
        delays, heights, data["n_spikes"], cmap=colours, vmin=-0.5, vmax=most + 0.5, rasterized=True
    )
    if 0 < float(data["burst"].mean()) < 1:
        axes.contour(delays, heights, data["burst"], levels=[0.5], colors="black", linewidths=LINE)
    bar = axes.figure.colorbar(image, ax=axes, pad=0.01, ticks=range(most + 1))
    bar.set_label("Spikes", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    if "threshold_alone_pa" in summary:
        level(axes, summary["threshold_alone_pa"], "burst threshold without a spike", "left", color="black")
    axes.set(xlabel="Dendritic input after the somatic pulse (ms)", ylabel="Dendritic current (pA)")
    plotting.title(axes, headline(data, summary))


def headline(data, summary):
    """Say what a somatic spike does to the threshold of bursts, as far as it was seen."""
    if "threshold_reduction_percent" in summary:
        by = summary["threshold_reduction_percent"]
        words = f"lowers the threshold by {by:.0f} %" if by >= 0 else f"raises the threshold by {-by:.0f} %"
        return f"Bursts, above the line: a spike {words} (published: lower by 35 to 60 %)"
    if not data["burst"].any():
        return f"No bursts, with a spike and up to {float(data['height'].max()) * 1e12:.0f} pA"
    return "Bursts, within the line; one of the two thresholds was not found"


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
