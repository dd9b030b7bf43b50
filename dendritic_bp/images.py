"""Any labelled images of one size: files in the format of MNIST, or data sets that scikit-learn fetches.

They stay as they are in memory, a byte a pixel; mostly bright ones are inverted, as cells that answer to dark
see them, so that backgrounds drive nobody. A test set is taken as given; without one, and for
validation, images are split off by seed. Rate networks (`ngrad.py`) take theirs from `idx.idx_dataset`, which
leaves pixels as they are and splits otherwise.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dendritic_bp.errors import UserError
from dendritic_bp.flags import require_counts
from dendritic_bp.idx import read_idx, shift_hint
from dendritic_bp.tasks import VALIDATION, Dataset, digits, for_training, split, split_off

OPENML = dict(mnist="mnist_784", fashion_mnist="Fashion-MNIST")  # each 60,000 for training, then 10,000
TRAINING = 60_000
MOST_VALIDATION = 2_000  # images; chosen here
FEWEST = 5  # examples of a class
BRIGHT = 0.6  # mean brightness above which images are inverted; chosen here
ALIKE = 0.15  # share of the variance in one direction with which steps are full; MNIST has 0.13; chosen here
PACED = 1_000  # images from which it is taken
SAMPLE = 10_000  # images from which the mean brightness is taken

FILES = ("images", "labels", "test_images", "test_labels")

Labelled = tuple[NDArray[Any], NDArray[np.integer]]


def image_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say which images are learned, and how many."""
    add = parser.add_argument
    add("--data", choices=["digits", *OPENML], default="digits", help="fetched once, but for digits (digits)")
    for name in FILES:
        add(f"--{name.replace('_', '-')}", metavar="F", help="file in the format of MNIST (IDX), gzip or not")
    add("--limit", type=int, default=0, metavar="N", help="number of training images (0: all)")


def are_digits(args: argparse.Namespace) -> bool:
    """Tell whether the digits of scikit-learn are asked for. Raises UserError where flags do not fit."""
    require_counts(0, limit=args.limit)
    for one, other in (FILES[:2], FILES[2:]):
        if bool(getattr(args, one)) != bool(getattr(args, other)):
            given, missing = (one, other) if getattr(args, one) else (other, one)
            raise UserError(f"--{given.replace('_', '-')} needs --{missing.replace('_', '-')} too.")
    if args.test_images and not args.images:
        raise UserError("--test-images needs --images and --labels: a test set alone cannot be learned.")
    if args.images and args.data != "digits":
        raise UserError(f"Give --data {args.data} or files, not both.")
    return not args.images and args.data == "digits"


def images_of(args: argparse.Namespace, brightness: float | None = None) -> Dataset:
    """Return the images that are asked for; digits are scaled to this mean brightness (None: as is)."""
    if are_digits(args):
        return replace(digits(args.seed, args.limit), mean=brightness)
    if args.images:
        test = [args.test_images, args.test_labels] if args.test_images else []
        return from_files(args.images, args.labels, args.seed, test, args.limit)
    return from_openml(args.data, args.seed, args.limit)


def from_files(images: str, labels: str, seed: int, test: Sequence[str] = (), limit: int = 0) -> Dataset:
    """Read IDX files, gzip or not; `test` are the images and labels of a test set. Raises UserError."""
    given, shape = _read(images, labels)
    return replace(dataset(given, _read(*test)[0] if test else None, seed, limit), shape=shape)


def from_openml(name: str, seed: int, limit: int = 0) -> Dataset:
    """Fetch a data set once (later it is taken from scikit-learn's cache). Raises UserError, if offline."""
    from sklearn.datasets import fetch_openml  # here, as it takes two seconds

    try:
        found = fetch_openml(OPENML[name], version=1, as_frame=False, parser="auto")
    except Exception as error:  # of the network, of the server, of a damaged cache: the remedy is the same
        raise UserError(
            f"Cannot fetch {OPENML[name]} from openml.org: {error}. Give files instead, in the format of "
            "MNIST: --images F --labels F --test-images F --test-labels F."
        ) from error
    images, labels = found.data.astype(np.uint8), found.target.astype(np.int64)
    del found
    return dataset(
        (images[:TRAINING], labels[:TRAINING]), (images[TRAINING:], labels[TRAINING:]), seed, limit
    )


