"""Compile generated sources in a kept folder, recompiling only what changed."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from dendritic_bp.errors import UserError
from dendritic_bp.scratch import locked, writing
from dendritic_bp.units import join

UNUSED_DAYS = 30  # binaries that nobody asked for during this time are removed

HEADERS = Path(__file__).with_name("common.h").read_text()  # what all code objects include
PRECOMPILED = ("common.h.gch", "light.h.gch")
SHARED = ".headers"  # the folder for them in the cache, which no program can have
ALWAYS = ("-w", "-std=c++11")
# Added to Brian2's flags, so that the loop over cells is vectorised, `exp` too: 15 to 6 ns for each step of a
# `two_compartment` cell. GCC gives up where more than 10 pairs of arrays might overlap; glibc declares its
# vector `exp` under this macro, which Brian2's flags leave undefined as they keep NaN and infinity.
VECTORISE = ("--param", "vect-max-version-for-alias-checks=1000", "-D__FAST_MATH__=1")
THREADS = "-fopenmp"  # where a program has several

BUILDING = ".building"  # in the kept sources while they are compiled
MACHINE = ".machine"  # in the kept sources: compiler and processor; ccache, too, may be shared by machines
CORES = "DENDRITIC_BP_CORES"
ELSEWHERE = "name another place in the environment variable DENDRITIC_BP_CACHE"

MAKEFILE = """\
FLAGS = {flags} -I.
# compiler and processor: {machine}
OBJECTS = {objects}

.DELETE_ON_ERROR:

main: $(OBJECTS)
\t$(CXX) $(OBJECTS) -o $@ {link_flags}

%.o: %.cpp common.h makefile | common.h.gch
\t$(CXX) $(FLAGS) -MMD -MP -include common.h -c $< -o $@

# What is called once, and copies numbers.
main.o objects.o: %.o: %.cpp light.h makefile | light.h.gch
\t$(CXX) $(FLAGS) -O0 -MMD -MP -include light.h -c $< -o $@

# Where they are, they are those of these headers and flags.
common.h.gch:
\t$(CXX) $(FLAGS) -x c++-header common.h -o $@

light.h.gch:
\t$(CXX) $(FLAGS) -O0 -x c++-header light.h -o $@

