"""Group lasso path by Newton's method in the norms of the groups.

Objective, for one state, B (E, K) for scaled columns, p_j = alpha w_j the price of a term:

    P(B) = sum_e ( y_sq_e - 2 c_e'b_e + b_e'G_e b_e ) / 2 + sum_j p_j ||B[:, j]||

With p ||b|| = min over eta >= 0 of (||b||^2 / eta + p^2 eta) / 2, and B eliminated, what is left is smooth and jointly
convex in one variable per term, however many environments there are:

    phi(eta) = sum_j eta_j p_j^2 / 2 - sum_e c_e' D r_e / 2,   D = diag(eta),   r_e = (I + G_e D)^-1 c_e,   b_e = D r_e

    eta_j > 0  =>  ||r_j|| = p_j;     eta_j = 0  =>  ||r_j|| <= p_j;     r_j = (r_1[j], ..., r_E[j])

Newton's matrix is H[j, k] = sum_e r_e[j] r_e[k] Q_e[j, k], Q_e = (I + G_e D)^-1 G_e, positive semidefinite by Schur's
product theorem. Only M_e = I + D^1/2 G_e D^1/2 is factored, whose eigenvalues are at least one: singular Grams do no
harm. As for the secular equation of a trust region, Newton is applied to 1/||r_j|| = 1/p_j, which is linear in eta_j
for orthogonal columns. A step that does not lower phi is damped (Levenberg), more and more; in the limit it is scaled
steepest descent, which does.

Along the path the norms of the groups are extrapolated linearly in alpha, terms whose correlations are about to exceed
their price join the working set, and the optimality conditions are checked for all terms from the rows of the active
ones. Above `LARGE` terms at work the caller goes on with `lapack`, the same algorithm on LAPACK.

Legend: f terms in the working set, n of them with eta > 0 (`positive` lists their positions), lane e an environment
(padded with empty ones to full vector registers, so that all loops run over contiguous lanes); L Cholesky factor of M,
then its inverse; v = M^-1 D^1/2 c, so that r = v / eta^1/2 and b = v eta^1/2; u relative change of eta.

References
----------
Own derivation; the variational form is that of Micchelli and Pontil (2005), Learning the kernel function via
regularization, JMLR 6. More and Sorensen (1983), Computing a trust region step, SIAM J. Sci. Stat. Comput. 4 (the
secular equation). Tibshirani et al. (2012), Strong rules for discarding predictors in lasso-type problems, J. R. Stat.
Soc. B 74 (screening by the previous solution).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.solvers.norms.newton_state import FAST, AllTerms, WorkingSet, admit, drop_seeds, move_to, restart, store
from spreme.solvers.norms.newton_steps import gap, solve_at_work

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Working sets of more terms than this are left to BLAS.
LARGE = 120
# From one strength to the next at most this factor; stages in between are solved to a coarse gap only.
STRIDE = 0.1
COARSE = 1e-2
# What the report says of a solution: certified by its gap, out of iterations, optimal to the accuracy asked.
CONVERGED, MAX_ITER, STATIONARY = 0, 1, 2


@njit(cache=True, nogil=True, fastmath=FAST)
def _check_all(G: Array, C: Array, y_sq: float, ridge: float, f: int, work: WorkingSet, every: AllTerms) -> float:
    """Residual correlations of all terms from the active rows of G, and their norms; returns the duality gap."""
    E, K = C.shape
    R, norm = every.R, every.norm
    fit, along, penalty, most = y_sq, y_sq, 0.0, 0.0
    for k in range(K):
        norm[k] = 0.0
    for e in range(E):
        for k in range(K):
            R[e, k] = C[e, k]
        for i in range(f):
            b = work.eta[i] * work.r[i, e]
            if b != 0.0:
                j = work.terms[i]
                share = every.factor[e] * b
                for k in range(K):
                    R[e, k] -= share * G[e, j, k]
                R[e, j] -= ridge * b
        for i in range(f):
            b, j = work.eta[i] * work.r[i, e], work.terms[i]
            fit -= b * (C[e, j] + R[e, j])
            along -= b * C[e, j]
        for k in range(K):
            norm[k] += R[e, k] * R[e, k]
    for k in range(K):
        norm[k] = np.sqrt(norm[k])
        every.guess[k] = norm[k]
        most = max(most, norm[k] / every.price[k])
    for i in range(f):
        penalty += work.price[i] * work.eta[i] * work.r_norm[i]
    return gap(fit, along, penalty, most)


@njit(cache=True, nogil=True)
def _violation(work: WorkingSet, f: int, every: AllTerms) -> float:
    """Largest distance from optimality over all terms, relative to their prices."""
    most = 0.0
    for k in range(every.norm.shape[0]):
        distance = every.norm[k] / every.price[k] - 1.0
        i = every.position[k]
        most = max(most, abs(distance) if i >= 0 and work.eta[i] > 0.0 else distance)
    return most


@njit(cache=True, nogil=True)
def solve_alphas(
    G: Array,
    C: Array,
    y_sq: float,
    alphas: Array,
    ridge: float,
    tol: float,
    accuracy: float,
    max_iter: int,
    first: int,
    work: WorkingSet,
    every: AllTerms,
    coefs: Array,
    masks: NDArray[np.bool_],
    report: Array,
) -> int:
    """Solve for alphas[first:] in turn; returns how many alphas are done, not all if the working set is too small.

    Prices are alpha times `every.weight`, the ridge is alpha times `ridge`. `every.size` are the norms of the groups at
    strength `every.here` to start from (all zero at the strength where the first term enters), and those of the last
    solution afterwards. A solution is accepted if its relative gap is at most `tol`, or if no correlation misses its
    price by a share of more than ten times `accuracy`. Filled: coefs (A, E, K), masks (A, K) and report (A, 4):
    relative gap, largest violation relative to its price, iterations, status code.
    """
    f = restart(G, C, work, every)
    here, there = every.here[0], 0.0
    for a in range(first, alphas.shape[0]):
        steps, alpha, distance, violation, code = 0, 0.0, 0.0, 0.0, CONVERGED
        while alpha != alphas[a] and f >= 0:
            alpha = max(alphas[a], STRIDE * here)
            wanted = (tol if alpha == alphas[a] else max(tol, COARSE)) * y_sq
            step = (here - alpha) / (there - here) if there > 0.0 and there != here else 0.0
            move_to(alpha, alpha * ridge, min(max(step, 0.0), 3.0), f, work, every)
            target, code, used, tidy = 0.5 * wanted, MAX_ITER, -1, alpha == alphas[a]
            while True:
                entered = f
                f = admit(G, C, f, work, every)
                if f < 0 or (steps >= max_iter and used >= 0):
                    break
                if f == entered and used >= 0:
                    if violation <= 10.0 * accuracy or (used == 0 and target < max(1e-5 * wanted, 0.0)):
                        code = STATIONARY
                        break
                    # what was too small to be kept is needed after all
                    target, tidy = 0.1 * target, False
                used = solve_at_work(work, f, alpha * ridge, y_sq, target, accuracy, max_iter - steps)
                steps += used
                if tidy:
                    drop_seeds(work, f)
                distance = _check_all(G, C, y_sq, alpha * ridge, f, work, every)
                violation = _violation(work, f, every)
                if distance <= wanted:
                    code = CONVERGED
                    break
            if f >= 0:
                store(f, a, work, every, coefs, masks)
                there, here = here, alpha
                every.here[0] = here
        if f < 0:
            return a
        report[a, 0], report[a, 1] = distance / max(y_sq, 1e-300), violation
        report[a, 2], report[a, 3] = steps, code
    return alphas.shape[0]
