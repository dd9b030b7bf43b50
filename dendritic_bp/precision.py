"""Single precision for what can have it: numbers of 4 bytes, twice as many in a vector and in a cache.

Times stay in double precision, as 0.1 ms are lost beside an hour: every variable in seconds that may change,
and what a model names in `double`. What is computed from them is computed in double precision too, and all
other statements in single precision from their first number to their last: one number in double precision,
such as `dt` or 0.5, would make the others wide again.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import Any

import numpy as np
from brian2 import DimensionMismatchError, SpatialNeuron, prefs, second
from brian2.codegen.statements import Statement
from brian2.core.variables import Constant, Variable
from brian2.equations.equations import FLOAT
from brian2.groups import group, neurongroup
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.synapses import synapses
from brian2.units.fundamentalunits import Dimension
from brian2.utils.stringtools import get_identifiers

from dendritic_bp.errors import UserError, suggest

PRECISIONS = dict(double=np.float64, single=np.float32)
NUMBER = re.compile(r"(?<![\w.])(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?(?![\w.])")  # not of whole ones


def require_precision(precision: str) -> None:
    """Raise UserError unless there is such a precision."""
    if precision not in PRECISIONS:
        raise UserError(f"precision={precision!r}: {suggest(str(precision), PRECISIONS)}")


@contextmanager
def precision_of(precision: str) -> Iterator[None]:
    """Let variables that are created in the block have a precision; times are in double precision."""
    before = prefs.core.default_float_dtype
    with ExitStack() as stack:
        for module in (neurongroup, synapses):
            stack.callback(setattr, module, "get_dtype", module.get_dtype)
            module.get_dtype = _dtype
        stack.callback(setattr, prefs.core, "default_float_dtype", before)
        prefs.core.default_float_dtype = PRECISIONS[precision]
        yield


def _dtype(equation: Any, dtype: Any = None) -> Any:
    """Return the type of a variable; Brian2 asks this of each."""
    if equation.var_type == FLOAT and equation.dim is second.dim and "constant" not in equation.flags:
        return np.float64
    return group.get_dtype(equation, dtype)


def require_narrow(objects: Iterable[Any], precision: str) -> None:
    """Refuse what has double precision only."""
    for each in objects:
        if precision == "single" and isinstance(each, SpatialNeuron):
            raise UserError(
                f"'{each.name}' is a cable, which Brian2 solves in double precision: "
                "leave out precision='single'."
            )


def _dim(expr: str, known: dict[str, Any]) -> Dimension:
    """Return the dimension of an expression; that of a time, if Brian2 has made a bare 0 of a part of it."""
    try:
        return parse_expression_dimensions(expr, known)
    except DimensionMismatchError:
        return second.dim


class Narrow:
    """Keep double precision out of the statements of a code object whose result is in single precision.

    What reads a variable in double precision is computed in it; the result stays in it if it is a time, or if
    what it reads is no time.
    """

    variables: dict[str, Any]

    def translate_statement_sequence(self, scalar: Any, vector: Any) -> Any:
        """Return the code, and what else the template is given."""
        self._narrow = False
        self._declared: dict[str, Variable] = {}  # what the statements themselves define
        return super().translate_statement_sequence(scalar, vector)  # type: ignore[misc]

    def translate_statement(self, statement: Statement) -> str:
        """Return the C++ of a statement, which Brian2 keeps for other programs as it is."""
        statement = copy(statement)
        read = {name for name in get_identifiers(statement.expr) if self._is_double(name)}
        self._narrow = statement.dtype == np.float32 and not read
        if statement.dtype == np.float32 and statement.op == ":=":
            known = {**self.variables, **self._declared}
            dim = _dim(statement.expr, known)
            if read and (dim is second.dim or any(known[name].dim is not second.dim for name in read)):
                statement.dtype = np.float64
            self._declared[statement.var] = Variable(statement.var, dim, dtype=statement.dtype)
        elif statement.dtype != np.float64 and statement.op == ":=":  # true or false, or a whole number
            self._declared[statement.var] = Variable(statement.var, dtype=statement.dtype)
        code = str(super().translate_statement(statement))  # type: ignore[misc]
        self._narrow = False
        return code

    def translate_expression(self, expr: str) -> str:
        """Return the C++ of an expression."""
        code = str(super().translate_expression(expr))  # type: ignore[misc]
        if self._narrow:
            code = NUMBER.sub(r"\g<0>f", code)
            for name in filter(self._is_constant, sorted(get_identifiers(expr))):
                code = re.sub(rf"\b{name}\b", f"float({name})", code)
        return code

    def _is_double(self, name: str) -> bool:
        variable = self._declared.get(name, self.variables.get(name))
        return isinstance(variable, Variable) and variable.dtype == np.float64 and not self._is_constant(name)

    def _is_constant(self, name: str) -> bool:
        return name == "dt" or isinstance(self.variables.get(name), Constant)
