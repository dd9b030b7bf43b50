"""One synapse under three pairing protocols: bursts potentiate, events depress.

Methods. The spikes of both cells are prescribed. An interval above 16 ms makes a spike an event; of those
that follow closer, the first is a burst. A postsynaptic burst adds eta = 0.1 times the trace of presynaptic
events (50 ms) to the weight, an event subtracts P_bar times as much; P_bar is the ratio of the averages of
bursts and events over 15 s. All at 0.1 ms.
  Periodic       15 epochs of 5 simultaneous spikes at 20 frequencies from 1 to 100 Hz; an epoch lasts one
                 second longer than its five periods, then 10 s pass. At first 5 Hz of events, P_bar 15 %.
  Poisson        Both cells fire at random (exponential intervals after 2 ms) for 100 s, at 10 rates from 1
                 to 50 Hz; P_bar starts at 30 or 50 %; 20 realisations (4 with --quick).
  Burst-Poisson  Events at 5 or 10 Hz (exponential intervals after 20 ms), a share p of which are bursts, the
                 second spike 2 to 12 ms later; 100 s; P_bar starts at 20 %; 20 realisations.
Prediction. A synapse is depressed where its cell bursts less than it used to, potentiated where it bursts
more: the sign changes at 62.5 Hz (intervals of 16 ms), where a share P_bar(0) of the random intervals is
shorter than 16 ms (25.5 and 49.5 Hz), and at p = P_bar(0).
Published. Payeur et al. 2021, Fig. 2B-D; values of the periodic protocol from the published program.

    python experiments/pairing.py      (two minutes)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
from dataclasses import replace

import numpy as np
import xarray as xr
from brian2 import Hz, Network, TimedArray, defaultclock, ms, second

from dendritic_bp import neurons, synapses
from dendritic_bp.blocks import detector
from dendritic_bp.models.neurons.prescribed import prescribed
from dendritic_bp.models.synapses.burst_dependent_pairing import burst_dependent_pairing
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from figures.pairing import PUBLISHED, figures

# All values [P21]: Payeur et al. 2021, doi:10.1038/s41593-021-00857-x, and its program of these protocols.
DT, TAU_AVG, DURATION = 1e-4, 15.0, 100.0  # s
FREQUENCIES = np.linspace(1, 100, 20)  # Hz
EPOCHS, PAIRS, FIRST, TAIL, GAP = 15, 5, 0.01, 1.0, 10.0  # s, the last three
RATES = np.linspace(1, 50, 10)  # Hz
SHARES = np.arange(0, 0.5, 0.05)
EVENT_RATES = (5, 10)  # Hz
START_RATE = 5  # Hz, of events
PERIODIC_P, POISSON_P, BURST_POISSON_P = 0.15, (0.3, 0.5), 0.2  # burst probability at first
NEVER = 1e9  # s
CELLS = dict(tau_x=50 * ms, tau_avg=TAU_AVG * second)

poisson = replace(
    prescribed.with_equations("rate_spikes : Hz", parameters=dict(T_ref=2 * ms)),
    name="poisson_pairing",
    reset="t_next += T_ref - log(rand())/rate_spikes\n" + detector["reset"],
    initial=dict(t_window=-1 * second),
    namespace=(),
)
bursting = replace(
    poisson.with_equations(
        "p : 1\nsecond_spike : boolean", parameters=dict(T_ref=20 * ms, T_min=2 * ms, T_span=10 * ms)
    ),
    name="burst_poisson_pairing",
    reset="""
