"""Feedback that is measured, in a stage of its own, whatever the mechanism: a weight mirror in spikes [A19].

In the stage there are no images, no labels and no teacher. Each cell of one layer gets noise of its own,
excitability holds all rates, and nothing else learns. At each event of a cell above, its feedback weight onto
a cell of this layer moves to w_1 times the centred trace of that cell: so it comes to what that cell does to
the one above, which is the forward weight (`models/synapses/measured_feedback.py`). Before each epoch a stage
for each layer measures anew; of what it did, only these weights stay. In between they do not learn.

[A19] Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019, NeurIPS 32 (weight mirror; there with rates)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from brian2 import amp, ms, nA, pA

from dendritic_bp.chain import Arrays, Chain
from dendritic_bp.errors import UserError
from dendritic_bp.models.synapses.measured_feedback import MEASURE
from dendritic_bp.runs import Run
from dendritic_bp.trials import Gate, Schedule
from networks.cells import Cell

# All values chosen here.
SETTLE = 60  # trials of a stage in which rates and traces settle
STAGE = ("settle", "measure")
RATE = 1e-3  # at which weights move, at each event of the cell above
NOISE = 300 * pA  # its spread
TRACE = 20 * ms  # of the layer's events: shorter than in learning, as is the effect that is measured
PRIVATE = dict(
    equations="""
I_soma = sigma_z*z : amp
dz/dt = -z/tau_z + sqrt(2/tau_z)*xi : 1
""",
    parameters=dict(sigma_z=0 * pA, tau_z=50 * ms),
)
RULE = dict(
    equations="measuring = measures(t) : 1\n",
    parameters=dict(eta_w=0.0, w_1=0 * nA),
    namespace=("measures",),
)
W_1 = 2 * nA  # stronger feedback saturates the dendrites


def measured(cell: Cell) -> Cell:
    """Return the kind of cell with feedback that can be measured, and noise for it. Raises UserError."""
    credit = cell.credit
    if not credit.sends:
        raise UserError(f"--feedback measured needs feedback, which {credit.name} has not.")
    steps = dict(credit.feedback.on_pre)
    steps["event"] = steps.get("event", "") + "\n" + MEASURE.format(gate="measuring", rate="eta_w")
    if "q" in credit.feedback.parsed:  # the pathway of events, which cancels that of bursts
        steps["event"] += "q -= measuring*eta_w*(P_0*w_1*(x_post - x_bar_post) + q)\n"
    feedback = replace(credit.feedback.with_equations(**RULE), on_pre=steps)
    own, gates = credit.hidden, credit.gates | cell.gates
    hidden = dict(
        own,
        equations=own.get("equations", "") + PRIVATE["equations"],
        parameters=own.get("parameters", {}) | PRIVATE["parameters"],
    )
    homing = replace(gates["adapting"], phases=(*(gates["adapting"].phases or ()), *STAGE))
    opened = dict(measures=Gate(phases=STAGE[1:]), adapting=homing)
    return replace(cell, credit=replace(credit, feedback=feedback, hidden=hidden), gates=cell.gates | opened)


def feedback_values(kind: str, hidden: int) -> dict[str, Any]:
    """Return the run-time values that let the feedback onto so many layers be measured, or not."""
    start = dict(w_1=W_1, w_0=0 * pA) if kind == "measured" else dict(w_1=0 * pA)
    return {f"feedback{k}.{key}": value for k in range(1, hidden + 1) for key, value in start.items()}


def is_measured(values: Mapping[str, Any]) -> bool:
    """Tell whether feedback is measured in a network with these run-time values."""
    return bool(values.get("feedback1.w_1", 0 * pA) > 0 * pA)


def noisy(layer: int, layers: int) -> dict[str, Any]:
    """Return the run-time values with which the feedback onto one of so many layers is measured."""
    each = range(1, layers + 1)
    noise = {f"hidden{k}.sigma_z": int(k == layer) * NOISE for k in each}
    rates = {f"feedback{k}.eta_w": int(k == layer) * RATE for k in each}
    return noise | rates | {f"hidden{layer}.tau_x": TRACE}


def stage(number: int, epoch: int) -> Schedule:
    """Return the schedule of a stage of so many trials."""
    lengths = dict(zip(STAGE, (SETTLE, number - SETTLE), strict=True))
    return Schedule.of(*((np.zeros(n, int), phase, epoch, 0.0) for phase, n in lengths.items()))


def measure(chain: Chain, values: Mapping[str, Any], layers: int, cell: Cell) -> dict[str, Any]:
    """Run a stage for each layer with these values; return the feedback weights, as run-time values."""
    weights: dict[str, Any] = {}
    for k in range(1, layers + 1):
        names = [f"feedback{k}.{name}" for name in "wq" if name in cell.credit.feedback.parsed]
        with chain.branch():
            read = chain.go_on({**values, **noisy(k, layers)}, partial(_read, names))
        weights |= {name: read[name] * amp for name in names}
    return weights


def _read(names: Sequence[str], run: Run) -> Arrays:
    return {name: run[name] for name in names}
