"""Tell how far a simulation is: a bar on a terminal and in a notebook, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

FIRST_S, SECOND_S, LONGEST_S = 0.5, 5.0, 60.0  # s: when a log hears of it, and how often at least
FORM = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s simulated [{elapsed}<{remaining}]"

_hushed = False

Report = Callable[[float], object]  # called with the simulated time (s), a few times a second


def medium() -> str:
    """Return what one looks at: "terminal", "notebook" or "log"."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and "IPKernelApp" in shell.config:
        return "notebook"
    return "terminal" if sys.stderr.isatty() else "log"


@contextmanager
def progress_bar(duration: float, title: str, sure: bool = True) -> Iterator[Report]:
    """Show simulated seconds of `duration`, and a line at the end.

    Where it is not `sure` that all of them will be simulated, the line tells what was reported last.
    """
    start, last = time.perf_counter(), 0.0

    def report(now: float) -> None:
        nonlocal last
        last = now
        show(now)

    show: Report
    if medium() == "log":
        show = _Lines(duration, title)
        yield report
    else:
        with _bar(total=duration, desc=title, bar_format=FORM) as bar:
            show = lambda now: bar.update(now - bar.n)  # noqa: E731
            yield report
    done = duration if sure else last
    say(f"{title}: {done:g} s simulated in {time.perf_counter() - start:.1f} s")


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show for how long something has gone on that tells nothing itself, if it takes more than a moment."""
    done = Event()
    thread = Thread(target=_tick, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tick(what: str, done: Event) -> None:
    if done.wait(FIRST_S):
        return
    if medium() == "log":
        say(f"{what} ...")
        done.wait()
        return
    with _bar(desc=what, bar_format="{desc} ... {elapsed}") as bar:
        while not done.wait(FIRST_S):
            bar.refresh()


def _bar(**options: Any) -> Any:
    """Return the bar of tqdm that fits: a widget in a notebook that has widgets."""
    if medium() == "notebook":
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(leave=False, **options)


class _Lines:
    """Write a line after some seconds, and then ever more rarely."""

    def __init__(self, duration: float, title: str) -> None:
        self.duration, self.title, self.start = duration, title, time.perf_counter()
        self.due = SECOND_S

    def __call__(self, now: float) -> None:
        passed = time.perf_counter() - self.start
        if passed < self.due:
            return
        self.due = passed + min(max(passed, SECOND_S), LONGEST_S)
        left = f", {passed * (self.duration / now - 1):.0f} s to go" if now > 0 else ""
        say(f"{self.title}: {now:.1f} of {self.duration:g} s simulated{left}")


def say(line: str) -> None:
    """Write a line for whoever waits."""
    if not _hushed:
        print(line, file=sys.stderr, flush=True)


def hush() -> None:
    """Say nothing from now on."""
    global _hushed
    _hushed = True
