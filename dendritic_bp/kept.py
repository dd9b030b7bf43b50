"""Finished simulations that outlive an error: within `keeping`, each run of a program stays in a folder.

A script that is started again within the same folder takes them from there, as long as sources, seed and
values are the same, and goes on where it was stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_folders: list[Path] = []
_asked: Counter[str] = Counter()


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Keep every run of the block in the folder, or take it from there."""
    _folders.append(folder.absolute())
    _asked.clear()
    try:
        yield
    finally:
        _folders.pop()


def folder() -> Path | None:
    """Return the folder in which runs are kept at the moment, or None outside `keeping`."""
    return _folders[-1] if _folders else None


def place(key: str) -> Path | None:
    """Return where the run of this key belongs, or None outside `keeping`; equal runs have a place each."""
    if not _folders:
        return None
    _asked[key] += 1
    return _folders[-1] / (key if _asked[key] == 1 else f"{key}-{_asked[key]}")


def finished(folder: Path) -> list[Path]:
    """List the kept runs that are complete."""
    return sorted(path.parent for path in folder.glob("*/record.json"))
