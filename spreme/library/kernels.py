"""Compiled readers of a term table: its terms and a sparse right-hand side at one state.

    theta[k] = prod_s x[s]**powers[k, s] * value of code start[k] .. start[k + 1] - 1
    out[s]   = sum over m with state_index[m] == s of coef[m] * theta[term_index[m]]

Overflow gives inf and undefined values nan, as in NumPy; nothing raises.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library.program import (
    ADD,
    CONSTANT,
    FIRST_FUNCTION,
    INTEGER_POWER,
    MULTIPLY,
    REAL_POWER,
    STATE,
    TermProgram,
)

__all__ = ["TermProgram", "evaluate_terms", "right_hand_side"]


@njit(cache=True, nogil=True, error_model="numpy")
def integer_power(base: float, exponent: int) -> float:
    """Power by repeated squaring."""
    remaining = abs(exponent)
    square = base
    result = 1.0
    while remaining > 0:
        if remaining & 1:
            result *= square
        remaining >>= 1
        if remaining > 0:
            square *= square
    return 1.0 / result if exponent < 0 else result


@njit(cache=True, nogil=True, error_model="numpy")
def apply_function(function: int, value: float) -> float:
    """Value of a function by its position in FUNCTIONS."""
    if function == 0:
        return np.sin(value)
    if function == 1:
        return np.cos(value)
    if function == 2:
        return np.tan(value)
    if function == 3:
        return np.exp(value)
    if function == 4:
        return np.log(value)
    if function == 5:
        return np.sqrt(value)
    if function == 6:
        return np.tanh(value)
    if function == 7:
        return np.sinh(value)
    if function == 8:
        return np.cosh(value)
    return abs(value)


@njit(cache=True, nogil=True, error_model="numpy")
def _run(
    x: NDArray[np.float64],
    code: NDArray[np.int64],
    arg: NDArray[np.float64],
    first: int,
    last: int,
    stack: NDArray[np.float64],
) -> float:
    """Run the postfix code first .. last - 1 and return the top of the stack."""
    top = -1
    for i in range(first, last):
        operation = code[i]
        if operation == CONSTANT:
            top += 1
            stack[top] = arg[i]
        elif operation == STATE:
            top += 1
            stack[top] = x[int(arg[i])]
        elif operation == ADD:
            top -= 1
            stack[top] += stack[top + 1]
        elif operation == MULTIPLY:
            top -= 1
            stack[top] *= stack[top + 1]
        elif operation == INTEGER_POWER:
            stack[top] = integer_power(stack[top], int(arg[i]))
        elif operation == REAL_POWER:
            stack[top] = stack[top] ** arg[i]
        else:
            stack[top] = apply_function(operation - FIRST_FUNCTION, stack[top])
    return stack[0]


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_terms(
    x: NDArray[np.float64],
    powers: NDArray[np.int64],
    start: NDArray[np.int64],
    code: NDArray[np.int64],
    arg: NDArray[np.float64],
    stack: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Evaluate all terms of a program at one state.

    Parameters
    ----------
    x : ndarray, shape (S,)
        State.
    powers, start, code, arg : ndarray
        Fields of a `TermProgram`.
    stack : ndarray, shape (depth,)
        Working memory.
    out : ndarray, shape (K,)
        Overwritten by the values of the terms.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> program = PolynomialLibrary(degree=2).table(["x", "y"]).program()
    >>> stack, theta = np.empty(program.depth), np.empty(6)
    >>> evaluate_terms(np.array([2.0, 3.0]), *program[:4], stack, theta)
    >>> theta
    array([1., 2., 3., 4., 6., 9.])
    """
    for k in range(powers.shape[0]):
        value = 1.0
        for s in range(powers.shape[1]):
            exponent = powers[k, s]
            if exponent == 1:
                value *= x[s]
            elif exponent == 2:
                value *= x[s] * x[s]
            elif exponent != 0:
                value *= integer_power(x[s], exponent)
        if start[k] < start[k + 1]:
            value *= _run(x, code, arg, start[k], start[k + 1], stack)
        out[k] = value


@njit(cache=True, nogil=True, error_model="numpy")
def right_hand_side(
    x: NDArray[np.float64],
    coef: NDArray[np.float64],
    state_index: NDArray[np.int64],
    term_index: NDArray[np.int64],
    powers: NDArray[np.int64],
    start: NDArray[np.int64],
    code: NDArray[np.int64],
    arg: NDArray[np.float64],
    stack: NDArray[np.float64],
    theta: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Evaluate a sparse right-hand side at one state.

    All terms of the program are evaluated: pass the program of `TermTable.subset` of the terms in use.

    Parameters
    ----------
    x : ndarray, shape (S,)
        State.
    coef : ndarray, shape (M,)
        Coefficients inside the mask.
    state_index, term_index : ndarray of int64, shape (M,)
        Equation and term of each coefficient.
    powers, start, code, arg : ndarray
        Fields of a `TermProgram`.
    stack, theta : ndarray, shapes (depth,) and (K,)
        Working memory; theta holds the terms afterwards.
    out : ndarray, shape (S,)
        Overwritten by the time derivatives of the states.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> program = PolynomialLibrary(degree=2).table(["x", "y"]).program()
    >>> stack, theta = np.empty(program.depth), np.empty(6)
    >>> out, coef, state, term = np.empty(2), np.array([1.0, -0.5]), np.array([0, 0]), np.array([1, 4])
    >>> right_hand_side(np.array([2.0, 3.0]), coef, state, term, *program[:4], stack, theta, out)
    >>> out
    array([-1.,  0.])
    """
    evaluate_terms(x, powers, start, code, arg, stack, theta)
    for s in range(out.shape[0]):
        out[s] = 0.0
    for m in range(coef.shape[0]):
        out[state_index[m]] += coef[m] * theta[term_index[m]]
