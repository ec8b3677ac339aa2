"""Sweeps of block coordinate descent for the built-in separable penalties, compiled.

A block is one term in all environments: b (E,), with the diagonal Hessian h_e = G_e[j, j]. Its update is the exact
minimiser (convex kinds), or a proximal gradient step of length 1/L_j, L_j = max_e h_e, on the model

    M(d) = -r'd + L_j ||d||^2 / 2 + p(b + d),   r the correlations of the block.

Cyclic rule: all blocks in order. Greedy rule (Gauss-Southwell-Lipschitz): the block with the largest L_j ||d||^2; half
of it is a fall of the objective that a step guarantees for convex p.
After every `depth` sweeps the affine combination of the last iterates whose combined change is smallest is tried
(Anderson) and kept if it lowers the objective; correlations are affine in B, so those of the combination are known.
Only the cyclic rule is extrapolated: the greedy one is not the iteration of one map.

Legend: E environments, K blocks; R (E, K) correlations c - G B; L (K,); kind, shape (l1_ratio or gamma), weights (K,)
of the penalty; past (depth + 1, 2, E, K) iterates and their correlations.

References
----------
Bertrand and Massias (2021), Anderson acceleration of coordinate descent, AISTATS.
Nutini, Laradji and Schmidt (2022), Let's make block coordinate descent converge faster, JMLR 23.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.solvers.proximal.block_prox import block_value, exact_block, prox_block

Array = NDArray[np.float64]


@njit(cache=True, nogil=True)
def objective(C: Array, B: Array, R: Array, weights: Array, kind: int, shape: float, alpha: float) -> float:
    """Objective up to a constant."""
    total = 0.0
    b = np.empty(B.shape[0])
    for j in range(B.shape[1]):
        for e in range(B.shape[0]):
            b[e] = B[e, j]
            total -= 0.5 * B[e, j] * (C[e, j] + R[e, j])
        total += block_value(b, kind, shape, alpha * weights[j])
    return total


@njit(cache=True, nogil=True)
def update(
    G: Array,
    B: Array,
    R: Array,
    j: int,
    L: float,
    kind: int,
    shape: float,
    alpha: float,
    exact: bool,
    b: Array,
    h: Array,
) -> float:
    """Update block j and the correlations; return L ||d||."""
    E, K = B.shape
    for e in range(E):
        h[e] = G[e, j, j]
        b[e] = h[e] * B[e, j] + R[e, j] if exact else B[e, j] + R[e, j] / L
    if exact:
        exact_block(b, h, kind, shape, alpha)
    else:
        prox_block(b, kind, shape, alpha, 1.0 / L)
    moved = 0.0
    for e in range(E):
        change = b[e] - B[e, j]
        if change != 0.0:
            moved += change * change
            B[e, j] = b[e]
            for i in range(K):
                R[e, i] -= G[e, j, i] * change
    return L * np.sqrt(moved)


@njit(cache=True, nogil=True)
def best_block(B: Array, R: Array, L: Array, weights: Array, kind: int, shape: float, alpha: float, b: Array) -> int:
    """Block of the largest guaranteed fall; -1 if no block moves."""
    best, most = -1, 0.0
    for j in range(B.shape[1]):
        if L[j] == 0.0:
            continue
        fall = 0.0
        for e in range(B.shape[0]):
            b[e] = B[e, j] + R[e, j] / L[j]
        prox_block(b, kind, shape, alpha * weights[j], 1.0 / L[j])
        for e in range(B.shape[0]):
            fall += L[j] * (b[e] - B[e, j]) ** 2
        if fall > most:
            best, most = j, fall
    return best


@njit(cache=True, nogil=True)
def combination(past: Array, depth: int) -> Array:
    """Coefficients (depth,) of the affine combination of iterates whose combined change is smallest; zeros if none."""
    A, c = np.zeros((depth, depth)), np.ones(depth)
    for i in range(depth):
        for k in range(i + 1):
            for e in range(past.shape[2]):
                for j in range(past.shape[3]):
                    A[i, k] += (past[i + 1, 0, e, j] - past[i, 0, e, j]) * (past[k + 1, 0, e, j] - past[k, 0, e, j])
            A[k, i] = A[i, k]
    trace = 0.0
    for i in range(depth):
        trace += A[i, i]
    for i in range(depth):
        A[i, i] += 1e-12 * trace + 1e-300
    for i in range(depth):  # elimination; A is positive definite
        for k in range(i + 1, depth):
            factor = A[k, i] / A[i, i]
            c[k] -= factor * c[i]
            for m in range(i, depth):
                A[k, m] -= factor * A[i, m]
    total = 0.0
    for i in range(depth - 1, -1, -1):
        for m in range(i + 1, depth):
            c[i] -= A[i, m] * c[m]
        c[i] /= A[i, i]
        total += c[i]
    for i in range(depth):
        c[i] = c[i] / total if abs(total) > 0.0 else 0.0
    return c


@njit(cache=True, nogil=True)
def record(B: Array, R: Array, past: Array, i: int) -> None:
    """Keep the iterate as number i."""
    for e in range(B.shape[0]):
        for j in range(B.shape[1]):
            past[i, 0, e, j] = B[e, j]
            past[i, 1, e, j] = R[e, j]


@njit(cache=True, nogil=True)
def extrapolate(
    C: Array, B: Array, R: Array, past: Array, depth: int, weights: Array, kind: int, shape: float, alpha: float
) -> None:
    """Move to the combination of the past iterates if it lowers the objective."""
    reached = objective(C, B, R, weights, kind, shape, alpha)
    c = combination(past, depth)
    for e in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[e, j], R[e, j] = 0.0, 0.0
            for i in range(depth):
                B[e, j] += c[i] * past[i + 1, 0, e, j]
                R[e, j] += c[i] * past[i + 1, 1, e, j]
    if objective(C, B, R, weights, kind, shape, alpha) < reached:
        return
    for e in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[e, j] = past[depth, 0, e, j]
            R[e, j] = past[depth, 1, e, j]


@njit(cache=True, nogil=True)
def block_lipschitz(G: Array, L: Array) -> None:
    """Fill L (K,) with the largest diagonal entry of every block."""
    for j in range(L.shape[0]):
        L[j] = 0.0
        for e in range(G.shape[0]):
            L[j] = max(L[j], G[e, j, j])


@njit(cache=True, nogil=True)
def descend(
    G: Array,
    C: Array,
    B: Array,
    R: Array,
    weights: Array,
    kind: int,
    shape: float,
    alpha: float,
    exact: bool,
    depth: int,
    tol: float,
    max_sweeps: int,
) -> int:
    """Sweep until no block moves by more than tol (in units of correlations); B and R in place; return the sweeps."""
    E, K = B.shape
    b, h, L = np.empty(E), np.empty(E), np.empty(K)
    block_lipschitz(G, L)
    past = np.empty((depth + 1, 2, E, K))
    first = 0
    for sweep in range(max_sweeps):
        record(B, R, past, sweep - first)
        moved = 0.0
        for j in range(K):
            if L[j] > 0.0:
                moved = max(moved, update(G, B, R, j, L[j], kind, shape, alpha * weights[j], exact, b, h))
        if moved <= tol:
            return sweep + 1
        if depth == 0:
            first = sweep + 1
        elif sweep + 1 - first == depth:
            record(B, R, past, depth)
            extrapolate(C, B, R, past, depth, weights, kind, shape, alpha)
            first = sweep + 1
    return max_sweeps


@njit(cache=True, nogil=True)
def descend_greedily(
    G: Array,
    B: Array,
    R: Array,
    weights: Array,
    kind: int,
    shape: float,
    alpha: float,
    exact: bool,
    tol: float,
    max_sweeps: int,
) -> int:
    """Update the best block until it moves by no more than tol; K updates count as a sweep."""
    E, K = B.shape
    b, h, L = np.empty(E), np.empty(E), np.empty(K)
    block_lipschitz(G, L)
    for step in range(max_sweeps * K):
        j = best_block(B, R, L, weights, kind, shape, alpha, b)
        if j < 0 or update(G, B, R, j, L[j], kind, shape, alpha * weights[j], exact, b, h) <= tol:
            return step // K + 1
    return max_sweeps
