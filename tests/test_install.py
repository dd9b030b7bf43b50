"""Installed as a package, models and experiments are found, whatever lies in the user's folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dendritic_bp.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a folder with what a wheel of this tree holds."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def python(site, tmp_path):
    """Return a call that runs Python beside a `models.py` and a `figures.py` of the user's."""
    for name in ("models", "figures"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the {name} of the user')")

    def call(*words):
        environment = {"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return call


def test_models_come_by_a_name_that_nothing_hides(python, site):
    done = python("-c", "from dendritic_bp.models.channels import ih; print(ih.__file__)")
    assert done.stdout.strip() == str(site / "dendritic_bp/_source/models/channels/ih.py"), done.stderr


def test_an_experiment_runs_beside_files_of_the_same_names(python):
    done = python("-m", "dendritic_bp", "run", "xor", "--help")
    assert (done.returncode, "--quick" in done.stdout) == (0, True), done.stderr


def test_experiments_are_listed_and_an_unknown_one_is_refused(capsys):
    assert main(["run"]) == 0
    assert {"digits", "xor", "pairing"} <= set(capsys.readouterr().out.split())
    assert main(["run", "xors"]) == 1
    assert "'xor'" in capsys.readouterr().err
