"""Forecasts of many candidate laws at once, and criteria that judge their errors on held-out data.

    AICc = n log(RSS / n + FLOOR^2) + 2 k + 2 k (k + 1) / (n - k - 1)
    BIC  = n log(RSS / n + FLOOR^2) + k log n                            k coefficients, n held-out values

Forecasts are judged in units of the states' root mean squares. They are capped, so that a law that runs away is bad,
not undefined; and differences below `FLOOR` count for little: on data without noise, terms that make up for the error
of the derivatives would be taken for true.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable

Array = NDArray[np.float64]

CAP = 1e3
FLOOR = 1e-2  # root mean square
FEWEST_STEPS = 100  # Runge-Kutta steps over the held-out part


def aicc(total: Array, n: int, k: Array) -> Array:
    """Akaike's criterion, corrected for few values, of sums of squares."""
    return np.asarray(n * np.log(total / n + FLOOR**2) + 2 * k + 2 * k * (k + 1) / np.maximum(n - k - 1, 1))


def bic(total: Array, n: int, k: Array) -> Array:
    """Bayesian criterion of sums of squares."""
    return np.asarray(n * np.log(total / n + FLOOR**2) + k * np.log(n))


def errors(
    table: TermTable, coefs: Array, starts: Array, held_out: Sequence[Array], inputs: Sequence[Array], dt: float
) -> tuple[Array, int]:
    """Sums of squares (C,) of forecasts by coefs (C, S, K), and the number of values they are of.

    From starts (C, J, S) against J held-out arrays (n_j, S), with inputs (n_j + 1, U) from the starts on.
    """
    measured = padded(held_out)
    rms = np.sqrt(np.nanmean(measured**2, axis=(0, 1)))
    rms = np.where(rms > 0, rms, 1.0)
    found = rollouts(table, coefs, starts, np.nan_to_num(padded(inputs)), measured.shape[1], dt, CAP * rms)
    squares = [np.clip((own - measured) / rms, -CAP, CAP) ** 2 for own in found]
    return np.nansum(squares, axis=(1, 2, 3)), int(np.isfinite(measured).sum())


def padded(arrays: Sequence[Array]) -> Array:
    """Arrays (n_j, V) as one (J, n, V), NaN after the end of the shorter ones."""
    n = max(1, *(len(own) for own in arrays))
    return np.stack([np.vstack([own, np.full((n - len(own), own.shape[1]), np.nan)]) for own in arrays])


def rollouts(table: TermTable, coefs: Array, starts: Array, inputs: Array, n: int, dt: float, bound: Array) -> Array:
    """States (C, J, n, S) after 1..n samples by the classical Runge-Kutta method, kept within `bound` (S,).

    Inputs (J, n + 1, U) are linear between samples.
    """
    n_steps = int(np.ceil(FEWEST_STEPS / n))
    h, x = dt / n_steps, starts.copy()
    path = np.empty((*starts.shape[:2], n, starts.shape[2]))
    with np.errstate(all="ignore"):
        for i in range(n):
            begin, slope = inputs[:, i], (inputs[:, i + 1] - inputs[:, i]) / n_steps
            for step in range(n_steps):
                first, middle, last = (begin + (step + part) * slope for part in (0.0, 0.5, 1.0))
                k1 = speeds(table, coefs, x, first)
                k2 = speeds(table, coefs, x + h / 2 * k1, middle)
                k3 = speeds(table, coefs, x + h / 2 * k2, middle)
                k4 = speeds(table, coefs, x + h * k3, last)
                x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
                x = np.clip(np.where(np.isnan(x), bound, x), -bound, bound)
            path[:, :, i] = x
    return path


def speeds(table: TermTable, coefs: Array, x: Array, u: Array) -> Array:
    """Derivatives (C, J, S) at x (C, J, S) with inputs (J, U)."""
    n_candidates, n_runs = x.shape[:2]
    columns = np.concatenate([x, np.broadcast_to(u, (n_candidates, *u.shape))], axis=2)
    theta = table.evaluate(columns.reshape(n_candidates * n_runs, -1)).reshape(n_candidates, n_runs, -1)
    return np.asarray(theta @ coefs.transpose(0, 2, 1))
