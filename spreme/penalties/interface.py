"""What a penalty must offer to be solved by the proximal solvers: three functions of the coefficients."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@runtime_checkable
class ProximalPenalty(Protocol):
    """Penalty P(B; alpha) of coefficients B (E, K) of unit columns, one column per term.

    The strength alpha is an argument of every method: what varies along a path is never stored. With groups of terms
    the columns of B are the groups, padded with rows of zeros.

    Two more methods are used where they exist. ``dual_point(correlation, alpha) -> (multiple, conjugate)``, for convex
    penalties: the largest multiple of the correlations at which the convex conjugate of P is finite, and the conjugate
    there; it certifies solutions by a duality gap. ``alpha_max(cross) -> float``: the smallest alpha whose solution is
    zero, or the top of a grid.
    """

    def value(self, coef: Array, alpha: float) -> float:
        """Return the penalty of coef (E, K)."""

    def prox(self, coef: Array, alpha: float, step: float | Array) -> Array:
        """Return argmin over B of sum_j ||B_j - coef_j||^2 / (2 step_j) + P(B; alpha); step is a number or (K,)."""

    def kkt(self, coef: Array, correlation: Array, alpha: float) -> Array:
        """Return the distance (K,) of `correlation` (minus the gradient of the loss) from the subgradients at coef."""


@runtime_checkable
class DualPenalty(ProximalPenalty, Protocol):
    """Convex penalty whose conjugate is known: its solutions come with a duality gap."""

    def dual_point(self, correlation: Array, alpha: float) -> tuple[float, float]:
        """Return the largest multiple of `correlation` where the conjugate is finite, and the conjugate there."""
