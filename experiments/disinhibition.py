"""SOM and VIP cells set how dendritic input becomes bursts, and leave the event rate alone.

Question   What do the strength of SOM cells, input from VIP cells, facilitation and the plateau do to burst
           probability over dendritic current? Does inhibition by the ensemble's own bursts normalise it?
Method     2,000 pyramidal cells (500 with --quick), 200 PV, 200 SOM and 200 VIP cells, with steady currents.
           The current into all dendrites rises in steps of 50 pA and 1 s, of which the last half counts; one
           quantity at a time is changed. Normalisation: facilitating synapses between pyramidal cells inhibit
           their dendrites. Loop: 1,000 cells of Naud & Sprekeler with 200 SOM cells.
Prediction SOM cells lower the curve and shift it to the right, VIP cells undo this, facilitation and plateau
           change its slope; the event rate moves by a few per cent. In the loop, VIP input raises burst
           probability 2.4 times. Recurrent inhibition brings the curves of three somatic currents together.
Published  Payeur et al. 2021, Nat Neurosci 24, Figs. S5 and S10 (10,000 cells with synapses as much weaker,
           background that cells share, and VIP cells as a current into SOM cells). Numbers beside the loop:
           what its equations gave in an independent program.
Command    python experiments/disinhibition.py [--quick]     (five minutes; --set acts on all but the loop)
"""

import argparse

from brian2 import EventMonitor, Hz, Network, SpikeMonitor, defaultclock, ms, mV, pA, second
from disinhibition_figures import figures
from disinhibition_measures import curves, summary

from dendritic_bp import cli
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.sweep import sweep
from models.microcircuit import CELLS, Projection, microcircuit
from models.neurons.background import background
from models.neurons.conductances import conductances
from models.neurons.two_compartment import two_compartment
from models.synapses.short_term import RELEASE, depressing_published, facilitating_published

STEPS = dict(area=13, loop=5)
STEP = 1 * second  # of the dendritic current
STAIRS = """
I_apical = I_first + I_step*floor((t + dt/2)/T_step) : amp
v_drive = v_d + somatic_drive*(v_s - v_d) : volt      # of the synapses on the dendrite: 1 is [P21]
"""
WEAK = dict(w_exc_s=0.05, w_inh_s=0.05, w_exc_d=0.05, w_inh_d=0.05)  # [P21] Fig. S5
STRONG = dict(w_exc_s=0.17, w_inh_s=0.26, w_exc_d=0.043, w_inh_d=0.07, rate_inh=150 * Hz)  # [P21] Fig. S10
FULL_SOM, FULL_LATERAL = 1.0, 4.0  # [P21] sum of the weights onto a cell


def stairs(first, step, **more):
    """Return what lets the dendritic current of a model rise in steps."""
    return dict(I_first=first, I_step=step, T_step=STEP, somatic_drive=1.0) | more


def projections(n: int) -> tuple[Projection, ...]:
    """Return the synapses of an area of `n` pyramidal cells, in sum as strong as in [P21] Fig. S5."""
    som = n // 10
    return (
        Projection("pc_pv", "pc", "pv", 0, "g_exc_s", 2 / n, "depressed_pre", p=1),
        Projection("pc_som", "pc", "som", 0, "g_exc_s", 80 / n, "facilitated_pre", p=1),
        Projection("pv_som", "pv", "som", 0, "g_inh_s", 2 / som, p=1),
        Projection("som_pc", "som", "pc", 0, "g_inh_d", FULL_SOM / som, p=1),
        Projection("vip_som", "vip", "som", 0, "g_inh_s", 3.4 / som, p=1),  # chosen here
        Projection("lateral", "pc", "pc", 0, "g_inh_d", 0.0, "facilitated_pre", p=100 / n),
    )


