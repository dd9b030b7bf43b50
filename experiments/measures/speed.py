"""The cases of `speed.py`: each times one thing, beside what it is compared with."""

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from brian2 import Network

from dendritic_bp.errors import UserError
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.runs import Run
from dendritic_bp.storage import Record
from dendritic_bp.tasks import digits
from measures import code_objects, fused, plain_brian2
from networks import speed
from networks.digits import PIECE, Design
from networks.xor import FEEDBACK, Published

REPEATS = 5
LONG, SHORT = 1.6, 0.4  # s for each example: 20.48 and 5.12 s in all
ALONE_S, TALL_S, MANY_S = 2, 5, 0.5  # s of cells by themselves, of one layer-5 cell, and of many
TALL = 64
DIGITS = Design((200,), "burst_poisson")
CROWD = 100_000  # cells that two threads share
STEPS = round(ALONE_S * 1e4)
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


def _median(values: list[float]) -> float:
    return float(np.median(values))


def _ratio(costs: Mapping[str, list[float]], one: str, other: str) -> float:
    """Return the median of the ratios of runs in turn."""
    return _median(np.divide(costs[one], costs[other]).tolist())


def _cells(args: argparse.Namespace) -> Record:
    """Time both kinds of cells, in either precision, in turn with their fused loops."""
    summary, run = {}, None
    for kind in speed.KINDS:
        costs, _, run = _alone(args, kind, REPEATS)
        for precision, here in (("double", kind), ("single", f"{kind}_single")):
            summary[f"{here}_ns"] = _median(costs[precision])
            summary[f"{kind}_{precision}_fused_ns"] = _median(costs[f"{precision} fused"])
            summary[f"{here}_ratio_to_fused"] = _ratio(costs, precision, f"{precision} fused")
    assert run is not None
    return Record(xr.Dataset(), summary, run.provenance)


def _alone(
    args: argparse.Namespace, kind: str, repeats: int
) -> tuple[dict[str, list[float]], dict[str, list[Path]], Run]:
    """Return the costs (ns for each cell and step) of cells here and in fused loops."""
    programs = {
        precision: _program(args, speed.cells(kind, ALONE_S), f"speed-{kind}", precision)
        for precision in PRECISIONS
    }
    costs: dict[str, list[float]] = {name: [] for each in PRECISIONS for name in (each, f"{each} fused")}
    loops: dict[str, list[Path]] = {}
    unit = 1e-9 * speed.ALONE * STEPS
    for k in range(repeats):
        for precision, program in programs.items():
            run = program.run(args.seed + k, args.set)
            costs[precision].append(run.cpu_s / unit)
        loops = loops or {
            precision: fused.fused(
                programs["double"], run, "cells", speed.ALONE, STEPS, precision == "single"
            )
            for precision in PRECISIONS
        }
        for precision, loop in loops.items():
            costs[f"{precision} fused"].append(fused.seconds(loop) / unit)
    return costs, loops, run


def _design(example_s: float, **changes: Any) -> Published:
    """Return one epoch of the published protocol, tests included, with short examples."""
    return Published(epochs=1, example_s=example_s, raster=False, **changes)


def _built(args: argparse.Namespace, program: Program) -> Program:
    """Compile a program, unless it lacks what --set names."""
    program.check(args.set)
    return program.build()


def _program(
    args: argparse.Namespace, protocol: Callable[[], Network], name: str, precision: str = "double"
) -> Program:
    return _built(args, Program(protocol, name, precision=precision))


def _xor(args: argparse.Namespace) -> Record:
    """Time the network, in turn with Brian2 alone and the limit of its cells, then its parts."""
    repeats, example_s = (3, SHORT) if args.quick else (REPEATS, LONG)
    design = _design(example_s)
    programs = {each: _program(args, design.protocol, design.name, each) for each in PRECISIONS}
    peer = plain_brian2.build(design.protocol, programs["double"].folder / "plain")
    _, loops, _ = _alone(args, "burst_poisson", 1)
    costs: dict[str, list[float]] = {"cost": [], "cost_single": [], "peer": [], "limit": []}
    for k in range(repeats):
        for precision, name in (("double", "cost"), ("single", "cost_single")):
            run = programs[precision].run(args.seed + k, args.set)
            costs[name].append(run.cpu_s / design.simulated_s)
        costs["peer"].append(plain_brian2.seconds(peer) / design.simulated_s)
        costs["limit"].append(fused.seconds(loops["single"]) / ALONE_S)  # of as many cells
    shares = _shares(args, example_s)
    cost, single, brian2, limit = map(_median, costs.values())
    summary = {
        "cpu_s_per_simulated_s": cost,
        "single_cpu_s_per_simulated_s": single,
        "plain_brian2_cpu_s_per_simulated_s": brian2,
        "limit_cpu_s_per_simulated_s": limit,
        "xor_ratio_to_plain_brian2": _ratio(costs, "peer", "cost"),
        "xor_single_ratio_to_plain_brian2": _ratio(costs, "peer", "cost_single"),
        "xor_ratio_to_fused": _ratio(costs, "cost", "limit"),
        "xor_single_ratio_to_fused": _ratio(costs, "cost_single", "limit"),
        "build_s": programs["double"].build_s,
        "peak_rss_mb": run.peak_rss_mb,
    }
    data = {name: ("repeat", values, {"units": "1"}) for name, values in costs.items()}
    data["share"] = ("code_object", list(shares.values()), {"units": "1"})
    data["part"] = ("code_object", [code_objects.part(name) for name in shares], {})
    parts = code_objects.costs(shares, cost)
    return Record(xr.Dataset(data, {"code_object": list(shares)}), summary | parts, run.provenance)


