"""How a script ends: with a message instead of a traceback, whoever ends it."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dendritic_bp.errors import InUse, UserError

IN_USE = 75  # exit code of a run whose folder another process is writing to: it may be tried again
WORKER = "worker"  # instead of its number: that of the parent at the start
PARENT = "DENDRITIC_BP_PARENT"  # the process that started this one as part of a study


@contextmanager
def messages(name: str) -> Iterator[None]:
    """End with a message where the user can mend what is wrong, or stops the script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a folder may have any name
    try:
        yield
        if sys.stdout:  # None if it was closed
            sys.stdout.flush()
    except InUse as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(IN_USE)
    except UserError as error:
        sys.exit(_with_notes(f"{name}: {error}", error))
    except KeyboardInterrupt as error:
        nothing = "" if hasattr(error, "__notes__") else ", no run was written"
        sys.exit(_with_notes(f"{name}: interrupted{nothing}.", error))
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


def keep_ignoring_interrupts() -> None:
    """Go on ignoring SIGINT where the process was started so, as in the background of a script of a shell.

    Brian2's handler takes its place when it is imported, and then calls what was there, which is no function.
    """
    handler = signal.getsignal(signal.SIGINT)
    ignored = getattr(handler, "previous_handler", None) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_with_parent() -> bool:
    """End like on SIGTERM when the study that started this process has ended; tell whether there is one."""
    parent = os.environ.pop(PARENT, "")
    if parent:
        watched = os.getppid() if parent == WORKER else int(parent)
        threading.Thread(target=_watch, args=(watched,), daemon=True).start()
    return bool(parent)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
