"""The error need not be a label: three other signals teach the same rules.

Methods. A task gives a network inputs x and targets y, made of a signal that is no label. *Reconstruction*:
y is the image itself, a digit, 64-16-64 units. *Temporal difference*: random walks over 19 states, with a
reward of 1 at the right end; x is the state, and y = r + V(next state) is the network's own prediction a step
later, 19-20-1. *Policy gradient*: a contextual bandit; the context is a digit, an action is drawn from the
softmax policy pi, its reward R is 1 if it is the right one of ten, and y = pi + (R - R_bar) (action - pi), so
that y - pi is the policy gradient, 64-100-10. REINFORCE samples its hidden units too and needs no y, only R.
Three seeds (two with --quick), 8,000 updates (2,000) by mini-batches of 20. Rates of learning chosen here.

Prediction. Backprop and rules by differences of activity (predictive coding, difference target propagation)
learn all three about alike; scalar rules (node perturbation, REINFORCE) learn them too, but more slowly.

Published. Values of the random walk are known, k/20 for state k (Sutton & Barto 2018, examples 6.2 and 7.1).
A linear code of 16 units can do no better than 16 principal components, which are drawn beside ours.

    python experiments/ngrad_signals.py [--quick]      (two minutes)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import time
from dataclasses import replace

import numpy as np
import xarray as xr
from tqdm import tqdm

from dendritic_bp import listing, plotting
from dendritic_bp.errors import UserError
from dendritic_bp.models.rate._network import values
from dendritic_bp.storage import Record
from dendritic_bp.style import COLOURS, GREY, LINE, SMALL
from networks.ngrad_tasks import TASKS
from networks.ngrad_training import rule, source_hash

UPDATES, QUICK_UPDATES, MOMENTS = 8_000, 2_000, 25


def learn(name, task, updates, seed):
    """Return the score of one network at some moments of training."""
    learner, rng = rule(name), np.random.default_rng(seed)
    p = values(learner.parameters, eta=task.rates[name])
    network = learner.network(task.sizes)
    if name != "reinforce":
        network = replace(network, output=task.ends[0], loss=task.ends[1])
    state = learner.initial(network, rng, p)
    wanted, scores = set(moments(updates)), []
    for step in range(updates + 1):
        if step in wanted:
            scores.append(task.score(lambda x, state=state: learner.predict(network, state, x, p)))
        x, y = task.experience(lambda x, state=state: learner.predict(network, state, x, p), rng, network)
        change, state = learner.update(network, state, x, y, rng, p)
        state = state.learned(change)
    return scores


def moments(updates):
    """Return the updates after which scores are taken, evenly on a log scale."""
    return np.unique(np.geomspace(10, updates, MOMENTS).round().astype(int))


def simulate(args):
    """Teach every rule by every signal."""
    if args.set:
        raise UserError("ngrad_signals has no values to --set.")
    if args.seed < 0:
        raise UserError(f"--seed must be 0 or more, not {args.seed}.")
    listing.offer(dict)
    updates, seeds = (QUICK_UPDATES, 2) if args.quick else (UPDATES, 3)
    start, data = time.perf_counter(), xr.Dataset(coords={"update": moments(updates)})
    jobs = [(title, name) for title, task in TASKS.items() for name in task.rates]
    for title, name in tqdm(jobs, unit="rule"):
        courses = [
            learn(name, TASKS[title](seed), updates, seed) for seed in range(args.seed, args.seed + seeds)
        ]
        data[f"{title}_{name}"] = (("seed", "update"), courses, {"units": "1"})
    for title, task in TASKS.items():
        data[f"{title}_reference"] = ((), task(args.seed).reference(), {"units": "1"})
    summary = {name: float(data[name].mean("seed")[-1]) for name in data if "seed" in data[name].dims}
    return Record(data, summary, {"source_hash": source_hash(), "run_s": time.perf_counter() - start})


def figures(data, summary):
    """Draw the score of each rule over training, one panel per signal."""
    drawing = plotting.figure(plotting.PAGE, 2.4)
    axes = plotting.panels(drawing, 1, 3)[0]
    rules = dict.fromkeys(name for task in TASKS.values() for name in task.rates)
    colours = dict(zip(rules, COLOURS, strict=False))
    for panel, (title, task) in zip(axes, TASKS.items(), strict=True):
        for name in task.rates:
            course, colour = data[f"{title}_{name}"], colours[name]
            mean, low, high = course.mean("seed"), course.min("seed"), course.max("seed")
            panel.plot(data["update"], mean, color=colour, linewidth=LINE, label=name.replace("_", " "))
            panel.fill_between(data["update"], low, high, color=colour, alpha=0.2, linewidth=0)
        known = float(data[f"{title}_reference"])
        panel.axhline(known, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        panel.text(8, known - 0.01, task.known, va="top", fontsize=SMALL, color=GREY)
        panel.set(xscale="log", xlabel="Update", ylabel=task.label, ylim=(0, task.top))
        plotting.title(panel, title.replace("_", " ").capitalize())
    handles, labels = axes[-1].get_legend_handles_labels()
    plotting.legend(drawing, handles=handles, labels=labels, loc="outside lower center", ncols=5)
    return {"signals": drawing}


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
