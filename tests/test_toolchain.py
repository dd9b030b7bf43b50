import os
import subprocess
import sys
import time
from pathlib import Path

import protocols
import pytest
from brian2 import Function, ms
from processes import environment

from dendritic_bp import toolchain
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program


@pytest.fixture
def ccache(tmp_path, monkeypatch):
    """Put a program called ccache first in the path, which writes down what it compiles."""
    log, wrapper = tmp_path / "log", tmp_path / "bin" / "ccache"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")

    def compiled():
        words = [
            word for line in log.read_text().splitlines() for word in line.split() if word.endswith(".cpp")
        ]
        log.unlink()
        return sorted(words)

    return compiled


def test_only_what_changed_is_compiled_through_ccache(ccache, tmp_path):
    Program(protocols.counter("x += 1"), "counter", tmp_path / "build").build()
    assert {"main.cpp", "objects.cpp", "code_objects/count_codeobject.cpp"} < set(ccache())
    edited = Program(protocols.counter("x += 2"), "counter", tmp_path / "build").build()
    assert ccache() == ["code_objects/count_codeobject.cpp"]
    assert edited.run(progress=False)["cell.x"] == [20]
    before = time.perf_counter()
    back = Program(
        protocols.counter("x += 1"), "counter", tmp_path / "build"
    )  # still there: nothing to compile
    assert back.run(progress=False)["cell.x"] == [10]
    assert time.perf_counter() - before < 2


def test_two_processes_may_build_in_one_folder():
    script = (
        "import sys, protocols; from dendritic_bp.program import Program;"
        "print(Program(protocols.counter(sys.argv[1]), 'shared', jobs=1).run(progress=False)['cell.x'])"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, step], stdout=subprocess.PIPE, env=environment(), text=True
        )
        for step in ("x += 3", "x += 4")
    ]
    assert [each.communicate()[0] for each in both] == ["[30.]\n", "[40.]\n"]


def test_missing_compiler_is_told_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"g\+\+ and make not found. Install .*apt install g\+\+ make"):
        Program(protocols.counter(), "nothing").build()


def test_first_error_of_the_compiler_is_shown(tmp_path):
    broken = Function(lambda x: x, arg_units=[1], return_unit=1)
    broken.implementations.add_implementation("cpp", "double broken(double x) { return y; }")

    def protocol():
        from brian2 import Network, NeuronGroup

        cell = NeuronGroup(1, "x : 1", namespace={"broken": broken}, name="cell")
        cell.run_regularly("x = broken(x)", dt=1 * ms, name="breaking")
        network = Network(cell)
        network.run(1 * ms)
        return network

    with pytest.raises(
        UserError, match=r"(?s)Compiling failed in .*breaking_codeobject.cpp.*error: .*‘?'?y.* not declared"
    ):
        Program(protocol, "broken", tmp_path).build()
    assert "not declared" in (tmp_path / "make.log").read_text()


def test_flags_replace_those_of_brian2_and_unused_binaries_go(tmp_path):
    old = tmp_path / "binaries" / "old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    program = Program(protocols.counter(), "counter", tmp_path, flags=["-O0"])
    assert program.run(progress=False)["cell.x"] == [10]
    flags = (tmp_path / "sources" / "makefile").read_text().splitlines()[0]
    assert "-O0" in flags and "-O3" not in flags and "FAST_MATH" not in flags
    assert not old.exists()


def test_default_folder(monkeypatch):
    monkeypatch.delenv("DENDRITIC_BP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert toolchain.cache_folder() == Path("/somewhere/dendritic_bp")
    monkeypatch.setenv("DENDRITIC_BP_CACHE", "/elsewhere")
    assert toolchain.cache_folder() == Path("/elsewhere")
