"""Inject trains of current pulses into a population, of which each cell is one trial, and record it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from brian2 import Network, Quantity, SpikeMonitor, StateMonitor, amp, defaultclock, ms, second
from brian2.units.fundamentalunits import get_dimensions
from numpy.typing import NDArray

from dendritic_bp.analysis import T_BURST
from dendritic_bp.build import neurons
from dendritic_bp.contract import Need
from dendritic_bp.contract import require as require_parts
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.language import check_number
from dendritic_bp.limits import require
from dendritic_bp.model import NeuronModel
from dendritic_bp.program import Program
from dendritic_bp.quantities import require_time
from dendritic_bp.runs import Run
from dendritic_bp.voltage import has_burst

Floats = NDArray[np.float64]
Pulses = dict[str, Any]


def pulses(
    height: Quantity = 0 * amp,
    start: Quantity = 50 * ms,
    width: Quantity = 5 * ms,
    count: int = 1,
    period: Quantity = 1000 * second,
    hold: Quantity = 0 * amp,
) -> Pulses:
    """Describe a train of `count` equal current pulses on top of a steady current `hold`."""
    return dict(height=height, start=start, width=width, count=count, period=period, hold=hold)


# A pulse starts with the step nearest to its time and always has the same number of steps. (Products instead
# of `and`, which Brian2's numpy code does not take in equations.)
_TRAIN = """
{port} = hold_{port} + height_{port}*int(turn_{port} >= 0)*int(turn_{port} < count_{port})*on_{port} : amp
on_{port} = int(since_{port} < steps(width_{port}, dt)) : 1
since_{port} = steps(t, dt) - steps(start_{port} + turn_{port}*period_{port}, dt) : 1
turn_{port} = floor((t + 0.499999*dt - start_{port})/period_{port}) : 1    # half a step is rounded up
height_{port} : amp (constant)
start_{port} : second (constant)
width_{port} : second (constant)
count_{port} : 1 (constant)
period_{port} : second (constant)
hold_{port} : amp (constant)
"""


def with_pulses(model: NeuronModel, ports: Sequence[str] = ("I_soma", "I_apical")) -> NeuronModel:
    """Return the model with ports driven by the pulses of each cell; raise ModelError for a missing port."""
    model.with_input((), **dict.fromkeys(ports, "0*amp"))  # names the port that is missing
    return model.with_equations("".join(_TRAIN.format(port=port) for port in ports))


def pulse_values(trials: Sequence[Mapping[str, Pulses]], ports: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the pulses, one value for each trial. Raises ModelError."""
    if not trials:
        raise ModelError("pulses: there is no trial; give a list of one or more")
    for k, trial in enumerate(trials):
        for port, train in trial.items():
            if port not in ports:
                raise ModelError(f"pulses, trial {k}: no port '{port}' is driven; {suggest(port, ports)}")
            _require_train(f"pulses, trial {k}, {port}", train)
    trains = {port: [trial.get(port) or pulses() for trial in trials] for port in ports}
    return {
        f"{each}_{port}": Quantity([train[each] for train in trains[port]])
        for port in ports
        for each in pulses()
    }


_UNITS = dict(height=amp, start=second, width=second, count=1, period=second, hold=amp)
_TRAINS = {
    "start >= 0*second": "the first pulse begins in the trial",
    "width >= 0*second": "a pulse lasts for some time",
    "count >= 0": "it is the number of pulses",
    "count == count//1": "it is the number of pulses, a whole one",
    "period > 0*second": "pulses follow each other",
    "abs(count) < 2 or width <= period": "a pulse ends before the next one begins",
}


def _require_train(where: str, train: Pulses) -> None:
    """Refuse a train that is none, whoever has made it."""
    if not isinstance(train, Mapping) or set(train) != set(_UNITS):
        raise ModelError(f"{where} = {train!r}: describe a train by pulses(height=..., start=..., ...)")
    for name, unit in _UNITS.items():
        check_number(f"{where}, {name}", train[name], get_dimensions(unit))
        if np.ndim(train[name]):
            raise ModelError(f"{where}, {name} = {train[name]}: is not one value; make a trial for each")
    require(where, _TRAINS, train)


_SEEN = {
    "start < duration": "the first pulse begins in the trial",
    "width <= 0*second or steps(width, dt) >= 1": "a pulse lasts for a time step or more",
}
_SAMPLES = {"abs(sample - steps(sample, dt)*dt) <= 1e-6*dt": "samples are whole numbers of time steps apart"}


@dataclass(frozen=True)
class Recording:
    """Hold what trials did: times (s), each recorded variable as (trial, time), and spike times by trial.

    `T_burst` (s) is what the cell takes for a burst: spikes closer than this.
    """

    times: Floats
    variables: Mapping[str, Floats]
    spikes: Sequence[Floats]
    T_burst: float = T_BURST

    def __getitem__(self, name: str) -> Floats:
        return self.variables[name]

    def part(self, trials: slice) -> "Recording":
        """Return the recording of some of the trials."""
        variables = {name: v[trials] for name, v in self.variables.items()}
        return replace(self, variables=variables, spikes=self.spikes[trials])

    @property
    def bursting(self) -> list[bool]:
        """Tell for each trial whether there was a burst."""
        return [has_burst(train, self.T_burst) for train in self.spikes]


def inject(
    model: NeuronModel,
    trials: Sequence[Mapping[str, Pulses]],
    duration: Quantity,
    variables: Sequence[str] = ("v_s", "v_d"),
    dt: Quantity = 0.1 * ms,
    sample: Quantity = 0.1 * ms,
    ports: Sequence[str] = ("I_soma", "I_apical"),
    values: Mapping[str, Any] | None = None,
) -> tuple[Recording, Run]:
    """Inject the pulses of each trial, by port, into a cell of its own; record `variables` every `sample`.

    `values` are given to the compiled program, by "cells.NAME". Raises UserError, also if a run diverges.
    """
    for what, time in (("duration", duration), ("dt", dt), ("sample", sample)):
        require_time(what, time)
    asked = [Need(port, "set", "the electrode") for port in ports]
    require_parts(model, asked + [Need(name, "read", "the electrode") for name in variables], "an electrode")
    pulse_values(trials, ports)
    require("inject", _SAMPLES, dict(dt=dt, sample=sample))
    for k, trial in enumerate(trials):
        for port, train in trial.items():
            if float(train["height"]) and train["count"]:
                require(f"inject, trial {k}, {port}", _SEEN, dict(train, dt=dt, duration=duration))
    name = f"{model.name}-{dt / ms:g}ms".replace(".", "-")
    program = Program(partial(_protocol, model, trials, duration, variables, dt, sample, ports), name)
    run = program.run(values=values)
    trains = [run["spikes.t"][run["spikes.i"] == cell] for cell in range(len(trials))]
    traces = {each: np.atleast_2d(run[f"trace.{each}"]) for each in variables}
    T_burst = float(run["cells.T_burst"]) if "T_burst" in model.parsed else T_BURST
    return Recording(run["trace.t"], traces, trains, T_burst), run


def _protocol(
    model: NeuronModel,
    trials: Sequence[Mapping[str, Pulses]],
    duration: Quantity,
    variables: Sequence[str],
    dt: Quantity,
    sample: Quantity,
    ports: Sequence[str],
) -> Network:
    defaultclock.dt = dt
    cells = neurons(with_pulses(model, ports), len(trials), "cells", **pulse_values(trials, ports))
    trace = StateMonitor(cells, list(variables), record=True, dt=sample, name="trace")
    network = Network(cells, trace, SpikeMonitor(cells, name="spikes"))
    network.run(duration, namespace={})
    return network
