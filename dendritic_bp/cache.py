"""The folder of kept builds: what it holds, and what of that nobody uses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from dendritic_bp.scratch import locked, remove_orphans, writing
from dendritic_bp.toolchain import cache_folder

PARTS = {"traces", "sources", "binaries", "runs"}  # folders of a program
OWNED = ("traces", "runs")  # of them, those whose contents belong to a process


def programs() -> list[Path]:
    """List the folders of programs in the cache; whatever else is there is somebody else's."""
    folder = cache_folder()
    here = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in here if path.is_dir() and any((path / part).is_dir() for part in PARTS))


def size_mb() -> float:
    """Return how much the builds in the cache take on the disk (MB)."""
    return sum(map(_size, programs())) / 1e6


def clear() -> Iterator[tuple[str, float]]:
    """Remove the builds that no process uses, and yield (what, MB removed) one by one."""
    for folder in programs():
        size = _size(folder)
        with writing(f"remove {folder}", "ask its owner"):
            file = locked(folder / "lock", wait=False)
        if file is None:
            yield f"{folder.name} is being built: kept", 0.0
            continue
        with file:
            if _used(folder):
                yield f"{folder.name} is in use: kept", 0.0
                continue
            with writing(f"remove {folder}", "ask its owner"):
                shutil.rmtree(folder)
        yield folder.name, size / 1e6


def _used(folder: Path) -> bool:
    """Say whether processes that are alive (or may be, on another machine) have something there."""
    for part in OWNED:
        remove_orphans(folder / part)
    return any(any((folder / part).iterdir()) for part in OWNED if (folder / part).is_dir())


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except OSError:  # removed meanwhile
            continue
    return total
