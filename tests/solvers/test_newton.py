"""Newton's method in the norms of the groups: formulas, twins, and what is hard for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from judge import certificate, gaussian
from problems import PROBLEMS, Problem

from spreme.penalties import GroupElasticNet, GroupLasso
from spreme.solvers import solve_path
from spreme.solvers.equation import Equation
from spreme.solvers.norms import lapack, newton_steps, weighted
from spreme.solvers.norms.newton_state import working_set
from spreme.solvers.norms.weighted import solve_group_norms

Array = np.ndarray
TWINS = (True, False)


def monomials(slopes: list, starts: list, dt: float, n: int, degree: int) -> Problem:
    """All monomials along the orbits of ordinary differential equations; the target is the first slope, 5 % noise."""
    rng = np.random.default_rng(0)
    thetas, targets = [], []
    for slope, x in zip(slopes, starts, strict=True):
        orbit = [np.array(x)]
        for _ in range(n - 1):
            x = orbit[-1]
            k1 = slope(x)
            k2 = slope(x + dt / 2 * k1)
            k3 = slope(x + dt / 2 * k2)
            orbit.append(x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + slope(x + dt * k3)))
        states = np.array(orbit)
        y = np.array([slope(x) for x in states])[:, :1]
        d = states.shape[1]
        powers = [c for q in range(degree + 1) for c in combinations_with_replacement(range(d), q)]
        thetas.append(np.column_stack([states[:, list(c)].prod(axis=1) for c in powers]))
        targets.append(y + 0.05 * y.std() * rng.standard_normal(y.shape))
    return Problem(thetas, targets)


def lotka_volterra() -> Problem:
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.5, 1.5, (9, 4))
    slopes = [lambda x, a=a: np.array([x[0] * (a[0] - a[1] * x[1]), x[1] * (a[3] * x[0] - a[2])]) for a in rates]
    return monomials(slopes, list(rng.uniform(0.5, 2.0, (9, 2))), 0.03, 800, 9)


def lorenz() -> Problem:
    rng = np.random.default_rng(2)
    rates = np.array([10.0, 28.0, 8 / 3]) * rng.uniform(0.9, 1.1, (6, 3))
    slopes = [
        lambda x, a=a: np.array([a[0] * (x[1] - x[0]), x[0] * (a[1] - x[2]) - x[1], x[0] * x[1] - a[2] * x[2]])
        for a in rates
    ]
    return monomials(slopes, list(rng.uniform([-10, -10, 15], [10, 10, 35], (6, 3))), 0.01, 600, 6)


def phi_plainly(gram: Array, cross: Array, eta: Array, price: Array, ridge: float = 0.0) -> tuple:
    """phi, its gradient and its Hessian by their formulas, no cleverness."""
    phi, curvature, r_sq = 0.5 * eta @ price**2, 0.0, 0.0
    for G, c in zip(gram + ridge * np.eye(len(eta)), cross, strict=True):
        inverse = np.linalg.inv(np.eye(len(eta)) + G * eta)
        r = inverse @ c
        phi -= 0.5 * c @ (eta * r)
        r_sq = r_sq + r**2
        curvature = curvature + np.outer(r, r) * (inverse @ G)
    return phi, 0.5 * (price**2 - r_sq), curvature


def at_work(gram: Array, cross: Array, eta: Array, price: Array) -> newton_steps.WorkingSet:
    """Working set of all terms."""
    E, K = cross.shape
    work = working_set(K + 2, E)  # room to spare
    work.gram[:K, :K, :E], work.cross[:K, :E] = np.moveaxis(gram, 0, 2), cross.T
    work.eta[:K], work.price[:K] = eta, price
    return work


def eta_of(seed: int, n_terms: int) -> Array:
    rng = np.random.default_rng(seed)
    return 10.0 ** rng.uniform(-3, 3, n_terms) * (rng.random(n_terms) < 0.7)


@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "zero target"])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_phi_and_newtons_matrix_are_those_of_the_formulas(problem: str, ridge: float) -> None:
    system = PROBLEMS[problem]().system()
    gram, cross = system.gram, system.cross[:, 0]
    E, K = cross.shape
    price = np.linspace(0.1, 0.3, K)
    for seed in range(4):
        eta = eta_of(seed, K)
        phi, gradient, curvature = phi_plainly(gram, cross, eta, price, ridge)
        work = at_work(gram, cross, eta, price)
        # condition of I + G D up to 1e4, times rounding
        close = {"rtol": 1e-9, "atol": 1e-11}
        np.testing.assert_allclose(newton_steps.evaluate(work, K, ridge), phi, **close)
        np.testing.assert_allclose((price**2 - work.r_norm[:K] ** 2) / 2, gradient, **close)
        positive = np.flatnonzero(eta)
        np.testing.assert_array_equal(work.positive[: len(positive)], positive)
        assert not work.r[:K, E:].any()  # lanes without an environment
        newton_steps._newton_system(work, len(positive))
        expected = (curvature * np.outer(eta, eta))[np.ix_(positive, positive)]
        lower = np.tril_indices(len(positive))
        np.testing.assert_allclose(work.H[lower], expected[lower], rtol=1e-7, atol=1e-9 * abs(expected).max())
        groups = np.arange(K)
        own = lapack.GroupNorms(gram, cross, 1.0, groups, np.ones(K), np.zeros(K), np.ones(E))
        twin = lapack.WorkingSet(own, groups, price, eta, ridge)
        np.testing.assert_allclose(twin.evaluate(), phi, **close)
        matrix, right = twin.newton_system()
        np.testing.assert_allclose(matrix, expected, rtol=1e-7, atol=1e-9 * abs(expected).max())
        np.testing.assert_allclose(right, work.right[: len(positive)], rtol=1e-7, atol=1e-9)


def test_gradient_and_hessian_are_those_of_phi() -> None:
    system = PROBLEMS["correlated"]().system()
    price, eta = np.linspace(0.1, 0.3, 8), np.geomspace(0.05, 2.0, 8)
    value, gradient, curvature = phi_plainly(system.gram, system.cross[:, 0], eta, price)
    for j, step in enumerate(1e-4 * eta):
        up, down = (
            phi_plainly(system.gram, system.cross[:, 0], eta + s * step * (np.arange(8) == j), price) for s in (1, -1)
        )
        # differences err by the square of the step, relative 1e-8 times a few derivatives
        np.testing.assert_allclose((up[0] - down[0]) / (2 * step), gradient[j], rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose((up[1] - down[1]) / (2 * step), curvature[j], rtol=1e-5, atol=1e-6)
    assert value < 0


@pytest.mark.parametrize("problem", ["correlated", "monomials", "duplicate", "wide", "absent"])
def test_phi_never_rises(problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system = PROBLEMS[problem]().system()
    K, y_sq = system.n_terms, float(system.y_sq[:, 0].sum())
    seen: list[float] = []
    for budget in range(1, 25):
        work = at_work(system.gram, system.cross[:, 0], np.zeros(K), np.full(K, 1e-3))
        newton_steps.solve_at_work(work, K, 0.0, y_sq, 1e-12, 1e-11, budget)
        seen.append(newton_steps.evaluate(work, K, 0.0))
    # a budget may end with a step that is refused: what counts is what the next one starts from
    best = np.minimum.accumulate(seen)
    assert seen[-1] <= best[-1] + 1e-9 * abs(best[-1])
    own = lapack.GroupNorms(
        system.gram, system.cross[:, 0], y_sq, np.arange(K), np.ones(K), np.zeros(K), np.ones(len(system.gram))
    )
    twin = lapack.WorkingSet(own, np.arange(K), np.full(K, 1e-3), np.full(K, 1e-7), 0.0)
    values: list[float] = []
    gap = twin.gap
    # asked for the gap where a step begins, thus with what was accepted
    monkeypatch.setattr(twin, "gap", lambda: (values.append(phi_of(twin)), gap())[1])
    lapack.solve_at_work(twin, 1e-12, 1e-11, 200)
    starts = np.array(values)
    assert (np.diff(starts) <= 1e-9 * abs(starts[1:])).all()
    np.testing.assert_allclose(starts[-1], seen[-1], rtol=1e-9)


def phi_of(work: lapack.WorkingSet) -> float:
    return float((work.eta * work.price**2).sum() - (work.b * work.cross).sum()) / 2


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("penalty", [GroupLasso(), GroupElasticNet(0.5), GroupElasticNet(0.05)])
def test_compiled_equals_plain(problem: str, penalty: object) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    paths = [solve_path(system, penalty, n_alphas=15, alpha_min_ratio=1e-3, tol=1e-10, compiled=c) for c in TWINS]
    np.testing.assert_array_equal(paths[0].alphas, paths[1].alphas)
    fits = [np.einsum("ejk,aesk->aesj", system.gram, path.coefs * system.scale[:, None]) for path in paths]
    # gaps of 1e-10 leave predictions to their root, whatever the Grams
    np.testing.assert_allclose(fits[0], fits[1], atol=1e-4)
    if own.unique and problem != "monomials":
        np.testing.assert_allclose(
            paths[0].coefs * system.scale[:, None], paths[1].coefs * system.scale[:, None], atol=2e-4
        )


@pytest.mark.parametrize("large", [2, 5, 31])
def test_hand_over_to_lapack_changes_nothing(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    own = gaussian(4, 60, 50, 3)
    system = own.system()
    options = {"alphas": solve_path(system, n_alphas=12, alpha_min_ratio=1e-3).alphas[:, 0], "tol": 1e-11}
    whole = solve_path(system, **options)
    assert whole.masks[-1].sum() > 31
    monkeypatch.setattr(weighted.compiled, "LARGE", large)
    handed = solve_path(system, **options)
    np.testing.assert_allclose(handed.coefs, whole.coefs, atol=1e-4)
    assert (handed.gap <= 1e-11).all()
    assert {s for row in handed.status for s in row} == {"converged"}


@pytest.mark.parametrize("n_terms", [31, 61, 121, 200])
@pytest.mark.parametrize("cold", [True, False])
def test_working_set_grows_past_every_capacity(n_terms: int, cold: bool) -> None:
    own = gaussian(2, 2 * n_terms, n_terms, 4, noise=1.0)
    system = own.system()
    top = np.linalg.norm(system.cross[:, 0], axis=0).max()
    alphas = top * (np.array([2e-3]) if cold else np.geomspace(1, 2e-3, 12))
    path = solve_path(system, alphas=alphas, tol=1e-9)
    assert path.masks[-1].sum() > 0.9 * n_terms
    for a, alpha in enumerate(alphas):
        gap, _ = certificate(own, path.coefs[a, :, 0], alpha, system.scale[0])
        assert gap <= 1e-9 + 1e-13
        assert path.status[a] == ["converged"]


@pytest.mark.parametrize("use_compiled", TWINS)
def test_start_does_not_matter(use_compiled: bool) -> None:
    own = gaussian(3, 80, 20, 5)
    system = own.system()
    equation = Equation(system.gram, system.cross[:, 0].copy(), system.y_sq[:, 0], system.scale[0], np.arange(20))
    alphas = np.array([0.05, 0.02])
    options = {"tol": 1e-12, "max_iter": 300, "use_compiled": use_compiled}
    cold = solve_group_norms(equation, np.ones(20), alphas, **options)
    rng = np.random.default_rng(0)
    norms = np.linalg.norm(cold.coefs[0] * system.scale[0], axis=0)
    for size in (norms, np.full(20, 1e3), np.full(20, 1e-9), rng.random(20) * (rng.random(20) < 0.5), np.zeros(20)):
        warm = solve_group_norms(equation, np.ones(20), alphas, size=size, **options)
        assert warm.status == ["converged"] * 2
        np.testing.assert_allclose(warm.coefs, cold.coefs, atol=1e-5)
    again = solve_group_norms(equation, np.ones(20), alphas[:1], size=norms, **options)
    assert again.n_iter[0] <= 2  # from the solution itself


@pytest.mark.parametrize("compiled", TWINS)
def test_alphas_come_in_any_order_and_twice(compiled: bool) -> None:
    system = gaussian(3, 80, 15, 6).system()
    top = np.linalg.norm(system.cross[:, 0], axis=0).max()
    alphas = top * np.array([0.1, 2.0, 0.1, 1e-3, 0.5, 0.1, 1.0, 1e-3])
    path = solve_path(system, alphas=alphas, tol=1e-12, compiled=compiled)
    np.testing.assert_array_equal(path.alphas[:, 0], alphas)
    assert not path.masks[[1, 6]].any()
    assert path.masks[4].any()
    for a, alpha in enumerate(alphas):
        alone = solve_path(system, alphas=[alpha], tol=1e-12, compiled=compiled)
        np.testing.assert_allclose(path.coefs[a], alone.coefs[0], atol=1e-5)
    np.testing.assert_allclose(path.coefs[3], path.coefs[7], atol=1e-10)


@pytest.mark.parametrize("compiled", TWINS)
@pytest.mark.parametrize("share", [1e-4, 1e-6])
@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "zero target"])
def test_far_below_the_top_without_a_path(problem: str, share: float, compiled: bool) -> None:
    whole = PROBLEMS[problem]()
    own = replace(whole, targets=[y[:, :1] for y in whole.targets])
    system = own.system()
    alpha = share * float(np.linalg.norm(system.cross[:, 0], axis=0).max())
    path = solve_path(system, alphas=[alpha], tol=1e-10, compiled=compiled)
    gap, _ = certificate(own, path.coefs[0, :, 0], alpha, system.scale[0])
    assert path.status == [["converged"]]
    assert gap <= 1e-10 + 1e-12
    assert path.n_iter[0, 0] <= 120


@pytest.mark.parametrize("compiled", TWINS)
@pytest.mark.parametrize("max_iter", [1, 2, 3, 7])
@pytest.mark.parametrize("problem", ["correlated", "duplicate", "monomials"])
def test_gap_is_honest_when_steps_run_out(problem: str, max_iter: int, compiled: bool) -> None:
    whole = PROBLEMS[problem]()
    own = replace(whole, targets=[y[:, :1] for y in whole.targets])
    system = own.system()
    top = float(np.linalg.norm(system.cross[:, 0], axis=0).max())
    alphas = top * np.array([0.5, 1e-4, 1e-5])
    for grid in (alphas, alphas[1:2]):
        path = solve_path(system, alphas=grid, tol=1e-14, max_iter=max_iter, compiled=compiled)
        for a, alpha in enumerate(grid):
            gap, ratio = certificate(own, path.coefs[a, :, 0], alpha, system.scale[0])
            # at the strength that was asked for, not at one on the way to it; a step cut short may be a wild one, of
            # coefficients that cost the Grams half their digits
            assert path.gap[a, 0] == pytest.approx(gap, rel=1e-4, abs=1e-12)
            assert path.n_iter[a, 0] <= max_iter
            used = path.masks[a, 0]
            distance = np.where(used, abs(ratio - 1), ratio - 1).max(initial=0.0)
            assert path.violation[a, 0] == pytest.approx(distance, rel=1e-4, abs=1e-6)
    assert path.status == [["max_iter"]]


@pytest.mark.parametrize("compiled", TWINS)
@pytest.mark.parametrize("problem", ["duplicate", "wide", "monomials", "zero column"])
def test_unattainable_tolerance_ends_by_the_conditions(problem: str, compiled: bool) -> None:
    system = PROBLEMS[problem]().system()
    path = solve_path(system, n_alphas=20, alpha_min_ratio=1e-4, tol=1e-16, compiled=compiled)
    assert {s for row in path.status for s in row} <= {"converged", "stationary"}
    assert path.n_iter.max() <= 150
    # what Grams know of the gap, 1e-16 of y'y times some sums
    assert path.gap.max() <= 1e-11


@pytest.mark.parametrize("compiled", TWINS)
def test_low_rank_grams_far_below_the_top(compiled: bool) -> None:
    rng = np.random.default_rng(7)
    for trial in range(40):
        E, K = 1 + trial % 4, int(rng.choice([5, 8, 13]))
        thetas = [rng.standard_normal((5, K // 3)) @ rng.standard_normal((K // 3, K)) for _ in range(E)]
        targets = [theta[:, :1] + 1e-6 * rng.standard_normal((5, 1)) for theta in thetas]
        own = Problem(thetas, targets)
        system = own.system()
        alpha = 1e-5 * float(np.linalg.norm(system.cross[:, 0], axis=0).max())
        path = solve_path(system, alphas=[alpha], tol=1e-10, compiled=compiled)
        assert path.status == [["converged"]]
        assert certificate(own, path.coefs[0, :, 0], alpha, system.scale[0])[0] <= 1e-10 + 1e-12


@pytest.mark.parametrize("make", [lotka_volterra, lorenz])
def test_steps_are_few(make: object) -> None:
    own = make()  # type: ignore[operator]
    system = own.system()
    path = solve_path(system, n_alphas=100, alpha_min_ratio=1e-3, tol=1e-8)
    assert path.gap.max() <= 1e-8
    assert path.n_iter.mean() <= 3.5
    alpha = 1e-4 * path.alphas[0, 0]
    cold = solve_path(system, alphas=[alpha], tol=1e-8)
    assert cold.status == [["converged"]]
    assert cold.n_iter[0, 0] <= 80
    assert certificate(own, cold.coefs[0, :, 0], alpha, system.scale[0])[0] <= 1e-8 + 1e-12
