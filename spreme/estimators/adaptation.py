"""Coefficients of an unseen environment: the same mask and rows, shrunk to the population of fitted environments.

    posterior precision  F + 1/tau^2,    mean  (F + 1/tau^2)^-1 (F c + mu/tau^2)

F the information of the new data, mu and tau^2 mean and variance of a coefficient over the fitted environments, the variance corrected
for the errors of the estimates. F grows with the data, so the prior fades.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, eq=False)
class Population:
    """Mean and standard deviation (S, K) of each coefficient over environments; the deviation is infinite if there is only one."""

    mean: Array
    std: Array


def population(law: Law) -> Population:
    """Describe the fitted environments."""
    observed = np.isfinite(law.coef) & law.mask
    count = observed.sum(axis=0)
    total = np.where(observed, law.coef, 0.0).sum(axis=0)
    mean = total / np.maximum(count, 1)
    square = np.where(observed, (law.coef - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count - 1, 1)
    error = np.where(observed, np.nan_to_num(law.coef_std) ** 2, 0.0).sum(axis=0) / np.maximum(count, 1)
    std = np.sqrt(np.maximum(square - error, (LEAST_SPREAD * mean) ** 2))
    return Population(np.where(law.mask, mean, 0.0), np.where(count > 1, std, np.inf))


def adapt_law(law: Law, residual: Array, prior: Population | None, data: Trajectories, options: Options) -> tuple[Law, Array, str]:
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
        mean, spread = (prior.mean[s, mask], prior.std[s, mask]) if prior else (np.zeros(mask.sum()), np.full(mask.sum(), np.inf))
        coef[0, s, mask], std[0, s, mask], n_rows, new_residual[0, s] = _posterior(equations, s, mask, mean, spread, usual[s])
        if n_rows < mask.sum():
            complaints.append(f"too few samples to fit {name}' from the new data alone: its coefficients rest on the prior")
        if n_rows > mask.sum() + 2 and new_residual[0, s] > ALARM * usual[s]:
            complaints.append(
                f"the fitted mask does not describe the new environment: residuals of {name}' are {new_residual[0, s]:.3g} times the "
                f"noise, {usual[s]:.3g} in the fitted environments. A term may be missing there; fit it together with the others"
            )
    status = "; ".join(complaints) or "converged"
    if complaints:
        warnings.warn(status, UserWarning, stacklevel=4)
    scale = equations.sigma * new_residual if isinstance(equations, WeakEquations) else noise[None]
    return Law(law.table, law.mask, coef, std, tuple(data.environments), scale), new_residual, status


def _posterior(
    equations: Equations, state: int, mask: NDArray[np.bool_], mean: Array, spread: Array, usual: float
) -> tuple[Array, Array, int, float]:
    """Coefficients, standard errors, number of rows and residual of one equation, at the width that determines them best."""
    best: tuple[float, Array, Array, int, float] | None = None
    for level in range(len(equations.levels)):
        pilot = mean[None] if np.isfinite(spread).all() and mean.any() else None
        regression = equations.weighted(state, level, mask, pilot)
        for _ in range(2):
            coef, covariance, residual = _combine(regression, mask, mean, spread, usual)
            regression = equations.weighted(state, level, mask, coef[None])
        coef, covariance, residual = _combine(regression, mask, mean, spread, usual)
        std = np.sqrt(np.diag(covariance)) if mask.any() else np.zeros(0)
        doubt = float(np.nanmean(np.log(np.maximum(std, 1e-300)))) if np.isfinite(std).any() else 0.0
        if best is None or doubt < best[0]:
            best = (doubt, coef, std, len(regression.targets[0]), residual)
    if best is None:
        return mean, spread, 0, float("nan")
    return best[1:]


def _combine(regression: Regression, mask: NDArray[np.bool_], mean: Array, spread: Array, usual: float) -> tuple[Array, Array, float]:
    """Posterior mean and covariance; NaN for terms that neither data nor prior know. Residual in units of the noise."""
    theta, target = regression.thetas[0][:, mask], regression.targets[0]
    known = (np.abs(theta).sum(axis=0) > 0) | np.isfinite(spread)
    coef, covariance = np.full(len(mean), np.nan), np.full((len(mean), len(mean)), np.nan)
    if known.any():
        scale = np.maximum(np.abs(theta[:, known]).max(axis=0, initial=0.0), 1.0 / np.where(spread[known] > 0, spread[known], 1.0))
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
