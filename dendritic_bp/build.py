"""Turn models into plain Brian2 objects: `neurons` and `synapses`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Equations, NeuronGroup, Synapses, TimedArray, defaultclock

from dendritic_bp.codegen import compiles_here
from dendritic_bp.contract import remedy, require_sides
from dendritic_bp.delivery import Keeper, Sending, sending, varying
from dendritic_bp.errors import ModelError, near, suggest
from dendritic_bp.events import search_once
from dendritic_bp.fan_out import fan_out
from dendritic_bp.language import Piece, Words, check, namespace_words
from dendritic_bp.limits import DELAY, require, require_countable
from dendritic_bp.lookups import require_columns, require_table
from dendritic_bp.model import NeuronModel, SynapseModel
from dendritic_bp.names import require_name
from dendritic_bp.watch import unsettled, watch
from dendritic_bp.wiring import pieces, require_shares, shapes, wiring

Model = NeuronModel | SynapseModel


def neurons(
    model: NeuronModel, n: int, name: str, namespace: Mapping[str, Any] | None = None, **values: Any
) -> NeuronGroup:
    """Build `n` neurons as a Brian2 group called `name`.

    `values` set variables and parameters, as quantities (one, or one per cell) or expressions; they override
    the model's own. `namespace` gives what the model's `namespace` names. Raises ModelError.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ModelError(f"'{name}': n = {n!r}: a group needs a whole number of cells, 1 or more")
    require_countable(f"'{name}': n", n)
    names = _prepare(model, name, namespace, values, {}, {"i": np.arange(n), "N": n})
    _check_shapes(name, model, values, [(n,)])
    flags = unsettled(model, values)
    group = NeuronGroup(
        n,
        model.parsed + Equations("".join(f"{flag} : boolean\n" for flag in flags)),
        method=model.method,
        dtype=dict.fromkeys(model.double, np.float64),
        threshold=model.threshold,
        reset=model.reset,
        refractory=model.refractory,
        # A new dictionary, as Brian2 adds 'spike' to the one that it is given.
        events={**model.events, **{flag: f"not ({condition})" for flag, condition in flags.items()}},
        namespace=names,
        name=name,
    )
    for event, code in model.on_event.items():
        group.run_on_event(event, code)
    watch(group, model, flags)
    search_once(group)
    _limit(group, model, values)
    _set(group, model, values)
    return group


def synapses(
    model: SynapseModel,
    source: Any,
    target: Any,
    name: str,
    connect: bool | str | Mapping[str, Any] = True,
    namespace: Mapping[str, Any] | None = None,
    **values: Any,
) -> Synapses:
    """Build and connect the synapses from `source` to `target` as a Brian2 object called `name`.

    `connect` is True (all to all), a condition such as "i == j", or a dictionary of the arguments of Brian2's
    `connect`: dict(i=, j=), dict(p=0.2), dict(condition="i != j", p=0.2). `values` are set afterwards, as one
    quantity, one for each synapse, a matrix (source, target) if connected all to all, or an expression.
    The pathways are called pre_EVENT and post_EVENT. Raises ModelError.
    """
    wired = wiring(name, connect, len(source), len(target))
    require_sides(name, model, dict(pre=source, post=target), namespace or {})
    words = _suffixed(source, "_pre") | _suffixed(target, "_post")
    indices: dict[str, Any] = dict(i=np.arange(len(source))[:, None], j=np.arange(len(target)))
    indices |= dict(N_pre=len(source), N_post=len(target))
    names = _prepare(model, name, namespace, values, words, indices, [*pieces(wired)])
    require_shares(name, wired, indices)
    sent = _sending(model, source, name)
    events = {f"pre_{event}": _event(name, source, event) for event in model.on_pre}
    events |= {f"post_{event}": _event(name, target, event) for event in model.on_post}
    _check_shapes(name, model, values, shapes(wired, len(source), len(target)))
    built = Synapses(
        source,
        target,
        model.parsed,
        on_pre={
            f"pre_{event}": sent[event].code if event in sent else code
            for event, code in model.on_pre.items()
        },
        on_post={f"post_{event}": code for event, code in model.on_post.items()},
        on_event=events,
        dtype=dict.fromkeys(model.double, np.float64),
        delay=None if model.delay is None else {f"pre_{event}": model.delay for event in model.on_pre},
        namespace=names,
        name=name,
    )
    for pathway in events:
        getattr(built, pathway).order += model.order
    built.add_attribute("longest")
    built.longest = {f"pre_{event}": each.longest for event, each in sent.items()}
    for event, each in sent.items():
        _keep(built, event, each)
    built.connect(**wired)
    if compiles_here():
        fan_out(built, wired)
    if model.delay is not None:
        require(f"'{name}': {model}", DELAY, {"delay": model.delay, "dt": source.clock.dt})
    _limit(built, model, values)
    _set(built, model, values)
    return built


