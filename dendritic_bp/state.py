"""The state a run ends in: another run of its program, in any process, goes on from there bit for bit."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dendritic_bp.errors import UserError
from dendritic_bp.provenance import versions

FILE = "state.bin"  # beside the results of the run; `state.h` writes and reads it
PACKAGES = ("dendritic_bp", "brian2")
FORMAT, END = b"dendritic_bp state 1\n", b"\nend of state\n"


@dataclass(frozen=True)
class State:
    """The state in which a chain of runs stands after `pieces` of `length` seconds each.

    `tables` are the TimedArrays that were given to the last of them; `digest` tells the state from others.
    """

    path: Path
    program: str
    source_hash: str
    seed: int
    pieces: int
    length: float
    tables: tuple[str, ...]
    versions: Mapping[str, str] = field(repr=False)
    digest: str
    run: Any = field(default=None, repr=False, compare=False)  # whose folder must not vanish

    @property
    def time(self) -> float:
        """Return the simulated time (s) so far, at which the next run begins."""
        return self.pieces * self.length


def read_state(path: str | Path, run: Any = None) -> State:
    """Return the state in a file, without its contents.

    Raises:
        UserError: there is no file, or it is something else, of another version, or incomplete.
    """
    path = Path(path).absolute()
    try:
        with path.open("rb") as file:
            first, header = file.readline(200), file.readline(100_000)
            file.seek(max(-len(END) - 8, -path.stat().st_size), 2)
            end, digest = file.read(len(END)), file.read()
    except OSError as error:
        raise UserError(f"No state can be read from {path}: {error.strerror}.") from None
    if not FORMAT.startswith(first):
        raise UserError(f"{path} is {_kind(first)}: give the state of a run (run.state), or its path.")
    if end != END:
        raise UserError(f"The state {path} is incomplete: take a copy of it, or go on from an earlier one.")
    try:
        content = json.loads(header)
        return State(path, digest=digest.hex(), run=run, **content | {"tables": tuple(content["tables"])})
    except (ValueError, TypeError, KeyError):
        raise UserError(
            f"The header of {path} is damaged: take a copy of it, or go on from an earlier one."
        ) from None


def _kind(first: bytes) -> str:
    """Tell a state of another format from anything else."""
    text, wanted = first.decode(errors="replace").strip(), FORMAT.decode().strip()
    return f"of the format '{text}', not '{wanted}'" if text.startswith(wanted[:-1]) else "not a state"


def header(
    name: str, source_hash: str, seed: int, before: State | None, length: float, tables: Collection[str]
) -> str:
    """Return the header of the state that a run will leave."""
    content = dict(
        program=name,
        source_hash=source_hash,
        seed=seed,
        pieces=1 + (before.pieces if before else 0),
        length=length,
        tables=sorted(tables),
        versions=versions(*PACKAGES),
    )
    return json.dumps(content)


def require_fit(state: State, name: str, source_hash: str, tables: Collection[str]) -> None:
    """Refuse a state of another program, or a run without the tables which the one before was given."""
    if state.source_hash != source_hash:
        raise UserError(
            f"The state {state.path} was left by program '{state.program}' with sources {state.source_hash} "
            f"({_text(state.versions)}), but these are sources {source_hash} of '{name}' "
            f"({_text(versions(*PACKAGES))}). "
            "Go on with the program that left it: the same protocol, sizes, default tables and versions."
        )
    if missing := [each for each in state.tables if each not in tables]:
        raise UserError(
            f"The run that left the state {state.path} was given {', '.join(missing)}: a state does not hold "
            "TimedArrays, give values for them again."
        )


def chain_seed(seed: Any, before: State | None) -> int:
    """Return the seed of a run: 0 unless it is given, and that of the whole chain after a state."""
    if before and seed not in (None, before.seed):
        raise UserError(
            f"Random numbers go on from the state {before.path} (of seed {before.seed}): "
            f"leave out the seed {seed!r}."
        )
    seed = before.seed if before else 0 if seed is None else seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise UserError(f"The seed must be a whole number from 0 to 2**32 - 1, got {seed!r}.")
    return int(seed)


def _text(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())
