"""Products of blocks of rows, added to running sums: gram += T'T, cross += Y'T, y_sq += diag(Y'Y).

NumPy computes the product of a matrix and its own transpose by BLAS's syrk, at half the multiplications of gemm, on
either memory order and without a copy, and gives other threads way meanwhile.

    T (n, K) rows of terms    Y (n, S) rows of targets
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Rows of a block that has to be written first: below 2048 the sums cost a tenth of the products and more.
BLOCK = 2048

#: Rows multiplied at once where nothing has to be written: so many that adding the product costs nothing.
LONG_BLOCK = 16384

#: Columns up to which the product of a block is formed whole, 8 MiB; beyond, in strips of so many columns.
WHOLE, STRIP = 1024, 768

#: Multiplications below which BLAS skips the packing of operands, which costs more than a product with few targets.
UNPACKED = 750_000


def is_direct(values: NDArray[np.generic]) -> bool:
    """Whether BLAS reads a matrix where it lies: aligned doubles, rows or columns without gaps."""
    (n, k), (by_row, by_column) = values.shape, values.strides
    if values.dtype != np.float64 or not values.flags.aligned:
        return False
    in_rows = by_column == 8 and by_row >= 8 * k and by_row % 8 == 0
    in_columns = by_row == 8 and by_column >= 8 * n and by_column % 8 == 0
    return in_rows or in_columns


def add_products(theta: Array, target: Array, gram: Array, cross: Array, y_sq: Array, is_first: bool) -> None:
    """Add the products of one block that `is_direct`; the first one is written over the Gram."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if is_first:
            np.matmul(theta.T, theta, out=gram)
        elif theta.shape[1] <= WHOLE:
            gram += theta.T @ theta
        else:
            _add_in_strips(theta, gram)
        _add_cross(theta, target, cross, y_sq)


def _add_in_strips(theta: Array, gram: Array) -> None:
    """Add T'T strip by strip: the product never takes the room of another Gram."""
    K = theta.shape[1]
    room = np.empty(STRIP * K)
    for first in range(0, K, STRIP):
        last = min(first + STRIP, K)
        own, width = theta[:, first:last], last - first
        product = np.matmul(own.T, own, out=room[: width * width].reshape(width, width))
        gram[first:last, first:last] += product
        if first:
            product = np.matmul(own.T, theta[:, :first], out=room[: width * first].reshape(width, first))
            gram[first:last, :first] += product
            gram[:first, first:last] += product.T


def _add_cross(theta: Array, target: Array, cross: Array, y_sq: Array) -> None:
    """Add Y'T and the squares of Y, few rows at a time."""
    rows = max(256, min(BLOCK, UNPACKED // (theta.shape[1] * target.shape[1])))
    for first in range(0, len(theta), rows):
        y = np.ascontiguousarray(target[first : first + rows], dtype=np.float64)
        cross += y.T @ theta[first : first + rows]
        y_sq += np.einsum("ns,ns->s", y, y)
