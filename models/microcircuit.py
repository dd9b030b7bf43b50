"""Cortical microcircuit of pyramidal (PC), PV, SOM and VIP cells, in any number of areas in a chain [P21].

Events go up: depressing synapses excite the somata of the next area, and its PV cells, which inhibit those
somata. Bursts go down: facilitating synapses excite the apical dendrites of the area below, and its SOM
cells, which inhibit those dendrites. VIP cells inhibit SOM cells. Within an area, facilitating synapses
inhibit the dendrites (in place of the SOM cells between them, as published).

    circuit = microcircuit([dict(pc=4000, som=1000), dict(pc=4000, pv=1000)])
    circuit["pc1"].I_soma = 200 * pA
    Network(*circuit.values()).run(1 * second)

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from brian2 import NeuronGroup, Synapses, ms

from dendritic_bp import NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.models.neurons.conductances import conductances, soma_conductances
from dendritic_bp.models.neurons.interneurons import pv, som, vip
from dendritic_bp.models.neurons.poisson_background import poisson_background, soma_poisson_background
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.synapses.short_term import RELEASE, depressing, facilitating

Circuit = dict[str, NeuronGroup | Synapses]

DELAY = 0.8 * ms  # [P21]


def interneuron(model: NeuronModel, w_exc_s: float, w_inh_s: float) -> NeuronModel:
    """Give an interneuron synaptic conductances and a background of Poisson spikes."""
    noise = dict(w_exc_s=w_exc_s, w_inh_s=w_inh_s)
    model = model.with_equations(**soma_conductances).with_equations(**soma_poisson_background)
    return model.with_equations(parameters=noise)


CELLS = dict(
    pc=pyramidal.with_equations(**conductances).with_equations(**poisson_background).with_equations(RELEASE),
    pv=interneuron(pv, 0.75, 1.125),  # [P21]
    som=interneuron(som, 0.4, 0.5),  # [P21]
    vip=interneuron(vip, 0.4, 0.5),  # chosen here: that of SOM
)


@dataclass(frozen=True)
class Projection:
    """Say that `source` cells send `sent` onto a conductance of `target` cells, `step` areas above.

    `p` is the probability of a synapse between two cells: a number, or an expression of source variables.
    """

    name: str
    source: str
    target: str
    step: int
    onto: str
    w: float  # in units of the leak of the target
    sent: str = "1"
    p: float | str = 0.05  # [P21]

    @property
    def model(self) -> SynapseModel:
        """Return the synapses; their weight is one shared number."""
        code = f"{self.onto}_post += w*{self.sent}"
        return SynapseModel(self.name, on_pre={"spike": code}, parameters=dict(w=self.w), delay=DELAY)


CHAIN = (
    Projection("forward", "pc", "pc", +1, "g_exc_s", 0.05, "depressed_pre"),  # [P21]
    Projection("forward_pv", "pc", "pv", +1, "g_exc_s", 0.05, "depressed_pre"),  # [P21]
    Projection("pv_pc", "pv", "pc", 0, "g_inh_s", 0.07),  # [P21]
    Projection("back", "pc", "pc", -1, "g_exc_d", 0.37, "facilitated_pre"),  # [P21]
    Projection("back_som", "pc", "som", -1, "g_exc_s", 0.3, "facilitated_pre"),  # [P21]
    Projection("som_pc", "som", "pc", 0, "g_inh_d", 0.035),  # [P21]
    Projection("lateral", "pc", "pc", 0, "g_inh_d", 0.1, "facilitated_pre"),  # [P21]
    Projection("vip_som", "vip", "som", 0, "g_inh_s", 0.1),  # chosen here
)


def microcircuit(
    areas: Sequence[Mapping[str, int]],
    projections: Sequence[Projection] = CHAIN,
    cells: Mapping[str, NeuronModel] = CELLS,
    terminals: tuple[SynapseModel, SynapseModel] = (depressing, facilitating),
    namespace: Mapping[str, Any] | None = None,
) -> Circuit:
    """Build areas, given as the number of cells of each kind, from the lowest to the highest.

    Cells of area 1 are called pc1, pv1 ..., projections forward_1_2 ..., and what pyramidal cells
    release pc1_depressing, pc1_facilitating. A projection is made wherever both of its populations are,
    and never from a cell to itself. `namespace` holds what the models of cells name. Raises ModelError.
    """
    for kind in (kind for area in areas for kind in area if kind not in cells):
        raise ModelError(f"no model for cells of the kind '{kind}'; {suggest(kind, cells)}")
    sizes = {f"{kind}{k}": (cells[kind], n) for k, area in enumerate(areas, 1) for kind, n in area.items()}
    groups = {name: neurons(model, n, name, namespace) for name, (model, n) in sizes.items()}
    wires = {
        f"{name}_{model.name}": synapses(model, group, group, f"{name}_{model.name}", "i == j")
        for (name, group), model in product(groups.items(), terminals)
        if name.startswith("pc")
    }
    return groups | wires | dict(_projections(groups, len(areas), projections))


def _projections(
    groups: Circuit, n_areas: int, projections: Sequence[Projection]
) -> Iterator[tuple[str, Synapses]]:
    for each, k in product(projections, range(1, n_areas + 1)):
        source, target = groups.get(f"{each.source}{k}"), groups.get(f"{each.target}{k + each.step}")
        if source is None or target is None:
            continue
        wiring = dict(condition="i != j", p=each.p) if source is target else dict(p=each.p)
        name = f"{each.name}_{k}_{k + each.step}"
        yield name, synapses(each.model, source, target, name, wiring)
