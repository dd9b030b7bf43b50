"""Images and labels in the IDX format of MNIST, plain or compressed with gzip."""

import gzip
import math
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dendritic_bp.errors import UserError
from dendritic_bp.tasks import Dataset, split

GZIP, UNSIGNED_BYTE = b"\x1f\x8b", 8
MOST = 2_000  # images for validation where a test set is given; chosen here
PathLike = str | os.PathLike[str]
Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def read_idx(path: PathLike, n_dimensions: int) -> NDArray[np.uint8]:
    """Return the bytes of an IDX file, shaped as its header says.

    The header is two zero bytes, the type (8, unsigned bytes), the number of dimensions, and each as
    a big-endian 32-bit number. Raises UserError when it is not that, or when bytes are missing or left over.
    """
    content = _content(Path(path))
    if content[:2] != b"\0\0":
        raise UserError(
            f"{path} is no IDX file: it begins with {content[:2].hex(' ') or 'nothing'}, not with 00 00."
        )
    if len(content) < 4:
        raise UserError(
            f"{path} is cut: it has {len(content)} bytes, and the header of an IDX file 4 or more."
        )
    if content[2] != UNSIGNED_BYTE:
        raise UserError(f"{path} holds data of type 0x{content[2]:02x}; only unsigned bytes (0x08) are read.")
    if content[3] != n_dimensions:
        kind = _KINDS.get(n_dimensions, "the data asked for")
        raise UserError(f"{path} has {content[3]} dimensions, but {kind} have {n_dimensions}.")
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise UserError(f"{path} is cut: its header of {start} bytes ends after {len(content)}.")
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4"))
    if len(content) - start != math.prod(shape):
        size = " x ".join(map(str, shape))
        raise UserError(
            f"{path} is damaged: its header says {size}, but {len(content) - start} bytes follow."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_dataset(images: PathLike, labels: PathLike, seed: int, test: Sequence[PathLike] = ()) -> Dataset:
    """Read images and their labels, and split them 60/20/20 by seed, with equal shares of each class.

    If `test` names the images and labels of a test set, it is taken as given, and at most 2,000 others are
    for validation. Pixels come as float32 from 0 to 1, shape (n, pixels). UserError when files do not fit.

    These are the images of `ngrad.py`, whose rate networks take them as they are. Those of spiking networks
    come from `images.from_files`, which keeps bytes, inverts bright images, measures brightness and pace, and
    draws the images for validation with equal shares of each class: by a seed, the two do not split alike.
    """
    given = _labelled(images, labels)
    parts = split(given[1], seed)
    if test:
        tested = _labelled(*test)
        _require_alike(given, tested, test[0])
        validation = np.sort(parts[1][np.random.default_rng(seed).permutation(len(parts[1]))[:MOST]])
        every = np.arange(len(given[1]))
        parts = np.setdiff1d(every, validation), validation, len(every) + np.arange(len(tested[1]))
        given = np.concatenate([given[0], tested[0]]), np.concatenate([given[1], tested[1]])
    return Dataset(given[0].astype(np.float32) / 255, given[1].astype(np.int64), *parts)


def _require_alike(given: Labelled, tested: Labelled, name: PathLike) -> None:
    if given[0].shape[1] != tested[0].shape[1]:
        raise UserError(f"{name} has {tested[0].shape[1]} pixels an image, but training {given[0].shape[1]}.")
    if tested[1].max() > given[1].max():
        raise UserError(f"A test label is {tested[1].max()}, but those of training end at {given[1].max()}.")


def _labelled(images: PathLike, labels: PathLike) -> Labelled:
    pixels, classes = read_idx(images, 3), read_idx(labels, 1)
    if len(pixels) != len(classes):
        raise UserError(f"{images} has {len(pixels)} images, but {labels} has {len(classes)} labels.")
    if not pixels.size:
        raise UserError(f"{images} is empty: its dimensions are {' x '.join(map(str, pixels.shape))}.")
    counts = np.bincount(classes)
    if len(counts) < 2 or counts.min() < 5:
        raise UserError(
            f"{labels} must count classes from 0, two or more, with 5 examples of each; "
            f"class {int(counts.argmin())} of {counts.size} has {counts.min()}.{shift_hint(classes)}"
        )
    return pixels.reshape(len(pixels), -1), classes


def shift_hint(labels: NDArray[np.integer]) -> str:
    """Return how labels that do not begin at 0 are shifted."""
    first = int(labels.min())
    if not first:
        return ""
    return (
        f" They begin at {first}: take {first} off each, in a test set too, as by `labels - {first}`; in "
        "a file in the format of MNIST that is not compressed, labels are the bytes after the first 8: "
        f"`b = np.fromfile(F, np.uint8); b[8:] -= {first}; b.tofile(NEW)`."
    )


_KINDS = {1: "labels", 3: "images"}


def _content(path: Path) -> bytes:
    """Read a file, through gzip if it begins like it."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == GZIP else content
    except OSError as error:  # gzip.BadGzipFile is one
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (EOFError, zlib.error) as error:
        raise UserError(
            f"{path} is cut or damaged: its compressed data end too early or are wrong."
        ) from error
