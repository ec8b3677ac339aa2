r"""The environments as a sample of one population: evidence of a mask, and coefficients shrunken to each other.

    c_e ~ N(mu, D),  D = diag(tau^2),     estimate  a_e ~ N(c_e, F_e^-1)

    log Z = sum_e [ l_e + 1/2 log|2 pi F_e^-1| + log N(a_e; mu, D + F_e^-1) ]  at its maximum over mu and tau
            - q/2 log N - q/2 log E

The environments share strength: a coefficient that one of them hardly determines is drawn towards the others, and a
term that is alike everywhere (tau = 0) costs one parameter instead of E. `spread_profile` holds the maximisation.

Legend: E environments, q coefficients, N measured values, l_e log-likelihood, F_e Fisher information of the
coefficients, the starts of the trajectories eliminated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.spread_profile import Estimates, Maximum, maximise, solve_known

Array = NDArray[np.float64]

# Eigenvalues of the information, relative to its diagonal, below which a direction counts as unknown.
UNKNOWN = 1e-13
# Smallest eigenvalue of a matrix with unit diagonal that rounding leaves.
ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class Population:
    """Distribution of the coefficients over environments.

    Attributes
    ----------
    mean : ndarray (q,)
        Mean over environments; NaN for a term that no environment observes.
    std : ndarray (q,)
        Standard deviation tau over environments, free of the errors of the estimates; exactly 0 if these explain all
        differences.
    coef : ndarray (E, q)
        Posterior means: estimates shrunken to the mean. Where a term is not observed, what the population predicts.
    covariance : ndarray (E, q, q)
        Posterior covariances, the error of the mean included, that of tau not.
    mean_covariance : ndarray (q, q)
        Covariance of the mean, tau given.
    log_marginal : float
        What the population adds to the summed log-likelihoods, at most 0.
    converged : bool
        Whether the maximum was reached.
    """

    mean: Array
    std: Array
    coef: Array
    covariance: Array
    mean_covariance: Array
    log_marginal: float
    converged: bool


def fit_population(coef: Array, fisher: Array) -> Population:
    r"""Fit mean and spread of the coefficients over environments by maximum likelihood.

    .. math:: \hat c_e \sim N(\mu, \operatorname{diag}(\tau^2) + F_e^{-1})

    Parameters
    ----------
    coef : ndarray (E, q)
        Estimates of every environment; NaN where it does not observe a term.
    fisher : ndarray (E, q, q)
        Their information matrices, the residual variance divided out. May be singular.

    Returns
    -------
    Population
        At the maximum. A single environment has tau = 0.

    References
    ----------
    Carlin, B. P., Louis, T. A. (2000). Bayes and Empirical Bayes Methods for Data Analysis.
    Kass, R. E., Steffey, D. (1989). Approximate Bayesian inference in conditionally independent hierarchical models.
    Gilmour, A. R., Thompson, R., Cullis, B. R. (1995). Average information REML.

    Examples
    --------
    >>> coef = np.array([[1.0, 0.2], [3.0, 0.2], [2.0, np.nan]])
    >>> population = fit_population(coef, np.tile(100.0 * np.eye(2), (3, 1, 1)))
    >>> population.mean.round(3).tolist(), population.std.round(3).tolist()
    ([2.0, 0.2], [0.81, 0.0])
    """
    observed = np.isfinite(coef) & (np.einsum("ejj->ej", fisher) > 0)
    known = np.where(observed, coef, np.nan)
    scale = _scale(known, fisher)
    centre = np.nan_to_num(_median(known / scale))
    deviation = known / scale - centre
    estimates = Estimates(np.where(observed, deviation, 0.0), _root(fisher, observed, scale))
    best = maximise(estimates, np.nan_to_num(_median(deviation**2)))
    return _population(best, estimates, centre, scale, observed.any(axis=0))


def log_evidence(population: Population, log_likelihood: Array, n_values: int | NDArray[np.int64]) -> float:
    r"""Logarithm of the evidence of a mask: likelihoods, their fit into a population, and the price of its terms.

    .. math:: \log Z = \sum_e \ell_e + m - \tfrac{q}{2} \log N - \tfrac{q}{2} \log E

    with m = `population.log_marginal`. For one environment -2 log Z is the Bayesian information criterion.

    Parameters
    ----------
    population : Population
        Fit to the q coefficients of the mask.
    log_likelihood : ndarray (E,)
        Maximised log-likelihood of every environment.
    n_values : int or ndarray (E,) of int
        Number N of measured values in all environments; one number for each is summed.

    Returns
    -------
    float
        Comparable between masks on the same data.

    Examples
    --------
    >>> population = fit_population(np.array([[1.0]]), np.array([[[4.0]]]))
    >>> round(log_evidence(population, np.array([-10.0]), 100), 3)
    -12.303
    """
    q, n_environments = len(population.mean), len(log_likelihood)
    price = 0.5 * q * (np.log(np.sum(n_values)) + np.log(n_environments))
    return float(np.sum(log_likelihood) + population.log_marginal - price)


def _median(values: Array) -> Array:
    """Median over the first axis, leaving out NaN; NaN where nothing is left."""
    ordered = np.sort(values, axis=0)
    count = np.isfinite(values).sum(axis=0)
    column = np.arange(values.shape[1])
    return 0.5 * (
        ordered[np.maximum(count - 1, 0) // 2, column] + ordered[np.minimum(count // 2, len(values) - 1), column]
    )


def _scale(known: Array, fisher: Array) -> Array:
    """Sizes of the coefficients (q,): median, else what is just measurable, else 1."""
    size = np.nan_to_num(_median(np.abs(known)))
    information = np.einsum("ejj->j", fisher)
    measurable = 1.0 / np.sqrt(np.where(information > 0, information, 1.0))
    return np.where(size > 0, size, measurable)


def _root(fisher: Array, observed: NDArray[np.bool_], scale: Array) -> Array:
    """R with F = R'R in units of the scale, rows by falling eigenvalue of the matrix with unit diagonal."""
    size = np.where(observed, np.sqrt(np.maximum(np.einsum("ejj->ej", fisher), 0.0)), 0.0)
    inverse = np.divide(1.0, size, out=np.zeros_like(size), where=observed)
    unit = (
        np.where(observed[:, :, None] & observed[:, None, :], fisher, 0.0) * inverse[:, :, None] * inverse[:, None, :]
    )
    values, vectors = np.linalg.eigh(unit)
    values = np.where(values > UNKNOWN, values, 0.0)
    rows = np.sqrt(values)[:, ::-1, None] * vectors[:, :, ::-1].transpose(0, 2, 1)
    return np.ascontiguousarray(rows * (size * scale)[:, None, :])


