"""Weighted group lasso and group elastic net of one state, whatever solves them.

    sum_e factor_e ( y_sq_e - 2 c_e'b_e + b_e'G_e b_e ) / 2
        + alpha sum_j ( l1_ratio w_j ||B[:, j]|| + (1 - l1_ratio)/2 ||B[:, j]||^2 )

The compiled path is taken where every column is a group of its own, until its working set is `LARGE`; the rest is for
LAPACK.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.solvers.equation import Equation, Solutions
from spreme.solvers.norms import lapack as plain
from spreme.solvers.norms import newton as compiled
from spreme.solvers.norms.newton_state import all_terms, working_set

Array = NDArray[np.float64]

STATUS = {compiled.CONVERGED: "converged", compiled.MAX_ITER: "max_iter", compiled.STATIONARY: "stationary"}

# A tolerance that no gap meets: solutions are accepted by the optimality conditions alone.
BY_CONDITIONS = -1.0
# Violations of the optimality conditions below this share of a price are rounding.
ROUNDING = 1e-11


def solve_group_norms(
    equation: Equation,
    weight: Array,
    alphas: Array,
    *,
    tol: float,
    max_iter: int,
    l1_ratio: float = 1.0,
    accuracy: float = ROUNDING,
    size: Array | None = None,
    factor: Array | None = None,
    use_compiled: bool = True,
) -> Solutions:
    """Solve for all alphas, from the largest to the smallest.

    Parameters
    ----------
    equation : Equation
        One state.
    weight : ndarray (m,)
        Weights of the groups, positive; infinity excludes a group.
    alphas : ndarray (A,)
        Strengths, positive, in any order.
    tol : float
        Duality gap at which a solution is accepted, relative to the sum of factor times y_sq.
    max_iter : int
        Newton steps per alpha.
    l1_ratio : float
        Share of the norm; the rest is ridge.
    accuracy : float
        Violation of the optimality conditions, relative to the price of a group, at which a solution is accepted
        whatever its gap.
    size : ndarray (m,), optional
        Norms of the groups to start from; they should belong to a solution near the largest alpha.
    factor : ndarray (E,), optional
        Weights of the environments.
    use_compiled : bool
        Whether the compiled path may be taken.

    Returns
    -------
    Solutions
        In the order of alphas.
    """
    order = np.argsort(-alphas, kind="stable")
    E, K = equation.cross.shape
    factor = np.ones(E) if factor is None else factor
    # the target in units of its own size: cubes of correlations must not overflow
    unit = float(np.sqrt(equation.y_sq @ factor)) or 1.0
    cross, y_sq = equation.cross * (factor[:, None] / unit), float((equation.y_sq / unit**2) @ factor)
    falling, weight, ridge = np.ascontiguousarray(alphas[order] / unit), weight * l1_ratio, (1.0 - l1_ratio) * unit
    coefs, masks = np.zeros((len(alphas), E, K)), np.zeros((len(alphas), K), bool)
    report = np.zeros((len(alphas), 4))
    here = falling[0] if size is not None else float((equation.norms(cross) / weight).max())
    size = np.zeros(len(weight)) if size is None else size / unit
    scale = equation.scale / unit
    diagonal = np.diagonal(equation.gram, axis1=1, axis2=2).max(axis=1)
    curvature = float((factor * diagonal).max()) or 1.0
    done = 0
    if use_compiled and equation.is_plain:
        every = all_terms(cross, weight, scale, size, here, factor, curvature)
        room = min(K, max(30, 2 * int((size > 0).sum())))
        while done < len(falling) and room <= compiled.LARGE:
            work = working_set(room, E)
            done = compiled.solve_alphas(
                equation.gram, cross, y_sq, falling, ridge, tol, accuracy, max_iter, done, work, every,
                coefs, masks, report,
            )  # fmt: skip
            room *= 2
        size, here = every.size, float(every.here[0])
    if done < len(falling):
        problem = plain.GroupNorms(equation.gram, cross, y_sq, equation.label, weight, size, factor, ridge, curvature)
        plain.solve_alphas(problem, falling, tol, accuracy, max_iter, done, here, scale, coefs, masks, report)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    gap, violation, n_iter, code = report[back].T
    if (back == np.arange(len(back))).all():
        return Solutions(coefs, masks, gap, violation, n_iter.astype(int), [STATUS[int(c)] for c in code])
    return Solutions(coefs[back], masks[back], gap, violation, n_iter.astype(int), [STATUS[int(c)] for c in code])
