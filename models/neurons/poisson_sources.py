"""Poisson sources that cells share: plain spikes, on a grid that may be coarser than the time step.

A source waits for its next spike and draws nothing in between, so that many slow ones are cheap. Mean,
variance and correlations are those of Poisson trains (tested), but for a ripple at the frequency of the grid.
"""

from collections.abc import Mapping
from typing import Any

from brian2 import NeuronGroup, Quantity

from dendritic_bp.limits import rate as limits
from dendritic_bp.limits import require

SOME = "(frequency + 1e-200*Hz)"  # 0 is silence: the next spike is never, which is a number all the same


def poisson_sources(name: str, n: int, rate: Quantity, dt: Quantity) -> NeuronGroup:
    """Build `n` independent sources of this rate that fire on a grid of `dt`. Raises ModelError."""

    def require_limits(changed: Mapping[str, Any]) -> None:
        require(f"'{name}'", limits("frequency"), {"dt": dt, "frequency": rate, **changed})

    require_limits({})
    group = NeuronGroup(
        n,
        "t_next : second\nfrequency : Hz (shared, constant)",
        threshold="t >= t_next",
        reset=f"t_next -= log(rand())/{SOME}",
        dt=dt,
        name=name,
    )
    group.add_attribute("require_limits")
    group.require_limits = require_limits  # asked again about the values of a run
    group.frequency = rate
    group.t_next = f"-log(rand())/{SOME}"
    return group
