"""The law of one environment as a function of time, state and inputs, for the integrators of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.results import Law
from spreme.simulate.derivative import evaluate
from spreme.simulate.inputs import Inputs, check_rows
from spreme.simulate.vector_field import unobserved, vector_field

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NumpyCallable:
    """Right-hand side f(t, x) of the environment at `position`, x of shape (S,) or (S, n); f(t, x, u) with inputs."""

    law: Law
    position: int

    def __call__(self, t: float, x: ArrayLike, u: Inputs = None) -> Array:
        """Evaluate the time derivatives, of the shape of x; u are inputs (U,) or (U, n), or a function of t."""
        states = np.asarray(x, dtype=np.float64)
        n_states = len(self.law.state_names)
        if states.ndim not in (1, 2) or states.shape[0] != n_states:
            raise ValueError(f"x must have the shape ({n_states},) or ({n_states}, n), got {states.shape}")
        rows = np.ascontiguousarray(np.atleast_2d(states.T))
        rows = np.column_stack([rows, self._inputs(u(t) if callable(u) else u, len(rows))])
        unobserved(self.law, self.position).refuse(rows, "the state x")
        return evaluate(self.law, self.position, rows).T.reshape(states.shape)

    def _inputs(self, u: ArrayLike | None, n: int) -> Array:
        """Inputs (n, U) of n states; the same for all if they are given once."""
        values = None if u is None else np.atleast_1d(np.asarray(u, dtype=np.float64)).T
        if values is not None and values.ndim == 1:
            values = np.tile(values, (n, 1))
        return check_rows(self.law, values, n)


def numba_callable(law: Law, position: int) -> Callable[..., Any]:
    """Make a compiled f(t, x), or f(t, x, u), around the arrays of one environment; shapes (S,) and (U,)."""
    from numba import njit

    from spreme.library.kernels import evaluate_terms, right_hand_side

    # numba takes the arrays of a closure as constants: the compiled function stands by itself.
    coef, state_index, term_index, powers, start, code, arg, depth = vector_field(law, position)[:8]
    unknown = unobserved(law, position)
    pairs = unknown.pairs
    unknown_table = law.table.subset([]) if unknown.table is None else unknown.table
    u_powers, u_start, u_code, u_arg, u_depth = unknown_table.program()
    n_states, n_terms, n_unknown, stack_depth = len(law.state_names), len(powers), len(u_powers), max(depth, u_depth)

    @njit(nogil=True, error_model="numpy")
    def slope_of(columns: Array) -> Array:
        out, stack = np.empty(n_states), np.empty(stack_depth)
        theta, absent = np.empty(n_terms), np.empty(n_unknown)
        right_hand_side(columns, coef, state_index, term_index, powers, start, code, arg, stack, theta, out)
        if n_unknown > 0:
            evaluate_terms(columns, u_powers, u_start, u_code, u_arg, stack, absent)
            for m in range(pairs.shape[0]):
                if absent[pairs[m, 1]] != 0.0:
                    out[pairs[m, 0]] = np.nan
        return out

    @njit(nogil=True)
    def slope(t: float, x: Array) -> Array:
        return slope_of(x)

    @njit(nogil=True)
    def driven_slope(t: float, x: Array, u: Array) -> Array:
        return slope_of(np.concatenate((x, u)))

    compiled: Callable[..., Any] = driven_slope if law.input_names else slope
    return compiled
