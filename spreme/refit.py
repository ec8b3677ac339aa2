"""Coefficients of a given mask: weighted least squares by QR in every environment.

The rows of every window width give an estimate; the width whose estimates are known best, relative to their size, is
taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from spreme.selection.regression import Fit, Regression, least_squares

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Window widths whose residual variance is below this multiple of the chosen width's fit about as well.
SIMILAR_FIT = 2.0


@dataclass(frozen=True, eq=False)
class Refit:
    """Coefficients of one equation.

    Attributes
    ----------
    coef, coef_std : ndarray (E, s)
        Coefficients of the terms of the mask and their standard errors, widened by Student's factor where few rows
        tell the variance of the residuals; NaN where not observed.
    covariance : ndarray (E, s, s)
        Covariance of the coefficients; NaN where not observed.
    residual : ndarray (E,)
        Root mean square of the residuals in units of the weights, from the rows that tell it best.
    misfit : float
        The same over all environments, from the rows that the coefficients come from.
    dependent : tuple of int
        Environments in which the terms are linearly dependent.
    """

    coef: Array
    coef_std: Array
    covariance: Array
    residual: Array
    misfit: float
    dependent: tuple[int, ...]


def refit(weighted: Callable[[int, Mask | None], Regression], n_levels: int, mask: Mask) -> Refit:
    """Fit the coefficients of a mask.

    Parameters
    ----------
    weighted : callable
        weighted(level, mask) -> Regression.
    n_levels : int
        Number of window widths.
    mask : ndarray (K,) of bool
        Terms.

    Returns
    -------
    Refit
        Coefficients, standard errors and residuals.
    """
    regressions = [weighted(level, mask) for level in range(n_levels)]
    fits = [
        [least_squares(theta[:, mask], y) for theta, y in zip(r.thetas, r.targets, strict=True)] for r in regressions
    ]
    n = np.array([r.n_effective for r in regressions])
    doubt = np.array(
        [[_doubt(fit, size) for fit, size in zip(own, sizes, strict=True)] for own, sizes in zip(fits, n, strict=True)]
    )
    common = _common_level(doubt)
    levels = [common if common >= 0 else _own_level(doubt[:, e], n[:, e]) for e in range(doubt.shape[1])]
    chosen = [fits[level][e] for e, level in enumerate(levels)]
    n_rows = [float(len(regressions[level].targets[e])) for e, level in enumerate(levels)]
    spread = [_variance(fit, rows) for fit, rows in zip(chosen, n_rows, strict=True)]
    repeats = [rows / max(n[level, e], 1.0) for e, (rows, level) in enumerate(zip(n_rows, levels, strict=True))]
    covariance = np.array([fit.covariance * v * r for fit, v, r in zip(chosen, spread, repeats, strict=True)])
    student = np.array([_student(fit, m) for fit, m in zip(chosen, n_rows, strict=True)])
    return Refit(
        coef=np.array([fit.coef for fit in chosen]),
        coef_std=np.sqrt(np.einsum("ejj->ej", covariance)) * student[:, None],
        covariance=covariance,
        residual=_residuals(regressions, fits, common),
        misfit=float(np.sqrt(np.mean(spread))),
        dependent=tuple(e for e, fit in enumerate(chosen) if fit.rank < fit.n_observed),
    )


def _common_level(doubt: Array) -> int:
    """Window width (row of doubt, shape levels x E) that serves all environments best; -1 if none serves all."""
    usable = np.flatnonzero(np.isfinite(doubt).all(axis=1))
    return int(usable[np.argmin(doubt[usable].mean(axis=1))]) if len(usable) else -1


def _own_level(doubt: Array, n: Array) -> int:
    """Window width that serves one environment best; the one with the most rows if none has more rows than terms."""
    return int(np.argmin(doubt)) if np.isfinite(doubt).any() else int(np.argmax(n))


def _residuals(regressions: list[Regression], fits: list[list[Fit]], common: int) -> Array:
    """Residuals (E,) at the width with the most rows among those that fit about as well: they tell the noise best."""
    rows = np.array([[float(len(y)) for y in r.targets] for r in regressions])
    variance = np.array(
        [[_variance(fit, n) for fit, n in zip(own, sizes, strict=True)] for own, sizes in zip(fits, rows, strict=True)]
    )
    total = (variance * rows).sum(axis=1) / np.maximum(rows.sum(axis=1), 1.0)
    good = total <= SIMILAR_FIT * (total[common] if common >= 0 else total.min())
    level = int(np.argmax(np.where(good, rows.sum(axis=1), -1.0)))
    best = np.where(rows[level] > 0, variance[level], variance.max(axis=0))
    return np.sqrt(best)


def _variance(fit: Fit, n: float) -> float:
    """Residual variance, corrected for the fitted coefficients; at least that of the noise, one, if no row is left."""
    free = n - fit.rank
    return fit.mean_square * n / free if free >= 1.0 else max(fit.mean_square, 1.0)


def _student(fit: Fit, n: float) -> float:
    """Factor of a standard error by which 1.96 of them are a 95 % interval, however few rows tell the variance."""
    free = n - fit.rank
    return float(stdtrit(free, 0.975) / 1.96) if free >= 1.0 else 1.0


def _doubt(fit: Fit, n: float) -> float:
    """Mean logarithm of relative standard errors; infinite where there are fewer rows than coefficients."""
    if n <= fit.n_observed or (n == 0):
        return float("inf")
    observed = np.isfinite(fit.coef)
    if not observed.any():
        return float(np.log(max(fit.mean_square, 1e-300)))
    variance = np.diag(fit.covariance)[observed] * _variance(fit, n)
    return float(
        np.mean(0.5 * np.log(np.maximum(variance, 1e-300)) - np.log(np.maximum(np.abs(fit.coef[observed]), 1e-300)))
    )
