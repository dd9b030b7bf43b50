"""The network of `propagation.py`: areas in a chain, with sine currents into its two ends.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from brian2 import EventMonitor, Network, defaultclock, ms, mV, pA, second

from dendritic_bp import NeuronModel
from dendritic_bp.models.microcircuit import CELLS, CHAIN, Circuit, Projection, microcircuit
from dendritic_bp.models.neurons.injection import injected, injection
from dendritic_bp.models.neurons.interneurons import POWER, pv, som
from dendritic_bp.models.synapses.short_term import (
    DEPRESSING,
    FACILITATING,
    depressing_published,
    facilitating_published,
)

SIZES = dict(pc=4000, pv=1000, som=1000)  # cells in each area [P21]
P = 0.05  # of a synapse between two cells [P21]
WIRED = dict(parameters=dict(p_out=P))  # so that it can be changed without compiling
SETTLE, DURATION = 1 * second, 4 * second  # [P21]
BIN = 50 * ms  # [P21]
PERIODS = dict(soma=500 * ms, dendrite=500 * 5**0.5 * ms)  # [P21]

SINES = """
I_soma = I_const_s + A_s*waves*sin(2*pi*t/T_s) : amp
I_apical = I_const_d + A_d*waves*sin(2*pi*t/T_d) : amp
waves = int(steps(t, dt) >= steps(T_wait, dt)) : 1
v_drive = v_d + somatic_drive*(v_s - v_d) : volt      # of the synapses on the dendrite: 1 is [P21]
"""
PARAMETERS = dict(
    I_const_s=0 * pA,
    A_s=0 * pA,
    T_s=PERIODS["soma"],
    I_const_d=0 * pA,
    A_d=0 * pA,
    T_d=PERIODS["dendrite"],
    T_wait=SETTLE,
    somatic_drive=1.0,
)
# What the ends of the chain get, and the areas in between [P21, for two areas].
LOWEST = dict(A_s=200 * pA)
HIGHEST = dict(I_const_d=100 * pA, A_d=100 * pA)
BELOW_OTHERS = dict(I_const_d=50 * pA)
ABOVE_OTHERS = dict(I_const_s=-100 * pA)
PYRAMIDAL = dict(v_s="E_L + 5*mV*randn()", memory=1)  # [P21]
INTERNEURON = dict(v_s="E_L + 5*mV*randn()")  # [P21]
# After a spike they are held at E_L for a step more than T_ref; injected current counts a step earlier [P21].
INTERNEURONS = dict(
    pv=INTERNEURON | dict(I_soma=205 * pA, T_ref=1.1 * ms, V_r=-69.795 * mV),  # [P21]
    som=INTERNEURON | dict(T_ref=2.1 * ms, V_r=-70 * mV),  # [P21]
)
FEEDBACK = ("back", "som_pc")  # onto dendrites, of pyramidal and of SOM cells
LONG_CHAIN = 0.5  # chosen here: gain of the feedback where areas have neighbours on both sides
# Chosen here: events of the area above inhibit the dendrites, which cancels their share in the feedback; the
# gain and the current below make up for it.
CANCEL = Projection("cancel", "pc", "pc", -1, "g_inh_d", 0.025, "depressed_pre")
CANCELLED = dict(gain=1.5, below=dict(I_const_d=150 * pA))
TERMINALS = (depressing_published, facilitating_published)


@dataclass(frozen=True)
class Chain:
    """What is compiled: the areas, their size, how densely they are wired, and for how long they run."""

    areas: int = 2
    scale: float = 1.0
    duration_s: float = float(DURATION / second)
    cancel_events: bool = False

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        words = (self.areas, self.scale, self.duration_s)
        more = ["cancel"] * self.cancel_events
        return "-".join(["propagation", *(f"{word:g}".replace(".", "_") for word in words), *more])

    @property
    def projections(self) -> tuple[Projection, ...]:
        """Return the published projections, and the one that cancels events."""
        return (*CHAIN, CANCEL) if self.cancel_events else CHAIN

    @property
    def sizes(self) -> list[dict[str, int]]:
        """Return the cells of each area: no PV in the lowest, no SOM in the highest."""
        kinds = [["pc", *["pv"] * (k > 0), *["som"] * (k < self.areas - 1)] for k in range(self.areas)]
        return [{kind: round(SIZES[kind] * self.scale) for kind in each} for each in kinds]

    @property
    def populations(self) -> dict[str, int]:
        """Return the size of each population, by its name, from the lowest area to the highest."""
        return {f"{kind}{k}": n for k, area in enumerate(self.sizes, 1) for kind, n in area.items()}

    def wiring(self, names: Iterable[str], p: float) -> dict[str, float]:
        """Return the values, of those with these `names`, that keep the mean input at another `p`."""
        weights = {each.name: each.w * P / (p * self.scale) for each in self.projections}
        wires = [name for name in names if name.endswith(".w")]
        values = {name: weights[_projection(name)] for name in wires}
        return values | {f"{name}.p_out": p for name in self.populations}

    def feedback(self, names: Iterable[str], gain: float | None) -> dict[str, float]:
        """Return the values, of those with these `names`, that scale the feedback onto dendrites."""
        default = CANCELLED["gain"] if self.cancel_events else 1.0 if self.areas == 2 else LONG_CHAIN
        gain = default if gain is None else gain
        wiring = self.wiring(names, P).items()
        return {name: w * gain for name, w in wiring if _projection(name) in FEEDBACK}

    def protocol(self) -> Network:
        """Build the chain, and run it."""
        defaultclock.dt = 0.1 * ms
        cells = {kind: cell.with_equations(**WIRED) for kind, cell in CELLS.items()}
        cells["pc"] = cells["pc"].with_equations(SINES, parameters=PARAMETERS).with_equations(injected)
        cells |= {kind: cells[kind].with_equations(**POWER) for kind in INTERNEURONS}
        projections = [replace(each, p="p_out_pre", w=each.w / self.scale) for each in self.projections]
        circuit = microcircuit(self.sizes, projections, cells, TERMINALS)
        for name in self.populations:
            for variable, value in self._values(name).items():
                setattr(circuit[name], variable, value)
            if name.startswith("pc"):
                circuit[name].run_regularly(injection, when="before_groups", name=f"{name}_injection")
        network = Network(*circuit.values(), *self._monitors(circuit))
        network.run(self.duration_s * second, namespace={})
        return network

    def _values(self, name: str) -> dict[str, Any]:
        if not name.startswith("pc"):
            return INTERNEURONS[name.rstrip("0123456789")]
        lowest, highest = name == "pc1", name == f"pc{self.areas}"
        below = CANCELLED["below"] if self.cancel_events else BELOW_OTHERS
        return PYRAMIDAL | (LOWEST if lowest else ABOVE_OTHERS) | (HIGHEST if highest else below)

    def _monitors(self, circuit: Circuit) -> list[EventMonitor]:
        return [
            EventMonitor(circuit[name], kind, name=f"{name}_{kind}s")
            for name in self.populations
            for kind in (("spike", "event", "burst") if name.startswith("pc") else ("spike",))
        ]


def _projection(weight: str) -> str:
    """Return the name of the projection with this weight, such as lateral_1_1.w."""
    return weight.removesuffix(".w").rsplit("_", 2)[0]


def published_forms(areas: int) -> dict[str, dict[str, float]]:
    """Return the run-time values that undo what the published program does differently from the paper."""
    cells = [f"pc{k}" for k in range(1, areas + 1)]
    given = {"depressing": DEPRESSING, "facilitating": FACILITATING}
    terminals = {f"{cell}_{kind}": table for cell in cells for kind, table in given.items()}
    others = {f"pv{k}": pv for k in range(2, areas + 1)} | {f"som{k}": som for k in range(1, areas)}
    forms = {
        "as published": {},
        "dendritic drive from the dendrite": {f"{cell}.somatic_drive": 0.0 for cell in cells},
        "facilitation by f": {f"{name}.f": table["f"] for name, table in terminals.items()},
        "use at rest from the start": {f"{name}.u_S": table["U"] for name, table in terminals.items()},
        "interneurons of the equations": {
            f"{name}.{word}": value for name, cell in others.items() for word, value in _exact(cell).items()
        },
    }
    return forms | {"all four": {name: value for form in forms.values() for name, value in form.items()}}


def _exact(interneuron: NeuronModel) -> dict[str, Any]:
    """Return what makes an interneuron that of the equations: exp, and held at V_r for T_ref."""
    return dict(n_exp=1e6) | {name: interneuron.parameters[name] for name in ("T_ref", "V_r")}
