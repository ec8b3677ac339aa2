"""Penalties that are a sum over terms of a function of the term's norm.

    P(B; alpha) = sum_j p_j(||B[:, j]||; alpha)

Their proximal operator and subgradients act on norms alone: prox scales a column, and a subgradient at a column that is
not zero is p_j'(||b||) b / ||b||, at zero a ball of radius p_j'(0+). The leaves give p, p' and the prox of one norm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def column_norms(array: Array) -> Array:
    """Euclidean norm (K,) of every column."""
    return np.sqrt(np.einsum("ej,ej->j", array, array))


def resize(array: Array, old: Array, new: Array | float) -> Array:
    """Columns of norms `old` brought to the norms `new`; columns of zeros stay."""
    return array * np.divide(new, old, out=np.zeros_like(old), where=old > 0)


class RadialPenalty(ABC):
    """Interface of the penalties of norms; all methods of `ProximalPenalty` follow from three functions of a norm."""

    @abstractmethod
    def _height(self, size: Array, alpha: float) -> Array:
        """p(size) of every term, 0 at 0."""

    @abstractmethod
    def slope(self, size: Array, alpha: float) -> Array:
        """Find how fast the penalty rises with the norm of every group.

        Parameters
        ----------
        size : ndarray (m,)
            Norms of the groups.
        alpha : float
            Strength.

        Returns
        -------
        ndarray (m,)
            Derivative of the penalty by the norm, from the right at 0.
        """

    @abstractmethod
    def _shrink(self, size: Array, alpha: float, step: float | Array) -> Array:
        """Global minimiser over t >= 0 of (t - size)^2 / (2 step) + p(t), of every term."""

    @abstractmethod
    def alpha_max(self, cross: Array) -> float:
        """Smallest alpha with the solution zero, of cross products (E, K)."""

    def value(self, coef: Array, alpha: float) -> float:
        """Value of the penalty at coef (E, K)."""
        return float(self._height(column_norms(coef), alpha).sum())

    def prox(self, coef: Array, alpha: float, step: float | Array) -> Array:
        """Proximal operator at coef (E, K); step is a number or (K,)."""
        size = column_norms(coef)
        return resize(coef, size, self._shrink(size, alpha, step))

    def kkt(self, coef: Array, correlation: Array, alpha: float) -> Array:
        """Distance (K,) of the correlations (E, K) from the subgradients at coef (for concave p: from p' b / ||b||)."""
        size = column_norms(coef)
        slope = self.slope(size, alpha)
        excluded = np.isinf(slope)
        gradient = resize(coef, size, np.where(excluded, 0.0, slope))
        away = np.where(excluded, np.inf, column_norms(correlation - gradient))
        return np.where(size > 0, away, np.maximum(column_norms(correlation) - slope, 0.0))
