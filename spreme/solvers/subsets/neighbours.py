"""Supports one step away from a given one: a term less, a term more, a term exchanged, and what each explains.

One scan finds the values of all of them exactly (`spreme.solvers.subsets.scan`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.solvers.subsets.group_l0 import lower
from spreme.solvers.subsets.scan import JOIN, SWAP, scan, workspace

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def neighbours(
    gram: Array,
    cross: Array,
    support: Mask,
    *,
    weight: Array | None = None,
    required: Mask | None = None,
    most: int = 8,
) -> list[tuple[Mask, float]]:
    """The best supports one step away.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Gram matrices.
    cross : ndarray (E, K)
        Cross products.
    support : ndarray (K,) of bool
        Where to stand.
    weight : ndarray (E,), optional
        Weights of the environments (default 1).
    required : ndarray (K,) of bool, optional
        Terms that stay.
    most : int, default 8
        How many of each size are returned.

    Returns
    -------
    list of (mask, explained)
        Supports and what each explains, in the sense of `best_supports`.

    Examples
    --------
    >>> gram, cross = np.eye(3)[None], np.array([[1.0, 2.0, 3.0]])
    >>> [(mask.tolist(), value) for mask, value in neighbours(gram, cross, np.array([True, False, False]), most=1)]
    [([False, False, False], 0.0), ([False, False, True], 9.0), ([True, False, True], 10.0)]
    """
    E, K = cross.shape
    weight = np.ones(E) if weight is None else np.asarray(weight, dtype=float)
    required = np.zeros(K, bool) if required is None else required
    inside = np.concatenate([np.flatnonzero(required), np.flatnonzero(support & ~required)]).astype(np.int64)
    s, fixed = len(inside), int(required.sum())
    gains, left = np.zeros((s + 1, K)), np.zeros(s + 1)
    problem, work = lower(gram, cross, weight), workspace(s + 1, K)
    full = scan(*problem, inside, s, SWAP, work, gains, left)
    if not full:
        scan(*problem, inside, s, JOIN, work, gains, left)
    rows = range(fixed, s) if full else range(0)
    found = [(_changed(support, inside[i], -1), float(left[i])) for i in sorted(rows, key=lambda i: -left[i])[:most]]
    swaps = [(float(left[i] + gains[i, j]), inside[i], j) for i in rows for j in _best(gains[i], most)]
    found += [(_changed(support, i, j), value) for value, i, j in sorted(swaps, key=lambda own: -own[0])[:most]]
    return found + [(_changed(support, -1, j), float(left[s] + gains[s, j])) for j in _best(gains[s], most)]


def _best(gains: Array, most: int) -> NDArray[np.int64]:
    """Positions of the largest positive gains."""
    order = np.argsort(-gains, kind="stable")[:most]
    return order[gains[order] > 0]


def _changed(support: Mask, leaves: int, joins: int) -> Mask:
    """A support without one term and with another; -1: none."""
    out = support.copy()
    if leaves >= 0:
        out[leaves] = False
    if joins >= 0:
        out[joins] = True
    return out
