"""Tree of all supports of one size, depth first, with the factorisations of the path to a node kept.

A leaf is a support with one term still open: the gains of all open terms after the last one on the path are scanned at
once, so that every support is met once. The environments are added one by one. Those that have not been added yet
explain at most their ceilings: what all terms still open explain there together (none that a node of the subtree can
reach explains more). Where that cannot lift any open term over the incumbent, the leaf is closed, mostly after a single
environment; where the ceilings alone cannot, the rest of the tree is.

Legend: G (E, K, K) Grams with the terms in the order of the tree, required terms first; diagonal (E, K) of them;
C (E, K) cross products; w (E,) weights; above (E + 1, K): what environments e, e + 1, ... can explain at most with the
required terms and the terms from j on; index (s,) path to the leaf, entry s - 1 the term that joins there.
`Tree`: for every environment and level (number of terms on the path) rows V (E, s, K), Schur complements d and
residual cross products r (E, s, K), what the path explains base (E, s), and how many environments of a level are
ready (s,).

References
----------
Furnival and Wilson (1974), Regressions by leaps and bounds (the bound by the terms still open).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.linalg import solve_triangular

from spreme.solvers.subsets.scan import FAST, ROUNDING, Array, Indices, Workspace, is_admissible

# A support replaces the incumbent, and a bound keeps a leaf open, if it explains more than rounding beyond it.
BETTER = 1e-12
# A support that explains nothing is none.
TINY = 1e-300
# Multiplications that cost as much as a leaf without terms.
LEAF = 64


class Tree(NamedTuple):
    """State of the walk."""

    V: Array
    d: Array
    r: Array
    base: Array
    ready: Indices
    gain: Array


def tree(diagonal: Array, cross: Array, size: int) -> Tree:
    """State at the root."""
    E, K = cross.shape
    d, r = np.zeros((E, size, K)), np.zeros((E, size, K))
    d[:, 0], r[:, 0] = diagonal, cross
    ready = np.zeros(size, np.int64)
    ready[0] = E
    return Tree(np.zeros((E, size, K)), d, r, np.zeros((E, size)), ready, np.zeros(K))


@njit(cache=True, nogil=True, fastmath=FAST)
def _extend(g: Array, diagonal: Array, index: Indices, level: int, V: Array, d: Array, r: Array, base: Array) -> None:
    """One environment: V, d, r, base of a level from those of the level before, for the terms after the last."""
    K = diagonal.shape[0]
    term = index[level - 1]
    pivot = d[level - 1, term]
    row, old_d, new_d, old_r, new_r = V[level - 1], d[level - 1], d[level], r[level - 1], r[level]
    if not pivot > ROUNDING * diagonal[term]:
        base[level] = base[level - 1]
        for j in range(term + 1, K):
            row[j], new_d[j], new_r[j] = 0.0, old_d[j], old_r[j]
        return
    inverse = 1.0 / np.sqrt(pivot)
    z = old_r[term] * inverse
    base[level] = base[level - 1] + z * z
    source = g[term]
    for j in range(term + 1, K):
        row[j] = source[j] * inverse
    for k in range(level - 1):
        other, v = V[k], V[k, term] * inverse
        for j in range(term + 1, K):
            row[j] -= v * other[j]
    for j in range(term + 1, K):
        v = row[j]
        new_d[j] = old_d[j] - v * v
        new_r[j] = old_r[j] - v * z


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_environment(weight: float, diagonal: Array, first: int, need: float, d: Array, r: Array, gain: Array) -> float:
    """Add the gains of one environment to `gain` from `first` on; the largest sum, or -1 if none comes to `need`.

    The test needs no division; only where a term passes are the gains added.
    """
    K = diagonal.shape[0]
    passed = 0
    for j in range(first, K):
        passed += 1 if weight * r[j] * r[j] >= (need - gain[j]) * d[j] else 0
    if passed == 0:
        return -1.0
    most = 0.0
    for j in range(first, K):
        gain[j] += weight * r[j] * r[j] / d[j] if d[j] > ROUNDING * diagonal[j] else 0.0
        most = max(most, gain[j])
    return most


@njit(cache=True, nogil=True)
def _leaf(
    G: Array,
    diagonal: Array,
    w: Array,
    above: Array,
    index: Indices,
    start: int,
    first: int,
    lowest: float,
    state: Tree,
) -> float:
    """Scan a leaf; what its path explains, with the gains in state.gain, or -1 if it cannot reach `lowest`."""
    level = index.shape[0] - 1
    gain, ready = state.gain, state.ready
    for j in range(first, gain.shape[0]):
        gain[j] = 0.0
    base = 0.0
    for e in range(w.shape[0]):
        for k in range(1, level + 1):
            if ready[k] <= e:
                _extend(G[e], diagonal[e], index, k, state.V[e], state.d[e], state.r[e], state.base[e])
                ready[k] = e + 1
        base += w[e] * state.base[e, level]
        need = lowest - base - above[e + 1, start]
        if _add_environment(w[e], diagonal[e], first, need, state.d[e, level], state.r[e, level], gain) < need:
            return -1.0
    return base


@njit(cache=True, nogil=True)
def walk(
    G: Array,
    diagonal: Array,
    C: Array,
    w: Array,
    above: Array,
    index: Indices,
    fixed: int,
    required: int,
    state: Tree,
    work: Workspace,
    best: Indices,
    explained: Array,
    leaves: int,
    effort: float,
) -> tuple[bool, int]:
    """Visit leaves from the path `index` on; returns whether the tree is done, and how many leaves were visited.

    It stops after a number of leaves, or of multiplications.

    Paths come in lexicographic order. best and explained[0], the incumbent (negative: none yet), are improved in place.
    The first `fixed` terms of the path stay; the first `required` of them may be dependent.
    """
    K, s = diagonal.shape[1], index.shape[0]
    gain, ready = state.gain, state.ready
    spent, visited = 0.0, 0
    while visited < leaves and spent < effort:
        first = index[s - 2] + 1 if s > 1 else 0
        start = index[fixed] if s - 1 > fixed else first
        lowest = max(explained[0] * (1.0 + BETTER), TINY)
        if above[0, start] < lowest:
            return True, visited
        visited += 1
        base = _leaf(G, diagonal, w, above, index, start, first, lowest, state)
        while base >= 0.0:
            j = first
            for k in range(first + 1, K):
                j = k if gain[k] > gain[j] else j
            if gain[j] <= 0.0 or base + gain[j] < lowest:
                break
            index[s - 1] = j
            if is_admissible(G, diagonal, C, w, index, s, required, work):
                explained[0] = base + gain[j]
                for a in range(s):
                    best[a] = index[a]
                break
            gain[j] = 0.0
        spent += s * (LEAF + ready[s - 1] * (K - first))
        a = s - 2
        while a >= fixed and index[a] == K - s + a:
            a -= 1
        if a < fixed:
            return True, visited
        index[a] += 1
        ready[a + 1] = 0
        for b in range(a + 1, s - 1):
            index[b] = index[b - 1] + 1
            ready[b + 1] = 0
    return False, visited


def ceilings(gram: Array, cross: Array, weight: Array, fixed: int) -> Array:
    """What environments e, e + 1, ... explain at most with the first `fixed` terms and those from j on, (E + 1, K).

    One Cholesky factorisation per environment, required terms first and the others from the last to the first. A
    diagonal raised by rounding keeps it alive on dependent columns.
    """
    E, K = cross.shape
    order = np.concatenate([np.arange(fixed), np.arange(K - 1, fixed - 1, -1)])
    above = np.zeros((E + 1, K))
    for e in range(E - 1, -1, -1):
        z = _eliminated(gram[e][np.ix_(order, order)], cross[e, order])
        total = np.cumsum(z * z)
        above[e, fixed:] = above[e + 1, fixed:] + weight[e] * total[fixed:][::-1]
        above[e, :fixed] = above[e, fixed] if fixed < K else total[-1]
    return above


def _eliminated(gram: Array, cross: Array) -> Array:
    """L^-1 c with L L' = gram and a diagonal raised as little as the factorisation needs."""
    diagonal = np.diag(gram).copy()
    diagonal[diagonal <= 0.0] = 1.0
    raised = ROUNDING
    while True:
        try:
            L = np.linalg.cholesky(gram + np.diag(raised * diagonal))
        except np.linalg.LinAlgError:
            raised *= 10.0
            continue
        return solve_triangular(L, cross, lower=True, check_finite=False)
