"""Dendritic input decides whether a population's synapses grow or shrink; presynaptic bursting does not.

Methods. 1,000 presynaptic and 1,000 postsynaptic cells with active dendrites (`models/neurons/pyramidal.py`),
connected at random (20 %) by plastic synapses onto the soma. 25,000 excitatory and as many inhibitory Poisson
sources at 5 Hz, which fire on a grid of 1 ms, are shared at random (100 and 30 a cell, drawn anew for each
compartment) and drive the presynaptic cells. The postsynaptic dendrites get a constant 50 pA and 20 of 100
sources at 1 Hz, of weight d. After 20 s without plasticity come phases of 25 s in which the dendritic weight
is d, 1.5 d, d, 0.55 d, d; in a last one, 40 pA into the presynaptic dendrites make *these* cells burst more.
170 s at 0.1 ms.
Prediction. Burst probability above its running average lets the weights grow, below it shrink; the average
follows, and learning stops. More presynaptic bursts, at the same event rate, change nothing.
Published. Payeur et al. 2021, Fig. 2E-G; the values beside ours are those of the published program (seed 1).

    python experiments/plasticity_population.py      (two minutes; --quick: populations of 500 cells)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import numpy as np
import xarray as xr
from brian2 import (
    EventMonitor,
    Hz,
    Network,
    StateMonitor,
    TimedArray,
    defaultclock,
    ms,
    pA,
    second,
)

from dendritic_bp import SynapseModel, analysis, neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.conductances import conductances, exact_decay
from dendritic_bp.models.neurons.poisson_sources import poisson_sources
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from figures.plasticity_population import figures

# All values [P21] unless chosen here.
DT = 0.1 * ms
SETTLE, PHASE, BIN = 20.0, 25.0, 2.5  # s
FACTORS = (1, 1.5, 1, 0.55, 1, 1)  # of the dendritic weight, in each phase
PRE_PA = (0, 0, 0, 0, 0, 40)
STEP = 5.0  # s, resolution of the schedule
DURATION = SETTLE + PHASE * len(FACTORS)
N, SOURCES, SOURCE_RATE = 1000, 25_000, 5 * Hz
GRID_MS = 1.0  # chosen here: the shared sources fire on it
FAN_IN = dict(exc=100, inh=30)
WEIGHTS = dict(exc_s=0.17, inh_s=0.26, exc_d=0.0425, inh_d=0.065)  # of the leak conductance
W_START, W_DENDRITE, P_CONNECT = 0.08, 0.25, 0.2


cell = pyramidal.with_equations(**conductances).with_equations(
    """
v_drive = v_s : volt                                  # as published
I_noise_s = 0*amp : amp
I_noise_d = 0*amp : amp
I_soma = 0*amp : amp
I_bias : amp                                          # without effect
x_bar : 1                                             # without effect
w_total : 1                                           # sum of the plastic weights onto this cell
""",
    parameters=dict(
        memory=1,
        tau_avg=5 * second,
        tau_exc=exact_decay(5 * ms, DT),
        tau_inh=exact_decay(10 * ms, DT),
        tau_ws=exact_decay(100 * ms, DT),
        tau_x=exact_decay(100 * ms, DT),
    ),
)
plastic_synapse = SynapseModel(
    "plastic_conductance",
    """
w : 1
plastic = lesson(t) : 1
h = -clip(1 - r_max/(rate_post + 1e-9*Hz), 0, 1) : 1  # above r_max, all weights shrink
""",
    on_pre={
        "event": """
