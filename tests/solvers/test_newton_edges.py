"""Group lasso and elastic net by Newton's method: units, weights, ridge, equal columns, lanes."""

from __future__ import annotations

import numpy as np
import pytest
from judge import certificate, gaussian
from problems import PROBLEMS

from spreme.gram import build
from spreme.penalties import GroupElasticNet, GroupLasso
from spreme.solvers import solve_path
from spreme.solvers.equation import Equation
from spreme.solvers.norms.weighted import solve_group_norms

Array = np.ndarray
TWINS = (True, False)


@pytest.mark.parametrize("compiled", TWINS)
@pytest.mark.parametrize("unit", [1e-60, 1e-8, 1e8, 1e60])
def test_unit_of_the_target_does_not_matter(unit: float, compiled: bool) -> None:
    own = gaussian(3, 50, 12, 8)
    system, other = own.system(), build(own.thetas, [unit * y for y in own.targets])
    path, scaled = (
        solve_path(s, n_alphas=10, alpha_min_ratio=1e-3, tol=1e-10, compiled=compiled) for s in (system, other)
    )
    np.testing.assert_allclose(scaled.coefs / unit, path.coefs, atol=1e-9)
    np.testing.assert_array_equal(scaled.n_iter, path.n_iter)


@pytest.mark.parametrize("n_environments", range(1, 10))
def test_any_number_of_environments_fills_the_lanes(n_environments: int) -> None:
    own = gaussian(n_environments, 40, 9, 9)
    system = own.system()
    path, twin = (solve_path(system, n_alphas=8, tol=1e-11, compiled=c) for c in TWINS)
    np.testing.assert_allclose(path.coefs, twin.coefs, atol=1e-5)
    for a in range(8):
        assert certificate(own, path.coefs[a, :, 0], path.alphas[a, 0], system.scale[0])[0] <= 1e-11 + 1e-13


@pytest.mark.parametrize("compiled", TWINS)
def test_one_term_has_a_closed_form(compiled: bool) -> None:
    system = gaussian(3, 40, 1, 10).system()
    c, g = system.cross[:, 0, 0], system.gram[:, 0, 0]
    path = solve_path(system, n_alphas=6, alpha_min_ratio=1e-3, tol=1e-14, compiled=compiled)
    for a, alpha in enumerate(path.alphas[:, 0]):
        b = path.coefs[a, :, 0, 0] * system.scale[0, 0]
        size = np.linalg.norm(b)
        if a:
            # b (g + alpha / ||b||) = c
            np.testing.assert_allclose(b * (g + alpha / size), c, atol=1e-6)
        else:
            assert size == 0


@pytest.mark.parametrize("compiled", TWINS)
def test_weights_are_units_of_columns(compiled: bool) -> None:
    own = gaussian(3, 60, 10, 11)
    system = own.system()
    rng = np.random.default_rng(1)
    for decades in (0.3, 6):
        weight = 10.0 ** rng.uniform(-decades, decades, 10)
        top = (np.linalg.norm(system.cross[:, 0], axis=0) / weight).max()
        alphas = top * np.array([0.5, 1e-2, 1e-4])
        path = solve_path(system, GroupLasso(tuple(weight)), alphas=alphas, tol=1e-11, compiled=compiled)
        for a, alpha in enumerate(alphas):
            gap, _ = certificate(own, path.coefs[a, :, 0], alpha, system.scale[0], weight)
            assert gap <= 1e-11 + 1e-12
        if decades < 1:
            # the same problem in columns divided by their weights, solved with equal prices
            other = Equation(
                system.gram / np.outer(weight, weight),
                system.cross[:, 0] / weight,
                system.y_sq[:, 0],
                system.scale[0] * weight,
                np.arange(10),
            )
            same = solve_group_norms(other, np.ones(10), alphas, tol=1e-11, max_iter=1000, use_compiled=compiled)
            np.testing.assert_allclose(same.coefs, path.coefs[:, :, 0], atol=1e-4)


