"""Somatic drive sets the rate of events, dendritic drive the probability that an event is a burst.

Question   How do event rate and burst probability depend on the currents into soma and dendrite?
Method     50 cells (10 with --quick) for each of 9 x 11 pairs of steady currents, with independent noise of
           450 pA (2 ms) in both compartments, 4 s at 0.1 ms. --neuron: another cell, with its own noise.
Prediction Event rate follows the soma and hardly the dendrite (5.2 Hz at 300 pA, whatever the dendrite gets
           below 100 pA); burst probability rises with the dendrite, from 0 to 0.7, and hardly with the soma.
Published  Naud & Sprekeler 2018, PNAS 115; the values beside ours are those that its equations gave in an
           independent program (200 cells, 4 s).
Command    python experiments/fi_curves.py [--quick] [--neuron NAME_OR_FILE]      (a minute)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import numpy as np
import xarray as xr
from brian2 import EventMonitor, Network, SpikeMonitor, defaultclock, ms, pA, second

from dendritic_bp import neurons, plotting
from dendritic_bp.contract import Need, require
from dendritic_bp.load import neuron_model
from dendritic_bp.models.neurons.background import background
from dendritic_bp.program import Program
from dendritic_bp.source import folder
from dendritic_bp.storage import Record
from dendritic_bp.style import COLOURS, LINE, SMALL
from networks.scales import is_quiet

DEFAULT, MODELS = "two_compartment", folder("models") / "neurons"

SOMA = np.arange(0, 801, 100)  # pA
DENDRITE = np.array([-600, -400, -300, -200, -100, 0, 100, 200, 300, 400, 500])  # pA
EVENTS = [Need(name, "event", "counters") for name in ("event", "burst")]
SETTLE, DURATION = 0.5 * second, 4.5 * second
RATES = {0: 0.20, 200: 2.83, 400: 7.93, 600: 13.6, 800: 19.2}  # Hz, by somatic pA, at -300 pA in the dendrite
BURSTS = {
    -600: 0.005,
    -400: 0.016,
    -200: 0.070,
    0: 0.276,
    200: 0.608,
    400: 0.703,
}  # by dendritic pA, soma 300


def protocol(copies, model):
    """Return the protocol with `copies` cells of a model for each pair of currents."""

    def build():
        defaultclock.dt = 0.1 * ms
        soma, dendrite = (np.repeat(grid, copies) for grid in np.meshgrid(SOMA, DENDRITE, indexing="ij"))
        cells = neurons(model, soma.size, "cells", I_soma=soma * pA, I_apical=dendrite * pA)
        monitors = [EventMonitor(cells, event, record=False, name=f"{event}s") for event in model.events]
        monitors.append(SpikeMonitor(cells, record=False, name="spikes"))
        for monitor in monitors:
            monitor.active = False
        network = Network(cells, *monitors)
        network.run(SETTLE, namespace={})
        for monitor in monitors:
            monitor.active = True
        network.run(DURATION - SETTLE, namespace={})
        return network

    return build


def options(parser):
    """Add the flags of this experiment."""
    parser.add_argument("--neuron", default=DEFAULT, help="a neuron of models/neurons, or a file")


def simulate(args):
    """Count spikes, events and bursts for each pair of currents."""
    copies, model = 10 if args.quick else 50, neuron_model(args.neuron, MODELS)
    require(model, [Need(name, "set", "currents") for name in ("I_soma", "I_apical")] + EVENTS, "f-I curves")
    noisy = model.with_equations(**background) if is_quiet(model) else model
    name = "-".join(["fi_curves", *([] if args.neuron == DEFAULT else [model.name]), str(copies)])
    run = Program(protocol(copies, noisy), name).run(seed=args.seed, values=args.set)
    shape = (len(SOMA), len(DENDRITE), copies)
    spikes, events, bursts = (
        run[f"{name}.count"].reshape(shape).sum(axis=2) for name in ("spikes", "events", "bursts")
    )
    seconds = float((DURATION - SETTLE) / second) * copies
    data = xr.Dataset(
        {
            "rate": (("soma", "dendrite"), spikes / seconds, {"units": "Hz"}),
            "event_rate": (("soma", "dendrite"), events / seconds, {"units": "Hz"}),
            "burst_probability": (("soma", "dendrite"), bursts / np.maximum(events, 1), {"units": "1"}),
        },
        coords={
            "soma": ("soma", SOMA * 1e-12, {"units": "A"}),
            "dendrite": ("dendrite", DENDRITE * 1e-12, {"units": "A"}),
        },
        attrs={"neuron": model.name},
    )
    return Record(data, measure(data), run.provenance)


def measure(data):
    """Return the values at the currents whose values are published, and the ranges over the other drive."""
    rate = dict(zip(SOMA, data["event_rate"].values[:, DENDRITE == -300][:, 0], strict=True))
    burst = dict(zip(DENDRITE, data["burst_probability"].values[SOMA == 300][0], strict=True))
    over_dendrite = data["event_rate"].values[SOMA == 300][0][DENDRITE <= 100]
    over_soma = data["burst_probability"].values[SOMA >= 100][:, DENDRITE == 0]
    return {
        **{f"event_rate_soma_{pa}_pa_hz": rate[pa] for pa in RATES},
        **{f"burst_probability_dendrite_{pa}_pa": burst[pa] for pa in BURSTS},
        "event_rate_over_dendrite_lowest_hz": over_dendrite.min(),
        "event_rate_over_dendrite_highest_hz": over_dendrite.max(),
        "burst_probability_over_soma_lowest": over_soma.min(),
        "burst_probability_over_soma_highest": over_soma.max(),
    }


def figures(data, summary):
    """Draw rate, event rate and burst probability against both currents, with published values."""
    drawing = plotting.figure(plotting.PAGE, 4.2)
    axes = plotting.panels(drawing, 2, 3)
    quantities = {
        "rate": "Firing rate (Hz)",
        "event_rate": "Event rate (Hz)",
        "burst_probability": "Burst probability",
    }
    for column, (name, label) in enumerate(quantities.items()):
        lines(
            axes[0, column],
            data[name].sel(dendrite=[-3e-10, 0, 2e-10, 4e-10], method="nearest"),
            "soma",
            label,
        )
        lines(
            axes[1, column], data[name].sel(soma=[1e-10, 3e-10, 6e-10], method="nearest"), "dendrite", label
        )
    if data.attrs.get("neuron", DEFAULT) == DEFAULT:
        points(axes[0, 1], RATES, COLOURS[0], "dendrite −300 pA")
        points(axes[1, 2], BURSTS, COLOURS[1], "soma 300 pA")
        plotting.legend(axes[0, 1], loc="upper left", handles=axes[0, 1].lines[-1:])
        plotting.legend(axes[1, 2], loc="upper left", handles=axes[1, 2].lines[-1:])
    for row, other in zip(axes, ("dendrite", "soma"), strict=True):
        plotting.legend(row[0], loc="upper left", title=f"{other} (pA)", title_fontsize=SMALL)
    return {"fi_curves": drawing}


def lines(axes, values, along, label):
    """Draw one line for each value of the other current."""
    other = "dendrite" if along == "soma" else "soma"
    for colour, current in zip(COLOURS, values[other].values, strict=False):
        line = values.sel({other: current})
        axes.plot(
            line[along] * 1e12,
            line,
            color=colour,
            linewidth=LINE,
            label=f"{current * 1e12:.0f}".replace("-", "−"),
        )
    axes.set(xlabel=f"Current into the {along} (pA)", ylabel=label, ylim=(0, None))


def points(axes, published, colour, where):
    """Draw published values in the colour of the curve that they belong to."""
    look = dict(markerfacecolor=colour, markeredgecolor="black", markeredgewidth=0.6, markersize=4)
    axes.plot(*zip(*published.items(), strict=True), "o", **look, label=f"published, {where}")


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
