"""Labelled data and the order in which a network sees them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dendritic_bp.errors import UserError

VALIDATION = TEST = 0.2  # shares, chosen here

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Hold one table of images, and which rows are for training, validation and test."""

    images: NDArray[Any]  # (n, pixels), from 0 to `white`
    labels: Indices  # (n,), from 0
    train: Indices
    validation: Indices
    test: Indices
    white: float = 1.0
    mean: float | None = None  # brightness that all images are scaled to; None: they are as they are
    pace: float = 1.0  # share of the steps of learning that suits these images
    shape: tuple[int, int] | None = None  # rows and columns of an image; None: it is square

    @property
    def n_classes(self) -> int:
        """Return the number of classes."""
        return int(self.labels.max()) + 1

    def brightness(self, rows: Indices) -> NDArray[np.float64]:
        """Return images from 0 to 1; scaled to `mean`, some pixels pass 1, and blank images stay blank."""
        shown = self.images[rows] / self.white
        if self.mean is None:
            return shown
        own = shown.mean(axis=1, keepdims=True)
        return shown * np.divide(self.mean, own, out=np.zeros_like(own), where=own > 0)


def digits(seed: int, limit: int = 0) -> Dataset:
    """Split scikit-learn's 1,797 handwritten digits (8 x 8) 60/20/20, with equal shares of each class."""
    from sklearn.datasets import load_digits  # here, as it takes two seconds

    images, labels = load_digits(return_X_y=True)
    train, validation, test = split(labels, seed)
    train = for_training(train, labels, limit, seed)
    return Dataset(images / 16, labels.astype(np.int64), train, validation, test)


def limited(train: Indices, limit: int, seed: int) -> Indices:
    """Return so many of the rows, drawn by seed; all of them, if `limit` is 0."""
    if limit > len(train):
        raise UserError(f"--limit {limit} is more than the {len(train)} images that are left for training.")
    return np.sort(np.random.default_rng(seed).permutation(train)[:limit]) if limit else train


def for_training(train: Indices, labels: NDArray[np.integer], limit: int, seed: int) -> Indices:
    """Return so many of the rows as `limited`; refuse so few that a class has none."""
    drawn = limited(train, limit, seed)
    if (missing := np.setdiff1d(labels[train], labels[drawn])).size:
        raise UserError(f"--limit {limit} leaves no training image of class {missing[0]}: take more.")
    return drawn


def split(labels: NDArray[np.integer], seed: int) -> tuple[Indices, Indices, Indices]:
    """Return the rows for training, validation and test, 60/20/20, with equal shares of each class."""
    rest, test = split_off(np.arange(labels.size), labels, TEST, seed)
    train, validation = split_off(rest, labels, VALIDATION / (1 - TEST), seed)
    return train, validation, test


def trial_order(n_train: int, epochs: int, seed: int) -> Indices:
    """Return a new random order of 0..n_train-1 for each epoch; shape (epochs, n_train)."""
    generator = np.random.default_rng(seed)
    return np.stack([generator.permutation(n_train) for _ in range(epochs)])


def split_off(rows: Indices, labels: NDArray[np.integer], share: float, seed: int) -> tuple[Indices, Indices]:
    """Return the rows without a share of them, and this share, with equal shares of each class."""
    from sklearn.model_selection import train_test_split  # here, as it takes two seconds

    large, small = train_test_split(rows, test_size=share, stratify=labels[rows], random_state=seed)
    return np.sort(large), np.sort(small)
