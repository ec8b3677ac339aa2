"""Least squares on every support of a path, from Gram matrices alone.

    minimise over b, b = 0 outside S:   y_sq_e - 2 b'c_e + b'G_e b,   for every environment e and every support S

One Cholesky factorisation each. Where a column of S is dependent in an environment, the solution of least norm is taken
there; a column that is zero gets the coefficient zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Pivots below this share of the diagonal are too close to dependence for a triangular solution.
NEARLY_DEPENDENT = 1e-10
# Singular values below this share of the largest are rounding.
RANK = 1e-13


def refit_supports(gram: Array, cross: Array, masks: NDArray[np.bool_]) -> Array:
    """Least-squares coefficients of every support in every environment.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Gram matrices.
    cross : ndarray (E, K)
        Cross products with the target of one state.
    masks : ndarray (A, K) of bool
        Supports.

    Returns
    -------
    ndarray (A, E, K)
        Coefficients: zero outside the support and where a column is zero, of least norm where columns are dependent.

    Examples
    --------
    >>> refit_supports(4.0 * np.eye(2)[None], np.array([[1.0, 3.0]]), np.array([[True, False]])).tolist()
    [[[0.25, 0.0]]]
    """
    coef = np.zeros((len(masks), *cross.shape))
    for own, mask in zip(coef, masks, strict=True):
        columns = np.flatnonzero(mask)
        if len(columns):
            own[:, columns] = _solve(gram[:, columns[:, None], columns], cross[:, columns])
    return coef


def _solve(gram: Array, cross: Array) -> Array:
    """Solutions (E, s) of all environments: together where no column is dependent, one by one otherwise."""
    coef, diagonal = np.zeros_like(cross), np.diagonal(gram, axis1=1, axis2=2)
    try:
        pivots = np.diagonal(np.linalg.cholesky(gram), axis1=1, axis2=2) ** 2
    except np.linalg.LinAlgError:
        pivots = np.zeros_like(diagonal)
    if (pivots > NEARLY_DEPENDENT * diagonal).all():
        coef[:] = np.linalg.solve(gram, cross[..., None])[..., 0]
        return coef
    for e in range(len(gram)):
        seen = np.flatnonzero(diagonal[e] > 0)
        coef[e, seen] = np.linalg.lstsq(gram[e][np.ix_(seen, seen)], cross[e, seen], rcond=RANK)[0]
    return coef
