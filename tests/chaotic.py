"""What the chaos test stops at random moments: runs, a sweep, a chain and a figure; or a sweep alone."""

import sys
import time

import numpy as np
import xarray as xr
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, defaultclock, ms, mV, second
from matplotlib.figure import Figure

from dendritic_bp import cli
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.sweep import sweep

PIECES = 4


def noisy_plastic():
    """Noisy cells with random, plastic wiring: half a second of processor time."""
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        60,
        "dv/dt = (-70*mV - v + sigma*xi*sqrt(10*ms))/(10*ms) : volt\nsigma : volt (shared, constant)",
        threshold="v > -50*mV",
        reset="v = -70*mV",
        method="euler",
        name="cells",
    )
    cells.v, cells.sigma = "-70*mV + 10*mV*rand()", 15 * mV
    wires = Synapses(
        cells, cells, "w : volt", on_pre="v_post += w; w = clip(w + 0.001*mV, 0*mV, 1*mV)", name="wires"
    )
    wires.connect(p=0.2)
    wires.w = "0.1*mV*rand()"
    network = Network(cells, wires, SpikeMonitor(cells, name="spikes"))
    network.run(8 * second)
    return network


def simulate(args):
    print("on", flush=True)
    program = Program(noisy_plastic, "chaos")
    runs = [program.run(args.seed + k, progress=False) for k in range(3)]
    runs += sweep(
        program, [dict(seed=10 + k, values={"cells.sigma": 16 * mV}) for k in range(3)], progress=False
    )
    state = None
    for _ in range(PIECES):
        runs.append(program.run(state=state, progress=False, keep_state=True))
        state = runs[-1].state
    time.sleep(0.3)  # measures
    data = xr.Dataset(
        {
            "w": (("run", "synapse"), [np.resize(run["wires.w"], 700) for run in runs], {"units": "V"}),
            "t": ("spike", np.concatenate([run["spikes.t"] for run in runs]), {"units": "s"}),
        }
    )
    mean = {f"w_{k}_v": float(np.mean(run["wires.w"])) for k, run in enumerate(runs)}
    return Record(data, mean | {"spikes": data.t.size}, {})


def figures(data, summary):
    time.sleep(0.3)
    figure = Figure()
    figure.subplots().plot(data.t)
    return {"times": figure}


def main():
    if sys.argv[1] == "sweep":
        print("on", flush=True)
        runs = sweep(
            Program(noisy_plastic, "chaos"),
            [dict(seed=k) for k in range(6)],
            folder=sys.argv[2],
            progress=False,
        )
        print(*(f"{len(run['spikes.t'])} {run['wires.w'].sum()!r}" for run in runs), sep="\n")
    else:
        cli.main(None, simulate, figures, name="chaos", arguments=sys.argv[2:])


if __name__ == "__main__":
    main()
