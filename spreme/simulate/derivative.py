"""Time derivatives of the states by NumPy, many rows at once."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.data.arrays import floats
from spreme.results import Law
from spreme.simulate.inputs import check_rows
from spreme.simulate.vector_field import environment_position, unobserved

Array = NDArray[np.float64]


def predict(law: Law, x: ArrayLike, env: Hashable = None, u: ArrayLike | None = None) -> Array:
    """Evaluate the right-hand side of the equations.

    Parameters
    ----------
    law : Law
        Fitted law.
    x : array_like, shape (n, S)
        States, one row per sample. NaN stands for a missing value and makes the equations that read it NaN.
    env : hashable, default None
        Environment; may be left out if there is only one.
    u : array_like, shape (n, U), default None
        Inputs beside the states, of a law that has any.

    Returns
    -------
    ndarray, shape (n, S)
        Time derivatives, in units of state per time.

    Raises
    ------
    ValueError
        If x or u have another shape or infinite values, the environment is unknown, or a term without a coefficient in
        this environment is not zero somewhere in x.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> from spreme.results import Law
    >>> table = PolynomialLibrary(degree=1).table(["x"])
    >>> coef = np.array([[[0.0, -2.0]]])
    >>> law = Law(table, coef[0] != 0, coef, np.abs(coef), ("A",), np.zeros((1, 1)))
    >>> predict(law, [[3.0]], env="A")
    array([[-6.]])
    """
    position = environment_position(law, env)
    states = _check_states(x, law)
    columns = np.column_stack([states, check_rows(law, u, len(states))])
    present = np.where(np.isnan(columns), 0.0, columns)  # what is missing cannot show that a term is there
    unobserved(law, position).refuse(present, "row {row} of x")
    return evaluate(law, position, columns)


def evaluate(law: Law, position: int, x: Array) -> Array:
    """Evaluate the right-hand side (n, S) at checked columns (n, V); terms without a coefficient are left out."""
    coef = law.coef[position]
    active = law.mask & np.isfinite(coef) & (coef != 0.0)
    used = np.flatnonzero(active.any(axis=0))
    x_dot = np.zeros((len(x), len(law.state_names)))
    if not used.size:
        return x_dot
    theta = law.table.subset(used).evaluate(x)
    with np.errstate(over="ignore", invalid="ignore"):
        for s in range(x_dot.shape[1]):
            # Each equation reads its own terms only: what is missing or overflows in another one stays there.
            for column in np.flatnonzero(active[s, used]):
                x_dot[:, s] += coef[s, used[column]] * theta[:, column]
    return x_dot


def _check_states(x: ArrayLike, law: Law) -> Array:
    """Give the states as a fresh array (n, S)."""
    states = floats(x, "x")
    n_states = len(law.state_names)
    if states.ndim != 2:
        raise ValueError(
            f"x must be a 2-D array (n, {n_states}) of samples and states, got {states.ndim} dimensions, shape "
            f"{states.shape}: reshape one sample with np.reshape(x, (1, {n_states}))"
        )
    if states.shape[1] != n_states:
        raise ValueError(
            f"x has {states.shape[1]} columns, but the law has {n_states} states: {', '.join(law.state_names)}"
        )
    if np.isinf(states).any():
        row, column = np.argwhere(np.isinf(states))[0]
        raise ValueError(
            f"x is {states[row, column]} at row {row}, state {law.state_names[column]!r}: give finite values"
        )
    return states
