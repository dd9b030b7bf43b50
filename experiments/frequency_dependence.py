"""Which experiments on plasticity and spike timing does the burst-dependent rule explain, and which not?

Methods. The burst-dependent rule beside pair-based and triplet STDP, at the same spikes; a cell a condition.
  Frequency   60 pairs at 0.1 to 50 Hz, the presynaptic spike 10 ms before or after the other; simultaneous
              pairs up to 100 Hz, in 15 trains of 5, 10 s apart (50 single pairs at 0.1 Hz).
  Timing      60 pairs at 1 Hz, -60 to 60 ms apart.
  Bursts      60 pairings at 1 Hz of a presynaptic spike with 1, 2 or 3 postsynaptic ones, 12 ms apart, the
              first of them 10 ms before or after the presynaptic spike.
  Dendrite    60 pairings at 1 Hz of a presynaptic spike, in either order, with 5 ms of 2 nA into the soma of
              a cell with an active dendrite, which gets 0 to 1000 pA for 10 ms at the same time.
The burst rule starts from 5 Hz of events and P_bar = 15 %; its step, 0.055, makes simultaneous pairs at
20 Hz depress as much as in slices. Spike times are prescribed, but in the last experiment.
Prediction. The burst rule explains what depends on postsynaptic bursts: depression of simultaneous pairs up
to 62.5 Hz and potentiation above, potentiation by postsynaptic bursts and not by single spikes, the change
of sign with dendritic depolarisation. It does not explain potentiation by single spikes in pre-post order,
nor that at 40 and 50 Hz: spikes 20 ms apart are no bursts. The triplet rule explains the latter, but not
that simultaneous pairs depress.
Published. Slices: Sjöström, Turrigiano & Nelson 2001, Neuron 32:1149. Potentiation that needs postsynaptic
bursts: Kampa, Letzkus & Stuart 2006, J Physiol 574:283; that needs dendritic depolarisation: Sjöström &
Häusser 2006, Neuron 51:227.

    python experiments/frequency_dependence.py      (two minutes)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import numpy as np
import xarray as xr
from brian2 import Network, TimedArray, defaultclock, ms, nA, pA, second

from dendritic_bp import neurons, synapses
from dendritic_bp.electrode import pulse_values, pulses, with_pulses
from dendritic_bp.models.neurons.prescribed import prescribed
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.burst_dependent_pairing import burst_dependent_pairing
from dendritic_bp.models.synapses.stdp_pair import stdp_pair
from dendritic_bp.models.synapses.stdp_triplet import stdp_triplet
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from figures.frequency_dependence import figures

RULES = dict(
    burst=(burst_dependent_pairing, dict(eta=0.055)),  # chosen here, see above
    pair=(stdp_pair, {}),
    triplet=(stdp_triplet, {}),
)
PAIRS, LAG, START, NEVER = 60, 10e-3, 0.1, 1e9  # s, the last three
FREQUENCIES = np.array([0.1, 1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50])  # Hz
SYNCHRONOUS = np.array([0.1, 5, 10, 20, 30, 40, 50, 60, 65, 70, 80, 100])  # Hz
ORDERS = {"pre-post": LAG, "post-pre": -LAG}
LAGS = np.arange(-60, 61, 2.5) * 1e-3  # s
COUNTS, INTERVAL = (1, 2, 3), 12e-3  # spikes of a burst, and s between them
DENDRITE = np.arange(0, 1001, 50)  # pA
DIMENSIONS = dict(
    pairs=("order", "frequency"),
    synchronous=("simultaneous",),
    timing=("lag",),
    bursts=("order", "spikes"),
    dendrite=("order", "current"),
)
TAU_AVG, START_RATE, P_BAR = 15, 5, 0.15  # s, Hz, 1 [P21]


def regular(frequency, n=PAIRS):
    """Return n spike times (s)."""
    return START + np.arange(n) / frequency


def trains(frequency):
    """Return the times of 15 trains of 5 spikes, 10 s apart; of 50 spikes if the frequency is 0.1 Hz."""
    if frequency <= 0.1:
        return regular(frequency, 50)
    return np.add.outer(START + np.arange(15) * (5 / frequency + 10), np.arange(5) / frequency).ravel()


def conditions():
    """Yield (experiment, presynaptic times, postsynaptic times), in the order of the arrays of the data."""
    for lag in ORDERS.values():
        for frequency in FREQUENCIES:
            yield "pairs", regular(frequency), regular(frequency) + lag
    for frequency in SYNCHRONOUS:
        yield "synchronous", trains(frequency), trains(frequency)
    for lag in LAGS:
        yield "timing", regular(1), regular(1) + lag
    for lag in ORDERS.values():
        for n in COUNTS:
            yield "bursts", regular(1), np.add.outer(regular(1) + lag, np.arange(n) * INTERVAL).ravel()


def told(name, times, **values):
    """Build cells that fire at these times (s), one list a cell."""
    longest = max(map(len, times)) + 1
    train = np.array([[*each, *[NEVER] * (longest - len(each))] for each in times]).T
    return neurons(
        prescribed, len(times), name, dict(train=TimedArray(train * second, dt=1 * second)), **values
    )


def with_rules(name, sources, cells):
    """Return the groups, and synapses of each rule between them."""
    wires = [
        synapses(model, sources, cells, f"{name}_{rule}", connect="i == j", **values)
        for rule, (model, values) in RULES.items()
    ]
    return [sources, cells, *wires]


def dendritic_pairings(**averages):
    """Build cells with an active dendrite, one for each order and dendritic current."""
    before, after = ([each] * len(DENDRITE) for each in (regular(1), regular(1) + 2 * LAG))
    sources = told("dendrite_sources", before + after, tau_x=50 * ms)
    soma = pulses(2 * nA, (START + LAG) * second, 5 * ms, PAIRS, 1 * second)
    heights = np.tile(DENDRITE, 2)
    trials = [dict(I_soma=soma, I_apical=soma | dict(height=pa * pA, width=10 * ms)) for pa in heights]
    values = pulse_values(trials, ("I_soma", "I_apical"))
    cells = neurons(with_pulses(two_compartment), len(trials), "dendrite_cells", **values, **averages)
    return with_rules("dendrite", sources, cells)


def protocol():
    """Run all conditions side by side."""
    defaultclock.dt = 0.1 * ms
    averages = dict(tau_avg=TAU_AVG * second, E_bar=START_RATE * TAU_AVG, B_bar=P_BAR * START_RATE * TAU_AVG)
    _, before, after = zip(*conditions(), strict=True)
    sources, cells = told("sources", before, tau_x=50 * ms), told("cells", after, **averages)
    dendritic = dendritic_pairings(**averages)
    network = Network(*with_rules("told", sources, cells), *dendritic)
    network.run((PAIRS + 1) * second, namespace={})
    for each in dendritic:
        each.active = False
    network.run(max(each[-1] for each in (*before, *after)) * second - 60 * second, namespace={})
    return network


def simulate(args):
    """Simulate, and keep the relative change of the weights of all rules."""
    run = Program(protocol, "frequency_dependence").run(seed=args.seed, values=args.set)
    told = np.array([run[f"told_{rule}.w"] for rule in RULES])
    names = np.array([name for name, *_ in conditions()])
    weights = {str(name): told[:, names == name] for name in dict.fromkeys(names)}
    weights["dendrite"] = np.array([run[f"dendrite_{rule}.w"] for rule in RULES])
    data = dataset(weights)
    return Record(data, measure(data), run.provenance)


def dataset(weights):
    """Label the relative changes of the weights (rule, condition) of each experiment."""
    coords = dict(
        rule=list(RULES),
        order=list(ORDERS),
        spikes=list(COUNTS),
        frequency=("frequency", FREQUENCIES, {"units": "Hz"}),
        simultaneous=("simultaneous", SYNCHRONOUS, {"units": "Hz"}),
        lag=("lag", LAGS, {"units": "s"}),
        current=("current", DENDRITE * 1e-12, {"units": "A"}),
    )
    empty = xr.Dataset(coords=coords)
    start = np.array([[model.initial.get("w", 0)] for model, _ in RULES.values()])
    arrays = {}
    for name, dims in DIMENSIONS.items():
        dims = ("rule", *dims)
        arrays[name] = (
            dims,
            (weights[name] - start).reshape([empty.sizes[each] for each in dims]),
            {"units": "1"},
        )
    return empty.assign(arrays)


def measure(data):
    """Return the weight changes that tell the rules apart."""
    numbers = {}
    for rule in RULES:
        one = data.sel(rule=rule)
        for order in ORDERS:
            key = order.replace("-", "_")
            for hz in (0.1, 10, 20, 40, 50):
                change = one["pairs"].sel(order=order, frequency=hz)
                numbers[f"{rule}_{key}_{hz:g}_hz".replace(".", "p")] = float(change)
            for n in COUNTS:
                numbers[f"{rule}_{key}_{n}_spikes"] = float(one["bursts"].sel(order=order, spikes=n))
            for pa in (0, DENDRITE[-1]):
                current = one["dendrite"].sel(order=order).sel(current=pa * 1e-12, method="nearest")
                numbers[f"{rule}_{key}_dendrite_{pa}_pa"] = float(current)
        for hz in (0.1, 20, 40, 100):
            change = one["synchronous"].sel(simultaneous=hz)
            numbers[f"{rule}_synchronous_{hz:g}_hz".replace(".", "p")] = float(change)
    return numbers


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
