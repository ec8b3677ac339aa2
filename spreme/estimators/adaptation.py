"""Coefficients of an unseen environment: the same mask and rows, shrunk to the population of fitted environments.

    posterior precision  F + 1/tau^2,    mean  (F + 1/tau^2)^-1 (F c + mu/tau^2)

F the information of the new data, mu and tau^2 mean and variance of a coefficient over the fitted environments, the
variance corrected for the errors of the estimates. F grows with the data, so the prior fades; where the new
data alone contradict it, tau grows to the distance (empirical Bayes).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from spreme.data import Trajectories
from spreme.estimators.discovery import Equations, grouped, make_equations
from spreme.estimators.options import Options
from spreme.noise import noise_std
from spreme.results import Law
from spreme.selection.regression import Regression
from spreme.selection.weak_equations import WeakEquations

Array = NDArray[np.float64]

# With fewer samples the new data cannot tell their own noise, and that of the fitted environments is taken.
SAMPLES_FOR_NOISE = 40
# Coefficients differ between environments by at least this share of their size, however alike the fitted ones are.
LEAST_SPREAD = 0.01
# Residuals this many times larger than in the fitted environments (and than the noise) contradict the mask.
ALARM = 4.0
# With this many rows per coefficient the new data tell their own residual variance.
ROWS_PER_TERM = 5
ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Population:
    """Mean and standard deviation (S, K) of each coefficient over environments; infinite for only one."""

    mean: Array
    std: Array


class Posterior(NamedTuple):
    """Coefficients and standard errors (s,), rows, residual in units of the noise, mean log standard error."""

    coef: Array
    std: Array
    n_rows: int
    residual: float
    doubt: float


def nothing_known(law: Law) -> Population:
    """Prior that says nothing."""
    return Population(np.zeros(law.mask.shape), np.full(law.mask.shape, np.inf))


def population(law: Law) -> Population:
    """Describe the fitted environments."""
    observed = np.isfinite(law.coef) & law.mask
    count = observed.sum(axis=0)
    total = np.where(observed, law.coef, 0.0).sum(axis=0)
    mean = total / np.maximum(count, 1)
    square = np.where(observed, (law.coef - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count - 1, 1)
    error = np.where(observed, np.nan_to_num(law.coef_std) ** 2, 0.0).sum(axis=0) / np.maximum(count, 1)
    std = np.sqrt(np.maximum(square - error, (LEAST_SPREAD * mean) ** 2))
    # few environments know their own variance badly: a predictive interval of Student's t instead of the Gaussian one
    wider = stdtrit(np.maximum(count - 1, 1), 0.975) / 1.96 * np.sqrt(1 + 1 / np.maximum(count, 1))
    return Population(np.where(law.mask, mean, 0.0), np.where(count > 1, wider * std, np.inf))


def adapt_law(
    law: Law, residual: Array, prior: Population | None, data: Trajectories, options: Options
) -> tuple[Law, Array, str]:
    """Fit the coefficients of the mask to one new environment.

    Parameters
    ----------
    law : Law
        The fitted law.
    residual : ndarray (E, S)
        Its residuals in units of the noise.
    prior : Population or None
        Prior of the coefficients; None for none.
    data : Trajectories
        Recordings of one new environment.
    options : Options
        Options of the fit.

    Returns
    -------
    law : Law
        With the new environment alone.
    residual : ndarray (1, S)
        Its residuals.
    status : str
        "converged" or complaints in words; they are also warned of.
    """
    environments = grouped(data)
    noise = noise_std(environments[0])
    if data.n_samples < SAMPLES_FOR_NOISE:
        noise = np.maximum(noise, np.median(law.noise_std, axis=0))
    equations = make_equations(environments, law.table, noise[None], options)
    usual = np.maximum(np.median(residual, axis=0), 1.0)
    coef, std = np.zeros((1, *law.mask.shape)), np.full((1, *law.mask.shape), np.nan)
    new_residual, complaints = np.zeros((1, len(law.state_names))), []
    for s, name in enumerate(law.state_names):
        mask = law.mask[s]
        own = _posterior(equations, s, mask, prior or nothing_known(law), usual[s])
        if prior is None and own.n_rows < mask.sum():
            raise ValueError(
                f"the new data have too few samples to fit the {mask.sum()} terms of {name}' without a prior: "
                "record more, or use prior=True"
            )
        coef[0, s, mask], std[0, s, mask], new_residual[0, s] = own.coef, own.std, own.residual
        complaints += _complaints(name, own, int(mask.sum()), usual[s])
    status = "; ".join(complaints) or "converged"
    if complaints:
        warnings.warn(status, UserWarning, stacklevel=4)
    scale = equations.sigma * new_residual if isinstance(equations, WeakEquations) else noise[None]
    return Law(law.table, law.mask, coef, std, tuple(data.environments), scale), new_residual, status


def _complaints(name: str, own: Posterior, n_terms: int, usual: float) -> list[str]:
    """What the user must know before trusting an adapted equation."""
    if own.n_rows < n_terms:
        return [f"too few samples to fit {name}' from the new data alone: its coefficients rest on the prior"]
    if own.n_rows > n_terms + 2 and own.residual > ALARM * usual:
        return [
            f"the fitted mask does not describe the new environment: residuals of {name}' are {own.residual:.3g} times "
            f"the noise, {usual:.3g} in the fitted environments. A term may be missing there; fit it with the others"
        ]
    return []


def _posterior(equations: Equations, state: int, mask: NDArray[np.bool_], prior: Population, usual: float) -> Posterior:
    """Posterior of one equation at the window width that determines its coefficients best."""
    mean, spread = prior.mean[state, mask], prior.std[state, mask]
    found = [_at_level(equations, state, level, mask, mean, spread, usual) for level in range(len(equations.levels))]
    if not np.isfinite(spread).all():  # without a prior only widths with enough rows can tell
        found = [own for own in found if own.n_rows >= len(mean)] or found
    return min(found, key=lambda own: own.doubt, default=Posterior(mean, spread, 0, float("nan"), 0.0))


def _at_level(
    equations: Equations, state: int, level: int, mask: NDArray[np.bool_], mean: Array, spread: Array, usual: float
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
    return Posterior(coef, std, n_rows, residual, doubt)


def _relaxed(regression: Regression, mask: NDArray[np.bool_], mean: Array, spread: Array, scale: float) -> Array:
    """Prior deviations, widened where the new data alone contradict them: the distance beyond their own error."""
    if len(regression.targets[0]) < len(mean) + 2:
        return spread
    alone, covariance, _ = _combine(regression, mask, mean, np.full(len(mean), np.inf), scale)
    beyond = (alone - mean) ** 2 - np.diag(covariance)
    return np.sqrt(np.fmax(spread**2, beyond))


def _combine(
    regression: Regression, mask: NDArray[np.bool_], mean: Array, spread: Array, usual: float
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
