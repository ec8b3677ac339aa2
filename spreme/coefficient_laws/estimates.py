"""What a fitted model says about its coefficients: estimates, errors, and which of them vary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.term_report import TermReport
from spreme.likelihood.wald import observed_estimates

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Estimates:
    """Coefficients of all environments on the scale on which their laws are sought.

    Attributes
    ----------
    coef : ndarray (E, q)
        The q coefficients of the mask, or the logarithms of their sizes; NaN where not observed.
    covariance : ndarray (E, q, q)
        Covariances of their errors; NaN where not observed.
    sign : ndarray (q,)
        Sign of a coefficient whose logarithm is taken; 0 for the others.
    varies : ndarray (q,) of bool
        Whether a law is sought.
    tied : ndarray (q,) of bool
        Whether one estimate was made from all environments.
    """

    coef: Array
    covariance: Array
    sign: Array
    varies: Mask
    tied: Mask

    @property
    def variance(self) -> Array:
        """Variances of the errors (E, q)."""
        return np.einsum("eqq->eq", self.covariance)

    @property
    def observed(self) -> Mask:
        """Where a coefficient is observed (E, q)."""
        return np.isfinite(self.coef)


def make_estimates(coef: Array, covariance: Array, report: TermReport, transform: Any) -> Estimates:
    """Gather estimates (E, q) and covariances (E, q, q), logarithms taken where wanted."""
    known, variance = observed_estimates(coef, np.einsum("eqq->eq", covariance))
    covariance = np.where(np.isnan(known)[:, :, None] | np.isnan(known)[:, None, :], np.nan, covariance)
    size = np.sqrt(np.maximum(np.einsum("eqq->eq", covariance), np.finfo(float).tiny))
    # the floor of a variance scales its correlations along
    ratio = np.sqrt(variance) / size
    covariance = covariance * ratio[:, :, None] * ratio[:, None, :]
    for own, var in zip(covariance, variance, strict=True):
        np.fill_diagonal(own, var)
    varies = np.array([row.verdict == "varies" for row in report.rows])
    count = np.isfinite(known).sum(axis=0)
    tied = np.array([n > 1 and bool(np.ptp(c[np.isfinite(c)]) == 0.0) for n, c in zip(count, known.T, strict=True)])
    sign = _signs(known, varies, report, transform)
    return _on_log_scale(Estimates(known, covariance, sign, varies, tied))


def _on_log_scale(given: Estimates) -> Estimates:
    """Logarithms of the coefficients that have a sign, their covariances by the delta method."""
    is_log = given.sign != 0
    slope = np.where(is_log, 1.0 / np.where(is_log, given.coef, 1.0), 1.0)
    coef = np.where(is_log, np.log(np.where(is_log, np.abs(given.coef), 1.0)), given.coef)
    covariance = given.covariance * slope[:, :, None] * slope[:, None, :]
    return Estimates(coef, covariance, given.sign, given.varies, given.tied)


def _signs(coef: Array, varies: Mask, report: TermReport, transform: Any) -> Array:
    """Signs (q,) of the coefficients whose logarithm is wanted, 0 for the others."""
    symbols = [row.symbol for row in report.rows]
    wanted = _wanted(symbols, varies, transform)
    sign = np.zeros(len(symbols))
    for p, symbol in enumerate(symbols):
        own = coef[np.isfinite(coef[:, p]), p]
        if symbol in wanted and varies[p]:
            if not len(own) or not (np.sign(own) == np.sign(own[0])).all() or own[0] == 0.0:
                raise ValueError(
                    f"transform='log' of {symbol}: the coefficient changes its sign over the environments "
                    f"({own.min():.4g} to {own.max():.4g}); leave it out of transform"
                )
            sign[p] = np.sign(own[0])
    return sign


def _wanted(symbols: list[str], varies: Mask, transform: Any) -> set[str]:
    """Names of the coefficients whose logarithm is wanted."""
    if transform is None:
        return set()
    if transform == "log":
        return {symbol for symbol, is_wanted in zip(symbols, varies, strict=True) if is_wanted}
    if not isinstance(transform, Mapping):
        raise TypeError(
            f"transform must be None, 'log' or a dict such as {{{symbols[0]!r}: 'log'}}, got {transform!r:.60}"
        )
    for symbol, name in transform.items():
        if symbol not in symbols:
            raise ValueError(f"transform: unknown coefficient {symbol!r}: the model has {', '.join(symbols)}")
        if name != "log":
            raise ValueError(f"transform of {symbol}: 'log' is the only one, got {name!r:.60}")
    return set(transform)
