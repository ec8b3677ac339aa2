"""Elimination of the starts of segments from the normal equations, and solution for the coefficients.

    A = H_cc - sum_r H_cr (H_rr + mu diag H_rr)^-1 H_rc,    g = g_c - sum_r H_cr (...)^-1 g_r

A is the information matrix of the coefficients. It is solved in coordinates of unit information; coefficients that the
others determine stay where they are.

Legend: R segments, d states, q coefficients.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.shooting.normal import Normal

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Pivot, relative to the unit diagonal, below which a coefficient counts as determined by the others and stays.
SMALLEST_PIVOT = 1e-13


@njit(cache=True, nogil=True, error_model="numpy")
def _factor(a: Array) -> None:
    """Cholesky factor in the lower triangle; a pivot that vanishes takes its row out (diagonal 0)."""
    n = a.shape[0]
    for j in range(n):
        pivot = a[j, j]
        largest = abs(pivot)
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        if not pivot > SMALLEST_PIVOT * largest:
            a[j, j] = 0.0
            for i in range(j + 1, n):
                a[i, j] = 0.0
            continue
        root = np.sqrt(pivot)
        a[j, j] = root
        for i in range(j + 1, n):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            a[i, j] = value / root


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_lower(factor: Array, b: Array) -> None:
    """B <- L^-1 b for the columns of b (n, m); rows that were taken out become 0."""
    n, m = b.shape
    for i in range(n):
        for k in range(i):
            weight = factor[i, k]
            if weight != 0.0:
                for c in range(m):
                    b[i, c] -= weight * b[k, c]
        inverse = 1.0 / factor[i, i] if factor[i, i] > 0.0 else 0.0
        for c in range(m):
            b[i, c] *= inverse


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_upper(factor: Array, b: Array) -> None:
    """B <- L^-T b."""
    n, m = b.shape
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            weight = factor[k, i]
            if weight != 0.0:
                for c in range(m):
                    b[i, c] -= weight * b[k, c]
        inverse = 1.0 / factor[i, i] if factor[i, i] > 0.0 else 0.0
        for c in range(m):
            b[i, c] *= inverse


@njit(cache=True, nogil=True, error_model="numpy")
def eliminate(normal: Normal, damping: float, factors: Array, back: Array, information: Array, gradient: Array) -> None:
    """Fill factors (R, d, d), back (R, d, q + 1) = H_rr^-1 (H_rc, g_r), A (q, q) and its gradient (q,)."""
    R, d, q = normal.mixed.shape
    half = np.zeros((d, q + 1))
    for p in range(q):
        gradient[p] = normal.coef_gradient[p]
        for c in range(q):
            information[p, c] = normal.coef[p, c]
    for r in range(R):
        factor = factors[r]
        for a in range(d):
            for b in range(d):
                factor[a, b] = normal.start[r, a, b]
        for a in range(d):
            factor[a, a] += (damping + 1e-12) * normal.start[r, a, a]
            for p in range(q):
                half[a, p] = normal.mixed[r, a, p]
            half[a, q] = normal.start_gradient[r, a]
        _factor(factor)
        _solve_lower(factor, half)
        for a in range(d):
            row = half[a]
            for p in range(q):
                value = row[p]
                if value != 0.0:
                    gradient[p] -= value * row[q]
                    for c in range(q):
                        information[p, c] -= value * row[c]
        for a in range(d):
            for p in range(q + 1):
                back[r, a, p] = half[a, p]
        _solve_upper(factor, back[r])


@njit(cache=True, nogil=True, error_model="numpy")
def solve_scaled(information: Array, gradient: Array, damping: float, step: Array) -> None:
    """Step of the coefficients in coordinates of unit information, so that units do not matter."""
    q = gradient.shape[0]
    scale, matrix, b = np.zeros(q), np.zeros((q, q)), np.zeros((q, 1))
    for p in range(q):
        scale[p] = 1.0 / np.sqrt(information[p, p]) if information[p, p] > 0.0 else 0.0
    for p in range(q):
        for c in range(q):
            matrix[p, c] = information[p, c] * scale[p] * scale[c]
        matrix[p, p] = 1.0 + damping
        b[p, 0] = gradient[p] * scale[p]
    _factor(matrix)
    _solve_lower(matrix, b)
    _solve_upper(matrix, b)
    for p in range(q):
        step[p] = b[p, 0] * scale[p]


@njit(cache=True, nogil=True, error_model="numpy")
def solve_part(information: Array, right: Array, chosen: Indices, part: Array, coef: Array) -> None:
    """Minima of quadratic models over the chosen coefficients, the others at zero.

    Parameters
    ----------
    information, right : ndarray (E, Q, Q), (E, Q)
        Models c' A c - 2 c' b of E environments.
    chosen : ndarray (q,) of int64
        Positions of the coefficients.
    part, coef : ndarray (E, q, q), (E, q)
        Overwritten by their information matrix and by the minima.
    """
    q = chosen.shape[0]
    gradient = np.zeros(q)
    for e in range(right.shape[0]):
        for a in range(q):
            gradient[a] = right[e, chosen[a]]
            for b in range(q):
                part[e, a, b] = information[e, chosen[a], chosen[b]]
        solve_scaled(part[e], gradient, 0.0, coef[e])
