"""Stack programs: the form of a term table that compiled code reads.

Term k is prod_s x[s]**powers[k, s], times the value of the postfix code start[k] .. start[k + 1] - 1 if there is any.
The operations are a closed list, each a function of one or two values, so derivatives can run over the same program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.library.expressions import FUNCTIONS, Call, Expression, Number, Power, Product, Sum, Symbol

# operation codes; a function has code FIRST_FUNCTION + its position in FUNCTIONS
CONSTANT = 0  # push arg
STATE = 1  # push x[int(arg)]
ADD = 2
MULTIPLY = 3
INTEGER_POWER = 4  # top to the power int(arg)
REAL_POWER = 5  # top to the power arg
FIRST_FUNCTION = 6


class TermProgram(NamedTuple):
    """Flat arrays of a term table, ready for `spreme.library.kernels`.

    Parameters
    ----------
    powers : ndarray of int64, shape (K, S)
        Exponents of the states in each term.
    start : ndarray of int64, shape (K + 1,)
        Where the code of each term's other factor starts; an empty range means there is none.
    code : ndarray of int64, shape (L,)
        Operation codes in postfix order.
    arg : ndarray of float64, shape (L,)
        Argument of each operation: a constant, a state's position or an exponent.
    depth : int
        Length of the stack that the code needs (at least 1).

    Examples
    --------
    >>> from spreme.library import CustomLibrary
    >>> CustomLibrary(["x*sin(x)"]).table(["x"]).program().powers
    array([[1]])
    """

    powers: NDArray[np.int64]
    start: NDArray[np.int64]
    code: NDArray[np.int64]
    arg: NDArray[np.float64]
    depth: int


def compile_program(
    powers: NDArray[np.int64], factors: Sequence[Expression | None], state_names: Sequence[str]
) -> TermProgram:
    """Write the factors of all terms as one postfix program."""
    position = {name: s for s, name in enumerate(state_names)}
    operations: list[tuple[int, float]] = []
    start, depth = [0], 1
    for factor in factors:
        if factor is not None:
            depth = max(depth, _emit(factor, position, operations))
        start.append(len(operations))
    code = np.array([operation for operation, _ in operations], dtype=np.int64)
    arg = np.array([argument for _, argument in operations], dtype=np.float64)
    return TermProgram(powers, np.array(start, dtype=np.int64), code, arg, depth)


def _emit(item: Expression, position: dict[str, int], operations: list[tuple[int, float]]) -> int:
    """Append the code of one expression and return the stack depth it needs."""
    match item:
        case Number(value):
            operations.append((CONSTANT, value))
        case Symbol(name):
            operations.append((STATE, float(position[name])))
        case Power(base, exponent):
            depth = _emit(base, position, operations)
            if exponent == 0.5:
                operations.append((FIRST_FUNCTION + FUNCTIONS.index("sqrt"), 0.0))
            else:
                operations.append((INTEGER_POWER if exponent.is_integer() else REAL_POWER, exponent))
            return depth
        case Call(function, argument):
            depth = _emit(argument, position, operations)
            operations.append((FIRST_FUNCTION + FUNCTIONS.index(function), 0.0))
            return depth
        case Sum(items) | Product(items):
            depth = _emit(items[0], position, operations)
            for part in items[1:]:
                depth = max(depth, 1 + _emit(part, position, operations))
                operations.append((ADD if isinstance(item, Sum) else MULTIPLY, 0.0))
            return depth
    return 1
