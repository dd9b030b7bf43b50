"""The limit of `speed.py`: the loops over the cells of a group as one loop in a program of its own.

The code is that which Brian2 has generated for background, membranes and the search for events. Nothing else
is in the program: no clock but a number, no records, no synapses, and no resets.
"""

import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.runs import Run

WIDTHS = (".256", ".512") if platform.machine() in ("x86_64", "AMD64") else ("",)  # bits; "": what GCC takes
LOOPS = ("background", "stateupdater", "event_search")
LOOP = re.compile(r"for \(int _idx = _begin; _idx < _end; _idx\+\+\)\s*\{(.*?)\n    \}", re.DOTALL)
SUPPORT = re.compile(r"^namespace \{(.*?)^\}", re.DOTALL | re.MULTILINE)
SNIPPET = re.compile(r"(?=^    (?:static inline|template|#define))", re.MULTILINE)
COMMON = "template < typename T1, typename T2 > struct _higher_type;"
ARRAY = re.compile(r"^\s*(\w+)\* *(?:__restrict)? +_ptr_array_\w+ = _array_(\w+);", re.MULTILINE)
PROGRAM = """
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include "brianlib/stdint_compat.h"
namespace brian {{
{arrays}
}}
namespace {{
{common}
{functions}
}}
using namespace brian;
static const int _N = {cells};
static {found} _found[_N];
__attribute__((noinline)) void step()
{{
{constants}
{scalars}
    #pragma GCC ivdep
    for (int _idx = 0; _idx < _N; _idx++)
    {{
        {bodies}
    }}
}}
int main()
{{
    const std::clock_t start = std::clock();
    for (long k = 0; k < {steps}; k++)
        step();
    std::printf("%g %d\\n", double(std::clock() - start)/CLOCKS_PER_SEC, int(_found[0]));
}}
"""


def fused(program: Program, run: Run, group: str, cells: int, steps: int, single: bool = False) -> list[Path]:
    """Compile the loops of a group as one, in double or single precision; return a program for each width."""
    folder = program.folder / "sources"
    texts = [(folder / "code_objects" / f"{group}_{loop}_codeobject.cpp").read_text() for loop in LOOPS]
    parts = [_renamed(text, f"_lio_{k}_") for k, text in enumerate(texts)]
    pieces = dict(
        arrays="\n".join(dict(pair for text in texts for pair in _arrays(text, run)).values()),
        functions="\n".join(_functions(texts)),
        constants=_once(_constants(text) for text in parts),
        scalars=_once(_scalars(text) for text in parts),
        bodies="\n".join(f"{{{LOOP.search(text)[1]}\n}}" for text in parts),
    )
    # Truth values as wide as the numbers: mixed, the compiler unrolls the loop until no register is left.
    wide = dict(double="float", char="int32_t") if single else dict(char="int64_t")
    for narrow, word in wide.items():
        pieces = {name: re.sub(rf"\b{narrow}\b", word, text) for name, text in pieces.items()}
    common = COMMON + SUPPORT.search(texts[0])[1].partition(COMMON)[2]
    file = run.folder / f"fused_{'single' if single else 'double'}.cpp"
    file.write_text(PROGRAM.format(common=common, cells=cells, steps=steps, found=wide["char"], **pieces))
    return [_compile(file, folder, width, ["-fsingle-precision-constant"] * single) for width in WIDTHS]


def seconds(binaries: list[Path]) -> float:
    """Return the processor time (s) of a limit: that of the fastest of its programs."""
    done = [subprocess.run([str(each)], capture_output=True, text=True, check=True) for each in binaries]
    return min(float(each.stdout.split()[0]) for each in done)


def _compile(file: Path, sources: Path, width: str, more: list[str]) -> Path:
    flags = re.search(r"^FLAGS = (.*)$", (sources / "makefile").read_text(), re.MULTILINE)
    assert flags is not None
    binary = file.with_suffix(width)
    words = [
        *flags[1].replace('"', "").split(),
        *more,
        *([f"-mprefer-vector-width={width[1:]}"] if width else []),
    ]
    done = subprocess.run(
        ["g++", *words, str(file), "-o", str(binary)], capture_output=True, text=True, cwd=sources
    )
    if done.returncode:
        raise UserError(f"The limit {file} does not compile:\n{done.stderr}")
    return binary


def _renamed(text: str, prefix: str) -> str:
    """Tell the loop invariants of the code objects apart."""
    return re.sub(r"\b_lio_", prefix, text)


def _constants(text: str) -> str:
    """Return the numbers and pointers that a code object begins with."""
    return text[text.index("///// CONSTANTS") : text.index("const size_t _vectorisation_idx = -1;")]


def _scalars(text: str) -> str:
    """Return what is computed before the loop."""
    begin = text.index("const size_t _vectorisation_idx = -1;")
    return text[begin : text.index("const int _N", begin)]


def _once(texts: Iterator[str]) -> str:
    """Return the lines of several texts, each once, without those that the program has of its own."""
    lines = dict.fromkeys(line.strip() for text in texts for line in text.splitlines())
    return "\n".join(line for line in lines if "_vectorisation_idx" not in line and not line.startswith("//"))


def _functions(texts: list[str]) -> dict[str, None]:
    """Return the functions that the code uses, each once."""
    used = (SUPPORT.search(text)[1].partition(COMMON)[0] for text in texts)
    return dict.fromkeys(each.strip() for text in used for each in SNIPPET.split(text))


def _arrays(text: str, run: Run) -> Iterator[tuple[str, str]]:
    """Yield the name and the definition of each array that a code object uses, filled with its mean value."""
    sizes = dict(re.findall(r"const size_t _num(\w+) = (\d+);", text))
    for kind, array in ARRAY.findall(text):
        group, name = array.split("_", 1)
        size = int(sizes[name])
        value = {"dt": 1e-4, "t": 0.0}.get(name)
        if value is None:
            value = 0.0 if name.startswith("_") else float(np.mean(run[f"{group}.{name}"]))
        whole = round(value) if name == "z" else value  # the state of the random numbers
        number = str(round(value)) if kind in ("char", "int32_t") else repr(whole)
        yield array, f"{kind} _array_{array}[{size}] = {{{', '.join([number] * size)}}};"
