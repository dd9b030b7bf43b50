"""Deliver what was sent: with a delay, a synapse reads its sender as it was at the moment of the spike.

Brian2 reads `x_pre` when a spike *arrives*, and finds what later spikes and decay have made of it. Here each
sender keeps, for as many steps as the longest delay has, what a synapse reads of it; `x_pre` becomes
`x_as_sent(i, t - delay)`, a look-up. With a delay of 0 both are the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Equations, Function, Network, Quantity, Subgroup, get_unit, second
from brian2.core.variables import Subexpression, Variables
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.groups.group import CodeRunner
from brian2.utils.stringtools import get_identifiers

from dendritic_bp.errors import ModelError
from dendritic_bp.limits import DELAY, KEPT, require
from dendritic_bp.steps import steps

# C++ and Cython; a step before the first one is looked up, too, where a delay is longer than the time so far.
_SLOT = "((step % {K} + {K}) % {K})*{N} + cell"
_PUT = (
    """
static inline double {name}(const int cell, const double t, const double value)
{{
    const long long step = (long long)floor(t/{dt!r} + 0.5);
    return _namespace{key}[{slot}] = value;
}}
""",
    """
cdef double {name}(int cell, double t, double value):
    global _namespace{key}
    cdef long long step = <long long>(t/{dt!r} + 0.5)
    _namespace{key}[{slot}] = value
    return value
""",
)
_LOOK = (
    """
static inline double {name}(const int cell, const double t)
{{
    const long long step = (long long)floor(t/{dt!r} + 0.5);
    return _namespace{key}[{slot}];
}}
""",
    """
cdef double {name}(int cell, double t):
    global _namespace{key}
    cdef long long step = <long long>(t/{dt!r} + 0.5)
    return _namespace{key}[{slot}]
