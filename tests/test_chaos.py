"""Chaos: random mistakes in models and calls. None may be accepted and change what comes out.

A mistake is another unit, a misspelt name, a sign or a value that cannot be, or a shape that does not fit. It
is refused, by a message of ours or at least by Brian2's, or it makes no difference.
"""

import re
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from brian2 import (
    Hz,
    StateMonitor,
    TimedArray,
    amp,
    defaultclock,
    farad,
    metre,
    ms,
    pA,
    second,
    siemens,
    volt,
)
from brian2.utils.stringtools import get_identifiers
from simulate import DT, simulate

from dendritic_bp import UserError, neurons, synapses
from dendritic_bp.electrode import pulse_values, pulses, with_pulses
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.dendritic_tree import dendritic_tree
from dendritic_bp.models.neurons.interneurons import pv, som
from dendritic_bp.models.neurons.poisson import poisson
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.burst_dependent import burst_dependent
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.short_term import short_term
from dendritic_bp.models.synapses.static import static

CELLS = [pyramidal, burst_poisson, two_compartment, dendritic_tree, pv, som, poisson]
SYNAPSES = [burst_dependent, burst_gradient, short_term, static]
UNITS = [volt, amp, second, siemens, farad, Hz, metre]
MUTATIONS, SEED = 200, 15
N, M = 4, 3


@dataclass
class Network:
    """Hold what is asked of a small network: each part is what a user writes."""

    cell: Any = pyramidal
    synapse: Any = static
    n: Any = N
    values: dict[str, Any] = field(default_factory=dict)
    w: Any = field(default_factory=lambda: np.full(N * M, 50.0) * pA)
    connect: Any = True
    weights: str = "w"
    table: Any = field(default_factory=lambda: np.linspace(0, 1, 20 * N).reshape(20, N))
    column: str = "i"
    trials: Any = field(default_factory=lambda: [{"I_soma": pulses(900 * pA, 5 * ms, 12 * ms)}] * M)

    def run(self) -> list[np.ndarray]:
        """Build and run it; return all that its cells and synapses come to."""
        defaultclock.dt = DT
        table = TimedArray(self.table, dt=1 * ms)
        drive = "drive" if "drive" in self.cell.parsed else "I_soma"
        scale = "300*Hz" if drive == "drive" else "1.5*nA"
        model = self.cell.with_equations(
            f"{drive} = shown(t, {self.column})*{scale} : {'Hz' if drive == 'drive' else 'amp'}",
            namespace=("shown",),
        )
        source = neurons(model, self.n, "source", {"shown": table}, **self.values)
        values = pulse_values(self.trials, ("I_soma",))
        target = neurons(with_pulses(pyramidal, ("I_soma",)), M, "target", **values, x_bar=0.5)
        wires = synapses(self.synapse, source, target, "wires", self.connect, **{self.weights: self.w})
        watch = StateMonitor(target, "v_s", record=True, dt=1 * ms, name="watch")
        simulate(30 * ms, source, target, wires, watch)
        states = [
            np.asarray(group.get_states(units=False)[k])
            for group in (source, target)
            for k in group.get_states()
        ]
        return [*states, np.asarray(watch.v_s), np.asarray(wires.w)]


# --- mistakes ---


def choice(rng: Any, options: Any) -> Any:
    options = sorted(options) if isinstance(options, set) else list(options)
    return options[rng.integers(len(options))]


def misspelt(rng: Any, word: str) -> str:
    """Drop, double, swap or replace a letter."""
    k = int(rng.integers(len(word)))
    letter = choice(rng, string.ascii_letters)
    return choice(
        rng,
        [word[:k] + word[k + 1 :] or "q", word[:k] + word[k] + word[k:], word[:k] + letter + word[k + 1 :]],
    )


def once(text: str, old: str, new: str, rng: Any) -> str:
    """Replace one of the places where a word stands."""
    places = [match.start() for match in re.finditer(rf"\b{old}\b", text)]
    at = places[rng.integers(len(places))]
    return text[:at] + new + text[at + len(old) :]


def unit_of_a_parameter(rng: Any, network: Network) -> str:
    model = choice(rng, ["cell", "synapse"])
    each = getattr(network, model)
    if not each.parameters:
        return unit_of_a_parameter(rng, network)
    name = choice(rng, set(each.parameters))
    unit = choice(rng, UNITS)
    table = {**each.parameters, name: each.parameters[name] * unit}
    setattr(network, model, replace(each, parameters=table))
    return f"{each.name}.{name} times {unit}"


