import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"dendritic_bp": {"models", "experiments"}, "models": {"experiments"}}
WITHOUT_BRIAN = [
    "analysis",
    "information",
    "rate_network",
    "storage",
    "plotting",
]  # figures are drawn from run folders


def imported(path):
    """Return the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_down_only(package):
    for path in (ROOT / package).rglob("*.py"):
        names = {name.removeprefix("dendritic_bp.") for name in imported(path)}
        assert not {name.split(".")[0] for name in names} & FORBIDDEN[package], path


def test_models_are_imported_by_the_name_that_nothing_hides():
    for path in (file for room in ("models", "experiments", "tests") for file in (ROOT / room).rglob("*.py")):
        assert not any(name.split(".")[0] == "models" for name in imported(path)), path


def library_modules(path, seen):
    """Add to `seen` the files of the library that a file needs."""
    if path in seen or not path.exists():
        return
    seen.add(path)
    for name in imported(path):
        if name.startswith("dendritic_bp."):
            library_modules(ROOT / (name.replace(".", "/") + ".py"), seen)


@pytest.mark.parametrize("name", WITHOUT_BRIAN)
def test_analysis_and_figures_do_not_need_the_simulator(name):
    needed = set()
    library_modules(ROOT / "dendritic_bp" / f"{name}.py", needed)
    for path in needed:
        assert not any(module.split(".")[0] == "brian2" for module in imported(path)), path


SCRIPTS = [path for path in (ROOT / "experiments").glob("*.py") if "cli.main(" in path.read_text()]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_imports_the_library_first(path):
    """Another import might bring matplotlib in, which a backend handed down by a notebook ends."""
    first = next(imported(path))
    assert first == "dendritic_bp", (
        f"{path}: begin with `from dendritic_bp import cli`, then `# isort: split`"
    )
