"""Sparse group lasso: sparse in terms, and in the environments of a term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.checks import between
from spreme.penalties.radial import column_norms, resize

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SparseGroupLasso:
    """Group lasso plus lasso: a term that all environments share may still be absent in single ones.

    ``alpha sum_j ( (1 - l1_ratio) ||B[:, j]||_2 + l1_ratio ||B[:, j]||_1 )``

    Parameters
    ----------
    l1_ratio : float, default 0.5
        Share of the lasso, in [0, 1).

    References
    ----------
    Simon, Friedman, Hastie and Tibshirani (2013), A sparse-group lasso, J. Comput. Graph. Stat. 22.
    Ndiaye, Fercoq, Gramfort and Salmon (2016), GAP safe screening rules for sparse-group lasso, NeurIPS 29 (dual norm).

    Examples
    --------
    >>> SparseGroupLasso(l1_ratio=0.5).prox(np.array([[4.0], [5.0], [0.5]]), alpha=2.0, step=1.0).round(3).tolist()
    [[2.4], [3.2], [0.0]]
    """

    l1_ratio: float = 0.5
    name: ClassVar[str] = "sparse_group_lasso"

    def __post_init__(self) -> None:
        """Check the options."""
        between("l1_ratio", self.l1_ratio, 0.0, 1.0, open_below=False)

    def value(self, coef: Array, alpha: float) -> float:
        """Value of the penalty.

        Parameters
        ----------
        coef : ndarray (E, K)
            Coefficients of unit columns.
        alpha : float
            Strength.

        Returns
        -------
        float
            Value.
        """
        norms = (1 - self.l1_ratio) * column_norms(coef).sum() + self.l1_ratio * np.abs(coef).sum()
        return alpha * float(norms)

    def prox(self, coef: Array, alpha: float, step: float | Array) -> Array:
        """Proximal operator: soft thresholding of the entries, then of the norms.

        Parameters
        ----------
        coef : ndarray (E, K)
            Point.
        alpha : float
            Strength.
        step : float or ndarray (K,)
            Step, one for all terms or one each.

        Returns
        -------
        ndarray (E, K)
            Minimiser of ``sum_j ||B_j - coef_j||^2 / (2 step_j)`` plus the penalty.
        """
        inner = _soft(coef, step * alpha * self.l1_ratio)
        size = column_norms(inner)
        return resize(inner, size, np.maximum(size - step * alpha * (1 - self.l1_ratio), 0.0))

    def kkt(self, coef: Array, correlation: Array, alpha: float) -> Array:
        """Distance of the correlations from the subgradients.

        Parameters
        ----------
        coef : ndarray (E, K)
            Coefficients.
        correlation : ndarray (E, K)
            Correlations of columns and residual.
        alpha : float
            Strength.

        Returns
        -------
        ndarray (K,)
            Distance of every term.
        """
        lasso, group = alpha * self.l1_ratio, alpha * (1 - self.l1_ratio)
        size = column_norms(coef)
        outside = _soft(correlation, lasso)
        gradient = resize(coef, size, group) + lasso * np.sign(coef)
        inside = np.where(coef != 0, correlation - gradient, outside)
        return np.where(size > 0, column_norms(inside), np.maximum(column_norms(outside) - group, 0.0))

    def alpha_max(self, cross: Array) -> float:
        """Smallest strength with all coefficients zero: the dual norm.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            Largest root of ``||soft(cross_j, alpha l1_ratio)|| = alpha (1 - l1_ratio)``.
        """
        ratio = self.l1_ratio
        # With the k largest entries above the threshold the equation is quadratic. An entry is above the threshold at
        # the root if the left side, at the alpha where its threshold is that entry, is the smaller.
        entries = -np.sort(-np.abs(cross), axis=0)
        count = np.arange(1, len(cross) + 1)[:, None]
        total, squares = entries.cumsum(axis=0), (entries**2).cumsum(axis=0)
        above = ratio**2 * (squares - entries * (2 * total - count * entries)) < ((1 - ratio) * entries) ** 2
        last = np.maximum(above.sum(axis=0) - 1, 0)[None]
        k, s, q = (np.take_along_axis(a, last, 0)[0] for a in (np.broadcast_to(count, cross.shape), total, squares))
        root = np.sqrt(np.maximum((ratio * s) ** 2 - (k * ratio**2 - (1 - ratio) ** 2) * q, 0.0))
        return float(np.divide(q, ratio * s + root, out=np.zeros_like(q), where=q > 0).max())

    def dual_point(self, correlation: Array, alpha: float) -> tuple[float, float]:
        """Largest multiple of the correlations in the domain of the conjugate, the ball of the dual norm.

        Parameters
        ----------
        correlation : ndarray (E, K)
            Correlations of columns and residual.
        alpha : float
            Strength.

        Returns
        -------
        tuple of float
            Multiple, and the conjugate there: 0.
        """
        most = self.alpha_max(correlation)
        return (alpha / most if most > 0 else 1.0), 0.0


def _soft(array: Array, threshold: float | Array) -> Array:
    """Soft thresholding of entries."""
    return np.sign(array) * np.maximum(np.abs(array) - threshold, 0.0)
