"""Which solver takes which penalty, and where its path begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.penalties import (
    STLSQ,
    AdaptiveGroupLasso,
    GroupElasticNet,
    GroupLasso,
    GroupMCP,
    GroupSCAD,
    Penalty,
    ProximalPenalty,
)
from spreme.solvers.equation import Equation, Solutions
from spreme.solvers.norms.local_linear import solve_folded
from spreme.solvers.norms.square_root import scales, solve_square_root
from spreme.solvers.norms.weighted import solve_group_norms
from spreme.solvers.proximal.packed_columns import PackedColumns
from spreme.solvers.proximal.path import solve_proximal
from spreme.solvers.subsets.thresholding import largest_rms, ridge_fit, solve_thresholded

Array = NDArray[np.float64]

LOSSES = ("squared", "square_root")
NEWTON_STEPS = 1000
PROXIMAL_STEPS = 100_000


def solve_equation(
    equation: Equation,
    penalty: Penalty,
    alphas: Array,
    *,
    tol: float,
    max_iter: int | None,
    loss: str,
    use_compiled: bool,
) -> Solutions:
    """Solve one state for all alphas by the solver of its penalty."""
    steps = NEWTON_STEPS if max_iter is None else max_iter
    if isinstance(penalty, GroupLasso | AdaptiveGroupLasso):
        weight = group_weights(equation, penalty)
        solve = solve_square_root if loss == "square_root" else solve_group_norms
        return solve(equation, weight, alphas, tol=tol, max_iter=steps, use_compiled=use_compiled)
    _need_squared(penalty, loss)
    if isinstance(penalty, GroupElasticNet):
        weight = np.ones(equation.n_groups)
        return solve_group_norms(
            equation,
            weight,
            alphas,
            tol=tol,
            max_iter=steps,
            l1_ratio=penalty.l1_ratio,
            use_compiled=use_compiled,
        )
    if isinstance(penalty, GroupMCP | GroupSCAD):
        return solve_folded(equation, penalty, alphas, tol=tol, max_iter=steps, use_compiled=use_compiled)
    if isinstance(penalty, STLSQ):
        return solve_thresholded(equation, penalty, alphas)
    assert isinstance(penalty, ProximalPenalty)  # what as_penalty lets through has these methods
    return _solve_proximal(equation, penalty, alphas, tol, max_iter or PROXIMAL_STEPS, use_compiled)


def largest_alpha(equation: Equation, penalty: Penalty, loss: str) -> float:
    """Find the smallest alpha at which all coefficients are zero, or a sensible start where there is none."""
    if isinstance(penalty, GroupLasso | AdaptiveGroupLasso):
        sigma = (
            scales(equation, np.zeros_like(equation.cross)) if loss == "square_root" else np.ones(len(equation.y_sq))
        )
        return float((equation.norms(equation.cross / sigma[:, None]) / group_weights(equation, penalty)).max())
    if isinstance(penalty, STLSQ):
        return largest_rms(equation, penalty)
    packed = PackedColumns.of(equation.label, len(equation.scale))
    cross = equation.cross if packed is None else packed.pack(equation.cross)
    own = getattr(penalty, "alpha_max", None)
    # without a say of the penalty, the largest correlation: its strength where a slope of one at zero gives all zeros
    return float(own(cross)) if own is not None else float(equation.norms(equation.cross).max())


def group_weights(equation: Equation, penalty: GroupLasso | AdaptiveGroupLasso) -> Array:
    """Weights (m,) of the groups."""
    if isinstance(penalty, AdaptiveGroupLasso):
        pilot = equation.norms(ridge_fit(equation, penalty.ridge))
        if not pilot.any():
            return np.ones(equation.n_groups)
        with np.errstate(divide="ignore", over="ignore"):
            return (pilot.max() / pilot) ** penalty.gamma
    if penalty.weights is None:
        return np.ones(equation.n_groups)
    if len(penalty.weights) != equation.n_groups:
        raise ValueError(
            f"GroupLasso has {len(penalty.weights)} weights for {equation.n_groups} groups of terms; give one each"
        )
    return np.array(penalty.weights)


def _need_squared(penalty: Penalty, loss: str) -> None:
    """Refuse the square-root loss for penalties that it is not offered for."""
    if loss != "squared":
        raise ValueError(
            f"loss={loss!r} goes with the penalties 'group_lasso' and 'adaptive_group_lasso', not with {penalty!r}"
        )


def _solve_proximal(
    equation: Equation, penalty: ProximalPenalty, alphas: Array, tol: float, max_iter: int, use_compiled: bool
) -> Solutions:
    """Proximal solvers, from the largest alpha to the smallest."""
    order = np.argsort(-alphas, kind="stable")
    back = np.argsort(order, kind="stable")
    own = solve_proximal(
        equation.gram,
        equation.cross,
        float(equation.y_sq.sum()),
        penalty,
        alphas[order],
        tol=tol,
        max_iter=max_iter,
        groups=equation.label,
        compiled=use_compiled,
    )
    coefs = own.coefs[back]
    return Solutions(
        coefs / equation.scale,
        (coefs != 0).any(axis=1),
        own.gap[back],
        own.violation[back],
        own.n_iter[back],
        [own.status[i] for i in back],
    )
