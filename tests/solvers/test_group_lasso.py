"""Group lasso: closed forms, optimality, scikit-learn on the special cases."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS, Problem
from sklearn.linear_model import Lasso, MultiTaskLasso

from spreme.gram import build
from spreme.solvers import alpha_max, solve_path

WELL_POSED = [name for name in PROBLEMS if name not in ("zero target", "wide", "duplicate", "monomials")]


def residuals(own: Problem, coef: np.ndarray, state: int) -> list[np.ndarray]:
    return [y[:, state] - theta @ b for theta, y, b in zip(own.thetas, own.targets, coef, strict=True)]


def correlations(own: Problem, vectors: list[np.ndarray], scale: np.ndarray) -> np.ndarray:
    """Correlations (E, K) of the scaled columns with one vector per environment."""
    return np.array([theta.T @ v / len(v) for theta, v in zip(own.thetas, vectors, strict=True)]) / scale


def independent_gap(own: Problem, coef: np.ndarray, state: int, alpha: float, scale: np.ndarray) -> float:
    """Duality gap from residuals: primal minus the dual at the best multiple of the residual that is feasible."""
    rest = residuals(own, coef, state)
    y = [target[:, state] for target in own.targets]
    inner = [
        sum(float(a @ b) / len(a) for a, b in zip(u, v, strict=True)) for u, v in ((rest, rest), (y, rest), (y, y))
    ]
    norms = np.linalg.norm(correlations(own, rest, scale), axis=0)
    multiple = min(alpha / max(norms.max(), 1e-300), inner[1] / max(inner[0], 1e-300))
    primal = 0.5 * inner[0] + alpha * np.linalg.norm(coef * scale, axis=0).sum()
    return (primal - multiple * inner[1] + 0.5 * multiple**2 * inner[0]) / max(inner[2], 1e-300)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_duality_gap_from_residuals_is_closed(problem: str) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, "group_lasso", n_alphas=12, alpha_min_ratio=0.02, tol=1e-8)
    for a in range(12):
        for s in range(system.n_states):
            gap = independent_gap(own, path.coefs[a, :, s], s, path.alphas[a, s], system.scale)
            # the reported gap comes from Grams: both round at 1e-16 of the target's mean square, times the condition
            assert gap <= 1e-8 + 1e-13
            assert abs(gap - path.gap[a, s]) <= 1e-13


@pytest.mark.parametrize("problem", WELL_POSED)
def test_optimality_conditions(problem: str) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, "group_lasso", n_alphas=6, alpha_min_ratio=0.02, tol=1e-13)
    for a in range(6):
        for s in range(system.n_states):
            alpha, scaled = path.alphas[a, s], path.coefs[a, :, s] * system.scale
            r = correlations(own, residuals(own, path.coefs[a, :, s], s), system.scale)
            size = np.linalg.norm(scaled, axis=0)
            used = size > 0
            # a gap of 1e-13 leaves gradients of sqrt(2 L 1e-13) with the largest eigenvalue L < 10
            slack = 2e-6 * np.sqrt(system.y_sq[:, s].sum())
            assert (np.linalg.norm(r, axis=0) <= alpha + slack).all()
            # groups that barely entered have no direction yet
            clear = size > 1e-2 * size.max(initial=0.0)
            np.testing.assert_allclose(
                r[:, used & clear], alpha * (scaled / np.where(used, size, 1))[:, used & clear], atol=slack
            )


def test_orthogonal_design_has_a_closed_form() -> None:
    own = PROBLEMS["orthogonal"]()
    system = own.system()
    np.testing.assert_allclose(system.scale, 1.0, rtol=1e-12)
    path = solve_path(system, "group_lasso", tol=1e-14, n_alphas=20)
    for s in range(2):
        c = system.cross[:, s]
        size = np.linalg.norm(c, axis=0)
        for a, alpha in enumerate(path.alphas[:, s]):
            expected = c * np.maximum(1 - alpha / size, 0)
            np.testing.assert_allclose(path.coefs[a, :, s], expected, atol=1e-10)


def test_shared_design_equals_multi_task_lasso() -> None:
    rng = np.random.default_rng(1)
    theta = rng.standard_normal((60, 10)) @ (np.eye(10) + 0.4 * rng.standard_normal((10, 10)))
    theta /= np.sqrt((theta**2).mean(axis=0))
    y = theta[:, [1, 4]] @ rng.standard_normal((2, 4)) + 0.3 * rng.standard_normal((60, 4))
    path = solve_path(build([theta] * 4, list(y.T[:, :, None])), "group_lasso", n_alphas=10, tol=1e-12)
    for a, alpha in enumerate(path.alphas[:, 0]):
        twin = MultiTaskLasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(theta, y)
        # gaps of 1e-12 leave coefficients to 1e-6 over the smallest eigenvalue's root (about 0.1)
        np.testing.assert_allclose(path.coefs[a, :, 0], twin.coef_, atol=1e-5)


def test_one_environment_equals_lasso() -> None:
    own = PROBLEMS["one environment"]()
    system = own.system()
    path = solve_path(system, "group_lasso", n_alphas=10, tol=1e-12)
    for a in range(10):
        for s in range(2):
            twin = Lasso(alpha=path.alphas[a, s], fit_intercept=False, tol=1e-12, max_iter=100_000)
            twin.fit(own.thetas[0] / system.scale[0], own.targets[0][:, s])
            np.testing.assert_allclose(path.coefs[a, 0, s] * system.scale[0], twin.coef_, atol=1e-5)


def test_grid_is_geometric_from_the_smallest_all_zero_value() -> None:
    own = PROBLEMS["correlated"]()
    system = own.system()
    path = solve_path(system, "group_lasso", n_alphas=7, alpha_min_ratio=1e-3, tol=1e-10)
    y = [[target[:, s] for target in own.targets] for s in range(2)]
    top = [np.linalg.norm(correlations(own, y[s], system.scale), axis=0).max() for s in range(2)]
    np.testing.assert_allclose(path.alphas[0], top, rtol=1e-12)
    np.testing.assert_allclose(path.alphas[0], alpha_max(system))
    np.testing.assert_allclose(path.alphas[1:] / path.alphas[:-1], 1e-3 ** (1 / 6), rtol=1e-12)
    assert not path.masks[0].any()
    just_below = solve_path(system, "group_lasso", alphas=0.999 * path.alphas[:1], tol=1e-12)
    assert just_below.masks.any(axis=2).all()
    just_above = solve_path(system, "group_lasso", alphas=1.001 * path.alphas[:1], tol=1e-12)
    assert not just_above.masks.any()


def test_defaults_are_those_of_the_interface() -> None:
    path = solve_path(PROBLEMS["orthogonal"]().system())
    assert path.alphas.shape == (100, 2)
    np.testing.assert_allclose(path.alphas[-1], 1e-2 * path.alphas[0])
    assert (path.gap <= 1e-6).all()


def test_given_alphas_serve_all_states_or_each_its_own() -> None:
    system = PROBLEMS["correlated"]().system()
    own = np.array([[0.3, 0.2], [0.1, 0.05]])
    path = solve_path(system, "group_lasso", alphas=own, tol=1e-10)
    for s in range(2):
        shared = solve_path(system, "group_lasso", alphas=own[:, s], tol=1e-10)
        np.testing.assert_allclose(shared.alphas, np.column_stack([own[:, s]] * 2))
        np.testing.assert_array_equal(shared.coefs[:, :, s], path.coefs[:, :, s])


def test_increasing_alphas_are_solved_too() -> None:
    system = PROBLEMS["correlated"]().system()
    alphas = np.array([0.01, 0.1, 0.5])
    up, down = (solve_path(system, "group_lasso", alphas=a, tol=1e-12) for a in (alphas, alphas[::-1]))
    np.testing.assert_allclose(up.coefs * system.scale[:, None], down.coefs[::-1] * system.scale[:, None], atol=1e-4)


def test_too_few_sweeps_are_a_status() -> None:
    system = PROBLEMS["monomials"]().system()
    path = solve_path(system, "group_lasso", alphas=[1e-4], tol=1e-12, max_iter=1)
    assert path.status == [["max_iter", "max_iter"]]
    assert (path.gap > 1e-12).all()
