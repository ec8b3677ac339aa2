"""Coefficients of an unseen environment from the rows of the weak form, shrunk to the population.

    posterior precision  F + 1/tau^2,    mean  (F + 1/tau^2)^-1 (F c + mu/tau^2)

F the information of the rows, c their own estimate, mu and tau^2 mean and variance of the population; row by row of
the law, at the window width that determines its coefficients best. Where the rows alone contradict the prior, tau grows
to the distance (empirical Bayes).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation_prior import Population
from spreme.estimators.prepared import Equations
from spreme.selection.regression import Regression

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# With this many rows per coefficient the new data tell their own residual variance.
ROWS_PER_TERM = 5
ROUNDS = 3


class Posterior(NamedTuple):
    """Coefficients (s,), their covariance (s, s), rows, residual in units of the noise, mean log standard error."""

    coef: Array
    covariance: Array
    n_rows: int
    residual: float
    doubt: float


def posteriors(equations: Equations, mask: Mask, prior: Population, usual: Array) -> list[Posterior]:
    """Fit every equation of a mask to the rows of one environment.

    Parameters
    ----------
    equations : WeakEquations or DerivativeEquations
        Rows of one environment.
    mask : ndarray (S, K) of bool
        Terms.
    prior : Population
        Prior of the coefficients.
    usual : ndarray (S,)
        Residuals to expect, in units of the noise.

    Returns
    -------
    list of Posterior
        One for each state.
    """
    return [_posterior(equations, s, own, prior, usual[s]) for s, own in enumerate(mask)]


def _posterior(equations: Equations, state: int, mask: Mask, prior: Population, usual: float) -> Posterior:
    """Posterior of one equation at the window width that determines its coefficients best."""
    mean, spread = prior.mean[state, mask], prior.std[state, mask]
    found = [_at_level(equations, state, level, mask, mean, spread, usual) for level in range(len(equations.levels))]
    if not np.isfinite(spread).all():  # without a prior only widths with enough rows can tell
        found = [own for own in found if own.n_rows >= len(mean)] or found
    return min(found, key=lambda own: own.doubt, default=Posterior(mean, np.diag(spread**2), 0, float("nan"), 0.0))


def _at_level(
    equations: Equations, state: int, level: int, mask: Mask, mean: Array, spread: Array, usual: float
) -> Posterior:
    """Posterior of one equation from the rows of one window width, weighted by its own law."""
    pilot = mean[None] if np.isfinite(spread).all() and mean.any() else None
    scale, given = usual, spread
    for _ in range(ROUNDS):
        regression = equations.weighted(state, level, mask, pilot)
        spread = _relaxed(regression, mask, mean, given, scale)
        coef, covariance, residual = _combine(regression, mask, mean, spread, scale)
        pilot = np.nan_to_num(coef)[None]
        n_rows = len(regression.targets[0])
        if n_rows >= ROWS_PER_TERM * (len(mean) + 1):
            scale = max(residual, 1e-8)
    std = np.sqrt(np.diag(covariance))
    doubt = float(np.log(np.maximum(std[np.isfinite(std)], 1e-300)).mean()) if np.isfinite(std).any() else 0.0
    return Posterior(coef, covariance, n_rows, residual, doubt)


def _relaxed(regression: Regression, mask: Mask, mean: Array, spread: Array, scale: float) -> Array:
    """Prior deviations, widened where the new data alone contradict them: the distance beyond their own error."""
    if len(regression.targets[0]) < len(mean) + 2:
        return spread
    alone, covariance, _ = _combine(regression, mask, mean, np.full(len(mean), np.inf), scale)
    beyond = (alone - mean) ** 2 - np.diag(covariance)
    return np.sqrt(np.fmax(spread**2, beyond))


def _combine(
    regression: Regression, mask: Mask, mean: Array, spread: Array, usual: float
) -> tuple[Array, Array, float]:
    """Posterior mean and covariance; NaN for terms that neither data nor prior know. Residual in units of the noise."""
    theta, target = regression.thetas[0][:, mask], regression.targets[0]
    known = (np.abs(theta).sum(axis=0) > 0) | np.isfinite(spread)
    coef, covariance = np.full(len(mean), np.nan), np.full((len(mean), len(mean)), np.nan)
    if known.any():
        scale = np.maximum(
            np.abs(theta[:, known]).max(axis=0, initial=0.0), 1.0 / np.where(spread[known] > 0, spread[known], 1.0)
        )
        scale = np.where(scale > 0, scale, 1.0)
        rows = np.vstack([theta[:, known] / scale / usual, np.diag(1.0 / (spread[known] * scale))])
        wanted = np.concatenate([target / usual, mean[known] / spread[known]])
        u, d, vt = np.linalg.svd(rows, full_matrices=False)
        inverse = np.where(d > 1e-12 * d[0], 1.0 / np.maximum(d, 1e-300), 0.0)
        coef[known] = (vt.T * inverse) @ (u.T @ wanted) / scale
        covariance[np.ix_(known, known)] = ((vt.T * inverse**2) @ vt) / np.outer(scale, scale)
    left = target - theta @ np.nan_to_num(coef)
    free = max(len(target) - int(mask.sum()), 1)
    return coef, covariance, float(np.sqrt((left @ left) / free)) if len(target) else float("nan")
