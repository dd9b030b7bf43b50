"""Mistakes that a user can mend: what is wrong, where, and what would be right."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np


class UserError(Exception):
    """Report a mistake in a model, a setting or a file; scripts and notebooks show it without a traceback."""

    def _render_traceback_(self) -> list[str]:  # what IPython shows
        return [f"{type(self).__name__}: {self}", *getattr(self, "__notes__", [])]


class InUse(UserError):
    """Report a folder that another process is writing to."""


class OtherSettings(UserError):
    """Report an unfinished run of other settings, which cannot go on as this one."""


class ModelError(UserError, ValueError):
    """Report a mistake in the text or the quantities of a model."""


def require_unmasked(what: str, values: Any, error: type[UserError] = UserError) -> None:
    """Refuse masked values: NumPy would take what is under the mask, without a word."""
    hidden = int(np.ma.count_masked(values)) if np.ma.isMaskedArray(values) else 0
    if hidden:
        raise error(f"{what}: {hidden} of {np.size(values)} values are masked: give numbers in their place")


def suggest(name: str, valid: Iterable[str]) -> str:
    """Return the words that are close to `name`, or all the valid ones, as the end of a message."""
    words = sorted(set(valid))
    return near(name, words) or f"valid: {', '.join(words) or 'none'}"


def near(name: str, valid: Iterable[str]) -> str:
    """Return a question after the words that are close to `name`, or nothing if there is none."""
    close = get_close_matches(name, sorted(set(valid)), n=3)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else ""
