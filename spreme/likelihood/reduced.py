"""Quadratic model of the cost over the coefficients that environments share, own ones eliminated; see `tied`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Directions of the own coefficients, relative to the unit diagonal, that count as unknown.
UNKNOWN = 1e-11


class Reduced(NamedTuple):
    """Own coefficients eliminated: S (E, p, p), r (E, p), slope A_bb^-1 A_ba (E, q - p, p), own at a = 0 (E, q - p)."""

    information: Array
    right: Array
    slope: Array
    own: Array


def reduced_model(evaluator: Evaluator, fit: Fit, which: Mask) -> Reduced:
    """Quadratic model of the cost about a feasible fit, own coefficients eliminated."""
    found = evaluator.model(fit, fit.mask)
    if found is None:
        raise RuntimeError("a fit that was integrated could not be integrated again")
    parts = [_eliminate_own(matrix, right, which) for matrix, right in zip(*found, strict=True)]
    return Reduced(*(np.array(part) for part in zip(*parts, strict=True)))


def _eliminate_own(matrix: Array, right: Array, which: Mask) -> tuple[Array, Array, Array, Array]:
    """Schur complement of the own coefficients of one environment, inverted with unit diagonal."""
    diagonal = np.diag(matrix)[~which]
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    unit = matrix[np.ix_(~which, ~which)] * scale[:, None] * scale
    inverse = np.linalg.pinv(unit, rcond=UNKNOWN, hermitian=True) * scale[:, None] * scale
    mixed = matrix[np.ix_(~which, which)]
    slope, own = inverse @ mixed, inverse @ right[~which]
    return matrix[np.ix_(which, which)] - mixed.T @ slope, right[which] - mixed.T @ own, slope, own


def solve(reduced: Reduced, held: Mask, at: Array) -> Array:
    """Shared coefficients of the quadratic model, some held where they are."""
    free, total = ~held, reduced.information.sum(axis=0)
    right = reduced.right.sum(axis=0)[free] - total[np.ix_(free, held)] @ at[held]
    scale = 1.0 / np.sqrt(np.maximum(np.diag(total)[free], 1e-300))
    unit = total[np.ix_(free, free)] * scale[:, None] * scale
    out = np.array(at)
    out[free] = scale * (np.linalg.pinv(unit, rcond=UNKNOWN, hermitian=True) @ (scale * right))
    return out
