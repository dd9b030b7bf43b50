"""The flags that all experiments share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import NoReturn

from dendritic_bp.errors import UserError, near
from dendritic_bp.figure_files import FORMATS

LARGEST_SEED = 2**32 - 1
Options = Callable[[argparse.ArgumentParser], object]


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong, and which flag may be meant."""

    def error(self, message: str) -> NoReturn:
        known = [flag for action in self._actions for flag in action.option_strings]
        unknown = message.partition("unrecognized arguments: ")[2].split()
        meant = [near(word.partition("=")[0], known) for word in unknown if word.startswith("--")]
        self.exit(
            2, f"{self.prog}: error: {'; '.join(filter(None, [message, *meant]))} (--help lists all flags)\n"
        )


def parser_of(doc: str | None, options: Options | None) -> argparse.ArgumentParser:
    """Return the parser of an experiment, to which `options` adds its own flags."""
    form = argparse.RawDescriptionHelpFormatter
    parser = _Parser(description=doc, formatter_class=form, conflict_handler="resolve")
    add = parser.add_argument
    add("--quick", action="store_true", help="the same science, smaller: a minute or two")
    add("--seed", type=_seed, default=0, metavar="N", help="governs every random number (0)")
    add("--out", metavar="DIR", help="folder for the run (results/NAME/<seed and changes>)")
    add("--overwrite", action="store_true", help="replace the run that is in this folder")
    going_on = "go on with the unfinished run in this folder (with --overwrite: one that replaces another)"
    add("--resume", action="store_true", help=going_on)
    values = "run-time values with units, as in cells.E_L=-70*mV"
    add("--set", nargs="+", action="extend", default=[], metavar="OBJECT.NAME=VALUE", help=values)
    add("--seeds", metavar="0-9", help="a study: a run for each of these seeds, and one table")
    several = "a study: a run for each of these values of a flag or of --set (repeatable: all combinations)"
    add("--grid", nargs="+", action="extend", default=[], metavar="NAME=VALUE,VALUE", help=several)
    add("--workers", type=int, metavar="N", help="runs of a study at a time (one for each core)")
    add("--cluster", metavar="ADDRESS", help="of a Dask scheduler, whose workers make the runs of a study")
    add("--replot", metavar="DIR", help="draw the figures of a run again, without simulating")
    add("--format", type=_formats, default=("png",), metavar="pdf,svg", help="of figures, beside PNG")
    add("--list", action="store_true", help="list the names that --set takes, and simulate nothing")
    if options:
        options(parser)
    return parser


def require_counts(least: int = 1, **numbers: int | Iterable[int] | None) -> None:
    """Refuse numbers below `least`, named by their flags. None was not given; a least of 0 stands for all."""
    for flag, given in numbers.items():
        each = given if isinstance(given, Iterable) else [given]
        if wrong := [n for n in each if n is not None and n < least]:
            few = "0 (all)" if least == 0 else least
            raise UserError(f"--{flag.replace('_', '-')} must be {few} or more, not {wrong[0]}.")


def _seed(text: str) -> int:
    if not (text.strip().isdecimal() and int(text) <= LARGEST_SEED):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {LARGEST_SEED}, not {text!r}")
    return int(text)


def _formats(text: str) -> tuple[str, ...]:
    asked = [word.strip().lower().removeprefix(".") for word in text.split(",")]
    if wrong := [each for each in asked if each not in FORMATS]:
        raise argparse.ArgumentTypeError(f"takes {', '.join(FORMATS)}, not {wrong[0]!r}")
    return tuple(dict.fromkeys(("png", *asked)))
