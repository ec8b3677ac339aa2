"""Compiled columns of one block: each monomial is an earlier column times or over one state.

x[d, i]        state d in row i
block[k, i]    column k in row i; factors that are no monomials are there already
monomials      rows (column, parent, state, sign): block[column] = block[parent] * x[state]**sign, where parent -1
               stands for 1 and state -1 for a column of ones
products       rows (column, a, b): block[column] = block[a] * block[b]
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Rows worked off at once: 300 columns of them fit in a second-level cache.
CHUNK = 256


@njit(cache=True, nogil=True, error_model="numpy")
def fill_monomials(
    x: NDArray[np.float64],
    monomials: NDArray[np.int64],
    products: NDArray[np.int64],
    block: NDArray[np.float64],
) -> None:
    """Write the monomials and the products of one block.

    Parameters
    ----------
    x : ndarray (D, n)
        States.
    monomials : ndarray of int64 (M, 4)
        Steps of the plan of columns.
    products : ndarray of int64 (P, 3)
        Columns that are products of two others.
    block : ndarray (C, m)
        Columns, of which the first n entries are written; m >= n.

    Examples
    --------
    >>> import numpy as np
    >>> block = np.empty((3, 2))
    >>> steps = np.array([[0, -1, -1, 1], [1, -1, 0, 1], [2, 1, 0, 1]])  # 1, x, x**2
    >>> fill_monomials(np.array([[2.0, 3.0]]), steps, np.empty((0, 3), np.int64), block)
    >>> block
    array([[1., 1.],
           [2., 3.],
           [4., 9.]])
    """
    n = x.shape[1]
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        for m in range(monomials.shape[0]):
            _fill(x, block, monomials[m, 0], monomials[m, 1], monomials[m, 2], monomials[m, 3], first, last)
        for p in range(products.shape[0]):
            k, a, b = products[p, 0], products[p, 1], products[p, 2]
            for i in range(first, last):
                block[k, i] = block[a, i] * block[b, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    x: NDArray[np.float64],
    block: NDArray[np.float64],
    column: int,
    parent: int,
    state: int,
    sign: int,
    first: int,
    last: int,
) -> None:
    """Write rows first .. last - 1 of one monomial."""
    if state < 0:
        for i in range(first, last):
            block[column, i] = 1.0
    elif parent < 0 and sign > 0:
        for i in range(first, last):
            block[column, i] = x[state, i]
    elif parent < 0:
        for i in range(first, last):
            block[column, i] = 1.0 / x[state, i]
    elif sign > 0:
        for i in range(first, last):
            block[column, i] = block[parent, i] * x[state, i]
    else:
        for i in range(first, last):
            block[column, i] = block[parent, i] / x[state, i]
