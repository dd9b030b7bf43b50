"""What `plateau_difference.py` measures: angles to the gradient image by image, errors, and the summary."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import expit

MV = 1e-3  # V, and the unit of potentials
BLOCK = 500  # images in a point of a curve
Floats = np.ndarray


def angles_by_image(
    means: Mapping[str, Mapping[str, Floats]], weights: Sequence[Floats], every: int
) -> Floats:
    """Return the angle (rad) between what hidden cells learn from and the gradient, (hidden layers, images).

    An image changes all synapses of a layer by the credit of the cells times the potentials from below, and
    so does the gradient of the squared error of the rates: the angle is that between the two credits. `means`
    are (images, cells) by layer, `weights` (cells below, cells, looks) of the layers above the first, which
    are looked at `every` so many images.
    """
    slopes = {name: slope(each["V_1"]) for name, each in means.items()}
    output = means["output"]
    delta = slopes["output"] * (output["r_2"] - expit(output["V_1"] / MV))
    found = []
    for name, w in zip(list(means)[-2::-1], reversed(weights), strict=True):
        delta = slopes[name] * backwards(delta, w, every)
        found.insert(0, angle(slopes[name] * plateau_change(means[name]), delta))
    return np.array(found).reshape(len(weights), len(delta))


def slope(V: Floats) -> Floats:
    """Return the derivative of the rate (over its maximum) at potentials (V)."""
    s = expit(V / MV)
    return s * (1 - s)


def plateau_change(means: Mapping[str, Floats]) -> Floats:
    """Return how much larger the plateaus are with a teacher."""
    return expit(means["A_2"] / MV) - expit(means["A_1"] / MV)


def backwards(delta: Floats, w: Floats, every: int) -> Floats:
    """Return the errors (images, cells) that reach the layer below through forward weights of the time."""
    blocks = [delta[k * every : (k + 1) * every] @ w[:, :, k].T for k in range(w.shape[2])]
    return np.concatenate(blocks)


def angle(a: Floats, b: Floats) -> Floats:
    """Return the angle (rad) between the rows of two arrays; NaN where one is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.sum(a * b, axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return np.arccos(np.clip(cosine, -1, 1))


def dataset(trained: Mapping[str, Any]) -> xr.Dataset:
    """Return the courses of all conditions over images, in blocks, and their errors."""
    pure, some = {"units": "1"}, next(iter(trained.values()))
    size = min(BLOCK, some.right[0].size)
    courses = {name: _blocks(np.concatenate(each.right)[None], size)[0] for name, each in trained.items()}
    layers = max(2, *(each.angles[0].shape[0] for each in trained.values()))
    angles = {name: _padded(_blocks(np.hstack(each.angles), size), layers) for name, each in trained.items()}
    return xr.Dataset(
        {
            "training_error": (("condition", "block"), 1 - np.array(list(courses.values())), pure),
            "angle": (("condition", "layer", "block"), np.array(list(angles.values())), {"units": "rad"}),
            "validation_error": (
                ("condition", "epoch"),
                1 - np.array([each.validation for each in trained.values()]),
                pure,
            ),
            "test_error": ("condition", [1 - each.test for each in trained.values()], pure),
        },
        {
            "condition": list(trained),
            "layer": np.arange(1, layers + 1),
            "images": ("block", size * (1 + np.arange(next(iter(courses.values())).size)), pure),
            "epoch": np.arange(1, len(some.validation) + 1),
        },
    )


def _blocks(values: Floats, size: int) -> Floats:
    """Return means over so many images each, what is left at the end aside: (rows, blocks)."""
    whole = values.shape[1] // size * size
    with np.errstate(invalid="ignore"):
        return np.nanmean(values[:, :whole].reshape(len(values), whole // size, size), axis=2)


def _padded(rows: Floats, n: int) -> Floats:
    return np.concatenate([rows, np.full((n - len(rows), rows.shape[1]), np.nan)])


def summary(data: xr.Dataset) -> dict[str, float]:
    """Return errors and angles of each condition: the mean angle of the last fifth, and the least."""
    numbers: dict[str, float] = {}
    fifth = max(1, data.block.size // 5)
    for name in map(str, data.condition.values):
        one = data.sel(condition=name)
        numbers[f"{name}_test_error"] = float(one.test_error)
        numbers[f"{name}_validation_error"] = float(one.validation_error[-1])
        numbers[f"{name}_training_error_late"] = float(one.training_error[-fifth:].mean())
        for layer in one.layer.values:
            course = np.degrees(one.angle.sel(layer=layer).values)
            if np.isfinite(course).all():
                numbers[f"{name}_angle_hidden{layer}_deg"] = float(course[-fifth:].mean())
                numbers[f"{name}_angle_hidden{layer}_least_deg"] = float(course.min())
    return numbers
