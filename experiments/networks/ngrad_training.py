"""Train rules of `models/rate` on labelled images, many networks at a time, without a simulator."""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from dendritic_bp.errors import UserError, suggest
from dendritic_bp.idx import idx_dataset
from dendritic_bp.models import rate
from dendritic_bp.models.rate._network import steps, values
from dendritic_bp.tasks import digits
from dendritic_bp.toolchain import cores
from measures.ngrad import chance, course, measure, moments

ORDER = ("none", "scalar", "vector", "exact")  # the review's order of feedback
DTYPE = np.float32
DIVERGING = dict(over="ignore", invalid="ignore", divide="ignore")  # what diverges shows in its errors


@dataclass(frozen=True)
class Task:
    """Hold inputs and targets, each (examples, units), for training, validation and test."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Budget:
    """Say how long to train, and at how many moments to measure errors and angles."""

    epochs: int
    batch: int = 20
    moments: int = 40
    angles: int = 12
    probes: int = 5  # mini-batches per angle
    anneal: bool = False  # let the steps fall linearly to zero


@dataclass(frozen=True)
class Job:
    """Describe one network to train; `files` are images and labels (and those of a test set) in IDX."""

    rule: str
    hidden: tuple[int, ...]
    budget: Budget
    seed: int
    files: tuple[str, ...] = ()
    changed: dict[str, float] = field(default_factory=dict)


def rule(name):
    """Return the module of a rule; raise UserError for an unknown one."""
    if name not in rule_names():
        raise UserError(f"There is no rule '{name}' in models/rate: {suggest(name, rule_names())}")
    return import_module(f"dendritic_bp.models.rate.{name}")


@cache
def rule_names():
    """Return the names of all rules."""
    return sorted(path.stem for path in Path(rate.__file__).parent.glob("[!_]*.py"))


def in_order(names):
    """Sort rules as the review does: by the precision of their feedback, then by name."""
    return sorted(set(names), key=lambda name: (ORDER.index(rule(name).feedback), name))


def source_hash():
    """Return a hash of all rules and of what trains and measures them."""
    files = [*Path(rate.__file__).parent.glob("*.py"), *Path(__file__).parent.glob("ngrad*.py")]
    return sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


@cache
def load(files, seed):
    """Read and split the data, as inputs and one-hot targets."""
    return task(idx_dataset(*files[:2], seed, files[2:]) if files else digits(seed))


def task(data):
    """Return images as they are, from 0 to 1, with one-hot targets."""
    x = data.images.astype(DTYPE) / DTYPE(data.white)
    y = np.eye(data.n_classes, dtype=DTYPE)[data.labels]
    return Task(*((x[rows], y[rows]) for rows in (data.train, data.validation, data.test)))


def train(job, task=None):
    """Train one network and return its course, with the mean time of an epoch's updates (s).

    Without a task, the job says which.
    """
    learner, task, budget = rule(job.rule), task or load(job.files, job.seed), job.budget
    p = values(learner.parameters, **job.changed)
    sizes = (task.train[0].shape[1], *job.hidden, task.train[1].shape[1])
    network = replace(learner.network(sizes), dtype=DTYPE)
    order, noise, probe = (np.random.default_rng([job.seed, stream]) for stream in range(3))
    state = learner.initial(network, noise, p)
    wanted, rows, seconds = moments(len(task.train[0]), budget), {}, 0.0
    first = steps(p.eta, sizes, np.mean(np.sum(task.train[0] ** 2, axis=1)))
    rows[0] = measure(network, learner, state, task, p, probe, budget, budget.angles > 1)
    for step, batch in enumerate(batches(task.train, budget, order), 1):
        p.eta = first * (1 - (step - 1) / max(wanted) * budget.anneal)
        start = time.perf_counter()
        change, state = learner.update(network, state, *batch, noise, p)
        state = state.learned(change)
        seconds += time.perf_counter() - start
        if step in wanted:
            final = step == max(wanted)
            rows[step] = measure(network, learner, state, task, p, probe, budget, wanted[step], final)
    updates = np.array(list(rows))
    macs = learner.macs(sizes, p) * budget.batch * updates
    result = course(list(rows.values()), updates * budget.epochs / updates[-1], macs)
    weights = (*state.weights.W, *state.weights.b)
    return result.assign(
        epoch_s=((), seconds / budget.epochs, {"units": "s"}),
        parameters=sum(each.size for each in weights),
        finite=all(np.isfinite(each).all() for each in weights),
        chance_error=((), chance(task.test[1]), {"units": "1"}),
    )


def batches(examples, budget, order):
    """Yield the mini-batches of all epochs, each epoch in a new order."""
    x, y = examples
    for _ in range(budget.epochs):
        shuffled = order.permutation(len(x))
        for start in range(0, len(x) - budget.batch + 1, budget.batch):
            rows = shuffled[start : start + budget.batch]
            yield x[rows], y[rows]


def train_all(jobs):
    """Return the courses of all jobs, in their order; the cores work on different jobs."""
    workers = min(cores(), len(jobs))
    if workers == 1:
        with np.errstate(**DIVERGING):
            return [train(job) for job in tqdm(jobs, unit="network")]
    with ProcessPoolExecutor(
        workers, get_context("spawn"), _share_cores, (max(1, cores() // workers),)
    ) as pool:
        futures = [pool.submit(train, job) for job in jobs]
        for done in tqdm(as_completed(futures), total=len(jobs), unit="network"):
            done.result()
        return [future.result() for future in futures]


def _share_cores(threads):
    threadpool_limits(threads)
    np.seterr(**DIVERGING)
