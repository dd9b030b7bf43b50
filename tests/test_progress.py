"""Whoever waits hears of it at once: a bar on terminals and in notebooks, lines in logs."""

import sys
import time
from types import SimpleNamespace

import pytest
import tqdm.auto

from dendritic_bp import progress


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test sets."""
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now.s)
    return now


def test_a_log_gets_lines_ever_more_rarely(clock, capfd):
    with progress.progress_bar(100, "cells") as report:
        for clock.s in range(41):
            report(2.0 * clock.s)
    lines = capfd.readouterr().err.splitlines()
    assert lines[:3] == [f"cells: {2 * s:.1f} of 100 s simulated, {50 - s} s to go" for s in (5, 10, 20)]
    assert lines[3:] == ["cells: 80.0 of 100 s simulated, 10 s to go", "cells: 100 s simulated in 40.0 s"]


def test_a_log_hears_of_what_takes_more_than_a_moment(monkeypatch, capfd):
    monkeypatch.setattr(progress, "FIRST_S", 60.0)
    with progress.waiting("cells: compiling"):
        pass
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(progress, "FIRST_S", 0.01)
    with progress.waiting("cells: compiling"):
        time.sleep(1)
    assert capfd.readouterr().err == "cells: compiling ...\n"


def test_a_terminal_shows_how_long_it_has_waited(monkeypatch, capfd):
    monkeypatch.setattr(progress, "FIRST_S", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.waiting("cells: compiling"):
        time.sleep(1)
    assert "\rcells: compiling ... 00:00" in capfd.readouterr().err


def test_a_notebook_gets_the_bar_for_notebooks(monkeypatch):
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    bars = []

    class Bar:
        n = 0.0

        def __init__(self, **options):
            bars.append(options["desc"])

        def update(self, more):
            self.n += more

        def __enter__(self):
            return self

        def __exit__(self, *error):
            bars.append(self.n)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    with progress.progress_bar(10, "cells") as report:
        report(4.0)
        report(7.0)
    assert bars == ["cells", 7.0]
    assert progress.medium() == "notebook"


def test_an_error_ends_the_waiting(monkeypatch):
    monkeypatch.setattr(progress, "FIRST_S", 0.01)
    with pytest.raises(ValueError, match="wrong"), progress.waiting("cells: compiling"):
        time.sleep(0.05)
        raise ValueError("wrong")
