"""What the path of a plain regression is made of, whatever the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.gram import GramSystem
from spreme.penalties import GroupL0, Penalty
from spreme.results import Path
from spreme.solvers import solve_path

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PathOptions:
    """Penalty, groups of columns, grid and tolerances.

    Attributes
    ----------
    penalty : Penalty
        What makes the coefficients sparse.
    labels : ndarray (K,) of int
        Group of every column, from 0.
    n_alphas, alpha_min_ratio, tol, max_iter
        As in `spreme.solvers.solve_path`.
    max_terms : int or None
        Largest number of groups on the path of group L0; None: 8, and twice as many while the largest is chosen.
    """

    penalty: Penalty
    labels: Labels
    n_alphas: int
    alpha_min_ratio: float
    max_terms: int | None
    tol: float
    max_iter: int | None

    @property
    def counts_groups(self) -> bool:
        """Whether strengths are numbers of groups."""
        return isinstance(self.penalty, GroupL0)

    @property
    def n_groups(self) -> int:
        """Number of groups m."""
        return int(self.labels.max()) + 1

    def solve(self, gram: GramSystem, alphas: Array | None = None, *, max_terms: int) -> Path:
        """Solve along given strengths, None for a grid of its own; group L0 up to a number of groups."""
        return solve_path(
            gram,
            self.penalty,
            None if self.counts_groups else alphas,
            n_alphas=self.n_alphas,
            alpha_min_ratio=self.alpha_min_ratio,
            max_terms=max_terms,
            tol=self.tol,
            max_iter=self.max_iter,
            groups=self.labels,
        )

    def by_group(self, masks: Mask) -> Mask:
        """Tell which groups (..., m) have a column in masks (..., K)."""
        order = np.argsort(self.labels, kind="stable")
        first = np.searchsorted(self.labels[order], np.arange(self.n_groups))
        return np.logical_or.reduceat(masks[..., order], first, axis=-1)
