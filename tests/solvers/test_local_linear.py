"""MCP, SCAD and the adaptive group lasso: stationarity from residuals, closed forms, block descent."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS, Problem

from spreme.gram import build
from spreme.penalties import AdaptiveGroupLasso, GroupLasso, GroupMCP, GroupSCAD
from spreme.solvers import block_descent, solve_path
from spreme.solvers.norms import local_linear

FOLDED = [GroupMCP(), GroupMCP(1.5), GroupMCP(10.0), GroupSCAD(), GroupSCAD(2.5)]
WELL_POSED = ["orthogonal", "correlated", "absent", "zero column", "one environment"]
every_penalty = pytest.mark.parametrize("penalty", FOLDED, ids=repr)


def correlations(own: Problem, coef: np.ndarray, state: int, scale: np.ndarray) -> np.ndarray:
    """Correlations (E, K) of unit columns and residuals, from the rows."""
    rows = zip(own.thetas, own.targets, coef, strict=True)
    return np.array([theta.T @ (y[:, state] - theta @ b) / len(theta) for theta, y, b in rows]) / scale


def objective(own: Problem, penalty: object, coef: np.ndarray, state: int, alpha: float, scale: np.ndarray) -> float:
    rows = zip(own.thetas, own.targets, coef, strict=True)
    loss = sum(float(((y[:, state] - theta @ b) ** 2).mean()) / 2 for theta, y, b in rows)
    return loss + penalty.value(coef * scale, alpha)  # type: ignore[attr-defined]


@every_penalty
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "zero target"])
def test_solutions_are_stationary(problem: str, penalty: GroupMCP | GroupSCAD, compiled: bool) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, penalty, n_alphas=6, alpha_min_ratio=0.03, tol=1e-7, compiled=compiled)
    assert {s for row in path.status for s in row} == {"converged"}
    assert np.isnan(path.gap).all()
    for s in range(system.n_states):
        for a, alpha in enumerate(path.alphas[:, s]):
            r = correlations(own, path.coefs[a, :, s], s, system.scale[0])
            away = penalty.kkt(path.coefs[a, :, s] * system.scale, r, alpha).max() / alpha
            # products of residuals and of Grams round at 1e-16, over alpha of 1e-2
            assert away <= 1e-7 + 1e-10
            assert path.violation[a, s] == pytest.approx(away, abs=1e-9)


@every_penalty
@pytest.mark.parametrize("problem", WELL_POSED)
def test_no_worse_than_block_descent_from_the_same_point(problem: str, penalty: GroupMCP | GroupSCAD) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, penalty, n_alphas=5, alpha_min_ratio=0.05, tol=1e-8)
    gram, cross, y_sq = system.gram, system.cross[:, 0].copy(), float(system.y_sq[:, 0].sum())
    for a in range(1, 5):
        alpha = float(path.alphas[a, 0])
        start = solve_path(system, "group_lasso", alphas=[alpha]).coefs[0, :, 0] * system.scale
        twin = block_descent(gram, cross, y_sq, penalty, alpha, start=start, tol=1e-8).coef / system.scale
        values = [objective(own, penalty, coef, 0, alpha, system.scale[0]) for coef in (path.coefs[a, :, 0], twin)]
        # stationary to 1e-8 alpha; both start from the group lasso
        assert values[0] <= values[1] + 1e-6 * y_sq


@pytest.mark.parametrize("penalty", [GroupMCP(float("inf")), GroupSCAD(float("inf"))], ids=repr)
@pytest.mark.parametrize("problem", WELL_POSED)
def test_without_concavity_it_is_the_group_lasso(problem: str, penalty: GroupMCP | GroupSCAD) -> None:
    system = PROBLEMS[problem]().system()
    path = solve_path(system, penalty, n_alphas=8, tol=1e-8)
    lasso = solve_path(system, "group_lasso", n_alphas=8, tol=1e-14)
    np.testing.assert_allclose(path.coefs * system.scale[:, None], lasso.coefs * system.scale[:, None], atol=1e-5)


@every_penalty
def test_orthogonal_design_is_a_firm_threshold(penalty: GroupMCP | GroupSCAD) -> None:
    system = PROBLEMS["orthogonal"]().system()
    path = solve_path(system, penalty, n_alphas=12, alpha_min_ratio=0.02, tol=1e-9)
    g = penalty.gamma
    for s in range(2):
        c = system.cross[:, s]
        t = np.linalg.norm(c, axis=0)
        for a, alpha in enumerate(path.alphas[:, s]):
            if isinstance(penalty, GroupMCP):
                size = np.where(t <= g * alpha, np.maximum(t - alpha, 0) / (1 - 1 / g), t)
            else:
                bent = ((g - 1) * t - g * alpha) / (g - 2)
                size = np.where(t <= 2 * alpha, np.maximum(t - alpha, 0), np.where(t <= g * alpha, bent, t))
            np.testing.assert_allclose(path.coefs[a, :, s], c * size / t, atol=1e-6)


@pytest.mark.parametrize("compiled", [True, False])
def test_block_descent_takes_over_where_unpenalised_columns_depend(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    thetas = []
    for _ in range(3):
        theta = rng.standard_normal((60, 6))
        theta[:, 5] = theta[:, 0] + theta[:, 1]
        thetas.append(theta)
    own = Problem(thetas, [theta[:, [0]] + theta[:, [1]] - theta[:, [2]] for theta in thetas])
    system = own.system()
    calls: list[float] = []
    descend = local_linear._descend

    def counted(*args):  # type: ignore[no-untyped-def]
        calls.append(args[2])
        return descend(*args)

    monkeypatch.setattr(local_linear, "_descend", counted)
    monkeypatch.setattr(local_linear, "PATIENCE", 3)
    penalty = GroupMCP(2.0)
    path = solve_path(system, penalty, n_alphas=6, alpha_min_ratio=0.01, tol=1e-7, compiled=compiled)
    assert calls
    assert {s for row in path.status for s in row} == {"converged"}
    for a, alpha in enumerate(path.alphas[:, 0]):
        r = correlations(own, path.coefs[a, :, 0], 0, system.scale[0])
        assert penalty.kkt(path.coefs[a, :, 0] * system.scale, r, alpha).max() <= 1.01e-7 * alpha


def test_too_few_steps_are_a_status() -> None:
    system = PROBLEMS["monomials"]().system()
    path = solve_path(system, GroupMCP(1.5), n_alphas=10, alpha_min_ratio=0.01, tol=1e-10, max_iter=1)
    status = np.array(path.status)
    assert (status == "max_iter").any()
    np.testing.assert_array_equal(status == "max_iter", path.violation > 1e-10)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name not in ("zero target", "wide")])
def test_adaptive_weights_come_from_a_ridge_fit(problem: str, compiled: bool, gamma: float) -> None:
    own = PROBLEMS[problem]()
    single = build(own.thetas, [y[:, :1] for y in own.targets])
    scale, ridge = single.scale[0], 1e-2
    pilot = []
    for theta, y in zip(own.thetas, own.targets, strict=True):
        # unit columns, n rows: squares / n + ridge ||b||^2, as least squares on more rows
        rows = np.vstack([theta / scale, np.sqrt(len(theta) * ridge) * np.eye(len(scale))])
        pilot.append(np.linalg.lstsq(rows, np.append(y[:, 0], np.zeros(len(scale))), rcond=None)[0])
    size = np.linalg.norm(pilot, axis=0)
    with np.errstate(divide="ignore"):
        weight = (size.max() / size) ** gamma
    options = {"n_alphas": 6, "alpha_min_ratio": 0.05, "tol": 1e-12, "compiled": compiled}
    path = solve_path(single, AdaptiveGroupLasso(gamma, ridge), **options)
    lasso = solve_path(single, GroupLasso(tuple(weight)), **options)
    np.testing.assert_allclose(path.alphas, lasso.alphas, rtol=1e-8)
    assert not path.masks[..., size == 0].any()
    if own.unique and problem != "monomials":
        np.testing.assert_allclose(path.coefs * scale, lasso.coefs * scale, atol=1e-5)
    # monomials and equal columns: predictions, to the root of the gap
    fits = [np.einsum("ejk,aesk->aesj", single.gram, one.coefs * scale) for one in (path, lasso)]
    np.testing.assert_allclose(fits[0], fits[1], atol=1e-5)


def test_terms_with_a_pilot_of_zero_are_excluded() -> None:
    own = PROBLEMS["orthogonal"]()
    # column 3 made orthogonal to the target in every environment
    targets = [y[:, :1] - theta[:, 3:4] * (theta[:, 3] @ y[:, 0]) / (theta[:, 3] @ theta[:, 3])
               for theta, y in zip(own.thetas, own.targets, strict=True)]  # fmt: skip
    system = build(own.thetas, targets)
    exact = system.cross.copy()
    exact[:, :, 3] = 0.0
    path = solve_path(type(system)(system.gram, exact, system.y_sq, system.n_samples, system.scale),
                      "adaptive_group_lasso", alpha_min_ratio=1e-8, n_alphas=20)  # fmt: skip
    assert not path.masks[..., 3].any()
    assert path.masks[-1, 0, [1, 4]].all()
