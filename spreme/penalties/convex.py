"""Convex penalties of the norms of terms: group lasso, adaptive group lasso, elastic net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.checks import as_weights, between
from spreme.penalties.radial import RadialPenalty, column_norms

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GroupLasso(RadialPenalty):
    """Sum over terms of the Euclidean norm of a term's coefficients over environments.

    ``alpha sum_j w_j ||B[:, j]||_2``

    Parameters
    ----------
    weights : sequence of float (K,), default None
        Positive weights w_j of the terms, or of the groups in sorted order of their labels; infinity excludes a term.
        None: all one.

    References
    ----------
    Yuan and Lin (2006), Model selection and estimation in regression with grouped variables, J. R. Stat. Soc. B 68.

    Examples
    --------
    >>> penalty = GroupLasso(weights=(1.0, 2.0))
    >>> penalty.value(np.array([[3.0, 0.5], [4.0, 0.0]]), alpha=0.1)
    0.6
    >>> penalty.prox(np.array([[3.0, 0.5], [4.0, 0.0]]), alpha=0.5, step=1.0).round(3).tolist()
    [[2.7, 0.0], [3.6, 0.0]]
    """

    weights: tuple[float, ...] | None = None
    name: ClassVar[str] = "group_lasso"

    def __post_init__(self) -> None:
        """Check the weights."""
        object.__setattr__(self, "weights", as_weights(self.weights))

    def term_weights(self, n_terms: int) -> Array:
        """Weights as an array.

        Parameters
        ----------
        n_terms : int
            Number of terms K.

        Returns
        -------
        ndarray (K,)
            Weights, ones by default.

        Raises
        ------
        ValueError
            If there are weights for another number of terms.
        """
        if self.weights is None:
            return np.ones(n_terms)
        if len(self.weights) != n_terms:
            raise ValueError(f"weights must be one per term: got {len(self.weights)} for {n_terms} terms")
        return np.array(self.weights)

    def _height(self, size: Array, alpha: float) -> Array:
        """Linear in the norm; an excluded term costs nothing while it is zero."""
        out = np.zeros_like(size)
        return np.multiply(alpha * self.term_weights(len(size)), size, out=out, where=size > 0)

    def slope(self, size: Array, alpha: float) -> Array:
        """Find how fast the penalty rises with the norm of every group: alpha times its weight.

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
        return alpha * self.term_weights(len(size))

    def _shrink(self, size: Array, alpha: float, step: float | Array) -> Array:
        """Soft thresholding of the norm."""
        return np.maximum(size - step * alpha * self.term_weights(len(size)), 0.0)

    def alpha_max(self, cross: Array) -> float:
        """Smallest strength with all coefficients zero.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            Largest ``||cross[:, j]|| / w_j``.
        """
        return float((column_norms(cross) / self.term_weights(cross.shape[1])).max())

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


@dataclass(frozen=True)
class AdaptiveGroupLasso:
    """Group lasso whose weights come from a ridge fit of all terms: large terms are penalised less.

    ``alpha sum_j w_j ||B[:, j]||_2`` with ``w_j = (max_i ||P[:, i]|| / ||P[:, j]||)^gamma``, P the ridge fit.

    Parameters
    ----------
    gamma : float, default 1.0
        Exponent of the weights, positive.
    ridge : float, default 1e-3
        Ridge of the pilot fit, relative to the unit columns.

    References
    ----------
    Wang and Leng (2008), A note on adaptive group lasso, Comput. Stat. Data Anal. 52.

    Examples
    --------
    >>> AdaptiveGroupLasso(gamma=2.0).gamma
    2.0
    """

    gamma: float = 1.0
    ridge: float = 1e-3
    name: ClassVar[str] = "adaptive_group_lasso"

    def __post_init__(self) -> None:
        """Check the options."""
        between("gamma", self.gamma, 0.0, float("inf"))
        between("ridge", self.ridge, 0.0, float("inf"))


@dataclass(frozen=True)
class GroupElasticNet(RadialPenalty):
    """Group lasso plus ridge: correlated terms come in together.

    ``alpha sum_j ( l1_ratio ||B[:, j]||_2 + (1 - l1_ratio)/2 ||B[:, j]||_2^2 )``

    Parameters
    ----------
    l1_ratio : float, default 0.9
        Share of the norm, in (0, 1]; the rest is ridge.

    References
    ----------
    Zou and Hastie (2005), Regularization and variable selection via the elastic net, J. R. Stat. Soc. B 67.

    Examples
    --------
    >>> GroupElasticNet(l1_ratio=0.5).prox(np.array([[3.0], [4.0]]), alpha=1.0, step=2.0).round(3).tolist()
    [[1.2], [1.6]]
    """

    l1_ratio: float = 0.9
    name: ClassVar[str] = "group_elastic_net"

    def __post_init__(self) -> None:
        """Check the options."""
        between("l1_ratio", self.l1_ratio, 0.0, 1.0, open_above=False)

    def _height(self, size: Array, alpha: float) -> Array:
        """Norm and half its square."""
        return alpha * (self.l1_ratio * size + 0.5 * (1 - self.l1_ratio) * size**2)

    def slope(self, size: Array, alpha: float) -> Array:
        """Find how fast the penalty rises with the norm of every group: faster and faster.

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
        return alpha * (self.l1_ratio + (1 - self.l1_ratio) * size)

    def _shrink(self, size: Array, alpha: float, step: float | Array) -> Array:
        """Soft thresholding, then the factor of the ridge."""
        return np.maximum(size - step * alpha * self.l1_ratio, 0.0) / (1 + step * alpha * (1 - self.l1_ratio))

    def alpha_max(self, cross: Array) -> float:
        """Smallest strength with all coefficients zero.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            Largest ``||cross[:, j]|| / l1_ratio``.
        """
        return float(column_norms(cross).max()) / self.l1_ratio

    def dual_point(self, correlation: Array, alpha: float) -> tuple[float, float]:
        """Conjugate at the correlations; with ridge it is finite everywhere.

        Parameters
        ----------
        correlation : ndarray (E, K)
            Correlations of columns and residual.
        alpha : float
            Strength.

        Returns
        -------
        tuple of float
            Multiple of the correlations, 1 with ridge, and the conjugate there,
            ``sum_j (||correlation_j|| - alpha l1_ratio)_+^2 / (2 alpha (1 - l1_ratio))``.
        """
        size, ridge = column_norms(correlation), alpha * (1 - self.l1_ratio)
        if ridge == 0:
            return (alpha / float(size.max()) if size.any() else 1.0), 0.0
        return 1.0, float((np.maximum(size - alpha * self.l1_ratio, 0.0) ** 2).sum()) / (2 * ridge)
