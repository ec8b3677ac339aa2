"""The population evidence as the search needs it: compiled, one start, to a few hundredths.

    -2 log m = sum_e log|I + D^1/2 F_e D^1/2| + (a_e - mu)' W_e (a_e - mu),   W_e = F_e - F_e D^1/2 B_e^-1 D^1/2 F_e

minimised over mu (generalised least squares) and D = diag(v) by v_j <- v_j (sum_e w_ej^2 / sum_e W_ejj)^p,
w_e = W_e (a_e - mu), whose fixed points are the stationary ones; p = 1/2 falls in every step, p = 1 is faster and
taken as long as it falls. `spreme.likelihood.population` finds the maximum from several starts, to full precision.

References
----------
Zhou, Hu, Zhou and Lange (2019), MM algorithms for variance components models, J. Comput. Graph. Statist. 28.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A variance of less than this share of the squared error of every estimate counts as none.
NEGLIGIBLE = 1e-4
# Ridge on the summed weights of the mean, relative to their diagonal.
RIDGE = 1e-12


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _cholesky(a: Array, n: int) -> float:
    """Cholesky factor of the lower triangle, in place; returns the log determinant."""
    total = 0.0
    for j in range(n):
        pivot = a[j, j]
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        root = np.sqrt(max(pivot, 1e-300))
        a[j, j] = root
        total += 2.0 * np.log(root)
        for i in range(j + 1, n):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            a[i, j] = value / root
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _weigh(coef: Array, fisher: Array, v: Array, weights: Array, mean: Array, pull: Array) -> float:
    """Fill weights W (E, q, q), mean (q,), pull w (E, q) at the variances v (q,); returns -2 log m."""
    E, q = coef.shape
    inner, half = np.empty((q, q)), np.empty((q, q))
    root = np.sqrt(v)
    total, right = np.zeros((q, q)), np.zeros(q)
    value = 0.0
    for e in range(E):
        for a in range(q):
            for b in range(q):
                half[a, b] = root[a] * fisher[e, a, b]
                inner[a, b] = half[a, b] * root[b]
            inner[a, a] += 1.0
        value += _cholesky(inner, q)
        for a in range(q):
            for k in range(a):
                share = inner[a, k]
                if share != 0.0:
                    for b in range(q):
                        half[a, b] -= share * half[k, b]
            for b in range(q):
                half[a, b] /= inner[a, a]
        for a in range(q):
            for b in range(q):
                weights[e, a, b] = fisher[e, a, b]
        for k in range(q):
            if root[k] > 0.0:
                for a in range(q):
                    share = half[k, a]
                    for b in range(q):
                        weights[e, a, b] -= share * half[k, b]
        for a in range(q):
            for b in range(q):
                total[a, b] += weights[e, a, b]
                right[a] += weights[e, a, b] * coef[e, b]
    for a in range(q):
        total[a, a] += RIDGE * total[a, a] + 1e-300
    _cholesky(total, q)
    for a in range(q):
        for k in range(a):
            right[a] -= total[a, k] * right[k]
        right[a] /= total[a, a]
    for a in range(q - 1, -1, -1):
        mean[a] = right[a]
        for k in range(a + 1, q):
            mean[a] -= total[k, a] * mean[k]
        mean[a] /= total[a, a]
    for e in range(E):
        for a in range(q):
            pull[e, a] = 0.0
            for b in range(q):
                pull[e, a] += weights[e, a, b] * (coef[e, b] - mean[b])
            value += pull[e, a] * (coef[e, a] - mean[a])
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def population_deviance(coef: Array, fisher: Array, variance: Array, tol: float, max_iter: int) -> float:
    """What the population adds to the deviance, -2 log m at its minimum over mean and variance.

    Parameters
    ----------
    coef : ndarray (E, q)
        Estimates; anything finite where the information is zero.
    fisher : ndarray (E, q, q)
        Information matrices, divided by the residual variance.
    variance : ndarray (q,)
        Where to start; overwritten by the minimum.
    tol : float
        Fall of the value in one step that no longer matters.
    max_iter : int
        Most steps.

    Returns
    -------
    float
        At least 0.

    Examples
    --------
    >>> import numpy as np
    >>> coef, fisher = np.array([[1.0], [1.0]]), np.full((2, 1, 1), 100.0)
    >>> round(population_deviance(coef, fisher, np.array([0.01]), 1e-6, 100), 3)
    0.0
    """
    E, q = coef.shape
    weights, pull, mean = np.empty((E, q, q)), np.empty((E, q)), np.empty(q)
    trial = np.empty(q)
    value = _weigh(coef, fisher, variance, weights, mean, pull)
    power = 1.0
    for _ in range(max_iter):
        for j in range(q):
            up, down, most = 0.0, 0.0, 0.0
            for e in range(E):
                up += pull[e, j] ** 2
                down += weights[e, j, j]
                most = max(most, fisher[e, j, j])
            ratio = up / down if down > 0.0 else 0.0
            trial[j] = variance[j] * ratio**power
            if trial[j] * most < NEGLIGIBLE:
                trial[j] = 0.0
        after = _weigh(coef, fisher, trial, weights, mean, pull)
        if after > value + 1e-9 * abs(value) and power == 1.0:
            power = 0.5
            value = _weigh(coef, fisher, variance, weights, mean, pull)
            continue
        fall = value - after
        variance[:] = trial
        value = after
        if fall < tol:
            break
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def quick_deviance(coef: Array, information: Array, noise: Array, known: NDArray[np.bool_]) -> float:
    """-2 log m from a moment start.

    Parameters
    ----------
    coef : ndarray (E, q)
        Estimates.
    information : ndarray (E, q, q)
        Information matrices for residuals of variance 1.
    noise : ndarray (E,)
        Variance of the residuals.
    known : ndarray (E, q) of bool
        Which estimates the data say anything about.

    Returns
    -------
    float
        At least 0.

    Examples
    --------
    >>> import numpy as np
    >>> coef, information = np.array([[1.0], [1.0]]), np.full((2, 1, 1), 100.0)
    >>> round(quick_deviance(coef, information, np.ones(2), np.full((2, 1), True)), 3)
    0.0
    """
    E, q = coef.shape
    scaled, fisher = np.zeros((E, q)), np.zeros((E, q, q))
    moment, size = np.zeros(q), np.ones(q)
    for j in range(q):
        own = np.abs(coef[known[:, j], j])
        middle = np.median(own) if len(own) else 1.0
        if 0.0 < middle < np.inf:
            size[j] = middle
        mean = 0.0
        for e in range(E):
            if known[e, j]:
                scaled[e, j] = coef[e, j] / size[j]
                mean += scaled[e, j] / len(own)
        for e in range(E):
            if known[e, j]:
                moment[j] += (scaled[e, j] - mean) ** 2 / max(len(own) - 1, 1)
        moment[j] += 1e-12
    for e in range(E):
        for a in range(q):
            for b in range(q):
                if known[e, a] and known[e, b]:
                    fisher[e, a, b] = information[e, a, b] / noise[e] * size[a] * size[b]
    return population_deviance(scaled, fisher, moment, 0.02, 60)