g_exc_s_post += w
w = clip(w + plastic*eta*clip(r_min - rate_post, 0*Hz, r_min)/Hz, 0, 1)
"""
    },
    on_post={
        "event": "w = clip(w + plastic*eta*(h - P_bar_post)*x_pre, 0, 1)",
        "burst": "w = clip(w + plastic*eta*(h + 1)*x_pre, 0, 1)",
    },
    parameters=dict(eta=3.5e-3, r_min=2 * Hz, r_max=12 * Hz),
    initial=dict(w=W_START),
    namespace=("lesson",),
)
dendritic_synapse = SynapseModel(
    "dendritic", "w : 1", on_pre={"spike": "g_exc_d_post += factor(t)*w"}, namespace=("factor",)
)


def schedule(before, phases):
    """Return a value for each phase as a function of time."""
    values = [before] * round(SETTLE / STEP) + np.repeat(phases, round(PHASE / STEP)).tolist()
    return TimedArray(np.asarray(values), dt=STEP * second)


def shared_noise(cells, grid):
    """Connect each kind of shared source at random to both compartments, with separate draws."""
    for kind, fan_in in FAN_IN.items():
        group = poisson_sources(f"{kind}_sources", SOURCES, SOURCE_RATE, grid)
        yield group
        for part in "sd":
            model = SynapseModel("noise", "w : 1", on_pre={"spike": f"g_{kind}_{part}_post += w"})
            w = WEIGHTS[f"{kind}_{part}"]
            yield synapses(model, group, cells, f"{kind}_{part}", dict(p=fan_in / SOURCES), w=w)


def dendritic_drive(cells):
    """Connect the few sources that drive the postsynaptic dendrites."""
    group = poisson_sources("dendritic_sources", 100, 1 * Hz, DT)
    names, wiring = dict(factor=schedule(1, FACTORS)), dict(p=P_CONNECT)
    return group, synapses(dendritic_synapse, group, cells, "dendritic", wiring, names, w=W_DENDRITE)


def protocol(n, grid):
    """Return the protocol of two populations of `n` cells; each cell has as many synapses at any size."""

    def build():
        defaultclock.dt = DT
        model = cell.with_input(("pre_pa",), I_apical="pre_pa(t)*pA")
        pre_pa = schedule(0, PRE_PA)
        before = neurons(model, n, "before", dict(pre_pa=pre_pa), v_s="E_L + 5*mV*randn()")
        after = neurons(cell, n, "after", I_apical=50 * pA)
        names = dict(lesson=schedule(0, np.ones(len(FACTORS))))
        plastic = synapses(plastic_synapse, before, after, "plastic", dict(p=P_CONNECT * N / n), names)
        inputs = *shared_noise(before, grid), *dendritic_drive(after)
        network = Network(before, after, *inputs, plastic, *recording(before, after, plastic))
        network.run(DURATION * second, namespace={})
        return network

    return build


def recording(before, after, plastic):
    """Record events and bursts, and once a bin the sum of the weights onto each cell and its P_bar."""
    each = dict(dt=BIN * second, when="start")
    after.run_regularly("w_total = 0", order=-3, **each)
    plastic.run_regularly("w_total_post += w", order=-2, **each)
    yield StateMonitor(after, ["w_total", "P_bar"], record=True, order=-1, name="slow", **each)
    for group in (before, after):
        for event in ("event", "burst"):
            yield EventMonitor(group, event, name=f"{group.name}_{event}s")


def options(parser):
    """Add the flags of this experiment."""
    help = f"the shared sources fire on this grid ({GRID_MS:g})"
    parser.add_argument("--source-grid", type=float, default=GRID_MS, metavar="MS", help=help)


def simulate(args):
    """Simulate, and keep rates, burst probabilities and the mean weight in bins."""
    n, steps = 500 if args.quick else N, args.source_grid * ms / DT
    if not 1 <= steps <= 100 or abs(steps - round(steps)) > 1e-9:
        raise UserError(
            f"--source-grid takes whole steps of 0.1 ms, from 0.1 to 10 ms, not {args.source_grid:g} ms."
        )
    program = Program(protocol(n, args.source_grid * ms), f"plasticity_population-{n}-{round(steps)}")
    run = program.run(seed=args.seed, values=args.set)
    edges = np.arange(0, DURATION + BIN / 2, BIN)
    hz, one = {"units": "Hz"}, {"units": "1"}
    arrays = {}
    for group in ("before", "after"):
        events, bursts = (analysis.rates(run[f"{group}_{name}.t"], n, edges) for name in ("events", "bursts"))
        arrays[f"{group}_event_rate"] = ("bin", events, hz)
        arrays[f"{group}_burst_probability"] = ("bin", analysis.burst_probability(bursts, events), one)
    arrays["P_bar"] = ("time", run["slow.P_bar"].mean(axis=0), one)
    arrays["w"] = ("time", run["slow.w_total"].sum(axis=0) / len(run["plastic.w"]), one)
    coords = {"bin": edges[:-1] + BIN / 2, "time": run["slow.t"]}
    coords = {name: (name, values, {"units": "s"}) for name, values in coords.items()}
    data = xr.Dataset(arrays, coords)
    return Record(data, measure(data) | dict(run_s=run.run_s, cpu_s=run.cpu_s), run.provenance)


def measure(data):
    """Return the mean weight at the end of each phase, and rates and burst probabilities in the phases."""
    numbers = {}
    for time in (*(SETTLE + PHASE * np.arange(len(FACTORS))), DURATION - BIN):
        numbers[f"w_{time:g}_s"] = float(data["w"].sel(time=time, method="nearest"))
    for k in range(len(FACTORS)):
        settled = data.sel(bin=slice(SETTLE + PHASE * k + 10, SETTLE + PHASE * (k + 1)))
        for group in ("before", "after"):
            key = f"{group}_phase{k + 1}"
            numbers[f"{key}_event_rate_hz"] = float(settled[f"{group}_event_rate"].mean())
            numbers[f"{key}_burst_probability"] = float(settled[f"{group}_burst_probability"].mean())
    return numbers


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
