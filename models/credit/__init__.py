"""How an error reaches a synapse, in spikes: one mechanism per file."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from dendritic_bp import SynapseModel
from dendritic_bp.trials import Gate

TAUGHT = ("train", "show")  # the phases in which there is a teacher


@dataclass(frozen=True)
class Lateral:
    """Hold the interneurons of a layer, one for each cell of the layer above, its partner.

    `onto` synapses come from the layer, `partner` from the cell above, `cancel` go onto its dendrites.
    `cells` are arguments of `with_equations` for the interneurons.
    """

    onto: SynapseModel
    partner: SynapseModel
    cancel: SynapseModel
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class Credit:
    """Hold a mechanism: its synapses, what it adds to cells, and when in a trial it does what.

    `forward` synapses go onto the layer above, `feedback` onto the layer below. `inputs`, `hidden` and
    `output` are arguments of `with_equations`: for the input cells, for the cells of all layers that learn
    and, on top, for the output. There, a linked `I_teacher` receives what the teacher sends; anywhere, a
    linked `success` receives one number that tells how good the answer is. All may read the `gates`, by name.
    `free` is none of these: it says when in a taught trial a teacher that moves events does not act yet (for
    0 ms: it always acts).
    """

    name: str
    _: KW_ONLY
    forward: SynapseModel
    feedback: SynapseModel
    gates: Mapping[str, Gate]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    lateral: Lateral | None = None
    sends: bool = True  # whether anything reaches a hidden cell by its feedback synapses
