"""Longer trials: once cells have settled, all takes several times as long.

An image that is seen for longer tells its error by more events, each of which teaches as much less: what is
learned from it has less noise. Gates are those of usual trials, stretched from SETTLED on; so are the windows
of cells that learn once a trial.
"""

from collections.abc import Mapping
from dataclasses import replace

from brian2 import Quantity, ms

from dendritic_bp.trials import Gate
from networks.cells import Cell

SETTLED = 60 * ms  # chosen here: until then cells still answer to the last image
STRETCH = "times as long an image is seen once cells have settled: 140 ms (as suits the cells: 1 or 3)"


def stretched(time: Quantity, times: int) -> Quantity:
    """Return when in a long trial comes what comes at a time of a usual one."""
    return time if time <= SETTLED else SETTLED + times * (time - SETTLED)


def stretched_gates(gates: Mapping[str, Gate], times: int) -> dict[str, Gate]:
    """Return the gates of a long trial."""
    return {name: _gate(gate, times) for name, gate in gates.items()}


def _gate(gate: Gate, times: int) -> Gate:
    stop = None if gate.stop is None else stretched(gate.stop, times)
    odd = None if gate.odd is None else _gate(gate.odd, times)
    return replace(gate, start=stretched(gate.start, times), stop=stop, odd=odd)


def unhurried(cell: Cell) -> Cell:
    """Return the cell for its long trials: windows that are longer, or else smaller steps at each event."""
    windows = {"T_mean": cell.stretch * cell.model.parameters["T_mean"]} if once_a_trial(cell) else {}
    share = 1 if windows else 1 / cell.stretch
    between = cell.between and dict(cell.between, step=share * cell.between["step"])
    return replace(
        cell,
        model=cell.model.with_equations(parameters=windows) if windows else cell.model,
        first=dict(cell.first, eta=share * cell.first["eta"]),
        step=share * cell.step,
        between=between,
    )


def once_a_trial(cell: Cell) -> bool:
    """Tell whether the cell learns once a trial, from the means of windows, and not at events."""
    return "T_mean" in cell.model.parameters
