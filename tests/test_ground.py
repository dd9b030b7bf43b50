"""The ground that everything stands on: what is declared and installed, and what `make` asks for."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LIBRARY = sorted((ROOT / "dendritic_bp").glob("**/*.py"))


def imported(path):
    """Return the top-level packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_what_the_library_imports_is_declared_and_nothing_else():
    declared = {need.partition(">")[0] for need in PROJECT["project"]["dependencies"]}
    used = set().union(*map(imported, LIBRARY)) - set(sys.stdlib_module_names) - {"dendritic_bp"}
    through_xarray, in_extras = {"h5netcdf"}, {"distributed"}
    assert {name.replace("sklearn", "scikit-learn") for name in used} - in_extras == declared - through_xarray


def test_a_wheel_puts_everything_into_the_library():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    outside = {name: wheel["sources"].get(name, name) for name in wheel["only-include"]}
    assert {name.split("/")[0] for name in outside.values()} == {"dendritic_bp"}


@pytest.mark.parametrize("package", ["dendritic_bp", "models"])
def test_packages_are_found_from_any_folder(package, tmp_path):
    code = f"import importlib.util as u; print(u.find_spec('{package}').origin)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(ROOT / package / "__init__.py")


@pytest.mark.parametrize(
    ("setting", "message"), [("CXX=nope", "no C++ compiler"), ("PYTHON=nope", "nope not found")]
)
def test_make_names_what_is_missing_and_the_remedy(setting, message):
    done = subprocess.run(["make", "check", setting], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stderr
    assert "apt-get install" in done.stderr


def test_make_refuses_an_old_python(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" || exit 1\n')
    old.chmod(0o755)
    done = subprocess.run(["make", "check", f"PYTHON={old}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Python 3.9.2" in done.stderr
    assert "3.11 to 3.13 is needed" in done.stderr
