"""One equation as a linear regression in every environment, and its least squares fits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Columns whose share of the fit falls below this, relative to the largest, count as dependent on the others.
RANK = 1e-10


class Regression(NamedTuple):
    """Rows of one equation.

    Attributes
    ----------
    thetas : list of ndarray (n_e, K)
        Library rows of every environment.
    targets : list of ndarray (n_e,)
        Targets.
    n_effective : ndarray (E,)
        Number of independent rows.
    floor : ndarray (E,)
        Variance of the target below which a residual is not believed.
    """

    thetas: list[Array]
    targets: list[Array]
    n_effective: Array
    floor: Array


class Fit(NamedTuple):
    """Least squares on the columns of a mask in one environment; NaN where a column is zero on all rows."""

    coef: Array
    covariance: Array
    mean_square: float
    rank: int
    n_observed: int


def least_squares(theta: Array, target: Array) -> Fit:
    """Fit by QR on columns of unit norm; dependent columns get the solution of least norm.

    Parameters
    ----------
    theta : ndarray (n, s)
        Columns of the mask.
    target : ndarray (n,)
        Targets.

    Returns
    -------
    Fit
        Coefficients (s,), their covariance for residuals of unit variance (s, s), mean squared residual, rank, observed
        columns.
    """
    n, s = theta.shape
    scale = np.sqrt((theta**2).sum(axis=0))
    observed = np.flatnonzero(scale > 0)
    coef, covariance = np.full(s, np.nan), np.full((s, s), np.nan)
    if n == 0 or len(observed) == 0:
        return Fit(coef, covariance, float((target**2).mean()) if n else 0.0, 0, len(observed))
    q, r = np.linalg.qr(theta[:, observed] / scale[observed])
    u, d, vt = np.linalg.svd(r)
    rank = int((d > RANK * d[0]).sum())
    inverse = vt[:rank].T / d[:rank]
    solution = inverse @ (u[:, :rank].T @ (q.T @ target))
    residual = target - (theta[:, observed] / scale[observed]) @ solution
    coef[observed] = solution / scale[observed]
    covariance[np.ix_(observed, observed)] = (inverse @ inverse.T) / np.outer(scale[observed], scale[observed])
    return Fit(coef, covariance, float((residual**2).mean()), rank, len(observed))


def misfit(regression: Regression, mask: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Mean squared residual (E,) and number of observed terms (E,) of a mask in every environment."""
    fits = [least_squares(theta[:, mask], y) for theta, y in zip(regression.thetas, regression.targets, strict=True)]
    return np.array([fit.mean_square for fit in fits]), np.array([fit.n_observed for fit in fits])
