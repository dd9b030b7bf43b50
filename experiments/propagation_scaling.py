"""What the network of `propagation.py` costs, against its number of cells and of synapses."""

import xarray as xr
from propagation_network import Chain, P

from dendritic_bp.program import Program

CELLS = (
    1_000,
    3_000,
    10_000,
    30_000,
    100_000,
)  # with 100 inputs from each kind of neighbour, if there are as many
SYNAPSES = (2e5, 6e5, 2e6, 6e6, 2e7)  # of 10,000 cells
INPUTS = 20  # from each kind of neighbour, while the number of cells varies
FULL = 10_000  # cells of the published network
SECONDS = 1.0


def chains(quick: bool) -> dict[str, list[Chain]]:
    """Return the networks to measure: more cells with 20 inputs of each kind, and more synapses."""
    cells = CELLS[:3] if quick else CELLS
    synapses = SYNAPSES[:3] if quick else SYNAPSES
    per_p = 4_025_000 / P * 1.0  # synapses of the published network
    return {
        "cells": [Chain(2, n / FULL, INPUTS / (0.4 * n), SECONDS) for n in cells],
        "synapses": [Chain(2, 1.0, n / per_p, SECONDS) for n in synapses],
    }


def measured(seed: int, quick: bool) -> xr.Dataset:
    """Compile and run each network for a second; return what it took."""
    rows = [(kind, *_measure(chain, seed)) for kind, group in chains(quick).items() for chain in group]
    names = ("varied", "scaled_cells", "scaled_synapses", "scaled_cpu", "scaled_memory")
    data = xr.Dataset(
        {name: ("scaling", list(column)) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    data["scaled_cpu"].attrs["units"] = "s"
    data["scaled_memory"].attrs["units"] = "MB"
    return data


def _measure(chain: Chain, seed: int) -> tuple[int, int, float, float]:
    run = Program(chain.protocol, chain.name).run(seed=seed)
    cells = sum(chain.populations.values())
    kinds = tuple(f"{each.name}_" for each in chain.projections)
    synapses = sum(int(run[name]) for name in run.stored if name.startswith(kinds) and name.endswith(".N"))
    return cells, synapses, run.cpu_s / SECONDS, run.peak_rss_mb
