"""Best support of one size with a certificate: branch and bound over the terms that may still join.

    minimise over supports S with |S| = s:   sum_e w_e min_b ( y_sq_e - 2 b'c_e[S] + b'G_e[S, S] b )

A node is a pair (terms that are in, terms that may join). No support below it explains more than all of its terms
together, environment by environment. A node is split by the terms that may join, t_1, t_2, ...: the i-th child takes
t_i in and leaves those before it out. The order makes the bound of later children fall fast: each next term is the one
that the terms after it can replace least ("worst first", by downdates of a slightly raised inverse). So collinear
libraries, where any large set of terms explains nearly all, still leave only a few children; and where few terms are
open, the compiled walk of `support_tree` closes the node, with bounds per environment, or by enumeration where that is
cheaper than any bound. The node with the largest bound is next, so that at any time the largest open bound certifies
the incumbent.

References
----------
Land and Doig (1960), An automatic method of solving discrete programming problems. Furnival and Wilson (1974),
Regressions by leaps and bounds. Hofmann, Gatu and Kontoghiorghes (2007), Efficient algorithms for computing the best
subset regression models for large-scale problems (orders that strengthen the bound).
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from spreme.solvers.subsets.group_l0 import CHEAP, ENDLESS, UNBOUNDED, best_supports, lower
from spreme.solvers.subsets.scan import Array, Indices, workspace
from spreme.solvers.subsets.tree import BETTER, TINY, ceilings, tree, walk

# Leaves that cost as much as ordering the terms of a node, and as one child node.
ORDER_LEAVES, CHILD_LEAVES = 20_000, 30_000
# The order needs E K^3 operations; beyond this many terms the one given stays. A few environments tell it.
ORDERED_TERMS, ORDER_ENVIRONMENTS = 600, 4
# The order's inverse is that of the Gram with this much of its diagonal added: large enough for collinear libraries.
RAISED = 1e-7
# Multiplications between two looks at the clock: some hundredths of a second.
EFFORT = 2e7


@dataclass(frozen=True, eq=False)
class BestSubset:
    """A support and the proof of how good it is.

    Attributes
    ----------
    mask : ndarray (K,) of bool
        Best support found; it has fewer terms where no more are independent.
    explained : float
        What it explains: the fall of the objective from that of no terms.
    bound : float
        No support of the size explains more, up to rounding of the Grams.
    residual, residual_bound : float
        Objective of the support, and what no support of the size comes below; NaN if y_sq was not given.
    gap : float
        (bound - explained) relative to the sum of w_e y_sq_e, or to the bound if y_sq was not given; 0 if optimal.
    n_nodes : int
        Nodes of the tree that were looked at, leaves included.
    status : {"optimal", "time_limit", "node_limit"}
        Why the search ended.
    seconds : float
        How long it took.

    Examples
    --------
    >>> found = best_subset(np.eye(2)[None], np.array([[1.0, 2.0]]), n_terms=1)
    >>> found.mask.tolist(), found.status
    ([False, True], 'optimal')
    """

    mask: NDArray[np.bool_]
    explained: float
    bound: float
    residual: float
    residual_bound: float
    gap: float
    n_nodes: int
    status: str
    seconds: float


def best_subset(
    gram: Array,
    cross: Array,
    *,
    n_terms: int,
    y_sq: Array | None = None,
    weight: Array | None = None,
    required: NDArray[np.bool_] | None = None,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> BestSubset:
    """Best support of one size for one state, with a certificate.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Gram matrices; columns may vanish in single environments.
    cross : ndarray (E, K)
        Cross products with the target of this state.
    n_terms : int
        Size of the support, required terms included.
    y_sq : ndarray (E,), optional
        Mean squares of the target: they turn what is explained into residuals.
    weight : ndarray (E,), optional
        Weights of the environments (default 1).
    required : ndarray (K,) of bool, optional
        Terms that the support contains.
    time_limit : float, optional
        Seconds after which the best support so far is returned with its gap.
    node_limit : int, optional
        The same, by the number of nodes.

    Returns
    -------
    BestSubset
        Support, bound and gap.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> gram = np.array([[[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]]])
    >>> best = best_subset(gram, np.array([[1.0, 0.6, 0.5]]), n_terms=2)
    >>> best.mask.tolist(), best.status, best.gap
    ([True, False, True], 'optimal', 0.0)
    """
    E, K = cross.shape
    weight = np.ones(E) if weight is None else np.asarray(weight, dtype=float)
    required = np.zeros(K, bool) if required is None else np.asarray(required, dtype=bool)
    _check(n_terms, K, int(required.sum()), time_limit, node_limit)
    began = time.perf_counter()
    deadline = np.inf if time_limit is None else began + time_limit
    for size in range(n_terms, int(required.sum()) - 1, -1):  # smaller where no support of the size is independent
        search = _Search(gram, cross, weight, required, size)
        status = search.run(deadline, np.inf if node_limit is None else node_limit)
        if search.lowest >= 0.0 or status != "optimal":
            break
    bound = max(search.bound, search.explained)
    total = np.nan if y_sq is None else float(weight @ y_sq)
    unit = bound if y_sq is None else total
    return BestSubset(
        mask=search.mask,
        explained=search.explained,
        bound=bound,
        residual=total - search.explained,
        residual_bound=total - bound,
        gap=(bound - search.explained) / unit if bound > search.explained else 0.0,
        n_nodes=search.n_nodes,
        status=status,
        seconds=time.perf_counter() - began,
    )


class _Search:
    """The tree of one size: incumbent, open nodes, and what none of them exceeds."""

    def __init__(self, gram: Array, cross: Array, weight: Array, required: NDArray[np.bool_], n_terms: int) -> None:
        self.problem = lower(gram, cross, weight)
        self.size, self.n_nodes = n_terms, 0
        start = best_supports(gram, cross, max_terms=n_terms, weight=weight, required=required, affordable=0.0)
        self.mask, self.explained = start.masks[n_terms], float(start.explained[n_terms])
        # a smaller support is no incumbent of this size, only the answer if there is none
        self.lowest = self.explained if self.mask.sum() == n_terms else -1.0
        self.n_required, self.order = int(required.sum()), itertools.count()
        fixed, free = np.flatnonzero(required), np.flatnonzero(~required)
        self.open: list[tuple[float, int, Indices, Indices]] = [(-np.inf, 0, fixed, free)]
        self.bound = np.inf

    def run(self, deadline: float, node_limit: float) -> str:
        """Close nodes until none is open or a limit is reached; says which."""
        if self.size == len(self.open[0][2]):
            self.bound, self.open = self.explained, []
        while self.open:
            bound, _, inside, free = heapq.heappop(self.open)
            if -bound < self.worth:
                break
            ended = self._close(inside, free, -bound, deadline, node_limit)
            if ended:
                return ended
        self.bound = self.explained
        return "optimal"

    @property
    def worth(self) -> float:
        """What a support must explain to replace the incumbent."""
        return max(self.lowest * (1.0 + BETTER), TINY)

    def _close(self, inside: Indices, free: Indices, bound: float, deadline: float, node_limit: float) -> str:
        """Split a node into children or walk through it; the limit that stopped it, or ''."""
        self.n_nodes += 1
        f, n, missing = len(inside), len(free), self.size - len(inside)
        if comb(n, missing - 1) > ORDER_LEAVES and n <= ORDERED_TERMS:
            free = free[_worst_first(self.problem, inside, free)]
        order = np.concatenate([inside, free])
        arrays = self._arranged(order)
        E, K = arrays[2].shape
        if np.isinf(deadline + node_limit) and comb(n, missing) * self.size * CHEAP < K**3:  # bounds cost more than all
            return self._walk(arrays, np.full((E + 1, K), UNBOUNDED), order, f, bound, deadline, node_limit)
        above = ceilings(arrays[0], arrays[2], arrays[3], f)
        children = int((above[0, f:] >= self.worth).sum())
        leaves = comb(n, missing - 1) - comb(n - children, missing - 1)
        if missing > 2 and leaves > CHILD_LEAVES * children:
            for i in range(min(children, n - missing + 1)):
                child = np.append(inside, free[i]), free[i + 1 :]
                heapq.heappush(self.open, (-min(bound, above[0, f + i]), next(self.order), *child))
            return self._ended(deadline, node_limit, self._open_bound())
        return self._walk(arrays, above, order, f, bound, deadline, node_limit)

    def _arranged(self, order: Indices) -> tuple[Array, Array, Array, Array]:
        """Grams, diagonals, cross products and weights with the terms in an order, telling environments first."""
        gram, diagonal, cross, weight = self.problem
        first = np.argsort(-weight * (cross**2 / np.where(diagonal > 0, diagonal, np.inf)).max(axis=1), kind="stable")
        return (
            np.ascontiguousarray(gram[first[:, None, None], order[:, None], order]),
            np.ascontiguousarray(diagonal[first[:, None], order]),
            np.ascontiguousarray(cross[first[:, None], order]),
            weight[first],
        )

    def _walk(
        self,
        arrays: tuple[Array, Array, Array, Array],
        above: Array,
        order: Indices,
        fixed: int,
        bound: float,
        deadline: float,
        node_limit: float,
    ) -> str:
        """Walk through all supports of a node, looking at the clock now and then."""
        s = self.size
        index, found, value = np.arange(s), np.zeros(s, np.int64), np.array([self.lowest])
        state, buffers, done = tree(arrays[1], arrays[2], s), workspace(s, len(order)), False
        while not done:
            leaves = int(min(max(node_limit - self.n_nodes, 1), ENDLESS))
            done, visited = walk(
                *arrays, above, index, fixed, self.n_required, state, buffers, found, value, leaves, EFFORT
            )
            self.n_nodes += visited
            if value[0] > self.lowest:
                self.lowest = self.explained = float(value[0])
                self.mask = np.isin(np.arange(len(self.mask)), order[found])
            left = min(bound, above[0, index[fixed]]) if not done else -np.inf
            ended = self._ended(deadline, node_limit, max(left, self._open_bound()))
            if ended:
                return ended
        return ""

    def _open_bound(self) -> float:
        """What no support below the open nodes exceeds."""
        return -self.open[0][0] if self.open else -np.inf

    def _ended(self, deadline: float, node_limit: float, bound: float) -> str:
        """The limit that is reached while supports of value `bound` may be open, or ''."""
        self.bound = bound
        if bound < self.worth:
            return ""
        if time.perf_counter() >= deadline:
            return "time_limit"
        return "node_limit" if self.n_nodes >= node_limit else ""


def _worst_first(problem: tuple[Array, Array, Array, Array], inside: Indices, free: Indices) -> Indices:
    """Positions in `free`, each next one the term that the terms inside and those after it can replace least."""
    gram, diagonal, cross, weight = problem
    used = np.argsort(-weight * (cross**2 / np.where(diagonal > 0, diagonal, np.inf)).max(axis=1), kind="stable")
    used, terms = used[:ORDER_ENVIRONMENTS], np.concatenate([free, inside])
    own = np.where(diagonal > 0, diagonal, 1.0)[used[:, None], terms]
    right = np.sqrt(weight[used, None] / own) * cross[used[:, None], terms]
    unit = gram[used[:, None, None], terms[:, None], terms] / np.sqrt(own[:, :, None] * own[:, None, :])
    inverse = np.linalg.inv(unit + RAISED * np.eye(len(terms)))
    coef = np.einsum("ejk,ek->ej", inverse, right)
    order, n = np.zeros(len(free), np.int64), len(free)
    waiting = np.ones(n, bool)
    for position in range(n):
        own = np.einsum("ejj->ej", inverse)[:, :n]
        loss = np.where(waiting, (coef[:, :n] ** 2 / np.where(waiting, own, 1.0)).sum(axis=0), -1.0)
        term = int(np.argmax(loss))
        order[position], waiting[term] = term, False
        column = inverse[:, :, term] / inverse[:, term, term][:, None]
        coef = coef - column * coef[:, term][:, None]
        inverse -= column[:, :, None] * inverse[:, term][:, None, :]
    return order


def _check(n_terms: int, K: int, n_required: int, time_limit: float | None, node_limit: int | None) -> None:
    """Refuse options out of range."""
    if not max(n_required, 1) <= n_terms <= K:
        raise ValueError(
            f"n_terms must lie between {max(n_required, 1)} (the required terms) and {K} (all), got {n_terms}"
        )
    for name, value in (("time_limit", time_limit), ("node_limit", node_limit)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")
