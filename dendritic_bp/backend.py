"""Let matplotlib be imported where a notebook hands down a backend (MPLBACKEND) that is not installed here.

Matplotlib ends in a traceback there, and Brian2 imports it: this module is to be imported before either.
"""

import os
import sys
from importlib.util import find_spec


def _require_module(backend: str) -> None:
    kind, _, module = backend.rpartition("://")
    if kind == "module" and not (find_spec(module.split(".")[0]) and find_spec(module)):
        raise ValueError(f"no module {module}")


if "matplotlib" not in sys.modules:
    asked = os.environ.pop("MPLBACKEND", "")
    import matplotlib

    if asked:
        try:
            _require_module(asked)
            matplotlib.rcParams["backend"] = asked
        except (
            ValueError
        ):  # not here: matplotlib chooses, and so it does in the processes that this one starts
            pass
        else:
            os.environ["MPLBACKEND"] = asked