def unit_in_the_text(rng: Any, network: Network) -> str:
    lines = [
        k for k, line in enumerate(network.cell.equations.splitlines()) if ": volt" in line or ": amp" in line
    ]
    text = network.cell.equations.splitlines()
    lines = [k for k, line in enumerate(text) if ": volt" in line or ": amp" in line]
    if not lines:
        return unit_of_a_parameter(rng, network)
    k = choice(rng, lines)
    text[k] = text[k].replace(": volt", ": second").replace(": amp", ": volt")
    network.cell = replace(network.cell, equations="\n".join(text))
    return f"{network.cell.name}: {text[k].strip()}"


def name_in_the_text(rng: Any, network: Network) -> str:
    part = choice(rng, ["equations", "reset", "threshold"])
    text = getattr(network.cell, part)
    words = {word for word in get_identifiers(text) if word in network.cell.parsed}
    if not words:
        return name_in_the_text(rng, network)
    word = choice(rng, words)
    wrong = misspelt(rng, word)
    while wrong in network.cell.words() or wrong == word or not wrong.isidentifier():
        wrong = misspelt(rng, word)
    network.cell = replace(network.cell, **{part: once(text, word, wrong, rng)})
    return f"{network.cell.name}.{part}: {word} -> {wrong}"


def name_in_a_synapse(rng: Any, network: Network) -> str:
    event, code = choice(rng, list(network.synapse.on_pre.items()))
    words = {word for word in get_identifiers(code) if word not in ("clip", "plastic")}
    word = choice(rng, words)
    wrong = (
        misspelt(rng, word.removesuffix("_post").removesuffix("_pre"))
        + word[len(word.removesuffix("_post").removesuffix("_pre")) :]
    )
    if wrong == word or wrong in network.synapse.words() or not wrong.isidentifier():
        return name_in_a_synapse(rng, network)
    changed = {**network.synapse.on_pre, event: once(code, word, wrong, rng)}
    network.synapse = replace(network.synapse, on_pre=changed)
    return f"{network.synapse.name}: {word} -> {wrong}"


def name_in_a_call(rng: Any, network: Network) -> str:
    kind = choice(rng, ["value", "weight", "event", "port", "train", "connect"])
    if kind == "value":
        name = choice(rng, network.cell.settable)
        network.values = {misspelt(rng, name) + "_": 1}
    elif kind == "weight":
        network.weights = misspelt(rng, "weight")
    elif kind == "event":
        event, code = choice(rng, list(network.synapse.on_pre.items()))
        network.synapse = replace(network.synapse, on_pre={misspelt(rng, event) + "s": code})
    elif kind == "port":
        network.trials = [{misspelt(rng, "I_soma") + "x": network.trials[0]["I_soma"]}] * M
    elif kind == "train":
        train = dict(network.trials[0]["I_soma"])
        train[misspelt(rng, "height") + "_"] = train.pop("height")
        network.trials = [{"I_soma": train}] * M
    else:
        network.connect = {misspelt(rng, "condition") + "s": "i != j"}
    return f"a name of the {kind}"


SIGNED = ("tau", "T_", "C_", "C")


def sign(rng: Any, network: Network) -> str:
    kind = choice(rng, ["parameter", "delay", "p", "n", "size", "refractory", "pulse", "index"])
    bad = -float(rng.uniform(0.1, 5))
    if kind == "parameter":
        names = {name for name in network.cell.parameters if name.startswith(SIGNED)}
        name = choice(rng, names)
        table = {**network.cell.parameters, name: -network.cell.parameters[name]}
        network.cell = replace(network.cell, parameters=table)
        return f"-{network.cell.name}.{name}"
    if kind == "delay":
        network.synapse = replace(network.synapse, delay=bad * ms)
    elif kind == "p":
        network.connect, network.w = dict(p=choice(rng, [bad, 1 - bad])), 50 * pA
    elif kind == "n":
        network.connect, network.w = dict(n=choice(rng, [-1, bad])), 50 * pA
    elif kind == "size":
        network.n = choice(rng, [0, -3, bad, 2.5, True])
    elif kind == "refractory":
        network.cell = replace(network.cell, refractory=choice(rng, [bad * ms, True, 2.0, "dt - 5*ms"]))
    elif kind == "pulse":
        name = choice(rng, ["width", "period", "count"])
        train = dict(network.trials[0]["I_soma"])
        train[name] = bad * ms if name != "count" else choice(rng, [bad, 1.5])
        network.trials = [{"I_soma": train}] * M
    else:
        network.connect, network.w = dict(i=[0, -1], j=[0, 1]), [1, 2] * pA
    return f"a sign: {kind}"


