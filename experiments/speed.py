"""How fast the published XOR network runs: by part, beside what the machine can do, and as networks grow.

Methods. The published network (--case xor): that of `xor.py --protocol published` for 20 s, five times in
one thread; all times are processor times and medians. The limit is a plain C++ loop over the same cells: the
loops that Brian2 has generated for the membranes, the background and the search for spikes, called one after
the other in a program without anything else, compiled with the same flags and run as often, in turn with the
network. The parts come from a second build in which each code object is timed; the time of reading the clock,
which is that of the cheapest code object, is subtracted. Growth (--case growth): networks of 500 to 50,000
cells, and of 1e5 to 1e7 synapses, 5 s each, wiring included; weights shrink as synapses become more, so that
the rates stay.

Prediction. At most 0.20 s of processor time per simulated second on an idle machine (the published program,
in float32 and vectorised by hand, needs 0.28 s there). Growth with a slope of at most 1.1.

    python experiments/speed.py [--case xor|growth]      (a quarter of an hour, most of it compiling)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.runs import Run
from dendritic_bp.storage import Record
from figures.speed import figures
from networks.xor import FEEDBACK, Published

REPEATS = 5
LONG, SHORT = 1.6, 0.4  # s for each example: 20.48 and 5.12 s in all
PARTS = {  # the first pattern that fits decides
    "recording": r"meter|course|watch",
    "background": r"_background",
    "plasticity": r"_post_",
    "backward": r"output_(excites|inhibits)",
    "forward": r"_pre_",
    "neurons": "",
}
LAYERS, LOOPS = ("inputs", "hidden", "output"), ("background", "stateupdater", "spikes")
CELLS, FEW = (100, 500, 2500, 10_000), 20  # cells in each population, and synapses from each
SYNAPSES = (6.25, 25, 100, 625)  # from each population to each cell, among 1,000
WEIGHTS = {"inputs_hidden.w": 0.234, "hidden_output.w": 0.234, "inputs_hidden.w_max": 1.0}  # [P21]
WEIGHTS |= {"hidden_output.w_max": 1.0}
WEIGHTS |= {f"{name}_inhibition.w": 0.25 for name in ("inputs_hidden", "hidden_output")}
WEIGHTS |= {
    f"output_{kind}_hidden{k}.w": FEEDBACK["opposite"][kind][k - 1]
    for kind in ("excites", "inhibits")
    for k in (1, 2)
}

LIMIT = """
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include "brianlib/stdint_compat.h"
namespace brian {{
{arrays}
}}
{loops}
int main()
{{
    const std::clock_t start = std::clock();
    for (long step = 0; step < {steps}; step++) {{
        {calls}
    }}
    std::printf("%g %g\\n", double(std::clock() - start)/CLOCKS_PER_SEC, brian::_array_output_v_s[0]);
}}
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    parser.add_argument("--case", choices=["all", "xor", "growth"], default="all", help="what is timed (all)")


def simulate(args: argparse.Namespace) -> Record:
    """Time what is asked for."""
    cases = dict(xor=_xor, growth=_growth)
    records = [case(args) for name, case in cases.items() if args.case in ("all", name)]
    data = xr.merge([record.data for record in records])
    numbers = {name: number for record in records for name, number in record.summary.items()}
    return Record(data, numbers, records[0].provenance)


def _design(example_s: float, **changes: Any) -> Published:
    """Return one epoch of the published protocol, tests included, with short examples."""
    return Published(epochs=1, example_s=example_s, raster=False, **changes)


def _program(design: Published) -> Program:
    return Program(design.protocol, design.name).build()


def _xor(args: argparse.Namespace) -> Record:
    """Time the network, in turn with the limit, then its parts."""
    repeats, example_s = (3, SHORT) if args.quick else (REPEATS, LONG)
    design = _design(example_s)
    program, seconds = _program(design), design.simulated_s
    runs, limits, limit = [], [], None
    for k in range(repeats):
        runs.append(program.run(args.seed + k, args.set))
        limit = limit or _compile_limit(program, runs[0], round(seconds / 1e-4))
        limits.append(_time_limit(limit) / seconds)
    cost = [run.cpu_s / seconds for run in runs]
    shares = _shares(args, example_s)
    summary = {
        "cpu_s_per_simulated_s": float(np.median(cost)),
        "limit_cpu_s_per_simulated_s": float(np.median(limits)),
        "ratio_to_limit": float(np.median(np.divide(cost, limits))),
        "build_s": program.build_s,
        "peak_rss_mb": runs[0].peak_rss_mb,
    }
    for part in PARTS:
        share = sum(value for name, value in shares.items() if _part(name) == part)
        summary[f"{part}_share"] = share
        summary[f"{part}_cpu_s_per_simulated_s"] = share * summary["cpu_s_per_simulated_s"]
    summary |= {f"{code_object}_share": share for code_object, share in shares.items()}
    data = xr.Dataset(
        {
            "cost": ("repeat", cost, {"units": "1"}),
            "limit": ("repeat", limits, {"units": "1"}),
            "share": ("code_object", list(shares.values()), {"units": "1"}),
            "part": ("code_object", [_part(name) for name in shares]),
        },
        {"code_object": list(shares)},
    )
    return Record(data, summary, runs[0].provenance)


