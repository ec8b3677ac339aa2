"""STLSQ for many thresholds at once, from inner products of the rows.

    c = argmin |y - Theta_A c|^2 + alpha |c|^2,    A <- {k in A: |c_k| >= threshold},    A = all first, until it stays

as PySINDy's STLSQ does, up to rounding: columns get unit norm here before anything is factored, so that

    z_k = theta_k / n_k,    (Z_A'Z_A + diag(alpha / n_A^2)) b = Z_A'y,    keep |b_k| >= threshold n_k.

References
----------
Brunton, Proctor, Kutz (2016), Discovering governing equations from data by sparse identification of nonlinear dynamical
systems, PNAS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from systems.methods.sindy.rows import Rows, norms, scaled

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_ROUNDS = 20  # PySINDy's
DEPENDENT = 1e-14  # pivots of unit columns are no smaller: then they are rounding


class Setting(NamedTuple):
    """One point of the grid: width of the smoother or of the domains, scaling, ridge penalty, threshold."""

    width: float
    scaling: str
    alpha: float
    threshold: float


def masks_on_grid(rows: Rows, settings: Sequence[Setting]) -> Mask:
    """Masks (n_settings, S, K) of STLSQ; thresholds of one scaling and penalty stand together."""
    parts = []
    for (scaling, alpha), group in groupby(settings, key=lambda own: (own.scaling, own.alpha)):
        theta, target = scaled(rows, scaling)
        parts.append(masks_of(theta, target, alpha, [own.threshold for own in group]))
    return np.concatenate(parts)


def masks_of(theta: Array, target: Array, alpha: float, thresholds: Iterable[float]) -> Mask:
    """Masks (T, S, K) of STLSQ of terms (m, K) and derivatives (m, S)."""
    size = norms(theta)
    unit = theta / size
    return threshold_path(unit.T @ unit, target.T @ unit, alpha / size**2, size, np.array(list(thresholds), float))


@njit(cache=True, nogil=True, error_model="numpy")
def threshold_path(gram: Array, cross: Array, ridge: Array, size: Array, thresholds: Array) -> Mask:
    """Masks (T, S, K) from gram (K, K), cross (S, K), ridge (K,), norms of the columns (K,) and thresholds (T,).

    Neighbouring thresholds often have the same terms in the same round: then the last solution is taken.
    """
    n_states, n_terms = cross.shape
    masks = np.zeros((len(thresholds), n_states, n_terms), dtype=np.bool_)
    factor, coef = np.empty((n_terms, n_terms)), np.empty((MAX_ROUNDS, n_terms))
    seen = np.zeros((MAX_ROUNDS, n_terms), dtype=np.bool_)
    index = np.empty(n_terms, dtype=np.int64)
    for s in range(n_states):
        n_known = 0
        for i in range(len(thresholds)):
            active = masks[i, s]
            active[:] = True
            n_active = n_terms
            for k in range(MAX_ROUNDS):
                if n_active == 0:
                    break
                if k >= n_known or not _same(seen[k], active):
                    _solve(gram, cross[s], ridge, active, factor, index, coef[k])
                    seen[k] = active
                    n_known = max(n_known, k + 1)
                n_left = _drop(active, coef[k], size, thresholds[i])
                if n_left == n_active:
                    break
                n_active = n_left
    return masks


@njit(cache=True, nogil=True, error_model="numpy")
def _same(one: Mask, other: Mask) -> bool:
    """Whether two masks are equal."""
    n_different = 0
    for k in range(len(one)):
        n_different += one[k] != other[k]
    return n_different == 0


@njit(cache=True, nogil=True, error_model="numpy")
def _drop(active: Mask, coef: Array, size: Array, threshold: float) -> int:
    """Take terms with small coefficients out; how many are left."""
    n = 0
    for k in range(len(active)):
        if active[k]:
            active[k] = abs(coef[k]) >= threshold * size[k]
            n += active[k]
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    gram: Array, cross: Array, ridge: Array, active: Mask, factor: Array, index: NDArray[np.int64], coef: Array
) -> None:
    """Solve the ridge regression on the active terms by Cholesky's factorisation; `coef` is 0 elsewhere."""
    n = 0
    for k in range(len(active)):
        coef[k] = 0.0
        if active[k]:
            index[n] = k
            n += 1
    for i in range(n):
        own = index[i]
        value = cross[own]
        for j in range(i):
            dot = gram[own, index[j]]
            for m in range(j):
                dot -= factor[i, m] * factor[j, m]
            factor[i, j] = dot / factor[j, j]
            value -= factor[i, j] * coef[index[j]]
        pivot = gram[own, own] + ridge[own]
        for m in range(i):
            pivot -= factor[i, m] * factor[i, m]
        factor[i, i] = np.sqrt(max(pivot, DEPENDENT))
        coef[own] = value / factor[i, i]
    for i in range(n - 1, -1, -1):
        value = coef[index[i]]
        for j in range(i + 1, n):
            value -= factor[j, i] * coef[index[j]]
        coef[index[i]] = value / factor[i, i]
