"""What the network of `propagation.py` costs, against its number of cells and of synapses."""

import xarray as xr

from dendritic_bp.program import Program
from networks.propagation import SIZES, Chain

SCALES = (0.1, 0.3, 1, 3, 10)  # of the published network, which has 10,000 cells
INPUTS = 20  # from each kind of neighbour, while the number of cells varies
DENSITIES = (0.0025, 0.0079, 0.025, 0.079, 0.25)  # 20 million synapses at the most, of 10,000 cells


def measured(seed: int, quick: bool) -> xr.Dataset:
    """Run networks of more cells, then one with more synapses; return what each took."""
    scales, densities = (SCALES[:3], DENSITIES[:3]) if quick else (SCALES, DENSITIES)
    asked = [("cells", scale, INPUTS / (SIZES["pc"] * scale)) for scale in scales]
    asked += [("synapses", 1, p) for p in densities]
    rows = [(varied, *_measure(Chain(2, scale), p, seed)) for varied, scale, p in asked]
    names = ("varied", "scaled_cells", "scaled_synapses", "scaled_cpu", "scaled_memory")
    columns = zip(names, zip(*rows, strict=True), strict=True)
    data = xr.Dataset({name: ("scaling", list(column)) for name, column in columns})
    data["scaled_cpu"].attrs["units"] = "s"
    data["scaled_memory"].attrs["units"] = "MB"
    return data


def _measure(chain: Chain, p: float, seed: int) -> tuple[int, int, float, float]:
    """Return cells, synapses, processor time for a simulated second, and memory (MB)."""
    program = Program(chain.protocol, chain.name)
    values = chain.wiring(program.values, p)
    run = program.run(seed=seed, values=values)
    synapses = sum(int(run[f"{name.removesuffix('.w')}.N"]) for name in values if name.endswith(".w"))
    return sum(chain.populations.values()), synapses, run.cpu_s / chain.duration_s, run.peak_rss_mb
