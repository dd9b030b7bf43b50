"""Labelled data and the order in which a network sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

VALIDATION = TEST = 0.2  # shares, chosen here

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Hold one table of images, and which rows are for training, validation and test."""

    images: NDArray[np.floating]  # (n, pixels), from 0 to 1
    labels: Indices  # (n,), from 0
    train: Indices
    validation: Indices
    test: Indices

    @property
    def n_classes(self) -> int:
        """Return the number of classes."""
        return int(self.labels.max()) + 1


def digits(seed: int) -> Dataset:
    """Split scikit-learn's 1,797 handwritten digits (8 x 8) 60/20/20, with equal shares of each class."""
    images, labels = load_digits(return_X_y=True)
    return Dataset(images / 16, labels.astype(np.int64), *split(labels, seed))


def split(labels: NDArray[np.integer], seed: int) -> tuple[Indices, Indices, Indices]:
    """Return the rows for training, validation and test, 60/20/20, with equal shares of each class."""
    rest, test = _split(np.arange(labels.size), labels, TEST, seed)
    train, validation = _split(rest, labels, VALIDATION / (1 - TEST), seed)
    return train, validation, test


def trial_order(n_train: int, epochs: int, seed: int) -> Indices:
    """Return a new random order of 0..n_train-1 for each epoch; shape (epochs, n_train)."""
    generator = np.random.default_rng(seed)
    return np.stack([generator.permutation(n_train) for _ in range(epochs)])


def _split(rows: Indices, labels: NDArray[np.integer], share: float, seed: int) -> tuple[Indices, Indices]:
    large, small = train_test_split(rows, test_size=share, stratify=labels[rows], random_state=seed)
    return np.sort(large), np.sort(small)
