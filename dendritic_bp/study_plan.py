"""What the flags of a study ask for: which runs, with which flags, in which folders."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path

from dendritic_bp.errors import UserError, suggest
from dendritic_bp.quantities import parse_quantity
from dendritic_bp.runs import short_name
from dendritic_bp.study import Asked, Study

Title = Callable[[argparse.ArgumentParser, argparse.Namespace], str]
Code = Callable[[argparse.Namespace], str]
MOST = 100_000  # runs of a study
OTHERS = ("out", "overwrite", "resume", "replot", "format", "list", "set", "grid", "workers", "cluster")


def plan(
    name: str,
    script: Path,
    parser: argparse.ArgumentParser,
    words: Sequence[str],
    title: Title,
    code: Code,
    published: Mapping[str, float],
) -> Study:
    """Return the study that a command line asks for; raise UserError if one of its runs would be refused."""
    mine, rest = _split(words)
    if mine.overwrite:
        raise UserError("A study keeps what is finished: leave out --overwrite, and choose a new --out.")
    if mine.seeds and not isinstance(parser.parse_args(words).seeds, str):  # a flag of the experiment's own
        mine.seeds, rest = None, [*rest, "--seeds", mine.seeds]
    if mine.seeds and any(word.partition("=")[0] == "--seed" for word in rest):
        raise UserError("--seed and --seeds exclude each other.")
    seeds = parse_seeds(mine.seeds) if mine.seeds else [parser.parse_args(rest).seed]
    axes = parse_grid(mine.grid)
    _require_free(axes, rest)
    if len(seeds) * prod(map(len, axes.values())) > MOST:
        raise UserError(f"This study has more than {MOST:,} runs: make several of it.")
    default = Path("results", name, short_name("_".join(_title_words(mine, rest))))
    folder = Path(mine.out or default).absolute()
    runs = [
        _asked(seed, point, folder, parser, [*rest, *_flags(parser, point)], title, code)
        for point in points(axes)
        for seed in seeds
    ]
    if len({run.folder for run in runs}) < len(runs):
        raise UserError("Several runs of this study have the same settings: name each value once.")
    return Study(name, script, folder, runs, list(axes), published)


def _split(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Part the flags of the study from those that its runs get."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for flag in ("--seeds", "--out", "--workers", "--cluster"):
        parser.add_argument(flag)
    parser.add_argument("--grid", nargs="+", action="extend", default=[])
    for flag in ("--overwrite", "--resume"):
        parser.add_argument(flag, action="store_true")
    return parser.parse_known_args(words)


def _title_words(mine: argparse.Namespace, rest: Sequence[str]) -> list[str]:
    words = ["study"] + ([f"seeds-{mine.seeds}"] if mine.seeds else [])
    return words + list(mine.grid) + [word.lstrip("-") for word in rest]


def _asked(
    seed: int,
    point: Mapping[str, str],
    folder: Path,
    parser: argparse.ArgumentParser,
    flags: Sequence[str],
    title: Title,
    code: Code,
) -> Asked:
    flags = [*flags, "--seed", str(seed)]
    given = parser.parse_args(flags)
    target = folder / title(parser, given)
    return Asked(seed, point, target, (*flags, "--out", str(target), "--resume"), code(given))


def _require_free(axes: Mapping[str, Sequence[str]], rest: Sequence[str]) -> None:
    """Refuse an axis of a flag that does not make a run another one, or that is given beside it."""
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    for name in (each.lstrip("-").replace("_", "-") for each in axes):
        if name in ("seed", "seeds"):
            raise UserError(f"--grid {name}: seeds have a flag of their own, --seeds.")
        if name in OTHERS:
            raise UserError(f"--grid {name}: this flag does not change what a run gives.")
        if f"--{name}" in given:
            raise UserError(f"--grid {name} and --{name} exclude each other.")


def _flags(parser: argparse.ArgumentParser, point: Mapping[str, str]) -> list[str]:
    """Return the flags of a place in the grid: NAME is a flag, OBJECT.NAME a value for --set."""
    flags: list[str] = []
    for name, value in point.items():
        if "." in name:
            parse_quantity(value)
        flags += ["--set", f"{name}={value}"] if "." in name else _flag(parser, name.lstrip("-"), value)
    return flags


def _flag(parser: argparse.ArgumentParser, name: str, value: str) -> list[str]:
    known = {
        action.option_strings[-1].lstrip("-"): action for action in parser._actions if action.option_strings
    }
    name = name.replace("_", "-")
    if name not in known:
        raise UserError(f"--grid {name}: this experiment has no such flag; {suggest(name, known)}")
    if known[name].nargs == 0:  # is there or not
        if value not in ("on", "off"):
            raise UserError(f"--grid {name}={value}: --{name} takes no value; write {name}=off,on.")
        return [f"--{name}"] if value == "on" else []
    return [f"--{name}", *value.split()]


def parse_seeds(text: str) -> list[int]:
    """Read "0-9" or "0,3,5-7"."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UserError(f"--seeds {text}: write numbers and ranges, as in 0-9 or 0,3,5-7.")
        if int(last or first) - int(first) > MOST:
            raise UserError(f"--seeds {text}: these are more than {MOST:,} runs: make several studies.")
        found += range(int(first), int(last or first) + 1)
    if not found or len(set(found)) < len(found):
        raise UserError(f"--seeds {text}: name each seed once, the smaller one of a range first.")
    return found


def parse_grid(texts: Sequence[str]) -> dict[str, list[str]]:
    """Read the axes of a grid, NAME=VALUE,VALUE,... each."""
    axes: dict[str, list[str]] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        listed = [each.strip() for each in values.split(",")]
        if not name or not all(listed) or len(set(listed)) < len(listed):
            raise UserError(f"--grid {text}: write NAME=VALUE,VALUE,..., each once, as in hidden=30,100.")
        if name in axes:
            raise UserError(f"--grid {text}: {name} is given twice.")
        axes[name] = listed
    return axes


def points(axes: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return the settings at each point of the grid, the last axis fastest."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
