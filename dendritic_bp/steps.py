"""Whole time steps: the one place where a time becomes a number of steps, in Python and in models.

Times are sums of steps and carry rounding errors, so that `t - t_0 > T` is right or wrong by chance where T
is a multiple of the step, and `- dt/2` only moves the chance to where T is half a step longer. Here a
duration is the nearest whole number of steps, half a step counts as one, and all that lasts T lasts as many:

    free = int(steps(t - t_spike, dt) >= steps(T_ref, dt)) : 1

Brian2 learns the word `steps`, so that all its code can use it.
"""

from typing import Any

import numpy as np
from brian2 import DEFAULT_FUNCTIONS, Function, second

HALF = 0.5 + 1e-6  # a margin for rounding: half a step, however it is rounded, is rounded up


def steps(time: Any, dt: float) -> Any:
    """Return the whole number of steps of `dt` that is nearest to a time, both in seconds."""
    return np.floor(np.asarray(time) / dt + HALF).astype(np.int64)


STEPS = Function(lambda time, dt: np.floor(time / dt + HALF), arg_units=[second, second], return_unit=1)
STEPS.implementations.add_implementation("numpy", lambda time, dt: np.floor(time / dt + HALF))
STEPS.implementations.add_implementation(
    "cpp",
    f"static inline double _steps(const double x, const double dt) {{return floor(x/dt + {HALF!r});}}",
    name="_steps",
)
STEPS.implementations.add_implementation(
    "cython",
    f"""
from libc.math cimport floor as _floor
cdef double _steps(double time, double dt):
    return _floor(time/dt + {HALF!r})
""",
    name="_steps",
)
DEFAULT_FUNCTIONS["steps"] = STEPS