def value(rng: Any, network: Network) -> str:
    bad = choice(rng, [np.nan, np.inf, -np.inf])
    name = choice(rng, set(network.cell.parameters))
    kind = choice(rng, ["parameter", "initial", "table", "weight", "delay"])
    if kind == "parameter":
        table = {**network.cell.parameters, name: network.cell.parameters[name] * bad}
        network.cell = replace(network.cell, parameters=table)
    elif kind == "initial":
        network.values = {name: network.cell.parameters[name] * bad}
    elif kind == "table":
        network.table = network.table.copy()
        network.table[rng.integers(20), rng.integers(N)] = bad
    elif kind == "weight":
        network.w = network.w * np.where(np.arange(N * M) == 5, bad, 1)
    else:
        network.synapse = replace(network.synapse, delay=float(rng.uniform(0.01, 0.09)) * ms)
    return f"{bad} or off the grid: {kind}"


def shape(rng: Any, network: Network) -> str:
    kind = choice(rng, ["parameter", "value", "weights", "columns", "column", "indices", "trials", "matrix"])
    name = choice(rng, set(network.cell.parameters))
    size = choice(rng, [2, 3, 5, 7])
    if kind == "parameter":
        table = {**network.cell.parameters, name: np.ones(size) * network.cell.parameters[name]}
        network.cell = replace(network.cell, parameters=table)
    elif kind == "value":
        free = sorted(network.cell.settable - set(network.cell.parameters))
        network.values = {choice(rng, free): np.zeros(size)}
    elif kind == "weights":
        network.w = np.full(choice(rng, [2, 11, 13, 24]), 50.0) * pA
    elif kind == "columns":
        network.table = network.table[:, : choice(rng, [1, 2, 3])]
    elif kind == "column":
        network.column = choice(rng, ["i + 1", "i - 1", "2*i", "N", "-1 - i"])
    elif kind == "indices":
        network.connect, network.w = dict(i=np.arange(size), j=[0, 1, 2, 0]), 50 * pA
        if size == 4:
            network.connect = dict(i=[0], j=[M])
    elif kind == "trials":
        network.trials = [{"I_soma": pulses(900 * pA)}] * choice(rng, [0, 1, 2, 5])
        if len(network.trials) == 1:
            network.trials = []
    else:
        network.w = np.full((M + 1, N), 50.0) * pA
    return f"a shape: {kind}"


MISTAKES: list[Callable[[Any, Network], str]] = [
    unit_of_a_parameter,
    unit_in_the_text,
    name_in_the_text,
    name_in_a_synapse,
    name_in_a_call,
    sign,
    value,
    shape,
]


def outcome(mistake: Callable[[Any, Network], str], rng: Any) -> tuple[str, str]:
    """Make one mistake; return what it was, and what became of it."""
    cell = choice(rng, CELLS)
    fit = [each for each in SYNAPSES if each is not burst_gradient or "x_bar" in cell.parsed]
    seen = Network(cell, choice(rng, fit))
    right, what = replace(seen), f"{mistake.__name__} of {seen.cell.name}, {seen.synapse.name}"
    try:
        what += ": " + mistake(rng, seen)
        found = seen.run()
    except UserError as error:
        return f"{what} -> {error}", "refused by us"
    except Exception as error:
        return f"{what} -> {error}", "refused by Brian2"
    expected = right.run()
    same = len(found) == len(expected) and all(
        a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(found, expected, strict=True)
    )
    return what, "no difference" if same else "SILENT"


@pytest.mark.slow
def test_no_random_mistake_changes_results_silently():
    rng = np.random.default_rng(SEED)
    found = [outcome(MISTAKES[k % len(MISTAKES)], rng) for k in range(MUTATIONS)]
    counts = Counter(result for _, result in found)
    print(dict(counts))
    assert [what for what, result in found if result == "SILENT"] == []
    assert counts["refused by us"] > 0.9 * MUTATIONS, [what for what, r in found if r == "refused by Brian2"]
