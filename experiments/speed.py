"""How fast it runs: cells beside a fused loop, the XOR network beside Brian2 alone, trials, builds, growth.

Methods. All times are processor times of one thread, but for the build, and medians of repeats; what is
compared is run in turn. cells: 2,500 burst-Poisson or pyramidal cells with four Poisson inputs each, 0.1 ms,
without synapses, beside the limit: the loops that Brian2 has generated for background, membranes and events
as one loop in a program of its own (`measures/fused.py`), in double and in single precision. xor: the
published network, as in `xor.py --protocol published`, for 20 s, in either precision, beside Brian2 alone
(standalone, with its own flags) and the limit in single precision for its cells; the parts come from a second
build in which each code object is timed, less the time of reading the clock, which is that of the cheapest.
layer5: one cell and 64. trials: 360 of `digits.py`, and of 784-500-100 cells on random images, in either
precision. build: `digits.py`, cold, without ccache, on all cores: real and processor time. growth: networks
of 500 to 50,000 cells, and of 1e5 to 1e7 synapses, 5 s each, wiring included; weights shrink as synapses
become more, so that rates stay. threads: real time of 100,000 cells with background, by one thread and by
two.

Prediction. At most 1.6 times the loop for cells; XOR at least 4 times faster than Brian2 alone; 2.5 us a step
of a layer-5 cell; 1.2 ms a trial of digits; a build in 15 s; growth with a slope of at most 1.05; two threads
1.6 times as fast as one, at the same spikes.

    python experiments/speed.py [--case NAME]      (a quarter of an hour)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse

import xarray as xr

from dendritic_bp.storage import Record
from figures.speed import figures
from measures.speed import CASES


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    parser.add_argument("--case", choices=["all", *CASES], default="all", help="what is timed (all)")


def simulate(args: argparse.Namespace) -> Record:
    """Time what is asked for."""
    chosen = CASES if args.case == "all" else {args.case: CASES[args.case]}
    records = [case(args) for case in chosen.values()]
    data = xr.merge([record.data for record in records])
    numbers = {name: number for record in records for name, number in record.summary.items()}
    return Record(data, numbers, records[0].provenance)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
