"""Variants of a run, controls among them, and values that are set for all of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import get_dimensions

from dendritic_bp.errors import UserError

Values = Mapping[str, Any]


def with_changes(
    variants: Mapping[str, Values], changes: Values, normal: Values | None = None
) -> dict[str, dict[str, Any]]:
    """Return the values of each variant, with `changes` (--set) put over them all.

    What makes a variant cannot be set, or it would be none and be compared with itself: that in which
    variants differ from each other, or from a `normal` run. Raises UserError.
    """
    compared = [*variants.values(), *([] if normal is None else [normal])]
    for name, value in changes.items():
        if not _same([each.get(name) for each in compared]):
            own = {label or "this run": _text(each[name]) for label, each in variants.items() if name in each}
            given = ", ".join(f"{text} in {label}" for label, text in own.items()) or "none here"
            raise UserError(
                f"--set {name}={_text(value)}: this is what makes the variants differ ({given}), and would "
                "undo them: leave it out, or run without them."
            )
    return {label: {**each, **changes} for label, each in variants.items()}


def _same(values: list[Any]) -> bool:
    """Tell whether all are equal, in value and unit; None stands for what is not given."""
    first = values[0]
    if any((each is None) != (first is None) for each in values):
        return False
    return first is None or all(
        get_dimensions(each) == get_dimensions(first) and np.array_equal(np.asarray(each), np.asarray(first))
        for each in values
    )


def _text(value: Any) -> str:
    return str(value) if np.ndim(value) == 0 else f"an array of {np.size(value)}"
