"""Search the cells of a compiled group once for all events: spikes, and what else its model defines."""

from __future__ import annotations

from typing import Any

from brian2 import DEFAULT_FUNCTIONS, Function, NeuronGroup
from brian2.codegen.translation import get_identifiers_recursively
from brian2.core.variables import Variables
from brian2.groups.group import CodeRunner

from dendritic_bp.codegen import Vectorised, compiles_here

MOST = 8  # events: one bit each in the word of a cell


class EventSearch(CodeRunner):
    """Find what happens in each cell in one vectorised loop, then collect the cells in which something does.

    It stands in for one `Thresholder` of Brian2 for each event, and fills the same event spaces.
    """

    def __init__(self, group: NeuronGroup) -> None:
        spaces = {event: group.variables[f"_{event}space"] for event in group.events}
        CodeRunner.__init__(
            self,
            group,
            "events",
            code="",
            clock=group.clock,
            when="thresholds",
            order=group.order,
            name=f"{group.name}_event_search",
            needed_variables=[f"_{event}space" for event in group.events],
            template_kwds={"spaces": spaces},
            codeobj_class=Vectorised,
        )
        self.variables = Variables(self)
        for event in group.events:
            self.variables.add_auxiliary_variable(f"_is_{event}", dtype=bool)

    def update_abstract_code(self, run_namespace: Any) -> None:
        """Write all conditions; Brian2 computes once what they share."""
        lines = (f"_is_{event} = {condition}" for event, condition in self.group.events.items())
        self.abstract_code = self.user_code = "\n".join(lines)


def search_once(group: NeuronGroup) -> None:
    """Let a compiled group look for all of its events in one pass, unless they draw numbers or the cells are
    refractory.

    The other events are then found when spikes are ("thresholds"), and not after them.
    """
    if not compiles_here() or group._refractory is not False or len(group.events) > MOST or _draws(group):
        return
    search, parts = EventSearch(group), list(group.thresholder.values())
    _replace(group, parts, [search])
    schedule = group.set_event_schedule

    def set_event_schedule(*args: Any, **kwargs: Any) -> None:
        """Search for each event by itself, as one of them has a schedule of its own."""
        if search in group.contained_objects:
            _replace(group, [search], parts)
        schedule(*args, **kwargs)

    group.set_event_schedule = set_event_schedule


def _replace(group: NeuronGroup, old: list[Any], new: list[Any]) -> None:
    for each in old:
        group.contained_objects.remove(each)
    group.contained_objects.extend(new)


def _draws(group: NeuronGroup) -> bool:
    """Tell whether a condition draws random numbers, whose order must stay."""
    read = get_identifiers_recursively(list(group.events.values()), group.variables)
    functions = (group.namespace.get(name, DEFAULT_FUNCTIONS.get(name)) for name in read)
    return any(isinstance(each, Function) and not each.stateless for each in functions)
