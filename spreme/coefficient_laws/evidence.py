r"""Evidence of one set of terms for one coefficient in a few environments, and its between-environment variance.

    y_e = x_e' b + u_e + r_e,    u_e ~ N(0, tau^2),    r_e ~ N(0, v_e), v_e known

    Z = sum_tau p(tau) integral N(y; X b, v + tau^2) p(b) db
    p(b):    flat for the constant, N(0, s^2 E (C'C)^-1) for the others, C their centred columns, s the spread of y
    p(tau):  s0 / (s0 + tau)^2,   1 / s0^2 = mean of 1 / v_e

The prior of b carries as much information as one environment, that of tau makes the share of the measurement error
s0 / (s0 + tau) uniform. The integral over b is Gaussian; tau runs over a grid.

Legend: E environments, B sets of terms of one size k, G values of tau, p = k + 1 with a constant, else k.

References
----------
DuMouchel, W. (1994). Hierarchical Bayes linear models for meta-analysis.
Kass, R. E., Wasserman, L. (1995). A reference Bayesian test for nested hypotheses.
Patterson, H. D., Thompson, R. (1971). Recovery of inter-block information when block sizes are unequal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

Array = NDArray[np.float64]

# The grid of tau: zero, then this many steps from the smallest to the largest share of the spread of y.
N_STEPS, SMALLEST, LARGEST = 32, 1e-3, 3.0
# Scaled columns nearer to each other than this cannot be told apart.
DEPENDENT = 1e-7


def log_evidence(columns: Array, y: Array, variance: Array, has_constant: bool) -> Array:
    """Evaluate the evidence of sets of terms of one size.

    Parameters
    ----------
    columns : ndarray (B, E, k)
        Scaled columns of the terms, centred if there is a constant; it is not among them.
    y, variance : ndarray (E,)
        Coefficient in every environment, and the variance of its error.
    has_constant : bool
        Whether a constant stands beside the terms.

    Returns
    -------
    ndarray (B,)
        Logarithm of the evidence; minus infinity where terms cannot be told apart.
    """
    spread = spread_of(y, has_constant)
    tau = tau_grid(spread)
    weight = 1.0 / np.sqrt(variance + tau[:, None] ** 2)
    triangle = _triangles(columns)
    diagonal = np.abs(np.einsum("bkk->bk", triangle))
    usable = (diagonal > DEPENDENT * np.sqrt(len(y))).all(axis=1)
    rows, target = _with_prior(columns, triangle / (spread * np.sqrt(len(y))), y, weight, has_constant)
    square, log_det = _least_squares(rows, target)
    log_prior = np.log(np.maximum(diagonal, DEPENDENT) / (spread * np.sqrt(len(y)))).sum(axis=1)
    log_given_tau = -0.5 * square - log_det + log_prior[:, None] + np.log(weight).sum(axis=1)
    total = logsumexp(log_given_tau + _log_prior_of_tau(tau, variance), axis=1)
    return np.where(usable, total, -np.inf)


def between_variance(design: Array, y: Array, variance: Array) -> float:
    """Estimate tau^2 by restricted maximum likelihood.

    Parameters
    ----------
    design : ndarray (E, p)
        Columns of the chosen terms, the constant among them.
    y, variance : ndarray (E,)
        Coefficient in every environment, and the variance of its error.

    Returns
    -------
    float
        Exactly 0 if the errors explain all that the terms do not.
    """
    if len(y) <= design.shape[1]:
        return 0.0
    tau = tau_grid(spread_of(y, True))
    best = int(_restricted_costs(tau, design, y, variance).argmin())
    if best == 0:
        return 0.0
    bounds = (float(tau[best - 1]), float(tau[min(best + 1, len(tau) - 1)]))
    found = minimize_scalar(
        lambda value: float(_restricted_costs(np.array([value]), design, y, variance)[0]),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-4 * bounds[1]},
    )
    return float(found.x) ** 2


def _restricted_costs(tau: Array, design: Array, y: Array, variance: Array) -> Array:
    """Minus the logarithm of the restricted likelihood at values of tau (G,), up to a constant."""
    weight = 1.0 / np.sqrt(variance + tau[:, None] ** 2)
    square, log_det = _least_squares((design * weight[:, :, None])[None], (y * weight)[None])
    return 0.5 * square[0] + log_det[0] - np.log(weight).sum(axis=1)


def spread_of(y: Array, has_constant: bool) -> float:
    """Standard deviation of y, about zero without a constant; never 0."""
    size = float(np.std(y) if has_constant else np.sqrt(np.mean(y**2)))
    return max(size, 1e-12 * float(np.abs(y).max()), np.finfo(float).tiny ** 0.25)


def tau_grid(spread: float) -> Array:
    """Values of tau (G,), the first of them zero."""
    return np.concatenate([[0.0], np.geomspace(SMALLEST, LARGEST, N_STEPS) * spread])


def _triangles(columns: Array) -> Array:
    """R (B, k, k) of the columns."""
    n_sets, _, size = columns.shape
    return np.asarray(np.linalg.qr(columns, mode="r")) if size else np.zeros((n_sets, 0, 0))


def _with_prior(columns: Array, prior: Array, y: Array, weight: Array, has_constant: bool) -> tuple[Array, Array]:
    """Rows (B, G, E + k, p) and target (B, G, E + k): weighted data, and the prior as k more data."""
    n_sets, n_environments, size = columns.shape
    n_tau, first = len(weight), int(has_constant)
    rows = np.zeros((n_sets, n_tau, n_environments + size, first + size))
    rows[:, :, :n_environments, :first] = weight[None, :, :, None]
    rows[:, :, :n_environments, first:] = columns[:, None] * weight[None, :, :, None]
    rows[:, :, n_environments:, first:] = prior[:, None]
    target = np.zeros(rows.shape[:3])
    target[:, :, :n_environments] = weight * y
    return rows, target


def _least_squares(rows: Array, target: Array) -> tuple[Array, Array]:
    """Residual sums of squares, and log |R|, of stacked least squares (B, G)."""
    if not rows.shape[-1]:
        return np.einsum("bge,bge->bg", target, target), np.zeros(rows.shape[:2])
    q, r = np.linalg.qr(rows)
    residual = target - np.einsum("bgep,bgp->bge", q, np.einsum("bgep,bge->bgp", q, target))
    diagonal = np.abs(np.einsum("bgpp->bgp", r))
    return np.einsum("bge,bge->bg", residual, residual), np.log(np.maximum(diagonal, 1e-300)).sum(axis=2)


def _log_prior_of_tau(tau: Array, variance: Array) -> Array:
    """Logarithm of the prior weight of each value of the grid: what lies nearer to it than to its neighbours."""
    error = 1.0 / np.sqrt(np.mean(1.0 / variance))
    edges = np.concatenate([[0.0, 0.5 * tau[1]], np.sqrt(tau[1:-1] * tau[2:]), [np.inf]])
    beyond = error / (error + edges)  # probability of a larger tau
    return np.log(np.maximum(beyond[:-1] - beyond[1:], 1e-300))
