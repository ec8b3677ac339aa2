"""Group k-support: the convex envelope of ridge on at most k terms.

    P(B; alpha) = alpha/2 min { sum_j t_j^2 / u_j : 0 <= u_j <= 1, sum_j u_j <= k },   t_j = ||B[:, j]||

The minimising shares are u_j = min(t_j / theta, 1) with theta such that they add up to k, or u_j = 1 wherever t_j > 0
if at most k terms are not zero (theta = 0 then, or the k-th norm). So P = alpha/2 sum_j t_j max(t_j, theta);
subgradients are alpha max(1, theta / t_j) b_j, and balls of radius alpha theta at terms that are zero. The conjugate is
1/(2 alpha) times the sum of the k largest squared norms.

The proximal operator has, for given shares, b_j = v_j u_j / (u_j + a_j) with a_j = alpha step_j, and what is left to
minimise is sum_j ||v_j||^2 / (u_j + a_j): hence u_j = clip(tau ||v_j|| - a_j, 0, 1), with tau from sum_j u_j = k, which
is piecewise linear and increasing.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.checks import between
from spreme.penalties.radial import column_norms

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GroupKSupport:
    """Half the squared group k-support norm: the convex envelope of ridge plus at most k terms.

    ``alpha/2 min { sum_j ||B[:, j]||^2 / u_j : 0 <= u_j <= 1, sum_j u_j <= k }``

    Parameters
    ----------
    k : int, default 4
        Number of terms, at least 1.

    References
    ----------
    Argyriou, Foygel and Srebro (2012), Sparse prediction with the k-support norm, NeurIPS 25.
    Refael, Arbel and Huleihel (2022), Learning k-level structured sparse neural networks using group envelope
    regularization, arXiv 2212.12921.

    Examples
    --------
    >>> GroupKSupport(k=1).value(np.array([[3.0, 1.0], [4.0, 0.0]]), alpha=2.0)
    36.0
    >>> GroupKSupport(k=2).value(np.array([[3.0, 1.0], [4.0, 0.0]]), alpha=2.0)
    26.0
    """

    k: int = 4
    name: ClassVar[str] = "group_k_support"

    def __post_init__(self) -> None:
        """Check the options."""
        between("k", self.k, 1, float("inf"), open_below=False)
        if not isinstance(self.k, Integral):
            raise ValueError(f"k must be an integer, at least 1, got {self.k!r}")

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
        size = column_norms(coef)
        theta = self._theta(size)
        # t^2 / u is t^2 where u = 1 and t theta where u = t / theta
        return 0.5 * alpha * float((size * np.maximum(size, theta)).sum())

    def prox(self, coef: Array, alpha: float, step: float | Array) -> Array:
        """Proximal operator.

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
        size = column_norms(coef)
        a = np.broadcast_to(np.asarray(alpha * step, float), size.shape)
        shares = np.where(size > 0, 1.0, 0.0)
        if np.count_nonzero(size) > self.k:
            rise = self._price(size, a) * size - a
            # a share that is rounding of tau ||v|| - a is none: it would leave a term at 1e-16 instead of zero
            shares = np.where(rise > 8 * np.finfo(float).eps * a, np.minimum(rise, 1.0), 0.0)
        return coef * np.divide(shares, shares + a, out=np.zeros_like(size), where=shares > 0)

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
        size = column_norms(coef)
        theta = self._theta(size)
        stretch = np.maximum(np.divide(theta, size, out=np.zeros_like(size), where=size > 0), 1.0)
        away = column_norms(correlation - alpha * stretch * coef)
        return np.where(size > 0, away, np.maximum(column_norms(correlation) - alpha * theta, 0.0))

    def alpha_max(self, cross: Array) -> float:
        """Top of a grid: no strength makes all coefficients zero, as with ridge.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            1, the square of the unit columns: a single orthogonal term is then halved.
        """
        return 1.0

    def dual_point(self, correlation: Array, alpha: float) -> tuple[float, float]:
        """Conjugate at the correlations; it is finite everywhere.

        Parameters
        ----------
        correlation : ndarray (E, K)
            Correlations of columns and residual.
        alpha : float
            Strength.

        Returns
        -------
        tuple of float
            Multiple of the correlations, 1, and the conjugate: the sum of the k largest squared norms over 2 alpha.
        """
        largest = np.sort(column_norms(correlation))[::-1][: self.k]
        return 1.0, float((largest**2).sum()) / (2 * alpha)

    def _theta(self, size: Array) -> float:
        """Norm up to which shares are proportional to norms; 0 if fewer than k terms are not zero."""
        if self.k > len(size):
            return 0.0
        order = np.sort(size)[::-1]
        tail = np.cumsum(order[::-1])[::-1]
        thetas = tail[: self.k] / (self.k - np.arange(self.k))
        # the first r whose next norm is not above theta; the last one always fits, up to rounding
        fits = order[: self.k] <= thetas
        return float(thetas[np.argmax(fits)] if fits.any() else thetas[-1])

    def _price(self, size: Array, a: Array) -> float:
        """Solve sum_j clip(tau size_j - a_j, 0, 1) = k for tau, more than k sizes being positive."""
        size, a = size[size > 0], a[size > 0]
        start, end = a / size, (1 + a) / size
        knots = np.concatenate([start, end])
        order = np.argsort(knots, kind="stable")
        slope = np.concatenate([size, -size])[order].cumsum()
        level = np.concatenate([-a, 1 + a])[order].cumsum()
        reached = slope * knots[order] + level
        # The last knot at which the sum is not above k; the active terms of its piece give tau without cancellation.
        before = int(np.searchsorted(np.maximum.accumulate(reached), self.k, side="right"))
        knot = knots[order][max(before - 1, 0)]
        rising, full = (start <= knot) & (end > knot), end <= knot
        if not rising.any():
            return float(knot)
        return float((self.k - full.sum() + a[rising].sum()) / size[rising].sum())
