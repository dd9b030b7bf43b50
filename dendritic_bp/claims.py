"""The folder of a run while the run goes on: it has one writer, and keeps what is finished until all is."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dendritic_bp.encoding import DATA, SUMMARY
from dendritic_bp.errors import InUse, OtherSettings, UserError
from dendritic_bp.kept import finished, keeping
from dendritic_bp.scratch import locked, writing
from dendritic_bp.storage import STAGED, is_complete, is_stored

UNFINISHED = ".unfinished"  # is locked while a run goes on, and says what was asked for
RAW = "raw"  # the finished simulations of an unfinished run
AWAY = ".replaced"  # an unfinished run that --overwrite found, until the new one has something of its own
ASKED = "asked.json"  # in there: what it was asked for
REMEDY = "make room, or choose another folder with --out"


@contextmanager
def claimed(folder: Path, asked: Mapping[str, Any], overwrite: bool, resume: bool) -> Iterator[None]:
    """Hold the folder of a run; refuse one that holds another run, or other things, or has another writer.

    Within the block, finished simulations are kept in the folder. They are removed when the block ends well;
    when it fails, they stay, and the error says how to go on. An unfinished run that is to be replaced comes
    back when the block fails before it has finished a simulation, as by a flag that is refused.
    """
    unfinished = folder / UNFINISHED
    with writing(folder, REMEDY):
        _require_ours(folder, overwrite)
        folder.mkdir(parents=True, exist_ok=True)
        file = locked(unfinished, wait=False)
        if file is None:
            raise InUse(
                f"Another process ({_read(unfinished).get('process')}) is writing to {folder}: wait for it, "
                "or choose another --out."
            )
    with file:
        try:
            with writing(folder, REMEDY):
                _require_ours(folder, overwrite)  # once more: another process may have ended meanwhile
                _bring_back(folder)  # a process may have been killed before it had anything of its own
                _admit(folder, asked, overwrite and not resume)
                process = f"{os.getpid()} on {socket.gethostname()}"
                unfinished.write_text(json.dumps({"process": process, "asked": dict(asked)}))
            with keeping(folder / RAW):
                yield
        except OtherSettings:  # --resume does not help here
            raise
        except BaseException as error:
            _leave(folder, error)
            raise
        with writing(folder, REMEDY):
            _clean(folder)


def _require_ours(folder: Path, overwrite: bool) -> None:
    """Refuse a file, a finished run, and a folder of other things."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: choose a folder for --out.")
    if is_complete(folder) and not overwrite:
        raise UserError(
            f"{folder} holds a finished run: choose another --out, or replace it with --overwrite."
        )
    known = is_complete(folder) or (folder / UNFINISHED).exists()
    if folder.exists() and not known and any(folder.iterdir()):
        raise UserError(
            f"{folder} holds files that are not of a run: choose a new or empty folder for --out."
        )


def _admit(folder: Path, asked: Mapping[str, Any], afresh: bool) -> None:
    """Go on from what an unfinished run of the same settings has left; refuse that of others."""
    count = len(finished(folder / RAW))
    if afresh or not (count or is_stored(folder)):
        _put_away(folder)
        _clean(folder, UNFINISHED, AWAY)
        return
    other = differences(_read(folder / UNFINISHED).get("asked", {}), asked)
    if other:
        raise OtherSettings(
            f"{folder} holds an unfinished run of other settings ({other}), with {_counted(count)}: "
            "choose another --out, or remove it with --overwrite."
        )
    print(f"Going on with {_counted(count)} in {folder / RAW} (--overwrite starts afresh).")


def _read(unfinished: Path) -> dict[str, Any]:
    """Return what is noted of an unfinished run."""
    try:
        return dict(json.loads(unfinished.read_text()))
    except (ValueError, TypeError):  # it was killed while this was written
        return {}


def differences(before: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Return what two runs were asked for differently, as words; nothing if it is the same."""
    before, asked = (_flat(json.loads(json.dumps(each))) for each in (before, asked))
    names = [name for name in {**before, **asked} if before.get(name) != asked.get(name)]
    return ", ".join(f"{name} {before.get(name)} instead of {asked.get(name)}" for name in names)


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    return flat


def _put_away(folder: Path) -> None:
    """Set aside what is there of an unfinished run."""
    if not (finished(folder / RAW) or is_stored(folder)):
        return
    away = folder / AWAY
    away.mkdir()
    (away / ASKED).write_text((folder / UNFINISHED).read_text())
    for each in (folder / RAW, folder / STAGED):
        if each.exists():
            each.rename(away / each.name)


def _bring_back(folder: Path) -> bool:
    """Bring back what was set aside, unless something has taken its place; tell whether that was done."""
    away = folder / AWAY
    whole = (away / ASKED).exists() and not (finished(folder / RAW) or is_stored(folder))
    if whole:
        _clean(folder, UNFINISHED, AWAY)
        (folder / UNFINISHED).write_text((away / ASKED).read_text())  # the file itself is locked
        for each in (RAW, STAGED):
            if (away / each).exists():
                (away / each).rename(folder / each)
    shutil.rmtree(away, ignore_errors=True)
    return whole


def _leave(folder: Path, error: BaseException) -> None:
    """Leave what a later run can go on from, and say so; else leave nothing."""
    with suppress(OSError):
        if _bring_back(folder):
            count = len(finished(folder / RAW))
            error.add_note(f"What was there of an unfinished run is as it was, with {_counted(count)}.")
            return
    count = len(finished(folder / RAW))
    if count or is_stored(folder):
        error.add_note(
            f"Kept of this run: {_counted(count)}, in {folder / RAW}. The same command with --resume goes on "
            "from there."
        )
        return
    with suppress(OSError):  # a finished run is there, or nothing can be removed any more
        _clean(folder)
        folder.rmdir()


def _clean(folder: Path, *but: str) -> None:
    """Remove all that is there of an unfinished run."""
    for left in (folder / RAW, folder / AWAY, *folder.glob(f"{STAGED}*")):
        if left.name not in but:
            shutil.rmtree(left, ignore_errors=True)
    halves = () if is_complete(folder) else (folder / DATA, folder / SUMMARY)
    for left in (*folder.glob(".*.tmp"), *halves, folder / UNFINISHED):
        if left.name not in but:
            left.unlink(missing_ok=True)


def _counted(simulations: int) -> str:
    return f"{simulations} finished simulation{'s' * (simulations != 1)}"
