"""Block coordinate descent with Anderson acceleration, for penalties that are a sum over terms.

    minimise over B (E, K):  sum_e ( y_sq_e - 2 c_e'b_e + b_e'G_e b_e ) / 2 + sum_j p_j(B[:, j]; alpha)

Built-in penalties are lowered to a kind and its parameters for the compiled sweeps (`block_kernel`), which run on the
Grams of a working set: the terms in use and those that violate the optimality conditions most. Certificates over all
terms are computed between the runs. Penalties of users take the same steps in NumPy, on all terms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.penalties import GroupElasticNet, GroupLasso, GroupMCP, GroupSCAD, SparseGroupLasso
from spreme.penalties.interface import ProximalPenalty
from spreme.solvers.proximal.block_kernel import descend, descend_greedily
from spreme.solvers.proximal.block_prox import ELASTIC, LASSO, MCP, SCAD, SPARSE
from spreme.solvers.proximal.block_sweeps import sweep_blocks
from spreme.solvers.proximal.optimality import Solution, certify, violation_unit

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

RULES = ("cyclic", "greedy")
DEPTH = 5
# Sweeps stop when they move less than this part of the violation they started from; then all terms are looked at.
SHARE_PER_ROUND = 0.1
# A round that moves coefficients by less than this part of the largest has nothing left to gain.
ROUNDING = 1e-15


class Lowered(NamedTuple):
    """A separable penalty for the kernel: its kind, its l1_ratio or gamma, and the weights (K,) of alpha."""

    kind: int
    shape: float
    weights: Array

    @property
    def is_convex(self) -> bool:
        """Whether blocks have exact minimisers."""
        return self.kind in (LASSO, ELASTIC, SPARSE)


def lower(penalty: ProximalPenalty, n_terms: int) -> Lowered | None:
    """Lower a built-in separable penalty; None for any other."""
    ones = np.ones(n_terms)
    match penalty:
        case GroupLasso():
            return Lowered(LASSO, 0.0, penalty.term_weights(n_terms))
        case GroupElasticNet():
            return Lowered(ELASTIC, float(penalty.l1_ratio), ones)
        case SparseGroupLasso():
            return Lowered(SPARSE, float(penalty.l1_ratio), ones)
        case GroupMCP():
            return Lowered(MCP, float(penalty.gamma), ones)
        case GroupSCAD():
            return Lowered(SCAD, float(penalty.gamma), ones)
    return None


def block_descent(
    gram: Array,
    cross: Array,
    y_sq: float,
    penalty: ProximalPenalty,
    alpha: float,
    *,
    start: Array | None = None,
    tol: float = 1e-6,
    max_iter: int = 100_000,
    rule: str = "cyclic",
    depth: int = DEPTH,
    compiled: bool = True,
) -> Solution:
    """Minimise by sweeps over terms.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Grams of the unit columns.
    cross : ndarray (E, K)
        Cross products of columns and target.
    y_sq : float
        Mean square of the target, summed over environments.
    penalty : ProximalPenalty
        A sum over terms, with prox, value and kkt.
    alpha : float
        Strength.
    start : ndarray (E, K), default None
        First point; zeros by default.
    tol : float, default 1e-6
        Duality gap to reach, relative to y_sq; violation relative to alpha for a penalty without a gap.
    max_iter : int, default 100000
        Limit of the sweeps.
    rule : {"cyclic", "greedy"}, default "cyclic"
        Order of the blocks: as they come, or the largest guaranteed progress (a sweep is then K blocks).
    depth : int, default 5
        Cyclic sweeps between two Anderson extrapolations; 0 for none.
    compiled : bool, default True
        Use the compiled sweeps where the penalty is built in.

    Returns
    -------
    Solution
        Coefficients and certificates.

    Raises
    ------
    ValueError
        If the rule is unknown or the depth negative.

    Examples
    --------
    >>> from spreme.penalties import GroupMCP
    >>> gram, cross = np.eye(2)[None], np.array([[3.0, 1.5]])
    >>> block_descent(gram, cross, 11.25, GroupMCP(gamma=2.0), 1.0).coef.tolist()
    [[3.0, 1.0]]
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {RULES}, got {rule!r}")
    if depth < 0:
        raise ValueError(f"depth must not be negative, got {depth!r}")
    alpha = float(alpha)  # an integer would be another type to the kernel
    unit = violation_unit(penalty, cross, alpha)
    lowered = lower(penalty, cross.shape[1]) if compiled else None
    B = np.zeros_like(cross) if start is None else np.array(start, float)
    used = np.flatnonzero(B.any(axis=0))
    n_iter, last = 0, np.inf
    while True:
        R = cross - np.einsum("eaj,ea->ej", gram[:, used], B[:, used], optimize=True) if len(used) else cross.copy()
        proof = certify(cross, y_sq, B, R, penalty, alpha, unit)
        status = "converged" if proof.is_within(tol) else "stalled" if last <= ROUNDING else "max_iter"
        if status != "max_iter" or n_iter >= max_iter:
            return Solution(B, proof.gap, proof.violation, n_iter, status)
        goal = max(SHARE_PER_ROUND * proof.violation * unit, ROUNDING * float(np.abs(cross).max()))
        before = B.copy()
        if lowered is None:
            n_iter += sweep_blocks(gram, cross, B, R, penalty, alpha, rule == "greedy", depth, goal, max_iter - n_iter)
        else:
            working = _working_set(B, proof.violations)
            n_iter += _sweep_working(gram, cross, B, R, lowered, alpha, working, rule, depth, goal, max_iter - n_iter)
        used = np.flatnonzero(B.any(axis=0))
        last = float(np.abs(B - before).max()) / max(float(np.abs(B).max()), 1e-300)


def _working_set(coef: Array, violations: Array) -> Indices:
    """Terms in use, and of the others those that violate most, up to as many again (at least 10)."""
    used = coef.any(axis=0)
    new = np.flatnonzero(~used & (violations > 0))
    most = max(10, int(used.sum()))
    if len(new) > most:
        new = new[np.argpartition(-violations[new], most)[:most]]
    return np.sort(np.concatenate([np.flatnonzero(used), new]))


def _sweep_working(
    gram: Array,
    cross: Array,
    B: Array,
    R: Array,
    lowered: Lowered,
    alpha: float,
    working: Indices,
    rule: str,
    depth: int,
    goal: float,
    max_sweeps: int,
) -> int:
    """Compiled sweeps over a working set; B in place."""
    few = len(working) < cross.shape[1]
    # a read-only array would be another type to the kernel
    G = np.require(gram[:, working[:, None], working] if few else gram, requirements=["C", "W"])
    C, own, rest = (np.ascontiguousarray(a[:, working]) for a in (cross, B, R))
    kind, shape, weights, exact = lowered.kind, lowered.shape, lowered.weights[working], lowered.is_convex
    # the objective of the subproblem differs by a constant if the terms outside are zero, as they are
    if rule == "greedy":
        sweeps = descend_greedily(G, own, rest, weights, kind, shape, alpha, exact, goal, max_sweeps)
    else:
        sweeps = descend(G, C, own, rest, weights, kind, shape, alpha, exact, depth, goal, max_sweeps)
    B[:, working] = own
    return int(sweeps)
