"""What --set names wrongly is refused by every experiment before anything is compiled."""

import argparse
import importlib
import sys
from pathlib import Path

import pytest

from dendritic_bp import cli, toolchain
from dendritic_bp.errors import UserError
from dendritic_bp.flags import parser_of
from dendritic_bp.source import experiments

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

FLAGS = {"credit": ["--credit", "bursts"], "speed": ["--case", "cells"]}
SHORT = ("credit", "digits", "find_cell", "ngrad_signals", "speed")  # the others trace networks for seconds


EACH = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in SHORT else pytest.mark.slow) for name in experiments()],
)


@EACH
def test_names_are_listed_before_anything_is_compiled(name, monkeypatch, capsys):
    experiment = importlib.import_module(name)
    monkeypatch.setattr(toolchain, "build", lambda *_: pytest.fail("something was compiled"))
    options = getattr(experiment, "options", None)
    words = ["--list", "--quick", *FLAGS.get(name, [])]
    cli.main(None, experiment.simulate, experiment.figures, options, name, words)
    said = capsys.readouterr().out
    assert "--set takes no values here" in said or len(said.splitlines()) > 3


@EACH
def test_a_misspelt_name_is_refused_before_anything_is_compiled(name, monkeypatch):
    def compiles(*_):
        raise AssertionError("something was compiled")

    monkeypatch.setattr(toolchain, "build", compiles)
    experiment = importlib.import_module(name)
    parser = parser_of(None, getattr(experiment, "options", None))
    given = parser.parse_args(["--quick", *FLAGS.get(name, [])], argparse.Namespace())
    given.set = {"nonsense.x": 1.0}
    with pytest.raises(UserError, match="nonsense|no values to --set"):
        experiment.simulate(given)


@pytest.mark.parametrize("name", experiments())
def test_every_flag_has_a_help_that_can_be_shown(name):
    experiment = importlib.import_module(name)
    assert "--quick" in parser_of(None, getattr(experiment, "options", None)).format_help()
