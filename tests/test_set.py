"""What --set names wrongly is refused by every experiment before anything is compiled."""

import argparse
import importlib
import sys
from pathlib import Path

import pytest

from dendritic_bp import toolchain
from dendritic_bp.errors import UserError
from dendritic_bp.flags import parser_of
from dendritic_bp.source import experiments

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

FLAGS = {"credit": ["--credit", "bursts"], "speed": ["--case", "cells"]}
SHORT = ("credit", "digits", "find_cell", "ngrad_signals", "speed")  # the others trace networks for seconds


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in SHORT else pytest.mark.slow) for name in experiments()],
)
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
