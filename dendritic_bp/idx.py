"""Images and labels in the IDX format of MNIST, plain or compressed with gzip."""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dendritic_bp.errors import UserError
from dendritic_bp.tasks import Dataset, split

GZIP, UNSIGNED_BYTE = b"\x1f\x8b", 8
PathLike = str | os.PathLike[str]


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


def idx_dataset(images: PathLike, labels: PathLike, seed: int) -> Dataset:
    """Read images and their labels, and split them 60/20/20 by seed, with equal shares of each class.

    Pixels come as float32 from 0 to 1, shape (n, pixels). UserError when the files do not fit together.
    """
    pixels, classes = read_idx(images, 3), read_idx(labels, 1)
    if len(pixels) != len(classes):
        raise UserError(f"{images} has {len(pixels)} images, but {labels} has {len(classes)} labels.")
    if not pixels.size:
        raise UserError(f"{images} is empty: its dimensions are {' x '.join(map(str, pixels.shape))}.")
    _, counts = np.unique(classes, return_counts=True)
    if len(counts) < 2 or counts.min() < 5:
        raise UserError(f"{labels} needs two classes or more, and 5 examples of each; it has {counts}.")
    flat = pixels.reshape(len(pixels), -1).astype(np.float32) / 255
    return Dataset(flat, classes.astype(np.int64), *split(classes, seed))


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