@pytest.mark.parametrize("compiled", TWINS)
def test_infinite_weights_exclude(compiled: bool) -> None:
    own = gaussian(3, 60, 10, 12)
    out = np.array([0, 4, 9])
    weight = np.ones(10)
    weight[out] = np.inf
    kept = np.setdiff1d(np.arange(10), out)
    path = solve_path(own.system(), GroupLasso(tuple(weight)), n_alphas=8, tol=1e-11, compiled=compiled)
    fewer = solve_path(build([t[:, kept] for t in own.thetas], own.targets), n_alphas=8, tol=1e-11, compiled=compiled)
    np.testing.assert_allclose(path.alphas, fewer.alphas, rtol=1e-12)
    np.testing.assert_allclose(path.coefs[..., kept], fewer.coefs, atol=1e-5)
    assert not path.masks[..., out].any()
    assert np.isfinite(path.violation).all()
    nothing = solve_path(own.system(), GroupLasso((np.inf,) * 10), n_alphas=3, compiled=compiled)
    assert not nothing.masks.any()
    assert nothing.status == [["converged"]] * 3


@pytest.mark.parametrize("compiled", TWINS)
@pytest.mark.parametrize("problem", ["correlated", "duplicate", "one environment", "absent"])
@pytest.mark.parametrize("l1_ratio", [0.9, 0.1])
def test_elastic_net_is_a_group_lasso_on_more_rows(problem: str, l1_ratio: float, compiled: bool) -> None:
    whole = PROBLEMS[problem]()
    system = whole.system()
    scale = system.scale[0]
    path = solve_path(system, GroupElasticNet(l1_ratio), n_alphas=4, alpha_min_ratio=1e-2, tol=1e-11, compiled=compiled)
    for a, alpha in enumerate(path.alphas[:, 0]):
        thetas, targets = [], []
        for theta, y in zip(whole.thetas, whole.targets, strict=True):
            # rows sqrt(n ridge) I in unit columns add n ridge ||b||^2 to the squares; n stays the divisor
            ridge = np.sqrt(len(theta) * alpha * (1 - l1_ratio)) * np.diag(scale)
            thetas.append(np.vstack([theta, ridge]))
            targets.append(np.vstack([y[:, :1], np.zeros((len(scale), 1))]))
        rows = [len(theta) for theta in whole.thetas]
        gram = np.array([(t / scale).T @ (t / scale) / n for t, n in zip(thetas, rows, strict=True)])
        cross = np.array([(t / scale).T @ y[:, 0] / n for t, y, n in zip(thetas, targets, rows, strict=True)])
        own = Equation(gram, cross, system.y_sq[:, 0], scale, np.arange(len(scale)))
        lasso = solve_group_norms(
            own, np.ones(len(scale)), np.array([l1_ratio * alpha]), tol=1e-11, max_iter=1000, use_compiled=compiled
        )
        np.testing.assert_allclose(path.coefs[a, :, 0] * scale, lasso.coefs[0] * scale, atol=1e-4)


@pytest.mark.parametrize("compiled", TWINS)
def test_elastic_net_without_ridge_is_the_group_lasso(compiled: bool) -> None:
    system = PROBLEMS["correlated"]().system()
    net, lasso = (
        solve_path(system, penalty, n_alphas=10, tol=1e-10, compiled=compiled)
        for penalty in (GroupElasticNet(1.0), GroupLasso())
    )
    np.testing.assert_array_equal(net.coefs, lasso.coefs)
    np.testing.assert_array_equal(net.gap, lasso.gap)


@pytest.mark.parametrize("compiled", TWINS)
def test_equal_columns_share_the_fit_of_one(compiled: bool) -> None:
    own = gaussian(3, 60, 6, 13)
    order = [0, 1, 2, 3, 4, 5, 0, 2, 2]
    twice = build([theta[:, order] for theta in own.thetas], own.targets)
    path, one = (
        solve_path(s, n_alphas=10, alpha_min_ratio=1e-3, tol=1e-12, compiled=compiled) for s in (twice, own.system())
    )
    together = np.stack([path.coefs[..., np.array(order) == k].sum(axis=-1) for k in range(6)], axis=-1)
    np.testing.assert_allclose(together, one.coefs, atol=1e-5)
