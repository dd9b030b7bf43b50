"""Let a mistake of the user's end a plain script with its message alone.

Python would add a traceback, and Brian2 a request to report a bug. Any other error ends as before.
"""

import re
import sys
import traceback
from pathlib import Path
from types import TracebackType

from dendritic_bp.errors import UserError

OTHERS = re.compile(r"site-packages|lib/python\d|<frozen|" + re.escape(str(Path(__file__).parent)))


def show_alone() -> None:
    """From now on, show messages in place of tracebacks where a script ends with a UserError."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        mistake = _mistake(error)
        if mistake is None:
            before(kind, error, trace)
        else:
            print(message(mistake, trace), file=sys.stderr)

    sys.excepthook = hook


def _mistake(error: BaseException | None) -> UserError | None:
    """Return the mistake that an error is, or that Brian2 has wrapped in one of its own."""
    while error is not None and not isinstance(error, UserError):
        error = error.__cause__
    return error


def message(error: UserError, trace: TracebackType | None) -> str:
    """Return what the error says, after the place in the user's code that led there."""
    mine = [each for each in traceback.extract_tb(trace) if not OTHERS.search(each.filename)]
    where = f"{mine[-1].filename}, line {mine[-1].lineno}: " if mine else ""
    return "\n".join([f"{where}{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
