"""Proximal solvers: FISTA, block descent (compiled, NumPy, cyclic, greedy) and their paths."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS
from scipy.optimize import minimize, nnls
from without_jit import compiled_and_plain

from spreme.penalties import (
    GroupElasticNet,
    GroupKSupport,
    GroupLasso,
    GroupMCP,
    GroupSCAD,
    ProximalPenalty,
    SparseGroupLasso,
)
from spreme.solvers.proximal.block_descent import block_descent, lower
from spreme.solvers.proximal.block_kernel import descend
from spreme.solvers.proximal.block_prox import exact_block, prox_block
from spreme.solvers.proximal.block_sweeps import sweep_blocks
from spreme.solvers.proximal.fista import fista
from spreme.solvers.proximal.optimality import Solution, certify, half_residual, violation_unit
from spreme.solvers.proximal.path import solve_proximal

SEPARABLE: dict[str, ProximalPenalty] = {
    "lasso": GroupLasso(),
    "elastic": GroupElasticNet(0.7),
    "sparse": SparseGroupLasso(0.4),
    "mcp": GroupMCP(),
    "scad": GroupSCAD(),
}
CONVEX: dict[str, ProximalPenalty] = {
    **{name: SEPARABLE[name] for name in ("lasso", "elastic", "sparse")},
    "k-support": GroupKSupport(2),
}
BLOCK = {
    "cyclic": {},
    "plain": {"depth": 0},
    "greedy": {"rule": "greedy"},
    "numpy": {"compiled": False},
    "numpy greedy": {"compiled": False, "rule": "greedy"},
}
# Small enough for the loops in NumPy
EASY = ["orthogonal", "absent", "zero column", "duplicate", "one environment", "wide", "zero target"]


def quadratic(problem: str, state: int = 0) -> tuple[np.ndarray, np.ndarray, float]:
    """Grams, cross products and y_sq of one state."""
    system = PROBLEMS[problem]().system()
    return system.gram, np.ascontiguousarray(system.cross[:, state]), float(system.y_sq[:, state].sum())


def objective(problem: tuple, penalty: ProximalPenalty, coef: np.ndarray, alpha: float) -> float:
    _, cross, y_sq = problem
    return half_residual(cross, y_sq, coef, correlation(problem, coef)) + penalty.value(coef, alpha)


def correlation(problem: tuple, coef: np.ndarray) -> np.ndarray:
    return problem[1] - np.einsum("ejk,ek->ej", problem[0], coef)


def strength(penalty: ProximalPenalty, cross: np.ndarray, share: float) -> float:
    top = penalty.alpha_max(cross)  # type: ignore[attr-defined]
    return share * top if top > 0 else share


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", SEPARABLE)
def test_fista_and_block_descent_agree(problem: str, name: str) -> None:
    penalty, own = SEPARABLE[name], quadratic(problem)
    for share in (0.5, 0.1):
        alpha = strength(penalty, own[1], share)
        # without a gap the tolerance is on the violation; smooth directions of the monomials need many steps
        limits = {"tol": 1e-9 if name in CONVEX else 1e-6, "max_iter": 200_000}
        found: list[Solution] = [fista(*own, penalty, alpha, **limits), block_descent(*own, penalty, alpha, **limits)]
        assert [one.status for one in found] == ["converged", "converged"]
        reached = [objective(own, penalty, one.coef, alpha) for one in found]
        if name in CONVEX:
            # both within their gap of the minimum
            assert abs(reached[0] - reached[1]) <= 1e-9 * own[2] + 1e-14
        for one in found:
            unit = violation_unit(penalty, own[1], alpha)
            assert one.violation == pytest.approx(
                penalty.kkt(one.coef, correlation(own, one.coef), alpha).max() / unit, abs=1e-9
            )


@pytest.mark.parametrize("problem", EASY)
@pytest.mark.parametrize("name", SEPARABLE)
def test_rules_and_twins_agree(problem: str, name: str) -> None:
    penalty, own = SEPARABLE[name], quadratic(problem)
    alpha = strength(penalty, own[1], 0.2)
    tol = 1e-12 if name in CONVEX else 1e-8
    found = [block_descent(*own, penalty, alpha, tol=tol, **options) for options in BLOCK.values()]
    assert {one.status for one in found} <= {"converged", "stalled"}
    reached = [objective(own, penalty, one.coef, alpha) for one in found]
    # convex: within the gap. Folded: these problems have one stationary point that all rules find from zero, up to
    # which of two equal columns is taken.
    np.testing.assert_allclose(reached, reached[0], rtol=0, atol=1e-9 * own[2] + 1e-15)


@pytest.mark.parametrize("name", SEPARABLE)
@pytest.mark.parametrize("depth", [0, 3, 5])
def test_kernel_takes_the_steps_of_its_twin(name: str, depth: int) -> None:
    penalty = SEPARABLE[name]
    gram, cross, _ = quadratic("correlated")
    alpha = strength(penalty, cross, 0.1)
    lowered = lower(penalty, cross.shape[1])
    assert lowered is not None
    for sweeps in (1, 4, 13):
        pair = []
        for twin in (False, True):
            coef, rest = np.zeros_like(cross), cross.copy()
            if twin:
                done = sweep_blocks(gram, cross, coef, rest, penalty, alpha, False, depth, 0.0, sweeps)
            else:
                kind, shape, weights = lowered
                done = descend(gram, cross, coef, rest, weights, kind, shape, alpha, False, depth, 0.0, sweeps)
            assert done == sweeps
            pair.append((coef, rest))
        # the normal equations of the extrapolation lose half the digits
        np.testing.assert_allclose(pair[0][0], pair[1][0], rtol=0, atol=1e-7)
        np.testing.assert_allclose(pair[0][1], correlation((gram, cross), pair[0][0]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SEPARABLE)
def test_compiled_prox_equals_the_penalty(name: str) -> None:
    penalty, rng = SEPARABLE[name], np.random.default_rng(0)
    lowered = lower(penalty, 1)
    assert lowered is not None
    for step in (0.3, 2.9, 3.5, 9.0):
        for size in np.linspace(0.0, 8.0, 50):
            v = size * rng.standard_normal(3)
            expected = penalty.prox(v[:, None], 0.7, step)[:, 0]
            prox_block(v, lowered.kind, lowered.shape, 0.7, step)
            np.testing.assert_allclose(v, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["lasso", "elastic", "sparse"])
def test_exact_block_is_optimal(name: str) -> None:
    penalty, rng = SEPARABLE[name], np.random.default_rng(1)
    lowered = lower(penalty, 1)
    assert lowered is not None
    for _ in range(100):
        h, z = rng.uniform(0.0, 4.0, 4), rng.standard_normal(4)
        h[0], z[0] = 0.0, 0.0  # a column that is zero in one environment
        b = z.copy()
        exact_block(b, h, lowered.kind, lowered.shape, 0.6)
        left = penalty.kkt(b[:, None], (z - h * b)[:, None], 0.6)
        assert left[0] <= 1e-12


@pytest.mark.parametrize("name", CONVEX)
def test_solutions_against_a_general_optimiser(name: str) -> None:
    penalty, own = CONVEX[name], quadratic("absent")
    alpha, shape = strength(penalty, own[1], 0.3), own[1].shape
    found = fista(*own, penalty, alpha, tol=1e-11)
    start = found.coef + 0.05 * np.random.default_rng(2).standard_normal(shape)
    other = minimize(
        lambda b: objective(own, penalty, b.reshape(shape), alpha),
        start.ravel(),
        method="Powell",
        options={"ftol": 1e-13, "xtol": 1e-9, "maxiter": 3000, "maxfev": 200_000},
    )
    # nobody is better, and a search that knows nothing of the problem comes close (kinks stop it early)
    reached = objective(own, penalty, found.coef, alpha)
    assert reached - 1e-10 * own[2] <= other.fun <= reached + 1e-3 * own[2]


@pytest.mark.parametrize("name", [*SEPARABLE, "k-support"])
def test_orthogonal_design_is_one_prox(name: str) -> None:
    penalty: ProximalPenalty = {**SEPARABLE, **CONVEX}[name]
    own = quadratic("orthogonal")
    for share in (0.7, 0.3, 0.05):
        alpha = strength(penalty, own[1], share)
        for one in (fista(*own, penalty, alpha, tol=1e-14), block_descent(*own, penalty, alpha, tol=1e-14)):
            np.testing.assert_allclose(one.coef, penalty.prox(own[1], alpha, 1.0), atol=1e-6)
            if name == "k-support":
                break  # no sum over terms


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", CONVEX)
def test_gap_bounds_the_error(problem: str, name: str) -> None:
    penalty, own = CONVEX[name], quadratic(problem)
    alpha = strength(penalty, own[1], 0.2)
    unit = violation_unit(penalty, own[1], alpha)
    best = fista(*own, penalty, alpha, tol=1e-10, max_iter=300_000)
    assert best.status == "converged"
    low, rng = objective(own, penalty, best.coef, alpha), np.random.default_rng(3)
    for size in (1e-6, 1e-3, 0.1, 1.0):
        coef = best.coef + size * rng.standard_normal(best.coef.shape) * (best.coef != 0)
        proof = certify(own[1], own[2], coef, correlation(own, coef), penalty, alpha, unit)
        error = (objective(own, penalty, coef, alpha) - low) / max(own[2], 1e-300)
        assert proof.gap >= error - 1e-12


def test_gap_is_nan_without_a_conjugate() -> None:
    own = quadratic("orthogonal")
    one = fista(*own, GroupMCP(), 0.2)
    assert np.isnan(one.gap)
    assert one.violation <= 1e-6


@pytest.mark.parametrize("name", [*SEPARABLE, "k-support"])
def test_objective_falls_at_every_step(name: str) -> None:
    penalty: ProximalPenalty = {**SEPARABLE, **CONVEX}[name]
    own = quadratic("correlated")
    alpha = strength(penalty, own[1], 0.05)
    solvers = [fista] if name == "k-support" else [fista, block_descent]
    for solve in solvers:
        reached = [
            objective(own, penalty, solve(*own, penalty, alpha, tol=1e-13, max_iter=n).coef, alpha)
            for n in range(1, 40)
        ]
        assert (np.diff(reached) <= 1e-14 * own[2]).all()


def test_special_cases_are_what_they_should_be() -> None:
    own = quadratic("correlated")
    gram, cross, _ = own
    lasso, alpha = GroupLasso(), 0.1 * GroupLasso().alpha_max(cross)
    expected = block_descent(*own, lasso, alpha, tol=1e-13).coef
    for twin in (SparseGroupLasso(0.0), GroupElasticNet(1.0), GroupMCP(1e10), GroupSCAD(1e10)):
        # gaps of 1e-13 leave coefficients to 1e-6 over the root of the smallest eigenvalue (0.05)
        np.testing.assert_allclose(block_descent(*own, twin, alpha, tol=1e-12).coef, expected, atol=1e-5)
    ridge = np.linalg.solve(gram + 0.3 * np.eye(cross.shape[1]), cross[..., None])[..., 0]
    # a gap of 1e-14 of y_sq (about 10): coefficients to its root over that of the curvature 0.3, about 1e-6
    np.testing.assert_allclose(fista(*own, GroupKSupport(8), 0.3, tol=1e-14).coef, ridge, atol=5e-6)


def test_weights_scale_terms_and_infinity_excludes() -> None:
    gram, cross, y_sq = quadratic("correlated")
    weights = np.array([1.0, 2.0, 0.5, 1.0, 3.0, np.inf, 1.0, 0.7])
    alpha, keep = 0.05, np.isfinite(weights)
    penalty = GroupLasso(weights=tuple(weights))
    scaled = gram / np.outer(weights, weights)
    expected = np.zeros_like(cross)
    inner = block_descent(
        scaled[:, keep][:, :, keep].copy(), (cross / weights)[:, keep], y_sq, GroupLasso(), alpha, tol=1e-13
    )
    expected[:, keep] = inner.coef / weights[keep]
    for solve in (fista, block_descent):
        np.testing.assert_allclose(solve(gram, cross, y_sq, penalty, alpha, tol=1e-13).coef, expected, atol=1e-5)


def test_one_term_and_nothing_to_explain() -> None:
    gram, cross = np.array([[[1.5]], [[0.5]]]), np.array([[2.0], [1.0]])
    for penalty in SEPARABLE.values():
        one, other = (solve(gram, cross, 6.0, penalty, 0.4, tol=1e-12) for solve in (fista, block_descent))
        np.testing.assert_allclose(one.coef, other.coef, atol=1e-5)
        for solve in (fista, block_descent):
            none = solve(gram, 0 * cross, 0.0, penalty, 0.4)
            assert none.status == "converged"
            assert none.n_iter == 0
            assert not none.coef.any()
    assert not fista(gram, 0 * cross, 0.0, GroupKSupport(), 0.4).coef.any()


@pytest.mark.parametrize("name", [*SEPARABLE, "k-support"])
def test_groups_of_columns(name: str) -> None:
    penalty: ProximalPenalty = {**SEPARABLE, **CONVEX}[name]
    gram, cross, y_sq = quadratic("correlated")
    groups = np.array([2, 0, 0, 1, 2, 0, 1, 3])
    alpha = strength(penalty, cross, 0.2)
    one = fista(gram, cross, y_sq, penalty, alpha, tol=1e-10 if name in CONVEX else 1e-7, groups=groups)
    assert one.status == "converged"
    # stationarity from the definition: every group, flattened over environments and its columns, is one term
    rest = correlation((gram, cross), one.coef)
    unit = violation_unit(penalty, cross, alpha)
    if name not in ("k-support",):
        for g in range(4):
            own = groups == g
            left = penalty.kkt(one.coef[:, own].reshape(-1, 1), rest[:, own].reshape(-1, 1), alpha)
            assert left[0] <= 2e-4 * unit
    np.testing.assert_array_equal(
        [one.coef[:, groups == g].any() for g in range(4)],
        [one.coef[:, groups == g].any(axis=0).all() for g in range(4)],
    )
    alone = fista(gram, cross, y_sq, penalty, alpha, groups=np.arange(8))
    np.testing.assert_array_equal(alone.coef, fista(gram, cross, y_sq, penalty, alpha).coef)


@pytest.mark.parametrize("name", [*SEPARABLE, "k-support"])
@pytest.mark.parametrize("solver", ["auto", "fista"])
def test_paths(name: str, solver: str) -> None:
    penalty: ProximalPenalty = {**SEPARABLE, **CONVEX}[name]
    gram, cross, y_sq = quadratic("correlated", 1)
    alphas = strength(penalty, cross, 1.0) * np.geomspace(1.0, 0.05, 6)
    path = solve_proximal(gram, cross, y_sq, penalty, alphas, tol=1e-7, solver=solver)
    assert path.coefs.shape == (6, *cross.shape)
    assert path.gap.shape == path.violation.shape == path.n_iter.shape == (6,)
    assert path.status == ["converged"] * 6
    assert (np.isnan(path.gap) if name in ("mcp", "scad") else path.gap <= 1e-7).all()
    if name != "k-support":
        assert not path.coefs[0].any()
    assert path.coefs[-1].any()


class _NonNegative:
    """A penalty of a user: no coefficient is negative, and nothing else."""

    def value(self, coef: np.ndarray, alpha: float) -> float:
        return 0.0 if (coef >= 0).all() else np.inf

    def prox(self, coef: np.ndarray, alpha: float, step: float) -> np.ndarray:
        return np.maximum(coef, 0.0)

    def kkt(self, coef: np.ndarray, correlation: np.ndarray, alpha: float) -> np.ndarray:
        return np.linalg.norm(np.where(coef > 0, correlation, np.maximum(correlation, 0.0)), axis=0)


@pytest.mark.parametrize("solver", ["auto", "fista", "block"])
def test_penalties_of_users(solver: str) -> None:
    own = PROBLEMS["correlated"]()
    system = own.system()
    gram, cross, y_sq = quadratic("correlated")
    path = solve_proximal(gram, cross, y_sq, _NonNegative(), np.array([1.0]), tol=1e-9, solver=solver)
    assert path.status == ["converged"]
    assert np.isnan(path.gap).all()
    for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
        # a gradient of 1e-9 over a smallest eigenvalue above 0.01
        np.testing.assert_allclose(path.coefs[0, e], nnls(theta / system.scale[e], y[:, 0])[0], atol=1e-6)


def test_sparse_groups_leave_single_environments_out() -> None:
    gram, cross, y_sq = quadratic("correlated")
    cross = cross.copy()
    path = solve_proximal(gram, cross, y_sq, SparseGroupLasso(0.9), np.array([0.3, 0.1, 0.03]), tol=1e-8)
    used = path.coefs.any(axis=1)
    assert (used[:, None] & (path.coefs == 0)).any()


def test_hard_problems_end_with_a_status() -> None:
    own = quadratic("monomials")
    short = block_descent(*own, GroupLasso(), 1e-4, tol=1e-12, max_iter=3)
    assert (short.status, short.n_iter) == ("max_iter", 3)
    assert fista(*own, GroupLasso(), 1e-4, tol=1e-12, max_iter=3).status == "max_iter"
    for solve in (fista, block_descent):
        deep = solve(*quadratic("orthogonal"), GroupLasso(), 0.1, tol=1e-300, max_iter=20_000)
        assert deep.status in ("stalled", "converged")
        assert deep.gap <= 1e-14


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"solver": "newton"}, "solver"),
        ({"tol": 0.0}, "tol"),
        ({"tol": np.nan}, "tol"),
        ({"max_iter": 0}, "max_iter"),
        ({"groups": [0, 1]}, "groups"),
        ({"groups": [0, 0, 0, 2, 2, 2]}, "groups"),
        ({"groups": [0.5] * 6}, "groups"),
        ({"groups": [0, 0, 1, 1, 2, 2], "solver": "block"}, "solver"),
        ({"penalty": GroupKSupport(), "solver": "block"}, "solver"),
    ],
)
def test_options_out_of_range_are_refused_by_name(options: dict, name: str) -> None:
    penalty = options.pop("penalty", GroupLasso())
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        solve_proximal(*quadratic("orthogonal"), penalty, np.array([0.1]), **options)


@pytest.mark.parametrize(("options", "name"), [({"rule": "random"}, "rule"), ({"depth": -1}, "depth")])
def test_options_of_block_descent_are_refused_by_name(options: dict, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        block_descent(*quadratic("orthogonal"), GroupLasso(), 0.1, **options)


SCRIPT = """
import numpy as np
from spreme.penalties import GroupElasticNet, GroupLasso, GroupMCP, GroupSCAD, SparseGroupLasso
from spreme.solvers.proximal.block_descent import block_descent
rng = np.random.default_rng(0)
theta = rng.standard_normal((2, 20, 5))
gram = theta.transpose(0, 2, 1) @ theta / 20
cross = (theta.transpose(0, 2, 1) @ rng.standard_normal((2, 20, 1)))[:, :, 0] / 20
for penalty in (GroupLasso(), GroupElasticNet(), SparseGroupLasso(), GroupMCP(), GroupSCAD()):
    for rule in ("cyclic", "greedy"):
        solution = block_descent(gram, cross, 2.0, penalty, 0.1, tol=1e-8, rule=rule)
        print(*[f"{value:.12e}" for value in solution.coef.ravel()])
"""


def test_kernels_give_the_same_without_compilation() -> None:
    compiled, plain = compiled_and_plain(SCRIPT)
    # compiled sums may be fused or reordered, and extrapolation magnifies roundings up to the tolerance
    np.testing.assert_allclose(plain, compiled, rtol=0, atol=1e-7)
