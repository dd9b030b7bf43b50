"""An ensemble of independent cells under steady currents: how far it keeps its two messages apart.

The rows of `electrophysiology.py` for cells with noise: a plane of currents, few cells and many, extremes.
"""

from math import inf, nan

import numpy as np
from brian2 import EventMonitor, Network, SpikeMonitor, StateMonitor, defaultclock, ms, pA, second

from dendritic_bp import neurons
from dendritic_bp.program import Program
from measures.ensemble import MIDDLE, RATES, Plane, apart

SETTLE = 0.5 * second
COUNTED = ("events", "bursts", "spikes")
DT = 1 * ms  # the step of the networks that learn
SOMA = np.arange(500, 1501, 100)  # pA
DENDRITE = np.arange(-100, 401, 50)  # pA
COPIES, DURATION = 64, 10 * second
FEW, MANY = 10, 1000  # cells, which are counted for TOGETHER seconds of a cell
TOGETHER = 5000 * second
EXTREME = np.linspace(-3000, 3000, 13)  # pA

# key: test, protocol, kind, unit, reference, lowest and highest accepted; chosen here
CHANGE = "event rate while P goes .1 to .6, at"
EXPECTED = {
    **{f"rate_change_at_{hz}_hz": ("24", f"{CHANGE} {hz} Hz", "goal", "", 0.05, 0, 0.15) for hz in RATES},
    "current_shift": ("24", "current at P = .35, 4 to 20 Hz, by span", "goal", "", 0, 0, 0.1),
    "spikes_a_burst": ("24", "spikes a burst", "goal", "", 2, 2, 2.5),
    "few_to_many_rate": ("25", "ten cells to a thousand: event rate", "goal", "", 1, 0.95, 1.05),
    "few_to_many_p": ("25", "... burst probability, less", "goal", "", 0, -0.02, 0.02),
    "v_min_mv": ("26", "+-3 nA into both: lowest voltage", "goal", "mV", -80, -90, inf),
    "v_max_mv": ("26", "... highest", "goal", "mV", 0, -inf, 20),
}


def ensemble(model, soma, dendrite, dt, duration, **values):
    """Return the protocol that counts what cells do under these currents, once they have settled."""

    def build():
        defaultclock.dt = dt
        start = dict(v_s="E_L + 20*mV*rand()")  # out of step
        cells = neurons(model, len(soma), "cells", I_soma=soma, I_apical=dendrite, **start, **values)
        counters = [EventMonitor(cells, event, record=False, name=f"{event}s") for event in model.events]
        counters.append(SpikeMonitor(cells, record=False, name="spikes"))
        for counter in counters:
            counter.active = False
        network = Network(cells, *counters)
        network.run(SETTLE, namespace={})
        for counter in counters:
            counter.active = True
        network.run(duration, namespace={})
        return network

    return build


def plane(model, dt, somatic, apical):
    """Measure the cell over the plane of currents (pA)."""
    shape = (len(somatic), len(apical), COPIES)
    soma, dendrite = np.broadcast_to(somatic[:, None, None], shape), np.broadcast_to(apical[:, None], shape)
    counts = [
        each.reshape(shape).sum(axis=2)
        for each in _counts(model, soma.ravel(), dendrite.ravel(), dt, DURATION)
    ]
    return Plane.of(apical, *counts, COPIES * float(DURATION / second))


def _counts(model, soma, dendrite, dt, duration):
    """Return how often each cell did what is counted."""
    name = f"{model.name}-{len(soma)}-{dt / ms:g}".replace(".", "-")
    run = Program(ensemble(model, soma * pA, dendrite * pA, dt, duration), name).run(progress=False)
    return [run[f"{each}.count"] for each in COUNTED]


def few_to_many(model, seen, dt, somatic):
    """Compare ten cells with a thousand, for as many spikes, where P is in the middle at the middle rate."""
    row = min(range(len(somatic)), key=lambda k: abs(seen.rate[k, 0] - RATES[1]))
    apical, results = seen.crossing(row, MIDDLE), []
    if apical is None:
        return {"few_to_many_rate": nan, "few_to_many_p": nan}
    for n in (FEW, MANY):
        duration = TOGETHER / n
        soma, dendrite = np.full(n, float(somatic[row])), np.full(n, apical)
        events, bursts, _ = (each.sum() for each in _counts(model, soma, dendrite, dt, duration))
        results.append((events / (n * float(duration / second)), bursts / events))
    (rate, p), (rate_many, p_many) = results
    return {"few_to_many_rate": rate / rate_many, "few_to_many_p": p - p_many}


def extremes(model, dt):
    """Return the lowest and the highest voltage (mV) that strong currents of both signs drive cells to."""

    def protocol():
        defaultclock.dt = dt
        soma, dendrite = (grid.ravel() * pA for grid in np.meshgrid(EXTREME, EXTREME))
        cells = neurons(model, len(soma), "cells", I_soma=soma, I_apical=dendrite)
        trace = StateMonitor(cells, ["v_s", "v_d"], record=True, name="trace")
        network = Network(cells, trace)
        network.run(0.5 * second, namespace={})
        return network

    run = Program(protocol, f"{model.name}-extremes-{dt / ms:g}".replace(".", "-")).run(progress=False)
    lows, highs = zip(
        *((run[f"trace.{v}"].min(), run[f"trace.{v}"].max()) for v in ("v_s", "v_d")), strict=True
    )
    return {"v_min_mv": min(lows) * 1e3, "v_max_mv": max(highs) * 1e3}


def measure(model, dt=DT, somatic=SOMA, apical=DENDRITE):
    """Return all numbers of the rows, over a plane of currents (pA)."""
    seen = plane(model, dt, somatic, apical)
    found = apart(seen.rows())
    changes = {f"rate_change_at_{hz}_hz": x for hz, x in zip(RATES, found["changes"], strict=True)}
    code = dict(current_shift=found["shift"], spikes_a_burst=found["spikes"])
    return changes | code | few_to_many(model, seen, dt, somatic) | extremes(model, dt)
