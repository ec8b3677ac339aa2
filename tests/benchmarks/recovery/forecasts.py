"""Forecasts of many candidate laws at once, and criteria that judge their errors on held-out data.

    AICc = n log(RSS / n) + 2 k + 2 k (k + 1) / (n - k - 1)
    BIC  = n log(RSS / n) + k log n                            k coefficients, n held-out values

Forecasts are judged in units of the states' root mean squares and capped, so that a law that runs away is bad, not
undefined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable

Array = NDArray[np.float64]

CAP = 1e3
SMALLEST = 1e-300  # an error of zero has no logarithm
FEWEST_STEPS = 100  # Runge-Kutta steps over the held-out part


def aicc(total: Array, n: int, k: Array) -> Array:
    """Akaike's criterion, corrected for few values, of sums of squares."""
    return np.asarray(n * np.log((total + SMALLEST) / n) + 2 * k + 2 * k * (k + 1) / np.maximum(n - k - 1, 1))


def bic(total: Array, n: int, k: Array) -> Array:
    """Bayesian criterion of sums of squares."""
    return np.asarray(n * np.log((total + SMALLEST) / n) + k * np.log(n))


def errors(table: TermTable, coefs: Array, starts: Array, held_out: Sequence[Array], dt: float) -> tuple[Array, int]:
    """Sums of squares (C,) of coefs (C, S, K) from starts (C, J, S) against J held-out arrays (n_j, S); their size."""
    measured = padded(held_out)
    rms = np.sqrt(np.nanmean(measured**2, axis=(0, 1)))
    rms = np.where(rms > 0, rms, 1.0)
    found = rollouts(table, coefs, starts, measured.shape[1], dt, CAP * rms)
    squares = [np.clip((own - measured) / rms, -CAP, CAP) ** 2 for own in found]
    return np.nansum(squares, axis=(1, 2, 3)), int(np.isfinite(measured).sum())


def padded(arrays: Sequence[Array]) -> Array:
    """Arrays (n_j, S) as one (J, n, S), NaN after the end of the shorter ones."""
    n = max(1, *(len(own) for own in arrays))
    return np.stack([np.vstack([own, np.full((n - len(own), own.shape[1]), np.nan)]) for own in arrays])


def rollouts(table: TermTable, coefs: Array, starts: Array, n: int, dt: float, bound: Array) -> Array:
    """States (C, J, n, S) after 1..n samples by the classical Runge-Kutta method, kept within `bound` (S,)."""
    n_steps = int(np.ceil(FEWEST_STEPS / n))
    h, x = dt / n_steps, starts.copy()
    path = np.empty((*starts.shape[:2], n, starts.shape[2]))
    with np.errstate(all="ignore"):
        for i in range(n):
            for _ in range(n_steps):
                k1 = speeds(table, coefs, x)
                k2 = speeds(table, coefs, x + h / 2 * k1)
                k3 = speeds(table, coefs, x + h / 2 * k2)
                k4 = speeds(table, coefs, x + h * k3)
                x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
                x = np.clip(np.where(np.isnan(x), bound, x), -bound, bound)
            path[:, :, i] = x
    return path


def speeds(table: TermTable, coefs: Array, x: Array) -> Array:
    """Derivatives (C, J, S) at x (C, J, S)."""
    n_candidates, n_runs, n_states = x.shape
    theta = table.evaluate(x.reshape(-1, n_states)).reshape(n_candidates, n_runs, -1)
    return np.asarray(theta @ coefs.transpose(0, 2, 1))
