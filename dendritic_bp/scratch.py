"""Folders that appear complete or not at all, and that a killed process does not leave for ever."""

from __future__ import annotations

import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def owned_name() -> str:
    """Return a new name that tells which process made it."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Yield a folder that takes its place at `target` when the block ends well, and vanishes otherwise."""
    remove_orphans(target.parent)
    partial = target.with_name(f"{target.name}.partial.{owned_name()}")
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def remove_orphans(folder: Path) -> None:
    """Remove what processes of this machine that are gone have left in a folder."""
    for path in folder.glob("*") if folder.exists() else ():
        owner = re.fullmatch(rf"(?:.*\.)?{re.escape(socket.gethostname())}-(\d+)-[0-9a-f]{{8}}", path.name)
        if owner and not _alive(int(owner[1])):
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
