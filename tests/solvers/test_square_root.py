"""Square-root loss: conditions of the joint problem from residuals, what scaling leaves alone, noise-free data."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS, Problem

from spreme.gram import build
from spreme.penalties import GroupLasso
from spreme.solvers import solve_path
from spreme.solvers.norms.square_root import FLOOR

KNOWN = [name for name in PROBLEMS if name not in ("zero target",)]
EASY = ["orthogonal", "correlated", "absent", "zero column", "one environment"]


def scale_and_correlation(own: Problem, coef: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Noise scales (E,) and correlations (E, K) of unit columns with residuals over them, from the rows."""
    sigma, r = [], []
    for theta, y, b in zip(own.thetas, own.targets, coef, strict=True):
        rest = y[:, 0] - theta @ b
        sigma.append(max(np.sqrt((rest**2).mean()), FLOOR * np.sqrt((y[:, 0] ** 2).mean())))
        r.append(theta.T @ rest / len(y) / sigma[-1])
    return np.array(sigma), np.array(r) / scale


def only_first(problem: str) -> Problem:
    own = PROBLEMS[problem]()
    return Problem(own.thetas, [y[:, :1] for y in own.targets], own.unique)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("problem", KNOWN)
def test_conditions_of_the_joint_problem(problem: str, compiled: bool) -> None:
    own = only_first(problem)
    system = own.system()
    path = solve_path(system, loss="square_root", n_alphas=8, alpha_min_ratio=0.05, tol=1e-10, compiled=compiled)
    assert {s for row in path.status for s in row} == {"converged"}
    for a, alpha in enumerate(path.alphas[:, 0]):
        scaled = path.coefs[a, :, 0] * system.scale
        _, r = scale_and_correlation(own, path.coefs[a, :, 0], system.scale[0])
        size = np.linalg.norm(scaled, axis=0)
        # the loss is curved by 1 / sigma, at most 1e2 here: a gap of 1e-10 leaves gradients to sqrt(2e2 1e-10)
        slack = 2e-4
        assert (np.linalg.norm(r, axis=0) <= alpha + slack).all()
        clear = size > 1e-2 * max(size.max(), 1e-300)
        pull = alpha * scaled / np.where(size > 0, size, 1)
        np.testing.assert_allclose(r[:, clear], pull[:, clear], atol=slack)


@pytest.mark.parametrize("problem", EASY)
def test_value_is_not_lowered_by_small_moves(problem: str) -> None:
    own = only_first(problem)
    system = own.system()
    path = solve_path(system, loss="square_root", n_alphas=4, alpha_min_ratio=0.1, tol=1e-11)
    rng = np.random.default_rng(0)

    def value(coef: np.ndarray, alpha: float) -> float:
        rows = zip(own.thetas, own.targets, coef / system.scale, strict=True)
        loss = sum(np.sqrt(((y[:, 0] - theta @ b) ** 2).mean()) for theta, y, b in rows)
        return float(loss + alpha * np.linalg.norm(coef, axis=0).sum())

    total = np.sqrt(system.y_sq).sum()
    for a, alpha in enumerate(path.alphas[:, 0]):
        best = path.coefs[a, :, 0] * system.scale
        for step in (1.0, 1e-2, 1e-3):
            for _ in range(20):
                assert value(best, alpha) <= value(best + step * rng.standard_normal(best.shape), alpha) + 1e-11 * total


@pytest.mark.parametrize("problem", EASY)
def test_given_the_scales_it_is_the_weighted_group_lasso(problem: str) -> None:
    own = only_first(problem)
    system = own.system()
    path = solve_path(system, loss="square_root", n_alphas=5, alpha_min_ratio=0.1, tol=1e-11)
    for a, alpha in enumerate(path.alphas[:, 0]):
        sigma, _ = scale_and_correlation(own, path.coefs[a, :, 0], system.scale[0])
        lasso = solve_path(system.weighted(1 / sigma), alphas=[alpha], tol=1e-14)
        np.testing.assert_allclose(
            path.coefs[a] * system.scale[:, None], lasso.coefs[0] * system.scale[:, None], atol=1e-4
        )


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("unit", [1e-6, 1e-2, 1e3, 1e6])
def test_one_alpha_serves_every_unit_of_the_targets(unit: float, compiled: bool) -> None:
    own = only_first("correlated")
    system, other = own.system(), build(own.thetas, [unit * y for y in own.targets])
    options = {"loss": "square_root", "n_alphas": 8, "alpha_min_ratio": 0.05, "tol": 1e-10, "compiled": compiled}
    path, scaled = solve_path(system, **options), solve_path(other, **options)
    np.testing.assert_allclose(scaled.alphas, path.alphas, rtol=1e-10)
    np.testing.assert_allclose(
        scaled.coefs * system.scale[:, None] / unit, path.coefs * system.scale[:, None], atol=1e-4
    )
    # what enters is measured against the largest group: gaps leave traces
    size, same = (np.linalg.norm(one.coefs * system.scale[:, None], axis=1) for one in (path, scaled))
    np.testing.assert_array_equal(size > 1e-3 * size.max(), same > 1e-3 * same.max())
    assert {s for row in scaled.status for s in row} == {"converged"}


