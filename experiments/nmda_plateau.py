"""Clustered glutamate on a thin dendrite makes NMDA spikes, and plateaus that last as long as the glutamate.

Question   How do amplitude and duration of an NMDA spike depend on the number of synapses, on the number of
           pulses and on APV, and is the plateau a second stable state?
Method     A soma with a basal branch of 160 um; 1 to 60 synapses (0.5 nS AMPA, 1 nS NMDA) at 80 to 120 um
           release together, 1 to 8 times at 50 Hz; with APV, without NMDA receptors; time step 0.025 ms.
Prediction The somatic amplitude grows steeply between 14 and 18 synapses, to 5 to 8 mV, unless APV is there.
           Each further pulse lengthens the plateau. With the standard magnesium block the steady state is
           single at -72 mV: the plateau is not bistable, it tracks glutamate. A steeper block has two folds.
Published  Schiller et al. 2000, Nature 404:285: 5.9 +- 1.5 mV, half-width 64 +- 20 ms, 226 +- 46 % of APV;
           Oikonomou et al. 2012: two pulses make a spike, five a plateau.
Command    python experiments/nmda_plateau.py      (20 s)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import numpy as np
import xarray as xr
from brian2 import mV

from dendritic_bp import plotting
from dendritic_bp.models.neurons.basal_branch import basal_branch
from dendritic_bp.storage import Record
from dendritic_bp.style import COLOURS, LINE, SHADE, SMALL
from dendritic_bp.voltage import folds, half_width
from networks import branches

SYNAPSES = np.arange(1, 61)
PULSES = np.array([1, 2, 3, 5, 8])
CLUSTERS = np.array([18, 20, 30])  # synapses
SHOWN = 18  # synapses
BLOCKS = {"standard block": 0.062, "steeper block": 0.08}  # per mV
REFERENCE = dict(E_L=-70 * mV)  # of the folds of an independent program, at the steeper block
REFERENCE_FOLDS = (5.44, 6.56)


def simulate(args):
    """Release glutamate in all combinations."""
    trials = [(n, 1, apv) for apv in (0, 1) for n in SYNAPSES]
    trials += [(n, pulses, 0) for n in CLUSTERS for pulses in PULSES]
    run = branches.Glutamate(trials).run(args.set)
    rise = branches.rises(run)[: 2 * len(SYNAPSES)].reshape(2, -1)
    lasting = branches.plateaus(run)[2 * len(SYNAPSES) :].reshape(len(CLUSTERS), -1)
    data = dataset(run, rise, lasting, block_lines(args.set))
    return Record(data, measure(data), run.provenance)


def block_lines(changed):
    """Return the phase line of each block, at the cells' parameters; say if they are the reference's."""
    cells = {name.removeprefix("cells."): value for name, value in changed.items()}
    known = {name: value for name, value in cells.items() if name in basal_branch.parameters}
    blocks = {name: dict(alpha_Mg=alpha / mV) for name, alpha in BLOCKS.items()}
    if "alpha_Mg" in known:
        blocks = {"block": {}}
    lines = [branches.block_line(**(REFERENCE | block | known)) for block in blocks.values()]
    return xr.Dataset(
        {"g_hold": (("block", "v_hold"), np.stack([g for _, g in lines])[:, ::20], {"units": "1"})},
        coords={"v_hold": ("v_hold", lines[0][0][::20], {"units": "V"}), "block": list(blocks)},
        attrs={"as_reference": int(not known)},
    )


def dataset(run, rise, lasting, lines):
    """Keep amplitudes, plateau durations, the phase lines, and the voltages of trains onto one cluster."""
    first = 2 * len(SYNAPSES) + list(CLUSTERS).index(20) * len(PULSES)
    volt = {"units": "V"}
    return lines.assign(
        {
            "amplitude": (("apv", "synapses"), rise, volt),
            "plateau": (("cluster", "pulses"), lasting, {"units": "s"}),
            "v_s": (("time",), run["trace.v_s"][SHOWN - 1], volt),
            "v_d": (("pulses", "time"), run["trace.v_d"][first : first + len(PULSES)], volt),
        }
    ).assign_coords(
        {
            "time": ("time", run["trace.t"], {"units": "s"}),
            "synapses": SYNAPSES,
            "pulses": PULSES,
            "cluster": CLUSTERS,
            "apv": [0, 1],
        }
    )


def measure(data):
    """Return what is compared with experiments."""
    control, blocked = data["amplitude"].sel(synapses=SHOWN).values
    rise = data["amplitude"].sel(apv=0).values
    numbers = {
        "amplitude_18_synapses_mv": control * 1e3,
        "half_width_18_synapses_ms": half_width(data["time"], data["v_s"]) * 1e3,
        "control_to_apv": control / blocked,
        "threshold_synapses": SYNAPSES[np.diff(rise).argmax()] + 0.5,
    }
    for name, line in zip(data["block"].values, data["g_hold"].values, strict=True):
        numbers[f"folds_{name.replace(' ', '_')}"] = folds(data["v_hold"], line).size
    durations = data["plateau"].sel(cluster=20).values
    numbers |= {f"plateau_{n}_pulses_ms": 1e3 * t for n, t in zip(PULSES, durations, strict=True)}
    return {name: float(value) for name, value in numbers.items() if np.isfinite(value)}


def figures(data, summary):
    """Draw amplitude, plateaus and phase lines."""
    drawing = plotting.figure(plotting.PAGE, 4.4)
    axes = plotting.panels(drawing, 2, 2)
    draw_amplitude(axes[0, 0], data)
    draw_voltages(axes[0, 1], data)
    draw_durations(axes[1, 0], data)
    draw_lines(axes[1, 1], data)
    return {"nmda_plateau": drawing}


def draw_amplitude(axes, data):
    """Draw the somatic amplitude over the number of synapses, beside the published range."""
    axes.axhspan(4.4, 7.4, color=SHADE, linewidth=0)
    axes.annotate("Schiller et al. 2000", (59, 4.5), ha="right", fontsize=SMALL)
    for apv, name in ((0, "control"), (1, "with APV")):
        curve = data["amplitude"].sel(apv=apv) * 1e3
        axes.plot(data["synapses"], curve, color=COLOURS[apv], linewidth=LINE, label=name)
    axes.set(xlabel="Synapses", ylabel="Amplitude at the soma (mV)", ylim=(0, None))
    plotting.legend(axes, loc="upper left")


def draw_voltages(axes, data):
    """Draw the voltage of the branch for trains of 1 to 8 pulses onto 20 synapses."""
    shown = data.sel(time=slice(0, 0.45))
    for colour, pulses in zip(COLOURS, PULSES, strict=False):
        label = str(pulses)
        voltage = shown["v_d"].sel(pulses=pulses) * 1e3
        axes.plot(shown["time"] * 1e3, voltage, color=colour, linewidth=LINE, label=label)
    axes.set(xlabel="Time (ms)", ylabel="Voltage of the branch (mV)", xlim=(0, 450))
    above(axes, 5, title="pulses at 50 Hz onto 20 synapses", title_fontsize=SMALL, alignment="left")


def draw_durations(axes, data):
    """Draw how long the branch stays depolarised."""
    for colour, cluster in zip(COLOURS, CLUSTERS, strict=False):
        curve = data["plateau"].sel(cluster=cluster) * 1e3
        axes.plot(
            PULSES, curve, "o-", color=colour, linewidth=LINE, markersize=3, label=f"{cluster} synapses"
        )
    axes.set(xlabel="Pulses at 50 Hz", ylabel="Branch above −40 mV (ms)", xticks=PULSES, ylim=(0, None))
    plotting.legend(axes, loc="upper left")


def draw_lines(axes, data):
    """Draw which NMDA conductance holds which voltage; where a line turns back, two voltages are stable."""
    for colour, name in zip(COLOURS, data["block"].values, strict=False):
        label = f"{name} ({BLOCKS[name]:g}/mV)" if name in BLOCKS else name
        line = data["g_hold"].sel(block=name)
        axes.plot(line, data["v_hold"] * 1e3, color=colour, linewidth=LINE, label=label)
    for k, fold in enumerate(REFERENCE_FOLDS if data.attrs["as_reference"] else ()):
        label = None if k else "reference folds"
        axes.axvline(fold, color="black", linewidth=0.6, linestyle="dotted", label=label)
    axes.set(xlim=(0, 12), xlabel="NMDA conductance / leak conductance", ylabel="Steady voltage (mV)")
    above(axes, 2)


def above(axes, columns, **look):
    """Put the legend above the axes, off all curves."""
    place = dict(loc="lower left", bbox_to_anchor=(-0.1, 0.98), ncols=columns)
    plotting.legend(axes, columnspacing=0.9, **place, **look)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
