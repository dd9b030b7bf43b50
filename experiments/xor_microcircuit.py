"""Exclusive or with active dendrites: bursts and events are told apart by short-term plasticity, not by hand.

Methods. Two bits, each coded by 40 on- and 40 off-cells (Poisson, 20 or 4 Hz); two hidden pools and one
output population of 100 cells with a soma and an active dendrite (`models/neurons/two_compartment.py`, with
noise). Hidden cells excite (hidden1) or inhibit (hidden2) the output through depressing synapses. The output
reaches the hidden dendrites by two routes: facilitating synapses, which pass bursts on, excite those of
hidden1 and, through SOM interneurons, inhibit those of hidden2; depressing synapses, which pass events on, do
the opposite (through PV interneurons onto hidden1), so that what the events foretell is taken off. In a trial
of 500 ms the network settles (100 ms), predicts (150 ms), and is taught (250 ms): the difference between the
target and the rate in the prediction becomes a current into the dendrites of the output. All inputs of hidden
and output cells learn by `models/synapses/burst_gradient.py`, against the burst probability of the
predictions of the last 0.5 s; what is an event for the rule is told by the detector in each cell. Slow
currents hold event rates and burst probabilities. Hidden cells start with nearly the same input weights (40
pA from on-cells, 0 from off-cells, spread 5 pA), so that they tell how many bits are set, and hardly which.
The four patterns in random order, 640 epochs, 0.5 ms; 10 presentations of each without teacher before and
after.

Prediction. All four patterns are right after training (`solved`), and `test_cost` is well below chance, 2.77.
Controls. With --feedback zero (the four routes onto hidden dendrites cut) or --hidden-plasticity off it is
clearly higher: hidden cells have to learn, and it is mainly the feedback that teaches them (what it is not:
docs/plasticity.md). Directly: what a pool learns from in a trial, the mean of B - P_bar E, correlates with
the gradient (`hidden1_gradient_r`) with the feedback, and not without. Single epochs err:
`simulated_to_criterion_s` (all right and cost below 1 in every later epoch) says little;
`simulated_to_mean_cost_below_1_s` takes the mean of ten epochs.

Published. Payeur et al. 2021, Fig. 4, where event and burst transmission is prescribed: 5,060 s of simulated
time until all four are right for good, 9,600 s until the cost is below 1.

    python experiments/xor_microcircuit.py --seed 1      (a minute)
    python experiments/xor_microcircuit.py --seed 1 --feedback zero
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
from dataclasses import replace

import numpy as np
import xarray as xr

from dendritic_bp import trains
from dendritic_bp.flags import require_counts
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.variants import with_changes
from figures.xor_microcircuit import figures
from measures.xor import NAMES, SOLVED, TARGETS, Course, activity, summary
from networks.layers import TRAINS
from networks.xor_microcircuit import (
    COUNTS,
    INTER,
    POOLS,
    POPULATIONS,
    PREDICT,
    R_HIGH,
    R_LOW,
    RECORDED,
    SIZES,
    TEACH,
    TESTS,
    TRIAL,
    WINDOW_S,
    Microcircuit,
    second,
)

EPOCHS, QUICK = 640, 240
TRIAL_S = float(TRIAL / second)
ACTS = dict(hidden1=1, hidden2=-1)  # signs of the pools' effect on the output


def options(parser):
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--epochs", type=int, metavar="N", help=f"of the four patterns ({EPOCHS})")
    add("--feedback", choices=["opposite", "zero"], default="opposite", help="to the hidden pools (opposite)")
    add("--hidden-plasticity", choices=["on", "off"], default="on", help="of the hidden cells (on)")


def simulate(args):
    """Test, train and test."""
    epochs = (QUICK if args.quick else EPOCHS) if args.epochs is None else args.epochs
    require_counts(epochs=epochs)
    design = Microcircuit(epochs)
    asked = {"": design.values(args.seed, args.feedback, args.hidden_plasticity == "on")}
    values = with_changes(asked, args.set, design.values(args.seed))
    run = Program(design.protocol, design.name).run(seed=args.seed, values=values[""])
    data = dataset(design, run, args.seed)
    return Record(data, measure(data, course(design, run, args.seed), design, run), run.provenance)


def counts(design, run, seed):
    """Return what was counted in each trial (populations, epochs, patterns), by name."""
    clock, by_pattern = design.clock, np.argsort(design.schedule(seed).sample.reshape(-1, 4), axis=1)[None]
    read = {name: clock.counts(run, f"meter.{name}").T for name in COUNTS}
    read["signal"] = np.stack([clock.counts(run, f"{pool}.signal").T.mean(axis=0) for pool in POOLS])
    trials = {name: each.reshape(len(each), -1, 4) for name, each in read.items()}
    return {name: np.take_along_axis(each, by_pattern, axis=2) for name, each in trials.items()}


def course(design, run, seed):
    """Return what the network predicted."""
    read = counts(design, run, seed)
    parts = {"before": slice(TESTS), "after": slice(-TESTS, None)}
    cell_seconds = np.array(list(SIZES.values()))[:, None] * WINDOW_S["predict"]
    both = [read[f"predict_{event}"] for event in ("event", "burst")]
    shown = np.tile(np.arange(4), TESTS)
    return Course(
        rate=both[0][-1] / cell_seconds[-1],
        tests={
            when: activity(shown, *(each[:, part].reshape(len(each), -1) for each in both), cell_seconds)
            for when, part in parts.items()
        },
        limits=(R_LOW, R_HIGH),
        epoch_s=4 * TRIAL_S,
        populations=SIZES,
        windows=[],
        window_s=TRIAL_S,
    )


def dataset(design, run, seed):
    """Return rates by epoch and pattern, the feedback, and the spikes of the last trials."""
    read, seen = counts(design, run, seed), course(design, run, seed)
    hertz, one = {"units": "Hz"}, {"units": "1"}
    arrays = {}
    for name in COUNTS:
        rate = read[name] / (np.array(list(SIZES.values()))[:, None, None] * WINDOW_S[name.split("_")[0]])
        arrays[f"{name}_rate"] = (("population", "epoch", "pattern"), rate, hertz)
    arrays["signal"] = (("pool", "epoch", "pattern"), read["signal"], one)
    arrays["output_rate"] = (("epoch", "pattern"), seen.rate, hertz)
    arrays["cost"] = ("epoch", seen.cost, one)
    for pool in POOLS:
        arrays[f"{pool}_feedback"] = ("time", run[f"{pool}_feedback.I_top"][0], {"units": "A"})
    start = (design.trials - 8) * TRIAL_S
    for population in POPULATIONS:
        spikes = {
            kind: (run[f"{population}_{kind}s.t"] - start, run[f"{population}_{kind}s.i"]) for kind in TRAINS
        }
        arrays |= trains.entries(population, SIZES[population], (0, 8 * TRIAL_S), **spikes)
    arrays["shown"] = ("window", design.schedule(seed).sample[-8:])
    coords = {
        "population": list(POPULATIONS),
        "pool": list(POOLS),
        "pattern": NAMES,
        "epoch": np.arange(-TESTS, design.epochs + TESTS) + 1,
        "time": ("time", run[f"{POOLS[0]}_feedback.t"], {"units": "s"}),
    }
    attributes = dict(target=TARGETS.tolist(), trial_s=TRIAL_S, decision_rate_hz=seen.middle)
    return xr.Dataset(arrays, coords, attributes)


def measure(data, seen, design, run):
    """Return whether and when XOR was learned, what hidden cells were told, and what it cost."""
    trained = replace(seen, rate=seen.rate[TESTS:-TESTS])
    numbers = {
        "test_cost": float(seen.cost[-TESTS:].mean()),
        "test_epochs_right": float(seen.right[-TESTS:].mean()),
        "simulated_to_mean_cost_below_1_s": trained.until(smooth(trained.cost) < SOLVED),
        "last_50_epochs_right": float(trained.right[-50:].mean()),
        **gradient_correlations(data),
        **feedback_slopes(design, run),
        **{f"{name}_hz": float(run[f"{name}_spikes.count"].mean() / design.simulated_s) for name in INTER},
    }
    return summary(trained, run, design.simulated_s) | {k: v for k, v in numbers.items() if np.isfinite(v)}


def gradient_correlations(data):
    """Correlate what each pool learns from, trial by trial, with the gradient, in the first 60 epochs."""
    first = data.sel(epoch=slice(1, 60))
    error = np.where(TARGETS, R_HIGH, R_LOW) - first["output_rate"].values
    pairs = {pool: (first["signal"].sel(pool=pool).values, sign * error) for pool, sign in ACTS.items()}
    return {f"{k}_gradient_r": float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for k, (a, b) in pairs.items()}


def feedback_slopes(design, run):
    """Regress the mean feedback current of each window in training on the output's event and burst rates."""
    trained = slice(4 * TESTS, 4 * (TESTS + design.epochs))
    rates = [
        np.concatenate(
            [design.clock.counts(run, f"meter.{w}_{event}")[trained, -1] / s for w, s in WINDOW_S.items()]
        )
        / SIZES["output"]
        for event in ("event", "burst")
    ]
    columns = np.transpose([*rates, np.ones(rates[0].size)])
    bounds = [round(float(start / RECORDED)) for start in (PREDICT, TEACH)]
    slopes = {}
    for pool in POOLS:
        current = run[f"{pool}_feedback.I_top"][0].reshape(design.trials, -1)[trained]
        parts = np.split(current, bounds, axis=1)
        mean = np.concatenate([part.mean(axis=1) for part in parts[1:]])
        per_event, per_burst, _ = np.linalg.lstsq(columns, mean, rcond=None)[0]
        slopes |= {f"{pool}_pa_per_event_hz": per_event * 1e12, f"{pool}_pa_per_burst_hz": per_burst * 1e12}
    return {name: float(value) for name, value in slopes.items()}


def smooth(values, n=10):
    """Return the means over the last n values, or over all there are."""
    sums = np.cumsum(np.insert(values, 0, 0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - n, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
