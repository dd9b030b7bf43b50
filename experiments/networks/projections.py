"""The projections of a learning network: forward onto somata, back onto apical dendrites, all to all."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import NeuronGroup, Quantity, Synapses, TimedArray, ms, pA

from dendritic_bp import SynapseModel, synapses
from networks.cells import Cell

WIDE = 200  # cells of a hidden layer; with more of them, steps shrink; chosen here
FEEDBACK = ("learned", "random", "zero", "shuffled", "scalar")


def all_to_all(
    model: SynapseModel,
    source: NeuronGroup,
    target: NeuronGroup,
    name: str,
    tables: dict[str, TimedArray],
    by_target: bool = False,
    **values: Any,
) -> Synapses:
    """Connect all to all by indices: the number of synapses is then known before the run.

    They are stored by source, or by target: what the target's events change is then side by side in memory.
    """
    i, j = np.indices((source.N, target.N))
    i, j = (x.T.ravel() if by_target else x.ravel() for x in (i, j))
    return synapses(model, source, target, name, dict(i=i, j=j), tables, **values)


def projections(
    layers: list[NeuronGroup], cell: Cell, tables: dict[str, TimedArray], longest: Quantity = 0 * ms
) -> list[Synapses]:
    """Connect neighbouring layers in both directions; nothing goes back to the inputs.

    If feedback is direct, that onto all hidden layers comes from the output. With `skips`, all drive it.
    `longest` is the longest delay that a run may give to feedback, which has none at first.
    """
    credit, eta = cell.credit, cell.first["eta"] * shrink(layers[1].N, cell)
    first = cell.first | dict(eta=eta) | rule(eta, cell)
    result = [all_to_all(credit.forward, *layers[:2], "forward1", tables, by_target=True, **first)]
    skipping = layers[1:-2] if cell.skips else []
    onto_output = higher(sum(layer.N for layer in (*skipping, layers[-2])), cell)
    for k, low in enumerate(skipping, start=1):
        ends = low, layers[-1], f"skip{k}"
        result.append(all_to_all(credit.forward, *ends, tables, by_target=True, **onto_output))
    for k, (low, high) in enumerate(pairwise(layers[1:]), start=1):
        up = onto_output if high is layers[-1] else between(low.N, cell)
        result.append(all_to_all(credit.forward, low, high, f"forward{k + 1}", tables, by_target=True, **up))
        sender = layers[-1] if cell.direct else high
        start = feedback("learned", low.N, cell)
        now, back = start.pop("delay"), replace(credit.feedback, delay=longest)
        result.append(all_to_all(back, sender, low, f"feedback{k}", tables, **start))
        for event in back.on_pre:
            getattr(result[-1], f"pre_{event}").delay = now
    return result


def higher(below: int, cell: Cell) -> dict[str, Any]:
    """Return step and first weights of a projection, the smaller the more cells there are below."""
    eta = cell.step / below * shrink(below, cell)
    return dict(eta=eta, w=_drawn(cell.weights, below)) | rule(eta, cell)


def _drawn(weights: Quantity, below: int) -> str:
    return f"{float(weights / pA):g}*pA/sqrt({below})*randn()"


def between(below: int, cell: Cell) -> dict[str, Any]:
    """Return step and first weights between hidden layers: as onto the output, if none are given.

    They hardly fade, as no feedback synapse has to become the same; else the layer hears less and less.
    """
    if not cell.between:
        return higher(below, cell)
    eta = cell.between["step"] / below * shrink(below, cell)
    return dict(eta=eta, w=_drawn(cell.between["weights"], below)) | cell.rule


def shrink(hidden: int, cell: Cell) -> float:
    """Return the share of the steps that is left with so many hidden cells.

    Full steps make 30 or 500 cells run away: weights grow, hence the feedback, hence the weights.
    """
    if not cell.meant_for:
        return min(1, WIDE / hidden)
    ratio = hidden / cell.meant_for
    return min(ratio, 1 / ratio) ** 0.5


def rule(eta: Quantity, cell: Cell) -> dict[str, Any]:
    """Return the values of the rule, and where weights fade, which of them loses what a burst adds."""
    return {**cell.rule} | (dict(w_far=eta / cell.forget) if cell.forget else {})


def feedback(kind: str, onto: int, cell: Cell, trial: Quantity = 0 * ms) -> dict[str, Any]:
    """Return the settings of a kind of feedback onto a layer of so many cells.

    "shuffled" is that of another trial, as their order is random. With "scalar", all weights are equal:
    every cell gets the same number, the sum of what the layer above sends.
    """
    gain, eta = cell.feedback_gain * onto, cell.step / onto * shrink(onto, cell)
    learned = dict(w_0=cell.feedback["learned"] / onto, eta=eta, gain=gain) | rule(eta, cell)
    change = dict(
        learned={},
        random=dict(w_0=cell.feedback["fixed"] / onto, eta=0 * pA),
        zero=dict(gain=0),
        shuffled=dict(delay=trial),
        scalar=dict(w=cell.feedback["fixed"] / onto, eta=0 * pA),
    )
    return dict(delay=0 * ms) | learned | change[kind]


def feedback_values(kind: str, sizes: Sequence[int], cell: Cell, trial: Quantity) -> dict[str, Any]:
    """Return the run-time values that make all feedback of one kind, between layers of such sizes."""
    values = {}
    for k, (onto, above) in enumerate(pairwise(sizes), start=1):
        table = feedback(kind, onto, cell, trial)
        values |= {f"feedback{k}_pre_{event}.delay": table["delay"] for event in cell.credit.feedback.on_pre}
        values |= {f"feedback{k}.{key}": value for key, value in table.items() if key not in ("delay", "w")}
        if "w" in table:
            senders = sizes[-1] if cell.direct else above
            values[f"feedback{k}.w"] = np.full(onto * senders, table["w"] / pA) * pA
            if "q" in cell.credit.feedback.parsed:  # what cancels it
                values[f"feedback{k}.q"] = -cell.credit.feedback.parameters["P_0"] * values[f"feedback{k}.w"]
    return values
