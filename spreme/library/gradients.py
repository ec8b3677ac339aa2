"""Compiled terms together with their derivatives by the states: forward differentiation of the stack program.

    theta[k]     = prod_s x[s]**powers[k, s] * value of code start[k] .. start[k + 1] - 1
    dtheta[k, s] = d theta[k] / d x[s]

Every entry of the stack carries its gradient along. As in `spreme.library.kernels`, overflow gives inf and undefined
values nan; nothing raises. The derivative of abs at 0 is taken as 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library.kernels import apply_function, integer_power
from spreme.library.program import ADD, CONSTANT, FIRST_FUNCTION, INTEGER_POWER, MULTIPLY, REAL_POWER, STATE

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")
def slope_of(function: int, argument: float, value: float) -> float:
    """Derivative of a function by its position in FUNCTIONS, at an argument where it has the given value."""
    if function == 0:
        return np.cos(argument)
    if function == 1:
        return -np.sin(argument)
    if function == 2:
        return 1.0 + value * value
    if function == 3:
        return value
    if function == 4:
        return 1.0 / argument
    if function == 5:
        return 0.5 / value
    if function == 6:
        return 1.0 - value * value
    if function == 7:
        return np.cosh(argument)
    if function == 8:
        return np.sinh(argument)
    return np.sign(argument)


@njit(cache=True, nogil=True, error_model="numpy")
def run_with_slopes(x: Array, code: Indices, arg: Array, first: int, last: int, stack: Array, slopes: Array) -> float:
    """Run the postfix code first .. last - 1; returns the top of the stack and leaves its gradient in slopes[0]."""
    top, n = -1, x.shape[0]
    for i in range(first, last):
        operation = code[i]
        if operation in (CONSTANT, STATE):
            top += 1
            for s in range(n):
                slopes[top, s] = 0.0
            if operation == CONSTANT:
                stack[top] = arg[i]
            else:
                stack[top] = x[int(arg[i])]
                slopes[top, int(arg[i])] = 1.0
            continue
        below, value = top - 1, stack[top]
        if operation == ADD:
            stack[below] += value
            for s in range(n):
                slopes[below, s] += slopes[top, s]
            top = below
        elif operation == MULTIPLY:
            for s in range(n):
                slopes[below, s] = slopes[below, s] * value + stack[below] * slopes[top, s]
            stack[below] *= value
            top = below
        else:
            if operation == INTEGER_POWER:
                stack[top] = integer_power(value, int(arg[i]))
                slope = arg[i] * integer_power(value, int(arg[i]) - 1)
            elif operation == REAL_POWER:
                stack[top] = value ** arg[i]
                slope = arg[i] * value ** (arg[i] - 1.0)
            else:
                stack[top] = apply_function(operation - FIRST_FUNCTION, value)
                slope = slope_of(operation - FIRST_FUNCTION, value, stack[top])
            for s in range(n):
                slopes[top, s] *= slope
    return stack[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _monomial(x: Array, powers: Indices, skipped: int) -> float:
    """Product of powers of the states; state `skipped` (-1: none) is differentiated."""
    value = 1.0
    for s in range(powers.shape[0]):
        exponent = powers[s]
        if s == skipped:
            value *= exponent
            exponent -= 1
        if exponent == 1:
            value *= x[s]
        elif exponent == 2:
            value *= x[s] * x[s]
        elif exponent != 0:
            value *= integer_power(x[s], exponent)
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_gradients(
    x: Array,
    powers: Indices,
    start: Indices,
    code: Indices,
    arg: Array,
    stack: Array,
    slopes: Array,
    theta: Array,
    dtheta: Array,
) -> None:
    """Evaluate all terms of a program and their derivatives at one state.

    Parameters
    ----------
    x : ndarray, shape (S,)
        State.
    powers, start, code, arg : ndarray
        Fields of a `TermProgram`.
    stack, slopes : ndarray, shapes (depth,) and (depth, S)
        Working memory.
    theta : ndarray, shape (K,)
        Overwritten by the values of the terms.
    dtheta : ndarray, shape (K, S)
        Overwritten by their derivatives.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> program = PolynomialLibrary(degree=2).table(["x", "y"]).program()
    >>> work, theta, dtheta = (np.empty(program.depth), np.empty((program.depth, 2))), np.empty(6), np.empty((6, 2))
    >>> evaluate_gradients(np.array([2.0, 3.0]), *program[:4], *work, theta, dtheta)
    >>> dtheta[4]
    array([3., 2.])
    """
    n = x.shape[0]
    for k in range(powers.shape[0]):
        product = _monomial(x, powers[k], -1)
        has_factor = start[k] < start[k + 1]
        factor = run_with_slopes(x, code, arg, start[k], start[k + 1], stack, slopes) if has_factor else 1.0
        theta[k] = product * factor
        for s in range(n):
            slope = _monomial(x, powers[k], s) * factor if powers[k, s] != 0 else 0.0
            dtheta[k, s] = slope + product * slopes[0, s] if has_factor else slope
