"""Group L0: the best shared support of every size, from Gram matrices alone.

Objective, for one state and every size s = 0, 1, ..., max_terms:

    minimise over supports S with |S| = s:   sum_e w_e min_b ( y_sq_e - 2 b'c_e[S] + b'G_e[S, S] b )

For a support S one Cholesky factorisation per environment and one forward substitution give, for every other term j at
once, the exact fall of the objective when j joins S: E K s^2 operations that touch only rows of S. On top of that scan
stand three searches: forward steps with one-for-one swaps, backward steps with swaps from a larger support, and, where
it is affordable, enumeration of all supports of a size, which is exact.

Legend (kernels): G (E, K, K) Grams, C (E, K) cross products, w (E,) weights of the environments, S (s,) support,
`fixed` the number of leading entries of S that must stay (required terms), gain (K,) fall of the objective when a term
joins S, V (s, K) rows of L^-1 G[S, :], d (K,) Schur complements, r (K,) residual cross products.

References
----------
Beale, Kendall and Mann (1967), The discarding of variables in multivariate analysis (the sweep behind the scan).
Efroymson (1960), Multiple regression analysis (forward and backward steps); Miller (2002), Subset selection in
regression (swaps).
"""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# A term whose Schur complement falls below this share of its diagonal is a combination of the support: it can add
# nothing.
DEPENDENT = 1e-9
# A swap must gain more than rounding: relative to what the support explains.
SWAP_GAIN = 1e-12
# Enumeration of one size is affordable up to this many multiplications (about 10 ms).
AFFORDABLE = 1e7


class SupportPath(NamedTuple):
    """Best support of every size: masks (sizes, K), what each explains (sizes,), whether by enumeration (sizes,)."""

    masks: NDArray[np.bool_]
    explained: Array
    exact: NDArray[np.bool_]


@njit(cache=True, nogil=True, fastmath=True)
def _scan(
    G: Array, C: Array, w: Array, S: Indices, s: int, L: Array, V: Array, z: Array, d: Array, r: Array, gain: Array
) -> float:
    """Fill `gain` for the support S[:s] and return what S explains; members of S get gain -1."""
    E, K = C.shape
    explained = 0.0
    for j in range(K):
        gain[j] = 0.0
    for e in range(E):
        if w[e] == 0.0:
            continue
        for a in range(s):
            Sa = S[a]
            pivot = G[e, Sa, Sa]
            for b in range(a):
                v = G[e, Sa, S[b]]
                for k in range(b):
                    v -= L[a, k] * L[b, k]
                v = v / L[b, b] if L[b, b] > 0.0 else 0.0
                L[a, b] = v
                pivot -= v * v
            v = C[e, Sa]
            for k in range(a):
                v -= L[a, k] * z[k]
            # a column that is zero here, or a combination of the others, explains nothing in this environment
            if pivot > 1e-13 * G[e, Sa, Sa] and pivot > 0.0:
                L[a, a] = np.sqrt(pivot)
                z[a] = v / L[a, a]
            else:
                L[a, a] = 0.0
                z[a] = 0.0
            explained += w[e] * z[a] * z[a]
        for j in range(K):
            d[j] = G[e, j, j]
            r[j] = C[e, j]
        for a in range(s):
            if L[a, a] == 0.0:
                for j in range(K):
                    V[a, j] = 0.0
                continue
            for j in range(K):
                V[a, j] = G[e, S[a], j]
            for k in range(a):
                v = L[a, k]
                for j in range(K):
                    V[a, j] -= v * V[k, j]
            inverse = 1.0 / L[a, a]
            za = z[a]
            for j in range(K):
                v = V[a, j] * inverse
                V[a, j] = v
                d[j] -= v * v
                r[j] -= v * za
        for j in range(K):
            if d[j] > DEPENDENT * G[e, j, j]:
                gain[j] += w[e] * r[j] * r[j] / d[j]
    for a in range(s):
        gain[S[a]] = -1.0
    return explained


