"""Folded concave penalties on the norms of groups: they stop shrinking what is large.

With long steps the objective of the proximal operator is not convex any more; its global minimiser is then 0 (or the
soft threshold) up to a jump, where the value of the two pieces is equal, and the identity beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.checks import between
from spreme.penalties.radial import RadialPenalty, column_norms

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GroupMCP(RadialPenalty):
    """Minimax concave penalty of the norms of the terms.

    ``sum_j p(||B[:, j]||)`` with ``p(t) = alpha t - t^2 / (2 gamma)`` up to ``gamma alpha``, constant beyond.

    Parameters
    ----------
    gamma : float, default 3.0
        Concavity, greater than 1; infinity gives the group lasso.

    References
    ----------
    Zhang (2010), Nearly unbiased variable selection under minimax concave penalty, Ann. Stat. 38.

    Examples
    --------
    >>> GroupMCP(gamma=2.0).prox(np.array([[0.5, 1.5, 3.0]]), alpha=1.0, step=1.0).tolist()
    [[0.0, 1.0, 3.0]]
    """

    gamma: float = 3.0
    name: ClassVar[str] = "group_mcp"

    def __post_init__(self) -> None:
        """Check the options."""
        between("gamma", self.gamma, 1.0, float("inf"))

    def _height(self, size: Array, alpha: float) -> Array:
        """Quadratic up to gamma alpha."""
        inner = np.minimum(size, self.gamma * alpha)
        return inner * (alpha - 0.5 * inner / self.gamma)

    def slope(self, size: Array, alpha: float) -> Array:
        """Find how fast the penalty rises with the norm of every group: from alpha down to zero.

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
        return np.maximum(alpha - size / self.gamma, 0.0)

    def _shrink(self, size: Array, alpha: float, step: float | Array) -> Array:
        """Firm threshold; hard threshold once the step reaches gamma."""
        step = np.broadcast_to(np.asarray(step, float), size.shape)
        convex = step < self.gamma
        soft = np.maximum(size - step * alpha, 0.0) / np.where(convex, 1 - step / self.gamma, 1.0)
        firm = np.where(size <= self.gamma * alpha, soft, size)
        # t^2 / (2 step) at zero against gamma alpha^2 / 2 on the flat piece
        hard = np.where(size > alpha * np.sqrt(self.gamma * step), size, 0.0) if not convex.all() else firm
        return np.where(convex, firm, hard)

    def alpha_max(self, cross: Array) -> float:
        """Smallest strength at which zero is stationary.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            Largest ``||cross[:, j]||``.
        """
        return float(column_norms(cross).max())


@dataclass(frozen=True)
class GroupSCAD(RadialPenalty):
    """Smoothly clipped absolute deviation of the norms of the terms.

    ``sum_j p(||B[:, j]||)`` with ``p'(t) = alpha`` up to ``alpha``, ``(gamma alpha - t) / (gamma - 1)`` up to
    ``gamma alpha``, 0 beyond.

    Parameters
    ----------
    gamma : float, default 3.7
        Concavity, greater than 2; infinity gives the group lasso.

    References
    ----------
    Fan and Li (2001), Variable selection via nonconcave penalized likelihood and its oracle properties, JASA 96.

    Examples
    --------
    >>> GroupSCAD(gamma=3.0).prox(np.array([[0.5, 1.5, 2.5, 4.0]]), alpha=1.0, step=1.0).tolist()
    [[0.0, 0.5, 2.0, 4.0]]
    """

    gamma: float = 3.7
    name: ClassVar[str] = "group_scad"

    def __post_init__(self) -> None:
        """Check the options."""
        between("gamma", self.gamma, 2.0, float("inf"))

    def _height(self, size: Array, alpha: float) -> Array:
        """Linear, then quadratic, then constant."""
        bend = np.clip(size, alpha, self.gamma * alpha) - alpha
        return alpha * (np.minimum(size, alpha) + bend) - 0.5 * bend**2 / (self.gamma - 1)

    def slope(self, size: Array, alpha: float) -> Array:
        """Find how fast the penalty rises with the norm of every group: alpha, then down to zero.

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
        return np.clip(alpha - (size - alpha) / (self.gamma - 1), 0.0, alpha)

    def _shrink(self, size: Array, alpha: float, step: float | Array) -> Array:
        """Soft, stretched, identity; without the middle piece once the step reaches gamma - 1."""
        step = np.broadcast_to(np.asarray(step, float), size.shape)
        soft = np.maximum(size - step * alpha, 0.0)
        ratio = step / (self.gamma - 1)
        convex = ratio < 1
        stretched = alpha + (size - (1 + step) * alpha) / np.where(convex, 1 - ratio, 1.0)
        smooth = np.where(size <= (1 + step) * alpha, soft, np.where(size <= self.gamma * alpha, stretched, size))
        if convex.all():
            return smooth
        # where the soft threshold (or zero) costs what the flat piece costs, alpha^2 (gamma + 1) / 2
        flat = self.gamma + 1
        jump = alpha * np.where(step <= flat, 0.5 * (flat + step), np.sqrt(flat * step))
        return np.where(convex, smooth, np.where(size <= jump, soft, size))

    def alpha_max(self, cross: Array) -> float:
        """Smallest strength at which zero is stationary.

        Parameters
        ----------
        cross : ndarray (E, K)
            Cross products of columns and target.

        Returns
        -------
        float
            Largest ``||cross[:, j]||``.
        """
        return float(column_norms(cross).max())
