"""SOM and VIP cells set how dendritic input becomes bursts. Do they leave the event rate alone?

Question   What do the strength of SOM cells, input from VIP cells, facilitation and the plateau do to burst
           probability over dendritic current, and to the event rate? Does inhibition by the ensemble's own
           bursts bring the curves of different somatic currents together?
Method     10,000 pyramidal, 1,000 PV and 1,000 SOM cells (a tenth with --quick); PV cells inhibit SOM cells,
           and these the dendrites. 25,000 exciting and 25,000 inhibiting sources of 5 Hz are shared at
           random, 100 of each kind a compartment. The current into all dendrites rises in steps of 50 pA and
           1 s, of which the last half counts; one quantity at a time is changed. VIP input is a current into
           SOM cells, as published, or 1,000 VIP cells, chosen here. Normalisation: 4,000 cells (1,000) whose
           facilitating synapses inhibit each other's dendrites. Loop: 1,000 cells (500) of Naud & Sprekeler
           and a fifth as many SOM cells.
Prediction SOM cells lower the curve and shift it to the right, VIP input undoes this, facilitation and
           plateau change its slope; at a given current the event rate moves by a few per cent. In the loop
           VIP input raises burst probability 2.4 times and moves the event rate by less than 1 %. Recurrent
           inhibition brings the curves of three somatic currents together.
Published  Payeur et al. 2021, Nat Neurosci 24, Figs. S5 and S10 (curves alone). Numbers beside the loop:
           what the equations of Naud & Sprekeler gave in an independent program.
Command    python experiments/disinhibition.py [--quick]     (five minutes; --set acts on all but the loop)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse

import numpy as np
import xarray as xr

from dendritic_bp.program import Program
from dendritic_bp.runs import Run
from dendritic_bp.storage import Record
from dendritic_bp.sweep import sweep
from dendritic_bp.variants import with_changes
from figures.disinhibition import figures
from measures.disinhibition import curves, summary
from networks.disinhibition import (
    loop,
    loop_panels,
    normalisation,
    normalisation_panels,
    transfer,
    transfer_panels,
)

NETWORKS = {  # protocol, panels, cells (with --quick), dendritic currents (pA)
    "transfer": (transfer, transfer_panels, (10_000, 1000), np.arange(-50, 501, 50)),
    "normalisation": (normalisation, normalisation_panels, (4000, 1000), np.arange(-100, 351, 50)),
    "loop": (loop, loop_panels, (1000, 500), np.arange(-300, 301, 150)),
}


def simulate(args: argparse.Namespace) -> Record:
    """Run every curve of every network."""
    made = {name: _curves(name, args) for name in NETWORKS}
    data = xr.merge([each for each, _ in made.values()])
    return Record(data, summary(data), made["transfer"][1].provenance)


def _curves(name: str, args: argparse.Namespace) -> tuple[xr.Dataset, Run]:
    """Run all curves of a network; return them as a data set, and one of the runs."""
    protocol, panels, sizes, stairs = NETWORKS[name]
    n = sizes[args.quick]
    changed = {} if name == "loop" else args.set
    asked = {
        (panel, label): dict(seed=args.seed, values=values)
        for panel, each in panels(n).items()
        for label, values in with_changes(each, changed).items()
    }
    runs = sweep(Program(protocol(n, stairs), f"disinhibition-{name}-{n}"), list(asked.values()))
    return curves(dict(zip(asked, runs, strict=True)), name, stairs, n), runs[0]


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
