"""Compiled loops of the weak form: integrals over windows, and the whitening of overlapping rows.

Legend: R windows with samples first[r] .. first[r] + count[r] - 1, S states, K terms, k the state whose equation is
regressed, slope[i, s] = d f_k / d x_s at sample i, C (R, B) lower band of the covariance of the residuals, then of its
Cholesky factor.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Added to the diagonal, relative to its mean: overlapping windows are nearly dependent, and below this share it is all
# rounding.
RIDGE = 1e-6


@njit(cache=True, nogil=True)
def integrate(first: Indices, count: Indices, weight: Array, values: Array, offset: int, out: Array) -> None:
    """Add to out[r] the sum of weight * values over the samples of window r in this block, rows offset .. of all."""
    n, K = values.shape
    for r in range(first.shape[0]):
        start = max(first[r], offset)
        stop = min(first[r] + count[r], offset + n)
        for i in range(start, stop):
            w = weight[r, i - first[r]]
            for j in range(K):
                out[r, j] += w * values[i - offset, j]


@njit(cache=True, nogil=True)
def whiten_rows(
    first: Indices, count: Indices, phi: Array, phi_dot: Array, slope: Array, variance: Array, k: int, rows: Array
) -> None:
    """Whiten `rows` (R, M) in place by the covariance of the residuals of equation k; one forward substitution."""
    R, M = rows.shape
    S = slope.shape[1]
    B = 1
    for r in range(R):
        b = r
        while b > 0 and first[b - 1] + count[b - 1] > first[r]:
            b -= 1
        B = max(B, r - b + 1)
    C = np.zeros((R, B))
    mean = 0.0
    for r in range(R):
        for b in range(max(0, r - B + 1), r + 1):
            total = 0.0
            for i in range(max(first[r], first[b]), min(first[r] + count[r], first[b] + count[b])):
                p, q = phi[r, i - first[r]], phi[b, i - first[b]]
                for s in range(S):
                    u, v = p * slope[i, s], q * slope[i, s]
                    if s == k:
                        u += phi_dot[r, i - first[r]]
                        v += phi_dot[b, i - first[b]]
                    total += variance[s] * u * v
            C[r, b - r + B - 1] = total
        mean += C[r, B - 1] / R
    for r in range(R):
        C[r, B - 1] += RIDGE * mean
        low = max(0, r - B + 1)
        for b in range(low, r + 1):
            v = C[r, b - r + B - 1]
            for a in range(max(low, b - B + 1), b):
                v -= C[r, a - r + B - 1] * C[b, a - b + B - 1]
            if b < r:
                C[r, b - r + B - 1] = v / C[b, B - 1]
            else:
                C[r, B - 1] = np.sqrt(max(v, 1e-3 * RIDGE * mean))
        for b in range(low, r):
            v = C[r, b - r + B - 1]
            for j in range(M):
                rows[r, j] -= v * rows[b, j]
        for j in range(M):
            rows[r, j] /= C[r, B - 1]
