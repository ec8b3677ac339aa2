"""`solve_path` on random, degenerate problems: what it certifies is true, and it knows what does not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from reliability.fuzzing import fuzz

from spreme.gram import GramSystem, build
from spreme.penalties import PENALTIES
from spreme.results import Path
from spreme.solvers import alpha_max, solve_path

Array = np.ndarray
TOL = 1e-8
# Penalties whose solutions are unique where the Grams are regular and whose certificate is a duality gap.
CONVEX = ("group_lasso", "group_elastic_net")
STATUS = {"converged", "max_iter", "exact"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Library matrices and targets of every environment."""

    thetas: list[Array]
    targets: list[Array]

    def system(self) -> GramSystem:
        """Their Grams."""
        return build(self.thetas, self.targets)


@st.composite
def problems(draw: st.DrawFn, *, regular: bool = False) -> Rows:
    """One to four environments, one to eight terms, one or two targets; degenerate unless `regular`."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n_environments, n_terms = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    sizes = rng.integers(n_terms + 8 if regular else 1, n_terms + 30, n_environments)
    thetas = [rng.standard_normal((n, n_terms)) for n in sizes]
    if not regular:
        for kind in draw(st.lists(st.sampled_from(["zero", "absent", "twin", "sum", "scale", "constant"]), max_size=3)):
            i, j, k = rng.integers(0, n_terms, 3)
            for e, theta in enumerate(thetas):
                if kind == "zero" or (kind == "absent" and e == 0):
                    theta[:, i] = 0.0
                elif kind == "twin":
                    theta[:, i] = theta[:, j]
                elif kind == "sum":
                    theta[:, i] = theta[:, j] + theta[:, k]
                elif kind == "scale":
                    theta[:, i] *= 1e6
                elif kind == "constant":
                    theta[:, i] = 1.0
    noise, n_targets = rng.choice([0.0, 0.1, 1.0]), draw(st.integers(1, 2))
    coef = [rng.standard_normal((n_terms, n_targets)) * (rng.random((n_terms, n_targets)) < 0.4) for _ in thetas]
    targets = [
        theta @ own + noise * rng.standard_normal((len(theta), n_targets))
        for theta, own in zip(thetas, coef, strict=True)
    ]
    return Rows(thetas, targets)


def solve(system: GramSystem, penalty: str = "group_lasso") -> Path:
    """A short path."""
    return solve_path(system, penalty, n_alphas=5, alpha_min_ratio=0.05, max_terms=3, tol=TOL)


def values_and_bounds(rows: Rows, path: Path, a: int, s: int) -> tuple[float, float, float]:
    """Objective of a group lasso solution from its rows, and the dual value of its scaled residuals, per sum of y^2.

    Primal: sum_e |r_e|^2 / (2 n_e) + alpha sum_j |B_j|; dual: for any r with |Theta' r / n|_j <= alpha, the value
    sum_e (|y_e|^2 - |y_e - r_e|^2) / (2 n_e).
    """
    system, alpha = rows.system(), path.alphas[a, s]
    pairs = [(theta, y[:, s]) for theta, y in zip(rows.thetas, rows.targets, strict=True)]
    residuals = [y - theta @ path.coefs[a, e, s] for e, (theta, y) in enumerate(pairs)]
    scaled = path.coefs[a, :, s] * system.scale
    pull = np.array([theta.T @ r / len(r) for (theta, _), r in zip(pairs, residuals, strict=True)]) / system.scale
    shrink = min(1.0, alpha / max(float(np.linalg.norm(pull, axis=0).max()), 1e-300))
    loss = sum(float(r @ r) / (2 * len(r)) for r in residuals)
    dual = sum(
        (y @ y - (y - shrink * r) @ (y - shrink * r)) / (2 * len(r)) for (_, y), r in zip(pairs, residuals, strict=True)
    )
    unit = max(float(system.y_sq[:, s].sum()), 1e-300)
    return (loss + alpha * float(np.linalg.norm(scaled, axis=0).sum())) / unit, float(dual) / unit, unit


@fuzz(40, 3000, rows=problems())
def test_the_gap_of_the_group_lasso_is_that_of_its_rows(rows: Rows) -> None:
    """The certificate is not taken from the Grams but computed anew; 1e-7 is what their rounding may add."""
    path = solve(rows.system())
    for a, s in np.ndindex(path.gap.shape):
        primal, dual, _ = values_and_bounds(rows, path, a, s)
        assert primal - dual >= -1e-9
        assert abs((primal - dual) - path.gap[a, s]) <= 1e-7
        if path.status[a][s] == "converged":
            assert primal - dual <= TOL + 1e-7


@fuzz(40, 3000, rows=problems(), penalty=st.sampled_from(sorted(PENALTIES)))
def test_paths_are_finite_and_say_how_they_ended(rows: Rows, penalty: str) -> None:
    system = rows.system()
    path = solve(system, penalty)
    assert np.isfinite(path.coefs).all() and np.isfinite(path.alphas).all()
    assert not path.coefs.any(axis=1)[~path.masks].any()
    assert {word for row in path.status for word in row} <= STATUS
    zero = ~np.any([theta.any(axis=0) for theta in rows.thetas], axis=0)
    assert not path.coefs[..., zero].any() and not path.masks[..., zero].any()
    for (a, s), gap in np.ndenumerate(path.gap):
        if path.status[a][s] == "converged" and np.isfinite(gap):
            assert gap <= TOL


@fuzz(25, 2000, rows=problems(regular=True), penalty=st.sampled_from(CONVEX), seed=st.integers(0, 99))
def test_order_and_units_of_terms_and_environments_do_not_matter(rows: Rows, penalty: str, seed: int) -> None:
    """A gap of 1e-8 bounds coefficients to its root over the smallest eigenvalue of the Gram, 0.02 here."""
    rng = np.random.default_rng(seed)
    n_terms = rows.thetas[0].shape[1]
    terms, places = rng.permutation(n_terms), rng.permutation(len(rows.thetas))
    units = 10.0 ** rng.integers(-6, 7, n_terms)
    unit = 10.0 ** float(rng.integers(-6, 7)) if penalty == "group_lasso" else 1.0  # a ridge has the unit of the target
    moved = Rows([(rows.thetas[e] * units)[:, terms] for e in places], [rows.targets[e] * unit for e in places])
    one, other = solve(rows.system(), penalty), solve(moved.system(), penalty)
    has_signal = alpha_max(rows.system()) > 0  # the grid of a target without is any
    np.testing.assert_allclose(other.alphas[:, has_signal], one.alphas[:, has_signal] * unit, rtol=1e-9)
    size = np.abs(one.coefs).max() + np.sqrt(max(own.var() for own in rows.targets)) + 1e-300
    back = other.coefs[..., np.argsort(terms)][:, np.argsort(places)] * units / unit
    np.testing.assert_allclose(back, one.coefs, atol=0.02 * size)


@fuzz(40, 3000, rows=problems())
def test_nothing_is_chosen_at_the_top_and_something_below(rows: Rows) -> None:
    system = rows.system()
    top = alpha_max(system)
    grid = np.outer([1.0 + 1e-9, 0.9], np.where(top > 0, top, 1.0))
    path = solve_path(system, "group_lasso", grid, tol=TOL)
    assert not path.masks[0].any()
    signal = system.y_sq.sum(axis=0) > 0
    chosen = path.masks[1].any(axis=1)
    # a tenth below the top, one term of unit norm gains (0.1 alpha)^2 / 2 over none: more than the gap may hide
    counts = (0.1 * top) ** 2 / 2 > 10 * TOL * system.y_sq.sum(axis=0)
    assert chosen[signal & counts].all()