def _prepare(
    model: Model,
    name: str,
    namespace: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    words: Words,
    indices: Mapping[str, Any],
    extra: Iterable[Piece] = (),
) -> dict[str, Any]:
    """Check all that is known only now, and return the namespace of the Brian2 object."""
    require_name("the name of a group or of synapses", name)
    if not isinstance(model, Model):
        raise ModelError(f"'{name}': needs a NeuronModel or a SynapseModel, not {model!r}")
    given = namespace or {}
    for word in model.namespace:
        if word not in given:
            raise ModelError(f"'{name}': {model} needs '{word}' in the namespace; {suggest(word, given)}")
    names = {word: given[word] for word in model.namespace}
    try:
        model.check_values(values)
        pieces = [*model.pieces(), *model.value_pieces(values), *extra]
        check(pieces, {**model.words(), **namespace_words(names), **words})
        for table in (each for each in names.values() if isinstance(each, TimedArray)):
            require_table(str(model), table)
        for piece in pieces:
            require_columns(piece, names, indices)
    except ModelError as error:
        raise ModelError(f"'{name}': {error}") from None
    return names


def _sending(model: SynapseModel, source: Any, name: str) -> dict[str, Sending]:
    """Return how each event is sent whose code reads, after a delay, what may have changed at the sender."""
    if model.delay is None or not float(model.delay):
        return {}
    return {
        event: sending(f"'{name}': {model}", code, model.parsed, source, model.delay, f"{name}_pre_{event}")
        for event, code in model.on_pre.items()
        if varying(code, model.parsed, source, "_pre")
    }


def _keep(built: Synapses, event: str, sent: Sending) -> None:
    """Let the senders keep what they send, and the synapses look it up."""
    pathway = getattr(built, f"pre_{event}")
    built.namespace.update({word: look for word, look in sent.words.items() if not word.startswith("_")})
    built.variables.add_reference(f"delay_{pathway.name}", pathway, "delay")
    built.contained_objects.append(Keeper(f"{pathway.name}_kept", built.source, sent, event, pathway.order))


def _suffixed(group: Any, suffix: str) -> dict[str, Any]:
    return {word + suffix: var for word, var in group.variables.items() if not word.startswith("_")}


def _event(name: str, group: Any, event: str) -> str:
    if event not in group.events:
        valid = suggest(event, group.events)
        raise ModelError(f"'{name}': group '{group.name}' has no event '{event}'; {valid}; {remedy(event)}")
    return event


def _check_shapes(
    name: str, model: Model, values: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]
) -> None:
    for word, value in values.items():
        allowed = [()] if "shared" in model.parsed[word].flags else [(), *shapes]
        if not isinstance(value, str) and np.shape(value) not in allowed:
            wanted = " or ".join("one value" if not shape else str(shape) for shape in allowed)
            raise ModelError(f"'{name}': {word} has the shape {np.shape(value)}, expected {wanted}")


def _limit(built: NeuronGroup | Synapses, model: Model, values: Mapping[str, Any]) -> None:
    """Refuse numbers outside the limits of the model, and let a program ask again about those of a run."""
    numbers = {"dt": defaultclock.dt, **model.parameters, **model.initial, **values}

    def require_limits(changed: Mapping[str, Any]) -> None:
        require(f"'{built.name}': {model}", model.conditions, {**numbers, **changed})

    require_limits({})
    built.add_attribute("require_limits")
    built.require_limits = require_limits


def _set(built: NeuronGroup | Synapses, model: Model, values: Mapping[str, Any]) -> None:
    """Set the parameters first, as start values may be expressions of them; note which are misspelt."""
    built.add_attribute("unread")
    known = model.settable - {*model.unread}
    built.unread = {
        name: f"'{built.name}': {model} has the parameter '{name}', which nothing reads; {hint}"
        for name in model.unread
        if (hint := near(name, known))
    }
    for name, value in {**model.parameters, **model.initial, **values}.items():
        setattr(built, name, np.ravel(value) if np.ndim(value) > 1 else value)
