"""Models are data: equation text and a table of quantities, checked when they are created.

A model knows nothing of networks; `dendritic_bp.build` turns it into plain Brian2 objects. Vary a model with
`dataclasses.replace`, `with_equations` and `with_input`: each gives a new model, which is checked again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from brian2 import Equations, Quantity, StateUpdateMethod, second
from brian2.equations.equations import BOOLEAN, DIFFERENTIAL_EQUATION, INTEGER, PARAMETER
from brian2.units.fundamentalunits import get_dimensions
from brian2.utils.stringtools import get_identifiers

from dendritic_bp.blocks import Block, joined
from dendritic_bp.equations import definitions, parse
from dendritic_bp.errors import ModelError, suggest
from dendritic_bp.kinds import require_kinds
from dendritic_bp.language import Kind, Piece, check, check_number, standard_words, unit_text, variable
from dendritic_bp.limits import DELAY, EXPLICIT, duration, implied, integrable, require
from dendritic_bp.names import require_name

Table = Mapping[str, Any]  # numbers, quantities, arrays, or expressions as text


@dataclass(frozen=True)
class _Model:
    """Hold what neuron and synapse models share.

    Each of `parameters` becomes `name : unit (shared, constant)`; `initial` holds start values, as quantities
    or expressions; `namespace` names what is only given when the model is built, such as a `TimedArray`.
    `limits` are conditions on parameters and `dt`, each with the reason for it. `double` names
    variables that have double precision in every program, as times always have.
    """

    name: str
    equations: str = ""
    _: KW_ONLY
    parameters: Table = field(default_factory=dict)
    initial: Table = field(default_factory=dict)
    namespace: tuple[str, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)
    double: tuple[str, ...] = ()
    unread: tuple[str, ...] = field(default=(), repr=False, compare=False)  # of with_equations, by no text

    def __post_init__(self) -> None:
        require_kinds(str(self), {each.name: getattr(self, each.name) for each in fields(self)})
        for name in (*self.parsed.names, *self.namespace):
            require_name(str(self), name)
        for name in self.double:
            if name not in self.settable:
                raise ModelError(f"{self}, double: no variable '{name}'; {suggest(name, self.settable)}")
        for name in self.parsed.names:
            if name.endswith(("_pre", "_post")):
                raise ModelError(f"{self}: '{name}' ends in _pre or _post, which are Brian2's; rename it")
        if len(noise := sorted(self.parsed.stochastic_variables)) > 1:
            remedy = "the order of their draws is not fixed; use `z = randn() : 1 (constant over dt)`"
            raise ModelError(f"{self}: several noise terms, {', '.join(noise)}: {remedy}")
        self.check_values(self.initial)
        check(self.pieces(), self.words(), self.is_later)
        require(str(self), self.conditions, {**self.parameters, **self.initial})

    def __str__(self) -> str:
        return f"model '{self.name}'"

    @cached_property
    def parsed(self) -> Equations:
        """Return Brian2's equations: those of the text, and a line for each parameter."""
        return parse(str(self), self.equations, self.parameters)

    @property
    def settable(self) -> set[str]:
        """Return the names that take values: state variables, ports and parameters."""
        return {name for name, eq in self.parsed.items() if eq.type in (DIFFERENTIAL_EQUATION, PARAMETER)}

    @property
    def conditions(self) -> Mapping[str, str]:
        """Return all limits: those that are stated, and those that names and units imply."""
        return {**implied(self.parsed), **self.limits}

    def words(self) -> dict[str, Any]:
        """Return what each word of the model's text stands for."""
        noise = {name: variable(name, (second**-0.5).dim) for name in self.parsed.stochastic_variables}
        variables = self.settable - set(self.parameters)
        declared = {
            name: variable(name, eq.dim, eq.var_type, read_only=name not in variables)
            for name, eq in self.parsed.items()
        }
        return standard_words() | noise | declared

    def is_later(self, name: str) -> bool:
        """Tell whether `name` is known only when the model is built."""
        return name in self.namespace

    def pieces(self) -> Iterator[Piece]:
        """Yield every piece of the model's text, with what it must be."""
        for name, eq in self.parsed.items():
            if eq.type == DIFFERENTIAL_EQUATION:
                yield Piece(f"{self}, equation of d{name}/dt", eq.expr.code, "value", (eq.unit / second).dim)
            elif eq.type != PARAMETER:
                kind: Kind = "condition" if eq.var_type == BOOLEAN else "value"
                yield Piece(f"{self}, equation of {name}", eq.expr.code, kind, eq.dim)
        for condition in self.limits:
            yield Piece(f"{self}, limit", condition, "condition")
        yield from self.value_pieces(self.initial)

    def value_pieces(self, values: Table) -> Iterator[Piece]:
        """Yield the values that are given as expressions."""
        for name, value in values.items():
            if isinstance(value, str):
                eq = self.parsed[name]
                yield Piece(f"{self}, value of {name}", value, "value", eq.dim, eq.var_type == INTEGER)

    def check_values(self, values: Table) -> None:
        """Check names, units and finiteness of values for the model's variables."""
        for name, value in values.items():
            if name not in self.settable:
                raise ModelError(f"{self}: no variable '{name}' to set; {suggest(name, self.settable)}")
            if not isinstance(value, str):
                check_number(f"{self}, {name}", value, self.parsed[name].dim, self.parsed[name].var_type)

    def with_equations(self, equations: str = "", **changes: Any) -> Self:
        """Return the model with `equations` added; a name that they define replaces its old definition.

        `parameters`, `initial`, `limits`, `namespace` and `double`, if given, are added to the model's own. A
        parameter that the model lacks, with nearly the name of another, has to be read: `Program` asks.
        """
        new = definitions(equations)
        kept = [text for name, text in definitions(self.equations).items() if name not in new]
        for table in ("parameters", "initial", "limits"):
            old = {name: value for name, value in getattr(self, table).items() if name not in new}
            changes[table] = old | dict(changes.get(table, {}))
        for words in ("namespace", "double"):
            changes[words] = tuple(dict.fromkeys((*getattr(self, words), *changes.get(words, ()))))
        model = replace(self, equations="".join(kept).rstrip() + "\n" + equations, **changes)
        read = {word for piece in model.pieces() for word in get_identifiers(piece.code)}
        added = changes["parameters"].keys() - self.settable
        unread = tuple(sorted({*self.unread, *added} & {*model.parameters} - read))
        return model if unread == model.unread else replace(model, unread=unread)

    def with_input(self, namespace: tuple[str, ...] = (), **inputs: str) -> Self:
        """Return the model with ports or parameters replaced by expressions, in the units declared for them.

        `namespace` names what the expressions use and the model lacks:
        `model.with_input(("images", "I_max"), I_soma="images(t, i)*I_max")`.
        """
        ports = {name: eq for name, eq in self.parsed.items() if eq.type == PARAMETER}
        for name in inputs:
            if name not in ports:
                raise ModelError(f"{self}: no input '{name}'; {suggest(name, ports)}")
        lines = [f"{name} = {text} : {unit_text(ports[name])}" for name, text in inputs.items()]
        return self.with_equations("\n".join(lines), namespace=namespace)


