"""The networks of `disinhibition.py`, and what is changed in them, one quantity at a time.

[NS18] Naud & Sprekeler 2018, PNAS 115, doi:10.1073/pnas.1720995115
[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import EventMonitor, Hz, Network, SpikeMonitor, defaultclock, ms, mV, pA, second

from dendritic_bp import SynapseModel, synapses
from dendritic_bp.models.microcircuit import CELLS, Circuit, Projection, microcircuit
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.conductances import conductances, exact_decay, soma_conductances
from dendritic_bp.models.neurons.injection import injected, injection
from dendritic_bp.models.neurons.interneurons import POWER, pv, som
from dendritic_bp.models.neurons.poisson_sources import poisson_sources
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.short_term import (
    RELEASE,
    depressing,
    depressing_published,
    facilitating,
    facilitating_published,
)

DT = 0.1 * ms  # [P21]
STAIR = 1 * second  # of the dendritic current [P21]
STAIRS = "I_apical = I_first + I_stair*floor(steps(t, dt)/steps(T_stair, dt)) : amp\n"
SOMATIC_DRIVE = "v_drive = v_s : volt\n"  # of the synapses on the dendrite [P21]
DECAY = dict(tau_exc=exact_decay(5 * ms, DT), tau_inh=exact_decay(10 * ms, DT))  # exact [P21]
PYRAMIDAL = pyramidal.with_equations(**conductances).with_equations(
    RELEASE + SOMATIC_DRIVE + injected,
    parameters=DECAY | dict(memory=1),  # [P21]
)
INTERNEURONS = {
    name: cell.with_equations(**soma_conductances).with_equations(**POWER).with_equations(parameters=DECAY)
    for name, cell in dict(pv=pv, som=som).items()
}

N_SOURCES, RATE, GRID = 25_000, 5 * Hz, 1 * ms  # of each kind [P21]; grid chosen here: they fire on it
FULL_SOM, FULL_LATERAL = 1.0, 4.0  # [P21] sum of the weights onto a dendrite


@dataclass(frozen=True)
class Background:
    """Say how many sources of each kind drive each compartment of a cell, and how strongly."""

    fan_in: Mapping[str, int]
    weights: Mapping[str, Mapping[str, float]]  # by population and receptor, in units of the leak


S5 = Background(
    dict(exc=100, inh=100),  # [P21]
    dict(
        pc1=dict(exc_s=0.05, inh_s=0.05, exc_d=0.05, inh_d=0.05),  # [P21]
        pv1=dict(exc_s=0.12, inh_s=0.15),  # [P21]
        som1=dict(exc_s=0.2, inh_s=0.3),  # [P21]
    ),
)
S10 = Background(
    dict(exc=100, inh=30),  # [P21]
    dict(pc1=dict(exc_s=0.17, inh_s=0.26, exc_d=0.043, inh_d=0.07)),  # [P21]
)


def shared_background(circuit: Circuit, given: Background) -> Iterator[Any]:
    """Connect the shared sources at random to each compartment, with separate draws."""
    for kind, fan_in in given.fan_in.items():
        group = poisson_sources(f"{kind}_sources", N_SOURCES, RATE, GRID)
        yield group
        for name, weights in given.weights.items():
            for receptor in (each for each in weights if each.startswith(kind)):
                code, w = f"g_{receptor}_post += w", dict(w=weights[receptor])
                model = SynapseModel("background", on_pre={"spike": code}, parameters=w)
                wiring = dict(p=fan_in / N_SOURCES)
                yield synapses(model, group, circuit[name], f"{kind}_{name}_{receptor}", wiring)


def transfer(n: int, stairs: np.ndarray):
    """Return the protocol of Fig. S5 with `n` pyramidal cells (published: 10,000), of as many inputs each."""
    fewer = 10_000 / n
    wires = (
        Projection("pc_pv", "pc", "pv", 0, "g_exc_s", 0.001 * fewer, "depressed_pre", p=0.2),  # [P21]
        Projection("pc_som", "pc", "som", 0, "g_exc_s", 0.04 * fewer, "facilitated_pre", p=0.2),  # [P21]
        Projection("pv_som", "pv", "som", 0, "g_inh_s", 0.002 * fewer, p=1),  # [P21]
        Projection("som_pc", "som", "pc", 0, "g_inh_d", FULL_SOM * 10 / n, p=1),  # [P21]
        Projection("vip_som", "vip", "som", 0, "g_inh_s", 34 / n, p=1),  # chosen here
    )
    sizes = dict(pc=n, pv=n // 10, som=n // 10, vip=n // 10)
    given = dict(
        pc1=dict(I_soma=560 * pA),  # [P21]
        pv1=dict(I_soma=205 * pA, T_ref=1.1 * ms, V_r=-69.795 * mV),  # [P21], as in networks/propagation.py
        som1=held_som(-5) | dict(T_ref=2.1 * ms),  # [P21]
        vip1=dict(I_soma=-100 * pA),  # chosen here: silent
    )
    return lambda: _published(sizes, wires, S5, given, stairs)


def normalisation(n: int, stairs: np.ndarray):
    """Return the protocol of Fig. S10 with `n` pyramidal cells (4,000 are published)."""
    lateral = Projection(
        "lateral", "pc", "pc", 0, "g_inh_d", 0.0, "facilitated_pre", p=min(1, 200 / n)
    )  # [P21]
    return lambda: _published(dict(pc=n), (lateral,), S10, {}, stairs)


def _published(sizes, wires, given_background, given, stairs) -> Network:
    """Build an area with shared background, and drive it as the published program does."""
    defaultclock.dt = DT
    pc = PYRAMIDAL.with_equations(STAIRS, parameters=_stairs(stairs))
    terminals = depressing_published, facilitating_published
    circuit = microcircuit([sizes], wires, CELLS | INTERNEURONS | dict(pc=pc), terminals)
    circuit["pc1"].run_regularly(injection, when="before_groups", name="pc1_injection")
    for name in circuit.keys() & given_background.weights.keys():
        circuit[name].v_s = "E_L + 5*mV*randn()"  # [P21]
    return _climbed(circuit, given, stairs, list(shared_background(circuit, given_background)))


def loop(n: int, stairs: np.ndarray):
    """Return the protocol of cells of Naud & Sprekeler whose bursts inhibit their dendrites by SOM cells."""

    def build() -> Network:
        defaultclock.dt = DT
        pc = two_compartment.with_equations(**background).with_equations(**conductances)
        pc = pc.with_equations(RELEASE + STAIRS, parameters=_stairs(stairs))
        wires = (
            Projection(
                "pc_som", "pc", "som", 0, "g_exc_s", 0.3, "facilitated_pre", p=min(1, 200 / n)
            ),  # [P21]
            Projection("som_pc", "som", "pc", 0, "g_inh_d", 0.035, p=min(1, 50 / (n // 5))),  # [P21]
        )
        circuit = microcircuit(
            [dict(pc=n, som=n // 5)], wires, CELLS | dict(pc=pc), (depressing, facilitating)
        )
        return _climbed(circuit, dict(pc1=dict(I_soma=300 * pA)), stairs, [])

    return build


def _stairs(currents: np.ndarray) -> dict[str, Any]:
    """Return what lets the dendritic current (pA) of a model rise in steps."""
    return dict(I_first=currents[0] * pA, I_stair=(currents[1] - currents[0]) * pA, T_stair=STAIR)


def _climbed(circuit: Circuit, given: Mapping[str, Mapping], stairs: np.ndarray, others: list) -> Network:
    """Set the values of each population, watch it, and climb the stairs."""
    for name, values in given.items():
        for variable, value in values.items():
            setattr(circuit[name], variable, value)
    watched = [EventMonitor(circuit["pc1"], event, name=f"{event}s") for event in ("event", "burst")]
    if "som1" in circuit:
        watched.append(SpikeMonitor(circuit["som1"], name="som_spikes"))
    network = Network(*circuit.values(), *others, *watched)
    network.run(stairs.size * STAIR, namespace={})
    return network


def held_som(pa: float) -> dict[str, Any]:
    """Return a current into SOM cells, and where a spike leaves them: E_L, plus a step of it [P21]."""
    return dict(I_soma=pa * pA, V_r=(-70 + 1e-3 * pa) * mV)


def transfer_panels(n: int) -> dict[str, dict[str, dict]]:
    """Return the run-time values of each curve of Fig. S5 with `n` pyramidal cells, by panel and label."""
    w = "som_pc_1_1.w"
    full = FULL_SOM * 10 / n
    return {
        "SOM strength": {"none": {w: 0.0}, "half": {w: full / 2}, "full": {}},
        "VIP input": {"none": {}} | {f"-{pa} pA": _named("som1", held_som(-5 - pa)) for pa in (50, 100)},
        "VIP cells": {"silent": {}} | {f"{pa} pA": {"vip1.I_soma": pa * pA} for pa in (0, 100)},
        "Facilitation": {f"U {U}": {} if U == 0.02 else _use(U) for U in (0.015, 0.02, 0.025)},
        "Plateau": {f"{pa} pA": {} if pa == 1200 else {"pc1.g_d": pa * pA} for pa in (1200, 1300, 1400)},
    }


def normalisation_panels(n: int) -> dict[str, dict[str, dict]]:
    """Return the run-time values of each curve of Fig. S10, by panel and label."""
    somatic = {f"{pa} pA": {"pc1.I_soma": pa * pA} for pa in (0, 100, 200)}
    inhibited = {"lateral_1_1.w": FULL_LATERAL / 200}
    return {
        "Soma, no inhibition": somatic,
        "Soma, inhibition": {label: values | inhibited for label, values in somatic.items()},
    }


def loop_panels(n: int) -> dict[str, dict[str, dict]]:
    """Return the run-time values of each curve of the loop, by panel and label."""
    inputs = {f"{pa} pA": {"som1.I_soma": pa * pA} for pa in (0, -50, -100)}
    return {"Loop": {"no SOM cells": {"som_pc_1_1.w": 0.0}} | inputs}


def _named(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name}.{variable}": value for variable, value in values.items()}


def _use(U: float) -> dict[str, float]:
    """Return another use of resources at facilitating synapses; f is U in the published program."""
    return {f"pc1_facilitating.{name}": U for name in ("U", "f")}
