"""Where models and experiments are: beside the library in a checkout, within it in an installed package."""

from pathlib import Path

from dendritic_bp.errors import UserError, suggest

HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder `models` or `experiments`."""
    installed = HERE / "_source" / name
    return installed if installed.is_dir() else HERE.parent / name


def experiments() -> list[str]:
    """Return the names of the experiments."""
    return sorted(script.stem for script in folder("experiments").glob("*.py"))


def experiment(name: str) -> Path:
    """Return the script of an experiment; raise UserError if there is none of this name."""
    if name not in experiments():
        raise UserError(f"There is no experiment '{name}'; {suggest(name, experiments())}")
    return folder("experiments") / f"{name}.py"
