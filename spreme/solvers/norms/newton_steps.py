"""Newton steps in the norms of the groups of a working set; see `newton` for the mathematics and the legend."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.solvers.norms.newton_state import FAST, WorkingSet, count

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Added to the diagonal of Newton's matrix, relative to it: dependent columns leave no curvature to divide by.
JITTER = 1e-10
# phi is known to about this share. Where that hides whether a step was good, the optimality conditions say it.
NOISE = 1e-13
# The diagonal of Newton's matrix is a difference, next to nothing for small eta: known to this share of its terms.
ROUNDING = 1e-14


@njit(cache=True, nogil=True, fastmath=FAST)
def evaluate(work: WorkingSet, f: int, ridge: float) -> float:
    """Factor M, fill r, r_norm and v for the present eta, and return phi."""
    gram, cross, eta, L, pivot, v = work.gram, work.cross, work.eta, work.L, work.pivot, work.v
    positive, total = work.positive, work.accumulator
    lanes = cross.shape[1]
    n = count(work, f)
    phi = 0.0
    a = 0
    for i in range(f):
        phi += 0.5 * eta[i] * work.price[i] * work.price[i]
        if eta[i] > 0.0:
            positive[a] = i
            a += 1
    for a in range(n):
        i = positive[a]
        root = np.sqrt(eta[i])
        for b in range(a + 1):
            j = positive[b]
            both = root * np.sqrt(eta[j])
            for e in range(lanes):
                total[e] = both * gram[i, j, e]
            for k in range(b):
                for e in range(lanes):
                    total[e] -= L[a, k, e] * L[b, k, e]
            if b < a:
                for e in range(lanes):
                    L[a, b, e] = total[e] * pivot[b, e]
            else:
                # the eigenvalues of M are at least one, and so are its pivots but for rounding
                for e in range(lanes):
                    pivot[a, e] = 1.0 / np.sqrt(max(total[e] + 1.0 + ridge * eta[i], 1.0))
        for e in range(lanes):
            total[e] = root * cross[i, e]
        for k in range(a):
            for e in range(lanes):
                total[e] -= L[a, k, e] * v[k, e]
        fall = 0.0
        for e in range(lanes):
            v[a, e] = total[e] * pivot[a, e]
            fall += v[a, e] * v[a, e]
        phi -= 0.5 * fall
    for a in range(n - 1, -1, -1):
        for e in range(lanes):
            v[a, e] *= pivot[a, e]
        for k in range(a):
            for e in range(lanes):
                v[k, e] -= L[a, k, e] * v[a, e]
    _correlations(work, f, n)
    return phi


@njit(cache=True, nogil=True, fastmath=FAST)
def _correlations(work: WorkingSet, f: int, n: int) -> None:
    """Fill r and r_norm from v: on the positive terms v / eta^1/2, on the others c - G b."""
    lanes = work.cross.shape[1]
    a = 0
    for i in range(f):
        if a < n and work.positive[a] == i:
            inverse = 1.0 / np.sqrt(work.eta[i])
            for e in range(lanes):
                work.r[i, e] = work.v[a, e] * inverse
            a += 1
        else:
            for e in range(lanes):
                work.r[i, e] = work.cross[i, e]
            for k in range(n):
                j = work.positive[k]
                root = np.sqrt(work.eta[j])
                for e in range(lanes):
                    work.r[i, e] -= work.gram[i, j, e] * root * work.v[k, e]
        size = 0.0
        for e in range(lanes):
            size += work.r[i, e] * work.r[i, e]
        work.r_norm[i] = np.sqrt(size)


@njit(cache=True, nogil=True, fastmath=FAST)
def _newton_system(work: WorkingSet, n: int) -> None:
    """Lower triangle of eta_a H[a, b] eta_b = sum_l v_a v_b (I - M^-1)[a, b]; L becomes its own inverse."""
    L, pivot, v, total = work.L, work.pivot, work.v, work.accumulator
    lanes = v.shape[1]
    for a in range(n):
        for b in range(a):
            for e in range(lanes):
                total[e] = L[a, b, e] * pivot[b, e]
            for k in range(b + 1, a):
                for e in range(lanes):
                    total[e] += L[a, k, e] * L[k, b, e]
            for e in range(lanes):
                L[a, b, e] = -total[e] * pivot[a, e]
        for e in range(lanes):
            L[a, a, e] = pivot[a, e]
    for a in range(n):
        for b in range(a + 1):
            for e in range(lanes):
                total[e] = L[a, a, e] * L[a, b, e]
            for k in range(a + 1, n):
                for e in range(lanes):
                    total[e] += L[k, a, e] * L[k, b, e]
            value = 0.0
            for e in range(lanes):
                value -= v[a, e] * v[b, e] * total[e]
            if a == b:
                for e in range(lanes):
                    value += (1.0 + ROUNDING) * v[a, e] * v[a, e]
            work.H[a, b] = value
        i = work.positive[a]
        size, price = work.r_norm[i], work.price[i]
        work.right[a] = work.eta[i] * size * size * (size - price) / price


@njit(cache=True, nogil=True, fastmath=FAST)
def _solve_free(work: WorkingSet, n: int, damping: float) -> None:
    """Solve (H + damping diag H) u = right on the free rows by Cholesky; u = 0 on the others."""
    H, A, u, free = work.H, work.A, work.u, work.free
    for a in range(n):
        u[a] = 0.0
        if not free[a]:
            for b in range(n):
                A[max(a, b), min(a, b)] = 0.0
            continue
        for b in range(a + 1):
            value = H[a, b] if free[b] else 0.0
            for k in range(b):
                value -= A[a, k] * A[b, k]
            if b < a:
                A[a, b] = value * A[b, b]
            else:
                value = max(value + (JITTER + damping) * H[a, a], 0.1 * JITTER * H[a, a])
                A[a, a] = 1.0 / np.sqrt(value) if value > 0.0 else 0.0
        value = work.right[a]
        for k in range(a):
            value -= A[a, k] * u[k]
        u[a] = value * A[a, a]
    for a in range(n - 1, -1, -1):
        u[a] *= A[a, a]
        for k in range(a):
            u[k] -= A[a, k] * u[a]


@njit(cache=True, nogil=True, fastmath=FAST)
def _direction(work: WorkingSet, f: int, n: int, damping: float) -> bool:
    """Set `move` to the damped Newton step; terms just seeded that would shrink leave at once: whether any did."""
    for a in range(n):
        work.free[a] = True
    pinned, left = True, False
    while pinned:
        _solve_free(work, n, damping)
        pinned = False
        for a in range(n):
            if work.free[a] and work.u[a] < 0.0 and work.old[work.seat[a]] <= 2.0 * work.seed[0]:
                work.free[a] = False
                pinned = left = True
    for i in range(f):
        work.move[i] = 0.0
    for a in range(n):
        work.move[work.seat[a]] = work.u[a] if work.free[a] else -1.0
    return left


@njit(cache=True, nogil=True, fastmath=FAST)
def _gap_at_work(work: WorkingSet, f: int, y_sq: float) -> tuple[float, float]:
    """Duality gap of the problem restricted to the working set, and the largest violation over its price."""
    lanes = work.cross.shape[1]
    fit, along, penalty, most, violation = y_sq, y_sq, 0.0, 0.0, 0.0
    for i in range(f):
        ratio = work.r_norm[i] / work.price[i]
        most = max(most, ratio)
        if work.eta[i] > 0.0:
            violation = max(violation, abs(ratio - 1.0))
            bc = 0.0
            for e in range(lanes):
                bc += work.r[i, e] * work.cross[i, e]
            along -= work.eta[i] * bc
            fit -= work.eta[i] * (bc + work.r_norm[i] * work.r_norm[i])
            penalty += work.price[i] * work.eta[i] * work.r_norm[i]
        else:
            violation = max(violation, ratio - 1.0)
    return gap(fit, along, penalty, most), violation


@njit(cache=True, nogil=True)
def gap(fit: float, along: float, penalty: float, most: float) -> float:
    """Primal minus dual value, the dual point being the residual shrunk until no correlation exceeds its price."""
    fit, along = max(fit, 0.0), max(along, 0.0)  # squares, but for rounding
    shrink = min(1.0 / max(most, 1e-300), along / max(fit, 1e-300))
    return 0.5 * fit + penalty - (shrink * along - 0.5 * shrink * shrink * fit)


@njit(cache=True, nogil=True)
def _seed(work: WorkingSet, f: int, margin: float) -> bool:
    """Seed the terms at zero whose correlations exceed their price by a share of more than `margin`."""
    seeded = False
    for i in range(f):
        if work.eta[i] == 0.0 and work.r_norm[i] > work.price[i] * (1.0 + margin):
            work.eta[i] = work.seed[0]
            seeded = True
    return seeded


@njit(cache=True, nogil=True, fastmath=FAST)
def solve_at_work(
    work: WorkingSet, f: int, ridge: float, y_sq: float, target: float, accuracy: float, max_iter: int
) -> int:
    """Newton steps until the gap at work is at most `target` or the conditions hold to `accuracy`; their number."""
    # every kernel is called from one place: each call is compiled anew, and this is the largest part of the first call
    eta, old = work.eta, work.old
    steps, n, damping, phi, wrong = 0, count(work, f), 0.0, 0.0, 0.0
    moved, left = False, False
    while True:
        value = evaluate(work, f, ridge)
        distance, violation = _gap_at_work(work, f, y_sq)
        change = (value - phi) / max(abs(phi), 1e-300)
        if moved and not (change <= NOISE or (change <= 1e4 * NOISE and violation < 0.9 * wrong)):
            damping = max(10.0 * damping, 0.1)
        else:
            if moved:
                damping = 0.1 * damping if damping > 1e-3 else 0.0
                moved = False
            if distance <= target or violation <= accuracy:
                break
            # a column equal to an active one joins only to leave at once, and then hides what the others should do
            if not left and _seed(work, f, 0.1 * violation):
                left = True
                continue
            n = count(work, f)
            _newton_system(work, n)
            for i in range(f):
                old[i] = eta[i]
                work.seat[i] = work.positive[i]
            phi, wrong, moved = value, violation, True
        if steps >= max_iter:
            break
        steps += 1
        left = _direction(work, f, n, damping)
        for i in range(f):
            eta[i] = max(old[i] * (1.0 + work.move[i]), 0.0)
    return steps