def _population(
    best: Maximum, estimates: Estimates, centre: Array, scale: Array, is_known: NDArray[np.bool_]
) -> Population:
    """Posterior of every environment, back in the units of the coefficients."""
    point, units = best.point, np.where(is_known, scale, np.nan)
    error = solve_known(point.total, np.eye(len(scale)))
    keep = np.eye(len(scale)) - point.variance[:, None] * point.precision
    covariance = _given_mean(estimates.root, np.sqrt(point.variance)) + keep @ error @ keep.transpose(0, 2, 1)
    return Population(
        mean=units * (centre + point.mean),
        std=units * np.sqrt(point.variance),
        coef=units * (centre + point.mean + point.variance * point.pull),
        covariance=units[:, None] * covariance * units,
        mean_covariance=units[:, None] * error * units,
        log_marginal=point.value,
        converged=best.converged,
    )


def _given_mean(root: Array, spread: Array) -> Array:
    """Posterior covariance tau (I + tau F tau)^-1 tau, inverted with unit diagonal."""
    spread_root = root * spread
    matrix = np.eye(len(spread)) + spread_root.transpose(0, 2, 1) @ spread_root
    size = spread / np.sqrt(np.einsum("ejj->ej", matrix))
    unit = 1.0 / np.sqrt(np.einsum("ejj->ej", matrix))
    values, vectors = np.linalg.eigh(matrix * unit[:, :, None] * unit[:, None, :])
    values = np.maximum(values, ROUNDING)  # all but singular where coefficients are known to the last digit
    inverse = (vectors / values[:, None, :]) @ vectors.transpose(0, 2, 1)
    return size[:, :, None] * inverse * size[:, None, :]