def test_one_environments_unit_changes_its_scale_and_no_correlation() -> None:
    own = only_first("correlated")
    factor = np.array([10.0, 1.0, 1.0, 1.0])
    other = Problem(own.thetas, [f * y for f, y in zip(factor, own.targets, strict=True)])
    systems = [one.system() for one in (own, other)]
    top = [float(solve_path(s, loss="square_root", n_alphas=1).alphas[0, 0]) for s in systems]
    # at zero coefficients every residual over its scale is the target over its own: the unit is gone
    assert top[0] == pytest.approx(top[1], rel=1e-12)
    alpha = 0.999999 * top[0]
    for one, system in zip((own, other), systems, strict=True):
        path = solve_path(system, loss="square_root", alphas=[alpha], tol=1e-13)
        assert path.masks.sum() == 1
        sigma, _ = scale_and_correlation(one, path.coefs[0, :, 0], system.scale[0])
        np.testing.assert_allclose(sigma, np.sqrt(system.y_sq[:, 0]), rtol=1e-2)


def test_alpha_does_not_depend_on_the_noise() -> None:
    rng = np.random.default_rng(1)
    thetas = [rng.standard_normal((200, 12)) for _ in range(3)]
    noise = [rng.standard_normal((200, 1)) for _ in thetas]
    # a quantile of the largest correlation of noise, whatever its level
    alpha = (
        1.1
        * np.linalg.norm(
            [theta.T @ e[:, 0] / 200 / np.sqrt((e**2).mean()) for theta, e in zip(thetas, noise, strict=True)], axis=0
        ).max()
    )
    for level in (1e-3, 1e-2, 0.1):
        targets = [theta[:, :2] @ [[1.0], [-1.0]] + level * e for theta, e in zip(thetas, noise, strict=True)]
        path = solve_path(build(thetas, targets), loss="square_root", alphas=[alpha], tol=1e-9)
        size = np.linalg.norm(path.coefs[0, :, 0], axis=0)
        assert np.flatnonzero(size > 1e-4 * size.max()).tolist() == [0, 1]


@pytest.mark.parametrize("compiled", [True, False])
def test_noise_free_data_end_at_the_floor(compiled: bool) -> None:
    rng = np.random.default_rng(2)
    thetas = [rng.standard_normal((50, 8)) for _ in range(3)]
    own = Problem(thetas, [2 * theta[:, [1]] - theta[:, [5]] for theta in thetas])
    system = own.system()
    path = solve_path(system, loss="square_root", n_alphas=12, tol=1e-8, compiled=compiled)
    assert {s for row in path.status for s in row} == {"converged"}
    size = np.linalg.norm(path.coefs[-1, :, 0], axis=0)
    assert np.flatnonzero(size > 1e-6 * size.max()).tolist() == [1, 5]
    # a residual at the floor, about 1e-4 of the target
    np.testing.assert_allclose(path.coefs[-1, :, 0, [1, 5]], [[2.0] * 3, [-1.0] * 3], atol=1e-2)


@pytest.mark.parametrize("compiled", [True, False])
def test_environments_without_signal_are_left_alone(compiled: bool) -> None:
    own = only_first("orthogonal")
    own.targets[1][:] = 0.0
    system = own.system()
    path = solve_path(system, loss="square_root", n_alphas=6, tol=1e-8, compiled=compiled)
    assert np.isfinite(path.coefs).all()
    assert {s for row in path.status for s in row} == {"converged"}
    np.testing.assert_allclose(path.coefs[:, 1], 0.0, atol=1e-8)


def test_weights_and_groups_go_along() -> None:
    system = only_first("correlated").system()
    weight = (1.0, np.inf, 1.0, 2.0, 1.0, 0.5, 1.0, 1.0)
    path = solve_path(system, GroupLasso(weight), loss="square_root", n_alphas=6, tol=1e-8)
    assert not path.masks[..., 1].any()
    grouped = solve_path(system, loss="square_root", groups=[0, 0, 1, 1, 2, 2, 3, 3], n_alphas=6, tol=1e-8)
    assert {s for one in (path, grouped) for row in one.status for s in row} == {"converged"}
    assert (grouped.masks[..., ::2] == grouped.masks[..., 1::2]).all()


def test_too_few_steps_are_a_status() -> None:
    system = only_first("correlated").system()
    path = solve_path(system, loss="square_root", n_alphas=2, alpha_min_ratio=0.05, tol=1e-12, max_iter=1)
    assert path.status[1] == ["max_iter"]
    assert path.gap[1, 0] > 1e-12


@pytest.mark.parametrize("penalty", ["group_mcp", "group_scad", "group_elastic_net", "stlsq", "sparse_group_lasso",
                                     "group_k_support"])  # fmt: skip
def test_other_penalties_are_refused_by_name(penalty: str) -> None:
    from spreme.penalties import as_penalty

    with pytest.raises(ValueError, match=r"square_root.*'group_lasso'.*" + type(as_penalty(penalty)).__name__):
        solve_path(only_first("orthogonal").system(), penalty, loss="square_root")
