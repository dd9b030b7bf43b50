"""Ask how rules of learning scale with the size and the depth of the network."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import xarray as xr

from networks.ngrad_training import Budget, Job, rule

SIZES, QUICK_SIZES = (4, 16, 63, 250, 1000, 4000), (4, 126, 4000)  # hidden units, one layer
DEPTHS, WIDTH = (1, 2, 3, 4, 5), 100  # hidden layers, and the units of each
SIZE_BUDGET = Budget(epochs=2, moments=1, angles=1, probes=20)
DEPTH_BUDGET = Budget(epochs=10, moments=1, angles=1, probes=20)
FACTORS = (1, 0.2, 0.04)  # of the rate of learning in the rule's parameters; the best one counts


def size_jobs(names, seed, changed, quick):
    """Return the networks of one hidden layer of different sizes, each at several rates of learning."""
    shapes = [(size,) for size in (QUICK_SIZES if quick else SIZES)]
    return _jobs(names, shapes, SIZE_BUDGET, seed, changed, quick)


def depth_jobs(names, seed, changed, quick):
    """Return the networks of different depth, each at several rates of learning."""
    return _jobs(names, [(WIDTH,) * depth for depth in DEPTHS], DEPTH_BUDGET, seed, changed, quick)


def _jobs(names, shapes, budget, seed, changed, quick):
    if quick:
        budget = replace(budget, epochs=max(1, budget.epochs // 5), probes=5)
    return [
        Job(name, hidden, budget, seed, (), changed[name] | {"eta": factor * _eta(name, changed[name])})
        for name in names
        for hidden in shapes
        for factor in (FACTORS[:2] if quick else FACTORS)
    ]


def _eta(name, changed):
    return changed.get("eta", rule(name).parameters["eta"].value)


def best(jobs, courses, names, along):
    """Return error and angle at each rule's best rate of learning (on validation), over size or depth.

    The angle is that of the first hidden layer after training, the mean over mini-batches.
    """
    runs = groupby(zip(jobs, courses, strict=True), key=lambda run: (run[0].rule, run[0].hidden))
    chosen = {key: min((each for _, each in group), key=_validation_error) for key, group in runs}
    shapes = sorted({hidden for _, hidden in chosen}, key=lambda hidden: (len(hidden), hidden))
    grid = [[chosen[name, hidden] for hidden in shapes] for name in names]
    error = np.array([[each.test_error.values[-1] for each in row] for row in grid])
    angle = np.array([[each.angle.values[-1, 0] for each in row] for row in grid])
    at = [hidden[0] if along == "size" else len(hidden) for hidden in shapes]
    dims = ("rule", along)
    return xr.Dataset(
        {
            f"{along}_error": (dims, error, {"units": "1"}),
            f"{along}_angle": (dims, angle, {"units": "rad"}),
            f"{along}_parameters": (along, [int(each.parameters) for each in grid[0]]),
        },
        coords={"rule": names, along: at},
    )


def _validation_error(course):
    return course.validation_error.values[-1]
