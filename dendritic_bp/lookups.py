"""Tables that are looked up: they hold numbers, and have a column for every cell that asks.

Brian2 answers NaN for a column that is not there, and a comparison with NaN is silence.
"""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import TimedArray

from dendritic_bp.errors import ModelError
from dendritic_bp.language import Piece
from dendritic_bp.names import require_name

FUNCTIONS = {
    "int": lambda x: np.asarray(x).astype(np.int64),
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "clip": np.clip,
    "exp": np.exp,
    "sqrt": np.sqrt,
}


def require_table(where: str, table: TimedArray) -> None:
    """Refuse a table whose name C++ does not take, or which holds what is no number."""
    if not table.name.startswith("_timedarray"):  # a name that Brian2 chose
        require_name(f"{where}, TimedArray", table.name, table=True)
    if not np.isfinite(table.values).all():
        bad = int(np.sum(~np.isfinite(table.values)))
        raise ModelError(f"{where}: TimedArray '{table.name}' holds {bad} values that are not finite")


def require_columns(piece: Piece, namespace: Mapping[str, Any], indices: Mapping[str, Any]) -> None:
    """Refuse a look-up in a column that is not there, as far as the `indices` of cells tell."""
    tables = {word: each for word, each in namespace.items() if isinstance(each, TimedArray)}
    if not any(word in piece.code for word in tables):
        return
    for node in ast.walk(piece.tree()):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in tables):
            continue
        values, text = tables[node.func.id].values, ast.unparse(node)
        column = on_indices(node.args[1], indices) if values.ndim == 2 else None
        if column is not None and (column.min() < 0 or column.max() >= values.shape[1]):
            raise piece.fault(
                f"`{text}` asks for the columns {column.min():g} to {column.max():g}, but the table has 0 to "
                f"{values.shape[1] - 1}: give it one for each cell, or another index"
            )


def on_indices(expression: ast.expr, indices: Mapping[str, Any]) -> Any:
    """Return what an expression is for each cell (or pair of cells), or None if more than indices decides."""
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    if not names <= {*indices, *FUNCTIONS}:
        return None
    code = compile(ast.Expression(expression), "expression", "eval")
    with np.errstate(all="ignore"):
        return np.asarray(eval(code, {"__builtins__": {}}, {**FUNCTIONS, **indices}))
