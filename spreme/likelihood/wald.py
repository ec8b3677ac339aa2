"""Wald tests on the coefficients of a law, and Holm's correction for many tests.

    same:  sum_e (c_e - m)^2 / v_e ~ chi2 with (number of environments) - 1 degrees, m the mean with weights 1 / v_e
    zero:  c_e^2 / v_e ~ chi2 with 1 degree

c_e coefficient, v_e variance of its error, in the environments that observe it; NaN in the others.

References
----------
Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10.
Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Array = NDArray[np.float64]

# No coefficient is known better than this share of its size over environments: integration is not more exact.
LEAST_ERROR = 1e-9
# Eigenvalues of a correlation matrix below this are rounding.
ROUNDING = 1e-13


def observed_estimates(coef: Array, variance: Array) -> tuple[Array, Array]:
    """Coefficients and variances (E, q), NaN where either is unknown, variances not below what integration allows."""
    observed = np.isfinite(coef) & np.isfinite(variance)
    size = np.sqrt(np.where(observed, coef**2, 0.0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1))
    least = np.maximum((LEAST_ERROR * size) ** 2, np.finfo(float).tiny)
    return np.where(observed, coef, np.nan), np.where(observed, np.maximum(variance, least), np.nan)


def is_anything_known(coef: Array, variance: Array) -> bool:
    """Whether data told any coefficient (E, q): zeros of variance zero, of states that never change, need no data."""
    known = np.isfinite(coef) & np.isfinite(variance)
    return bool(known.all() or (known & ((coef != 0.0) | (variance != 0.0))).any())


def information(covariance: Array, variance: Array) -> Array:
    """Invert covariances (E, q, q), the variances (E, q) put on the diagonal; zero where these are NaN."""
    out = np.zeros_like(covariance)
    for own, cov, var in zip(out, covariance, variance, strict=True):
        index = np.flatnonzero(np.isfinite(var))
        size = np.sqrt(var[index])
        correlation = cov[np.ix_(index, index)] / size[:, None] / size
        np.fill_diagonal(correlation, 1.0)
        values, vectors = np.linalg.eigh(correlation)
        half = vectors / np.sqrt(np.maximum(values, ROUNDING)) / size[:, None]
        own[np.ix_(index, index)] = half @ half.T
    return out


def equality(coef: Array, variance: Array) -> tuple[Array, NDArray[np.int64], Array]:
    """Statistic, degrees of freedom and probability (q,) of equal coefficients; NaN with fewer than two."""
    weight = np.nan_to_num(1.0 / variance)
    known = np.nan_to_num(coef)
    total = weight.sum(axis=0)
    mean = (weight * known).sum(axis=0) / np.where(total > 0, total, 1.0)
    degrees = np.maximum(np.isfinite(coef).sum(axis=0) - 1, 0)
    statistic = np.where(degrees > 0, (weight * (known - mean) ** 2).sum(axis=0), np.nan)
    return statistic, degrees, np.where(degrees > 0, chdtrc(np.maximum(degrees, 1), statistic), np.nan)


def p_value_of_zero(coef: Array, variance: Array) -> Array:
    """Probability of so large a coefficient if it is zero."""
    return chdtrc(1.0, coef**2 / variance)


def holm(p_value: Array) -> Array:
    """Adjusted probabilities, of the same shape; NaN are no tests."""
    adjusted = np.full(p_value.shape, np.nan)
    order = np.argsort(p_value, axis=None)[: np.isfinite(p_value).sum()]
    factor = np.arange(len(order), 0, -1)
    adjusted.flat[order] = np.minimum(np.maximum.accumulate(factor * p_value.flat[order]), 1.0)
    return adjusted
