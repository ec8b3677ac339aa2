"""Group L0: the best shared support of every size, from Gram matrices alone.

Objective, for one state and every size s = 0, 1, ..., max_terms:

    minimise over supports S with |S| = s:   sum_e w_e min_b ( y_sq_e - 2 b'c_e[S] + b'G_e[S, S] b )

Three searches stand on the exact gains of `support_scan`: forward steps with one-for-one swaps, backward steps with
swaps from a larger support, and, as far as it is affordable, the tree of all supports of a size (`support_tree`), which
is exact. A support counts if each of its free terms lies outside the span of the others in some environment.

The searches call compiled scans and are plain Python themselves: a step costs them microseconds.

References
----------
Efroymson (1960), Multiple regression analysis (forward and backward steps); Miller (2002), Subset selection in
regression (swaps).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from spreme.solvers.subsets.column_groups import best_group_supports
from spreme.solvers.subsets.scan import JOIN, LEAVE, SWAP, Array, Indices, is_admissible, scan, workspace
from spreme.solvers.subsets.tree import LEAF, ceilings, tree, walk

# A swap must gain more than rounding: relative to what the support explains.
SWAP_GAIN = 1e-12
# Swaps of one support, and candidates for a swap that are tried.
SWAPS, TRIES = 100, 20
# Enumeration of one size is affordable up to this many multiplications (about 4 ms).
AFFORDABLE = 5e6
# Multiplications of a dense factorisation (three times its number) that cost as much as one of an enumeration.
CHEAP = 24
# No bound, and no limit on the leaves of a tree; where bounds fail it is left at this many times what is affordable.
UNBOUNDED, ENDLESS, PATIENCE = 1e300, 2**62, 4.0


# Grams, their diagonals, cross products and weights, as the kernels want them.
Problem = tuple[Array, Array, Array, Array]


@dataclass(frozen=True, eq=False)
class SupportPath:
    """Best supports found, one of every size.

    Attributes
    ----------
    masks : ndarray (sizes, K) of bool
        The supports.
    explained : ndarray (sizes,)
        What each explains: the fall of the objective from that of no terms.
    exact : ndarray (sizes,) of bool
        Whether all supports of the size were enumerated.

    Examples
    --------
    >>> gram, cross = np.eye(2)[None], np.array([[1.0, 2.0]])
    >>> best_supports(gram, cross, max_terms=2).explained.tolist()
    [0.0, 4.0, 5.0]
    """

    masks: NDArray[np.bool_]
    explained: Array
    exact: NDArray[np.bool_]


class _Search:
    """Best supports of every size so far, and the steps between supports. A support lists its required terms first."""

    def __init__(
        self, problem: Problem, n_required: int, max_terms: int, above: int | None = None, sound: bool = False
    ) -> None:
        self.problem, self.n_required, self.max_terms, self.sound = problem, n_required, max_terms, sound
        K = problem[1].shape[1]
        self.top = min(max_terms + (max_terms + 2 if above is None else above), K)
        self.explained = np.full(max_terms + 1, -1.0)
        self.best: list[Indices] = [np.zeros(0, np.int64)] * (max_terms + 1)
        self.work = workspace(self.top + 1, K)
        # of the current support, and of one that may replace it
        self.gains, self.other = np.zeros((self.top + 1, K)), np.zeros((self.top + 1, K))

    def run(self, support: Indices) -> None:
        """Forward to `top` terms, then backward; with swaps up to max_terms."""
        support = self.improved(support)
        while len(support) < self.top:
            joining = self.joining(support)
            if joining < 0 or (self.sound and not self.is_sound(np.append(support, joining))):
                break
            support = self.improved(np.append(support, joining))
        while len(support) > max(self.n_required, 1):
            support = self.improved(np.delete(support, self.leaving(support)))

    def is_admissible(self, support: Indices, fixed: int) -> bool:
        """Whether every term from position `fixed` on adds something to the others."""
        return is_admissible(*self.problem, support, len(support), fixed, self.work)

    def is_sound(self, support: Indices) -> bool:
        """Whether no term of a support is so close to the span of the others that swaps need fresh factors."""
        return scan(*self.problem, support, len(support), LEAVE, self.work, self.other, np.zeros(len(support) + 1))

    def joining(self, support: Indices) -> int:
        """The term that adds most; -1 if none adds anything."""
        self.scan(support, JOIN, self.gains)
        gain = self.gains[len(support)]
        while gain[j := int(np.argmax(gain))] > 0.0:
            if self.is_admissible(np.append(support, j), len(support)):
                return j
            gain[j] = -1.0
        return -1

    def leaving(self, support: Indices) -> int:
        """The position of the free term that is missed least."""
        left = self.scan(support, LEAVE, self.gains)
        return self.n_required + int(np.argmax(left[self.n_required : -1]))

    def scan(self, support: Indices, mode: int, gains: Array) -> Array:
        """What `scan` finds, position by position where the support is too close to dependent."""
        s, left = len(support), np.zeros(len(support) + 1)
        if not scan(*self.problem, support, s, mode, self.work, gains, left):
            scratch, one = np.zeros_like(gains), np.zeros(s + 1)
            for i in range(s):
                scan(*self.problem, np.delete(support, i), s - 1, JOIN, self.work, scratch, one)
                left[i], gains[i], gains[i, support] = one[s - 1], scratch[s - 1], -1.0
            scan(*self.problem, support, s, JOIN, self.work, gains, left)
        return left

    def improved(self, support: Indices) -> Indices:
        """The support after the best swaps, until none helps, kept if it is the best of its size."""
        s, f = len(support), self.n_required
        if s > self.max_terms or (self.explained[s] >= 0 and set(support.tolist()) == set(self.best[s].tolist())):
            return support
        left = self.scan(support, SWAP, self.gains)
        for _ in range(SWAPS):
            least = left[s] * (1.0 + SWAP_GAIN)
            value = np.where(self.gains[f:s] > 0, left[f:s, None] + self.gains[f:s], -1.0)
            swapped, after = self.swapped(support, value, least)
            if swapped is None:
                break
            support, left = swapped, after
            self.gains, self.other = self.other, self.gains
        if left[s] > self.explained[s] and self.is_admissible(support, f):
            self.explained[s], self.best[s] = left[s], support
        return support

    def swapped(self, support: Indices, value: Array, least: float) -> tuple[Indices | None, Array]:
        """The best swap that holds when computed afresh, with its scan; None if there is none."""
        for _ in range(TRIES if value.size else 0):
            i, j = np.unravel_index(np.argmax(value), value.shape)
            if value[i, j] <= least:
                break
            other = support.copy()
            other[self.n_required + i] = j
            if self.is_admissible(other, self.n_required):
                left = self.scan(other, SWAP, self.other)
                if left[-1] > least:
                    return other, left
            value[i, j] = -1.0
        return None, value


def best_supports(
    gram: Array,
    cross: Array,
    *,
    max_terms: int,
    weight: Array | None = None,
    required: NDArray[np.bool_] | None = None,
    starts: tuple[NDArray[np.bool_], ...] = (),
    affordable: float = AFFORDABLE,
    above: int | None = None,
    sound: bool = False,
    groups: NDArray[np.int64] | None = None,
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
        Enumerate a size if it costs at most about this many multiplications.
    above : int, optional
        How many terms more than `max_terms` a support may get before terms are taken from it again (default: as many
        again and two).
    sound : bool, default False
        Stop growing where a term comes so close to the span of the others that swaps need fresh factors: the path is
        then shorter, and quick on nearly dependent columns.
    groups : ndarray (K,) of int, optional
        Labels of the columns; columns with one label join together, and sizes count labels (default: each its own).

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
    weight = np.ones(E) if weight is None else np.asarray(weight, dtype=float)
    required = np.zeros(K, bool) if required is None else np.asarray(required, dtype=bool)
    if groups is not None and len(np.unique(groups)) < K:
        masks, values = best_group_supports(gram, cross, groups, max_terms, weight, required, starts)
        return SupportPath(masks, values, np.arange(len(values)) <= len(np.unique(groups[required])))
    fixed = np.flatnonzero(required)
    largest = min(max(max_terms, len(fixed)), K)
    search = _Search(lower(gram, cross, weight), len(fixed), largest, above, sound)
    search.run(fixed)
    for start in starts:
        more = np.setdiff1d(np.flatnonzero(start), fixed)[: search.top - len(fixed)]
        search.run(np.concatenate([fixed, more]))
    if len(fixed) == 0:
        search.explained[0] = 0.0
    exact = np.arange(len(search.best)) <= len(fixed)
    exact[_enumerate(search, fixed, affordable)] = True
    return _collect(search, len(fixed), exact)


def lower(gram: Array, cross: Array, weight: Array) -> Problem:
    """Arrays as the kernels want them, without environments of weight 0."""
    used = weight > 0
    if not used.all():
        gram, cross, weight = gram[used], cross[used], weight[used]
    gram, diagonal = np.ascontiguousarray(gram), np.ascontiguousarray(np.diagonal(gram, axis1=1, axis2=2))
    return gram, diagonal, np.ascontiguousarray(cross), np.ascontiguousarray(weight)


def _enumerate(search: _Search, fixed: Indices, affordable: float) -> list[int]:
    """Walk the trees of the sizes that are affordable, the smallest first; returns these sizes."""
    gram, diagonal, cross, weight = search.problem
    E, K = cross.shape
    order = np.concatenate([fixed, np.setdiff1d(np.arange(K), fixed)])
    f, n = len(fixed), K - len(fixed)
    has_bound = CHEAP * affordable >= E * K**3
    sizes: list[int] = []
    for s in range(f + 1, len(search.best)):
        cost = (LEAF * comb(n, s - f - 1) + comb(n, s - f) * (1 if has_bound else E)) * s
        if cost > affordable:
            break
        if not sizes:
            if f:
                gram = np.ascontiguousarray(gram[:, order[:, None], order])
                diagonal, cross = np.ascontiguousarray(diagonal[:, order]), np.ascontiguousarray(cross[:, order])
            above = ceilings(gram, cross, weight, f) if has_bound else np.full((E + 1, K), UNBOUNDED)
        found, value = np.zeros(s, np.int64), search.explained[s : s + 1].copy()
        state, buffers = tree(diagonal, cross, s), workspace(s, K)
        arrays, limits = (gram, diagonal, cross, weight), (ENDLESS, PATIENCE * affordable)
        done, _ = walk(*arrays, above, np.arange(s), f, f, state, buffers, found, value, *limits)
        if value[0] > search.explained[s]:
            search.explained[s], search.best[s] = value[0], order[found]
        if not done:
            break
        sizes.append(s)
    return sizes


def _collect(search: _Search, least: int, exact: NDArray[np.bool_]) -> SupportPath:
    """Turn index lists into masks; sizes that were not reached repeat the one before."""
    masks = np.zeros((len(search.best), search.problem[1].shape[1]), bool)
    explained = np.where(search.explained >= 0, search.explained, -np.inf)
    for s in range(least, len(masks)):
        if explained[s] >= 0:
            masks[s, search.best[s]] = True
        elif s > 0:
            masks[s], explained[s] = masks[s - 1], explained[s - 1]
    return SupportPath(masks, explained, exact)
