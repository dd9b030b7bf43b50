"""A mistake ends a plain script with its message; any other error ends it as ever."""

import subprocess
import sys

import pytest
from processes import environment

from dendritic_bp.errors import ModelError

BEGIN = """
from brian2 import *
from dendritic_bp import NeuronModel, UserError, neurons
model = NeuronModel("leaky", "dv/dt = -v/tau : 1", threshold="v > 1", parameters=dict(tau=10*ms))
"""
WRAPPED = """
class Refusing(NeuronGroup):
    def before_run(self, namespace):
        try:
            raise UserError("this cannot be run")
        except UserError as error:
            raise RuntimeError("Error encountered with object named 'cells'") from error
Network(Refusing(1, "v : 1")).run(1*ms)
"""


def ends(tmp_path, code):
    """Run a script, and return the exit code and what it says."""
    script = tmp_path / "mine.py"
    script.write_text(BEGIN + code)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment())
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("\nneurons(model, 0, 'cells')", "line 6: ModelError: 'cells': n = 0: a group needs a whole number"),
        (WRAPPED, "line 12: UserError: this cannot be run"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(tmp_path, code, said):
    returncode, found = ends(tmp_path, code)
    assert returncode == 1
    assert found.startswith(f"{tmp_path / 'mine.py'}, {said}")
    assert "\n" not in found


def test_another_error_keeps_its_traceback(tmp_path):
    returncode, found = ends(tmp_path, "1/0")
    assert returncode == 1
    assert "Traceback (most recent call last)" in found and "ZeroDivisionError" in found


def test_a_notebook_shows_the_message():
    assert ModelError("tau is negative")._render_traceback_() == ["ModelError: tau is negative"]
