"""How a script ends: with a message instead of a traceback, whoever ends it."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dendritic_bp.errors import UserError


@contextmanager
def messages(name: str) -> Iterator[None]:
    """End with a message where the user can mend what is wrong, or stops the script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a folder may have any name
    try:
        yield
        sys.stdout.flush()
    except UserError as error:
        sys.exit(_with_notes(f"{name}: {error}", error))
    except KeyboardInterrupt as error:
        sys.exit(_with_notes(f"{name}: interrupted, no run was written.", error))
    except BrokenPipeError:  # nobody reads on, as in "| head"; all is stored by then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _with_notes(message: str, error: BaseException) -> str:
    return "\n".join([message, *getattr(error, "__notes__", [])])


@contextmanager
def ended_by(*signals: signal.Signals) -> Iterator[None]:
    """Let these signals end the block like Ctrl-C, which leaves what is finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, signal.default_int_handler) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
