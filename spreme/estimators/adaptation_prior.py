"""The fitted environments as a prior for new ones, and how it gives way where data contradict it.

    c ~ N(mu, D),  D = diag(tau^2 + error of mu),  widened as Student's t where few environments tell tau

    relaxed:  tau_j^2 <- max(tau_j^2, E[(c_j - mu_j)^2 | data]),  iterated

The iteration is the EM algorithm for the evidence of the new data over tau, bounded below by what the population says:
data that agree with the population leave it alone, data that contradict it beyond their own error widen it to the
distance, coefficients on which they are silent keep their prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from spreme.likelihood.population import fit_population
from spreme.likelihood.wald import information, observed_estimates
from spreme.results import Law

Array = NDArray[np.float64]

# Coefficients differ between environments by at least this share of their size, however alike the fitted ones are.
LEAST_SPREAD = 0.01
# Iterations of the EM algorithm, and the relative change that ends them.
MOST_ROUNDS, SETTLED = 300, 1e-3
# Directions, in units of the diagonal, that neither data nor prior determine.
UNKNOWN = 1e-12


@dataclass(frozen=True, eq=False)
class Population:
    """Mean and standard deviation (S, K) of each coefficient over environments; infinite for only one."""

    mean: Array
    std: Array


def nothing_known(law: Law) -> Population:
    """Prior that says nothing."""
    return Population(np.zeros(law.mask.shape), np.full(law.mask.shape, np.inf))


def population(law: Law, covariance: Array) -> Population:
    """Describe the fitted environments.

    Parameters
    ----------
    law : Law
        Fitted law.
    covariance : ndarray (E, q, q)
        Covariances of the errors of its coefficients, in the order of the mask; NaN where not observed.

    Returns
    -------
    Population
        What a new environment is expected to be like.
    """
    mean, std = np.zeros(law.mask.shape), np.full(law.mask.shape, np.inf)
    coef, variance = observed_estimates(law.coef[:, law.mask], np.einsum("eqq->eq", covariance))
    count = np.isfinite(coef).sum(axis=0)
    if count.any():
        fitted = fit_population(coef, information(covariance, variance))
        centre = np.nan_to_num(fitted.mean)
        # maximum likelihood takes the variance about the fitted mean for that about the true one
        unbiased = np.nan_to_num(fitted.std) * np.sqrt(count / np.maximum(count - 1, 1))
        error = np.nan_to_num(np.einsum("qq->q", fitted.mean_covariance))
        spread = np.sqrt(np.maximum(unbiased, LEAST_SPREAD * np.abs(centre)) ** 2 + error)
        # few environments know their own variance badly: a predictive interval of Student's t instead of the Gaussian
        wider = stdtrit(np.maximum(count - 1, 1), 0.975) / 1.96
        mean[law.mask] = centre
        std[law.mask] = np.where(count > 1, np.maximum(wider * spread, np.finfo(float).tiny ** 0.25), np.inf)
    return Population(mean, std)


def relaxed(variance: Array, mean: Array, fisher: Array, vector: Array) -> Array:
    """Variances of a prior, widened where data contradict it.

    Parameters
    ----------
    variance, mean : ndarray (q,)
        The prior; variances may be infinite.
    fisher : ndarray (q, q)
        Information F of the data.
    vector : ndarray (q,)
        F c with c the estimate from the data alone.

    Returns
    -------
    ndarray (q,)
        At least the given variances.
    """
    now, bounded = variance, np.isfinite(variance)
    for _ in range(MOST_ROUNDS):
        covariance = np.nan_to_num(posterior_covariance(fisher, now))
        coef = covariance @ (vector + np.where(bounded, mean / now, 0.0))
        moment = (coef - mean) ** 2 + np.diag(covariance)
        then = np.where(bounded, np.fmax(variance, moment), now)
        if np.all(then[bounded] <= (1.0 + SETTLED) * now[bounded]):
            return then
        now = then
    return now


def posterior_covariance(fisher: Array, variance: Array) -> Array:
    """Inverse (q, q) of the data's information plus the prior's; NaN for what neither knows anything of."""
    total = fisher + np.diag(np.where(np.isfinite(variance), 1.0 / variance, 0.0))
    size = np.sqrt(np.maximum(np.diag(total), 0.0))
    known = size > 0
    out = np.full(total.shape, np.nan)
    scale = size[known]
    values, vectors = np.linalg.eigh(total[np.ix_(known, known)] / scale[:, None] / scale)
    half = vectors / np.sqrt(np.maximum(values, UNKNOWN)) / scale[:, None]
    out[np.ix_(known, known)] = half @ half.T
    return out
