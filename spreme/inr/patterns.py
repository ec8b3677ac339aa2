"""Patterns: which inputs of a layer are joined to which outputs, and the three products that training needs.

    forward    W' a           (outputs, n)
    backward   W d            (inputs, n)
    outer      (a d') on the pattern

The weights of a layer are `values` on its pattern: a full matrix (inputs, outputs) with zeros outside the mask, or,
where fewer than a quarter of them are left, the vector of those that are. Gradients, directions and the states of
optimisers have the same form, so a pruned weight can never come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.kernels import gather_rows, sampled_products

Array = NDArray[Any]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Share of weights below which products on the pattern are faster than dense ones.
CROSSOVER = 0.25


@dataclass(frozen=True, eq=False)
class DensePattern:
    """Products by BLAS; weights outside the mask are kept at zero.

    Attributes
    ----------
    mask : ndarray (inputs, outputs) of bool
        Joined pairs.
    is_full : bool
        Whether all are.
    """

    mask: Mask
    is_full: bool

    kernel = "dense"

    def take(self, matrix: Array) -> Array:
        """Values on the pattern of a matrix (inputs, outputs)."""
        return np.ascontiguousarray(matrix) if self.is_full else np.where(self.mask, matrix, 0).astype(matrix.dtype)

    def matrix(self, values: Array) -> Array:
        """The matrix of values."""
        return values

    def forward(self, values: Array, a: Array, out: Array | None = None) -> Array:
        """W' a."""
        found: Array = np.matmul(values.T, a, out=out)
        return found

    def backward(self, values: Array, d: Array, out: Array | None = None) -> Array:
        """W d."""
        found: Array = np.matmul(values, d, out=out)
        return found

    def outer(self, a: Array, d: Array) -> Array:
        """The products of rows of a and d that belong to the pattern."""
        found: Array = a @ d.T
        if not self.is_full:
            found *= self.mask
        return found


@dataclass(frozen=True, eq=False)
class SparsePattern:
    """Products over the joined pairs alone, in the order of `np.nonzero(mask)`.

    Attributes
    ----------
    mask : ndarray (inputs, outputs) of bool
        Joined pairs.
    inputs, outputs : ndarray (k,)
        Their two ends.
    of_output, of_input : tuple of ndarray
        Where the pairs of every output (input) begin, their other ends, their positions among the values.
    """

    mask: Mask
    inputs: Indices
    outputs: Indices
    of_output: tuple[Indices, Indices, Indices]
    of_input: tuple[Indices, Indices, Indices]

    kernel = "sparse"

    def take(self, matrix: Array) -> Array:
        """Values on the pattern of a matrix (inputs, outputs)."""
        return matrix[self.inputs, self.outputs]

    def matrix(self, values: Array) -> Array:
        """The matrix of values, zero elsewhere."""
        out = np.zeros(self.mask.shape, values.dtype)
        out[self.inputs, self.outputs] = values
        return out

    def forward(self, values: Array, a: Array, out: Array | None = None) -> Array:
        """W' a."""
        out = np.empty((self.mask.shape[1], a.shape[1]), a.dtype) if out is None else out
        gather_rows(*self.of_output, values, a, out)
        return out

    def backward(self, values: Array, d: Array, out: Array | None = None) -> Array:
        """W d."""
        out = np.empty((self.mask.shape[0], d.shape[1]), d.dtype) if out is None else out
        gather_rows(*self.of_input, values, d, out)
        return out

    def outer(self, a: Array, d: Array) -> Array:
        """The products of rows of a and d that belong to the pattern."""
        out = np.zeros(len(self.inputs), a.dtype)
        sampled_products(self.inputs, self.outputs, a, d, out)
        return out


Pattern = DensePattern | SparsePattern


def make_pattern(mask: Mask, kernel: str = "auto") -> Pattern:
    """Choose the faster products for a mask.

    Parameters
    ----------
    mask : ndarray (inputs, outputs) of bool
        Joined pairs.
    kernel : {"auto", "dense", "sparse"}, default "auto"
        Which products; "auto" takes the sparse ones below a density of one quarter.

    Returns
    -------
    DensePattern or SparsePattern
        The pattern.
    """
    if kernel not in ("auto", "dense", "sparse"):
        raise ValueError(f"kernel={kernel!r}: use 'auto', 'dense' or 'sparse'")
    count = int(mask.sum())
    if kernel == "dense" or (kernel == "auto" and count >= CROSSOVER * mask.size):
        return DensePattern(mask, count == mask.size)
    inputs, outputs = (np.ascontiguousarray(own) for own in np.nonzero(mask))
    positions = np.arange(count)
    by_output = np.lexsort((inputs, outputs))
    of_output = _starts(outputs, mask.shape[1]), inputs[by_output], by_output
    return SparsePattern(mask, inputs, outputs, of_output, (_starts(inputs, mask.shape[0]), outputs, positions))


def _starts(owner: Indices, number: int) -> Indices:
    """Where the pairs of every owner begin once they are sorted (number + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=number))]).astype(np.int64)