def dataset(given: Labelled, test: Labelled | None, seed: int, limit: int = 0) -> Dataset:
    """Return images (n, pixels) with `limit` of them for training (0: all that are left); refuse bad ones."""
    images, labels = given
    _require_good(images, labels, "training")
    if test is None:
        train, validation, tested = split(labels, seed)
    else:
        _require_good(*test, "test")
        _require_alike(given, test)
        share = min(VALIDATION, MOST_VALIDATION / len(labels))
        train, validation = split_off(np.arange(len(labels)), labels, share, seed)
        tested = np.arange(len(test[1])) + len(labels)
        images, labels = np.concatenate([images, test[0]]), np.concatenate([labels, test[1]])
    train = for_training(train, labels, limit, seed)
    white = float(images.max()) or 1.0
    mean = float(images[train[:SAMPLE]].mean() / white)
    if (images[train] == images[train[0]]).all():
        raise UserError(f"All {len(train)} training images are the same.")
    if mean > BRIGHT:
        images, mean = images.max() - images, 1 - mean
    result = Dataset(images, labels.astype(np.int64), train, validation, tested, white, mean)
    shown = result.brightness(train[:PACED])
    parts = np.array_split(train, -(-len(train) // PACED))
    if all(np.allclose(result.brightness(part), shown[0]) for part in parts):  # the first differs, usually
        raise UserError("All training images are the same once they are scaled to equal brightness.")
    return replace(result, pace=pace(shown))


def pace(shown: NDArray[np.floating]) -> float:
    """Return the share of the steps of learning that suits images (n, pixels) as they are shown: 1 at most.

    What moves most of them together makes hidden cells fire together, and steps that suit cells which fire
    for themselves then add up, and overshoot: the share is ALIKE by that of the variance in one direction.
    """
    centred = shown - shown.mean(axis=0)
    whole, most = np.square(centred).sum(), np.linalg.norm(centred, 2) ** 2
    return float(min(1, ALIKE * whole / most)) if whole else 1.0


def _read(images: str, labels: str) -> tuple[Labelled, tuple[int, int]]:
    """Return images (n, pixels) and their labels, and rows and columns of an image."""
    pixels, classes = read_idx(images, 3), read_idx(labels, 1)
    if len(pixels) != len(classes):
        raise UserError(f"{images} has {len(pixels)} images, but {labels} has {len(classes)} labels.")
    if not pixels.size:
        raise UserError(f"{Path(images)} is empty: its dimensions are {' x '.join(map(str, pixels.shape))}.")
    return (pixels.reshape(len(pixels), -1), classes), pixels.shape[1:]


def _require_good(images: NDArray[Any], labels: NDArray[np.integer], kind: str) -> None:
    if len(images) != len(labels):
        raise UserError(f"There are {len(images)} {kind} images, but {len(labels)} labels.")
    if images.dtype.kind == "f" and not (good := np.isfinite(images).all(axis=1)).all():
        raise UserError(f"The {kind} image {good.argmin()} has pixels that are no finite numbers.")
    if not images.any():
        raise UserError(f"All {len(images)} {kind} images are blank.")
    if labels.min() < 0:
        raise UserError(f"The {kind} labels count classes from 0, but the lowest is {labels.min()}.")
    counts = np.bincount(labels)
    if kind == "training" and (counts.size < 2 or counts.min() < FEWEST):
        raise UserError(
            f"The labels must count classes from 0, two or more, with {FEWEST} {kind} images of each; "
            f"class {int(counts.argmin())} of {counts.size} has {counts.min()}.{shift_hint(labels)}"
        )


def _require_alike(given: Labelled, test: Labelled) -> None:
    if given[0].shape[1] != test[0].shape[1]:
        raise UserError(
            f"Training images have {given[0].shape[1]} pixels, but test images {test[0].shape[1]}."
        )
    if test[1].max() > given[1].max():
        raise UserError(
            f"A test label is {test[1].max()}, but the classes of training go from 0 to {given[1].max()}."
        )