@njit(cache=True, nogil=True)
def _without(S: Indices, s: int, position: int, T: Indices) -> None:
    """T[:s-1] = S[:s] without the entry at `position`."""
    for a in range(position):
        T[a] = S[a]
    for a in range(position + 1, s):
        T[a - 1] = S[a]


@njit(cache=True, nogil=True)
def _swap(
    G: Array,
    C: Array,
    w: Array,
    S: Indices,
    s: int,
    fixed: int,
    T: Indices,
    L: Array,
    V: Array,
    z: Array,
    d: Array,
    r: Array,
    gain: Array,
    now: float,
) -> float:
    """One-for-one swaps until none helps; returns what S then explains."""
    for _ in range(10):
        moved = False
        for position in range(fixed, s):
            _without(S, s, position, T)
            rest = _scan(G, C, w, T, s - 1, L, V, z, d, r, gain)
            j = np.argmax(gain)
            if j != S[position] and rest + gain[j] > now + SWAP_GAIN * abs(now):
                S[position] = j
                now = rest + gain[j]
                moved = True
        if not moved:
            break
    return now


@njit(cache=True, nogil=True)
def _search(
    G: Array, C: Array, w: Array, start: Indices, fixed: int, max_terms: int, top: int, best: Indices, explained: Array
) -> None:
    """Forward to `top` terms, then backward; swaps up to max_terms. best[s, :s] is improved in place."""
    K = C.shape[1]
    L = np.zeros((top, top))
    V = np.zeros((top, K))
    z, d, r, gain = np.zeros(top), np.zeros(K), np.zeros(K), np.zeros(K)
    S, T = np.zeros(top, np.int64), np.zeros(top, np.int64)
    s = start.shape[0]
    for a in range(s):
        S[a] = start[a]
    forward = True
    first = True
    while True:
        if first:
            first = False
        elif forward:
            _scan(G, C, w, S, s, L, V, z, d, r, gain)
            j = np.argmax(gain)
            if s >= top or gain[j] <= 0.0:
                forward = False
                continue
            S[s] = j
            s += 1
        else:
            if s <= fixed or s <= 1:
                break
            keep, most = fixed, -1.0
            for position in range(fixed, s):
                _without(S, s, position, T)
                rest = _scan(G, C, w, T, s - 1, L, V, z, d, r, gain)
                if rest > most:
                    keep, most = position, rest
            for a in range(keep + 1, s):
                S[a - 1] = S[a]
            s -= 1
        now = _scan(G, C, w, S, s, L, V, z, d, r, gain)
        if s <= max_terms:
            now = _swap(G, C, w, S, s, fixed, T, L, V, z, d, r, gain, now)
            if now > explained[s]:
                explained[s] = now
                for a in range(s):
                    best[s, a] = S[a]


@njit(cache=True, nogil=True)
def _irreducible(
    G: Array,
    C: Array,
    w: Array,
    S: Indices,
    s: int,
    fixed: int,
    T: Indices,
    L: Array,
    V: Array,
    z: Array,
    d: Array,
    r: Array,
    gain: Array,
) -> bool:
    """Whether every free term of S adds something to the others: no zero or dependent column fills up the size."""
    for position in range(fixed, s):
        _without(S, s, position, T)
        _scan(G, C, w, T, s - 1, L, V, z, d, r, gain)
        if gain[S[position]] <= 0.0:
            return False
    return True


