"""Certificates of a solution from Grams: duality gap and distance from the optimality conditions.

With B the coefficients, R = c - G B the correlations of columns and residual, ||res||^2 = y'y - B.(c + R) and
y'res = y'y - B.c. For a convex penalty with conjugate P*, every multiple of the residual is a dual point:

    gap = ||res||^2 / 2 + P(B) - ( m y'res - m^2 ||res||^2 / 2 - P*(m R) ),

relative to y'y. The penalty gives the largest multiple s with P*(s R) finite, and its value; for m = f s with f <= 1,
P*(m R) <= f P*(s R) because P* is convex and 0 at 0, and the best f has a closed form.

A violation is a distance of R from the subgradients, relative to the size that alpha gives to subgradients: alpha for
the group lasso; alpha max_j ||c_j|| / alpha_max for a penalty that knows its alpha_max, so that units do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.interface import DualPenalty, ProximalPenalty
from spreme.penalties.radial import column_norms

Array = NDArray[np.float64]


LARGEST_MULTIPLE = 1e8


class Certificate(NamedTuple):
    """Duality gap relative to y'y (NaN where the penalty gives none), and violation of every term."""

    gap: float
    violations: Array

    @property
    def violation(self) -> float:
        """Largest violation."""
        return float(self.violations.max(initial=0.0))

    def is_within(self, tol: float) -> bool:
        """Whether the gap, or the violation where there is no gap, is at most tol."""
        return (self.violation if np.isnan(self.gap) else self.gap) <= tol


@dataclass(frozen=True, eq=False)
class Solution:
    """One minimiser.

    Attributes
    ----------
    coef : ndarray (E, K)
        Coefficients of the unit columns.
    gap : float
        Duality gap relative to the squared target; NaN where the penalty gives none.
    violation : float
        Largest violation of the optimality conditions, relative to alpha.
    n_iter : int
        Iterations or sweeps.
    status : str
        "converged", "max_iter", or "stalled" if rounding left nothing to gain before the tolerance was reached.
    """

    coef: Array
    gap: float
    violation: float
    n_iter: int
    status: str


def half_residual(cross: Array, y_sq: float, coef: Array, correlation: Array) -> float:
    """Smooth part of the objective, ||res||^2 / 2."""
    return 0.5 * (y_sq - float(np.vdot(coef, cross + correlation)))


def violation_unit(penalty: ProximalPenalty, cross: Array, alpha: float) -> float:
    """Size of subgradients at strength alpha."""
    top = penalty.alpha_max(cross) if hasattr(penalty, "alpha_max") else 0.0
    return alpha * float(column_norms(cross).max()) / top if top > 0 and cross.any() else alpha


def certify(
    cross: Array, y_sq: float, coef: Array, correlation: Array, penalty: ProximalPenalty, alpha: float, unit: float
) -> Certificate:
    """Certificate of coefficients (E, K) with their correlations."""
    violations = penalty.kkt(coef, correlation, alpha) / unit
    if not isinstance(penalty, DualPenalty):
        return Certificate(np.nan, violations)
    along = y_sq - float(np.vdot(coef, cross))
    half = half_residual(cross, y_sq, coef, correlation)
    multiple, conjugate = penalty.dual_point(correlation, alpha)
    # a perfect fit allows any multiple; a smaller one is as good, and its square does not overflow
    shorter = min(1.0, LARGEST_MULTIPLE / max(multiple, 1.0))
    multiple, conjugate = shorter * multiple, shorter * conjugate
    rise, bend = multiple * along - conjugate, 2 * multiple**2 * half
    share = min(max(rise / bend, 0.0), 1.0) if bend > 0 else 1.0
    gap = half + penalty.value(coef, alpha) - share * (rise - 0.5 * share * bend)
    return Certificate(gap / max(y_sq, 1e-300), violations)
