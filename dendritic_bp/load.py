"""Find a neuron model by its name among `models.neurons`, or in a file of the user's."""

import ast
import importlib.util
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from dendritic_bp.errors import UserError, suggest
from dendritic_bp.model import NeuronModel


def neuron_model(name: str, folder: str | Path = "") -> NeuronModel:
    """Return the model called `name` in the files of `folder`, or that in the file with this path.

    A file of several models must have one that is named like the file. Raises UserError.
    """
    path = Path(name)
    if path.suffix == ".py":
        return _only(path, _models(path))
    found: dict[str, NeuronModel] = {}
    for file in sorted(
        Path(folder).glob("[!_]*.py"), key=lambda file: file.stem != name
    ):  # the namesake first
        found |= _models(file)
        if name in found:
            return found[name]
    if path.is_file() or (path.is_dir() and path.name != name):
        raise UserError(f"{path} is no file of Python, whose name ends in .py, to read a neuron model from.")
    raise UserError(f"No neuron model '{name}' in {folder}: {suggest(name, found)}")


def _only(path: Path, found: dict[str, NeuronModel]) -> NeuronModel:
    """Return the one model of a file, or the one that has its name."""
    if path.stem in found:
        return found[path.stem]
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise UserError(f"{path} must hold one NeuronModel, or one called '{path.stem}'; it holds {names}.")
    return next(iter(found.values()))


def _models(path: Path) -> dict[str, NeuronModel]:
    """Return the models that a file defines, by name: not those that it imports."""
    found = vars(_run(path))
    tree = ast.parse(path.read_text())
    lines = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {alias.asname or alias.name for line in lines for alias in line.names}
    models = {name: each for name, each in found.items() if isinstance(each, NeuronModel)}
    return {name: each for name, each in models.items() if name not in imported}


def _run(path: Path) -> ModuleType:
    """Run a file, and return what it defines; a mistake in it is told with its line."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UserError(f"There is no file {path} to read a neuron model from.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        here = path.resolve()
        own = [
            frame.lineno
            for frame in extract_tb(error.__traceback__)
            if Path(frame.filename).resolve() == here
        ]
        line = own[-1] if own else getattr(error, "lineno", None)
        what = error if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        raise UserError(f"{path}, line {line}: {what}") from error
    return module
