"""Labelled arrays of `layer5.py`: geometry, voltages and currents of BAC firing, and the curves."""

import numpy as np
import xarray as xr
from brian2 import meter, second, siemens

from dendritic_bp.models.neurons.layer5 import SECTIONS, where
from networks.layer5 import AXIS, CURRENTS, ONSET, TUFT_75

SPAN = (-15e-3, 100e-3)  # s, around the onset of the pulse
EVERY = 4  # samples of 0.025 ms
CHANNELS = ("leak", "nat", "nap", "kfast", "kslow", "km", "ih", "sca", "kca")
CONDITIONS = ["spike alone", "synapse alone", "both"]
METRE, SECOND, VOLT = {"units": "m"}, {"units": "s"}, {"units": "V"}


def geometry():
    """Return the shape of every section and the channel densities of every compartment."""
    names = list(where)
    ends = np.array([np.broadcast_to(SECTIONS[name].diameter / meter, 2) for name in names])
    density = np.zeros((len(CHANNELS), where[names[-1]].stop))
    for (row, channel), name in ((pair, name) for pair in enumerate(CHANNELS) for name in names):
        value = SECTIONS[name].values.get(f"g_{channel}", 0 * siemens / meter**2)
        density[row, where[name]] = np.asarray(value)
    return xr.Dataset(
        {
            "parent": ("section", [SECTIONS[name].parent or "" for name in names]),
            "n": ("section", [SECTIONS[name].n for name in names]),
            "length": ("section", [float(SECTIONS[name].length / meter) for name in names], METRE),
            "diameter": (("section", "end"), ends, METRE),
            "density": (("channel", "compartment"), density, {"units": "S/m**2"}),
            "edge": ("border", edges(), METRE),
        },
        coords={"section": names, "channel": list(CHANNELS)},
    )


def edges():
    """Return the borders of the compartments from soma to tuft; 0 is where the apical dendrite begins."""
    lengths = [float(SECTIONS[name].length / meter) / SECTIONS[name].n for name in ("soma", "apical", "tuft")]
    sizes = np.repeat(lengths, [SECTIONS[name].n for name in ("soma", "apical", "tuft")])
    return np.concatenate([[0], np.cumsum(sizes)]) - sizes[0]


def traces(bac):
    """Return voltages along the axis, and currents at the synapse, around the onset of the pulse."""
    time = bac[0].run["voltage.t"][::EVERY] - ONSET / second
    shown = (time >= SPAN[0]) & (time <= SPAN[1])
    v = np.stack([trial.v[:, ::EVERY][:, shown] for trial in bac.values()])
    currents = [[trial.run[f"currents.{name}"][0, shown] for name in CURRENTS] for trial in bac.values()]
    return xr.Dataset(
        {
            "v": (("condition", "place", "time"), v, VOLT),
            "current": (("condition", "kind_of_current", "time"), currents, {"units": "A/m**2"}),
            "place_compartment": ("place", AXIS),
        },
        coords={
            "condition": CONDITIONS,
            "kind_of_current": CURRENTS,
            "time": ("time", time[shown], SECOND),
        },
        attrs={"place_of_the_synapse": TUFT_75},
    )


def curves(seen):
    """Return plateau and spikes of each protocol over what is varied in it."""
    scales = {
        "alone": (1e-9, "S"),
        "paired": (1e-9, "S"),
        "delay": (1e-3, "s"),
        "train": (1, "Hz"),
        "step": (1e-9, "A"),
    }
    data = {}
    for name, (scale, unit) in scales.items():
        trials = seen[name]
        varied = np.array(list(trials), float) * scale
        data[f"{name}_varied"] = (f"{name}_trial", varied, {"units": unit})
        data[f"{name}_plateau"] = (f"{name}_trial", [trial.plateau() for trial in trials.values()], SECOND)
        data[f"{name}_spikes"] = (f"{name}_trial", [len(trial.spikes) for trial in trials.values()])
    return xr.Dataset(data)
