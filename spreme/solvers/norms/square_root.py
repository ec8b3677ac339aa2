"""Group lasso with the square-root loss: one noise scale per environment, found along with the coefficients.

    minimise over B and sigma_e >= s_e:   sum_e ( ||y_e - Theta_e b_e||^2 / (2 n_e sigma_e) + sigma_e / 2 )
                                          + alpha sum_j w_j ||B[:, j]||

Jointly convex; s_e = FLOOR times the root mean square of the target keeps it smooth where residuals vanish. For given
scales it is the group lasso with environments weighted by 1/sigma_e, for given coefficients sigma_e is the root mean
square residual, or s_e if that is larger: the two take turns until the duality gap closes.

References
----------
Belloni, Chernozhukov and Wang (2011), Square-root lasso, Biometrika 98. Ndiaye, Fercoq, Gramfort, Leclere and Salmon
(2017), Efficient smoothed concomitant lasso estimation for high dimensional regression, J. Phys. Conf. Ser. 904.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.solvers.equation import Equation, Solutions
from spreme.solvers.norms.fixed_point import FixedPoint
from spreme.solvers.norms.weighted import BY_CONDITIONS, ROUNDING, solve_group_norms

Array = NDArray[np.float64]

# Below this share of the root mean square of the target, squares of residuals drown in the rounding of the Grams.
FLOOR = 1e-4


def solve_square_root(
    equation: Equation, weight: Array, alphas: Array, *, tol: float, max_iter: int, use_compiled: bool = True
) -> Solutions:
    """Solve for all alphas, from the largest to the smallest.

    Parameters
    ----------
    equation : Equation
        One state.
    weight : ndarray (m,)
        Weights of the groups.
    alphas : ndarray (A,)
        Strengths.
    tol : float
        Duality gap at which a solution is accepted, relative to the root mean squares of the target, summed over
        environments.
    max_iter : int
        Newton steps per alpha, all rounds together.
    use_compiled : bool
        Whether compiled kernels may be used.

    Returns
    -------
    Solutions
        With that gap.
    """
    E, K = equation.cross.shape
    coefs, masks = np.zeros((len(alphas), E, K)), np.zeros((len(alphas), K), bool)
    gap, violation = np.zeros(len(alphas)), np.zeros(len(alphas))
    n_iter, status = np.zeros(len(alphas), int), ["max_iter"] * len(alphas)
    sigma, size = scales(equation, np.zeros((E, K))), np.zeros(equation.n_groups)
    for a in np.argsort(-alphas, kind="stable"):
        rounds = FixedPoint(np.log(sigma))
        while n_iter[a] < max_iter:
            own = solve_group_norms(
                equation,
                weight,
                alphas[[a]] * sigma.min(),
                tol=BY_CONDITIONS,
                accuracy=max(0.01 * tol, ROUNDING),  # the gap of this loss is linear in the violation
                max_iter=max_iter - n_iter[a],
                size=size if size.any() else None,
                factor=sigma.min() / sigma,  # at most one: columns stay of the order of one
                use_compiled=use_compiled,
            )
            scaled = own.coefs[0] * equation.scale
            size = equation.norms(scaled)
            n_iter[a] += max(int(own.n_iter[0]), 1)
            own_sigma = scales(equation, scaled)
            gap[a], violation[a] = _certify(equation, weight, scaled, own_sigma, alphas[a])
            if gap[a] <= tol:
                status[a] = "converged"
                break
            log_sigma = np.log(own_sigma)
            sigma = np.exp(np.clip(rounds.advance(log_sigma), log_sigma - 1, log_sigma + 1))
        coefs[a], masks[a] = own.coefs[0], own.masks[0]
    return Solutions(coefs, masks, gap, violation, n_iter, status)


def scales(equation: Equation, scaled: Array) -> Array:
    """Noise scales (E,) that belong to coefficients (E, K) of unit columns; 1 where the target is zero."""
    most = np.sqrt(equation.y_sq)
    return np.where(most > 0, np.maximum(_residual(equation, scaled)[0], FLOOR * most), 1.0)


def _residual(equation: Equation, scaled: Array) -> tuple[Array, Array]:
    """Root mean square residuals (E,) and residual correlations (E, K)."""
    correlation = equation.cross - np.matmul(equation.gram, scaled[..., None])[..., 0]
    square = equation.y_sq - (scaled * (equation.cross + correlation)).sum(axis=1)
    return np.sqrt(np.maximum(square, 0.0)), correlation


def _certify(equation: Equation, weight: Array, scaled: Array, sigma: Array, alpha: float) -> tuple[float, float]:
    """Relative duality gap, and largest violation of the optimality conditions relative to a group's price."""
    size, (residual, correlation) = equation.norms(scaled), _residual(equation, scaled)
    seen = equation.y_sq > 0
    if not seen.any():
        return 0.0, 0.0
    floor = np.where(seen, FLOOR * np.sqrt(equation.y_sq), 0.0)
    ratio = equation.norms(correlation / sigma[:, None]) / (alpha * weight)
    shrink = min(1.0, 1.0 / max(ratio.max(), 1e-300))
    primal = (residual**2 / (2 * sigma) + sigma / 2)[seen].sum() + alpha * (weight[size > 0] * size[size > 0]).sum()
    # the dual point is the residual over sigma, of norm at most one, shrunk until no correlation exceeds its price
    along = (equation.y_sq - (scaled * equation.cross).sum(axis=1)) / sigma
    dual = shrink * along[seen].sum() - (floor * ((shrink * residual / sigma) ** 2 - 1) / 2)[seen].sum()
    violation = np.where(size > 0, abs(ratio - 1), ratio - 1).max(initial=0.0)
    return float((primal - dual) / np.sqrt(equation.y_sq).sum()), float(max(violation, 0.0))
