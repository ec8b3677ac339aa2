"""Folded concave penalties (MCP, SCAD) by local linear approximation on the weighted group lasso.

    minimise  loss(B) + sum_j p(||B[:, j]||; alpha),     p concave with slope alpha at 0

At the present norms t_j the penalty lies below its tangent, so that the weighted group lasso with w_j = p'(t_j) / alpha
is solved instead, and the objective falls with every round. A fixed point is a stationary point, and that is what is
certified: ||r_j|| = p'(||b_j||) where b_j is not zero, ||r_j|| <= alpha where it is. Each alpha starts from the
group lasso of the same alpha: starting from the solution of the alpha before keeps terms that came in too early (it
finds the true terms half as often on libraries of monomials).

References
----------
Zou and Li (2008), One-step sparse estimates in nonconcave penalized likelihood models, Ann. Stat. 36.
Breheny and Huang (2015), Group descent algorithms for nonconvex penalized linear and logistic regression models with
grouped predictors, Stat. Comput. 25.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.penalties import GroupMCP, GroupSCAD
from spreme.solvers.equation import Equation, Solutions
from spreme.solvers.norms.fixed_point import FixedPoint
from spreme.solvers.norms.weighted import BY_CONDITIONS, ROUNDING, solve_group_norms
from spreme.solvers.proximal.block_descent import block_descent
from spreme.solvers.proximal.fista import fista

Array = NDArray[np.float64]

# Weights of terms that are no longer penalised: small enough not to show in the conditions, large enough for eta.
FLOOR = 1e-7
# Gap of the group lasso that the rounds start from.
START = 1e-4
# Newton steps per alpha before block coordinate descent takes over, as it must where unpenalised columns are dependent.
PATIENCE = 200
# Its sweeps cost less than Newton steps.
SWEEPS_PER_STEP = 100


def solve_folded(
    equation: Equation,
    penalty: GroupMCP | GroupSCAD,
    alphas: Array,
    *,
    tol: float,
    max_iter: int,
    use_compiled: bool = True,
) -> Solutions:
    """Stationary points for all alphas.

    Parameters
    ----------
    equation : Equation
        One state.
    penalty : GroupMCP or GroupSCAD
        The penalty.
    alphas : ndarray (A,)
        Strengths.
    tol : float
        Largest violation of stationarity relative to alpha at which a solution is accepted.
    max_iter : int
        Newton steps per alpha, all rounds together.
    use_compiled : bool
        Whether compiled kernels may be used.

    Returns
    -------
    Solutions
        With gap NaN: there is no duality gap.
    """
    lasso = solve_group_norms(
        equation, np.ones(equation.n_groups), alphas, tol=START, max_iter=max_iter, use_compiled=use_compiled
    )
    limits = _Limits(tol, max_iter, use_compiled)
    starts = [equation.norms(coef * equation.scale) for coef in lasso.coefs]
    found = [_solve_from(equation, penalty, alpha, size, limits) for alpha, size in zip(alphas, starts, strict=True)]
    coefs = np.array([point.scaled for point in found]) / equation.scale
    return Solutions(
        coefs,
        (coefs != 0).any(axis=1),
        np.full(len(alphas), np.nan),
        np.array([point.violation for point in found]),
        lasso.n_iter + np.array([point.n_iter for point in found]),
        ["converged" if point.violation <= tol else "max_iter" for point in found],
    )


class _Limits(NamedTuple):
    """When to stop."""

    tol: float
    max_iter: int
    use_compiled: bool


class _Point(NamedTuple):
    """Coefficients of unit columns, how far they are from stationary, and what it took."""

    scaled: Array
    violation: float
    n_iter: int


def _solve_from(
    equation: Equation, penalty: GroupMCP | GroupSCAD, alpha: float, size: Array, limits: _Limits
) -> _Point:
    """A stationary point near the start."""
    tol, max_iter, use_compiled = limits
    rounds, point, n_iter, violation = FixedPoint(size), size, 0, np.inf
    while n_iter < min(max_iter, PATIENCE):
        slope = penalty.slope(point, alpha)
        own = solve_group_norms(
            equation,
            np.maximum(slope / alpha, min(FLOOR, 0.1 * tol)),
            np.array([alpha]),
            tol=BY_CONDITIONS,
            accuracy=max(0.1 * tol, ROUNDING),
            max_iter=min(max_iter, PATIENCE) - n_iter,
            size=size if size.any() else None,
            use_compiled=use_compiled,
        )
        scaled = own.coefs[0] * equation.scale
        size = equation.norms(scaled)
        n_iter += max(int(own.n_iter[0]), 1)
        violation = _violation(equation, penalty, scaled, size, alpha)
        if violation <= tol:
            break
        # what was dropped stays dropped, and a norm is not negative
        point = np.where(size > 0, np.maximum(rounds.advance(size), 0.5 * size), 0.0)
    if violation > tol and n_iter < max_iter:
        scaled, steps = _descend(equation, penalty, alpha, scaled, tol, max_iter, use_compiled)
        size = equation.norms(scaled)
        n_iter += steps
        violation = _violation(equation, penalty, scaled, size, alpha)
    return _Point(scaled, violation, n_iter)


def _descend(
    equation: Equation,
    penalty: GroupMCP | GroupSCAD,
    alpha: float,
    start: Array,
    tol: float,
    max_iter: int,
    use_compiled: bool,
) -> tuple[Array, int]:
    """Coefficients of unit columns by the proximal solvers, and the iterations used."""
    y_sq = float(equation.y_sq.sum())
    limit = SWEEPS_PER_STEP * max_iter
    if equation.is_plain:
        found = block_descent(
            equation.gram, equation.cross, y_sq, penalty, alpha, start=start, tol=tol, max_iter=limit,
            compiled=use_compiled,
        )  # fmt: skip
    else:
        found = fista(
            equation.gram, equation.cross, y_sq, penalty, alpha, start=start, tol=tol, max_iter=limit,
            groups=equation.label,
        )  # fmt: skip
    return found.coef, found.n_iter


def _violation(equation: Equation, penalty: GroupMCP | GroupSCAD, scaled: Array, size: Array, alpha: float) -> float:
    """Largest distance of the residual correlations from stationarity, relative to alpha."""
    active = size[equation.label] > 0
    residual = equation.cross.copy()
    for e, own in enumerate(residual):
        own -= scaled[e, active] @ equation.gram[e, active]
    # where b_j is not zero the correlation must be p'(||b_j||) b_j / ||b_j||
    pull = penalty.slope(size, alpha) / np.where(size > 0, size, 1.0)
    away = equation.norms(residual - np.where(active, pull[equation.label] * scaled, 0.0))
    return float(np.where(size > 0, away, np.maximum(away - alpha, 0.0)).max(initial=0.0) / alpha)
