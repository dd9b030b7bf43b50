"""Wiring: what `connect` may say, checked before Brian2 takes it."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dendritic_bp.errors import ModelError, require_unmasked, suggest
from dendritic_bp.language import Piece
from dendritic_bp.limits import COUNT, PROBABILITY, require, require_countable
from dendritic_bp.lookups import on_indices

Wiring = dict[str, Any]

WORDS = ("condition", "i", "j", "p", "n", "skip_if_invalid")  # of Brian2's connect
NONE = {"condition": "False"}


def wiring(name: str, connect: Any, n_source: int, n_target: int) -> Wiring:
    """Return the arguments of Brian2's `connect` for what a user asks for. Raises ModelError."""
    if connect is True:
        require_countable(f"'{name}': synapses, all to all", n_source * n_target)
        return {}
    if not isinstance(connect, str | Mapping) or not connect:
        raise ModelError(f"'{name}': connect = {connect!r}: {_HOW}")
    asked = {"condition": connect} if isinstance(connect, str) else dict(connect)
    asked = {word: value.strip() if isinstance(value, str) else value for word, value in asked.items()}
    for word in asked:
        if word not in WORDS:
            raise ModelError(f"'{name}': connect has no '{word}'; {suggest(str(word), WORDS)}")
    for word, limits in (("p", PROBABILITY), ("n", COUNT)):
        if word in asked and not isinstance(asked[word], str):
            _require_number(f"'{name}': connect, {word}", asked[word], limits, word)
    for word, size in (("i", n_source), ("j", n_target)):
        if word in asked and not isinstance(asked[word], str):
            asked[word] = _indices(f"'{name}': connect, {word}", asked[word], size)
    return _joined(name, asked)


_HOW = "give True (all to all), a condition, or a dictionary such as dict(p=0.2) or dict(i=[0], j=[1])"


def _require_number(where: str, value: Any, limits: Mapping[str, str], word: str) -> None:
    if isinstance(value, bool) or np.shape(value) != () or np.asarray(value).dtype.kind not in "iuf":
        raise ModelError(f"{where} = {value!r}: is not one number")
    require(where, limits, {word: value})


def _indices(where: str, value: Any, size: int) -> np.ndarray:
    """Return indices of cells as whole numbers; refuse what is none."""
    require_unmasked(where, value, ModelError)
    array = np.atleast_1d(np.asarray(value))
    if not array.size:
        return array.astype(np.int64)
    if array.dtype.kind not in "iuf" or (array != np.floor(array)).any():
        raise ModelError(f"{where} = {value!r}: must be whole numbers, the indices of cells")
    if array.min() < 0 or array.max() >= size:
        raise ModelError(f"{where}: reaches from {array.min()} to {array.max()}; cells are 0 to {size - 1}")
    return array.astype(np.int64)


def _joined(name: str, asked: Wiring) -> Wiring:
    """Refuse indices that do not fit together; say what no synapses at all are."""
    given = [asked[word] for word in ("i", "j") if isinstance(asked.get(word), np.ndarray)]
    if len(given) < 2:
        return asked
    try:
        i, j = (np.array(each) for each in np.broadcast_arrays(*given))
    except ValueError:
        sizes = " and ".join(str(each.shape) for each in given)
        raise ModelError(f"'{name}': connect: i and j must be as many, but are {sizes}") from None
    return asked | dict(i=i, j=j) if i.size else dict(NONE)


def require_shares(name: str, wired: Wiring, indices: Mapping[str, Any]) -> None:
    """Refuse text for a probability that is none for some pair of cells, as far as indices tell."""
    for word, limits in (("p", PROBABILITY), ("n", COUNT)):
        if isinstance(wired.get(word), str):
            value = on_indices(ast.parse(wired[word], mode="eval").body, indices)
            if value is not None:
                require(f"'{name}': connect, {word} = `{wired[word]}`", limits, {word: value})


def pieces(wired: Wiring) -> Iterator[Piece]:
    """Yield what is text in a wiring."""
    if isinstance(wired.get("condition"), str):
        yield Piece("connect", wired["condition"], "condition")
    for word in ("p", "n"):
        if isinstance(wired.get(word), str):
            yield Piece(f"connect, {word}", wired[word], "value")


def shapes(wired: Wiring, n_source: int, n_target: int) -> list[tuple[int, ...]]:
    """Return the shapes that one value for each synapse may have; none if the run draws their number."""
    if not wired:
        return [(n_source * n_target,), (n_source, n_target)]
    if wired.keys() == {"condition"}:
        condition = ast.unparse(ast.parse(wired["condition"], mode="eval"))
        sizes = {"i == j": min(n_source, n_target), "j == i": min(n_source, n_target), "False": 0}
        return [(sizes[condition],)] if condition in sizes else []
    if wired.keys() == {"i", "j"} and not any(isinstance(index, str) for index in wired.values()):
        return [np.broadcast_shapes(wired["i"].shape, wired["j"].shape)]
    return []
