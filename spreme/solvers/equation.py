"""The regression of one state, and its solutions along a path: what passes between the solvers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Solutions(NamedTuple):
    """Solutions of one state: coefs (A, E, K) for unscaled columns, masks (A, K), and their certificates (A,)."""

    coefs: Array
    masks: NDArray[np.bool_]
    gap: Array
    violation: Array
    n_iter: NDArray[np.int64]
    status: list[str]


@dataclass(frozen=True, eq=False)
class Equation:
    """The regression of one state.

    Attributes
    ----------
    gram, cross, y_sq : ndarray (E, K, K), (E, K), (E,)
        Grams of scaled columns, cross products and mean squares of the target.
    scale : ndarray (K,)
        Scales of the columns.
    label : ndarray (K,) of int
        Group of every column, counted from 0.
    """

    gram: Array
    cross: Array
    y_sq: Array
    scale: Array
    label: NDArray[np.int64]

    @property
    def n_groups(self) -> int:
        """Number of groups of columns."""
        return int(self.label.max()) + 1

    @property
    def is_plain(self) -> bool:
        """Whether every column is a group of its own."""
        return bool((self.label == np.arange(len(self.label))).all())

    def norms(self, values: Array) -> Array:
        """Norms (m,) of the groups of values (E, K)."""
        return np.sqrt(np.bincount(self.label, (values**2).sum(axis=0), minlength=self.n_groups))
