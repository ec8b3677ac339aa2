"""Where the search begins: terms that weak-form candidates of any window width use, and rough coefficients.

Per equation and window width, group L0 gives the best mask of every size. The sizes about the one that BIC of the rows
prefers vote for their terms; the rows are correlated and their regressors noisy, so this is a proposal, no selection.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.shooting.elimination import solve_part
from spreme.penalties import Penalty
from spreme.selection.candidates import propose
from spreme.selection.regression import Regression, least_squares
from spreme.selection.weak_equations import WeakEquations

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Overlapping rows: about this many count as one.
OVERLAP = 3.0
# Sizes around the preferred one that vote, and what the larger ones' votes count.
SMALLER, LARGER, HALF = 1, 2, 0.5
# Most terms of one equation in the superset.
MOST = 12


class Beginning(NamedTuple):
    """One equation: superset, a wider one for restarts (K,), rough coefficients (E, K), promise of every term (K,)."""

    superset: Mask
    wide: Mask
    coef: Array
    promise: Array


def begin(
    equations: WeakEquations, state: int, allowed: Mask, required: Mask, penalty: Penalty, max_terms: int
) -> Beginning:
    """Propose where to begin the search for one equation.

    Parameters
    ----------
    equations : WeakEquations
        Rows of all window widths.
    state : int
        Which equation.
    allowed, required : ndarray (K,) of bool
        Restrictions.
    penalty : Penalty
        What proposes masks.
    max_terms : int
        Largest mask looked at.

    Returns
    -------
    Beginning
        Superset, preferred mask and its coefficients.
    """
    votes, all_votes = np.zeros(len(allowed)), np.zeros(len(allowed))
    regressions, best = [], []
    for level in range(len(equations.levels)):
        regression = equations.weighted(state, level, None)
        masks = propose(regression, penalty, allowed, required, max_terms)
        order = _preferred(regression, masks)
        for j in range(max(0, order - SMALLER), min(len(masks), order + LARGER + 1)):
            votes += masks[j] * (1.0 if j <= order + 1 else HALF)
        for mask in masks:
            all_votes += mask
        regressions.append(regression)
        best.append(masks[order])
    superset, wide = _elected(votes, required), _elected(all_votes, required)
    middle = min(1, len(best) - 1)
    preferred = (best[middle] & superset) | required
    coef = np.zeros((len(regressions[middle].thetas), len(allowed)))
    for e, (theta, y) in enumerate(zip(regressions[middle].thetas, regressions[middle].targets, strict=True)):
        if preferred.any() and len(y):
            coef[e, preferred] = np.nan_to_num(least_squares(theta[:, preferred], y).coef)
    return Beginning(superset, wide, coef, all_votes + 0.5 * _correlation(regressions[middle], preferred, coef))


def _correlation(regression: Regression, preferred: Mask, coef: Array) -> Array:
    """Share of what the preferred mask leaves that each term alone would explain (K,), the largest being 1."""
    gain = np.zeros(len(preferred))
    for theta, y, own in zip(regression.thetas, regression.targets, coef, strict=True):
        left = y - theta @ own
        size = np.maximum((theta**2).sum(axis=0), 1e-300)
        gain += (theta.T @ left) ** 2 / size / max(float(left @ left), 1e-300)
    return gain / max(float(gain.max(initial=0.0)), 1e-300)


def _elected(votes: Array, required: Mask) -> Mask:
    """The terms with the most votes, and the required ones."""
    most = np.argsort(-votes, kind="stable")[:MOST]
    out = required.copy()
    out[most[votes[most] > 0]] = True
    return out


def _preferred(regression: Regression, masks: list[Mask]) -> int:
    """Position of the mask with the lowest BIC of the rows."""
    system = [(theta, y) for theta, y in zip(regression.thetas, regression.targets, strict=True) if len(y)]
    length = np.array([len(y) for _, y in system])
    n = np.maximum(length / OVERLAP, 2.0)
    rows = [np.column_stack([theta, y]) for theta, y in system]
    grams = np.array([own.T @ own for own in rows])
    floor = 1e-12 * grams[:, -1, -1] / length + 1e-300
    values = [(n * np.log(_left(grams, mask) / length + floor)).sum() + mask.sum() * np.log(n).sum() for mask in masks]
    return int(np.argmin(values))


def _left(grams: Array, mask: Mask) -> Array:
    """Residual sums of squares of a mask (E,) from the products of the rows; never negative."""
    chosen = np.flatnonzero(mask)
    coef, inner = np.zeros((len(grams), len(chosen))), np.empty((len(grams), len(chosen), len(chosen)))
    cross = np.ascontiguousarray(grams[:, :-1, -1])
    solve_part(grams, cross, chosen, inner, coef)
    return np.maximum(grams[:, -1, -1] - (coef * cross[:, chosen]).sum(axis=1), 0.0)
