"""Names that a compiled program can have: refused where they are given, not by the compiler."""

import re
from functools import cache
from importlib.resources import files

from dendritic_bp.errors import ModelError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@cache
def reserved() -> dict[str, frozenset[str]]:
    """Return the words that C++ keeps for itself: "keywords", "macros", and "functions" of its library."""
    text = files("dendritic_bp").joinpath("reserved.txt").read_text()
    parts = re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)[1:]
    return {kind: frozenset(words.split()) for kind, words in zip(parts[::2], parts[1::2], strict=True)}


def require_name(where: str, name: str, table: bool = False) -> None:
    """Raise ModelError for a name that C++ does not take; that of a `table` becomes a function."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(
            f"{where}: '{name}' cannot be a name: begin with a letter, use letters (a-z), digits and '_'"
        )
    words = reserved()
    if name in words["keywords"]:
        raise ModelError(f"{where}: '{name}' is a word of C++; take another name, such as '{name}_0'")
    if name in words["macros"]:
        raise ModelError(f"{where}: C++ replaces '{name}' (a macro); take another name, such as '{name}_0'")
    if table and (name in words["functions"] or name.endswith("_t")):
        raise ModelError(f"{where}: C++ has a '{name}' already; take another name, such as '{name}_table'")
