"""The C++ of programs where it differs from Brian2's: templates in `templates/`, functions without branches.

Brian2 derives the code of a target from templates and function implementations, which a target of one's own
may replace: `Vectorised` is Brian2's C++ standalone target with those of this package. GCC vectorises a loop
over cells only if nothing in it branches.
"""

import re
from copy import copy
from pathlib import Path

from brian2 import DEFAULT_FUNCTIONS
from brian2.codegen.statements import Statement
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device

from dendritic_bp.fan_out import CellByCell
from dendritic_bp.precision import Narrow

# exp(x) - 1 loses digits near 0: there, the series to x**10/11!, which is exact to 1e-15 below 0.25.
EXPREL = """
static inline double _exprel(double x)
{
    const double y = (exp(x) - 1)/x;
    const double t = 1 + x/6*(1 + x/7*(1 + x/8*(1 + x/9*(1 + x/10*(1 + x/11)))));
    const double s = 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*t)));
    return fabs(x) < 0.25 ? s : y;
}
"""
CLIP = """
template <typename T, typename L, typename U>
static inline T _clip(const T value, const L a_min, const U a_max)
{
    const T above = value < a_min ? T(a_min) : value;
    return above > a_max ? T(a_max) : above;
}
"""


class WithoutBranches(Narrow, CellByCell):
    """Write the conditions of events as arithmetic of truth values, which are 0 or 1.

    Brian2 distinguishes cases, and C++ leaves out what no longer matters: either is a branch.
    """

    def translate_statement(self, statement: Statement) -> str:
        """Return the C++ of a statement."""
        if self.template_name != "events":
            return str(super().translate_statement(statement))
        statement = copy(statement)  # Brian2 keeps the other for programs to come
        statement.used_boolean_variables = None
        return str(super().translate_statement(statement)).replace("&&", "&").replace("||", "|")


class Vectorised(CPPStandaloneCodeObject):
    """Hold a code object of Brian2's C++ standalone target, made with the templates of this package."""

    class_name = "vectorised_cpp_standalone"
    generator_class = WithoutBranches
    templater = CPPStandaloneCodeObject.templater.derive("dendritic_bp")


for name, code in (("exprel", EXPREL), ("clip", CLIP)):
    DEFAULT_FUNCTIONS[name].implementations.add_implementation(Vectorised, code=code, name=f"_{name}")


def compiles_here() -> bool:
    """Tell whether objects are now made for a `Program`, and not for plain Brian2."""
    return get_device().code_object_class() is Vectorised


# Brian2's loop over steps reads the clock in each of them, for the sake of one number after the last: 0.5 us.
CLOCK = re.compile(
    r"(\n +current = std::clock\(\);\n +elapsed_realtime = .*;)(\s*\}\n)"
    r"(?= +Network::_globally_running = false)"
)


def read_clock_once(network: Path) -> None:
    """Move the reading of the clock behind the loop over steps."""
    network.write_text(CLOCK.sub(r"\2\1", network.read_text()))
