"""Turn a protocol into C++ sources: with `control`, the only module that knows Brian2's standalone device."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brian2 import Equations, Network, second
from brian2.codegen import translation
from brian2.codegen.generators import base
from brian2.codegen.translation import make_statements
from brian2.core.tracking import InstanceFollower, InstanceTrackerSet
from brian2.core.variables import Subexpression
from brian2.devices.device import all_devices, get_device, reset_device, set_device
from brian2.utils.caching import cached
from brian2.utils.stringtools import get_identifiers

from dendritic_bp import control, delivery, variables
from dendritic_bp.arrays import exchange
from dendritic_bp.codegen import Vectorised, read_clock_once
from dendritic_bp.errors import UserError
from dendritic_bp.lookups import require_table
from dendritic_bp.placing import place
from dendritic_bp.plain import rate_limits
from dendritic_bp.precision import precision_of, require_narrow
from dendritic_bp.protocol import built
from dendritic_bp.scratch import writing
from dendritic_bp.tables import Table, require_all_read
from dendritic_bp.toolchain import ELSEWHERE
from dendritic_bp.variables import Recorded, Settable, Stored


@dataclass(frozen=True)
class Trace:
    """What is known of a protocol once its sources are written; the duration is in seconds."""

    stored: dict[str, Stored]
    settable: dict[str, Settable]
    limits: dict[str, Callable[[dict[str, Any]], None]]  # by object: refuses values outside its limits
    tables: dict[str, Table]
    recorded: dict[str, Recorded]  # by monitor of events
    duration: float


def trace(
    protocol: Callable[[], Network], name: str, folder: Path, precision: str = "double", threads: int = 1
) -> Trace:
    """Call the protocol under the standalone device and write its sources into the folder."""
    with _standalone_device() as device, precision_of(precision), quick_code():
        network = built(protocol, device, name)
        require_narrow(network.objects, precision)
        variables.tell_delays_apart(network.objects)
        named = variables.named(device)
        kept = variables.kept(named)
        stored = variables.stored(kept)
        settable = variables.settable(device, named, network.objects)
        for table in device.timed_arrays:
            require_table(f"program '{name}'", table)
        limits = {
            each.name: each.require_limits for each in network.objects if hasattr(each, "require_limits")
        }
        limits |= rate_limits(network)
        limits |= {path.name: delivery.delay_limits(path) for path in delivery.pathways(network)}
        tables = control.insert(device, network, named, settable, threads)
        require_all_read(tables, min((clock.dt_ for clock in device.clocks), default=0.0), name)
        with writing(folder, ELSEWHERE):
            device.build(directory=str(folder), compile=False, run=False)
            _compare_clocks_relatively(folder / "network.cpp")
            read_clock_once(folder / "network.cpp")
            place(folder / "objects.cpp")
            taken = {name: each for name, each in named.items() if name in settable}
            exchange(folder / "objects.cpp", device, taken, kept)
        _freeze(device, name)
        recorded = variables.recorded(network.objects)
        return Trace(stored, settable, limits, tables, recorded, float(network.t / second))


@contextmanager
def _standalone_device() -> Iterator[Any]:
    """Activate a clean standalone device in which names and noise terms come out as in a fresh process."""
    device, runtime = all_devices["cpp_standalone"], get_device()
    if runtime is device:
        raise UserError("Program chooses the device itself: remove set_device('cpp_standalone').")
    dt = runtime.defaultclock.dt
    noise = property(_sorted(Equations.stochastic_variables.fget))
    names: dict = defaultdict(InstanceTrackerSet)
    with (
        _replaced(InstanceFollower, "instance_sets", names),
        _replaced(Equations, "stochastic_variables", noise),
        _replaced(type(device), "code_object_class", _code_object_class),
    ):
        device.reinit()
        set_device(device, build_on_run=False)
        device.run_args_applied = True  # `control` puts the values in, at better places
        try:
            yield device
        finally:
            device.reinit()
            reset_device()
            runtime.defaultclock.dt = dt


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute for the duration of the block."""
    before = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _code_object_class(device: Any, given: Any = None, fallback_pref: str | None = None) -> Any:
    """Return the class that an object asks for, else that of this package."""
    return given or Vectorised


@contextmanager
def quick_code() -> Iterator[None]:
    """Let Brian2 write the same code in less time.

    It looks for garbage at each run(), which now is among new objects alone.
    """
    with ExitStack() as stack:
        for module in (translation, base):
            stack.enter_context(_replaced(module, "make_statements", _statements))
        if not gc.get_freeze_count():
            gc.freeze()
            stack.callback(gc.unfreeze)
        yield


def _statements(code: str, variables: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Take code apart as Brian2 does, knowing no more variables than it needs.

    Brian2 keeps the answer for all variables that are given, in any order, and to look at each of them took
    most of the time in which the sources of a program are written.
    """
    needed, rest = set[str](), get_identifiers(code)
    while rest:
        needed |= rest
        found = (variables[name] for name in rest if isinstance(variables.get(name), Subexpression))
        rest = {name for each in found for name in each.identifiers} - needed
    known = tuple((name, variable) for name, variable in variables.items() if name in needed)
    return _kept_statements(code, known, *args, **kwargs)


@cached
def _kept_statements(code: str, known: tuple[tuple[str, Any], ...], *args: Any, **kwargs: Any) -> Any:
    """Take code apart, and keep the answer for variables in this order, which is that of the statements."""
    return make_statements.__wrapped__(code, dict(known), *args, **kwargs)


class _Sorted(set):
    """A set that is walked through in sorted order, whatever PYTHONHASHSEED."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(set.__iter__(self)))


def _sorted(getter: Callable[[Any], set[str]]) -> Callable[[Any], set[str]]:
    """Fix the order in which several noise terms (xi_s, xi_d) of one group are drawn."""
    return lambda equations: _Sorted(getter(equations))


class _Compiled:
    """The device of objects that are compiled: their values can be neither read nor assigned."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise UserError(
            f"This object was compiled into program '{self._name}': give values to run(values={{...}}) "
            "and read results from the run, as in run['group.variable']."
        )


def _compare_clocks_relatively(network: Path) -> None:
    """Let clocks of different dt step together after 64 s too, where rounding exceeds Brian2's 1e-14 s."""
    relative = "#define Clock_epsilon (1e-14 * (t > 1 ? t : 1))"
    network.write_text(network.read_text().replace("#define Clock_epsilon 1e-14", relative))


def _freeze(device: Any, name: str) -> None:
    """Refuse any later access to the values of the compiled objects."""
    for variable in device.arrays:
        variable.device = _Compiled(name)
