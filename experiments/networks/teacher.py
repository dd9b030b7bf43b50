"""The teacher: it compares the mean event rate of each class with its target, and sends the difference."""

from typing import Any

import numpy as np
from brian2 import Hz, NeuronGroup, Synapses, TimedArray, linked_var, ms

TEACHER = """
dr/dt = -updating*r/tau_r : Hz                        # event rate, averaged over the cells of the class
updating = 1 - hold*teaching(t) : 1 (constant over dt)    # hold = 1: keeps to the rate before teaching
current = gain*teaching(t)*(target - r) : amp (constant over dt)
target = r_low + (r_high - r_low)*wanted : Hz
tau_r : second (shared, constant)
gain : amp*second (shared, constant)
hold : 1 (shared, constant)
r_low : Hz (shared, constant)
r_high : Hz (shared, constant)
"""
START = dict(tau_r=50 * ms, hold=0, r_low=4 * Hz, r_high=30 * Hz)  # chosen here
BY_CLASS = "int(abs(label(t) - i) < 0.5)"


def teacher(
    output: NeuronGroup, classes: int, tables: dict[str, TimedArray], wanted: str = BY_CLASS, **values: Any
) -> tuple[NeuronGroup, Synapses]:
    """Teach the output, equal parts of which stand for the classes, by a current into its apical dendrites.

    `wanted` says from 0 to 1 where, between `r_low` and `r_high`, the target of class i is.
    """
    voters = output.N // classes
    equations = f"{TEACHER}\nwanted = {wanted} : 1"
    group = NeuronGroup(classes, equations, method="euler", name="teacher", namespace=tables)
    for name, value in (START | values).items():
        setattr(group, name, value)
    watch = Synapses(
        output,
        group,
        on_pre={"pre_event": f"r_post += updating_post/({voters}*tau_r_post)"},
        on_event={"pre_event": "event"},
        name="watch",
    )
    watch.connect(j=f"i//{voters}")
    output.I_teacher = linked_var(group, "current", index=np.repeat(np.arange(classes), voters))
    return group, watch
