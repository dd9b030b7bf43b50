"""Say what this machine has, and prove that a network can be compiled and run on it."""

import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata

import numpy as np
from brian2 import Network, NeuronGroup, ms
from brian2.codegen.cpp_prefs import get_compiler_and_args

from dendritic_bp import cache, toolchain
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program

PACKAGE = "dendritic_bp"


def diagnose() -> Iterator[tuple[str, str]]:
    """Yield (what, finding) line by line; raise UserError, with the remedy, at the first thing amiss."""
    yield from _versions()
    toolchain.require()
    yield from _compiling()
    yield "one neuron", _one_neuron()


def _versions() -> Iterator[tuple[str, str]]:
    try:
        needed = metadata.requires(PACKAGE) or []
        yield PACKAGE, metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise UserError(f"{PACKAGE} is not installed in {sys.prefix}: run 'make install'.") from error
    yield "Python", f"{platform.python_version()} at {sys.executable}"
    yield "system", f"{platform.system()} {platform.release()} on {platform.machine()}"
    names = (re.match(r"[\w-]+", need)[0] for need in needed if "extra ==" not in need)  # type: ignore[index]
    for name in dict.fromkeys(names):
        yield name, metadata.version(name)


def _compiling() -> Iterator[tuple[str, str]]:
    command = toolchain._compiler()
    yield "compiler", f"{command}: {_first_line([*shlex.split(command), '--version'])}"
    yield "flags", " ".join([*get_compiler_and_args()[1], *toolchain.VECTORISE])
    yield "make", _first_line(["make", "--version"])
    yield "cores", str(toolchain.cores())
    yield "ccache", shutil.which("ccache") or "none (optional: it shortens rebuilds)"
    folder = toolchain.cache_folder()
    yield "cache", f"{folder}, {cache.size_mb():.0f} MB (python -m {PACKAGE} cache clear)"


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise UserError(f"'{' '.join(command)}' fails: {done.stderr.strip()}. Reinstall it.")
    return done.stdout.splitlines()[0]


def passive_cell() -> Network:
    """Let one cell decay for one time constant."""
    cell = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1", method="exact", name="cell")
    cell.v = 1
    network = Network(cell)
    network.run(10 * ms)
    return network


def _one_neuron() -> str:
    """Compile and run a passive cell, and compare it with the exact solution."""
    with _scratch() as folder:
        program = Program(passive_cell, "doctor", folder).build()
        run = program.run(progress=False)
        v = float(run["cell.v"][0])
    if not np.isclose(v, np.exp(-1), rtol=1e-9):
        raise UserError(
            f"A passive cell decayed to {v} instead of {np.exp(-1)}: compiled code computes wrong numbers. "
            "Try another compiler: CXX=clang++ python -m dendritic_bp doctor"
        )
    return f"built in {program.build_s:.1f} s, ran in {run.run_s:.2f} s, right"


def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Make a fresh folder where builds are kept, so that nothing is reused and the place is known to work."""
    cache = toolchain.cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="doctor-", dir=cache)
    except OSError as error:
        raise UserError(
            f"Cannot keep builds in {cache}: {error.strerror}. Point DENDRITIC_BP_CACHE to a writable folder."
        ) from error