second_spike = (not second_spike) and rand() < p
soon = T_min + T_span*rand()
later = T_ref - log(rand())/rate_spikes
t_next += int(second_spike)*soon + (1 - int(second_spike))*later
"""
    + detector["reset"],
)


def periodic_times(frequency):
    """Return the spike times (s) of all epochs, rounded down to whole steps as in the published program."""
    steps = np.array([int((FIRST + pair / frequency) / DT) for pair in range(PAIRS)])
    epoch = int((PAIRS / frequency + TAIL) / DT) + round(GAP / DT)
    return DT * np.add.outer(epoch * np.arange(EPOCHS), steps).ravel()


def grid(copies, *axes):
    """Return each axis at all points of the grid of all axes and `copies` realisations, flat."""
    return [points.ravel() for points in np.meshgrid(*axes, np.arange(copies), indexing="ij")[:-1]]


def pairs(name, model, start_p, namespace=None, **values):
    """Build a pair of cells for each burst probability to start from, with one synapse."""
    averages = dict(E_bar=START_RATE * TAU_AVG, B_bar=START_RATE * TAU_AVG * np.asarray(start_p), **CELLS)
    sources, cells = (
        neurons(model, len(start_p), f"{name}_{role}", namespace, **averages, **values)
        for role in ("sources", "cells")
    )
    wires = synapses(burst_dependent_pairing, sources, cells, f"{name}_synapses", connect="i == j")
    return sources, cells, wires


def periodic_pairs():
    """Build a pair for each frequency."""
    times = np.array([periodic_times(frequency) for frequency in FREQUENCIES]).T
    train = TimedArray(np.vstack([times, np.full(len(FREQUENCIES), NEVER)]) * second, dt=1 * second)
    return pairs("periodic", prescribed, [PERIODIC_P] * len(FREQUENCIES), dict(train=train))


def random_pairs(copies):
    """Build pairs of Poisson and of burst-Poisson cells for all rates, shares and realisations."""
    start_p, rates = grid(copies, POISSON_P, RATES)
    first = "-log(rand())/rate_spikes"
    poissons = pairs("poisson", poisson, start_p, rate_spikes=rates * Hz, t_next=first)
    rates, shares = grid(copies, EVENT_RATES, SHARES)
    start_p = np.full(len(rates), BURST_POISSON_P)
    return poissons + pairs("bursting", bursting, start_p, rate_spikes=rates * Hz, p=shares, t_next=first)


def protocol(copies):
    """Return the protocol with so many realisations of the random trains."""

    def build():
        defaultclock.dt = DT * second
        periodic, random = periodic_pairs(), random_pairs(copies)
        network = Network(*periodic, *random)
        network.run(DURATION * second, namespace={})
        for each in random:
            each.active = False
        network.run((EPOCHS * (PAIRS / FREQUENCIES[0] + TAIL + GAP) - DURATION) * second, namespace={})
        return network

    return build


def simulate(args):
    """Simulate all protocols at once, and keep the weight changes."""
    copies = 4 if args.quick else 20
    run = Program(protocol(copies), f"pairing-{copies}").run(seed=args.seed, values=args.set)
    one = {"units": "1"}
    data = xr.Dataset(
        {
            "periodic": ("frequency", run["periodic_synapses.w"], one),
            "poisson": (
                ("start_p", "rate", "copy"),
                run["poisson_synapses.w"].reshape(len(POISSON_P), len(RATES), copies),
                one,
            ),
            "bursting": (
                ("event_rate", "share", "copy"),
                run["bursting_synapses.w"].reshape(len(EVENT_RATES), len(SHARES), copies),
                one,
            ),
        },
        coords={
            "frequency": ("frequency", FREQUENCIES, {"units": "Hz"}),
            "start_p": ("start_p", list(POISSON_P), one),
            "rate": ("rate", RATES, {"units": "Hz"}),
            "event_rate": ("event_rate", list(EVENT_RATES), {"units": "Hz"}),
            "share": ("share", SHARES, one),
        },
    )
    return Record(data, measure(data), run.provenance)


def measure(data):
    """Return the periodic curve, and where the means of all curves change their sign."""
    numbers = {f"periodic_dw_{i}": change for i, change in enumerate(data["periodic"].values)}
    numbers["periodic_sign_change_hz"] = sign_change(data["frequency"], data["periodic"])
    for p in POISSON_P:
        curve = data["poisson"].sel(start_p=p).mean("copy")
        numbers[f"poisson_sign_change_p{100 * p:.0f}_hz"] = sign_change(data["rate"], curve)
    for rate in EVENT_RATES:
        curve = data["bursting"].sel(event_rate=rate).mean("copy")
        numbers[f"burst_poisson_sign_change_{rate}_hz"] = sign_change(data["share"], curve)
    return {name: value for name, value in numbers.items() if np.isfinite(value)}


def sign_change(x, y):
    """Return where a curve last crosses zero from below, interpolated; NaN if it does not."""
    x, y = np.asarray(x), np.asarray(y)
    rises = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
    if not rises.size:
        return np.nan
    k = rises[-1]
    return x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])


if __name__ == "__main__":
    step = {f: int(np.argmin(abs(FREQUENCIES - f))) for f in PUBLISHED}
    published = {f"periodic_dw_{step[f]}": change for f, change in PUBLISHED.items()}
    cli.main(__doc__, simulate, figures, published=published)
