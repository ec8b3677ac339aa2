"""Group L0 where several columns join a support together: forward, swap and backward steps over blocks of columns.

Objective, for one state and every number s of groups, S the columns of s groups:

    minimise over S:   sum_e w_e min_b ( y_sq_e - 2 b'c_e[S] + b'G_e[S, S] b )

Each step tries every group with a least-squares solution of its own (least norm where columns are dependent): slow, but
right for blocks of any size and rank. A group may join only if it adds to what the support explains.

References
----------
Efroymson (1960), Multiple regression analysis (forward and backward steps); Miller (2002), Subset selection in
regression (swaps).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]
Support = frozenset[int]

# Singular values of unit columns below this share of the largest are rounding.
RANK = 1e-12
# A group must add more than rounding: relative to what can be explained.
ADDS = 1e-11


class _Search:
    """What supports explain, remembered, and the best support of every size so far."""

    def __init__(self, gram: Array, cross: Array, weight: Array, labels: Labels, max_terms: int) -> None:
        self.gram, self.cross, self.weight, self.labels = gram, cross, weight, labels
        self.values: dict[Support, float] = {}
        self.best: list[tuple[float, Support]] = [(-np.inf, frozenset())] * (max_terms + 1)
        self.n_groups = int(labels.max()) + 1
        self.noise = ADDS * self.explain(frozenset(range(self.n_groups)))

    def explain(self, support: Support) -> float:
        """What the columns of a set of groups explain."""
        if support not in self.values:
            columns = np.flatnonzero(np.isin(self.labels, list(support)))
            self.values[support] = sum(
                w * self._explain_one(gram[np.ix_(columns, columns)], cross[columns])
                for gram, cross, w in zip(self.gram, self.cross, self.weight, strict=True)
                if w > 0
            )
        return self.values[support]

    @staticmethod
    def _explain_one(gram: Array, cross: Array) -> float:
        """What they explain in one environment: c' pinv(G) c with unit columns."""
        seen = np.diagonal(gram) > 0
        size = np.sqrt(np.diagonal(gram)[seen])
        if not len(size):
            return 0.0
        values, vectors = np.linalg.eigh(gram[np.ix_(seen, seen)] / np.outer(size, size))
        kept = values > RANK * values[-1]
        return float((((cross[seen] / size) @ vectors[:, kept]) ** 2 / values[kept]).sum())

    def grown(self, support: Support) -> Support:
        """The support with the group that adds most; itself if none adds anything."""
        choices = [support | {g} for g in range(self.n_groups) if g not in support]
        best = max(choices, key=self.explain, default=support)
        return best if self.explain(best) > self.explain(support) + self.noise else support

    def shrunk(self, support: Support, required: Support) -> Support:
        """The support without the group that is missed least."""
        return max((support - {g} for g in sorted(support - required)), key=self.explain)

    def swapped(self, support: Support, required: Support) -> Support:
        """The support after one-for-one swaps until none helps."""
        while True:
            rests = [support - {g} for g in sorted(support - required)]
            choices = [rest | {g} for rest in rests for g in range(self.n_groups) if g not in support]
            best = max(choices, key=self.explain, default=support)
            if not self.explain(best) > self.explain(support) + self.noise:
                return support
            support = best

    def is_irreducible(self, support: Support, required: Support) -> bool:
        """Whether every free group adds to the others."""
        value = self.explain(support)
        return all(value > self.explain(support - {g}) + self.noise for g in support - required)

    def keep(self, support: Support, required: Support) -> Support:
        """Swap a support and remember it if it is the best of its size."""
        if len(support) >= len(self.best):
            return support
        support = self.swapped(support, required)
        if self.explain(support) > self.best[len(support)][0] and self.is_irreducible(support, required):
            self.best[len(support)] = self.explain(support), support
        return support

    def run(self, start: Support, required: Support, top: int) -> None:
        """Forward to `top` groups, then backward."""
        support = self.keep(start, required)
        while len(support) < top and (grown := self.grown(support)) != support:
            support = self.keep(grown, required)
        while len(support) > max(len(required), 1):
            support = self.keep(self.shrunk(support, required), required)


def best_group_supports(
    gram: Array,
    cross: Array,
    groups: Labels,
    max_terms: int,
    weight: Array,
    required: Mask,
    starts: tuple[Mask, ...] = (),
) -> tuple[Mask, Array]:
    """Best supports of every number of groups.

    Parameters
    ----------
    gram, cross : ndarray (E, K, K), (E, K)
        Gram matrices and cross products of one state.
    groups : ndarray (K,) of int
        Labels; a group with a required column is required.
    max_terms : int
        Largest number of groups.
    weight : ndarray (E,)
        Weights of the environments.
    required : ndarray (K,) of bool
        Columns of groups that every support contains.
    starts : tuple of ndarray (K,) of bool
        Further supports from which the search starts.

    Returns
    -------
    masks : ndarray (sizes, K) of bool
        Columns of the best groups; a size that cannot be reached repeats the largest smaller one.
    explained : ndarray (sizes,)
        What they explain; minus infinity below the number of required groups.

    Examples
    --------
    >>> gram, cross = np.eye(3)[None], np.array([[0.6, 0.6, 0.8]])
    >>> labels, none = np.array([0, 0, 1]), np.zeros(3, bool)
    >>> best_group_supports(gram, cross, labels, 1, np.ones(1), none)[0].tolist()
    [[False, False, False], [True, True, False]]
    """
    labels = np.unique(groups, return_inverse=True)[1].ravel()
    needed: Support = frozenset(labels[required].tolist())
    n_groups = int(labels.max()) + 1
    max_terms = min(max(max_terms, len(needed)), n_groups)
    search = _Search(gram, cross, weight, labels, max_terms)
    top = min(2 * max_terms + 2, n_groups)
    for start in (required, *starts):
        free = sorted(set(labels[start].tolist()) - needed)
        search.run(needed | set(free[: top - len(needed)]), needed, top)
    masks, explained = np.zeros((max_terms + 1, len(labels)), bool), np.full(max_terms + 1, -np.inf)
    for s, (value, support) in enumerate(search.best):
        if value > -np.inf:
            masks[s], explained[s] = np.isin(labels, list(support)), value
        elif s > len(needed):
            masks[s], explained[s] = masks[s - 1], explained[s - 1]
    return masks, explained
