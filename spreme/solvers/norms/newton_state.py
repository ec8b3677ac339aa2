"""What Newton's method in the norms of the groups knows of the terms at work, and of all terms.

The layout is that of the kernels in `newton_steps`: environments last, padded with empty ones to full vector registers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Environments are padded to a multiple of this, a vector of doubles.
LANES = 4
# A term that joins starts at this eta over the scale of the Grams, where its column of D^1/2 G D^1/2 is negligible yet
# well above rounding. What is still as small at the end has not joined.
SEED = 1e-7
# Reordered sums and contracted products are welcome; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "arcp", "nsz"}


class WorkingSet(NamedTuple):
    """Everything that is known of the terms at work; capacity m, lanes e."""

    gram: Array  # (m, m, e)
    cross: Array  # (m, e)
    r: Array  # (m, e)
    r_norm: Array  # (m,)
    eta: Array  # (m,)
    price: Array  # (m,)
    terms: Indices  # (m,) which columns
    positive: Indices  # (m,) positions with eta > 0
    seat: Indices  # (m,) the same before the step
    L: Array  # (m, m, e)
    pivot: Array  # (m, e) inverse diagonal of L
    v: Array  # (m, e)
    accumulator: Array  # (e,)
    seed: Array  # (1,) eta of a term that joins
    H: Array  # (m, m) Newton's matrix
    A: Array  # (m, m) its Cholesky factor
    right: Array  # (m,)
    u: Array  # (m,)
    free: NDArray[np.bool_]  # (m,) terms that the step may move
    move: Array  # (m,) relative change of eta, of all terms
    old: Array  # (m,) eta before the step


class AllTerms(NamedTuple):
    """What is known of every term."""

    position: Indices  # (K,) in the working set, -1 outside
    weight: Array  # (K,)
    price: Array  # (K,)
    R: Array  # (E, K) residual correlations
    norm: Array  # (K,) their norms over environments
    norm_before: Array  # (K,) the same at the alpha before
    guess: Array  # (K,) the same at the alpha to come
    size: Array  # (K,) norms of the groups
    size_before: Array  # (K,)
    here: Array  # (1,) strength that the sizes belong to
    scale: Array  # (K,)
    factor: Array  # (E,) by which the Grams are to be multiplied (C and y_sq are already)
    curvature: Array  # (1,) largest entry of their diagonals


def working_set(m: int, n_environments: int) -> WorkingSet:
    """Empty working set of capacity m."""
    lanes = -(-n_environments // LANES) * LANES
    return WorkingSet(
        gram=np.zeros((m, m, lanes)),
        cross=np.zeros((m, lanes)),
        r=np.zeros((m, lanes)),
        r_norm=np.zeros(m),
        eta=np.zeros(m),
        price=np.zeros(m),
        terms=np.zeros(m, np.int64),
        positive=np.zeros(m, np.int64),
        seat=np.zeros(m, np.int64),
        L=np.zeros((m, m, lanes)),
        pivot=np.zeros((m, lanes)),
        v=np.zeros((m, lanes)),
        accumulator=np.zeros(lanes),
        seed=np.full(1, SEED),
        H=np.zeros((m, m)),
        A=np.zeros((m, m)),
        right=np.zeros(m),
        u=np.zeros(m),
        free=np.zeros(m, bool),
        move=np.zeros(m),
        old=np.zeros(m),
    )


def all_terms(
    cross: Array, weight: Array, scale: Array, size: Array, here: float, factor: Array, curvature: float
) -> AllTerms:
    """State of all terms for correlations cross (E, K) before the first solution, or with group norms to start from."""
    n_terms = cross.shape[1]
    norm = np.sqrt((cross**2).sum(axis=0))
    return AllTerms(
        position=np.full(n_terms, -1),
        weight=np.array(weight, dtype=float),
        price=np.ones(n_terms),
        R=np.array(cross),
        norm=norm,
        norm_before=norm.copy(),
        guess=np.zeros(n_terms),
        size=np.array(size, dtype=float),
        size_before=np.array(size, dtype=float),
        here=np.array([here]),
        scale=np.array(scale),
        factor=np.array(factor),
        curvature=np.array([curvature]),
    )


@njit(cache=True, nogil=True)
def count(work: WorkingSet, f: int) -> int:
    """How many terms have eta > 0."""
    n = 0
    for i in range(f):
        if work.eta[i] > 0.0:
            n += 1
    return n


@njit(cache=True, nogil=True)
def gather(G: Array, C: Array, factor: Array, first: int, f: int, work: WorkingSet) -> None:
    """Copy the Grams of the terms at positions first..f-1 into the working set."""
    E = C.shape[0]
    for a in range(first, f):
        i = work.terms[a]
        for e in range(E):
            work.cross[a, e] = C[e, i]
        for b in range(a + 1):
            j = work.terms[b]
            for e in range(E):
                value = factor[e] * G[e, i, j]
                work.gram[a, b, e] = value
                work.gram[b, a, e] = value


@njit(cache=True, nogil=True)
def admit(G: Array, C: Array, f: int, work: WorkingSet, every: AllTerms) -> int:
    """Seed the terms whose guessed norms exceed their price most, a few at a time; returns the new f, -1 if full."""
    first = f
    position, price, norm = every.position, every.price, every.guess
    for _ in range(max(8, count(work, f) // 2)):
        best, worst = -1, 1.0
        for k in range(norm.shape[0]):
            if norm[k] > worst * price[k] and (position[k] < 0 or work.eta[position[k]] == 0.0):
                best, worst = k, norm[k] / price[k]
        if best < 0:
            break
        if position[best] < 0:
            if f == work.terms.shape[0]:
                return -1
            work.terms[f], work.price[f], position[best] = best, price[best], f
            f += 1
        work.eta[position[best]] = work.seed[0]
    gather(G, C, every.factor, first, f, work)
    return f


@njit(cache=True, nogil=True)
def drop_seeds(work: WorkingSet, f: int) -> None:
    """Set to zero what has not grown beyond a seed: it is in no support."""
    for i in range(f):
        if work.eta[i] <= 2.0 * work.seed[0]:
            work.eta[i] = 0.0


@njit(cache=True, nogil=True, fastmath=FAST)
def move_to(alpha: float, ridge: float, step: float, f: int, work: WorkingSet, every: AllTerms) -> None:
    """Prices at alpha; norms of groups and of correlations extrapolated by `step` times their last change."""
    norm, before = every.norm, every.norm_before
    work.seed[0] = SEED / (every.curvature[0] + ridge)
    for k in range(norm.shape[0]):
        every.price[k] = alpha * every.weight[k]
        every.guess[k] = max(norm[k], norm[k] + step * (norm[k] - before[k]))
        before[k] = norm[k]
    for i in range(f):
        k = work.terms[i]
        work.price[i] = every.price[k]
        # a norm that would vanish is only made small: whether it does is for Newton's method to say
        size = max(every.size[k] + step * (every.size[k] - every.size_before[k]), 0.2 * every.size[k])
        work.eta[i] = size / every.price[k]


@njit(cache=True, nogil=True)
def store(f: int, a: int, work: WorkingSet, every: AllTerms, coefs: Array, masks: NDArray[np.bool_]) -> None:
    """Keep the solution as number a of coefs (A, E, K), for unscaled columns, and of masks (A, K)."""
    for k in range(every.size.shape[0]):
        every.size_before[k], every.size[k] = every.size[k], 0.0
    for i in range(f):
        k = work.terms[i]
        every.size[k] = work.eta[i] * work.r_norm[i]
        masks[a, k] = every.size[k] > 0.0
        for e in range(coefs.shape[1]):
            coefs[a, e, k] = work.eta[i] * work.r[i, e] / every.scale[k]


@njit(cache=True, nogil=True)
def restart(G: Array, C: Array, work: WorkingSet, every: AllTerms) -> int:
    """Fill the working set with the terms whose size is positive; returns their number, -1 without room."""
    f = C.shape[0] - C.shape[0]
    for k in range(every.size.shape[0]):
        every.position[k] = -1
        if every.size[k] > 0.0:
            if f == work.terms.shape[0]:
                return -1
            work.terms[f], every.position[k] = k, f
            f += 1
    gather(G, C, every.factor, f - f, f, work)
    return f
