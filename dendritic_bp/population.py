"""Many cells of one morphology in one group, next to each other in every compartment.

Brian2's `SpatialNeuron` solves one tree of sections. Here each compartment of each cell is a section of its
own, and the cells hang on one tree by links that conduct nothing: equations, code, solution are Brian2's.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from brian2 import Cylinder, Morphology, SpatialNeuron, um
from brian2.spatialneuron.spatialneuron import FlatMorphology

GEOMETRY = ("length", "distance", "area", "diameter", "volume", "r_length_1", "r_length_2")


class Population(SpatialNeuron):
    """Hold `cells` cells: compartment k of cell c stands at k*cells + c. A cell spikes where its root stands.

    So the spikes of cell c have the index c, and `v` has the shape (compartment, cell) if reshaped.
    """

    def __init__(self, cells: int, morphology: Morphology, *args: Any, threshold: str, **kwargs: Any) -> None:
        self.cells = cells
        self._flat = flat = copies(FlatMorphology(morphology), cells)
        stand_in = Cylinder(n=flat.n, diameter=1 * um, length=1 * um)  # of which only the number is used
        super().__init__(stand_in, *args, threshold=f"({threshold}) and i < {cells}", **kwargs)

    @property
    def flat_morphology(self) -> Any:
        """Return the geometry and the tree of all cells."""
        return self._flat

    @flat_morphology.setter
    def flat_morphology(self, of_the_stand_in: Any) -> None:
        """Keep that of all cells, whatever Brian2 makes of the morphology that it needs to be given."""


def copies(cell: FlatMorphology, n: int) -> SimpleNamespace:
    """Return `n` copies of a cell, one compartment a section, as one tree."""
    size = cell.n * n
    parent = parents(cell)
    above = np.where(parent[:, None] < 0, np.arange(n), parent[:, None] * n + np.arange(n) + 1).ravel()
    children: list[list[int]] = [[] for _ in range(size + 1)]
    place = np.zeros(size, np.int32)
    for section, node in enumerate(above):
        place[section] = len(children[node])
        children[node].append(section + 1)
    table = np.zeros((size + 1, max(map(len, children))), np.int32)
    for node, nodes in enumerate(children):
        table[node, : len(nodes)] = nodes
    geometry = {name: np.repeat(getattr(cell, name), n) for name in GEOMETRY}
    geometry["r_length_1"][:n] = 1e-200  # no link to what stands before a root; Brian2 divides by it
    return SimpleNamespace(
        **geometry,
        n=size,
        sections=size,
        starts=np.arange(size, dtype=np.int32),
        ends=np.arange(1, size + 1, dtype=np.int32),
        morph_parent_i=above.astype(np.int32),
        morph_idxchild=place,
        morph_children=table.ravel(),
        morph_children_num=np.array([len(nodes) for nodes in children], np.int32),
        has_coordinates=False,
    )


def parents(cell: FlatMorphology) -> np.ndarray:
    """Return the compartment to which each compartment is attached, -1 for the root."""
    parent = np.arange(-1, cell.n - 1)
    for section, start in enumerate(cell.starts[1:], start=1):
        parent[start] = cell.ends[cell.morph_parent_i[section] - 1] - 1
    return parent