@dataclass(frozen=True)
class NeuronModel(_Model):
    """Hold a neuron model.

    `events` maps an event (besides the spike) to its condition, and `on_event` to what then happens.
    """

    _: KW_ONLY
    threshold: str = ""  # needed
    reset: str = ""
    events: Mapping[str, str] = field(default_factory=dict)
    on_event: Mapping[str, str] = field(default_factory=dict)
    refractory: Quantity | str | bool = False
    method: str = "euler"

    @classmethod
    def of(cls, name: str, *blocks: Block, **own: Any) -> Self:
        """Return a model of blocks (`dendritic_bp.blocks`) and its own fields, which come first and win."""
        known = {each.name for each in fields(cls)} - {"name", "unread"}
        for word in own.keys() - known:
            raise ModelError(f"model '{name}' has no field '{word}'; {suggest(word, known)}")
        return cls(name, **joined(f"model '{name}'", blocks, own))

    def __post_init__(self) -> None:
        super().__post_init__()
        for event in self.events:
            require_name(f"{self}, events", event)
        self._check_refractory()
        if "spike" in self.events:
            raise ModelError(f"{self}: the event 'spike' is given by `threshold`; take it out of `events`")
        for event in self.on_event:
            if event not in self.events:
                raise ModelError(f"{self}, on_event: no event '{event}'; {suggest(event, self.events)}")
        if self.method not in StateUpdateMethod.stateupdaters:
            valid = suggest(self.method, StateUpdateMethod.stateupdaters)
            raise ModelError(f"{self}: no integration method '{self.method}'; {valid}")

    @property
    def conditions(self) -> Mapping[str, str]:
        """Return all limits, those of a refractory period that is text and of the method included."""
        own = duration(self.refractory) if isinstance(self.refractory, str) else {}
        steps = integrable(self.parsed) if self.method in EXPLICIT else {}
        return {**super().conditions, **own, **steps}

    def _check_refractory(self) -> None:
        where = f"{self}, refractory"
        if self.refractory is True:
            raise ModelError(f"{where} = True: give a period such as 2*ms, or text such as 'T_ref'")
        if self.refractory is not False and not isinstance(self.refractory, str):
            check_number(where, self.refractory, second.dim)
            if np.ndim(self.refractory):
                raise ModelError(f"{where} = {self.refractory}: is not one period; declare one for each cell")
            require(str(self), duration("refractory"), {"refractory": self.refractory})

    def words(self) -> dict[str, Any]:
        """Return what each word stands for; the last spike is known to models with a refractory period."""
        if self.refractory is False:
            return super().words()
        return super().words() | {
            "lastspike": variable("lastspike", second.dim, read_only=True),
            "not_refractory": variable("not_refractory", get_dimensions(1), BOOLEAN, read_only=True),
        }

    def pieces(self) -> Iterator[Piece]:
        """Yield every piece of the model's text, with what it must be."""
        yield from super().pieces()
        yield Piece(f"{self}, threshold", self.threshold, "condition")
        yield Piece(f"{self}, reset", self.reset, "statements")
        for event, condition in self.events.items():
            yield Piece(f"{self}, event '{event}'", condition, "condition")
        for event, code in self.on_event.items():
            yield Piece(f"{self}, on_event '{event}'", code, "statements")
        if isinstance(self.refractory, str):
            yield Piece(f"{self}, refractory", self.refractory, "value", second.dim)


