"""Call a protocol, and refuse what a compiled program would silently ignore, or what bypasses control."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from brian2 import BrianObject, MagicNetwork, Network, NetworkOperation, SpikeGeneratorGroup, Synapses
from brian2.core.tracking import InstanceFollower
from brian2.groups.subgroup import Subgroup

from dendritic_bp.errors import ModelError, UserError
from dendritic_bp.plain import require_limits


def built(protocol: Callable[[], Network], device: Any, name: str) -> Network:
    """Return the network of a protocol, unless a compiled program would silently ignore a part of it."""
    before = _state_of_python()
    with _remembered() as made:
        network = protocol()
        _check(network, device, name)
        require_limits(network, device)
        # As Brian2 finds them to warn of them. Most no longer exist when the protocol has returned.
        lost = [
            x.name for x in made if getattr(x, "_network", 0) is None and getattr(x, "group", None) is None
        ]
    if lost:
        raise UserError(
            f"Not in the network of '{name}': {', '.join(sorted(lost))}. They would do nothing: "
            "list them in Network(...), or do without."
        )
    if _state_of_python() != before:
        raise UserError(
            f"The protocol of '{name}' draws from numpy.random or random, which no seed of run() governs: "
            "all runs would have the same numbers. Draw in text, as in v = 'rand()*mV', or give them to "
            "run(values=...); for numbers that are to be the same, use numpy.random.default_rng(SEED)."
        )
    return network


def _state_of_python() -> tuple[Any, ...]:
    """Return the state of the random numbers that Python code draws from."""
    numpys = np.random.get_state(legacy=False)["state"]
    return random.getstate(), numpys["key"].tobytes(), numpys["pos"]


@contextmanager
def _remembered() -> Iterator[list[Any]]:
    """Keep the objects that are made within the block alive, in a list, until it ends."""
    made, add = [], InstanceFollower.add

    def remember(self: InstanceFollower, value: Any) -> None:
        add(self, value)
        if isinstance(value, BrianObject) and not isinstance(value, Subgroup):
            made.append(value)

    InstanceFollower.add = remember
    try:
        yield made
    finally:
        InstanceFollower.add = add


def _durations(device: Any) -> Iterator[tuple[float, float]]:
    """Yield how long each run takes (s), and the step of its fastest clock (s)."""
    for network, lines in (arg for kind, arg in device.main_queue if kind == "run_network"):
        found = re.search(r"\.run\(([^,]+),", lines[-1])
        if found and network._clocks:
            yield float(found[1]), min(clock.dt_ for clock in network._clocks)


def _check(network: Any, device: Any, name: str) -> None:
    """Refuse what a compiled program would silently ignore, or what bypasses its control."""
    if not isinstance(network, Network) or device.networks != {network}:
        raise UserError(f"The protocol of '{name}' must build, run and return one brian2.Network.")
    if isinstance(network, MagicNetwork):
        raise UserError(f"The protocol of '{name}' calls run(): make a Network(...), and run that.")
    for duration, dt in _durations(device):
        if dt <= 0:
            raise UserError(f"The protocol of '{name}' has time steps of {dt:g} s: a step is above 0.")
        if abs(duration / dt - round(duration / dt)) > 1e-6 * max(1, duration / dt):
            raise UserError(
                f"The protocol of '{name}' runs for {duration:g} s, which are {duration / dt:.6g} steps of "
                f"{dt:g} s: run for a whole number of them."
            )
    for each in network.sorted_objects:
        if isinstance(each, Synapses) and not each._connect_called:
            raise UserError(f"'{each.name}' of '{name}' is not connected: call {each.name}.connect(...).")
        if isinstance(each, SpikeGeneratorGroup) and not np.isfinite(each._spike_time).all():
            raise UserError(f"The spikes of '{each.name}' of '{name}' have times that are not finite.")
        if isinstance(each, NetworkOperation):
            raise UserError(
                f"Network operation '{each.name}' of '{name}' cannot be compiled: "
                "use run_regularly, a TimedArray or an event instead."
            )
    _require_read(network, device)
    if any(kind == "seed" for kind, _ in device.main_queue):
        raise UserError(f"The protocol of '{name}' calls seed(): give the seed to run(seed=...) instead.")
    if device.report_func:
        raise UserError(f"The protocol of '{name}' runs with report=...: remove it, Program shows progress.")


def _require_read(network: Network, device: Any) -> None:
    """Refuse a parameter of a model that no code of the program reads: a misspelt one has no effect."""
    read = {id(var) for code in device.code_objects.values() for var in code.variables.values()}
    for each in network.sorted_objects:
        for name, message in getattr(each, "unread", {}).items():
            if id(each.variables[name]) not in read:
                raise ModelError(message)