def area(n: int):
    """Return the protocol of an area of `n` pyramidal cells."""

    def build() -> Network:
        defaultclock.dt = 0.1 * ms
        cells = CELLS | dict(pc=CELLS["pc"].with_equations(STAIRS, parameters=stairs(-100 * pA, 50 * pA)))
        sizes = dict(pc=n, pv=n // 10, som=n // 10, vip=n // 10)
        circuit = microcircuit([sizes], projections(n), cells, (depressing_published, facilitating_published))
        given = dict(
            pc1=dict(I_soma=560 * pA, memory=1, **WEAK),  # [P21]
            pv1=dict(I_soma=205 * pA, w_exc_s=0.12, w_inh_s=0.15, V_r=-70 * mV),  # [P21]
            som1=dict(I_soma=-5 * pA, w_exc_s=0.2, w_inh_s=0.3, V_r=-70 * mV),  # [P21]
            vip1=dict(I_soma=-100 * pA),  # chosen here: silent
        )
        return _monitored(circuit, given, STEPS["area"])

    return build


def loop(n: int):
    """Return the protocol of cells of Naud & Sprekeler whose bursts inhibit their dendrites by SOM cells."""

    def build() -> Network:
        defaultclock.dt = 0.1 * ms
        pc = (
            two_compartment.with_equations(**background)
            .with_equations(**conductances)
            .with_equations(RELEASE)
        )
        pc = pc.with_equations(STAIRS, parameters=stairs(-300 * pA, 150 * pA, somatic_drive=0.0))
        wires = (
            Projection("pc_som", "pc", "som", 0, "g_exc_s", 0.3, "facilitated_pre", p=200 / n),
            Projection("som_pc", "som", "pc", 0, "g_inh_d", 0.035, p=50 / (n // 5)),
        )
        circuit = microcircuit([dict(pc=n, som=n // 5)], wires, CELLS | dict(pc=pc))
        return _monitored(circuit, dict(pc1=dict(I_soma=300 * pA)), STEPS["loop"])

    return build


def _monitored(circuit, given, steps: int) -> Network:
    """Set the values of each population, watch it, and climb the stairs."""
    for name, values in given.items():
        for variable, value in values.items():
            setattr(circuit[name], variable, value)
    events = [EventMonitor(circuit["pc1"], event, name=f"{event}s") for event in ("event", "burst")]
    network = Network(*circuit.values(), *events, SpikeMonitor(circuit["som1"], name="som_spikes"))
    network.run(steps * STEP, namespace={})
    return network


def use(U: float) -> dict[str, float]:
    """Return the values of another use of resources at facilitating synapses."""
    return {f"pc1_facilitating.{name}": U for name in ("U", "f")}


def panels(n: int) -> dict[str, dict[str, dict]]:
    """Return the run-time values of each curve, by panel and label."""
    som, lateral = "som_pc_1_1.w", "lateral_1_1.w"
    full = FULL_SOM / (n // 10)
    strong = {f"pc1.{name}": value for name, value in STRONG.items()} | {som: 0.0}
    somatic = {f"{pa} pA": {"pc1.I_soma": pa * pA} for pa in (0, 100, 200)}
    return {
        "SOM strength": {"none": {som: 0.0}, "half": {som: full / 2}, "full": {}},
        "VIP input": {"none": {}, "-50 pA": {"som1.I_soma": -55 * pA}, "-100 pA": {"som1.I_soma": -105 * pA}},
        "VIP cells": {"silent": {}, **{f"{pa} pA": {"vip1.I_soma": pa * pA} for pa in (0, 50, 100)}},
        "Facilitation": {f"U {U}": {} if U == 0.02 else use(U) for U in (0.015, 0.02, 0.025)},
        "Plateau": {f"{pa} pA": {} if pa == 1200 else {"pc1.g_d": pa * pA} for pa in (1200, 1300, 1400)},
        "Soma, no inhibition": {label: strong | values for label, values in somatic.items()},
        "Soma, inhibition": {
            label: strong | values | {lateral: FULL_LATERAL / 100} for label, values in somatic.items()
        },
    }


def simulate(args: argparse.Namespace) -> Record:
    """Run every curve, and the loop."""
    n = 500 if args.quick else 2000
    asked = panels(n)
    asked = {
        panel: {label: values | args.set for label, values in each.items()} for panel, each in asked.items()
    }
    data, run = _curves(Program(area(n), f"disinhibition-{n}"), asked, args.seed, "area", n)
    n = 500 if args.quick else 1000
    inputs = {"no SOM cells": {"som_pc_1_1.w": 0.0}}
    inputs |= {f"{pa} pA": {"som1.I_soma": pa * pA} for pa in (0, -50, -100)}
    loops, _ = _curves(Program(loop(n), f"loop-{n}"), {"Loop": inputs}, args.seed, "loop", n)
    data = data.merge(loops)
    return Record(data, summary(data), run.provenance)


def _curves(program, asked, seed, kind, n):
    """Run all curves of all panels, and return them as a data set, and one of the runs."""
    names = [(panel, label) for panel, curves in asked.items() for label in curves]
    requests = [dict(seed=seed, values=asked[panel][label]) for panel, label in names]
    runs = sweep(program, requests, workers=1)
    return curves(dict(zip(names, runs, strict=True)), kind, STEPS[kind], n), runs[0]


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