@dataclass(frozen=True)
class SynapseModel(_Model):
    """Hold a synapse model, plastic or not.

    `on_pre` and `on_post` map an event of the presynaptic or postsynaptic cell ("spike", "event", "burst") to
    what then happens. Names ending in _pre or _post are variables of the two cells. `on_pre` has the `delay`.
    Within a time step, models of a lower `order` act first.
    """

    _: KW_ONLY
    on_pre: Mapping[str, str] = field(default_factory=dict)
    on_post: Mapping[str, str] = field(default_factory=dict)
    delay: Quantity | None = None
    order: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delay is not None:
            check_number(f"{self}, delay", self.delay, second.dim)
            if np.ndim(self.delay):
                raise ModelError(f"{self}, delay = {self.delay}: is not one delay: set them later")
            require(str(self), DELAY, {"delay": self.delay})

    def words(self) -> dict[str, Any]:
        """Return what each word stands for; `j` is the index of the postsynaptic cell."""
        return super().words() | {"j": variable("j", get_dimensions(1), read_only=True)}

    def is_later(self, name: str) -> bool:
        """Tell whether `name` is known only when the model is built between two groups."""
        return super().is_later(name) or name.endswith(("_pre", "_post"))

    def pieces(self) -> Iterator[Piece]:
        """Yield every piece of the model's text, with what it must be."""
        yield from super().pieces()
        for side in ("pre", "post"):
            for event, code in getattr(self, f"on_{side}").items():
                yield Piece(f"{self}, on_{side} '{event}'", code, "statements")