def _part(code_object: str) -> str:
    return next(part for part, pattern in PARTS.items() if re.search(pattern, code_object))


def _shares(args: argparse.Namespace, example_s: float) -> dict[str, float]:
    """Return the share of each code object in the time of all, the largest first."""
    design = _design(example_s, profile=True)
    run = _program(design).run(args.seed, args.set)
    times: dict[str, float] = {}
    for line in (run.folder / "profiling_info.txt").read_text().splitlines():
        name, time = line.split()
        name = re.sub(r"_codeobject(_\d+)?$", "", name)
        times[name] = times.get(name, 0) + float(time)
    # Code objects that are called once a pattern need no correction; all others are called at every step.
    clock = min(time for time in times.values() if time > 1e-7 * design.simulated_s / 1e-4)
    net = {name: max(time - clock, 0) for name, time in times.items()}
    return dict(sorted(((k, v / sum(net.values())) for k, v in net.items()), key=lambda pair: -pair[1]))


def _compile_limit(program: Program, run: Run, steps: int) -> Path:
    """Write the loops over cells as a program of their own, and compile it with the same flags."""
    sources = program.folder / "sources"
    texts = {
        f"{layer}_{loop}": (sources / "code_objects" / f"{layer}_{loop}_codeobject.cpp").read_text()
        for layer in LAYERS
        for loop in LOOPS
    }
    arrays = dict(pair for text in texts.values() for pair in _arrays(text, run))
    loops = [
        f"namespace {name} {{\n{text[text.index('////// SUPPORT') :]}\n}}" for name, text in texts.items()
    ]
    calls = [f"{name}::_run_{name}_codeobject();" for name in texts]
    lines = {"arrays": arrays.values(), "loops": loops, "calls": calls}
    file = run.folder / "limit.cpp"
    file.write_text(LIMIT.format(steps=steps, **{key: "\n".join(each) for key, each in lines.items()}))
    flags = re.search(r"^FLAGS = (.*)$", (sources / "makefile").read_text(), re.MULTILINE)
    assert flags is not None
    command = ["g++", *flags[1].replace('"', "").split(), str(file), "-o", str(file.with_suffix(""))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=sources)
    if done.returncode:
        raise UserError(f"The limit does not compile:\n{done.stderr}")
    return file.with_suffix("")


def _arrays(text: str, run: Run) -> Iterator[tuple[str, str]]:
    """Yield the name and the definition of each array that a code object uses, filled with its mean value."""
    sizes = dict(re.findall(r"const size_t _num(\w+) = (\d+);", text))
    for kind, array in re.findall(
        r"^\s*(\w+)\* *(?:__restrict)? +_ptr_array_\w+ = _array_(\w+);", text, re.MULTILINE
    ):
        group, name = array.split("_", 1)
        size = int(sizes[name])
        value = {"dt": 1e-4, "t": 0.0}.get(name)
        if value is None:
            value = float(np.mean(run[f"{group}.{name}"]))
        whole = round(value) if name == "z" else value  # the state of the random numbers
        yield array, f"{kind} _array_{array}[{size}] = {{{', '.join([repr(whole)] * size)}}};"


def _time_limit(binary: Path) -> float:
    """Return the processor time (s) of the limit."""
    done = subprocess.run([str(binary)], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0])


def _growth(args: argparse.Namespace) -> Record:
    """Time networks of many sizes."""
    repeats = 1 if args.quick else 3
    cells = [_timed(args, repeats, cells=n, inputs=FEW) for n in CELLS]
    synapses = [_timed(args, repeats, cells=1000, inputs=k) for k in SYNAPSES]
    n_cells, n_synapses = 5 * np.array(CELLS), 16 * 1000 * np.array(SYNAPSES)
    data = xr.Dataset(
        {
            "cost_of_cells": ("cells", cells, {"units": "1"}),
            "cost_of_synapses": ("synapses", synapses, {"units": "1"}),
        },
        {"cells": n_cells, "synapses": ("synapses", n_synapses, {"units": "1"})},
    )
    summary = {f"cpu_s_per_simulated_s_{n}_cells": cost for n, cost in zip(n_cells, cells, strict=True)}
    summary |= {
        f"cpu_s_per_simulated_s_{n:.0f}_synapses": c for n, c in zip(n_synapses, synapses, strict=True)
    }
    summary |= {"slope_cells": _slope(n_cells, cells), "slope_synapses": _slope(n_synapses, synapses)}
    return Record(data, summary, {})


def _timed(args: argparse.Namespace, repeats: int, cells: int, inputs: float) -> float:
    """Return the processor time per simulated second of a network whose cells get the published drive."""
    design = _design(SHORT, cells=cells, inputs=inputs)
    program = _program(design)
    w = {name: value * 100 / inputs for name, value in WEIGHTS.items()}
    runs = [program.run(args.seed + k, w | args.set) for k in range(repeats)]
    return float(np.median([run.cpu_s for run in runs])) / design.simulated_s


def _slope(sizes: np.ndarray, cost: list[float]) -> float:
    """Return the exponent of the growth of cost with size."""
    return float(np.polyfit(np.log(sizes), np.log(cost), 1)[0])


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
