"""The reference has a page for what a script imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def imported(script: Path) -> set[str]:
    """Return the modules of the library that a script names in its imports, but for models."""
    found = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dendritic_bp"):
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            found |= {n for n in names if (ROOT / n.replace(".", "/")).with_suffix(".py").is_file()}
    return found


def test_what_experiments_import_has_a_page():
    pages = set((ROOT / "docs" / "api.rst").read_text().split())
    scripts = [*(ROOT / "experiments").glob("*.py"), *(ROOT / "docs" / "neurons").glob("*.py")]
    assert not set().union(*map(imported, scripts)) - pages - {"dendritic_bp.models"}
