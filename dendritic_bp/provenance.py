"""Where a result comes from: the versions and the commit that made it."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dendritic_bp import source


def origin(folder: Path) -> dict[str, Any]:
    """Return command, time, machine, versions and the commit of the repository that holds the folder."""
    return {
        "command": sys.argv,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **versions("dendritic_bp", "brian2", "numpy")},
        "git": _git_state(folder),
    }


def attributes(provenance: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what a data set tells of where it comes from, for a file that is read apart from its `run.json`.

    There is no time in it: a run that went on after an end gives the same file as one in a piece.
    """
    name = provenance.get("experiment") or provenance.get("program") or "unnamed"
    git = provenance.get("git") or {}
    known: dict[str, Any] = {
        "title": f"{name}, seed {provenance.get('seed')}",
        "experiment" if "experiment" in provenance else "program": name,
        "seed": provenance.get("seed"),
        "source": f"dendritic_bp {provenance.get('versions', {}).get('dendritic_bp')}",
        "git_commit": (git or None) and git["commit"] + " with changes" * bool(git["changed"]),
    }
    return {key: value for key, value in known.items() if value is not None}


def code_of(*places: Path) -> str:
    """Return a short checksum of this package, its models, and the code in these folders and files."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for place in (here, source.folder("models"), *(each.absolute() for each in places)):
        digest.update(_checksum(place))
    return digest.hexdigest()[:12]


@cache
def _checksum(place: Path) -> bytes:
    digest = hashlib.sha256()
    for path in sorted(_code_in(place)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def _code_in(place: Path) -> Iterator[Path]:
    """Yield the files of code: a file itself; in a folder, those of Python and C++."""
    if place.is_file():
        yield place
    for pattern in ("*.py", "*.h", "*.cpp"):
        yield from place.rglob(pattern)


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of packages."""
    return {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit and whether the files differ from it; None outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    return (
        None if commit is None else {"commit": commit, "changed": bool(_git(folder, "status", "--porcelain"))}
    )


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
