"""Exact gains of joining, leaving and swapping terms of a shared support, from Gram matrices alone.

For a support S one Cholesky factorisation per environment, G[S, S] = L L', and one forward substitution
V = L^-1 G[S, :] give for every other term j its Schur complement d_j = G_jj - |V_j|^2 and residual cross product
r_j = c_j - V_j'z, z = L^-1 c_S: the objective falls by sum_e w_e r_j^2 / d_j when j joins S. That is E K s^2 / 2
multiplications that touch only rows of S.

Swaps share nearly all of it. With M = G[S, S]^-1 = L^-T L^-1, the unit vectors p_i = L^-1[:, i] / sqrt(M_ii) point
along the part of column i outside the span of the others; with q_ij = p_i'V_j and t_i = p_i'z, taking i out of S costs
t_i^2 and leaves d_j + q_ij^2 and r_j + q_ij t_i. So the best swaps of all positions cost about one further scan, and no
difference of large numbers is taken.

Legend: G (E, K, K) Grams, diagonal (E, K) of them, C (E, K) cross products, w (E,) positive weights of the
environments, S[:s] support, `fixed` the number of leading entries of S that must stay. `Workspace`: L, P (top, top)
with rows p_i, V (top, K), z, t (top,), d, r (K,), order (top,) scratch.

References
----------
Beale, Kendall and Mann (1967), The discarding of variables in multivariate analysis (the sweep behind the scan).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# A term whose Schur complement is below this share of its diagonal in every environment is a combination of the
# support: it may not join.
DEPENDENT = 1e-9
# Below this share it is rounding: the column explains nothing in this environment.
ROUNDING = 1e-13
# Downdates lose as many digits as the Schur complement of the leaving term has zeros: below this share, none are made.
DOWNDATE = 1e-7
# What a scan is asked for.
JOIN, LEAVE, SWAP = 0, 1, 2


class Workspace(NamedTuple):
    """Buffers of the kernels for supports of up to `top` terms."""

    L: Array
    P: Array
    V: Array
    z: Array
    t: Array
    d: Array
    r: Array
    order: Indices


def workspace(top: int, n_terms: int) -> Workspace:
    """Allocate the buffers."""
    square = (max(top, 1), max(top, 1))
    return Workspace(
        np.zeros(square),
        np.zeros(square),
        np.zeros((square[0], n_terms)),
        np.zeros(square[0]),
        np.zeros(square[0]),
        np.zeros(n_terms),
        np.zeros(n_terms),
        np.zeros(square[0], np.int64),
    )


# NaN does not arise, sums may be reordered; infinities must keep their meaning, hence not `True`
FAST = {"reassoc", "contract", "arcp", "nsz", "nnan"}


@njit(cache=True, nogil=True, fastmath=FAST)
def factor(g: Array, c: Array, S: Indices, s: int, L: Array, z: Array) -> int:
    """L L' = g[S, S] and z = L^-1 c[S] of one environment; returns how many columns of S are dependent there.

    A column that is zero, or a combination of those before it, gets a zero row and explains nothing.
    """
    dependent = 0
    for a in range(s):
        diagonal = g[S[a], S[a]]
        pivot = diagonal
        v = c[S[a]]
        for b in range(a):
            x = g[S[a], S[b]]
            for k in range(b):
                x -= L[a, k] * L[b, k]
            x = x / L[b, b] if L[b, b] > 0.0 else 0.0
            L[a, b] = x
            pivot -= x * x
            v -= x * z[b]
        if pivot > ROUNDING * diagonal and pivot > 0.0:
            L[a, a] = np.sqrt(pivot)
            z[a] = v / L[a, a]
        else:
            L[a, a] = 0.0
            z[a] = 0.0
            if diagonal > 0.0:
                dependent += 1
    return dependent


@njit(cache=True, nogil=True, fastmath=FAST)
def project(g: Array, diagonal: Array, c: Array, S: Indices, s: int, work: Workspace) -> None:
    """Rows of V, Schur complements d and residual cross products r of one environment, after `factor`."""
    L, V, z, d, r = work.L, work.V, work.z, work.d, work.r
    K = c.shape[0]
    for j in range(K):
        d[j] = diagonal[j]
        r[j] = c[j]
    for a in range(s):
        row = V[a]
        if L[a, a] == 0.0:
            for j in range(K):
                row[j] = 0.0
            continue
        inverse = 1.0 / L[a, a]
        source = g[S[a]]
        for j in range(K):
            row[j] = source[j] * inverse
        for k in range(a):
            other, v = V[k], L[a, k] * inverse
            for j in range(K):
                row[j] -= v * other[j]
        v = z[a]
        for j in range(K):
            d[j] -= row[j] * row[j]
            r[j] -= row[j] * v


@njit(cache=True, nogil=True, fastmath=FAST)
def directions(g: Array, S: Indices, s: int, work: Workspace) -> float:
    """Rows p_i of P and t_i = p_i'z of one environment, after `factor`; returns the smallest share of a diagonal."""
    L, P, z, t = work.L, work.P, work.z, work.t
    least = 1.0
    for i in range(s):
        t[i] = 0.0
        for k in range(s):
            P[i, k] = 0.0
        if L[i, i] == 0.0:
            continue
        P[i, i] = 1.0 / L[i, i]
        square = P[i, i] * P[i, i]
        for k in range(i + 1, s):
            if L[k, k] > 0.0:
                x = 0.0
                for m in range(i, k):
                    x -= L[k, m] * P[i, m]
                P[i, k] = x / L[k, k]
                square += P[i, k] * P[i, k]
        length = 1.0 / np.sqrt(square)
        for k in range(i, s):
            P[i, k] *= length
            t[i] += P[i, k] * z[k]
        least = min(least, 1.0 / (square * g[S[i], S[i]]))
    return least


