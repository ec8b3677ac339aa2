"""What holds for the path of every penalty on every problem."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from problems import PENALTIES, PROBLEMS, SOLVERS, UNIQUE, Problem
from without_jit import compiled_and_plain

from spreme import penalties
from spreme.gram import GramSystem, build
from spreme.results import Path
from spreme.solvers import solve_path

# Solutions are known to a duality gap of 1e-10: coefficients of unit columns to its root, times the inverse root of the
# smallest eigenvalue of the active columns (above 1e-2 in the unique problems).
SAME = {"rtol": 0.0, "atol": 1e-4}

every_solver = pytest.mark.parametrize("solver", SOLVERS)
every_problem = pytest.mark.parametrize("problem", PROBLEMS)
unique_problem = pytest.mark.parametrize("problem", UNIQUE)


@cache
def solved(solver: str, problem: str) -> tuple[GramSystem, Path]:
    """A problem as it is posed and its path, with which several tests compare others."""
    system = PROBLEMS[problem]().system()
    return system, SOLVERS[solver](system)


def scaled(coefs: np.ndarray, system: GramSystem) -> np.ndarray:
    """Coefficients of the unit columns: comparable whatever the units of the columns."""
    return coefs * system.scale[:, None, :]


def test_every_penalty_is_registered() -> None:
    assert set(penalties.PENALTIES) == set(PENALTIES) <= set(SOLVERS)
    for name, penalty in PENALTIES.items():
        assert penalties.as_penalty(name) == penalty == penalties.as_penalty(penalty)


@pytest.mark.parametrize("unknown", ["lasso", "", None, 3, penalties.GroupLasso])
def test_unknown_penalty_is_refused_with_the_known_ones(unknown: object) -> None:
    with pytest.raises(ValueError, match=r"group_l0.*group_lasso"):
        solve_path(PROBLEMS["orthogonal"]().system(), unknown)  # type: ignore[arg-type]


@every_solver
@every_problem
def test_shapes_and_masks(solver: str, problem: str) -> None:
    system = PROBLEMS[problem]().system()
    before = [a.copy() for a in (system.gram, system.cross, system.y_sq, system.scale)]
    path = SOLVERS[solver](system)
    n, shape = len(path.alphas), (system.n_states, system.n_terms)
    assert path.alphas.shape == path.gap.shape == path.n_iter.shape == path.violation.shape == (n, system.n_states)
    assert path.coefs.shape == (n, system.n_environments, *shape)
    assert path.masks.shape == (n, *shape)
    assert path.masks.dtype == bool
    assert np.isfinite(path.coefs).all()
    assert not path.coefs[~np.broadcast_to(path.masks[:, None], path.coefs.shape)].any()
    assert all(s in ("converged", "stationary", "exact") for row in path.status for s in row)
    for old, new in zip(before, (system.gram, system.cross, system.y_sq, system.scale), strict=True):
        np.testing.assert_array_equal(old, new)


@every_solver
@every_problem
def test_columns_that_are_zero_get_no_coefficient(solver: str, problem: str) -> None:
    own, (_, path) = PROBLEMS[problem](), solved(solver, problem)
    for e, theta in enumerate(own.thetas):
        assert not path.coefs[:, e][..., ~theta.any(axis=0)].any()
    nowhere = ~np.any([theta.any(axis=0) for theta in own.thetas], axis=0)
    assert not path.masks[..., nowhere].any()


@every_solver
def test_zero_target_gives_zero(solver: str) -> None:
    _, path = solved(solver, "zero target")
    assert not path.masks.any()
    assert not path.coefs.any()


@every_solver
@unique_problem
def test_order_of_terms_does_not_matter(solver: str, problem: str) -> None:
    own = PROBLEMS[problem]()
    order = np.random.default_rng(0).permutation(own.thetas[0].shape[1])
    system, path = solved(solver, problem)
    mixed = build([t[:, order] for t in own.thetas], own.targets)
    other = SOLVERS[solver](mixed)
    np.testing.assert_allclose(scaled(other.coefs, mixed), scaled(path.coefs, system)[..., order], **SAME)


@every_solver
@unique_problem
def test_order_of_environments_does_not_matter(solver: str, problem: str) -> None:
    own, (system, path) = PROBLEMS[problem](), solved(solver, problem)
    turned = build(own.thetas[::-1], own.targets[::-1])
    other = SOLVERS[solver](turned)
    np.testing.assert_allclose(scaled(other.coefs, turned)[:, ::-1], scaled(path.coefs, system), **SAME)


@every_solver
@unique_problem
def test_units_of_columns_and_targets_do_not_matter(solver: str, problem: str) -> None:
    own, (system, path) = PROBLEMS[problem](), solved(solver, problem)
    # a ridge has no unit: alpha scales with the target, its share of ridge must not
    y_unit = 1.0 if "elastic" in solver else 1e3
    unit = np.geomspace(1e-6, 1e6, own.thetas[0].shape[1])
    other = build([t * unit for t in own.thetas], [y_unit * y for y in own.targets])
    np.testing.assert_allclose(scaled(SOLVERS[solver](other).coefs, other) / y_unit, scaled(path.coefs, system), **SAME)


@every_solver
@unique_problem
def test_repeated_rows_do_not_matter(solver: str, problem: str) -> None:
    own, (system, path) = PROBLEMS[problem](), solved(solver, problem)
    twice = Problem([np.vstack([t, t]) for t in own.thetas], [np.vstack([y, y]) for y in own.targets])
    other = SOLVERS[solver](twice.system())
    np.testing.assert_allclose(scaled(other.coefs, system), scaled(path.coefs, system), **SAME)


@every_solver
def test_states_are_solved_apart(solver: str) -> None:
    own, (system, path) = PROBLEMS["correlated"](), solved(solver, "correlated")
    for s in range(2):
        alone = SOLVERS[solver](build(own.thetas, [y[:, s : s + 1] for y in own.targets]))
        # products with one column and with two may be summed in another order, which gaps of 1e-10 magnify
        found, same = alone.coefs[:, :, 0] * system.scale, path.coefs[:, :, s] * system.scale
        np.testing.assert_allclose(found, same, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alphas": [1.0, -1.0]}, "positive"),
        ({"alphas": [0.0]}, "positive"),
        ({"alphas": [np.nan]}, "finite"),
        ({"alphas": []}, "shape"),
        ({"alphas": np.ones((2, 3))}, r"\(A, 2\)"),
        ({"alphas": "large"}, "numbers"),
        ({"n_alphas": 0}, "n_alphas"),
        ({"max_iter": 0}, "max_iter"),
        ({"max_terms": 0}, "max_terms"),
        ({"alpha_min_ratio": 0.0}, "alpha_min_ratio"),
        ({"alpha_min_ratio": 2.0}, "alpha_min_ratio"),
        ({"tol": 0.0}, "tol"),
        ({"tol": np.nan}, "tol"),
    ],
)
def test_options_out_of_range_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve_path(PROBLEMS["orthogonal"]().system(), "group_lasso", **options)


SCRIPT = """
import numpy as np
from spreme.gram import build
from spreme.solvers import solve_path
from spreme.weak.kernels import integrate, whiten_rows
rng = np.random.default_rng(0)
thetas = [rng.standard_normal((12, 4)) for _ in range(2)]
thetas[1][:, 3] = 0.0
system = build(thetas, [theta[:, 1:2] + 0.1 * rng.standard_normal((12, 1)) for theta in thetas])
lasso = solve_path(system, "group_lasso", n_alphas=4, tol=1e-9)
best = solve_path(system, "group_l0", max_terms=3)
first, count = np.array([0, 1, 3]), np.array([4, 4, 3])
phi, phi_dot, slope = rng.standard_normal((3, 4)), rng.standard_normal((3, 4)), rng.standard_normal((7, 2))
rows = np.zeros((3, 2))
integrate(first, count, phi, slope, 0, rows)
whiten_rows(first, count, phi, phi_dot, slope, np.ones(2), 0, rows)
print(" ".join(f"{v:.12e}" for v in [*lasso.coefs.ravel(), *best.coefs.ravel(), *rows.ravel()]))
"""


def test_kernels_give_the_same_without_compilation() -> None:
    compiled, plain = compiled_and_plain(SCRIPT)
    # the compiled scan may reorder sums: a few roundings of numbers of order one
    np.testing.assert_allclose(plain, compiled, rtol=0, atol=1e-10)
