"""The layers of a learning network: what its cells have in common, whatever teaches them."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from brian2 import EventMonitor, NeuronGroup, SpikeMonitor, StateMonitor, TimedArray, ms, pA, second

from dendritic_bp import NeuronModel, neurons
from dendritic_bp.trials import Trials
from networks.cells import INPUTS, Cell

EVENTS = ("event", "burst")
TRAINS = ("spike", *EVENTS)
COUNTERS = [f"n_{event}" for event in EVENTS]

# All values chosen here unless a model file says otherwise.
START = dict(
    v_s="E_L + 20*mV*rand()",
    tau_basal=10 * ms,
    tau_avg=5 * second,
    E_bar=100,
    x_bar=1.2,
    I_bias=600 * pA,
)


def counting(model: NeuronModel) -> NeuronModel:
    """Count the events and bursts of each cell while a trial is read."""
    model = model.with_equations("n_event : 1\nn_burst : 1", namespace=("reading",))
    counted = {e: f"{model.on_event.get(e, '').strip()}\nn_{e} += reading(t)".strip() for e in EVENTS}
    return replace(model, on_event={**model.on_event, **counted})


def inputs(
    model: NeuronModel,
    n: int,
    shown: str,
    trials: Trials,
    tables: dict[str, Any],
    currents: Mapping[str, Any] = INPUTS,
) -> NeuronGroup:
    """Build cells whose somatic current in each trial follows what is `shown` to cell i, from 0 to 1."""
    model = counting(model).with_equations(parameters=dict(currents), namespace=tuple(tables))
    group = neurons(model, n, "inputs", tables, v_s=START["v_s"])
    group.run_regularly(f"I_soma = I_off + I_on*{shown}", dt=trials.length, name="stimulus")
    return group


def learning_layers(
    cell: Cell, hidden: tuple[int, ...], output: int, tables: dict[str, TimedArray]
) -> list[NeuronGroup]:
    """Build hidden layers of such sizes and the output, of cells that learn."""
    model = counting(cell.model).with_equations(**cell.noise).with_equations(**cell.credit.hidden)
    bursting = cell.burst_probability * START["E_bar"]
    start = START | dict(I_tonic=cell.I_tonic, B_bar=bursting)
    values = start | cell.hidden
    built = [neurons(model, n, f"hidden{k}", tables, **values) for k, n in enumerate(hidden, 1)]
    model = model.with_equations(**cell.credit.output)
    return [*built, neurons(model, output, "output", tables, **(start | cell.output))]


def shows(layers: list[NeuronGroup], traces: tuple[str, ...] = ()) -> list[EventMonitor | StateMonitor]:
    """Record all spikes, events and bursts, with their kind if there are two, and `traces` of some cells."""
    result = [SpikeMonitor(layer, name=f"{layer.name}_spikes") for layer in layers]
    result += [EventMonitor(layer, "event", name=f"{layer.name}_events") for layer in layers]
    result += [EventMonitor(x, "burst", [*kind(x.equations)], name=f"{x.name}_bursts") for x in layers]
    if traces:
        result += [StateMonitor(x, traces, record=probes(x.N), name=f"{x.name}_v") for x in layers]
    return result


def kind(names: Container[str]) -> tuple[str, ...]:
    """Return the variable that tells two kinds of bursts apart, of cells with these variables; or none."""
    return ("kind",) if "kind" in names else ()


def probes(n: int) -> range:
    """Return the cells, of a layer of n, whose traces are recorded."""
    return range(0, n, max(1, n // 20))
