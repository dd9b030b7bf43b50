import multiprocessing
import os
import shutil
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
    assert {"main.cpp", "objects.cpp", "joined_0.cpp"} < set(ccache())
    for name in toolchain.PRECOMPILED:
        assert (tmp_path / "build" / "sources" / name).stat().st_nlink > 1  # made for all programs
    edited = Program(protocols.counter("x += 2"), "counter", tmp_path / "build").build()
    assert ccache() == ["joined_0.cpp"]
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


def test_flags_replace_those_of_brian2_and_unused_binaries_go(tmp_path, monkeypatch):
    monkeypatch.setenv("DENDRITIC_BP_CACHE", os.devnull)  # headers cannot be kept
    old = tmp_path / "binaries" / "old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    program = Program(protocols.counter(), "counter", tmp_path, flags=["-O0"])
    assert program.run(progress=False)["cell.x"] == [10]
    flags = (tmp_path / "sources" / "makefile").read_text().splitlines()[0]
    assert "-O0" in flags and "-O3" not in flags and "FAST_MATH" not in flags
    assert not old.exists()
    for name in toolchain.PRECOMPILED:
        assert (tmp_path / "sources" / name).stat().st_nlink == 1


def test_default_folder(monkeypatch):
    monkeypatch.delenv("DENDRITIC_BP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert toolchain.cache_folder() == Path("/somewhere/dendritic_bp")
    monkeypatch.setenv("DENDRITIC_BP_CACHE", "/elsewhere")
    assert toolchain.cache_folder() == Path("/elsewhere")


def test_a_relative_cache_is_that_of_the_moment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, folder in (("DENDRITIC_BP_CACHE", "cache"), ("XDG_CACHE_HOME", "cache/dendritic_bp")):
        monkeypatch.delenv("DENDRITIC_BP_CACHE", raising=False)
        monkeypatch.setenv(name, "cache")
        assert toolchain.cache_folder() == tmp_path / folder


def test_a_cache_of_another_user_has_a_folder_for_each_user(tmp_path, monkeypatch):
    monkeypatch.setenv("DENDRITIC_BP_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert toolchain.cache_folder() == tmp_path / "user-12345"


def test_without_a_home_the_remedy_is_told(monkeypatch):
    for name in ("DENDRITIC_BP_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(UserError, match="home directory.*DENDRITIC_BP_CACHE"):
        toolchain.cache_folder()


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Return a function that writes a g++ for which "native" is what is given, and chooses it."""
    real = shutil.which("g++")

    def choose(native, name="g++", log=os.devnull):
        script = tmp_path / "compilers" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {log}\nfor a; do shift; case $a in -march=native) a={native};; esac; '
            f'set -- "$@" "$a"; done\nexec {real} "$@"\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("CXX", str(script))

    toolchain._says.cache_clear()
    yield choose
    toolchain._says.cache_clear()


def test_a_build_is_kept_for_its_compiler_and_processor_alone(compiler, tmp_path, monkeypatch):
    flags = "-O3 -march=native"
    words = {toolchain._machine(flags)}
    compiler("-march=x86-64")
    words.add(toolchain._machine(flags))
    toolchain._says.cache_clear()
    compiler("-march=x86-64-v2")  # the same path, another machine
    words.add(toolchain._machine(flags))
    monkeypatch.setattr(toolchain, "_processor", lambda: "another one")
    words.add(toolchain._machine(flags))
    assert len(words) == 4
    assert toolchain._machine(flags) in words


def test_another_compiler_compiles_anew(compiler, tmp_path):
    first = Program(protocols.counter(), "counter", tmp_path / "build").build()
    compiler("-march=native", "other-g++", tmp_path / "log")
    second = Program(protocols.counter(), "counter", tmp_path / "build").build()
    assert first._binary != second._binary
    assert "joined_0.cpp" in (tmp_path / "log").read_text()
    assert second.run(progress=False)["cell.x"] == [10]


def test_what_a_killed_compilation_left_is_not_trusted(tmp_path):
    Program(protocols.counter(), "counter", tmp_path).build()
    objects = tmp_path / "sources" / "main.o"
    objects.write_bytes(objects.read_bytes()[:100])
    (tmp_path / "sources" / toolchain.BUILDING).touch()
    again = Program(protocols.counter("x += 5"), "counter", tmp_path)
    assert again.run(progress=False)["cell.x"] == [50]


def test_a_cache_that_was_cleaned_is_built_again_and_lost_results_are_told(tmp_path):
    program = Program(protocols.counter(), "counter", tmp_path / "build")
    run = program.run(progress=False)
    shutil.rmtree(tmp_path / "build")
    with pytest.raises(UserError, match="results of this run cannot be read.*run\\(folder"):
        run["cell.x"]
    assert program.run(progress=False)["cell.x"] == [10]


def test_a_file_system_that_forbids_programs_is_told(tmp_path):
    program = Program(protocols.counter(), "counter", tmp_path).build()
    (program._binary / "main").chmod(0o644)
    with pytest.raises(UserError, match="cannot be started: Permission denied.*noexec.*DENDRITIC_BP_CACHE"):
        program.run(progress=False)


def work(seed):
    return float(forked.run(seed, progress=False)["cells.v"][0])


def test_forked_processes_share_a_program(tmp_path, build_cache):
    global forked
    forked = Program(protocols.noisy, "noisy")
    forked.trace()  # each process has to write sources of its own
    with multiprocessing.get_context("fork").Pool(2) as pool:
        values = pool.map(work, [1, 2, 1], chunksize=1)
    assert values == [work(1), work(2), work(1)]


@pytest.mark.parametrize("cores", ["many", "0", "-1", "1.5"])
def test_a_number_of_cores_is_1_or_more(cores, monkeypatch):
    monkeypatch.setenv(toolchain.CORES, cores)
    with pytest.raises(UserError, match=f"DENDRITIC_BP_CORES is '{cores}': give a number of cores"):
        toolchain.cores()
