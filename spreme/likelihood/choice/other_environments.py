"""Leave one environment out: how well the others foretell it, coefficients included.

    D(mask) = sum_e [ d_e + log|I + F_e V_e| + (c_e - m_e)' (F_e^-1 + V_e)^-1 (c_e - m_e) ]

d_e deviance of the fit of environment e, c_e its coefficients, F_e their information; m_e mean of the coefficients over
the other environments, V_e their covariance: spread over environments, corrected for their number, and error of the
mean. D is -2 log of the predictive likelihood in the quadratic approximation: terms that help in one environment and
whose coefficients the others do not foretell pay for themselves. As with all held-out data, a superfluous term costs
little on average and, the best of many, may seem to gain: the smallest law within one standard error is to be taken.

References
----------
Vehtari, Gelman and Gabry (2017), Practical Bayesian model evaluation using leave-one-out cross-validation, Statistics
and Computing 27.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.criteria import FLOOR, deviance
from spreme.likelihood.evaluation import Fit
from spreme.likelihood.population import fit_population

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def leave_one_environment_out(fit: Fit) -> Array:
    """Predictive deviance of every environment under the population of the others.

    Parameters
    ----------
    fit : Fit
        Of one mask in E environments, E > 2.

    Returns
    -------
    ndarray (E,)
        The smaller the better.
    """
    out = deviance(fit)
    if fit.n_terms == 0:
        return out
    fisher = fit.information / (fit.cost / fit.n_values + FLOOR)[:, None, None]
    coef = np.where(fit.observed, fit.coef, np.nan)
    for e in range(len(coef)):
        others = np.arange(len(coef)) != e
        mean, covariance = _foretold(coef[others], fisher[others], coef[e], fisher[e])
        out[e] += surprise(coef[e], fisher[e], mean, covariance)
    return out


def surprise(coef: Array, fisher: Array, mean: Array, covariance: Array) -> float:
    """log|I + F V| + (c - m)' (F^-1 + V)^-1 (c - m).

    Parameters
    ----------
    coef, mean : ndarray (q,)
        Estimate (NaN where not observed) and what was foretold.
    fisher, covariance : ndarray (q, q)
        Information of the estimate, uncertainty of what was foretold.

    Returns
    -------
    float
        What the likelihood loses because the coefficients had to be foretold.

    Examples
    --------
    >>> round(surprise(np.array([3.0]), np.eye(1), np.array([1.0]), 3.0 * np.eye(1)), 3)
    2.386
    """
    known = np.isfinite(coef)
    away, fisher = (coef - mean)[known], fisher[np.ix_(known, known)]
    size = np.sqrt(np.diag(covariance)[known])
    values, vectors = np.linalg.eigh(covariance[np.ix_(known, known)] / size[:, None] / size)
    root = size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    half = fisher @ root
    inner = np.eye(len(away)) + root.T @ half
    pull = half.T @ away
    return float(np.linalg.slogdet(inner)[1] + away @ fisher @ away - pull @ np.linalg.solve(inner, pull))


def _foretold(others: Array, fisher: Array, coef: Array, own: Array) -> tuple[Array, Array]:
    """Mean and covariance of the coefficients of an environment, foretold by others; vague where none observes one."""
    population = fit_population(others, fisher)
    count = np.isfinite(others).sum(axis=0)
    error = np.nan_to_num(population.mean_covariance)
    spread = np.nan_to_num(population.std) ** 2 * count / np.maximum(count - 1, 1)
    vague = np.nan_to_num(coef) ** 2 + 1.0 / np.maximum(np.diag(own), 1e-300)
    spread = np.where(count > 0, spread, vague)
    covariance = error + np.diag(np.maximum(spread, 1e-12 * vague))
    return np.nan_to_num(population.mean), covariance