-include $(wildcard *.d */*.d)
"""


def cache_folder() -> Path:
    """Return the folder of kept builds: $DENDRITIC_BP_CACHE, or dendritic_bp in the user's cache.

    Where it belongs to another user, each of the others has a folder of their own in it.
    """
    try:
        chosen = os.environ.get("DENDRITIC_BP_CACHE") or _user_cache() / "dendritic_bp"
        folder = Path(chosen).expanduser().absolute()
    except RuntimeError as error:  # no home
        raise UserError(f"Cannot tell where to keep builds: {error} So {ELSEWHERE}.") from None
    try:
        owner = folder.stat().st_uid
    except OSError:  # not there, or out of reach: told when it is written
        return folder
    return folder if owner == os.getuid() else folder / f"user-{os.getuid()}"


def _user_cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return Path(chosen) if chosen else Path.home() / ".cache"


def cores() -> int:
    """Return the number of cores that this process may use: its share, as part of a study."""
    if share := os.environ.get(CORES):
        if not share.strip().isdecimal() or not int(share):
            raise UserError(
                f"The environment variable {CORES} is {share!r}: give a number of cores, 1 or more."
            )
        return int(share)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require() -> None:
    """Refuse to go on without a compiler and make."""
    missing = [tool for tool in (_bare_compiler()[0], "make") if shutil.which(tool) is None]
    if missing:
        raise UserError(
            f"Cannot compile: {' and '.join(missing)} not found. "
            "Install a C++ compiler and make, e.g. 'sudo apt install g++ make' or 'xcode-select --install'."
        )


def _compiler() -> str:
    """Return the compile command, which goes through ccache where there is one."""
    return os.environ.get("CXX") or ("ccache g++" if shutil.which("ccache") else "g++")


def _bare_compiler() -> list[str]:
    """Return the words of the compile command without ccache."""
    words = [word for word in shlex.split(_compiler()) if Path(word).name != "ccache"]
    return words or ["g++"]


def hash_folder(folder: Path) -> str:
    """Return a hash of the sources and the data in a folder, whatever wrote them."""
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and each.name != "makefile"):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build(
    sources: Path,
    source_hash: str,
    folder: Path,
    flags: Sequence[str] | None,
    jobs: int | None,
    threads: int = 1,
) -> Path:
    """Compile fresh sources and return a folder with `main` and its data, which no later build changes.

    The sources are copied over those of the last build, so that only what differs is compiled, while a
    lock keeps other processes out. Sources that were compiled before are not compiled again.
    """
    with writing(f"build in {folder}", ELSEWHERE), _locked(folder):
        makefile = _write_makefile(sources, flags, threads)
        binary = folder / "binaries" / f"{source_hash}-{_hash(makefile)}"
        if not (binary / "main").exists():
            _synchronise(sources, folder / "sources")
            _make(folder, jobs or cores())
            _publish(folder / "sources" / "main", sources / "static_arrays", binary)
        os.utime(binary)
        _remove_unused(folder / "binaries")
    return binary


def _write_makefile(sources: Path, flags: Sequence[str] | None, threads: int) -> str:
    """Replace Brian2's makefile by one with precompiled headers and dependencies per file."""
    brian2 = dict(re.findall(r"^(\w+) = *(.*)$", (sources / "makefile").read_text(), re.MULTILINE))
    brianlib = "".join(path.read_text() for path in sorted((sources / "brianlib").glob("*.h")))
    for name in ("common.h", "light.h"):  # the same: a precompiled one is good for one level of optimisation
        (sources / name).write_text(f"// {_hash(brianlib)}\n{HEADERS}")
    words = [brian2["OPTIMISATIONS"], *VECTORISE] if flags is None else [*ALWAYS, *flags]
    many = [THREADS] if threads > 1 else []
    compile_flags = " ".join([*words, *many])
    machine = _machine(compile_flags)
    (sources / MACHINE).write_text(machine)
    text = MAKEFILE.format(
        machine=machine,
        flags=compile_flags,
        objects=re.sub(r"\.cpp\b", ".o", " ".join(join(sources, brian2["SRCS"].split()))),
        link_flags=" ".join([brian2["LFLAGS"], *many]),
    )
    (sources / "makefile").write_text(text)
    return text


def _machine(flags: str) -> str:
    """Return a word for all that the compiled code depends on besides sources and flags.

    That is the compiler, its version, the processor, and what the compiler takes "native" for.
    """
    compiler = _bare_compiler()
    paths = [str(shutil.which(word) or word) for word in compiler]
    return _hash("\n".join([*paths, _says(*paths, "--version"), _macros(*paths, flags), _processor()]))


def _macros(*compiler_and_flags: str) -> str:
    *compiler, flags = compiler_and_flags
    return _says(*compiler, *shlex.split(flags), "-dM", "-E", "-x", "c++", os.devnull)


@cache
def _says(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except OSError as error:
        raise UserError(f"Cannot run the compiler '{command[0]}': {error.strerror}.") from None


def _processor() -> str:
    """Return what the system says of the processor, as far as it does not change from moment to moment."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # no Linux
        return f"{platform.machine()} {platform.processor()}"
    kept = [line for line in lines if re.match(r"(model name|flags|Features|CPU part)\s*:", line)]
    return "\n".join([platform.machine(), *sorted(set(kept))])


def _synchronise(sources: Path, target: Path) -> None:
    """Copy the files that differ, leaving the others (and their dates) alone.

    What a process that was killed while it compiled has left is not trusted, nor are another machine's dates.
    """
    if (target / BUILDING).exists() or _from_the_future(target):
        shutil.rmtree(target)
    for path in (each for each in sources.rglob("*") if each.is_file() and "static_arrays" not in each.parts):
        copy = target / path.relative_to(sources)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _from_the_future(folder: Path) -> bool:
    return any(path.stat().st_mtime > time.time() + 1 for path in folder.rglob("*"))


def _make(folder: Path, jobs: int) -> None:
    """Run make, and report the compiler's first error."""
    sources = folder / "sources"
    sloppy = "pch_defines,time_macros,include_file_mtime,include_file_ctime"  # ccache needs it for common.h
    ccache = {"CCACHE_SLOPPINESS": sloppy, "CCACHE_EXTRAFILES": str(sources / MACHINE)}
    words = ["make", f"-j{jobs}", f"CXX={_compiler()}"]
    how: dict[str, Any] = dict(cwd=sources, env=os.environ | ccache | {"LC_ALL": "C"}, capture_output=True)
    (sources / BUILDING).touch()
    _precompile(sources, [*words, *PRECOMPILED], how)
    done = subprocess.run(words, text=True, **how)
    (sources / BUILDING).unlink()
    (folder / "make.log").write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise UserError(
            f"Compiling failed in {folder}:\n{_first_error(done.stderr.splitlines())}\n(all in make.log)"
        )


def _precompile(sources: Path, make: list[str], how: dict[str, Any]) -> None:
    """Put the precompiled headers of this compiler and these flags, made for all programs, into the sources.

    Where they cannot be kept, or compiling fails, this is left to the build of the program.
    """
    flags, machine = (sources / "makefile").read_text().splitlines()[:2]
    key = _hash("\n".join([flags, machine, (sources / "common.h").read_text()]))
    own = [sources / name for name in PRECOMPILED]
    for each in own:
        each.unlink(missing_ok=True)
    with suppress(OSError, UserError), _locked(cache_folder() / SHARED):
        kept = cache_folder() / SHARED / "binaries" / key
        if all((kept / each.name).exists() for each in own):
            for each in own:
                _link(kept / each.name, each)
        elif subprocess.run(make, **how).returncode == 0:
            partial = kept.with_name(f"{key}.partial")
            for left in (partial, kept):
                shutil.rmtree(left, ignore_errors=True)
            partial.mkdir(parents=True)
            for each in own:
                _link(each, partial / each.name)
            partial.rename(kept)
        else:
            return
        os.utime(kept)
        _remove_unused(kept.parent)


def _link(old: Path, new: Path) -> None:
    """Let a file have another name, or be copied to another disk."""
    new.unlink(missing_ok=True)
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def _first_error(lines: list[str]) -> str:
    """Return the compiler's first error with the two lines that show the place."""
    for k, line in enumerate(lines):
        if "error:" in line or "undefined reference" in line:
            return "\n".join(lines[k : k + 3])
    return "\n".join(lines[-3:])


def _publish(main: Path, data: Path, binary: Path) -> None:
    """Put the binary and its data in a folder of their own, which appears complete or not at all."""
    partial = binary.with_name(f"{binary.name}.partial")
    for left in (partial, binary):  # of a process that was killed, of somebody who cleaned in part
        shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copy2(main, partial / "main")
    shutil.move(data, partial / "static_arrays")
    partial.rename(binary)


def _remove_unused(binaries: Path) -> None:
    """Remove binaries that were not asked for lately."""
    for each in _older_than(binaries.iterdir(), UNUSED_DAYS):
        shutil.rmtree(each, ignore_errors=True)


def _older_than(paths: Iterable[Path], days: float) -> list[Path]:
    return [path for path in paths if path.stat().st_mtime < time.time() - days * 86400]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other process builds in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = locked(folder / "lock")
    assert lock is not None
    with lock:
        yield


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