""",
)


@dataclass(frozen=True)
class Sending:
    """Hold how one event is sent: code and words of the synapses, and the code by which senders keep it."""

    code: str
    words: Mapping[str, Function]
    keep: str
    longest: float  # s


def varying(code: str, equations: Equations, sender: Any, suffix: str) -> set[str]:
    """Return the variables of the sender, as in x_pre, that the code reads and that may change."""
    code = _expanded(code, equations, suffix)
    return {
        name
        for name in get_identifiers(code)
        if name.endswith(suffix)
        and _changes(sender, name.removesuffix(suffix))
        and len(re.findall(rf"\b{name}\b", code)) > _writes(code, name)
    }


def sending(where: str, code: str, equations: Equations, source: Any, delay: Quantity, tag: str) -> Sending:
    """Return how to deliver after at most `delay`; `tag` is the name of the pathway.

    Raises ModelError where the code changes what it reads of the sender: by then it is another.
    """
    code, senders, first = _expanded(code, equations, "_pre"), *_senders(source)
    words: dict[str, Function] = {}
    keep = []
    for name in sorted(varying(code, equations, source, "_pre")):
        if _writes(code, name):
            problem = f"reads and changes '{name}' after a delay of {delay}"
            raise ModelError(f"{where}: {problem}; do it in two events, or without delay")
        word = name.removesuffix("_pre")
        variable, boolean = source.variables[word], source.variables[word].dtype == np.bool_
        put, look, size = f"_keep_{word}", f"{word}_as_sent", len(senders)
        words |= _functions(f"{tag}_{word}", (put, look), variable.dim, size, senders.clock.dt_, delay)
        keep.append(f"_{word}_kept = {put}(i, t, {f'int({word})' if boolean else word})")
        sent = f"{look}(i + {first}, t - delay_{tag})"
        code = re.sub(rf"\b{name}\b", f"({sent} > 0.5)" if boolean else sent, code)
    return Sending(code, words, "\n".join(keep), float(delay))


class Keeper(CodeRunner):
    """Let each sender keep what it sends, just before a synapse without delay would read it."""

    def __init__(self, name: str, source: Any, sent: Sending, event: str, order: float) -> None:
        senders, _ = _senders(source)
        space = f"_{event}space"
        super().__init__(
            senders,
            "reset",
            code=sent.keep,
            clock=senders.clock,
            when="synapses",
            order=order - 0.5,
            name=name,
            needed_variables=[space],
            template_kwds={"eventspace_variable": senders.variables[space]},
        )
        self.variables = Variables(senders)
        self.arrays: dict[str, int] = {}
        for word in (word for word in sent.words if word.startswith("_keep_")):
            self.variables.add_object(word, sent.words[word])
            arrays = sent.words[word].implementations[CPPStandaloneCodeObject].get_namespace(senders)
            self.arrays |= {key: values.size for key, values in arrays.items()}


def pathways(network: Network) -> list[Any]:
    """Return all pathways of a network, those of plain Brian2 synapses too."""
    return [path for each in network.objects for path in getattr(each, "_pathways", ())]


def longest(path: Any) -> float:
    """Return the longest delay (s) with which a pathway delivers what was sent: 0 if that is not kept."""
    if path.objname in getattr(path.synapses, "longest", {}):
        return path.synapses.longest[path.objname]
    suffix = f"_{path.prepost}"
    return 0.0 if varying(path.code, path.synapses.equations, path.source, suffix) else np.inf


def delay_limits(path: Any) -> Callable[[Mapping[str, Any]], None]:
    """Return what refuses values of `delay` that a pathway cannot have."""
    numbers = {"dt": path.source.clock.dt, "longest": longest(path) * second}
    name = path.name

    def require_delay(changed: Mapping[str, Any]) -> None:
        require(f"'{name}'", {**DELAY, **KEPT}, {**numbers, **changed})

    return require_delay


def kept(network: Network) -> dict[str, int]:
    """Return the arrays of all that is kept, and their sizes: a part of the state of a network."""
    return {
        key: size
        for each in network.sorted_objects
        if isinstance(each, Keeper)
        for key, size in each.arrays.items()
    }


def _senders(source: Any) -> tuple[Any, int]:
    """Return the whole group of the senders, and the place of the first of them."""
    return (source.source, source.start) if isinstance(source, Subgroup) else (source, 0)


def _expanded(code: str, equations: Equations, suffix: str) -> str:
    """Replace the expressions of the synapse that read the cell by what they stand for."""
    for name, equation in equations.items():
        if equation.type == "subexpression" and name in get_identifiers(code):
            text = _expanded(equation.expr.code.replace("\n", " "), equations, suffix)
            if any(word.endswith(suffix) for word in get_identifiers(text)):
                code = re.sub(rf"\b{name}\b", f"({text})", code)
    return code


def _writes(code: str, name: str) -> int:
    """Count how often the code assigns to a name."""
    return len(re.findall(rf"\b{name}\s*(?:[-+*/%]|\*\*|//)?=(?!=)", code))


def _changes(sender: Any, name: str) -> bool:
    variable = sender.variables.get(name)
    if variable is None or name in ("i", "N", "dt"):
        return False
    return isinstance(variable, Subexpression) or not getattr(variable, "constant", False)


def _functions(
    key: str, names: tuple[str, str], dim: Any, n: int, dt: float, delay: Quantity
) -> dict[str, Function]:
    """Return the two words by which a value is kept and looked up, by sender and time."""
    K = int(steps(float(delay), dt)) + 1
    values, unit = np.zeros(K * n), get_unit(dim)

    def keep(cell: Any, t: Any, value: Any) -> Any:
        values[(np.asarray(steps(t, dt)) % K) * n + cell] = value
        return value

    def look(cell: Any, t: Any) -> Any:
        return values[(np.asarray(steps(t, dt)) % K) * n + cell]

    put = Function(keep, arg_units=[1, second, unit], return_unit=unit, stateless=False)
    look_up = Function(look, arg_units=[1, second], return_unit=unit)
    parts = dict(key=f"{key}_kept", dt=dt, slot=_SLOT.format(K=K, N=n))
    cpp, cython = (text.format(name=f"{key}_put", **parts) for text in _PUT)
    _implement(put, keep, dict(cpp=cpp, cython=cython), f"{key}_put", parts, values)
    cpp, cython = (text.format(name=f"{key}_look", **parts) for text in _LOOK)
    _implement(look_up, look, dict(cpp=cpp, cython=cython), f"{key}_look", parts, values)
    return dict(zip(names, (put, look_up), strict=True))


def _implement(
    function: Function,
    numpy_code: Callable[..., Any],
    codes: dict[str, str],
    name: str,
    parts: dict[str, Any],
    values: Any,
) -> None:
    """Add the code for each target; all of them share one array."""
    add = function.implementations.add_dynamic_implementation
    add("numpy", _for_step(parts["dt"], numpy_code))
    for target, code in codes.items():
        add(target, _for_step(parts["dt"], code), namespace=lambda owner: {parts["key"]: values}, name=name)


def _for_step(dt: float, code: Any) -> Callable[[Any], Any]:
    """Return what gives the code to an owner; it refuses another time step than that of the array."""

    def implementation(owner: Any) -> Any:
        if owner.clock.dt_ != dt:
            raise ModelError(
                f"'{owner.name}' was built for a time step of {dt:g} s and runs with {owner.clock.dt_:g} s; "
                "set defaultclock.dt before you build"
            )
        return code

    return implementation
