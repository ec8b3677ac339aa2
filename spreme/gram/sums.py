"""Running sums over the rows of one environment, and the system that several of them make."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram.products import BLOCK, LONG_BLOCK, add_products, is_direct
from spreme.gram.system import GramSystem, divide_by_scale, pooled_scale

Array = NDArray[np.float64]


class GramSums:
    """Running sums over rows of one environment: Theta'Theta, Y'Theta, Y'Y and the number of rows.

    Sums of disjoint rows add up: ``a + b``.

    Parameters
    ----------
    n_terms, n_states : int
        Numbers of columns K and of targets S.
    gram : ndarray (K, K), default None
        Zeros, where Theta'Theta is to be kept.

    Attributes
    ----------
    gram, cross, y_sq : ndarray (K, K), (S, K), (S,)
        The sums so far.
    n_samples : int
        Rows so far.

    Examples
    --------
    >>> import numpy as np
    >>> sums = GramSums(2, 1)
    >>> sums.add(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [1.0]]))
    >>> sums.gram
    array([[10., 14.],
           [14., 20.]])
    """

    def __init__(self, n_terms: int, n_states: int, gram: Array | None = None) -> None:
        self.gram = np.zeros((n_terms, n_terms)) if gram is None else gram
        self.cross = np.zeros((n_states, n_terms))
        self.y_sq = np.zeros(n_states)
        self.n_samples = 0

    def add(self, theta: ArrayLike, target: ArrayLike) -> None:
        """Add rows.

        Doubles in row or column order are read where they lie; anything else is turned into doubles block by block.

        Parameters
        ----------
        theta : array_like (n, K)
            Rows of the library matrix.
        target : array_like (n, S)
            Rows of the targets.
        """
        t, y = np.asarray(theta), np.asarray(target)
        direct = is_direct(t)
        rows = LONG_BLOCK if direct else BLOCK
        for first in range(0, len(t), rows):
            block = t[first : first + rows]
            if not direct:
                block = np.ascontiguousarray(block, dtype=np.float64)
            is_first = self.n_samples == 0
            add_products(block, y[first : first + rows], self.gram, self.cross, self.y_sq, is_first)
            self.n_samples += len(block)

    def __add__(self, other: GramSums) -> GramSums:
        """Sums over the rows of both."""
        if not isinstance(other, GramSums):
            return NotImplemented
        if self.cross.shape != other.cross.shape:
            raise ValueError(f"sums of {self.cross.shape} states and terms and of {other.cross.shape} do not add up")
        total = GramSums(self.cross.shape[1], self.cross.shape[0])
        np.add(self.gram, other.gram, out=total.gram)
        total.cross, total.y_sq = self.cross + other.cross, self.y_sq + other.y_sq
        total.n_samples = self.n_samples + other.n_samples
        return total

    @property
    def is_finite(self) -> bool:
        """Whether all sums are finite; by Cauchy and Schwarz the squares decide."""
        return bool(np.isfinite(self.gram.diagonal()).all() and np.isfinite(self.y_sq).all())


def from_sums(
    sums: Sequence[GramSums], *, environments: Sequence[Hashable] | None = None, scale: ArrayLike | None = None
) -> GramSystem:
    """Scale running sums, one per environment, to a system.

    Parameters
    ----------
    sums : sequence of GramSums
        Sums of the E environments; they stay as they are.
    environments : sequence of hashable, default None
        Names of the environments.
    scale : array_like (K,), default None
        Scales of the columns; None takes the pooled ones of these rows.

    Returns
    -------
    GramSystem
        Scaled system.

    Raises
    ------
    ValueError
        If there are no sums.

    Examples
    --------
    >>> import numpy as np
    >>> sums = GramSums(1, 1)
    >>> sums.add(np.array([[2.0], [2.0]]), np.array([[3.0], [5.0]]))
    >>> system = from_sums([sums])
    >>> system.gram.item(), system.y_sq.item()
    (1.0, 17.0)
    """
    if len(sums) == 0:
        raise ValueError("expected the sums of at least one environment, got none")
    gram = np.array([own.gram for own in sums])
    return scaled_system(sums, gram, environments, None if scale is None else np.asarray(scale, dtype=np.float64))


def scaled_system(
    sums: Sequence[GramSums], gram: Array, environments: Sequence[Hashable] | None = None, scale: Array | None = None
) -> GramSystem:
    """Make a system of running sums whose Grams are stacked in `gram`, which is scaled in place."""
    n = np.array([own.n_samples for own in sums], dtype=np.int64)
    rows = np.maximum(n, 1)
    if scale is None:
        scale = pooled_scale(np.einsum("ejj->ej", gram) / rows[:, None])
    divide_by_scale(gram, scale, rows)
    cross = np.array([own.cross for own in sums]) / rows[:, None, None] / scale
    y_sq = np.array([own.y_sq for own in sums]) / rows[:, None]
    labels = None if environments is None else tuple(environments)
    return GramSystem(gram, cross, y_sq, n, np.tile(scale, (len(n), 1)), labels)
