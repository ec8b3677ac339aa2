"""Group lasso path by block coordinate descent on Gram matrices.

Objective, for one state, B (E, K) for scaled columns:

    P(B) = sum_e ( y_sq_e - 2 c_e'b_e + b_e'G_e b_e ) / 2 + alpha sum_j ||B[:, j]||_2

A block is one term in all environments. Its Hessian is diagonal with entries h_e = G_e[j, j], so the exact minimiser
has norm t with sum_e z_e^2 / (h_e t + alpha)^2 = 1, z_e the correlations without the block; it is 0 if ||z|| <= alpha.
Warm starts along the path, sweeps over the working set until its own duality gap closes, then a check of all terms.

Legend: R (E, K) residual correlations c_e - G_e b_e, r_norm (K,) their norms over environments.

References
----------
Yuan and Lin (2006), Model selection and estimation in regression with grouped variables, J. R. Stat. Soc. B 68.
Qin, Scheinberg and Goldfarb (2013), Efficient block-coordinate descent algorithms for the group lasso, Math. Program.
Comput. 5.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

SWEEPS_PER_CHECK = 10


@njit(cache=True, nogil=True)
def update_block(z: Array, h: Array, alpha: float, block: Array) -> None:
    """Set block = argmin over b of sum_e (h_e b_e^2 / 2 - z_e b_e) + alpha ||b||."""
    E = z.shape[0]
    size, most = 0.0, 0.0
    for e in range(E):
        size += z[e] * z[e]
        most = max(most, h[e])
    size = np.sqrt(size)
    if size <= alpha or most == 0.0:
        for e in range(E):
            block[e] = 0.0
        return
    # Newton on 1/sqrt(sum) - 1, concave and increasing in t: from below the root it converges without overshooting
    t = (size - alpha) / most
    for _ in range(100):
        total, slope = 0.0, 0.0
        for e in range(E):
            q = h[e] * t + alpha
            total += z[e] * z[e] / (q * q)
            slope += z[e] * z[e] * h[e] / (q * q * q)
        if slope == 0.0:
            break
        step = total * (np.sqrt(total) - 1.0) / slope
        t += step
        if abs(step) <= 1e-14 * t:
            break
    for e in range(E):
        block[e] = z[e] * t / (h[e] * t + alpha)


@njit(cache=True, nogil=True)
def relative_gap(C: Array, R: Array, B: Array, y_sq: float, alpha: float) -> float:
    """Duality gap over y_sq (summed over environments); the dual point is the scaled residual."""
    E, K = C.shape
    fit, along, penalty, most = y_sq, y_sq, 0.0, 0.0
    for j in range(K):
        b_norm, r_norm = 0.0, 0.0
        for e in range(E):
            b_norm += B[e, j] * B[e, j]
            r_norm += R[e, j] * R[e, j]
            fit -= B[e, j] * (C[e, j] + R[e, j])
            along -= B[e, j] * C[e, j]
        penalty += np.sqrt(b_norm)
        most = max(most, r_norm)
    primal = 0.5 * fit + alpha * penalty
    shrink = min(alpha / max(np.sqrt(most), 1e-300), along / max(fit, 1e-300))
    return (primal - (shrink * along - 0.5 * shrink * shrink * fit)) / max(y_sq, 1e-300)


@njit(cache=True, nogil=True)
def solve_alphas(
    G: Array,
    C: Array,
    y_sq: float,
    alphas: Array,
    tol: float,
    max_iter: int,
    coefs: Array,
    gap: Array,
    n_iter: NDArray[np.int64],
) -> None:
    """Fill coefs (A, E, K), gap (A,) and n_iter (A,) (sweeps) along decreasing alphas."""
    E, K = C.shape
    B, R = np.zeros((E, K)), C.copy()
    z, h, block = np.zeros(E), np.zeros(E), np.zeros(E)
    working = np.zeros(K, np.bool_)
    for a in range(alphas.shape[0]):
        alpha = alphas[a]
        sweeps = 0
        while True:
            gap[a] = relative_gap(C, R, B, y_sq, alpha)
            if gap[a] <= tol or sweeps >= max_iter:
                break
            for j in range(K):
                size = 0.0
                for e in range(E):
                    size += R[e, j] * R[e, j]
                working[j] = working[j] or size > alpha * alpha
            for _ in range(SWEEPS_PER_CHECK):
                sweeps += 1
                moved = 0.0
                for j in range(K):
                    if not working[j]:
                        continue
                    for e in range(E):
                        h[e] = G[e, j, j]
                        z[e] = R[e, j] + h[e] * B[e, j]
                    update_block(z, h, alpha, block)
                    for e in range(E):
                        change = block[e] - B[e, j]
                        if change != 0.0:
                            B[e, j] = block[e]
                            moved = max(moved, h[e] * change * change)
                            for i in range(K):
                                R[e, i] -= G[e, j, i] * change
                if moved <= 1e-4 * tol * y_sq / max(E, 1):
                    break
            for j in range(K):
                used = False
                for e in range(E):
                    used = used or B[e, j] != 0.0
                working[j] = used
            for e in range(E):  # residuals anew: rounding must not pile up over thousands of sweeps
                for i in range(K):
                    R[e, i] = C[e, i]
                for j in range(K):
                    if B[e, j] != 0.0:
                        for i in range(K):
                            R[e, i] -= G[e, j, i] * B[e, j]
        n_iter[a] = sweeps
        for e in range(E):
            for j in range(K):
                coefs[a, e, j] = B[e, j]