def _shares(args: argparse.Namespace, example_s: float) -> dict[str, float]:
    """Return the share of each code object, of a build in which each is timed."""
    design = _design(example_s, profile=True)
    run = _program(args, design.protocol, design.name).run(args.seed, args.set)
    return code_objects.shares(run.folder / "profiling_info.txt", design.simulated_s)


def _layer5(args: argparse.Namespace) -> Record:
    """Time one layer-5 cell, and many in one group."""
    summary, run = {}, None
    for n, name in ((1, "layer5_us_per_step"), (TALL, f"layer5_{TALL}_us_per_step")):
        seconds = TALL_S if n == 1 else MANY_S
        program = _built(args, Program(speed.tall_cells(n, seconds), f"speed-layer5-{n}"))
        runs = [program.run(args.seed + k, args.set) for k in range(REPEATS)]
        run, steps = runs[-1], round(seconds / 25e-6)
        summary[name] = _median([each.cpu_s for each in runs]) / steps / n * 1e6
    assert run is not None
    return Record(xr.Dataset(), summary, run.provenance)


def _trials(args: argparse.Namespace) -> Record:
    """Time trials of digits, and of images as large as those of MNIST."""
    summary, run = {}, None
    large = Design((speed.HIDDEN,), "burst_poisson", speed.PIXELS)
    cases = {"digits": (DIGITS, digits(args.seed)), "images": (large, speed.as_large_as_mnist(args.seed))}
    for name, (design, data) in cases.items():
        values = speed.trials(design, args.seed, data) | args.set
        for precision, here in (("double", name), ("single", f"{name}_single")):
            program = _program(args, design.protocol, design.name, precision)
            runs = [program.run(args.seed + k, values) for k in range(REPEATS)]
            run = runs[-1]
            summary[f"{here}_ms_per_trial"] = 1e3 * _median([each.cpu_s for each in runs]) / PIECE
    assert run is not None
    return Record(xr.Dataset(), summary, run.provenance)


def _build(args: argparse.Namespace) -> Record:
    """Time a cold build of `digits.py`: real time on all cores, and processor time."""
    program = Program(DIGITS.protocol, DIGITS.name, tempfile.mkdtemp(prefix="speed-"))
    before = os.environ.get("CCACHE_DISABLE")
    os.environ["CCACHE_DISABLE"] = "1"
    try:
        spent, start = _processor_s(), time.perf_counter()
        _built(args, program)
        summary = {"cold_build_s": time.perf_counter() - start, "cold_build_cpu_s": _processor_s() - spent}
        run = program.run(args.seed, speed.trials(DIGITS, args.seed, digits(args.seed)) | args.set)
    finally:
        os.environ.pop("CCACHE_DISABLE")
        if before is not None:
            os.environ["CCACHE_DISABLE"] = before
        shutil.rmtree(program.folder, ignore_errors=True)
    return Record(xr.Dataset(), summary, run.provenance)


def _processor_s() -> float:
    """Return the processor time (s) of this process and of those that it has started."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


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
    program = _program(args, design.protocol, design.name)
    w = {name: value * 100 / inputs for name, value in WEIGHTS.items()}
    runs = [program.run(args.seed + k, w | args.set) for k in range(repeats)]
    return float(np.median([run.cpu_s for run in runs])) / design.simulated_s


def _threads(args: argparse.Namespace) -> Record:
    """Time many cells by one thread and by two, in turn."""
    summary, run = {}, None
    for kind in speed.KINDS:
        protocol, name = speed.cells(kind, MANY_S, CROWD), f"speed-{kind}-{CROWD}"
        programs = [_built(args, Program(protocol, name, threads=n)) for n in (1, 2)]
        costs = []
        for k in range(1 if args.quick else 3):
            run, other = (program.run(args.seed + k, args.set) for program in programs)
            if run["spikes.N"] != other["spikes.N"]:
                raise UserError(
                    f"{name}: {run['spikes.N']} spikes by one thread, {other['spikes.N']} by two."
                )
            costs.append(run.run_s / other.run_s)
        summary[f"threads_{kind}_speedup"] = _median(costs)
    assert run is not None
    return Record(xr.Dataset(), summary, run.provenance)


def _slope(sizes: np.ndarray, cost: list[float]) -> float:
    """Return the exponent of the growth of cost with size."""
    return float(np.polyfit(np.log(sizes), np.log(cost), 1)[0])


CASES: dict[str, Callable[[argparse.Namespace], Record]] = dict(
    cells=_cells, xor=_xor, layer5=_layer5, trials=_trials, build=_build, growth=_growth, threads=_threads
)