@njit(cache=True, nogil=True)
def _enumerate(
    G: Array, C: Array, w: Array, candidates: Indices, fixed_terms: Indices, s: int, best: Indices, explained: Array
) -> None:
    """All supports of size s with the fixed terms: the last term by the scan, the others in lexicographic order."""
    K = C.shape[1]
    fixed = fixed_terms.shape[0]
    free = s - fixed - 1
    n = candidates.shape[0]
    L = np.zeros((s, s))
    V = np.zeros((s, K))
    z, d, r, gain = np.zeros(s), np.zeros(K), np.zeros(K), np.zeros(K)
    S, T = np.zeros(s, np.int64), np.zeros(s, np.int64)
    for a in range(fixed):
        S[a] = fixed_terms[a]
    index = np.arange(free)
    while True:
        for a in range(free):
            S[fixed + a] = candidates[index[a]]
        rest = _scan(G, C, w, S, s - 1, L, V, z, d, r, gain)
        j = np.argmax(gain)
        if gain[j] > 0.0 and rest + gain[j] > explained[s] * (1.0 + SWAP_GAIN):
            S[s - 1], now = j, rest + gain[j]
            if _irreducible(G, C, w, S, s, fixed, T, L, V, z, d, r, gain):
                explained[s] = now
                for a in range(s):
                    best[s, a] = S[a]
        a = free - 1
        while a >= 0 and index[a] == n - free + a:
            a -= 1
        if a < 0:
            return
        index[a] += 1
        for b in range(a + 1, free):
            index[b] = index[b - 1] + 1


def best_supports(
    gram: Array,
    cross: Array,
    *,
    max_terms: int,
    weight: Array | None = None,
    required: NDArray[np.bool_] | None = None,
    starts: tuple[NDArray[np.bool_], ...] = (),
    affordable: float = AFFORDABLE,
) -> SupportPath:
    """Best shared support of every size up to `max_terms` for one state.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Gram matrices; columns may vanish in single environments.
    cross : ndarray (E, K)
        Cross products with the target of this state.
    max_terms : int
        Largest size.
    weight : ndarray (E,), optional
        Weights of the environments (default 1).
    required : ndarray (K,) of bool, optional
        Terms that every support contains.
    starts : tuple of ndarray (K,) of bool
        Further supports from which forward and backward search start.
    affordable : float
        Enumerate a size if it costs at most this many multiplications.

    Returns
    -------
    SupportPath
        Sizes 0..max_terms; a size that cannot be reached repeats the mask of the largest smaller one.

    Examples
    --------
    >>> gram = np.array([[[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    >>> best_supports(gram, np.array([[1.0, 0.6, 0.5]]), max_terms=2).masks[2].tolist()
    [True, False, True]
    """
    E, K = cross.shape
    gram, cross = np.ascontiguousarray(gram), np.ascontiguousarray(cross)
    weight = np.ones(E) if weight is None else np.ascontiguousarray(weight, dtype=float)
    fixed = np.zeros(0, np.int64) if required is None else np.flatnonzero(required)
    max_terms = min(max(max_terms, len(fixed)), K)
    best = np.zeros((max_terms + 1, max_terms + 1), np.int64)
    explained = np.full(max_terms + 1, -np.inf)
    top = min(2 * max_terms + 2, K)
    for start in (None, *starts):
        others = (
            np.zeros(0, np.int64) if start is None else np.setdiff1d(np.flatnonzero(start), fixed)[: top - len(fixed)]
        )
        _search(gram, cross, weight, np.concatenate([fixed, others]), len(fixed), max_terms, top, best, explained)
    if len(fixed) == 0:
        explained[0] = 0.0
    exact = np.zeros(max_terms + 1, bool)
    exact[: len(fixed) + 1] = True
    candidates = np.setdiff1d(np.arange(K), fixed)
    for s in range(len(fixed) + 1, max_terms + 1):
        if comb(len(candidates), s - len(fixed) - 1) * E * K * s**2 > affordable:
            break
        _enumerate(gram, cross, weight, candidates, fixed, s, best, explained)
        exact[s] = True
    return _collect(best, explained, exact, len(fixed), K)


def _collect(
    best: NDArray[np.int64], explained: Array, exact: NDArray[np.bool_], least: int, n_terms: int
) -> SupportPath:
    """Turn index lists into masks; sizes that were not reached repeat the one before."""
    masks = np.zeros((len(explained), n_terms), bool)
    for s in range(len(explained)):
        if np.isfinite(explained[s]) and s >= least:
            masks[s, best[s, :s]] = True
        elif s > 0:
            masks[s], explained[s] = masks[s - 1], explained[s - 1]
    return SupportPath(masks, explained, exact)
