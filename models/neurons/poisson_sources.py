"""Poisson sources that cells share: plain spikes, on a grid that may be coarser than the time step.

A source waits for its next spike and draws nothing in between, so that many slow ones are cheap. Mean,
variance and correlations are those of Poisson trains (tested), but for a ripple at the frequency of the grid.
"""

from brian2 import NeuronGroup, Quantity


def poisson_sources(name: str, n: int, rate: Quantity, dt: Quantity) -> NeuronGroup:
    """Build `n` independent sources of this rate that fire on a grid of `dt`."""
    group = NeuronGroup(
        n,
        "t_next : second\nfrequency : Hz (shared, constant)",
        threshold="t >= t_next",
        reset="t_next -= log(rand())/frequency",
        dt=dt,
        name=name,
    )
    group.frequency = rate
    group.t_next = "-log(rand())/frequency"
    return group