@njit(cache=True, nogil=True, fastmath=FAST)
def scan(
    G: Array,
    diagonal: Array,
    C: Array,
    w: Array,
    S: Indices,
    s: int,
    mode: int,
    work: Workspace,
    gains: Array,
    left: Array,
) -> bool:
    """What is left of a support without each of its terms, and what every other term would add to that.

    JOIN: left[s] = what S explains, gains[s, j] = gain of j joining S. LEAVE: left[s], and left[i] = what S explains
    without its i-th term. SWAP: all that, and gains[i, j] = gain of j joining S without its i-th term. Members of S get
    gain -1. Returns False, with rubbish in the arrays, where S is too close to dependent in some environment for LEAVE
    and SWAP.
    """
    E, K = C.shape
    V, P, z, t, d, r = work.V, work.P, work.z, work.t, work.d, work.r
    q = V[s]
    first = 0 if mode == SWAP else s if mode == JOIN else s + 1
    for i in range(s + 1):
        left[i] = 0.0
    for i in range(first, s + 1):
        for j in range(K):
            gains[i, j] = 0.0
    for e in range(E):
        weight = w[e]
        dependent = factor(G[e], C[e], S, s, work.L, z)
        for i in range(s):
            left[s] += weight * z[i] * z[i]
        if mode != JOIN:
            if dependent > 0 or directions(G[e], S, s, work) < DOWNDATE:
                return False
            for i in range(s):
                left[i] -= weight * t[i] * t[i]
        if mode == LEAVE:
            continue
        project(G[e], diagonal[e], C[e], S, s, work)
        floor = diagonal[e]
        for i in range(first, s + 1):
            ti = t[i] if i < s else 0.0
            for j in range(K):
                q[j] = 0.0
            for k in range(i, s):
                row, p = V[k], P[i, k]
                for j in range(K):
                    q[j] += p * row[j]
            gain = gains[i]
            for j in range(K):
                y = d[j] + q[j] * q[j]
                x = r[j] + q[j] * ti
                gain[j] += weight * x * x / y if y > ROUNDING * floor[j] else 0.0
    for i in range(s):
        left[i] += left[s]
    for i in range(first, s + 1):
        for a in range(s):
            gains[i, S[a]] = -1.0
    return True


@njit(cache=True, nogil=True)
def is_admissible(
    G: Array, diagonal: Array, C: Array, w: Array, S: Indices, s: int, fixed: int, work: Workspace
) -> bool:
    """Whether every free term of S lies outside the span of the others in some environment."""
    order = work.order
    for position in range(fixed, s):
        j = S[position]
        for a in range(s):
            order[a] = S[a]
        order[position], order[s - 1] = S[s - 1], j
        found = False
        for e in range(C.shape[0]):
            if diagonal[e, j] > 0.0 and not found:
                factor(G[e], C[e], order, s, work.L, work.z)
                found = work.L[s - 1, s - 1] ** 2 > DEPENDENT * diagonal[e, j]
        if not found:
            return False
    return True
