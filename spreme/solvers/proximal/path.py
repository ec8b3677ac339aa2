"""Paths of penalties that have no solver of their own, warm-started along the strengths."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.penalties import GroupKSupport
from spreme.penalties.interface import ProximalPenalty
from spreme.solvers.proximal.block_descent import block_descent, lower
from spreme.solvers.proximal.fista import fista, largest_eigenvalue
from spreme.solvers.proximal.optimality import Solution
from spreme.solvers.proximal.packed_columns import PackedColumns

Array = NDArray[np.float64]

SOLVERS = ("auto", "fista", "block")


class ProximalPath(NamedTuple):
    """Solutions along strengths: coefs (A, E, K) of unit columns; gap, violation, n_iter (A,); status, A words."""

    coefs: Array
    gap: Array
    violation: Array
    n_iter: NDArray[np.int64]
    status: list[str]


def solve_proximal(
    gram: Array,
    cross: Array,
    y_sq: float,
    penalty: ProximalPenalty,
    alphas: Array,
    *,
    tol: float = 1e-6,
    max_iter: int = 100_000,
    solver: str = "auto",
    groups: ArrayLike | None = None,
    compiled: bool = True,
) -> ProximalPath:
    """Minimise along a grid of strengths, each solution starting from the one before.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Grams of the unit columns.
    cross : ndarray (E, K)
        Cross products of columns and target.
    y_sq : float
        Mean square of the target, summed over environments.
    penalty : ProximalPenalty
        Anything with prox, value and kkt.
    alphas : ndarray (A,)
        Strengths.
    tol : float, default 1e-6
        Duality gap to reach, relative to y_sq; violation relative to alpha for a penalty without a gap.
    max_iter : int, default 100000
        Limit of the iterations or sweeps per strength.
    solver : {"auto", "fista", "block"}, default "auto"
        Block coordinate descent ("block") wants a penalty that is a sum over terms, and no groups. "auto" takes it for
        the built-in ones among them if `compiled`, FISTA for all others.
    groups : array_like of int (K,), default None
        Labels 0..m-1: columns that form one group. None: every column its own.
    compiled : bool, default True
        Use compiled sweeps.

    Returns
    -------
    ProximalPath
        Solutions and certificates.

    Raises
    ------
    ValueError
        If an option is out of range, or the solver does not fit the penalty.

    Examples
    --------
    >>> from spreme.penalties import SparseGroupLasso
    >>> gram, cross = np.array([np.eye(2), np.eye(2)]), np.array([[3.0, 1.0], [0.2, 1.0]])
    >>> path = solve_proximal(gram, cross, 11.04, SparseGroupLasso(0.5), np.array([2.0, 1.0]), tol=1e-12)
    >>> path.coefs[1].round(3).tolist()
    [[2.0, 0.146], [0.0, 0.146]]
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver must be one of {SOLVERS}, got {solver!r}")
    for name, value in (("tol", tol), ("max_iter", max_iter)):
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    grouped = PackedColumns.of(groups, cross.shape[1]) is not None
    if solver == "block" and (grouped or not _may_be_separable(penalty)):
        reason = "has no groups of columns" if grouped else f"does not fit {penalty!r}, which is no sum over terms"
        raise ValueError(f"solver 'block' {reason}; use solver='fista'")
    is_built_in = not grouped and lower(penalty, cross.shape[1]) is not None
    # in NumPy sweeps cost more than the steps of FISTA that they save
    by_blocks = solver == "block" or (solver == "auto" and is_built_in and compiled)
    found: list[Solution] = []
    solve = (
        partial(block_descent, compiled=compiled)
        if by_blocks
        else partial(fista, groups=groups, lipschitz=largest_eigenvalue(gram))
    )
    for alpha in alphas:
        start = found[-1].coef if found else None
        found.append(solve(gram, cross, y_sq, penalty, float(alpha), start=start, tol=tol, max_iter=max_iter))
    return _collect(found, cross)


def _may_be_separable(penalty: ProximalPenalty) -> bool:
    """Whether a penalty may be a sum over terms; users are believed."""
    return not isinstance(penalty, GroupKSupport)


def _collect(found: list[Solution], cross: Array) -> ProximalPath:
    """Solutions as arrays."""
    return ProximalPath(
        np.array([one.coef for one in found]).reshape(-1, *cross.shape),
        np.array([one.gap for one in found]),
        np.array([one.violation for one in found]),
        np.array([one.n_iter for one in found], np.int64),
        [one.status for one in found],
    )
