"""Update the gates of a compiled multicompartment cell channel by channel, each where the channel is."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Equations, SpatialNeuron, StateUpdateMethod
from brian2.core.variables import Variables
from brian2.groups.group import CodeRunner
from brian2.groups.neurongroup import StateUpdater

from dendritic_bp.channels import EVERYWHERE, Densities, blocks, own
from dendritic_bp.codegen import Vectorised, compiles_here

BY_NAME = ("euler", "exponential_euler")  # methods that take every rate at the beginning of a step


class GateUpdater(StateUpdater):
    """Update the state variables in blocks, each in the range of compartments where it matters.

    The method sees each equation with the names of the expressions in it, which are computed once.
    """

    def __init__(self, cell: SpatialNeuron, equations: Equations, parts: dict[Densities, list[str]]) -> None:
        self.method_choice, self.method_options = cell.method_choice, None
        self._equations, self._parts = equations, parts
        CodeRunner.__init__(
            self,
            cell,
            "gates",
            code="",
            clock=cell.clock,
            when="groups",
            order=cell.order,
            name=f"{cell.name}_gates",
            check_units=False,
            needed_variables=["_reach", *sorted(set().union(*parts))],
            template_kwds={"parts": {_label(where): sorted(where) for where in parts}},
            codeobj_class=Vectorised,
        )
        self.variables = Variables(self)
        self.variables.add_array("_reach", size=2 * len(parts), dtype=np.int32)

    def update_abstract_code(self, run_namespace: Any) -> None:
        """Write the code of each block."""
        code = {_label(where): self._update(names) for where, names in self._parts.items()}
        code[_label(EVERYWHERE)] += self._get_refractory_code(run_namespace)
        self.abstract_code = self.user_code = code

    def _update(self, names: list[str]) -> str:
        """Return the code that updates state variables, all from old values."""
        lines = [line for name in names for line in self._step(name).splitlines()]
        return "\n".join(sorted(lines, key=lambda line: not line.startswith("_"))) + "\n"

    def _step(self, name: str) -> str:
        equations = Equations(own(name, self._equations))
        return StateUpdateMethod.apply_stateupdater(equations, self.group.variables, self.method_choice)


def follow_channels(cell: SpatialNeuron, equations: Equations, outside: list[str]) -> None:
    """Let a compiled cell follow its gates where their channels are alone."""
    if compiles_here() and cell.method_choice in BY_NAME:
        updater = GateUpdater(cell, equations, blocks(equations, outside))
        cell.contained_objects[cell.contained_objects.index(cell.state_updater)] = updater
        cell.state_updater = updater


def _label(where: Densities) -> str:
    return "_".join(sorted(where)) or "everywhere"
