r"""All coefficients together: generalised least squares with the covariance of the estimates of each environment.

    a_e = X_e b + u_e + r_e,    u_e ~ N(0, diag(tau^2)),  r_e ~ N(0, V_e)
    b = argmin sum_e (a_e - X_e b)' (V_e + diag(tau^2))^-1 (a_e - X_e b)

Errors of the coefficients of one environment are correlated, so that what is known about one, such as that it is the
same everywhere, sharpens the others (seemingly unrelated regressions).

References
----------
Zellner, A. (1962). An efficient method of estimating seemingly unrelated regressions and tests for aggregation bias.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws.estimates import Estimates

Array = NDArray[np.float64]


def fit_jointly(estimates: Estimates, designs: list[Array], between: Array, used: Array) -> tuple[Array, Array]:
    """Fit the coefficients of all laws.

    Parameters
    ----------
    estimates : Estimates
        Coefficients (E, q) and their errors.
    designs : list of ndarray (E, p_j)
        Columns of the law of each coefficient.
    between : ndarray (q,)
        Variances tau^2.
    used : ndarray (q,) of bool
        Coefficients that take part; the others have no columns.

    Returns
    -------
    ndarray (P,), ndarray (P, P)
        Coefficients of all laws in order, and their covariance.
    """
    scale = np.concatenate([np.maximum(np.linalg.norm(own, axis=0), 1e-300) for own in designs])
    first = np.concatenate([[0], np.cumsum([own.shape[1] for own in designs])])
    rows, target = [], []
    for e in range(len(estimates.coef)):
        index = np.flatnonzero(estimates.observed[e] & used)
        block = np.zeros((len(index), first[-1]))
        for i, j in enumerate(index):
            block[i, first[j] : first[j + 1]] = designs[j][e]
        error = estimates.covariance[e][np.ix_(index, index)] + np.diag(between[index])
        whitened = _whiten(error, np.column_stack([block / scale, estimates.coef[e, index]]))
        rows.append(whitened[:, :-1])
        target.append(whitened[:, -1])
    return _solve(np.vstack(rows), np.concatenate(target), scale)


def _whiten(covariance: Array, values: Array) -> Array:
    """Multiply by an inverse root of a covariance, in units of its diagonal."""
    size = np.sqrt(np.diag(covariance))
    eigenvalues, vectors = np.linalg.eigh(covariance / np.outer(size, size))
    root = vectors / np.sqrt(np.maximum(eigenvalues, 1e-13))
    return root.T @ (values / size[:, None])


def _solve(rows: Array, target: Array, scale: Array) -> tuple[Array, Array]:
    """Least squares by QR, and the covariance of the solution."""
    q, r = np.linalg.qr(rows)
    inverse = np.linalg.inv(r) / scale[:, None]
    return inverse @ (q.T @ target), inverse @ inverse.T
