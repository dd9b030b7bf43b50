"""Folders that appear complete or not at all, have one writer, and go when their process was killed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import platform
import re
import shutil
import socket
import time
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from dendritic_bp.errors import UserError

FORGOTTEN_DAYS = 30  # what another machine or container has left is removed after this time
OWNED = re.compile(r"(?:.*\.)?.+-(?P<place>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}|.+-\d+-[0-9a-f]{8}")


@cache
def _place() -> str:
    """Return a word for where process numbers are unique: this boot of this machine, and its PID namespace.

    The name of the host does not tell: two containers may share it, and a cache.
    """
    known = [socket.gethostname(), platform.node()]
    for read in (
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text(),
        lambda: str(Path("/proc/self/ns/pid").readlink()),
    ):
        try:
            known.append(read())
        except OSError:  # no Linux
            known.append("")
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:8]


def owned_name() -> str:
    """Return a new name that tells which process made it."""
    return f"{socket.gethostname()}-{_place()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Yield a folder that takes its place at `target` when the block ends well, and vanishes otherwise."""
    remove_orphans(target.parent)
    partial = target.with_name(f"{target.name}.partial.{owned_name()}")
    try:
        with writing(partial):
            partial.mkdir(parents=True)
        yield partial
        with writing(target):
            partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def vanishing(owner: object, folder: Path) -> None:
    """Remove the folder when its owner is gone; copies of the owner in forked processes leave it alone."""
    weakref.finalize(owner, _remove_if_mine, folder, os.getpid())


def _remove_if_mine(folder: Path, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)


def remove_orphans(folder: Path) -> None:
    """Remove what processes that are gone have left in a folder; of those of other places, what is old."""
    for path in folder.glob("*") if folder.exists() else ():
        owner = OWNED.fullmatch(path.name)
        if owner and _is_orphan(path, owner["place"], owner["pid"]):
            shutil.rmtree(path, ignore_errors=True)


def _is_orphan(path: Path, place: str | None, pid: str | None) -> bool:
    if place == _place() and pid:
        return not _alive(int(pid))
    try:
        return path.stat().st_mtime < time.time() - FORGOTTEN_DAYS * 86400
    except OSError:  # removed meanwhile
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def writing(what: Path | str, remedy: str = "make room, or choose another folder") -> Iterator[None]:
    """Turn what the file system refuses into a message."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            remedy = "another process has written it meanwhile; choose a new folder"
        act = what if isinstance(what, str) else f"write {what}"
        raise UserError(f"Cannot {act}: {error.strerror or error}; {remedy}.") from error


def locked(path: Path, wait: bool = True) -> IO[str] | None:
    """Return the file, open, for which this process alone has the lock, or None while another one has it.

    The lock ends with the process, however that ends.
    """
    while True:
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BlockingIOError:
            file.close()
            return None
        except FileNotFoundError:  # its holder has removed it meanwhile: try again
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all: under another name, onto the disk, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
